"""A table of what the rule on reversible migrations says of real source text."""

from __future__ import annotations

from typing import Any

import pytest

from bot.model.area import Area
from bot.model.facts import Facts
from bot.model.known import Unknown
from bot.model.verdict import Outcome
from bot.rules.migrations_are_reversible import RULE, Options, needs
from tests.support.pulls import pull
from tests.support.sources import written

AREA = Area("migrations", ("**/migrations/**", "**/versions/**", "db/**"))
GENERATED = Area("generated", ("**/*.gen.py",))
P, F, S, U = Outcome.PASS, Outcome.FAIL, Outcome.SKIP, Outcome.UNKNOWN
UNREAD = Unknown("not visible")
FILLED = "## Rollback\nRestore last night's copy.\n"


def judged(rule: str, facts: Facts, **options: Any) -> Outcome:
    assert rule == RULE.id
    return RULE.prove(facts, Options(**options)).outcome


def change(*files: tuple[str, str, str], body: Any = "", **known: Any) -> Facts:
    wanted = Options(migrations=AREA, generated=GENERATED)
    everywhere = {path: (before, after) for path, before, after in files}
    rows = pull(*written(frozenset(), everywhere).changes)  # type: ignore[misc]
    return written(needs(wanted, rows.changes), everywhere, body=body, **known)


def revision(up: str, down: str | None, parent: str = "a1", head: str = "") -> str:
    lines = [
        "import sqlalchemy as sa",
        "from alembic import op",
        head,
        'revision = "b2"',
        f'down_revision = "{parent}"',
        "def upgrade():",
        *(f"    {one}" for one in up.split("\n")),
    ]
    if down is not None:
        lines += ["def downgrade():", *(f"    {one}" for one in down.split("\n"))]
    return "\n".join(lines) + "\n"


def django(*operations: str, head: str = "") -> str:
    return (
        "from django.db import migrations, models\n"
        f"{head}\n"
        "class Migration(migrations.Migration):\n"
        "    dependencies = [('shop', '0001_initial')]\n"
        f"    operations = [{', '.join(operations)}]\n"
    )


def rails(body: str) -> str:
    return f"class AddThing < ActiveRecord::Migration[7.1]\n{body}\nend\n"


def pop(ending: str) -> Facts:
    down = (f"db/20260101_note.{ending}.sql", "", "DROP TABLE note;")
    return change(("db/20260101_note.mysql.up.sql", "", CREATE), down)


def stuck(command: str) -> Facts:
    return change((RAILS, "", rails(f"  def change\n    {command}\n  end")))


ADD = 'op.add_column("item", sa.Column("note", sa.Text()))'
DROP = 'op.drop_column("item", "note")'
GOOD = revision(ADD, DROP)
ALEMBIC, DJANGO = "app/versions/b2_note.py", "shop/migrations/0002_note.py"
RAILS, FLYWAY = "db/migrate/20260101120000_add_thing.rb", "db/migrations/V2__note.sql"
CREATE = "CREATE TABLE note (id int);\n"
NOOP = "migrations.RunPython.noop"
CASES = [
    # ── Alembic
    ("up and down", change((ALEMBIC, "", GOOD)), P),
    ("no way down", change((ALEMBIC, "", revision(ADD, None))), F),
    ("down is pass", change((ALEMBIC, "", revision(ADD, "pass"))), F),
    ("down only in a comment", change((ALEMBIC, "", revision(ADD, f"# {DROP}\npass"))), F),
    ("down only in a string", change((ALEMBIC, "", revision(ADD, f"'''{DROP}'''"))), F),
    (
        "down only sets a timeout",
        change((ALEMBIC, "", revision(ADD, "op.execute(\"SET LOCAL lock_timeout = '5s'\")"))),
        F,
    ),
    ("down raises", change((ALEMBIC, "", revision(ADD, "raise NotImplementedError"))), F),
    (
        "down raises, and the section says how",
        change((ALEMBIC, "", revision(ADD, "raise NotImplementedError")), body=FILLED),
        U,
    ),
    (
        "down raises, the description is not known",
        change((ALEMBIC, "", revision(ADD, "raise NotImplementedError")), body=UNREAD),
        U,
    ),
    (
        "down raises for one database only",
        change((ALEMBIC, "", revision(ADD, f"if sa.x:\n    raise ValueError\n{DROP}"))),
        P,
    ),
    ("empty down, and the section", change((ALEMBIC, "", revision(ADD, "pass")), body=FILLED), F),
    ("up and down do nothing", change((ALEMBIC, "", revision("pass", "pass"))), S),
    (
        "down in a function of its own",
        change((ALEMBIC, "", revision(ADD, "undo()", head=f"def undo():\n    {DROP}"))),
        P,
    ),
    (
        "unnamed constraint",
        change(
            (
                ALEMBIC,
                "",
                revision(ADD, f'op.drop_constraint(None, "item", type_="foreignkey")\n{DROP}'),
            )
        ),
        F,
    ),
    (
        "unnamed constraint in a batch",
        change(
            (
                ALEMBIC,
                "",
                revision(
                    ADD,
                    'with op.batch_alter_table("a") as batch:\n    batch.drop_constraint(None)',
                ),
            )
        ),
        F,
    ),
    (
        "named constraint",
        change(
            (
                ALEMBIC,
                "",
                revision(ADD, f'op.drop_constraint("fk", "item", type_="foreignkey")\n{DROP}'),
            )
        ),
        P,
    ),
    (
        "unnamed primary key, which a convention may name",
        change(
            (
                ALEMBIC,
                "",
                revision(ADD, f'op.drop_constraint(None, "item", type_="primary")\n{DROP}'),
            )
        ),
        P,
    ),
    (
        "unnamed constraint in a comment",
        change((ALEMBIC, "", revision(ADD, f'{DROP}  # op.drop_constraint(None, "item")'))),
        P,
    ),
    (
        "unnamed constraint in a string",
        change((ALEMBIC, "", revision(ADD, f"text = 'op.drop_constraint(None)'\n{DROP}"))),
        P,
    ),
    (
        "unnamed constraint on the way up",
        change((ALEMBIC, "", revision(f'op.drop_constraint(None, "item")\n{ADD}', DROP))),
        P,
    ),
    (
        "unnamed index",
        change((ALEMBIC, "", revision(ADD, f'op.drop_index(None, "item")\n{DROP}'))),
        P,
    ),
    (
        "a name never bound",
        change((ALEMBIC, "", revision(ADD, "op.drop_column(TABLE, 'note')"))),
        F,
    ),
    (
        "a name bound below",
        change((ALEMBIC, "", revision(ADD, "op.drop_column(TABLE, 'note')") + 'TABLE = "item"\n')),
        P,
    ),
    (
        "a name from a star",
        change(
            (
                ALEMBIC,
                "",
                revision(ADD, "op.drop_column(TABLE, 'note')", head="from names import *"),
            )
        ),
        P,
    ),
    # ── Django
    (
        "schema operations",
        change(
            (DJANGO, "", django("migrations.AddField('item', 'note', models.TextField(null=True))"))
        ),
        P,
    ),
    ("code without a way back", change((DJANGO, "", django("migrations.RunPython(print)"))), F),
    ("code with none for it", change((DJANGO, "", django("migrations.RunPython(print, None)"))), F),
    ("code with a way back", change((DJANGO, "", django("migrations.RunPython(print, print)"))), P),
    (
        "code whose way back is noop",
        change((DJANGO, "", django(f"migrations.RunPython(print, reverse_code={NOOP})"))),
        P,
    ),
    (
        "code whose way back raises",
        change(
            (
                DJANGO,
                "",
                django(
                    "migrations.RunPython(print, back)",
                    head="def back(apps, editor):\n    raise ValueError",
                ),
            )
        ),
        F,
    ),
    ("SQL without a way back", change((DJANGO, "", django("migrations.RunSQL('SELECT 1')"))), F),
    ("SQL with a way back", change((DJANGO, "", django("migrations.RunSQL('SELECT 1', ''))"))), U),
    (
        "SQL in a separated state",
        change(
            (
                DJANGO,
                "",
                django(
                    "migrations.SeparateDatabaseAndState("
                    "database_operations=[migrations.RunSQL('SELECT 1')])"
                ),
            )
        ),
        F,
    ),
    (
        "only the state is told",
        change(
            (
                DJANGO,
                "",
                django(
                    "migrations.SeparateDatabaseAndState("
                    "state_operations=[migrations.RunSQL('SELECT 1')])"
                ),
            )
        ),
        P,
    ),
    ("an operation of their own", change((DJANGO, "", django("TenantOperation('x')"))), U),
    ("computed operations", change((DJANGO, "", django("*more()"))), U),
    ("no operations", change((DJANGO, "", django())), S),
    (
        "a squash",
        change(
            (
                DJANGO,
                "",
                django("migrations.RunPython(print)").replace(
                    "    operations", "    replaces = [('shop', '0001_initial')]\n    operations"
                ),
            )
        ),
        P,
    ),
    # ── Rails
    (
        "change that can be turned round",
        change((RAILS, "", rails("  def change\n    add_column :items, :note, :text\n  end"))),
        P,
    ),
    (
        "up without down",
        change((RAILS, "", rails("  def up\n    add_column :items, :note, :text\n  end"))),
        F,
    ),
    (
        "down is empty",
        change(
            (
                RAILS,
                "",
                rails(
                    "  def up\n    add_column :a, :b, :text\n  end\n  def down\n    # later\n  end"
                ),
            )
        ),
        F,
    ),
    (
        "down raises in Rails",
        change(
            (
                RAILS,
                "",
                rails(
                    "  def up\n    drop_table :items\n  end\n"
                    "  def down\n    raise ActiveRecord::IrreversibleMigration\n  end"
                ),
            )
        ),
        F,
    ),
    (
        "execute in change",
        change((RAILS, "", rails('  def change\n    execute "SELECT 1"\n  end'))),
        F,
    ),
    (
        "execute in a comment",
        change(
            (
                RAILS,
                "",
                rails("  def change\n    # execute 'x'\n    add_column :a, :b, :text\n  end"),
            )
        ),
        P,
    ),
    (
        "execute in a string",
        change(
            (
                RAILS,
                "",
                rails('  def change\n    say "execute this"\n    add_column :a, :b, :text\n  end'),
            )
        ),
        P,
    ),
    (
        "execute on a connection",
        change((RAILS, "", rails('  def change\n    connection.execute "SELECT 1"\n  end'))),
        P,
    ),
    (
        "execute for one direction",
        change(
            (
                RAILS,
                "",
                rails(
                    "  def change\n    reversible do |dir|\n      dir.up { execute 'SELECT 1' }\n"
                    "      dir.down { execute 'SELECT 2' }\n    end\n  end"
                ),
            )
        ),
        P,
    ),
    (
        "remove_column without its type",
        change((RAILS, "", rails("  def change\n    remove_column :items, :note\n  end"))),
        F,
    ),
    (
        "remove_column with its type",
        change((RAILS, "", rails("  def change\n    remove_column :items, :note, :text\n  end"))),
        P,
    ),
    (
        "drop_table without a block",
        change((RAILS, "", rails("  def change\n    drop_table :items\n  end"))),
        F,
    ),
    (
        "drop_table with a block",
        change(
            (
                RAILS,
                "",
                rails(
                    "  def change\n    drop_table :items do |t|\n      t.text :note\n    end\n  end"
                ),
            )
        ),
        P,
    ),
    (
        "change_column in change",
        change(
            (RAILS, "", rails("  def change\n    change_column(:items, :note, :string)\n  end"))
        ),
        F,
    ),
    (
        "change asks for its direction",
        change(
            (RAILS, "", rails("  def change\n    remove_index :a, :b unless reverting?\n  end"))
        ),
        U,
    ),
    (
        "another class",
        change((RAILS, "", "class Execute < Base\n  def up\n    x\n  end\nend\n")),
        S,
    ),
    ("up alone, whatever stands in change", stuck('execute "SELECT 1" unless reverting?'), U),
    ("an index by its name", stuck("remove_index :items,\n      name: :by_note"), F),
    ("an index by its columns", stuck("remove_index :items, column: [:note], name: :by_note"), P),
    ("an index by its column", stuck("remove_index :items,\n      :note"), P),
    ("columns without their type", stuck("remove_columns :items, :note, :text"), F),
    ("columns with their type", stuck("remove_columns :items, :note, :text, type: :text"), P),
    ("columns with their type, as of old", stuck("remove_columns :items, :a, :type => :text"), P),
    ("columns, as they are handed on", stuck("remove_columns :items, :a, **options"), P),
    ("an index, as it is handed on", stuck("remove_index(*index)"), P),
    ("a column with options, as of old", stuck("remove_column :items, :a, :null => true"), F),
    ("a column, if it is there", stuck("remove_column :items, :note, if_exists: true"), F),
    ("a key by its column", stuck("remove_foreign_key :items, column: :user_id"), F),
    ("a key by its table", stuck("remove_foreign_key :items, to_table: :users"), P),
    ("a check by its name", stuck("remove_check_constraint :items, name: :positive"), F),
    ("a column out of a table", stuck("change_table(:items) { |t| t.remove :note }"), F),
    ("a column of a table, changed", stuck("change_table(:items) { |t| t.change :a, :text }"), F),
    ("an index of a table", stuck("change_table(:items) { |t| t.remove_index :note }"), P),
    ("not Ruby", change((RAILS, "", rails("  def change\n    add_column :a"))), U),
    # ── SQL
    ("pop, of one database, undone on all", pop("down"), P),
    ("pop, of one database, undone on another", pop("sqlite3.down"), F),
    ("Flyway without undo", change((FLYWAY, "", CREATE)), F),
    ("Flyway, no ; after a session's", change((FLYWAY, "", f"SET ANSI_NULLS ON\n{CREATE}")), F),
    (
        "Flyway with undo",
        change((FLYWAY, "", CREATE), ("db/migrations/U2__back.sql", "", "DROP TABLE note;")),
        P,
    ),
    (
        "Flyway, undo of another version",
        change((FLYWAY, "", CREATE), ("db/migrations/U3__back.sql", "", "DROP TABLE note;")),
        F,
    ),
    ("Flyway without undo, and the section", change((FLYWAY, "", CREATE), body=FILLED), P),
    (
        "Flyway without undo, the section is empty",
        change((FLYWAY, "", CREATE), body="## Rollback\n<!-- how to go back -->\n"),
        F,
    ),
    (
        "Flyway without undo, the description is not known",
        change((FLYWAY, "", CREATE), body=UNREAD),
        U,
    ),
    (
        "Flyway repeatable",
        change(("db/migrations/R__views.sql", "", "CREATE VIEW v AS SELECT 1;")),
        P,
    ),
    (
        "two files",
        change(("db/1_a.up.sql", "", CREATE), ("db/1_a.down.sql", "", "DROP TABLE note;")),
        P,
    ),
    (
        "two files, the second says nothing",
        change(("db/1_a.up.sql", "", CREATE), ("db/1_a.down.sql", "", "-- DROP TABLE note;\n")),
        F,
    ),
    (
        "goose",
        change(("db/1_a.sql", "", f"-- +goose Up\n{CREATE}-- +goose Down\nDROP TABLE note;\n")),
        P,
    ),
    (
        "goose without down",
        change(("db/1_a.sql", "", f"-- +goose Up\n{CREATE}-- +goose Down\n")),
        F,
    ),
    (
        "dbmate",
        change(
            (
                "db/1_a.sql",
                "",
                f"-- migrate:up transaction:false\n{CREATE}-- migrate:down\nDROP TABLE note;\n",
            )
        ),
        P,
    ),
    ("a numbered file", change(("db/0042_refunds.sql", "", CREATE)), F),
    ("a numbered file that only comments", change(("db/0042_refunds.sql", "", "-- nothing\n")), S),
    ("SQL that no tool runs", change(("db/seed.sql", "", CREATE)), S),
    ("Prisma", change(("db/migrations/20260101_note/migration.sql", "", CREATE)), F),
    (
        "Prisma, and the section",
        change(("db/migrations/20260101_note/migration.sql", "", CREATE), body=FILLED),
        P,
    ),
    (
        "Liquibase without a rollback",
        change(("db/changes.sql", "", f"--liquibase formatted sql\n--changeset ana:1\n{CREATE}")),
        U,
    ),
    ("a string that never ends", change((FLYWAY, "", "INSERT INTO a VALUES ('x);\n")), U),
    (
        "another tool",
        change(
            ("db/migrations/1-note.ts", "", "export class Note implements MigrationInterface {}\n")
        ),
        U,
    ),
    # ── near misses
    ("nothing of the kind", change(("app/models.py", "", "x = 1\n")), S),
    ("removed", change((ALEMBIC, revision(ADD, "pass"), "")), S),
    (
        "already so at the base",
        change((ALEMBIC, revision(ADD, "pass"), revision(ADD, "pass  # x"))),
        P,
    ),
    ("emptied now", change((ALEMBIC, GOOD, revision(ADD, "pass"))), F),
    (
        "moved from another file",
        change(
            ("app/versions/old.py", revision(ADD, "pass"), ""), (ALEMBIC, "", revision(ADD, "pass"))
        ),
        P,
    ),
    (
        "renamed",
        change(
            (ALEMBIC, revision(ADD, "pass"), revision(ADD, "pass")),
            renamed={ALEMBIC: "app/versions/x.py"},
        ),
        P,
    ),
    ("generated", change(("app/versions/b2.gen.py", "", revision(ADD, "pass"))), S),
    ("line ends of another system", change((ALEMBIC, "", GOOD.replace("\n", "\r\n"))), P),
    ("not Python", change((ALEMBIC, "", "def upgrade(:\n")), U),
    ("over the limit", change((ALEMBIC, "", GOOD + "#" * 200_000)), U),
    (
        "a helper beside the migrations",
        change(("app/versions/env.py", "", "def upgrade(): f()\n")),
        S,
    ),
    ("files not known", pull(changes=UNREAD), U),
]


@pytest.mark.parametrize(("why", "facts", "outcome"), CASES, ids=[one[0] for one in CASES])
def test_a_migration_is_reversible_where_its_way_down_says_so(
    why: str, facts: Facts, outcome: Outcome
) -> None:
    assert judged(RULE.id, facts, migrations=AREA, generated=GENERATED) is outcome


def verdict(facts: Facts) -> tuple[str, list[tuple[str, str | None, int | None]]]:
    made = RULE.prove(facts, Options(migrations=AREA))
    shown = made.evidence + made.advice
    return made.summary, [(one.kind.id, one.file, one.line) for one in shown]


def test_it_says_what_is_wrong_where_and_how_to_mend_it() -> None:
    facts = change((ALEMBIC, "", revision(ADD, "op.drop_constraint(None, 'item')")))

    assert verdict(facts) == (
        "b2_note.py: drop_constraint(None): Alembic needs the name: write it",
        [("unnamed-constraint-dropped", ALEMBIC, 9)],
    )


def test_what_a_way_down_loses_is_only_mentioned() -> None:
    lossy = revision('op.drop_table("old")', 'op.create_table("old", sa.Column("id", sa.Integer))')

    assert verdict(change((ALEMBIC, "", lossy))) == (
        "1 migration(s) can be undone",
        [("lossy-downgrade", ALEMBIC, 9)],
    )


def test_a_type_that_postgres_keeps_is_only_mentioned() -> None:
    column = 'sa.Column("mood", postgresql.ENUM("ok", name="mood"))'
    text = revision(f'op.create_table("note", {column})', 'op.drop_table("note")')

    assert verdict(change((ALEMBIC, "", text)))[1] == [("type-left-behind", ALEMBIC, 7)]


def test_what_the_way_down_drops_of_others_is_only_mentioned() -> None:
    both = f"-- +goose Up\n{CREATE}-- +goose Down\nDROP TABLE note;\nDROP TABLE item;\n"

    assert verdict(change(("db/1_a.sql", "", both)))[1] == [
        ("drops-what-was-there", "db/1_a.sql", 5)
    ]


def test_the_description_is_not_asked_for_where_no_migration_is() -> None:
    assert needs(Options(migrations=AREA), change(("a.py", "", "x\n")).changes) == frozenset()
