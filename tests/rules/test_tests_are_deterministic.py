"""A table of what the rule on deterministic tests says of real source text."""

from __future__ import annotations

from typing import Any

import pytest

from bot.model.facts import Facts
from bot.model.verdict import Outcome
from bot.rules.tests_are_deterministic import RULE
from tests.support.signals import GIVEN, P, Row, S, U, change, near_misses, shown, verdict_of

HEAD = "import random, requests, time\nfrom datetime import datetime\n"
BAD = "import time\ntime.sleep(2)\n"
PATH = "tests/test_pay.py"


def added(code: str) -> Facts:
    return change((PATH, HEAD, HEAD + code))


ROWS: list[Row] = [
    ("sleeps", added("time.sleep(1)\n"), P, [f"test-sleeps {PATH}:3"]),
    ("sleeps not at all", added("time.sleep(0)\n"), P, []),
    ("chance", added("random.random()\n"), P, [f"test-uses-chance {PATH}:3"]),
    ("chance with a seed", added("random.seed(1)\nrandom.random()\n"), P, []),
    (
        "a real host",
        added("requests.get('https://api.acme.io')\n"),
        P,
        [f"test-calls-real-host {PATH}:3"],
    ),
    ("this machine", added("requests.get('http://localhost:1')\n"), P, []),
    ("an example host", added("requests.get('https://a.example.com')\n"), P, []),
    ("a test server", added("requests.get(server.url)\n"), P, []),
    ("the clock", added("datetime.now()\n"), P, [f"test-reads-clock {PATH}:3"]),
    ("a frozen clock", change((PATH, "", "import time, freezegun\ntime.time()\n")), P, []),
    (
        "an order",
        added("@pytest.mark.order(1)\ndef test_a(): ...\n"),
        P,
        [f"test-has-order {PATH}:3"],
    ),
    ("commented out", added("# time.sleep(1)\n"), P, []),
    ("inside a string", added("x = 'time.sleep(1)'\n"), P, []),
    ("another sleep", added("clock.sleep(1)\n"), P, []),
    ("in code", change(("app/pay.py", "", BAD)), S, []),
    ("moved from code", change(("app/pay.py", BAD, ""), (PATH, "", BAD)), P, []),
    (
        "Go",
        change(("a_test.go", "", "package a\nfunc f() { time.Sleep(1) }\n")),
        P,
        ["test-sleeps a_test.go:2"],
    ),
    ("not Python", added("def f(:\n"), U, []),
    *near_misses(PATH, BAD, "x = 1\ny = 2\n"),
]


def judged(rule: str, facts: Facts, **options: Any) -> Outcome:
    assert rule == RULE.id
    return verdict_of(RULE, facts, **options).outcome


@pytest.mark.parametrize(("why", "facts", "outcome", "pieces"), ROWS)
def test_tests_end_the_same_or_not(
    why: str, facts: Facts, outcome: Outcome, pieces: list[str]
) -> None:
    assert judged(RULE.id, facts, **GIVEN) is outcome
    assert shown(verdict_of(RULE, facts)) == pieces


def test_the_words() -> None:
    (piece,) = verdict_of(RULE, added("requests.get('https://api.acme.io/x?key=1')\n")).advice

    assert piece.note == "calls: api.acme.io"
