"""A table of what the rule on questions that write says of real source text."""

from __future__ import annotations

from typing import Any

import pytest

from bot.model.facts import Facts
from bot.model.verdict import Outcome
from bot.rules.queries_do_not_write import RULE
from tests.support.signals import GIVEN, P, Row, S, U, change, near_misses, shown, verdict_of

BAD = "def get_total(repo, order):\n    repo.save(order)\n    return order.total\n"
PATH = "app/orders.py"
ROWS: list[Row] = [
    ("a question that stores", change((PATH, "", BAD)), P, [f"query-writes {PATH}:1"]),
    (
        "a method",
        change((PATH, "", "class A:\n    def is_paid(self):\n        self.db.commit()\n")),
        P,
        [f"query-writes {PATH}:2"],
    ),
    (
        "TypeScript",
        change(("a.ts", "", "async function findUser(id) {\n  await this.repo.save(id)\n}\n")),
        P,
        ["query-writes a.ts:1"],
    ),
    (
        "Go",
        change(("a.go", "", "package a\nfunc GetUser() {\n\tdb.Create(&x)\n}\n")),
        P,
        ["query-writes a.go:2"],
    ),
    ("only reads", change((PATH, "", BAD.replace("save", "reload"))), P, []),
    ("says that it stores", change((PATH, "", BAD.replace("get_total", "set_total"))), P, []),
    ("says both", change((PATH, "", BAD.replace("get_total", "get_or_create_total"))), P, []),
    ("hands out a session", change((PATH, "", BAD.replace("get_total", "get_session"))), P, []),
    ("begins alike", change((PATH, "", BAD.replace("get_total", "issue"))), P, []),
    ("a verb of HTTP", change((PATH, "", BAD.replace("get_total", "get"))), P, []),
    ("in a test", change(("tests/test_orders.py", "", BAD)), S, []),
    ("in a migration", change(("app/migrations/0001.py", "", BAD)), S, []),
    ("commented out", change((PATH, "", "# " + BAD.replace("\n", "\n# "))), P, []),
    ("inside a string", change((PATH, "", f'x = """{BAD}"""\n')), P, []),
    ("not Python", change((PATH, "", BAD + "def f(:\n")), U, []),
    *near_misses(PATH, BAD, "x = 1\ny = 2\n"),
]


def judged(rule: str, facts: Facts, **options: Any) -> Outcome:
    assert rule == RULE.id
    return verdict_of(RULE, facts, **options).outcome


@pytest.mark.parametrize(("why", "facts", "outcome", "pieces"), ROWS)
def test_questions_write_or_not(
    why: str, facts: Facts, outcome: Outcome, pieces: list[str]
) -> None:
    assert judged(RULE.id, facts, **GIVEN) is outcome
    assert shown(verdict_of(RULE, facts)) == pieces


def test_the_words() -> None:
    verdict = verdict_of(RULE, change((PATH, "", BAD)))

    assert [one.note for one in verdict.advice] == [
        "get_total is named like a question, and stores"
    ]
    assert verdict.summary == "1 added function(s) are named like a question and store something"
