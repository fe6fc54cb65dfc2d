"""Every added foreign key has an index that begins with its column.

Why it matters       Most databases index only the other end: each delete there reads this table.
What it looks at     Foreign keys of columns that migrations of this change add: Alembic, SQL files,
                     Prisma, Rails. An index, key or unique pair that begins with the column,
                     anywhere in the change, is enough. Django and MySQL make it by themselves.
How to satisfy it    Add the index in the same migration.
What it cannot see   Which database runs a migration that does not say so, indexes that other tools
                     make, and how large the table will be.
Examples             Ready: a foreign key, and `op.create_index` on it. Not ready: the key alone.
"""

from bot.linking.migrations import MigrationOptions, gather, judged, migration_needs, new_references
from bot.linking.news import answer
from bot.model.facts import Facts
from bot.model.known import Unknown
from bot.model.rule import Rule
from bot.model.verdict import Kind, Says, Tier, Verdict, undecided

BARE = Kind(
    id="foreign-key-without-index",
    tier=Tier.LIKELY,
    says=Says.ABSENT,
    because="Postgres and SQLite index only the other end, but a small table needs none.",
)


def prove(facts: Facts, options: MigrationOptions) -> Verdict:
    gathered = gather(facts, options.migrations, options.generated)
    if isinstance(gathered, Unknown):
        return undecided(gathered)
    shown = [
        BARE.at(f"{table}.{key.column} has no index"[:200], touched.file.path, key.line)
        for touched, table, key, indexed in new_references(gathered)
        if key.column and not indexed and not (touched.head and touched.head.indexing)
    ]
    opaque = [(one.name, one.head.opaque) for one in gathered.forward if one.head]
    for name, lines in opaque if shown else ():
        if lines:
            return undecided(Unknown(f"can't tell: whether {name}:{lines[0]} makes the index"))
    what = "{n} added foreign key(s) have no index: add it"
    return answer(judged(gathered), shown, "no added foreign key lacks an index", what)


RULE = Rule(
    id="foreign-keys-are-indexed",
    title="Foreign keys are indexed",
    watch=True,
    kinds=(BARE,),
    options=MigrationOptions,
    needs=migration_needs,
    prove=prove,
    guide="data-modelling",
)
