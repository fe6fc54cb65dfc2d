"""A table of what the rule on one head says of the base branch with a pull request on top."""

from __future__ import annotations

from typing import Any

import pytest

from bot.linking.migrations import MigrationOptions as Options
from bot.model.area import Area
from bot.model.facts import Facts
from bot.model.known import Unknown
from bot.model.verdict import Outcome
from bot.rules.migrations_have_one_head import RULE, needs
from tests.support.pulls import pull
from tests.support.sources import written

AREA = Area("migrations", ("**/migrations/**", "**/versions/**", "db/**"))
P, F, S, U = Outcome.PASS, Outcome.FAIL, Outcome.SKIP, Outcome.UNKNOWN


def judged(rule: str, facts: Facts, **options: Any) -> Outcome:
    assert rule == RULE.id
    return RULE.prove(facts, Options(**options)).outcome


def change(tip: dict[str, str] | None, *files: tuple[str, str, str], renamed: Any = None) -> Facts:
    everywhere = {path: (before, after) for path, before, after in files}
    rows = written(frozenset(), everywhere, renamed=renamed).changes
    return written(needs(Options(migrations=AREA), rows), everywhere, tip=tip, renamed=renamed)


def revision(
    name: str, *parents: str, more: str = "", body: str = "op.execute('DROP TABLE x')"
) -> str:
    down = repr(parents[0]) if len(parents) == 1 else repr(parents) if parents else "None"
    return (
        f"from alembic import op\nrevision = '{name}'\ndown_revision = {down}\n{more}\n"
        f"def upgrade():\n    {body}\n\ndef downgrade():\n    {body}\n"
    )


def django(*parents: str, more: str = "", app: str = "shop") -> str:
    pairs = ", ".join(f"('{app}', '{one}')" for one in parents)
    return (
        "from django.db import migrations\nclass Migration(migrations.Migration):\n"
        f"    {more}\n    dependencies = [('auth', '0001_initial'), {pairs}]\n"
        "    operations = [migrations.RunSQL('SELECT 1', '')]\n"
    )


def rails(name: str) -> str:
    return f"class {name} < ActiveRecord::Migration[7.1]\n  def change\n    x :a\n  end\nend\n"


V = "app/versions/"
LINE = {V + "a.py": revision("a"), V + "b.py": revision("b", "a")}
SHOP = "shop/migrations/"
APP = {SHOP + "0001_initial.py": django(), SHOP + "0002_a.py": django("0001_initial")}
FLY = "db/migration/"
BIG = "#" * 200_001
CASES = [
    ("follows the newest", change(LINE, (V + "c.py", "", revision("c", "b"))), P),
    (
        "pop, a file for each database",
        change(
            {},
            ("db/20260101_a.mysql.up.sql", "", "SELECT 1;\n"),
            ("db/20260101_a.postgres.autocommit.up.sql", "", "SELECT 1;\n"),
            ("db/20260101_a.up.sql", "", "SELECT 1;\n"),
        ),
        P,
    ),
    (
        "pop, two for one database",
        change(
            {"db/20260101_a.mysql.up.sql": "SELECT 1;\n"},
            ("db/20260101_b.mysql.up.sql", "", "SELECT 1;\n"),
        ),
        F,
    ),
    ("the first of all", change({}, (V + "a.py", "", revision("a"))), P),
    ("beside the newest", change(LINE, (V + "c.py", "", revision("c", "a"))), F),
    ("a second root", change(LINE, (V + "c.py", "", revision("c"))), F),
    (
        "two that follow the same",
        change(LINE, (V + "c.py", "", revision("c", "b")), (V + "d.py", "", revision("d", "b"))),
        F,
    ),
    (
        "two, one after the other",
        change(LINE, (V + "c.py", "", revision("c", "b")), (V + "d.py", "", revision("d", "c"))),
        P,
    ),
    (
        "another was merged meanwhile",
        change(LINE | {V + "x.py": revision("x", "b")}, (V + "c.py", "", revision("c", "b"))),
        F,
    ),
    (
        "a merge of two",
        change(
            LINE | {V + "x.py": revision("x", "a")},
            (V + "m.py", "", revision("m", "b", "x", body="pass")),
        ),
        P,
    ),
    (
        "two on the base already, follows one",
        change(LINE | {V + "x.py": revision("x", "a")}, (V + "c.py", "", revision("c", "b"))),
        P,
    ),
    (
        "a third end beside two",
        change(LINE | {V + "x.py": revision("x", "a")}, (V + "c.py", "", revision("c", "a"))),
        F,
    ),
    (
        "it follows two, one of them nowhere",
        change(LINE, (V + "m.py", "", revision("m", "b", "gone"))),
        U,
    ),
    ("a data file beside them", change(LINE, (V + "data.json", "", "{}\n")), S),
    (
        "a named branch",
        change(LINE, (V + "c.py", "", revision("c", more="branch_labels = 'z'"))),
        P,
    ),
    ("follows what is nowhere", change(LINE, (V + "c.py", "", revision("c", "gone"))), U),
    (
        "what it followed was squashed",
        change({V + "s.py": revision("s")}, (V + "c.py", "", revision("c", "b"))),
        U,
    ),
    (
        "the fork in a comment",
        change(LINE, (V + "c.py", "", revision("c", "b", more="# down_revision = 'a'"))),
        P,
    ),
    (
        "edited, its place stays",
        change(LINE, (V + "b.py", LINE[V + "b.py"], revision("b", "a", body="op.f('x')"))),
        P,
    ),
    (
        "moved to the end",
        change(
            LINE | {V + "x.py": revision("x", "a")},
            (V + "x.py", revision("x", "a"), revision("x", "b")),
        ),
        P,
    ),
    (
        "renamed",
        change(
            LINE, (V + "z.py", LINE[V + "b.py"], LINE[V + "b.py"]), renamed={V + "z.py": V + "b.py"}
        ),
        P,
    ),
    ("removed", change(LINE, (V + "b.py", LINE[V + "b.py"], "")), S),
    ("a helper", change(LINE, (V + "env.py", "", "x = 1\n")), S),
    (
        "a folder with a bracket",
        change({}, ("web/[id]/migrations/page.tsx", "", "export default 1\n")),
        S,
    ),
    ("another tool", change({}, ("db/1.ts", "", "class A implements MigrationInterface {}\n")), U),
    ("not Python", change(LINE, (V + "c.py", "", "def (\n")), U),
    ("the base branch is not known", change(None, (V + "c.py", "", revision("c", "b"))), U),
    (
        "an unread file that others follow",
        change(
            {V + "a.py": BIG, V + "b.py": revision("b", "a")}, (V + "c.py", "", revision("c", "b"))
        ),
        P,
    ),
    (
        "an unread file that may be an end",
        change({V + "a.py": revision("a"), V + "b.py": BIG}, (V + "c.py", "", revision("c", "a"))),
        U,
    ),
    ("nothing of the kind", change(LINE, ("app/a.py", "", "x = 1\n")), S),
    # ── Django
    ("Django follows", change(APP, (SHOP + "0003_b.py", "", django("0002_a"))), P),
    ("Django forks", change(APP, (SHOP + "0002_b.py", "", django("0001_initial"))), F),
    ("another app", change(APP, ("stock/migrations/0001_initial.py", "", django())), P),
    (
        "Django merges",
        change(
            APP | {SHOP + "0002_x.py": django("0001_initial")},
            (SHOP + "0003_m.py", "", django("0002_a", "0002_x")),
        ),
        P,
    ),
    (
        "an app by another label",
        change(
            {
                "x/migrations/0001_initial.py": django(),
                "x/migrations/0002_a.py": django("0001_initial"),
                "x/migrations/0003_b.py": django("0002_a"),
            },
            ("x/migrations/0003_c.py", "", django("0002_a")),
        ),
        F,
    ),
    (
        "an app whose label is open",
        change(
            {
                "x/migrations/0001_initial.py": django(),
                "x/migrations/0002_a.py": django("0001_initial"),
            },
            ("x/migrations/0002_b.py", "", django("0001_initial")),
        ),
        U,
    ),
    (
        "a squash of all",
        change(
            APP,
            (
                SHOP + "0001_squashed.py",
                "",
                django(more="replaces = [('shop', '0001_initial'), ('shop', '0002_a')]"),
            ),
        ),
        P,
    ),
    (
        "after a squash, by the old name",
        change(
            APP
            | {
                SHOP + "0001_squashed.py": django(
                    more="replaces = [('shop', '0001_initial'), ('shop', '0002_a')]"
                )
            },
            (SHOP + "0003_b.py", "", django("0002_a")),
        ),
        P,
    ),
    (
        "Django, an unread file that others follow",
        change(
            {SHOP + "0001_initial.py": BIG, SHOP + "0002_a.py": django("0001_initial")},
            (SHOP + "0003_b.py", "", django("0002_a")),
        ),
        P,
    ),
    # ── versions
    (
        "Flyway twice",
        change({FLY + "V1_2__a.sql": "SELECT 1;"}, (FLY + "V1.02__b.sql", "", "SELECT 2;")),
        F,
    ),
    (
        "Flyway next",
        change({FLY + "V1_2__a.sql": "SELECT 1;"}, (FLY + "V1.3__b.sql", "", "SELECT 2;")),
        P,
    ),
    (
        "Flyway, its undo",
        change({FLY + "V2__a.sql": "SELECT 1;"}, (FLY + "U2__a.sql", "", "SELECT 2;")),
        P,
    ),
    (
        "Flyway for another database",
        change({"db/pg/V2__a.sql": "SELECT 1;"}, ("db/my/V2__a.sql", "", "SELECT 2;")),
        P,
    ),
    (
        "Flyway late",
        change({FLY + "V7__a.sql": "SELECT 1;"}, (FLY + "V6__b.sql", "", "SELECT 2;")),
        P,
    ),
    (
        "golang-migrate twice",
        change({"db/0001_a.up.sql": "SELECT 1;"}, ("db/1_b.up.sql", "", "SELECT 2;")),
        F,
    ),
    (
        "Rails twice",
        change(
            {"db/migrate/20260101_a.rb": rails("A")}, ("db/migrate/20260101_b.rb", "", rails("B"))
        ),
        F,
    ),
    (
        "two files of one version",
        change(
            {},
            ("db/1_a.up.sql", "", "CREATE TABLE a (b int);"),
            ("db/1_a.down.sql", "", "DROP TABLE a;"),
        ),
        P,
    ),
    ("files not known", pull(changes=Unknown("not visible")), U),
]


@pytest.mark.parametrize(("why", "facts", "outcome"), CASES, ids=[one[0] for one in CASES])
def test_one_line_is_left_after_the_merge(why: str, facts: Facts, outcome: Outcome) -> None:
    assert judged(RULE.id, facts, migrations=AREA) is outcome


def test_a_fork_is_shown_at_the_new_file() -> None:
    verdict = RULE.prove(
        change(LINE, (V + "c.py", "", revision("c", "a"))), Options(migrations=AREA)
    )

    assert verdict.summary == "c.py and b.py both end the line: follow the newest one"
    assert [(one.kind.id, one.file, one.line) for one in verdict.evidence] == [
        ("two-heads", V + "c.py", 5)
    ]


def test_a_version_behind_the_newest_is_only_mentioned() -> None:
    late = change({FLY + "V7__a.sql": "SELECT 1;"}, (FLY + "V6__b.sql", "", "SELECT 2;"))

    verdict = RULE.prove(late, Options(migrations=AREA))

    assert [(one.kind.id, one.note) for one in verdict.advice] == [
        ("version-behind", "its version is before V7__a.sql, which is merged already")
    ]


def test_only_the_folders_of_the_change_are_read_at_the_tip() -> None:
    tip = LINE | {"other/versions/a.py": "x"}
    facts = change(tip, (V + "c.py", "", revision("c", "b")))

    assert {key for key in facts.readings if ":tip:" in key} == {
        f"migration:tip:{path}" for path in LINE
    }
