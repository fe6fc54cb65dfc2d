"""A table of what the rule on unlogged operations says of real source text."""

from __future__ import annotations

from typing import Any

import pytest

from bot.model.area import Area
from bot.model.facts import Facts
from bot.model.verdict import Outcome
from bot.rules.key_operations_are_logged import RULE
from tests.support.signals import GIVEN, P, Row, S, U, change, near_misses, shown, verdict_of

BAD = "def refund(order):\n    order.state = 1\n    db.session.commit()\n"
PATH = "app/pay.py"
ROWS: list[Row] = [
    ("stores", change((PATH, "", BAD)), P, [f"key-operation-unlogged {PATH}:1"]),
    ("stores and logs", change((PATH, "", BAD + "    log.info('refund')\n")), P, []),
    ("reads", change((PATH, "", "def refund(order):\n    return order.state\n")), P, []),
    ("changes a dict", change((PATH, "", "def f(a):\n    a.update(b)\n")), P, []),
    ("a changed function", change((PATH, BAD, BAD + "    x = 1\n")), P, []),
    ("inside a string", change((PATH, "", f'x = """{BAD}"""\n')), P, []),
    ("a test", change(("tests/test_pay.py", "", BAD)), S, []),
    ("a migration", change(("db/migrations/1.py", "", BAD)), S, []),
    (
        "another name for it",
        change((PATH, BAD, BAD.replace("refund", "repay"))),
        P,
        [f"key-operation-unlogged {PATH}:1"],
    ),
    (
        "a method",
        change((PATH, "", "class A:\n    def f(self):\n        self.repo.save(x)\n")),
        P,
        [f"key-operation-unlogged {PATH}:2"],
    ),
    (
        "Go",
        change(("a.go", "", "package a\nfunc f() {\n\tdb.Create(&x)\n}\n")),
        P,
        ["key-operation-unlogged a.go:2"],
    ),
    ("not Python", change((PATH, "", BAD + "def f(:\n")), U, []),
    *near_misses(PATH, BAD, "x = 1\ny = 2\n"),
]


def judged(rule: str, facts: Facts, **options: Any) -> Outcome:
    assert rule == RULE.id
    return verdict_of(RULE, facts, **options).outcome


@pytest.mark.parametrize(("why", "facts", "outcome", "pieces"), ROWS)
def test_operations_are_logged_or_not(
    why: str, facts: Facts, outcome: Outcome, pieces: list[str]
) -> None:
    assert judged(RULE.id, facts, **GIVEN) is outcome
    assert shown(verdict_of(RULE, facts)) == pieces


def test_only_the_areas_of_the_policy_are_looked_at() -> None:
    areas = {"logic": Area("logic", ("app/services/**",)), "endpoints": Area("endpoints", ())}

    assert judged(RULE.id, change((PATH, "", BAD)), **areas) is S
    assert shown(verdict_of(RULE, change(("app/services/a.py", "", BAD)), **areas)) != []


def test_the_words() -> None:
    (piece,) = verdict_of(RULE, change((PATH, "", BAD))).advice

    assert piece.note == "refund stores something and logs nothing"
