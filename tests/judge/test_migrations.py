"""What the policy's condition `migration` answers: only what is new, and on what was there."""

from __future__ import annotations

from typing import Any

import pytest

from bot.judge.condition import MIGRATES, condition_needs, holds, shown
from bot.model.area import Area
from bot.model.item import Migrates
from bot.model.known import Known, Unknown
from tests.support.judging import policy
from tests.support.pulls import pull
from tests.support.sources import written

POLICY = policy("version: 1\nchecklist: {}\n")
AREA = Area("migrations", ("db/**", "**/migrations/**"))
DATA_MODEL = ("drops", "narrows", "renames")
UP, PY, RB = "db/V2__a.sql", "db/a.py", "db/migrate/20260101_a.rb"


def condition(*what: str) -> Migrates:
    return Migrates(what=what, area=AREA, generated=Area("generated", ("db/gen/**",)))


def seen(
    files: dict[str, tuple[str, str]], what: tuple[str, ...] = DATA_MODEL, **more: Any
) -> tuple[Known[bool], list[str]]:
    """Whether the condition holds, and what is shown, what is only likely in brackets."""
    one = condition(*what)
    facts = written(condition_needs(one, POLICY, ()), files, body="", **more)
    said = [
        f"{piece.note}:{piece.line}" if piece.kind is MIGRATES else f"({piece.note}:{piece.line})"
        for piece in shown(one, facts, POLICY)
    ]
    return holds(one, facts, POLICY), said


def alembic(*up: str, down: str = "op.execute('DELETE FROM x WHERE y')") -> str:
    body = "".join(f"    {one}\n" for one in up)
    return (
        "import sqlalchemy as sa\nfrom alembic import op\nrevision = 'b'\ndown_revision = 'a'\n"
        f"def upgrade():\n{body}\ndef downgrade():\n    {down}\n"
    )


def django(*operations: str) -> str:
    return (
        "from django.db import migrations, models\n"
        f"class Migration(migrations.Migration):\n    operations = [{', '.join(operations)}]\n"
    )


def rails(*lines: str) -> str:
    body = "".join(f"    {one}\n" for one in lines)
    return f"class A < ActiveRecord::Migration[7.1]\n  def change\n{body}  end\nend\n"


NOT_NULL = 'op.alter_column("item", "note", nullable=False)'
UNIQUE = 'op.create_unique_constraint("uq", "item", ["note"])'
RAISES = [
    (UP, "DROP TABLE item;", "drop_table item:1"),
    (UP, "ALTER TABLE item DROP COLUMN note;", "drop_column item.note:1"),
    (UP, "DROP TYPE mood;", "drop_type mood:1"),
    (UP, "TRUNCATE item;", "truncate item:1"),
    (UP, "\nDELETE FROM item;", "delete_all item:2"),
    (UP, "ALTER TABLE item RENAME COLUMN a TO b;", "rename_column item.a:1"),
    (UP, "ALTER TABLE item ALTER COLUMN a SET NOT NULL;", "set_not_null item.a:1"),
    (UP, "ALTER TABLE item ADD a int NOT NULL;", "add_column item.a:1"),
    (UP, "CREATE UNIQUE INDEX u ON item (a);", "create_unique item.a:1"),
    (PY, alembic('op.drop_table("item")'), "drop_table item:6"),
    (PY, alembic('op.drop_column("item", "note")'), "drop_column item.note:6"),
    (PY, alembic('op.rename_table("a", "b")'), "rename_table a:6"),
    (PY, alembic(NOT_NULL), "set_not_null item.note:6"),
    (PY, alembic(UNIQUE), "create_unique item.note:6"),
    (PY, alembic("op.execute('''DROP TABLE item''')"), "drop_table item:6"),
    (
        PY,
        alembic('op.add_column("a", sa.Column("b", sa.Text, nullable=False))'),
        "add_column a.b:6",
    ),
    (
        PY,
        alembic('op.alter_column("a", "b", type_=sa.String(9), existing_type=sa.String(99))'),
        "change_type a.b:6",
    ),
    (PY, django("migrations.RemoveField('item', 'note')"), "drop_column item.note:3"),
    (PY, django("migrations.RenameModel('Item', 'Thing')"), "rename_table item:3"),
    (
        PY,
        django("migrations.AddConstraint('item', models.UniqueConstraint(fields=('a',)))"),
        "create_unique item.a:3",
    ),
    (RB, rails("remove_column :items, :note, :text"), "drop_column items.note:3"),
    (RB, rails("change_column_null :items, :note, false"), "set_not_null items.note:3"),
    (RB, rails("add_index :items, [:a, :b], unique: true"), "create_index items.a, b:3"),
]
NOTHING = [
    (UP, "CREATE TABLE item (a int NOT NULL);\nALTER TABLE item DROP COLUMN a;\nDROP TABLE item;"),
    (UP, "ALTER TABLE item ADD b int;\nALTER TABLE item DROP COLUMN b;"),
    (UP, "-- DROP TABLE item;\n/* DROP TABLE item; */ SELECT 'DROP TABLE item;';"),
    (UP, "ALTER TABLE item ADD a int NOT NULL DEFAULT 0;"),
    (UP, "DROP INDEX old_item_note;\nCREATE UNIQUE INDEX u ON item (a);"),
    (UP, "ALTER TABLE item DROP CONSTRAINT c;"),
    (UP, "CREATE FUNCTION f() RETURNS int AS $$ DROP TABLE item; $$;"),
    (PY, alembic('op.create_table("item", sa.Column("a"))', UNIQUE, 'op.drop_table("item")')),
    (PY, alembic('op.alter_column("item", "note", nullable=True)')),
    (PY, alembic('op.drop_index("ix", table_name="item")', UNIQUE)),
    (PY, alembic('# op.drop_table("item")', "text = 'op.drop_table()'")),
    (PY, alembic("op.execute('SELECT 1')", down='op.drop_table("item")')),
    (
        PY,
        django(
            "migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel('Item')])"
        ),
    ),
    (PY, django("migrations.CreateModel('Item', [])", "migrations.DeleteModel('Item')")),
    (RB, rails("add_column :items, :note, :text, null: false, default: ''")),
    (RB, rails("# drop_table :items", "say 'drop_table :items'")),
    ("db/gen/V1__a.sql", "DROP TABLE item;"),
    ("app/a.sql", "DROP TABLE item;"),
]
SUGGESTS = [
    (UP, "UPDATE item SET a = 1;", "(update item:1)"),
    (UP, "ALTER TABLE item ALTER a TYPE bigint;", "(change_type item.a:1)"),
    (PY, django("migrations.RunPython(f, f)"), "(run_python:3)"),
    (RB, rails("Item.update_all(a: 1)"), "(update_all:3)"),
]


@pytest.mark.parametrize(("path", "text", "said"), RAISES)
def test_what_is_lost_narrowed_or_renamed_raises(path: str, text: str, said: str) -> None:
    assert seen({path: ("", text)}) == (True, [said])


@pytest.mark.parametrize(("path", "text"), NOTHING)
def test_what_was_not_there_before_or_does_not_run_raises_nothing(path: str, text: str) -> None:
    assert seen({path: ("", text)}) == (False, [])


@pytest.mark.parametrize(("path", "text", "said"), SUGGESTS)
def test_rows_rewritten_and_types_changed_are_only_suggested(
    path: str, text: str, said: str
) -> None:
    assert seen({path: ("", text)}) == (False, [said])


def test_rows_that_were_made_to_fit_narrow_nothing() -> None:
    filled = alembic('op.execute("UPDATE item SET note = 1")', NOT_NULL)

    assert seen({PY: ("", filled)}) == (False, ["(update item:6)"])


def test_rows_of_another_table_made_to_fit_do_not_help() -> None:
    filled = alembic('op.execute("UPDATE thing SET note = 1")', NOT_NULL)

    assert seen({PY: ("", filled)})[0] is True


def test_a_table_of_another_file_of_the_change_counts_as_new() -> None:
    files = {"db/V1__a.sql": ("", "CREATE TABLE item (a int);"), UP: ("", "DROP TABLE item;")}

    assert seen(files) == (False, [])


def test_what_the_base_does_already_is_not_new() -> None:
    before, after = "DROP TABLE item;", "DROP TABLE item;\nSELECT 1;"

    assert seen({UP: (before, after)}) == (False, [])
    assert seen({UP: (before, "")}) == (False, [])


@pytest.mark.parametrize("word", ["drops", "narrows", "renames"])
def test_only_the_words_asked_for_count(word: str) -> None:
    drops = seen({UP: ("", "DROP TABLE item;")}, (word,))[0]

    assert drops is (word == "drops")


@pytest.mark.parametrize(
    ("files", "answer"),
    [
        ({UP: ("", "CREATE TABLE a (b int);")}, True),
        ({PY: ("", alembic('op.drop_table("a")', down="pass"))}, True),
        ({PY: ("", alembic('op.drop_table("a")'))}, False),
        ({PY: ("", django("migrations.RunPython(f)"))}, True),
        ({RB: ("", rails("add_column :a, :b, :text"))}, False),
    ],
)
def test_a_migration_without_a_way_back_is_irreversible(files: Any, answer: bool) -> None:
    assert seen(files, ("irreversible",))[0] is answer


@pytest.mark.parametrize(
    ("path", "text", "why"),
    [
        (PY, alembic("op.execute(SQL)"), "what a.py does in line 6 - it cannot be read"),
        (
            UP,
            "DO $$ BEGIN DROP TABLE a; END $$;",
            "what V2__a.sql does in line 1 - it cannot be read",
        ),
        (PY, "def (", "db/a.py - it cannot be parsed"),
    ],
)
def test_what_cannot_be_read_is_unknown(path: str, text: str, why: str) -> None:
    answer, _ = seen({path: ("", text)})

    assert isinstance(answer, Unknown)
    assert answer.reason == f"can't tell: {why}"


def test_a_certain_finding_outweighs_what_cannot_be_read() -> None:
    assert seen({PY: ("", alembic("op.execute(SQL)", 'op.drop_table("a")'))})[0] is True


def test_without_the_list_of_files_it_is_unknown() -> None:
    why = Unknown("too many files")

    assert holds(condition("drops"), pull(changes=why), POLICY) == why
    assert shown(condition("drops"), pull(changes=why), POLICY) == ()
