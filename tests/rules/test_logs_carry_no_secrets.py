"""A table of what the rule on secrets in logs says of real source text."""

from __future__ import annotations

from typing import Any

import pytest

from bot.model.facts import Facts
from bot.model.verdict import Outcome
from bot.rules.logs_carry_no_secrets import RULE
from tests.support.signals import GIVEN, P, Row, S, U, change, near_misses, shown, verdict_of

BAD = "log.info('signed in %s', token)\n"
PATH = "app/auth.py"
ROWS: list[Row] = [
    ("a token", change((PATH, "", BAD)), P, [f"secret-logged {PATH}:1"]),
    ("its id", change((PATH, "", "log.info('signed in %s', token_id)\n")), P, []),
    ("the word", change((PATH, "", "log.info('wrong password')\n")), P, []),
    ("what a call makes of it", change((PATH, "", "log.info(mask(token))\n")), P, []),
    ("no log call", change((PATH, "", "send(token)\n")), P, []),
    ("commented out", change((PATH, "", "# " + BAD)), P, []),
    ("inside a string", change((PATH, "", f'x = "{BAD.strip()}"\n')), P, []),
    ("in a test", change(("tests/test_auth.py", "", BAD)), S, []),
    (
        "two more",
        change((PATH, BAD, BAD * 3)),
        P,
        [f"secret-logged {PATH}:2", f"secret-logged {PATH}:3"],
    ),
    (
        "another text than at the base",
        change((PATH, BAD, BAD.replace("signed in", "expired"))),
        P,
        [f"secret-logged {PATH}:1"],
    ),
    (
        "Kotlin",
        change(("A.kt", "", 'fun f() { log.info("x $token") }\n')),
        P,
        ["secret-logged A.kt:1"],
    ),
    ("not Python", change((PATH, "", BAD + "def f(:\n")), U, []),
    *near_misses(PATH, BAD, "x = 1\ny = 2\n"),
]


def judged(rule: str, facts: Facts, **options: Any) -> Outcome:
    assert rule == RULE.id
    return verdict_of(RULE, facts, **options).outcome


@pytest.mark.parametrize(("why", "facts", "outcome", "pieces"), ROWS)
def test_logs_show_secrets_or_not(
    why: str, facts: Facts, outcome: Outcome, pieces: list[str]
) -> None:
    assert judged(RULE.id, facts, **GIVEN) is outcome
    assert shown(verdict_of(RULE, facts)) == pieces


def test_the_words_name_the_variable_and_no_value() -> None:
    verdict = verdict_of(RULE, change((PATH, "", "log.info('hunter2', password)\n")))

    assert verdict.advice[0].note == "logs password"
    assert verdict.summary == "1 log call(s) show what is named like a secret: leave it out"
