"""A table of what the rule on questions in loops says of real source text."""

from __future__ import annotations

from typing import Any

import pytest

from bot.model.facts import Facts
from bot.model.verdict import Outcome
from bot.rules.queries_stay_out_of_loops import RULE
from tests.support.signals import GIVEN, P, Row, S, U, change, near_misses, shown, verdict_of

BAD = "for one in orders:\n    session.scalar(select(User).where(User.id == one.owner))\n"
PATH = "app/orders.py"


def loop(code: str, over: str = "orders") -> Facts:
    return change((PATH, "", f"for one in {over}:\n    {code}\n"))


def script(code: str) -> Facts:
    return change(("src/a.ts", "", f"{code}\n"))


def ruby(code: str) -> Facts:
    return change(("app/a.rb", "", f"{code}\n"))


def java(code: str) -> Facts:
    return change(("A.java", "", f"class A {{\n  void f() {{ {code} }}\n}}\n"))


FOUND = [f"query-in-loop {PATH}:2"]
ONCE, IN_SCRIPT = [f"query-in-loop {PATH}:1"], ["query-in-loop src/a.ts:1"]
IN_RUBY, IN_JAVA = ["query-in-loop app/a.rb:1"], ["query-in-loop A.java:2"]
ROWS: list[Row] = [
    ("a session", change((PATH, "", BAD)), P, FOUND),
    ("a session's query", loop("db.query(User).get(one.owner)"), P, FOUND),
    ("SQL", loop('cursor.execute("SELECT 1 FROM a WHERE b = ?", one)'), P, FOUND),
    ("Django", loop("User.objects.get(id=one.owner)"), P, FOUND),
    ("a repository", loop("user_repository.get_by_id(one.owner)"), P, FOUND),
    (
        "in a list",
        change((PATH, "", "[User.objects.get(id=one) for one in owners]\n")),
        P,
        ONCE,
    ),
    (
        "a loop of TypeScript",
        script("for (const a of all) { await User.findOne(a) }"),
        P,
        IN_SCRIPT,
    ),
    ("a map", script("ids.map((id) => prisma.user.findUnique({ where: { id } }))"), P, IN_SCRIPT),
    ("each", ruby("orders.each { |one| User.find(one.owner) }"), P, IN_RUBY),
    ("each of many lines", ruby("orders.each do |one| User.find_by(a: one) end"), P, IN_RUBY),
    ("Java", java("for (Order a : all) { users.findById(a.owner); }"), P, IN_JAVA),
    (
        "before the loop",
        change((PATH, "", "for one in session.scalars(select(A)):\n    one\n")),
        P,
        [],
    ),
    ("over numbers", loop("session.scalar(select(User))", "range(3)"), P, []),
    ("over a written list", loop("session.scalar(select(User))", "(1, 2)"), P, []),
    ("over parts", loop("session.scalar(select(User))", "chunks(orders)"), P, []),
    ("for many at once", loop("session.scalars(select(User).where(User.id.in_(one)))"), P, []),
    ("Django, for many at once", loop("User.objects.filter(id__in=one)"), P, []),
    ("stores", loop('cursor.execute("INSERT INTO a VALUES (1)")'), P, []),
    ("a statement from elsewhere", loop("session.execute(statement)"), P, []),
    ("any model", loop("model.objects.get(id=one)"), P, []),
    ("a repository that stores", loop("user_repository.add(one)"), P, []),
    ("a session of requests", loop("session.get(one)"), P, []),
    ("an array", script("all.map((a) => others.find((b) => b === a))"), P, []),
    ("each with nothing", ruby("orders.each"), P, []),
    ("no loop", change((PATH, "", "session.scalar(select(User))\n")), P, []),
    ("in a test", change(("tests/test_orders.py", "", BAD)), S, []),
    ("in a migration", change(("app/migrations/0001.py", "", BAD)), S, []),
    ("in a script", change(("app/scripts/fill.py", "", BAD)), S, []),
    ("commented out", change((PATH, "", "# " + BAD.replace("\n", "\n# "))), P, []),
    ("inside a string", change((PATH, "", f'x = """{BAD}"""\n')), P, []),
    ("not Python", change((PATH, "", BAD + "def f(:\n")), U, []),
    *near_misses(PATH, BAD, "x = 1\ny = 2\n"),
]


def judged(rule: str, facts: Facts, **options: Any) -> Outcome:
    assert rule == RULE.id
    return verdict_of(RULE, facts, **options).outcome


@pytest.mark.parametrize(("why", "facts", "outcome", "pieces"), ROWS)
def test_questions_stand_in_loops_or_not(
    why: str, facts: Facts, outcome: Outcome, pieces: list[str]
) -> None:
    assert judged(RULE.id, facts, **GIVEN) is outcome
    assert shown(verdict_of(RULE, facts)) == pieces


def test_the_words() -> None:
    verdict = verdict_of(RULE, change((PATH, "", BAD)))

    assert [one.note for one in verdict.advice] == ["session.scalar is asked in a loop"]
    assert verdict.summary == "1 added question(s) stand in a loop: ask once"
