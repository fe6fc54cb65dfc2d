"""A table of what the rule on groups of values says of real source text."""

from __future__ import annotations

from typing import Any

import pytest

from bot.model.area import Area
from bot.model.facts import Facts
from bot.model.reading import BOTH, Read
from bot.model.verdict import Outcome
from bot.rules.value_groups_are_shared import RULE
from tests.support.pulls import pull
from tests.support.signals import UNREAD, P, Row, S, U, shown, verdict_of
from tests.support.sources import written

DATA = Area("data", ("**/models.py", "**/models/**", "**/*.prisma"))
GIVEN: dict[str, Any] = {"data": DATA, "generated": Area("generated", ("**/gen/**",))}
NEEDS = frozenset({Read(reading="models", area=DATA, sides=BOTH)})
ADDRESS = ("street", "city", "zip_code")
PATH, OTHER = "app/models.py", "shop/models.py"


def change(*files: tuple[str, str, str], **known: Any) -> Facts:
    return written(NEEDS, {path: (before, after) for path, before, after in files}, **known)


def mapped(name: str, *columns: str, base: str = "Base") -> str:
    lines = [f'    __tablename__ = "{name}"', *(f"    {one} = Column(Text)" for one in columns)]
    return f"class {name}({base}):\n" + "\n".join(lines) + "\n"


BOTH_NEW = mapped("User", *ADDRESS) + mapped("Shop", *ADDRESS)
MIXIN = "class Address:\n" + "".join(f"    {one} = Column(Text)\n" for one in ADDRESS)
PRISMA = "model {} {{\n  street String\n  city String\n  zip String\n}}\n"
ROWS: list[Row] = [
    ("twice in a file", change((PATH, "", BOTH_NEW)), P, [f"value-group-repeated {PATH}:8"]),
    (
        "in two files",
        change((PATH, "", mapped("User", *ADDRESS)), (OTHER, "", mapped("Shop", *ADDRESS, "id"))),
        P,
        [f"value-group-repeated {OTHER}:3"],
    ),
    (
        "Prisma",
        change(("a.prisma", "", PRISMA.format("User") + PRISMA.format("Shop"))),
        P,
        ["value-group-repeated a.prisma:7"],
    ),
    ("two names", change((PATH, "", mapped("A", *ADDRESS) + mapped("B", *ADDRESS[1:]))), P, []),
    (
        "what every record has",
        change(
            (PATH, "", "".join(mapped(one, "id", "name", "created_at", "owner_id") for one in "AB"))
        ),
        P,
        [],
    ),
    ("one class alone", change((PATH, "", mapped("User", *ADDRESS))), P, []),
    (
        "inherited by both",
        change((PATH, "", MIXIN + "".join(mapped(one, base="Address") for one in "AB"))),
        P,
        [],
    ),
    ("already at base", change((PATH, BOTH_NEW, BOTH_NEW + "x = 1\n")), P, []),
    ("moved", change((PATH, BOTH_NEW, ""), (OTHER, "", BOTH_NEW)), P, []),
    ("one was there", change((PATH, mapped("User", *ADDRESS), BOTH_NEW)), P, []),
    ("no tables", change((PATH, "", MIXIN + MIXIN.replace("Address", "Place"))), S, []),
    ("commented out", change((PATH, "", "# " + BOTH_NEW.replace("\n", "\n# "))), S, []),
    ("generated", change(("gen/models.py", "", BOTH_NEW)), S, []),
    ("elsewhere", change(("app/views.py", "", BOTH_NEW)), S, []),
    ("removed", change((PATH, BOTH_NEW, "")), S, []),
    ("not Python", change((PATH, "", BOTH_NEW + "def f(:\n")), U, []),
    ("not Python at base", change((PATH, "def f(:\n", BOTH_NEW)), U, []),
    ("another language", change(("a/models/A.java", "", "@Entity\nclass A {}\n")), U, []),
    ("nothing changed", pull(), S, []),
    ("files not known", pull(changes=UNREAD), U, []),
]


def judged(rule: str, facts: Facts, **options: Any) -> Outcome:
    assert rule == RULE.id
    return verdict_of(RULE, facts, **options).outcome


@pytest.mark.parametrize(("why", "facts", "outcome", "pieces"), ROWS)
def test_groups_are_shared_or_not(
    why: str, facts: Facts, outcome: Outcome, pieces: list[str]
) -> None:
    assert judged(RULE.id, facts, **GIVEN) is outcome
    assert shown(verdict_of(RULE, facts, **GIVEN)) == pieces


def test_the_words() -> None:
    verdict = verdict_of(RULE, change((PATH, "", BOTH_NEW)), **GIVEN)

    assert [one.note for one in verdict.advice] == [
        "User and Shop both have street, city, zip_code"
    ]
    assert verdict.summary == "1 group(s) of added columns stand in two classes"
