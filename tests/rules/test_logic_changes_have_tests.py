"""A table of what the rule on tests of changed logic says of real source text."""

from __future__ import annotations

from typing import Any

import pytest

from bot.model.area import Area
from bot.model.facts import Facts
from bot.model.verdict import Outcome
from bot.rules.logic_changes_have_tests import RULE
from tests.support.pulls import pull
from tests.support.signals import GIVEN, UNREAD, P, Row, S, U, change, shown, unseen, verdict_of

OLD, NEW = "def charge(a):\n    return a\n", "def charge(a):\n    return a + 1\n"
PATH, TEST = "app/pay.py", "tests/test_pay.py"
LACKS = f"logic-without-changed-test {PATH}"
CHANGED = (PATH, OLD, NEW)


def beside(code: str) -> Facts:
    return change(CHANGED, (TEST, "", code))


ROWS: list[Row] = [
    ("no test changed", change(CHANGED), U, [LACKS]),
    ("a test imports the module", beside("from app import pay\n"), P, []),
    ("a test imports the function", beside("from app.pay import charge\n"), P, []),
    ("a test names the function", beside("def test_a(): assert charge(1)\n"), P, []),
    ("a test of something else", beside("def test_a(): assert sell(1)\n"), U, [LACKS]),
    ("a test names it in a comment", beside("x = 1  # charge\n"), U, [LACKS]),
    ("a test names it in a string", beside("x = 'charge'\n"), U, [LACKS]),
    (
        "a test that is there and unchanged",
        change(CHANGED, unchanged={TEST: "charge(1)\n"}),
        U,
        [LACKS],
    ),
    (
        "a test that only lost lines",
        change(CHANGED, (TEST, "charge(1)\nx = 1\n", "charge(1)\n")),
        U,
        [LACKS],
    ),
    (
        "one of two files",
        change(CHANGED, ("app/other.py", "", "def sell(): ...\n"), (TEST, "", "charge(1)\n")),
        P,
        ["logic-without-changed-test app/other.py"],
    ),
    (
        "a common name is no name",
        change(("app/a.py", "", "def create(): ...\n"), (TEST, "", "create()\n")),
        U,
        ["logic-without-changed-test app/a.py"],
    ),
    (
        "another module of a common name",
        change(("app/pay/utils.py", "", "def charge(): ...\n"), (TEST, "", "import sale.utils\n")),
        U,
        ["logic-without-changed-test app/pay/utils.py"],
    ),
    (
        "the module of a common name, by its folder",
        change(("app/pay/utils.py", "", "def charge(): ...\n"), (TEST, "", "import pay.utils\n")),
        P,
        [],
    ),
    ("comments alone", change((PATH, OLD, "# why\n" + OLD)), S, []),
    (
        "docstring alone",
        change((PATH, OLD, 'def charge(a):\n    """Why."""\n    return a\n')),
        S,
        [],
    ),
    ("types alone", change((PATH, OLD, "def charge(a: int) -> int:\n    return a\n")), S, []),
    ("layout alone", change((PATH, OLD, OLD.replace("(a)", "(\n    a,\n)"))), S, []),
    ("moved", change((PATH, OLD, ""), ("app/new.py", "", OLD)), S, []),
    ("imports alone", change((PATH, OLD, "import x\n" + OLD)), S, []),
    ("removed", change((PATH, OLD, "")), S, []),
    ("a function removed", change((PATH, OLD + "def sell(): ...\n", OLD)), S, []),
    ("renamed alone", change((PATH, OLD, OLD), renamed={PATH: "app/old.py"}), S, []),
    ("renamed and changed", change(CHANGED, renamed={PATH: "app/old.py"}), U, [LACKS]),
    ("generated", change(("app/a.gen.py", OLD, NEW)), S, []),
    ("tests alone", change((TEST, "", "charge(1)\n")), S, []),
    ("a constant", change((PATH, "RATE = 1\n", "RATE = 2\n")), U, [LACKS]),
    (
        "Go",
        change(
            ("a/pay.go", "", "package a\nfunc Charge() { x() }\n"),
            ("a/pay_test.go", "", "package a\nfunc TestA(t *testing.T) { Charge() }\n"),
        ),
        P,
        [],
    ),
    (
        "TypeScript",
        change(
            ("src/pay.ts", "", "export const charge = () => 1\n"),
            ("src/pay.test.ts", "", "import { charge } from './pay'\n"),
        ),
        P,
        [],
    ),
    (
        "Java",
        change(
            ("A/PayService.java", "", "class PayService { void charge() { a(); } }\n"),
            ("A/PayServiceTest.java", "", "class PayServiceTest { PayService a; }\n"),
        ),
        P,
        [],
    ),
    ("lines not visible", unseen(change(CHANGED)), U, []),
    ("not Python", change((PATH, OLD, "def f(:\n")), U, []),
    ("larger than is read", change((PATH, OLD, NEW + "#" * 200_000)), U, []),
    ("no source file", change(("docs/a.md", "", NEW)), S, []),
    ("nothing changed", pull(), S, []),
    ("files not known", pull(changes=UNREAD), U, []),
]


def judged(rule: str, facts: Facts, **options: Any) -> Outcome:
    assert rule == RULE.id
    return verdict_of(RULE, facts, **options).outcome


@pytest.mark.parametrize(("why", "facts", "outcome", "pieces"), ROWS)
def test_logic_has_tests_or_a_person_is_asked(
    why: str, facts: Facts, outcome: Outcome, pieces: list[str]
) -> None:
    assert judged(RULE.id, facts, **GIVEN) is outcome
    assert shown(verdict_of(RULE, facts)) == pieces


def test_only_the_area_of_the_policy_needs_tests() -> None:
    area = Area("logic", ("app/services/**",))

    assert judged(RULE.id, change(CHANGED), logic=area) is S


def test_the_words() -> None:
    assert verdict_of(RULE, change(CHANGED)).summary == (
        "can't tell: tests of app/pay.py - no changed test names it. Add one, or attest"
    )
