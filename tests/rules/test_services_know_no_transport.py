"""A table of what the rule on transport in services says of real source text."""

from __future__ import annotations

from typing import Any

import pytest

from bot.model.facts import Facts
from bot.model.verdict import Outcome
from bot.rules.services_know_no_transport import RULE
from tests.support.signals import GIVEN, P, Row, S, U, change, near_misses, shown, verdict_of

BAD = "from fastapi import HTTPException\n"
PATH = "app/services/pay.py"
ROWS: list[Row] = [
    ("a web framework", change((PATH, "", BAD)), P, [f"service-knows-transport {PATH}:1"]),
    (
        "Java",
        change(
            (
                "src/service/A.java",
                "",
                "import org.springframework.web.bind.annotation.*;\nclass A {}\n",
            )
        ),
        P,
        ["service-knows-transport src/service/A.java:1"],
    ),
    (
        "for types alone",
        change(("src/services/a.ts", "", "import type { Request } from 'express'\nlet a = 1\n")),
        P,
        ["service-knows-transport-in-part src/services/a.ts:1"],
    ),
    ("a store", change((PATH, "", "import flask_sqlalchemy\n")), P, []),
    (
        "a tool of the framework",
        change((PATH, "", "from fastapi.encoders import jsonable_encoder\n")),
        P,
        [],
    ),
    ("a client", change((PATH, "", "import httpx\nfrom aiohttp import ClientSession\n")), P, []),
    ("a router", change(("app/api/pay.py", "", BAD)), S, []),
    ("in a test", change(("tests/services/test_pay.py", "", BAD)), S, []),
    ("commented out", change((PATH, "", f"# {BAD}x = 1\n")), P, []),
    ("inside a string", change((PATH, "", f'x = """{BAD}"""\n')), P, []),
    ("not Python", change((PATH, "", BAD + "def f(:\n")), U, []),
    *near_misses(PATH, BAD, "x = 1\ny = 2\n"),
]


def judged(rule: str, facts: Facts, **options: Any) -> Outcome:
    assert rule == RULE.id
    return verdict_of(RULE, facts, **options).outcome


@pytest.mark.parametrize(("why", "facts", "outcome", "pieces"), ROWS)
def test_services_know_transport_or_not(
    why: str, facts: Facts, outcome: Outcome, pieces: list[str]
) -> None:
    assert judged(RULE.id, facts, **GIVEN) is outcome
    assert shown(verdict_of(RULE, facts)) == pieces


def test_the_words() -> None:
    verdict = verdict_of(RULE, change((PATH, "", BAD)))

    assert [one.note for one in verdict.advice] == ["new import of fastapi, layer logic may not"]
    assert (
        verdict.summary
        == "new import of fastapi, layer logic may not: pass it in, or move the code"
    )
