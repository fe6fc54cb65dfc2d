"""What the README promises is there."""

from __future__ import annotations

import re
from pathlib import Path

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


def test_every_rule_with_a_word_of_its_own_is_in_the_table() -> None:
    words = {f"`{rule.word}:`" for rule in all_rules() if rule.word}

    assert {word for word in words if word not in README} == set()


def test_every_verb_is_named() -> None:
    assert {one.verb for one in all_commands() if f"/handoff {one.verb}" not in README} == set()
