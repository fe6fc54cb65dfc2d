"""A table of what the rule on questions without an end says of real source text."""

from __future__ import annotations

from typing import Any

import pytest

from bot.model.facts import Facts
from bot.model.verdict import Outcome
from bot.rules.result_sets_are_bounded import RULE
from tests.support.signals import GIVEN, P, Row, S, U, change, near_misses, shown, verdict_of

BAD = "def f(session):\n    return session.query(Order).all()\n"
PATH = "app/orders.py"


def python(code: str) -> Facts:
    return change((PATH, "", f"def f(session):\n    return {code}\n"))


def script(code: str) -> Facts:
    return change(("src/a.ts", "", f"const orders = await {code};\n"))


def ruby(code: str) -> Facts:
    return change(("app/a.rb", "", f"{code}\n"))


def java(code: str) -> Facts:
    return change(("A.java", "", f"class A {{\n  Object a = {code};\n}}\n"))


FOUND = [f"result-set-without-end {PATH}:2"]
IN_SCRIPT, IN_RUBY = ["result-set-without-end src/a.ts:1"], ["result-set-without-end app/a.rb:1"]
ROWS: list[Row] = [
    ("SQLAlchemy", change((PATH, "", BAD)), P, FOUND),
    ("SQLAlchemy's select", python("session.scalars(select(Order)).all()"), P, FOUND),
    ("Flask", python("Order.query.all()"), P, FOUND),
    ("Django in a loop", python("[one.id for one in Order.objects.all()]"), P, FOUND),
    ("Django in a list", python("list(Order.objects.all())"), P, FOUND),
    ("Mongoose", script("Order.find({})"), P, IN_SCRIPT),
    ("TypeORM", script("this.orderRepository.find()"), P, IN_SCRIPT),
    ("a collection", script("db.collection('orders').find()"), P, IN_SCRIPT),
    ("Prisma", script("prisma.order.findMany({ orderBy: { id: 'asc' } })"), P, IN_SCRIPT),
    ("Rails", ruby("@orders = Order.all"), P, IN_RUBY),
    ("Rails, in a loop", ruby("Order.all.each { |one| puts one }"), P, IN_RUBY),
    ("Java", java("orderRepository.findAll()"), P, ["result-set-without-end A.java:2"]),
    ("with a condition", python("session.query(Order).filter(Order.paid).all()"), P, []),
    ("with a limit", python("session.scalars(select(Order).limit(9)).all()"), P, []),
    ("put together elsewhere", python("session.scalars(statement).all()"), P, []),
    ("all of something else", python("response.headers.all()"), P, []),
    ("of numbers", python("numpy.all(values)"), P, []),
    ("Django, not asked yet", python("Order.objects.all()"), P, []),
    ("Django, a part", python("list(Order.objects.all()[:9])"), P, []),
    ("Django, narrowed", python("list(Order.objects.all().filter(paid=True))"), P, []),
    ("long", python(f"session.query(Order, {'x' * 700}).all()"), P, []),
    ("Mongoose with a limit", script("Order.find({})\n  .sort('id')\n  .limit(9)"), P, []),
    ("Mongoose with a condition", script("Order.find({ paid: true })"), P, []),
    ("Prisma with a limit", script("prisma.order.findMany({ take: 9 })"), P, []),
    ("an array", script("orders.find((one) => one.paid)"), P, []),
    ("a service's own", script("this.orders.findAll()"), P, []),
    ("promises", script("Promise.all(orders.map(paid))"), P, []),
    ("Rails, a page", ruby("@orders = Order.all.page(1)"), P, []),
    ("Rails, for another question", ruby("def all_orders = mine || Order.all"), P, []),
    ("Rails, put together elsewhere", ruby("@orders = orders.all"), P, []),
    ("Java, a page", java("orderRepository.findAll(page)"), P, []),
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
def test_questions_have_an_end_or_not(
    why: str, facts: Facts, outcome: Outcome, pieces: list[str]
) -> None:
    assert judged(RULE.id, facts, **GIVEN) is outcome
    assert shown(verdict_of(RULE, facts)) == pieces


def test_the_words() -> None:
    verdict = verdict_of(RULE, change((PATH, "", BAD)))

    assert [one.note for one in verdict.advice] == ["session.query().all brings every row"]
    assert verdict.summary == "1 added question(s) bring every row: ask for a page"
