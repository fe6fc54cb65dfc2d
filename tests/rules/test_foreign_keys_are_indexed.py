"""A table of what the rule on indexes of foreign keys says of real migrations."""

from __future__ import annotations

from typing import Any

import pytest

from bot.model.facts import Facts
from bot.model.verdict import Outcome
from bot.rules.foreign_keys_are_indexed import RULE
from tests.support.migrations import ALEMBIC, DJANGO, GIVEN, RAILS, SQL, change, rails, revision
from tests.support.pulls import pull
from tests.support.signals import UNREAD, P, Row, S, U, shown, verdict_of

KEY = 'sa.Column("owner", sa.Integer(), sa.ForeignKey("user.id"){})'
ADD = f'op.add_column("item", {KEY.format("")})'
INDEX = 'op.create_index("ix", "item", ["owner"])'
BATCH = 'with op.batch_alter_table("item") as b:'
CONSTRAINT = 'sa.ForeignKeyConstraint(["owner"], ["user.id"])'
LATER = "add_foreign_key :items, :users, column: :owner_id"
IMPORTED = "from django.db import migrations, models\nclass Migration(migrations.Migration):\n"
FIELD = "models.ForeignKey('shop.User', on_delete=models.CASCADE)"


def alembic(*up: str) -> Facts:
    return change((ALEMBIC, "", revision(*up)))


def sql(text: str) -> Facts:
    return change((SQL, "", text))


def ruby(*body: str) -> Facts:
    return change((RAILS, "", rails(*body)))


def table(*parts: str) -> Facts:
    return alembic(f'op.create_table("item", {", ".join(parts)})')


FOUND = [f"foreign-key-without-index {ALEMBIC}:6"]
IN_SQL = [f"foreign-key-without-index {SQL}:1"]
ROWS: list[Row] = [
    # ── Alembic
    ("a column with a key", alembic(ADD), P, FOUND),
    ("a table with one", table(KEY.format("")), P, FOUND),
    ("a key beside its column", table('sa.Column("owner")', CONSTRAINT), P, FOUND),
    (
        "a key after its column",
        alembic(
            'op.add_column("item", sa.Column("owner", sa.Integer()))',
            'op.create_foreign_key("fk", "item", "user", ["owner"], ["id"])',
        ),
        P,
        [f"foreign-key-without-index {ALEMBIC}:7"],
    ),
    (
        "in a batch",
        alembic(
            BATCH,
            '    b.add_column(sa.Column("owner", sa.Integer()))',
            '    b.create_foreign_key("fk", "user", ["owner"], ["id"])',
        ),
        P,
        [f"foreign-key-without-index {ALEMBIC}:8"],
    ),
    (
        "second in an index",
        alembic(ADD, INDEX.replace('["owner"]', '["a", "owner"]')),
        P,
        FOUND,
    ),
    ("with an index", alembic(ADD, INDEX), P, []),
    ("with an index of several", alembic(ADD, INDEX.replace('"]', '", "a"]')), P, []),
    ("with one of an expression", alembic(ADD, INDEX.replace('"owner"', "x")), P, []),
    (
        "with one in a statement",
        alembic(ADD, 'op.execute("CREATE INDEX i ON item (owner)")'),
        P,
        [],
    ),
    ("with one of its own", table(KEY.format(", index=True")), P, []),
    ("with a unique pair", table(KEY.format(""), 'sa.UniqueConstraint("owner", "a")'), P, []),
    ("with an index in the table", table(KEY.format(""), 'sa.Index("ix", "owner")'), P, []),
    ("part of a table made elsewhere", table("*columns()", KEY.format("")), P, []),
    ("in a table of any name", alembic(ADD.replace('"item"', "name")), P, []),
    (
        "a key on a column that was there",
        alembic('op.create_foreign_key("fk", "item", "user", ["owner"], ["id"])'),
        P,
        [],
    ),
    (
        "a column of any name",
        table('sa.Column("owner")', CONSTRAINT.replace('"owner"', "x")),
        P,
        [],
    ),
    ("keys of any number", table(CONSTRAINT.replace('["owner"]', "names")), P, []),
    ("for MySQL", alembic("mysql.INTEGER()", ADD), P, []),
    ("beside what cannot be read", alembic(ADD, "op.execute(made())"), U, []),
    ("only on the way down", change((ALEMBIC, "", revision(INDEX, down=ADD))), P, []),
    ("already at base", change((ALEMBIC, revision(ADD), revision(ADD, "print()"))), P, []),
    (
        "a revision taken away",
        change((ALEMBIC, revision(ADD), ""), (SQL, "", "CREATE TABLE item (id int);")),
        P,
        [],
    ),
    # ── SQL
    (
        "SQL, a column",
        sql("ALTER TABLE item ADD COLUMN owner int REFERENCES user (id);"),
        P,
        IN_SQL,
    ),
    ("SQL, a table", sql('CREATE TABLE item (id int, "owner" int REFERENCES user);'), P, IN_SQL),
    (
        "SQL, beside its column",
        sql("CREATE TABLE item (owner int, CONSTRAINT fk FOREIGN KEY (owner) REFERENCES u (id));"),
        P,
        IN_SQL,
    ),
    (
        "SQL, after its table",
        sql("CREATE TABLE a (b int);\nALTER TABLE a ADD FOREIGN KEY (b) REFERENCES u;"),
        P,
        [f"foreign-key-without-index {SQL}:2"],
    ),
    (
        "SQL, with an index",
        sql("CREATE TABLE a (b int REFERENCES u);\nCREATE INDEX i ON a USING btree (b, c);"),
        P,
        [],
    ),
    ("SQL, a primary key", sql("CREATE TABLE a (b int PRIMARY KEY REFERENCES u);"), P, []),
    ("SQL, a unique pair", sql("CREATE TABLE a (b int REFERENCES u, UNIQUE (b, c));"), P, []),
    ("SQL, a key that was there", sql("ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES u;"), P, []),
    ("SQL, MySQL", sql("CREATE TABLE a (b int REFERENCES u) ENGINE=InnoDB;"), P, []),
    ("SQL, a comment", sql("CREATE TABLE a (b int -- REFERENCES u\n);"), P, []),
    ("SQL, nothing but an action", sql("ALTER TABLE a ADD;"), P, []),
    # ── Rails
    (
        "Rails, without its index",
        ruby("add_reference :items, :owner, foreign_key: { to_table: :users }, index: false"),
        P,
        [f"foreign-key-without-index {RAILS}:3"],
    ),
    (
        "Rails, in a table",
        ruby(
            "create_table :items do |t|",
            "  t.references :u, foreign_key: true, index: false",
            "end",
        ),
        P,
        [f"foreign-key-without-index {RAILS}:4"],
    ),
    (
        "Rails, a key by itself",
        ruby("add_column :items, :owner_id, :bigint", LATER),
        P,
        [f"foreign-key-without-index {RAILS}:4"],
    ),
    ("Rails, a reference", ruby("add_reference :items, :owner, foreign_key: true"), P, []),
    ("Rails, no key", ruby("add_reference :items, :owner, index: false"), P, []),
    (
        "Rails, a key with its index",
        ruby("add_column :items, :owner_id, :bigint", LATER, "add_index :items, [:owner_id, :a]"),
        P,
        [],
    ),
    (
        "Rails, an index in the table",
        ruby("create_table :items do |t|", "  t.index [:owner_id]", "  t.text :a", "end", LATER),
        P,
        [],
    ),
    ("Rails, a column not named", ruby("add_foreign_key :items, :users"), P, []),
    # ── others
    ("Django", change((DJANGO, "", f"{IMPORTED}    operations = [{FIELD}]\n")), P, []),
    ("another tool", change(("db/a.ts", "", "class A implements MigrationInterface {}")), U, []),
    ("not Python", change((ALEMBIC, "", "def f(:\n")), U, []),
    ("generated", change(("db/a.gen.sql", "", "CREATE TABLE a (b int REFERENCES u);")), S, []),
    ("elsewhere", change(("docs/a.sql", "", "CREATE TABLE a (b int REFERENCES u);")), S, []),
    ("removed", change((SQL, "CREATE TABLE a (b int REFERENCES u);", "")), S, []),
    ("nothing changed", pull(), S, []),
    ("files not known", pull(changes=UNREAD), U, []),
]


def judged(rule: str, facts: Facts, **options: Any) -> Outcome:
    assert rule == RULE.id
    return verdict_of(RULE, facts, **options).outcome


@pytest.mark.parametrize(("why", "facts", "outcome", "pieces"), ROWS)
def test_foreign_keys_have_indexes_or_not(
    why: str, facts: Facts, outcome: Outcome, pieces: list[str]
) -> None:
    assert judged(RULE.id, facts, **GIVEN) is outcome
    assert shown(verdict_of(RULE, facts, **GIVEN)) == pieces


def test_the_words() -> None:
    verdict = verdict_of(RULE, alembic(ADD), **GIVEN)

    assert [one.note for one in verdict.advice] == ["item.owner has no index"]
    assert verdict.summary == "1 added foreign key(s) have no index: add it"
