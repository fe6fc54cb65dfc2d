"""A table of what the rule on time limits says of real source text."""

from __future__ import annotations

from typing import Any

import pytest

from bot.model.facts import Facts
from bot.model.verdict import Outcome
from bot.rules.outbound_calls_can_fail import RULE
from tests.support.signals import GIVEN, P, Row, S, U, change, near_misses, shown, verdict_of

BAD = "def f():\n    return requests.get(url)\n"
PATH = "app/rates.py"
ROWS: list[Row] = [
    ("no limit", change((PATH, "", BAD)), P, [f"call-without-timeout {PATH}:2"]),
    (
        "Go's own client",
        change(("a.go", "", "package a\nfunc f() {\n\tr, err := http.Get(u)\n}\n")),
        P,
        ["call-without-timeout a.go:3"],
    ),
    (
        "axios",
        change(("src/a.ts", "", "const r = await axios.get(url)\n")),
        P,
        ["call-without-timeout src/a.ts:1"],
    ),
    (
        "Java",
        change(("A.java", "", "class A {\n  Object t = new RestTemplate();\n}\n")),
        P,
        ["call-without-timeout A.java:2"],
    ),
    ("with a limit", change((PATH, "", BAD.replace("url", "url, timeout=5"))), P, []),
    ("axios with a limit", change(("a.ts", "", "axios.get(u, { timeout: 5 })\n")), P, []),
    ("a client with limits", change((PATH, "", BAD.replace("requests", "client"))), P, []),
    ("one that has a limit by itself", change((PATH, "", BAD.replace("requests", "httpx"))), P, []),
    ("in a browser", change(("web/ui/src/a.ts", "", "await axios.get(url)\n")), S, []),
    ("in a script", change(("dev/scripts/rates.py", "", BAD)), S, []),
    ("in a page", change(("src/a.tsx", "", "await axios.get(url)\n")), S, []),
    ("in a test", change(("tests/test_rates.py", "", BAD)), S, []),
    ("commented out", change((PATH, "", "# requests.get(url)\nx = 1\n")), P, []),
    ("inside a string", change((PATH, "", "x = 'requests.get(url)'\n")), P, []),
    ("not Python", change((PATH, "", BAD + "def f(:\n")), U, []),
    *near_misses(PATH, BAD, "x = 1\ny = 2\n"),
]


def judged(rule: str, facts: Facts, **options: Any) -> Outcome:
    assert rule == RULE.id
    return verdict_of(RULE, facts, **options).outcome


@pytest.mark.parametrize(("why", "facts", "outcome", "pieces"), ROWS)
def test_calls_have_an_end_or_not(
    why: str, facts: Facts, outcome: Outcome, pieces: list[str]
) -> None:
    assert judged(RULE.id, facts, **GIVEN) is outcome
    assert shown(verdict_of(RULE, facts)) == pieces


def test_the_words() -> None:
    verdict = verdict_of(RULE, change((PATH, "", BAD)))

    assert [one.note for one in verdict.advice] == ["requests.get has no time limit"]
    assert verdict.summary == "1 added call(s) may wait for ever: limit them"
