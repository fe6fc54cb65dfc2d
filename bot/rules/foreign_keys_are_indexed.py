"""Every added foreign key has an index that begins with its column.

Why it matters
    Most databases index only the other end. Each delete there, and each question from this end,
    then reads the whole table.
What it looks at
    Foreign keys of columns that migrations of this change add: Alembic, SQL files, Prisma and
    Rails, whose references have an index unless they say otherwise. An index, a key or a unique
    pair that begins with the column, anywhere in the change, is enough. Django makes the index by
    itself, MySQL too: files that name it are left out.
How to satisfy it
    Add the index in the same migration.
What it cannot see
    Which database runs a migration that does not say so, indexes that other tools make, and how
    large the table will be.
Examples
    Ready: a new column with a foreign key, and `op.create_index` on it. Not ready: the key alone.
"""

from bot.linking.migrations import MigrationOptions, answer, gather, migration_needs, new_references
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
    return answer(gathered, shown, "no added foreign key lacks an index", what)


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
