"""A change of mapped columns comes with a migration.

Why it matters
    Code that expects a column which no migration adds fails at the first query after the release.
What it looks at
    Columns of mapped, concrete classes in changed files, base against head: SQLAlchemy, SQLModel,
    Django and Prisma. Relationships, comments, validators and names of indexes do not count.
How to satisfy it
    Add the migration to the same pull request, or let a person say that none is needed.
What it cannot see
    Columns that come from classes of other files, from other languages, or from code that makes
    classes; and whether the migration fits. It never fails, it asks.
Examples
    Ready: a new column and its migration. Not ready: the column alone.
"""

from dataclasses import dataclass

from bot.linking.columns import columns, differing
from bot.model.area import Area
from bot.model.facts import Change, ChangedFile, Changes, Facts
from bot.model.known import Unknown
from bot.model.migration import Migration
from bot.model.need import Need
from bot.model.reading import BOTH, HEAD_ONLY, MIGRATION, MODELS, Read
from bot.model.rule import Rule
from bot.model.verdict import (
    Evidence,
    Kind,
    Outcome,
    Says,
    Tier,
    Verdict,
    clip,
    passed,
    skipped,
    undecided,
)

SHOWN = 20

ALONE = Kind(
    id="column-without-migration",
    tier=Tier.LIKELY,
    says=Says.ABSENT,
    because="The column differs and no migration was added, which may be right.",
    withholds=True,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`data`: where mapped classes live. `migrations`: where migrations do."""

    data: Area = Area("data", ())
    migrations: Area = Area("migrations", ())
    generated: Area = Area("generated", ())


def needs(options: Options, changes: Changes) -> frozenset[Need]:
    return frozenset(
        {
            Read(reading=MODELS.id, area=options.data, sides=BOTH),
            Read(reading=MIGRATION.id, area=options.migrations, sides=HEAD_ONLY),
        }
    )


def prove(facts: Facts, options: Options) -> Verdict:
    if isinstance(facts.changes, Unknown):
        return undecided(facts.changes)
    files = tuple(one for one in facts.changes if _is_model(one, options))
    if not files:
        return skipped("no file with mapped classes was changed")
    if _migrates(facts, facts.changes, options):
        return passed("a migration was added")
    before, after, unread = columns(facts, files)
    changed = [ALONE.at(*one) for one in differing(before, after)]
    clean = passed("no mapped column was added, removed or retyped")
    beyond = undecided(unread[0]) if unread else clean
    return _asked(changed, beyond) if changed else beyond


def _is_model(file: ChangedFile, options: Options) -> bool:
    away = options.migrations.has(file.path) or options.generated.has(file.path)
    return not away and any(options.data.has(path) for path in file.paths)


def _migrates(facts: Facts, files: tuple[ChangedFile, ...], options: Options) -> bool:
    """Whether a migration was added."""
    found = [
        facts.read(MIGRATION, one.path)
        for one in files
        if one.change is Change.ADDED
        and options.migrations.has(one.path)
        and not options.generated.has(one.path)
    ]
    return any(isinstance(one, Migration) and one.tool != "none" for one in found)


def _asked(changed: list[Evidence], beyond: Verdict) -> Verdict:
    more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
    return Verdict(
        outcome=Outcome.UNKNOWN,
        summary=clip(
            f"can't tell: {changed[0].note}{more} - no migration was added. "
            "Add it, or attest that none is needed"
        ),
        advice=tuple(changed[:SHOWN]),
        beyond=beyond,
    )


RULE = Rule(
    id="model-changes-have-migrations",
    title="Changed columns have a migration",
    word=None,
    items=frozenset({"migrations"}),
    watch=False,
    kinds=(ALONE,),
    version=1,
    options=Options,
    needs=needs,
    prove=prove,
)
