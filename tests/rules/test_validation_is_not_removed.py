"""A table of what the rule on removed validation says of real source text."""

from __future__ import annotations

from typing import Any

import pytest

from bot.model.facts import Facts
from bot.model.verdict import Outcome
from bot.rules.validation_is_not_removed import RULE
from tests.support.pulls import pull
from tests.support.signals import GIVEN, UNREAD, P, Row, S, U, change, shown, unseen, verdict_of

CLASS = "class A(BaseModel):\n    name: str{}\n"
CHECKED = CLASS.format(" = Field(max_length=3)")
BARE = CLASS.format("")
VALIDATOR = "    @field_validator('name')\n    def v(cls, v):\n        return v\n"
SWALLOWS = VALIDATOR.replace(
    "return v\n",
    "try:\n            return int(v)\n        except Exception:\n            return None\n",
)
PATH, GONE = "app/schemas.py", "validation-removed app/schemas.py"


def differs(before: str, after: str, path: str = PATH) -> Facts:
    return change((path, before, after))


ROWS: list[Row] = [
    ("gone", differs(CHECKED, BARE), P, [GONE]),
    ("validator gone", differs(BARE + VALIDATOR, BARE), P, [GONE]),
    ("loosened", differs(CHECKED, CHECKED.replace("3", "9")), P, []),
    ("replaced", differs(CHECKED, CHECKED.replace("max_length=3", "pattern='a'")), P, []),
    ("a validator instead", differs(CHECKED, BARE + VALIDATOR), P, []),
    ("field gone", differs(CHECKED, "class A(BaseModel):\n    other: str\n"), P, []),
    ("class gone", differs(CHECKED, "x = 1\n"), P, []),
    ("added", differs(BARE, CHECKED), P, []),
    ("moved", change((PATH, CHECKED, ""), ("app/other.py", "", CHECKED)), P, []),
    ("renamed alone", change((PATH, CHECKED, CHECKED), renamed={PATH: "app/old.py"}), S, []),
    ("renamed and gone", change((PATH, CHECKED, BARE), renamed={PATH: "app/old.py"}), P, [GONE]),
    ("was commented out", differs(BARE + "# Field(max_length=3)\n", BARE), P, []),
    ("was in a string", differs(BARE + "x = 'Field(max_length=3)'\n", BARE), P, []),
    ("in a test", differs(CHECKED, BARE, "tests/test_a.py"), S, []),
    ("generated", differs(CHECKED, BARE, "app/a.gen.py"), S, []),
    ("file removed", differs(CHECKED, ""), S, []),
    (
        "hides what it finds",
        differs(BARE, BARE + SWALLOWS),
        P,
        [f"validator-swallows {PATH}:7"],
    ),
    (
        "Java parameter",
        differs("class A { void f(@Valid B b) {} }\n", "class A { void f(B b) {} }\n", "A.java"),
        P,
        ["validation-removed A.java"],
    ),
    (
        "Java parameter that an interface declares",
        differs(
            "class A { void f(@Valid B b) {} }\n",
            "class A { @Override void f(B b) {} }\n",
            "A.java",
        ),
        P,
        [],
    ),
    (
        "Java parameter gone",
        differs("class A { void f(@Valid B b) {} }\n", "class A { void f() {} }\n", "A.java"),
        P,
        [],
    ),
    (
        "TypeScript",
        differs("class A { @IsEmail() a: string }\n", "class A { a: string }\n", "a.ts"),
        P,
        ["validation-removed a.ts"],
    ),
    (
        "Go",
        differs(
            'package a\ntype A struct { A string `binding:"required"` }\n',
            "package a\ntype A struct { A string }\n",
            "a.go",
        ),
        P,
        ["validation-removed a.go"],
    ),
    (
        "Java parameter that an interface declared",
        differs("class A { @Override void f(B b) {} }\n", "class A { void f(B b) {} }\n", "A.java"),
        P,
        [],
    ),
    (
        "TypeScript, no longer optional",
        differs("class A { @IsOptional() a: string }\n", "class A { a: string }\n", "a.ts"),
        P,
        [],
    ),
    (
        "Ruby",
        differs(
            "class A\n  validates :a, presence: true, length: 3\nend\n",
            "class A\n  validates :a, presence: true\nend\n",
            "a.rb",
        ),
        P,
        ["validation-removed a.rb"],
    ),
    (
        "Ruby, perhaps without its field",
        differs("class A\n  validates :a, presence: true\nend\n", "class A\nend\n", "a.rb"),
        P,
        [],
    ),
    (
        "Ruby, moved to a concern",
        change(
            (
                "a.rb",
                "class A\n  validates :a, b: 1, c: 1\nend\n",
                "class A\n  validates :a, b: 1\nend\n",
            ),
            ("c.rb", "", "module C\n  validates :a, c: 1\nend\n"),
        ),
        P,
        [],
    ),
    ("lines not visible", unseen(differs(CHECKED, BARE)), U, []),
    ("not Python", differs(CHECKED, "def f(:\n"), U, []),
    ("not Python before", differs("def f(:\n", BARE), U, []),
    ("larger than is read", differs(CHECKED, BARE + "#" * 200_000), U, []),
    ("no source file", differs(CHECKED, BARE, "docs/a.md"), S, []),
    ("nothing changed", pull(), S, []),
    ("files not known", pull(changes=UNREAD), U, []),
]


def judged(rule: str, facts: Facts, **options: Any) -> Outcome:
    assert rule == RULE.id
    return verdict_of(RULE, facts, **options).outcome


@pytest.mark.parametrize(("why", "facts", "outcome", "pieces"), ROWS)
def test_validation_is_removed_or_not(
    why: str, facts: Facts, outcome: Outcome, pieces: list[str]
) -> None:
    assert judged(RULE.id, facts, **GIVEN) is outcome
    assert shown(verdict_of(RULE, facts)) == pieces


def test_the_words() -> None:
    (piece,) = verdict_of(RULE, differs(CHECKED, BARE)).advice

    assert piece.note == "A.name: max_length is gone"
