"""What the README promises is there."""

from __future__ import annotations

import argparse
import importlib
import re
import shlex
from pathlib import Path

import pytest

from bot import settings
from bot.cli.main import DEVELOPER, OPERATOR
from bot.github.manifest import permissions_table
from bot.model.problem import Severity
from bot.wiring.catalogue import all_commands, all_rules
from bot.wiring.policy import check_policy_file

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def test_the_permissions_are_those_of_the_manifest() -> None:
    assert permissions_table().strip() in README


def test_the_policy_in_the_readme_has_no_error() -> None:
    (text,) = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)

    problems = check_policy_file(".github/handoff.yml", text.encode())

    assert [one.line() for one in problems if one.severity is Severity.ERROR] == []


def test_every_command_that_the_readme_names_exists() -> None:
    named = set(re.findall(r"`?handoff ([a-z]+)\b", re.sub(r"/handoff \w+", "", README)))

    assert named & {*DEVELOPER, *OPERATOR} >= {"check", "validate", "explain", "schema", "serve"}
    assert {one for one in named if one in {"init", "backtest", "simulate", "pr"}} == set()


def test_every_setting_is_named_and_nothing_else_is() -> None:
    code = (Path(settings.__file__)).read_text()
    asked = set(re.findall(r'names\.\w+\(\s*"([A-Z_]+)"', code))
    asked |= {"PRIVATE_KEY", "WEBHOOK_SECRET"}
    named = set(re.findall(r"HANDOFF_([A-Z_]+[A-Z])", README))

    assert asked - named == {"FAILPOINT", "TESTING"}
    assert {one.removesuffix("_FILE") for one in named} - asked == set()


@pytest.mark.parametrize("line", re.findall(r"^ *(handoff \w+.*)$", README, re.MULTILINE))
def test_every_command_line_is_understood(line: str) -> None:
    name, *words = shlex.split(line, comments=True)[1:]
    module = importlib.import_module(f"bot.cli.{name}")
    parser = argparse.ArgumentParser(allow_abbrev=False)
    module.arguments(parser)
    understood = vars(parser.parse_intermixed_args(words))

    assert understood or not words


def test_every_rule_with_a_word_of_its_own_is_in_the_table() -> None:
    words = {f"`{rule.word}:`" for rule in all_rules() if rule.word}

    assert {word for word in words if word not in README} == set()


def test_every_verb_is_named() -> None:
    assert {one.verb for one in all_commands() if f"/handoff {one.verb}" not in README} == set()
