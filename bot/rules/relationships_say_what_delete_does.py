"""Every added foreign key says what happens when its other end is deleted.

Why it matters       What nobody chose is found out by the first who deletes: errors, or orphans.
What it looks at     Foreign keys of columns that migrations of this change add: Alembic, SQL files,
                     Prisma, Rails. Where an added line of other files says `cascade`, `ondelete`
                     or `dependent:`, the models say it. Django demands it by itself.
How to satisfy it    Say it in the migration: refuse, delete along, or leave empty.
What it cannot see   What models said before, and whether refusing, which is what databases do by
                     themselves, was chosen: it is a hint.
Examples             Ready: `sa.ForeignKey("user.id", ondelete="CASCADE")`. Not ready:
                     `sa.ForeignKey("user.id")`.
"""

import re

from bot.linking.migrations import MigrationOptions, gather, judged, migration_needs, new_references
from bot.linking.news import answer
from bot.model.facts import Facts
from bot.model.known import Unknown
from bot.model.rule import Rule
from bot.model.verdict import Kind, Says, Tier, Verdict, undecided

SILENT = Kind(
    id="delete-not-said",
    tier=Tier.HINT,
    says=Says.ABSENT,
    because="What databases do by themselves may be what is wanted.",
)
_SAYS = re.compile(r"(?i)\bcascade|on_?delete\b|\bdependent:|passive_deletes")


def prove(facts: Facts, options: MigrationOptions) -> Verdict:
    gathered = gather(facts, options.migrations, options.generated)
    if isinstance(gathered, Unknown):
        return undecided(gathered)
    shown = [
        SILENT.at(
            f"{table}.{key.column}: delete is not thought of"[:200], touched.file.path, key.line
        )
        for touched, table, key, _ in new_references(gathered)
        if not key.says and touched.head and touched.head.tool != "django"
    ]
    if _said_elsewhere(facts, options):
        shown = []
    what = "{n} added foreign key(s) do not say what delete does"
    return answer(judged(gathered), shown, "every added foreign key says what delete does", what)


def _said_elsewhere(facts: Facts, options: MigrationOptions) -> bool:
    files = () if isinstance(facts.changes, Unknown) else facts.changes
    others = [one.added for one in files if not options.migrations.has(one.path)]
    known = [one for one in others if not isinstance(one, Unknown)]
    return any(_SAYS.search(line.text) for lines in known for line in lines)


RULE = Rule(
    id="relationships-say-what-delete-does",
    title="Relationships say what delete does",
    watch=True,
    kinds=(SILENT,),
    options=MigrationOptions,
    needs=migration_needs,
    prove=prove,
    guide="data-modelling",
)
