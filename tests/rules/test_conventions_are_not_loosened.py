"""A table of what the rule on suppressed findings says of real source text."""

from __future__ import annotations

from typing import Any

import pytest

from bot.model.facts import Facts
from bot.model.verdict import Outcome
from bot.rules.conventions_are_not_loosened import RULE
from tests.support.signals import GIVEN, P, Row, U, change, near_misses, shown, verdict_of

BAD = "x = pay()  # type: ignore[arg-type]\n"
PATH = "app/pay.py"
ROWS: list[Row] = [
    ("added", change((PATH, "", BAD)), P, [f"finding-suppressed {PATH}:1"]),
    (
        "in a test too",
        change(("tests/test_a.py", "", BAD)),
        P,
        ["finding-suppressed tests/test_a.py:1"],
    ),
    (
        "coverage",
        change((PATH, "", "x = 1  # pragma: no cover\n")),
        P,
        [f"coverage-excluded {PATH}:1"],
    ),
    ("the line changed, the mark stayed", change((PATH, BAD, BAD.replace("pay", "sell"))), P, []),
    ("a comment about it", change((PATH, "", "x = 1  # no need for noqa\n")), P, []),
    ("inside a string", change((PATH, "", "x = '# noqa'\n")), P, []),
    (
        "another finding",
        change((PATH, BAD, BAD.replace("arg", "call"))),
        P,
        [f"finding-suppressed {PATH}:1"],
    ),
    ("end of a span", change(("a.ts", "", "/* c8 ignore end */\n")), P, []),
    (
        "Java",
        change(("A.java", "", '@SuppressWarnings("x") class A {}\n')),
        P,
        ["finding-suppressed A.java:1"],
    ),
    ("not Python", change((PATH, "", BAD + "def f(:\n")), U, []),
    *near_misses(PATH, BAD, "x = 1\ny = 2\n"),
]


def judged(rule: str, facts: Facts, **options: Any) -> Outcome:
    assert rule == RULE.id
    return verdict_of(RULE, facts, **options).outcome


@pytest.mark.parametrize(("why", "facts", "outcome", "pieces"), ROWS)
def test_findings_are_suppressed_or_not(
    why: str, facts: Facts, outcome: Outcome, pieces: list[str]
) -> None:
    assert judged(RULE.id, facts, **GIVEN) is outcome
    assert shown(verdict_of(RULE, facts)) == pieces


def test_the_words() -> None:
    verdict = verdict_of(RULE, change((PATH, "", BAD + "y = 1  # noqa\n")))

    assert verdict.summary == "2 finding(s) are switched off by added comments or marks"
    assert [one.note for one in verdict.advice] == ["type: ignore", "noqa"]
