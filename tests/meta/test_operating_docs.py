"""What the pages for operators name is there: commands, settings, pages, figures."""

from __future__ import annotations

import argparse
import importlib
import math
import re
import shlex
from pathlib import Path

import pytest

from bot.cli.main import DEVELOPER, OPERATOR
from tests.meta.test_operations import KNOWN

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs").glob("*.md"))
TEXTS = {page.name: page.read_text() for page in PAGES}
FENCED = re.compile(r"```sh\n(.*?)```", re.DOTALL)
INLINE = re.compile(r"`(handoff [a-z][^`]*)`")
# They come with the Postgres store.
WITH_POSTGRES = ("handoff move", "--role web", "--role worker")
EVERY_PAGE = pytest.mark.parametrize("page", TEXTS)


def command_lines() -> set[str]:
    """All that is said to be typed."""
    blocks = "\n".join(block for text in TEXTS.values() for block in FENCED.findall(text))
    fenced = {line for line in blocks.splitlines() if line.startswith("handoff ")}
    inline = {" ".join(one.split()) for text in TEXTS.values() for one in INLINE.findall(text)}
    there = (ROOT / "bot" / "cli" / "move.py").exists()
    return {
        line for line in fenced | inline if there or not any(one in line for one in WITH_POSTGRES)
    }


@pytest.mark.parametrize("line", sorted(command_lines()))
def test_every_command_line_is_understood(line: str) -> None:
    name, *words = shlex.split(line)[1:]
    assert name in {*DEVELOPER, *OPERATOR}
    module = importlib.import_module(f"bot.cli.{name}")
    parser = argparse.ArgumentParser(allow_abbrev=False)
    module.arguments(parser)

    # A name alone speaks of the command.
    assert not words or vars(parser.parse_intermixed_args(words))


def test_every_command_about_the_store_is_explained() -> None:
    said = {line.split()[1] for line in command_lines()}

    assert said >= {"backup", "restore", "db", "migrate", "serve", "doctor", "queue", "resume"}


@EVERY_PAGE
def test_every_setting_exists(page: str) -> None:
    named = set(re.findall(r"\bHANDOFF_([A-Z_]+[A-Z])\b", TEXTS[page]))

    assert {one.removesuffix("_FILE").removesuffix("_OLD") for one in named} - KNOWN == set()


@EVERY_PAGE
def test_every_link_leads_somewhere(page: str) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", TEXTS[page]):
        path, _, anchor = target.partition("#")
        text = (ROOT / "docs" / path).resolve().read_text()
        heads = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
        assert not anchor or anchor in {
            re.sub(r"[^\w-]", "", h.lower().replace(" ", "-")) for h in heads
        }


@EVERY_PAGE
def test_every_file_exists(page: str) -> None:
    named = re.findall(r"`((?:deploy|config)/[\w./-]+)`", TEXTS[page])

    # The secrets are made by whoever installs it.
    assert [one for one in named if not (ROOT / one).exists() and "secrets" not in one] == []


ROW = re.compile(
    r"^\| (\d+) × (\d+) \| ([\d,]+) \| ([\d.]+) \| (\d+) % \| (\d+) % \| ([\d.]+) GB \| (.*) \|$",
    re.MULTILINE,
)


def test_the_capacity_table_is_what_its_formulas_give() -> None:
    rows = ROW.findall(TEXTS["scaling.md"])
    assert len(rows) == 5
    for homes, repos, deliveries, evaluations, points, comments, disk, runs_on in rows:
        home, r = int(homes), int(repos)
        peak = home * 12 * r / 3600
        workers = max(2, math.ceil(1.5 * peak / 9.6))

        assert int(deliveries.replace(",", "")) == home * r * 600
        assert float(evaluations) == round(peak, 2)
        assert int(points) == round(100 * 48.8 * r / min(12_500, 5_000 + 50 * max(r - 20, 0)))
        assert int(comments) == round(100 * 3.6 * r / 400)
        assert float(disk) == round(home * r * 13.3 * 1.2 / 1000, 1)
        assert "Postgres" not in runs_on or f"{workers} workers" in runs_on
