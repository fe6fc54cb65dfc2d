"""A table of what the rule on deletes says of real migrations."""

from __future__ import annotations

from typing import Any

import pytest

from bot.model.facts import Facts
from bot.model.verdict import Outcome
from bot.rules.relationships_say_what_delete_does import RULE
from tests.support.migrations import ALEMBIC, DJANGO, GIVEN, RAILS, SQL, change, rails, revision
from tests.support.pulls import pull
from tests.support.signals import UNREAD, P, Row, S, U, shown, unseen, verdict_of

ADD = 'op.add_column("item", sa.Column("owner", sa.Integer(), sa.ForeignKey("user.id"{})))'
CONSTRAINT = 'op.create_table("item", sa.ForeignKeyConstraint(["owner"], ["user.id"]{}))'
COLUMN = "ALTER TABLE item ADD COLUMN owner int REFERENCES users (id){};"
WHOLE = "CREATE TABLE a (b int, FOREIGN KEY (b) REFERENCES u (id){});"
REFERENCE = "add_reference :items, :owner, foreign_key: {}"
DJANGO_SQL = (
    "from django.db import migrations\nclass Migration(migrations.Migration):\n"
    f"    operations = [migrations.RunSQL('{COLUMN.format('')}', '')]\n"
)


def alembic(*up: str, models: str = "x = 1\n") -> Facts:
    return change((ALEMBIC, "", revision(*up)), ("app/models.py", "", models))


def sql(text: str) -> Facts:
    return change((SQL, "", text))


def ruby(*body: str) -> Facts:
    return change((RAILS, "", rails(*body)))


FOUND = [f"delete-not-said {ALEMBIC}:6"]
IN_SQL, IN_RAILS = [f"delete-not-said {SQL}:1"], [f"delete-not-said {RAILS}:3"]
CASCADE = ', ondelete="CASCADE"'
ROWS: list[Row] = [
    ("a column", alembic(ADD.format("")), P, FOUND),
    ("a table", alembic(CONSTRAINT.format("")), P, FOUND),
    ("SQL, a column", sql(COLUMN.format("")), P, IN_SQL),
    ("SQL, a table", sql(WHOLE.format(" ON UPDATE CASCADE")), P, IN_SQL),
    ("Rails", ruby(REFERENCE.format("true")), P, IN_RAILS),
    ("Rails, with options", ruby(REFERENCE.format("{ to_table: :users }")), P, IN_RAILS),
    ("models not visible", unseen(alembic(ADD.format(""))), P, FOUND),
    ("a column that says it", alembic(ADD.format(CASCADE)), P, []),
    ("a table that says it", alembic(CONSTRAINT.format(CASCADE)), P, []),
    ("options from elsewhere", alembic(CONSTRAINT.format(", **options")), P, []),
    ("SQL, a column that says it", sql(COLUMN.format(" ON DELETE SET NULL")), P, []),
    ("SQL, a table that says it", sql(WHOLE.format(" ON DELETE RESTRICT")), P, []),
    ("Rails, said", ruby(REFERENCE.format("{ on_delete: :cascade }")), P, []),
    ("Rails, no key", ruby(REFERENCE.format("false")), P, []),
    ("said in a model", alembic(ADD.format(""), models='cascade="all, delete-orphan"\n'), P, []),
    ("only in a comment", sql("-- " + COLUMN.format("") + "\nCREATE TABLE a (b int);"), P, []),
    ("no keys", sql("CREATE TABLE a (b int);"), P, []),
    ("already at base", change((SQL, WHOLE.format(""), WHOLE.format("") + "\n")), P, []),
    ("Django, which demands it", change((DJANGO, "", DJANGO_SQL)), P, []),
    ("not SQL", sql(COLUMN.format("") + "'"), U, []),
    (
        "one of two cannot be read",
        change((SQL, "", WHOLE.format("")), ("db/migrations/V3__b.sql", "", "'")),
        U,
        IN_SQL,
    ),
    ("no migration", change(("docs/a.sql", "", WHOLE.format(""))), S, []),
    ("removed", change((SQL, WHOLE.format(""), "")), S, []),
    ("nothing changed", pull(), S, []),
    ("files not known", pull(changes=UNREAD), U, []),
]


def judged(rule: str, facts: Facts, **options: Any) -> Outcome:
    assert rule == RULE.id
    return verdict_of(RULE, facts, **options).outcome


@pytest.mark.parametrize(("why", "facts", "outcome", "pieces"), ROWS)
def test_deletes_are_thought_of_or_not(
    why: str, facts: Facts, outcome: Outcome, pieces: list[str]
) -> None:
    assert judged(RULE.id, facts, **GIVEN) is outcome
    assert shown(verdict_of(RULE, facts, **GIVEN)) == pieces


def test_the_words() -> None:
    verdict = verdict_of(RULE, sql(WHOLE.format("")), **GIVEN)

    assert [one.note for one in verdict.advice] == ["a.b: delete is not thought of"]
    assert verdict.summary == "1 added foreign key(s) do not say what delete does"
