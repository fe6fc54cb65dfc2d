"""A table of what the rule on changed columns says of real source text."""

from __future__ import annotations

from typing import Any

import pytest

from bot.model.area import Area
from bot.model.facts import Facts
from bot.model.known import Unknown
from bot.model.verdict import Outcome
from bot.rules.model_changes_have_migrations import RULE, Options, needs
from tests.support.pulls import pull
from tests.support.sources import written

MIGRATIONS = Area("migrations", ("**/migrations/**",))
DATA = Area("data", ("**/models.py", "**/models/**", "**/*.prisma"))
P, S, U = Outcome.PASS, Outcome.SKIP, Outcome.UNKNOWN


def judged(rule: str, facts: Facts, **options: Any) -> Outcome:
    assert rule == RULE.id
    return RULE.prove(facts, Options(**options)).outcome


def change(*files: tuple[str, str, str], renamed: Any = None) -> Facts:
    everywhere = {path: (before, after) for path, before, after in files}
    wanted = needs(Options(data=DATA, migrations=MIGRATIONS), ())
    return written(wanted, everywhere, renamed=renamed)


def mapped(*lines: str, name: str = "Item", base: str = "Base") -> str:
    body = "".join(f"    {one}\n" for one in (f'__tablename__ = "{name}"', *lines))
    return f"class {name}({base}):\n{body}"


def django(*lines: str, meta: str = "") -> str:
    body = "".join(f"    {one}\n" for one in ("id = models.AutoField()", *lines))
    return f"class Item(models.Model):\n{body}{meta}"


M = "app/models.py"
NAMED = "from sqlalchemy import Column\n\nclass Item(Base):\n    a = Column(Integer)\n"
NOTE = "note: Mapped[str] = mapped_column(String(9))"
PLAIN = mapped("id: Mapped[int] = mapped_column()")
ADDED = ("shop/migrations/0002_a.sql", "", "ALTER TABLE a ADD b int;")
SQLMODEL = "class Base(SQLModel):\n    a: str\n\nclass Item(Base, table=True):\n    id: int\n"
PRISMA = "model Item {\n  id Int @id\n  owner User @relation(fields: [id])\n}\n"
ABSTRACT = "    class Meta:\n        abstract = True\n"
CASES = [
    ("a column, and its migration", change((M, PLAIN, PLAIN + f"    {NOTE}\n"), ADDED), P),
    ("a column alone", change((M, PLAIN, PLAIN + f"    {NOTE}\n")), U),
    ("a column is gone", change((M, PLAIN + f"    {NOTE}\n", PLAIN)), U),
    ("a column has another type", change((M, mapped(NOTE), mapped(NOTE.replace("9", "8")))), U),
    (
        "a column may be empty now",
        change((M, mapped("a = Column(Text)"), mapped("a = Column(Text, nullable=False)"))),
        U,
    ),
    (
        "a primary key's type",
        change((M, mapped("id = Column(Integer)"), mapped("id = Column(BigInteger)"))),
        U,
    ),
    ("a table that its base names", change((M, NAMED, NAMED + "    b = Column(String)\n")), U),
    (
        "a hint of a table that its base names",
        change((M, NAMED, NAMED + "    b: Mapped[int]\n")),
        U,
    ),
    (
        "Flask, a base of its own",
        change((M, "", "class A(Base):\n    a = db.Column(db.Integer)\n")),
        U,
    ),
    ("Django, a field of another library", change((M, django(), django("a = ColorField()"))), U),
    ("a hint alone", change((M, PLAIN, PLAIN + "    note: Mapped[str]\n")), U),
    ("Flask's base", change((M, "", "class A(db.Model):\n    a = db.Column(db.Integer)\n")), U),
    ("a table is gone", change((M, PLAIN, "")), U),
    ("TypeScript", change(("app/models/a.ts", "", "@Entity()\nclass A { @Column() a }\n")), U),
    ("Go", change(("app/models/a.go", "", 'type A struct { B int `gorm:"x"` }\n')), U),
    (
        "Django, a length",
        change(
            (
                M,
                django("a = models.CharField(max_length=9)"),
                django("a = models.CharField(max_length=8)"),
            )
        ),
        U,
    ),
    ("a new table", change((M, "", PLAIN)), U),
    (
        "a hint in another spelling",
        change((M, mapped("a: Mapped[Optional[str]]"), mapped("a: Mapped[str | None]"))),
        P,
    ),
    (
        "a relationship",
        change((M, PLAIN, PLAIN + "    owner: Mapped['User'] = relationship()\n")),
        P,
    ),
    ("a comment", change((M, PLAIN, PLAIN + "    # note: Mapped[str]\n")), P),
    ("a docstring", change((M, PLAIN, PLAIN + "    '''note: Mapped[str]'''\n")), P),
    ("a validator", change((M, PLAIN, PLAIN + "    def check(self): return 1\n")), P),
    (
        "the name of an index",
        change(
            (M, mapped("a = Column(Text, index=True)"), mapped("a = Column(Text, index=False)"))
        ),
        P,
    ),
    (
        "a default of Python's",
        change((M, mapped("a = Column(Text)"), mapped("a = Column(Text, default='x')"))),
        P,
    ),
    (
        "an abstract class",
        change((M, "", mapped(NOTE).replace('__tablename__ = "Item"', "__abstract__ = True"))),
        P,
    ),
    ("a link of it", change((M, NAMED, NAMED + "    b = relationship('B')\n")), P),
    ("a form", change((M, "", NAMED.replace("Base", "Protocol"))), P),
    (
        "Django, a picture made of another",
        change((M, django(), django("a = ImageSpecField(source='b')"))),
        P,
    ),
    ("abstract", change((M, "", NAMED + "    __abstract__ = True\n")), P),
    ("no class of SQLAlchemy", change((M, "", NAMED.replace("sqlalchemy", "tables"))), P),
    ("no table", change((M, "", "class ItemPublic(SQLModel):\n    note: str\n")), P),
    (
        "inherited from the same file",
        change((M, SQLMODEL, SQLMODEL.replace("a: str", "b: str"))),
        U,
    ),
    (
        "a list of others",
        change((M, SQLMODEL, SQLMODEL + "    items: list['X'] = Relationship()\n")),
        P,
    ),
    ("moved to another file", change((M, PLAIN, ""), ("app/models/item.py", "", PLAIN)), P),
    ("renamed", change(("app/models/x.py", PLAIN, PLAIN), renamed={"app/models/x.py": M}), P),
    ("Django, a field", change((M, django(), django("note = models.TextField()"))), U),
    (
        "Django, its words",
        change((M, django("a = models.TextField()"), django("a = models.TextField('A')"))),
        P,
    ),
    ("Django, abstract", change((M, "", django(meta=ABSTRACT))), P),
    (
        "Django, not managed",
        change((M, "", django(meta="    class Meta:\n        managed = False\n"))),
        P,
    ),
    (
        "Prisma, a field",
        change(
            ("db/schema.prisma", PRISMA, PRISMA.replace("id Int @id", "id Int @id\n  note String?"))
        ),
        U,
    ),
    (
        "Prisma, a relation",
        change(("db/schema.prisma", PRISMA, PRISMA.replace("owner User", "user User"))),
        P,
    ),
    ("Java", change(("app/models/Item.java", "", "@Entity\nclass Item {}\n")), U),
    ("Java without a table", change(("app/models/Item.java", "", "class Item {}\n")), P),
    ("not Python", change((M, PLAIN, "class (\n")), U),
    (
        "only a migration was removed",
        change((M, PLAIN, PLAIN + f"    {NOTE}\n"), (ADDED[0], ADDED[2], "")),
        U,
    ),
    ("nothing of the kind", change(("app/views.py", "", PLAIN)), S),
    ("a model among migrations", change(("app/migrations/models.py", "", PLAIN)), S),
    ("files not known", pull(changes=Unknown("not visible")), U),
]


@pytest.mark.parametrize(("why", "facts", "outcome"), CASES, ids=[one[0] for one in CASES])
def test_a_changed_column_has_a_migration(why: str, facts: Facts, outcome: Outcome) -> None:
    assert judged(RULE.id, facts, data=DATA, migrations=MIGRATIONS) is outcome


def test_it_names_the_columns_and_asks() -> None:
    facts = change((M, PLAIN, mapped(NOTE)))

    verdict = RULE.prove(facts, Options(data=DATA, migrations=MIGRATIONS))

    assert verdict.summary == (
        "can't tell: Item.note is new and 1 more - no migration was added. "
        "Add it, or attest that none is needed"
    )
    assert [(one.note, one.file, one.line) for one in verdict.advice] == [
        ("Item.note is new", M, 3),
        ("Item.id is gone", None, None),
    ]
