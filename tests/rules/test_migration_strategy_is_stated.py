"""A table of what the rule on the migration strategy says of real migrations."""

from __future__ import annotations

from typing import Any

import pytest

from bot.model.facts import Facts
from bot.model.verdict import Outcome
from bot.rules.migration_strategy_is_stated import RULE
from tests.support.migrations import ALEMBIC, GIVEN, RAILS, SQL, change, rails, revision
from tests.support.pulls import pull
from tests.support.signals import UNREAD, P, Row, S, U, shown, verdict_of

DROP = "ALTER TABLE item DROP COLUMN note;"
UNIQUE = "CREATE UNIQUE INDEX item_note_2 ON item (note);"
SAID = "## Migration strategy\nRelease 12 no longer reads the column.\n"


def sql(text: str, body: Any = "") -> Facts:
    return change((SQL, "", text), body=body)


MISSING = [f"migration-strategy-missing {SQL}:1"]
ROWS: list[Row] = [
    ("drops, no section", sql(DROP), P, MISSING),
    ("drops, an empty section", sql(DROP, "## Migration strategy\n\n## Next\nText.\n"), P, MISSING),
    ("drops, the template's words", sql(DROP, "## Migration strategy\nTBD\n"), P, MISSING),
    ("narrows", sql("ALTER TABLE item ALTER note SET NOT NULL;"), P, MISSING),
    (
        "renames",
        change((RAILS, "", rails("rename_column :items, :a, :b"))),
        P,
        [f"migration-strategy-missing {RAILS}:3"],
    ),
    (
        "fills",
        change((ALEMBIC, "", revision('op.execute("UPDATE item SET a = 1")'))),
        P,
        [f"migration-strategy-missing {ALEMBIC}:6"],
    ),
    ("drops, and says how", sql(DROP, SAID), P, []),
    ("adds", sql("ALTER TABLE item ADD COLUMN note text;"), P, []),
    ("adds an index", sql("CREATE INDEX i ON item (note);"), P, []),
    ("narrows its own table", sql("CREATE TABLE a (b int);\nALTER TABLE a DROP COLUMN b;"), P, []),
    ("drops on the way down", change((ALEMBIC, "", revision("op.create_table('x')"))), P, []),
    ("in place of another index", sql(f"DROP INDEX item_note;\n{UNIQUE}"), P, []),
    # Each is looked for in each name: of a hostile number of them in some alone.
    (
        "in place of one of very many",
        sql("".join(f"DROP INDEX a{at};\n" for at in range(1_000)) + f"DROP INDEX item_b;{UNIQUE}"),
        P,
        [f"migration-strategy-missing {SQL}:1001"],
    ),
    ("only in a comment", sql("-- " + DROP + "\nCREATE TABLE a (b int);"), P, []),
    ("already at base", change((SQL, DROP, DROP + "\n")), P, []),
    ("the section is not known", sql(DROP, UNREAD), U, []),
    ("what it does is not known", sql("DO $$ BEGIN END $$;"), U, []),
    ("not SQL", sql(DROP + "'"), U, []),
    ("no migration", change(("docs/a.sql", "", DROP)), S, []),
    ("removed", change((SQL, DROP, "")), S, []),
    ("nothing changed", pull(), S, []),
    ("files not known", pull(changes=UNREAD), U, []),
]


def judged(rule: str, facts: Facts, **options: Any) -> Outcome:
    assert rule == RULE.id
    return verdict_of(RULE, facts, **options).outcome


@pytest.mark.parametrize(("why", "facts", "outcome", "pieces"), ROWS)
def test_a_strategy_is_stated_or_not(
    why: str, facts: Facts, outcome: Outcome, pieces: list[str]
) -> None:
    assert judged(RULE.id, facts, **GIVEN) is outcome
    assert shown(verdict_of(RULE, facts, **GIVEN)) == pieces


def test_the_section_may_have_another_name() -> None:
    facts = sql(DROP, SAID.replace("Migration strategy", "Rollout"))

    assert shown(verdict_of(RULE, facts, **GIVEN, heading="Rollout")) == []


def test_the_words() -> None:
    verdict = verdict_of(RULE, sql(DROP), **GIVEN)

    note = "the description has no section Migration strategy"
    assert [one.note for one in verdict.advice] == [note]
    assert verdict.summary == f"{note}: say how the tables get there"
