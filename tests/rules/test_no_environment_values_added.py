"""A table of what the rule on values of one environment says of real source text."""

from __future__ import annotations

from typing import Any

import pytest

from bot.model.area import Area
from bot.model.facts import Facts
from bot.model.verdict import Outcome
from bot.rules.no_environment_values_added import RULE
from tests.support.signals import GIVEN, P, Row, S, U, change, near_misses, shown, verdict_of

BAD = 'url = "http://localhost:3000/login"\n'
PATH = "app/auth.py"


def line(code: str) -> Facts:
    return change((PATH, "", code + "\n"))


ROWS: list[Row] = [
    ("this machine", line(BAD), P, [f"environment-value-added {PATH}:1"]),
    (
        "staging",
        line("x = 'https://api.staging.acme.io'"),
        P,
        [f"environment-value-added {PATH}:1"],
    ),
    (
        "a password",
        line("x = 'amqp://u:hunter22@mq.acme.io'"),
        P,
        [f"credentials-in-address {PATH}:1"],
    ),
    ("a placeholder", line("x = 'amqp://u:changeme@localhost.example.com'"), P, []),
    ("a foreign host", line("x = 'https://api.acme.io'"), P, [f"foreign-host-added {PATH}:1"]),
    ("a schema", line("x = 'http://www.w3.org/2000/svg'"), P, []),
    ("an example", line("x = 'https://example.com'"), P, []),
    ("a range", line("x = '10.0.0.0/8'"), P, []),
    ("every address", line("x = '0.0.0.0'"), P, []),
    ("in a comment", line("x = 1  # http://localhost:3000"), P, []),
    ("in a docstring", line('"""http://localhost:3000"""'), P, []),
    ("a default", line("import os\nx = os.getenv('A', 'http://localhost')"), P, []),
    ("in a test", change(("tests/test_a.py", "", BAD)), S, []),
    ("in a script", change(("scripts/run.py", "", BAD)), S, []),
    ("in a settings file", change(("app/settings.py", "", BAD)), S, []),
    ("in a migration", change(("db/migrations/1.py", "", BAD)), S, []),
    ("another path of the host", change((PATH, BAD, BAD.replace("login", "start"))), P, []),
    ("not Python", line(BAD + "def f(:"), U, []),
    *near_misses(PATH, BAD, "x = 1\ny = 2\n"),
]


def judged(rule: str, facts: Facts, **options: Any) -> Outcome:
    assert rule == RULE.id
    return verdict_of(RULE, facts, **options).outcome


@pytest.mark.parametrize(("why", "facts", "outcome", "pieces"), ROWS)
def test_values_of_one_environment_are_added_or_not(
    why: str, facts: Facts, outcome: Outcome, pieces: list[str]
) -> None:
    assert judged(RULE.id, facts, **GIVEN) is outcome
    assert shown(verdict_of(RULE, facts)) == pieces


def test_the_policy_says_where_they_are_allowed() -> None:
    allowed = (Area("wiring", ("app/auth.py",)),)

    assert judged(RULE.id, change((PATH, "", BAD)), except_in=allowed) is S


def test_no_password_is_in_the_words() -> None:
    verdict = verdict_of(RULE, line("x = 'amqp://ben:hunter22@mq.acme.io'"))

    assert verdict.advice[0].note == "credentials in an address of: mq.acme.io"
    assert verdict.summary == "1 added literal(s) name a host or place: read them from settings"
