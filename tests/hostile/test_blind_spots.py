"""What GitHub does not show is never green; what a policy says wrongly is named by its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.simulator.faults import answer
from bot.simulator.scenario import BROKEN_POLICY, POLICY, REFUNDS
from bot.simulator.things import Pull
from bot.wiring.demo import Demo
from tests.support.hurried import hurried, quiet

GOOD = {"app/api/refunds.py": REFUNDS, "docs/refunds.md": "Refunds.\n"}


async def opened(demo: Demo, files: dict[str, str]) -> Pull:
    """A pull request by ana whose CI has passed, judged."""
    stage = demo.stage
    pull = stage.world.open_pull_request(
        stage.repo, stage.people["ana"], number=102, title="Refunds", files=dict(files)
    )
    stage.pulls[102] = pull
    stage.world.run_ci(pull, "ci / unit", "success")
    await quiet(demo, 20.0)
    return pull


def conclusions(demo: Demo) -> list[str | None]:
    return [run.conclusion for run in demo.stage.runs(102)]


def shown(demo: Demo) -> str:
    """All that our check says, places as they are written."""
    (run,) = demo.stage.runs(102)
    return f"{run.title} {run.summary} {run.text}".replace("\u200b", "")


async def test_a_diff_that_github_left_out_is_read_from_the_blobs(tmp_path: Path) -> None:
    async with hurried(tmp_path) as demo:
        demo.simulator.quirks.silent_zeros_after = 0
        await opened(demo, {**GOOD, "app/api/debug.py": "print(1)\n"})

        assert conclusions(demo) == ["failure"]
        assert "no-debug-output" in shown(demo)


# More than anybody reads of one file.
LARGE = {**GOOD, "app/api/large.py": "# " + "x" * 210_000 + "\n"}


@pytest.mark.parametrize("blind", ["silent_zeros_after", "patch_lines_cap", "patch_bytes_cap"])
async def test_a_file_that_nobody_could_see_is_undecided_and_never_green(
    blind: str, tmp_path: Path
) -> None:
    async with hurried(tmp_path) as demo:
        setattr(demo.simulator.quirks, blind, 0)
        await opened(demo, LARGE)

        assert conclusions(demo) == ["failure"]
        assert "no-debug-output | undecided" in shown(demo)


@pytest.mark.parametrize("rows", [[], {}, {"message": "odd"}], ids=["none", "object", "message"])
async def test_a_list_that_is_shorter_than_its_count_is_undecided_and_never_green(
    rows: Any, tmp_path: Path
) -> None:
    async with hurried(tmp_path) as demo:
        demo.simulator.fault("GET .*/files", answer(200, rows), 1_000)
        await opened(demo, GOOD)

        assert conclusions(demo) == ["failure"]
        assert "docs | undecided" in shown(demo)


async def test_a_list_that_github_never_gives_is_undecided_and_never_green(tmp_path: Path) -> None:
    async with hurried(tmp_path) as demo:
        demo.simulator.fault("GET .*/files", answer(422, {"message": "too large"}), 1_000)
        await opened(demo, GOOD)

        assert conclusions(demo) == ["failure"]
        assert "docs | undecided" in shown(demo)


@pytest.mark.parametrize("listed", [1, len(GOOD)])
async def test_as_many_files_as_github_lists_are_undecided_and_never_green(
    listed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.github.files.FILES_LIMIT", listed)
    async with hurried(tmp_path) as demo:
        await opened(demo, GOOD)

        assert conclusions(demo) == ["failure"]
        assert "docs | undecided" in shown(demo)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (BROKEN_POLICY, ".github/handoff.yml:2:7"),
        (POLICY + "moode: observe\n", ".github/handoff.yml:32:1"),
        (POLICY.replace("[docs]", "[dosc]"), ".github/handoff.yml:7:26"),
        (POLICY.replace("[docs]", "[[docs]"), ".github/handoff.yml:"),
        ("- version: 1\n", ".github/handoff.yml:1:1"),
        ("[" * 60_000, ".github/handoff.yml:1:"),
        ("a: &a [*a]\n", ".github/handoff.yml:1:"),
        ("version: 1\n" + "# long\n" * 10_000, ".github/handoff.yml:1:1"),
    ],
    ids=["two", "key", "name", "syntax", "list", "nested", "recursive", "size"],
)
async def test_a_policy_that_cannot_be_read_is_named_by_line_and_column(
    text: str, place: str, tmp_path: Path
) -> None:
    async with hurried(tmp_path) as demo:
        await opened(demo, {".github/handoff.yml": text})

        assert conclusions(demo) == ["failure"]
        assert place in shown(demo)
