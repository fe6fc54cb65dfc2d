"""A table of what the rule on merged migrations says of real source text."""

from __future__ import annotations

from typing import Any

import pytest

from bot.linking.migrations import MigrationOptions as Options
from bot.model.area import Area
from bot.model.facts import Facts
from bot.model.known import Unknown
from bot.model.verdict import Outcome
from bot.rules.merged_migrations_are_unchanged import RULE, needs
from tests.support.pulls import pull
from tests.support.sources import written

AREA = Area("migrations", ("**/migrations/**", "**/versions/**", "db/**"))
GENERATED = Area("generated", ("**/*.gen.py",))
P, F, S, U = Outcome.PASS, Outcome.FAIL, Outcome.SKIP, Outcome.UNKNOWN


def judged(rule: str, facts: Facts, **options: Any) -> Outcome:
    assert rule == RULE.id
    return RULE.prove(facts, Options(**options)).outcome


def change(*files: tuple[str, str, str], renamed: Any = None) -> Facts:
    everywhere = {path: (before, after) for path, before, after in files}
    wanted = needs(Options(migrations=AREA), ())
    return written(wanted, everywhere, renamed=renamed)


ALEMBIC, OTHER = "app/versions/b2_note.py", "app/versions/b2_notes.py"
TEXT = '''"""Add a note."""
from alembic import op
import sqlalchemy as sa
revision = "b2"
down_revision = "a1"
def upgrade():
    # a note
    op.add_column("item", sa.Column("note", sa.Text()))
def downgrade():
    op.drop_column("item", "note")
'''
DJANGO = """from django.db import migrations, models
class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.AddField("item", "note", models.TextField(null=True))]
"""
SQUASH = DJANGO.replace("    operations", '    replaces = [("shop", "0002_note")]\n    operations')
SHOP = "shop/migrations/0002_note.py"
RUBY = """class Add < ActiveRecord::Migration[7.1]
  def change
    add_column :items, :note, :text, :null => false
  end
end
"""
RAILS = "db/migrate/20260101_add.rb"
SQL = "CREATE TABLE note (id int);\n"
CASES = [
    ("added", change((ALEMBIC, "", TEXT)), P),
    ("edited", change((ALEMBIC, TEXT, TEXT.replace("Text()", "String(9)"))), F),
    ("its parent is another", change((ALEMBIC, TEXT, TEXT.replace('"a1"', '"a0"'))), F),
    ("comments only", change((ALEMBIC, TEXT, TEXT.replace("# a note", "# the note"))), P),
    ("docstring only", change((ALEMBIC, TEXT, TEXT.replace("Add a note", "Adds it"))), P),
    (
        "laid out anew",
        change((ALEMBIC, TEXT, TEXT.replace('"item", sa', '"item",\n        sa'))),
        P,
    ),
    ("hints only", change((ALEMBIC, TEXT, TEXT.replace("upgrade():", "upgrade() -> None:"))), P),
    (
        "imports sorted",
        change(
            (
                ALEMBIC,
                TEXT,
                TEXT.replace(
                    "from alembic import op\nimport sqlalchemy as sa",
                    "import sqlalchemy as sa\nfrom alembic import op",
                ),
            )
        ),
        P,
    ),
    (
        "the way down only",
        change((ALEMBIC, TEXT, TEXT.replace('"item", "note"', '"items", "x"'))),
        P,
    ),
    (
        "a timeout only",
        change(
            (ALEMBIC, TEXT, TEXT.replace("    # a note", "    op.execute('SET lock_timeout = 5')"))
        ),
        P,
    ),
    (
        "one more operation",
        change((ALEMBIC, TEXT, TEXT.replace("    # a note", "    op.drop_table('x')"))),
        F,
    ),
    (
        "a default on the server",
        change((ALEMBIC, TEXT, TEXT.replace("sa.Text()", "sa.Text(), server_default='x'"))),
        F,
    ),
    (
        "a helper that it calls",
        change(
            (
                ALEMBIC,
                TEXT.replace("# a note", "go()") + "def go(): a()\n",
                TEXT.replace("# a note", "go()") + "def go(): b()\n",
            )
        ),
        F,
    ),
    ("its revision", change((ALEMBIC, TEXT, TEXT.replace('"b2"', '"b3"'))), F),
    ("a migration no more", change((ALEMBIC, TEXT, "x = 1\n")), F),
    (
        "a comment in a string",
        change((ALEMBIC, TEXT, TEXT.replace('"note", sa', '"# note", sa'))),
        F,
    ),
    ("removed", change((ALEMBIC, TEXT, "")), F),
    (
        "renamed, Alembic knows it by its revision",
        change((OTHER, TEXT, TEXT), renamed={OTHER: ALEMBIC}),
        P,
    ),
    (
        "renamed with another revision",
        change((OTHER, TEXT, TEXT.replace('"b2"', '"b3"')), renamed={OTHER: ALEMBIC}),
        F,
    ),
    ("moved as two files", change((ALEMBIC, TEXT, ""), (OTHER, "", TEXT)), P),
    ("a helper", change(("app/versions/env.py", "x = 1\n", "x = 2\n")), S),
    ("generated", change(("app/versions/b.gen.py", TEXT, "")), S),
    ("not Python any more", change((ALEMBIC, TEXT, "def (\n")), U),
    ("over the limit", change((ALEMBIC, TEXT, TEXT + "#" * 200_000)), U),
    ("nothing of the kind", change(("app/a.py", "x = 1\n", "x = 2\n")), S),
    # ── Django
    ("Django edited", change((SHOP, DJANGO, DJANGO.replace("null=True", "default=''"))), F),
    (
        "Django, words that no table sees",
        change((SHOP, DJANGO, DJANGO.replace("null=True", "help_text='x', null=True"))),
        P,
    ),
    (
        "Django, its way back",
        change(
            (
                SHOP,
                DJANGO.replace("[migrations", "[migrations.RunPython(f), migrations"),
                DJANGO.replace("[migrations", "[migrations.RunPython(f, b), migrations"),
            )
        ),
        P,
    ),
    (
        "Django renamed",
        change(
            ("shop/migrations/0002_x.py", DJANGO, DJANGO),
            renamed={"shop/migrations/0002_x.py": SHOP},
        ),
        F,
    ),
    (
        "its app moved",
        change(
            ("src/shop/migrations/0002_note.py", DJANGO, DJANGO),
            renamed={"src/shop/migrations/0002_note.py": SHOP},
        ),
        P,
    ),
    (
        "squashed away",
        change((SHOP, DJANGO, ""), ("shop/migrations/0001_squash.py", "", SQUASH)),
        P,
    ),
    (
        "removed beside a squash of others",
        change(
            (SHOP, DJANGO, ""),
            ("shop/migrations/0001_squash.py", "", SQUASH.replace("0002_note", "0009_x")),
        ),
        F,
    ),
    ("its dependencies alone", change((SHOP, DJANGO, DJANGO.replace("0001_initial", "0001_x"))), F),
    (
        "its dependencies beside a squash",
        change(
            (SHOP, DJANGO, DJANGO.replace("0001_initial", "0001_squash")),
            ("shop/migrations/0001_squash.py", SQUASH, DJANGO),
        ),
        P,
    ),
    # ── Rails, SQL
    ("Ruby in another spelling", change((RAILS, RUBY, RUBY.replace(":null =>", "null:"))), P),
    ("Ruby comments", change((RAILS, RUBY, "# by ana\n" + RUBY)), P),
    ("Ruby edited", change((RAILS, RUBY, RUBY.replace(":text", ":string"))), F),
    (
        "Ruby in a string",
        change((RAILS, RUBY.replace(":text", "'# a'"), RUBY.replace(":text", "'# b'"))),
        F,
    ),
    (
        "Rails renamed",
        change(
            ("db/migrate/20260102_add.rb", RUBY, RUBY),
            renamed={"db/migrate/20260102_add.rb": RAILS},
        ),
        F,
    ),
    ("Rails removed", change((RAILS, RUBY, "")), F),
    (
        "Rails, another name of the same version",
        change(
            ("db/migrate/20260101_more.rb", RUBY, RUBY),
            renamed={"db/migrate/20260101_more.rb": RAILS},
        ),
        P,
    ),
    ("Prisma edited", change(("db/2_a/migration.sql", SQL, SQL + "SELECT 1;\n")), F),
    (
        "Prisma, its folder renamed",
        change(
            ("db/3_a/migration.sql", SQL, SQL),
            renamed={"db/3_a/migration.sql": "db/2_a/migration.sql"},
        ),
        F,
    ),
    ("goose edited", change(("db/1_a.sql", f"-- +goose Up\n{SQL}", f"-- +goose Up\n\n{SQL}")), F),
    ("SQL, one comment", change(("db/1_a.sql", SQL, SQL + "-- x\n")), F),
    (
        "SQL, its way down",
        change(("db/1_a.down.sql", "DROP TABLE a;\n", "DROP TABLE IF EXISTS a;\n")),
        P,
    ),
    ("Flyway repeatable", change(("db/R__views.sql", "SELECT 1;\n", "SELECT 2;\n")), P),
    (
        "Flyway renamed",
        change(("db/V2__b.sql", SQL, SQL), renamed={"db/V2__b.sql": "db/V2__a.sql"}),
        F,
    ),
    (
        "Flyway moved",
        change(("db/x/V2__a.sql", SQL, SQL), renamed={"db/x/V2__a.sql": "db/V2__a.sql"}),
        P,
    ),
    ("files not known", pull(changes=Unknown("not visible")), U),
]


@pytest.mark.parametrize(("why", "facts", "outcome"), CASES, ids=[one[0] for one in CASES])
def test_a_merged_migration_stays_as_it_is(why: str, facts: Facts, outcome: Outcome) -> None:
    assert judged(RULE.id, facts, migrations=AREA, generated=GENERATED) is outcome


def words(facts: Facts) -> list[tuple[str, str, int | None]]:
    made = RULE.prove(facts, Options(migrations=AREA))
    return [(one.kind.id, one.note, one.line) for one in made.evidence + made.advice]


def test_an_edit_is_shown_at_its_first_line() -> None:
    assert words(change((ALEMBIC, TEXT, TEXT.replace("Text()", "String(9)")))) == [
        ("merged-migration-edited", "b2_note.py was merged and what it runs is edited", 8)
    ]


def test_what_is_gone_and_what_has_another_name_is_said_apart() -> None:
    gone = change((ALEMBIC, TEXT, ""))
    renamed = change(("db/V2__b.sql", SQL, SQL), renamed={"db/V2__b.sql": "db/V2__a.sql"})

    assert words(gone) == [("merged-migration-removed", "b2_note.py was merged and is gone", None)]
    assert words(renamed) == [
        ("merged-migration-renamed", "V2__a.sql was merged and is now V2__b.sql", None)
    ]


def test_a_change_of_the_way_down_alone_is_only_mentioned() -> None:
    assert words(change((ALEMBIC, TEXT, TEXT.replace('"item", "note"', '"items", "x"')))) == [
        (
            "merged-migration-touched",
            "b2_note.py was merged and is touched, what tables see of it stays",
            10,
        )
    ]
