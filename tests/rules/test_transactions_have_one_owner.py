"""A table of what the rule on transactions says of real source text."""

from __future__ import annotations

from typing import Any

import pytest

from bot.model.facts import Facts
from bot.model.verdict import Outcome
from bot.rules.transactions_have_one_owner import RULE
from tests.support.signals import GIVEN, P, Row, S, U, change, near_misses, shown, verdict_of

PATH = "app/orders.py"
BAD = "def close(session, orders):\n    for one in orders:\n        session.commit()\n"
HELD = "def pay(session):\n    with session.begin():\n        requests.post(url)\n"
LOOP = [f"commit-in-loop {PATH}:3"]
CALL = [f"call-in-transaction {PATH}:3"]
ATOMIC = "import httpx\n@transaction.atomic\ndef pay():\n    httpx.post(url)\n"


def bad(old: str = "", new: str = "", text: str = BAD) -> Facts:
    """The text with one thing told otherwise, as a new file."""
    assert old in text
    return change((PATH, "", text.replace(old, new) if old else text))


ROWS: list[Row] = [
    ("ends for each", bad(), P, LOOP),
    ("on an attribute", bad("session.commit", "self.db_session.commit"), P, LOOP),
    ("by a call", bad("session.commit", "get_db().commit"), P, LOOP),
    ("without waiting", bad("for", "async for", "async " + BAD), P, LOOP),
    ("calls others while one is open", bad(text=HELD), P, CALL),
    ("in Django", bad(text=HELD.replace("session.begin", "transaction.atomic")), P, CALL),
    ("by a name alone", bad("session.begin", "atomic", HELD), P, CALL),
    ("begun by an engine", bad("with session", "async with self.engine", HELD), P, CALL),
    ("the whole function", bad(text=ATOMIC), P, [f"call-in-transaction {PATH}:4"]),
    ("a branch of it", bad("        r", "        if a: r", HELD), P, CALL),
    ("a block in it", bad("        r", "        with b: r", HELD), P, CALL),
    ("ends once", bad("        session.c", "        pass\n    session.c"), P, []),
    ("in parts", bad("one in orders", "batch in orders"), P, []),
    ("in parts, told by the list", bad("in orders", "in chunked(orders)"), P, []),
    ("on a condition", bad("session.c", "if one.last: session.c"), P, []),
    ("each by itself", bad("session.c", "with fresh(): session.c"), P, []),
    ("and undone", bad("session.commit()", "try: session.commit()\n        except A: b()"), P, []),
    ("for ever", bad("for one in orders", "while True"), P, []),
    ("later", bad("session.commit()", "def f(): session.commit()"), P, []),
    ("of git", bad("session.commit", "repo.commit"), P, []),
    ("calls others outside", bad("        requests", "        pass\n    requests", HELD), P, []),
    (
        "calls others once it is over",
        bad("requests.post(url)", "after(lambda: requests.post(url))", HELD),
        P,
        [],
    ),
    ("calls its own", bad("requests.post", "orders.post", HELD), P, []),
    ("another block", bad("session.begin", "open", HELD), P, []),
    ("in a script", change(("app/scripts/fill.py", "", BAD)), S, []),
    ("in a test", change(("tests/test_orders.py", "", BAD)), S, []),
    ("in a migration", change(("app/migrations/0001.py", "", BAD)), S, []),
    ("another language", change(("a.ts", "", "for (const a of b) session.commit()\n")), S, []),
    ("commented out", change((PATH, "", "# " + BAD.replace("\n", "\n# "))), P, []),
    ("inside a string", change((PATH, "", f'x = """{BAD}"""\n')), P, []),
    ("not Python", change((PATH, "", BAD + "def f(:\n")), U, []),
    *near_misses(PATH, BAD, "x = 1\ny = 2\n"),
]


def judged(rule: str, facts: Facts, **options: Any) -> Outcome:
    assert rule == RULE.id
    return verdict_of(RULE, facts, **options).outcome


@pytest.mark.parametrize(("why", "facts", "outcome", "pieces"), ROWS)
def test_transactions_are_whole_or_not(
    why: str, facts: Facts, outcome: Outcome, pieces: list[str]
) -> None:
    assert judged(RULE.id, facts, **GIVEN) is outcome
    assert shown(verdict_of(RULE, facts)) == pieces


def test_the_words() -> None:
    cut, held = verdict_of(RULE, bad()), verdict_of(RULE, bad(text=HELD))

    assert [one.note for one in (*cut.advice, *held.advice)] == [
        "session.commit for each of many",
        "requests.post in a transaction",
    ]
    assert cut.summary == "1 place(s) cut a transaction or hold it open"
