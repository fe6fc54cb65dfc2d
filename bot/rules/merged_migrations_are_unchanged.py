"""No migration that is merged already was changed.

Why it matters
    Databases that ran the old text never run the new one: from then on they differ from each other.
What it looks at
    Migrations that stand at the merge base and are edited, renamed or removed. Python and Ruby are
    compared by what runs, so comments, layout, hints and imports do not count; SQL is compared byte
    by byte, as the tools' checksums do. Flyway's repeatable files may change; a change of the way
    back alone, or of what no table sees, is only mentioned.
How to satisfy it
    Leave the merged file as it was and add a new migration.
What it cannot see
    Whether a database has run the file yet: on a branch that was never released an edit may be
    harmless, and a person can waive it.
Examples
    Ready: a second migration corrects the first. Not ready: the first one gets another column.
"""

from bot.linking.migrations import Gathered, MigrationOptions, Touched, gather
from bot.model.facts import Change, Changes, Facts
from bot.model.known import Unknown
from bot.model.migration import Migration
from bot.model.need import Need
from bot.model.reading import BOTH, MIGRATION, Read
from bot.model.rule import Rule
from bot.model.verdict import (
    Evidence,
    Kind,
    Says,
    Tier,
    Verdict,
    failed,
    passed,
    skipped,
    undecided,
)

SHOWN = 20

EDITED = Kind(
    id="merged-migration-edited",
    tier=Tier.SURE,
    says=Says.BROKEN,
    because="Both texts were read and what they do differs.",
)
RENAMED = Kind(
    id="merged-migration-renamed",
    tier=Tier.SURE,
    says=Says.BROKEN,
    because="The tool knows the file by what was changed of its name.",
)
REMOVED = Kind(
    id="merged-migration-removed",
    tier=Tier.SURE,
    says=Says.BROKEN,
    because="The file stands at the merge base and not at the head.",
)
SAME_EFFECT = Kind(
    id="merged-migration-touched",
    tier=Tier.LIKELY,
    says=Says.BROKEN,
    because="Only the way back, the session or what no table sees differs.",
)
SQUASHED = Kind(
    id="squashed-away",
    tier=Tier.LIKELY,
    says=Says.BROKEN,
    because="A squash that Django knows of stands for it.",
)
_BY_VERSION = frozenset({"rails", "golang-migrate", "goose", "dbmate", "alembic"})


def needs(options: MigrationOptions, changes: Changes) -> frozenset[Need]:
    return frozenset({Read(reading=MIGRATION.id, area=options.migrations, sides=BOTH)})


def prove(facts: Facts, options: MigrationOptions) -> Verdict:
    gathered = gather(facts, options.migrations, options.generated)
    if isinstance(gathered, Unknown):
        return undecided(gathered)
    found = [one for touched in gathered.migrations for one in _judged(touched, gathered)]
    sure = [one for one in found if one.kind.tier is Tier.SURE]
    advice = tuple(one for one in found if one.kind.tier is not Tier.SURE)[:SHOWN]
    if gathered.unread:
        beyond = undecided(gathered.unread[0][1])
    elif not gathered.migrations:
        beyond = skipped("no migration was touched")
    else:
        beyond = passed("no merged migration was changed", advice=advice)
    if not sure:
        return beyond
    more = f" (and {len(sure) - 1} more)" if len(sure) > 1 else ""
    summary = f"{sure[0].note}: leave it and add a new migration{more}"
    return failed(summary, *sure[:SHOWN], advice=advice, beyond=beyond)


def _judged(touched: Touched, gathered: Gathered) -> list[Evidence]:
    base = touched.base
    if base is None or base.repeatable:
        return []
    path = touched.file.path
    if touched.head is None:
        return _gone(touched, base, gathered)
    old = touched.file.previous_path
    if old is not None and _identity(base, old) != _identity(touched.head, path):
        note = f"{_name(old)} was merged and is now {_name(path)}"
        return [RENAMED.at(note[:200], path)]
    if base.digest == touched.head.digest:
        return []
    kind = _edit(base, touched.head, gathered)
    what = "what it runs is edited" if kind is EDITED else "is touched, what tables see of it stays"
    return [kind.at(f"{_name(path)} was merged and {what}"[:200], path, _line(touched))]


def _gone(touched: Touched, base: Migration, gathered: Gathered) -> list[Evidence]:
    path = touched.file.previous_path or touched.file.path
    moved = any(
        one.head is not None
        and one.file.change is Change.ADDED
        and one.head.digest == base.digest
        and _identity(one.head, one.file.path) == _identity(base, path)
        for one in gathered.migrations
    )
    if moved:
        return []
    kind = SQUASHED if f"{base.group}:{base.revision}" in _squashed(gathered) else REMOVED
    return [kind.at(f"{_name(path)} was merged and is gone", path)]


def _edit(base: Migration, head: Migration, gathered: Gathered) -> Kind:
    if head.down or base.up_digest != head.up_digest:
        return SAME_EFFECT if head.down else EDITED
    if (base.parents, base.replaces) == (head.parents, head.replaces):
        return SAME_EFFECT
    return SQUASHED if _squashed(gathered) else EDITED


def _squashed(gathered: Gathered) -> frozenset[str]:
    """What a squash of this change stands for, or stood for at the base."""
    return frozenset(
        replaced
        for touched in gathered.migrations
        for side in (touched.base, touched.head)
        if side is not None
        for replaced in side.replaces
    )


def _identity(migration: Migration, path: str) -> tuple[str, ...]:
    """By what the tool knows the file again."""
    folder, _, name = path.rpartition("/")
    if migration.tool in _BY_VERSION and migration.revision:
        return (migration.tool, migration.revision)
    if migration.tool == "django":
        return (migration.tool, migration.group, migration.revision)
    return (migration.tool, folder.rpartition("/")[2] if name == "migration.sql" else name)


def _name(path: str) -> str:
    parts = path.split("/")
    return "/".join(parts[-2:] if parts[-1] == "migration.sql" else parts[-1:])


def _line(touched: Touched) -> int | None:
    added = touched.file.added
    return added[0].number if not isinstance(added, Unknown) and added else None


RULE = Rule(
    id="merged-migrations-are-unchanged",
    title="Merged migrations stay as they are",
    word=None,
    items=frozenset({"migrations"}),
    watch=False,
    kinds=(EDITED, RENAMED, REMOVED, SAME_EFFECT, SQUASHED),
    version=1,
    options=MigrationOptions,
    needs=needs,
    prove=prove,
)
