"""A table of what the rule on swallowed errors says of real source text."""

from __future__ import annotations

from typing import Any

import pytest

from bot.model.area import Area
from bot.model.facts import Facts
from bot.model.verdict import Outcome
from bot.rules.errors_are_not_swallowed import RULE
from tests.support.signals import GIVEN, P, Row, S, U, change, near_misses, shown, verdict_of

BAD = "try:\n    pay()\nexcept Exception:\n    pass\n"
LOGGED = "try:\n    pay()\nexcept Exception:\n    log.exception('x')\n"
PATH = "app/pay.py"
ROWS: list[Row] = [
    ("swallowed", change((PATH, "x = 1\n", "x = 1\n" + BAD)), P, [f"error-swallowed {PATH}:4"]),
    ("logged", change((PATH, "", LOGGED)), P, []),
    ("raised again", change((PATH, "", BAD.replace("pass", "raise"))), P, []),
    ("narrow", change((PATH, "", BAD.replace("Exception", "KeyError"))), P, []),
    (
        "with a comment",
        change((PATH, "", BAD.replace("pass", "pass  # best effort"))),
        P,
        [f"error-swallowed-with-comment {PATH}:3"],
    ),
    ("commented out", change((PATH, "", "".join(f"# {one}\n" for one in BAD.split("\n")))), P, []),
    ("inside a string", change((PATH, "", f'x = """{BAD}"""\n')), P, []),
    ("in a test", change(("tests/test_pay.py", "", BAD)), S, []),
    ("on lines that were there", change((PATH, BAD, BAD + "x = 1\n")), P, []),
    ("indented", change((PATH, BAD, "if x:\n    " + BAD.replace("\n", "\n    ") + "y\n")), P, []),
    ("one more", change((PATH, BAD, BAD + BAD)), P, [f"error-swallowed {PATH}:7"]),
    ("another type", change((PATH, LOGGED, BAD)), P, [f"error-swallowed {PATH}:3"]),
    (
        "Windows line ends",
        change((PATH, "", BAD.replace("\n", "\r\n"))),
        P,
        [f"error-swallowed {PATH}:3"],
    ),
    (
        "TypeScript",
        change(("src/a.ts", "", "try { a() } catch {}\n")),
        P,
        ["error-swallowed src/a.ts:1"],
    ),
    (
        "TypeScript answers null",
        change(("src/a.ts", "", "function f() { try { a() } catch { return null } }\n")),
        P,
        ["error-answered-by-constant src/a.ts:1"],
    ),
    (
        "Go drops a value",
        change(("a.go", "", "package a\nfunc f() { _ = g() }\n")),
        P,
        ["error-discarded a.go:2"],
    ),
    ("not Python", change((PATH, "", BAD + "def f(:\n")), U, []),
    (
        "not Python before",
        change((PATH, "def f(:\n", BAD)),
        U,
        [f"error-swallowed {PATH}:3"],
    ),
    ("nothing there, not Python before", change((PATH, "def f(:\n", LOGGED)), P, []),
    (
        "beside what is not understood",
        change(("a.ts", "", "function f( { a()\ntry { a() } catch {}\n")),
        U,
        [],
    ),
    *near_misses(PATH, BAD, "x = 1\ny = 2\n"),
]


def judged(rule: str, facts: Facts, **options: Any) -> Outcome:
    assert rule == RULE.id
    return verdict_of(RULE, facts, **options).outcome


@pytest.mark.parametrize(("why", "facts", "outcome", "pieces"), ROWS)
def test_errors_are_swallowed_or_not(
    why: str, facts: Facts, outcome: Outcome, pieces: list[str]
) -> None:
    assert judged(RULE.id, facts, **GIVEN) is outcome
    assert shown(verdict_of(RULE, facts)) == pieces


def test_the_policys_own_area_says_what_a_test_is() -> None:
    facts = change(("checks/pay.py", "", BAD))

    assert judged(RULE.id, facts, tests=Area("tests", ("checks/**",))) is S


def test_the_words() -> None:
    verdict = verdict_of(RULE, change((PATH, "", BAD)))

    assert verdict.summary == "1 place(s) where an error may get lost: log it, or say why not"
    assert verdict.advice[0].note == "hides every failure"
    assert verdict_of(RULE, change((PATH, "", LOGGED))).summary == (
        "1 file(s) read: no error is swallowed"
    )
