"""After the merge the migrations still form one line.

Why it matters
    Two migrations that follow the same one stop the next deployment, and each branch is green.
What it looks at
    The migrations of the base branch as it is now, with this pull request's files laid over them:
    the ends of Alembic's line, of each Django app, and versions that Flyway, Rails, golang-migrate
    or goose would meet twice. Only a fork that this pull request makes counts.
How to satisfy it
    Take the base branch in and let the new migration follow the newest one there, or add a merge
    migration; give a doubled version a new number.
What it cannot see
    Branches that Alembic is told of elsewhere than by `branch_labels`, and lines whose files are
    spread over folders that nothing here leads to.
Examples
    Ready: the new revision follows the newest on the base branch.
    Not ready: two revisions with the same `down_revision`, one of them merged yesterday.
"""

from bot.linking.line import Fork, Line, folder, line_of
from bot.linking.migrations import MigrationOptions
from bot.model.area import Area
from bot.model.facts import Change, ChangedFile, Changes, Facts
from bot.model.known import Known, Unknown
from bot.model.migration import Migration
from bot.model.need import Need
from bot.model.reading import HEAD_ONLY, MIGRATION, TIP_ONLY, Read, Side
from bot.model.rule import Rule
from bot.model.verdict import (
    Evidence,
    Kind,
    Says,
    Tier,
    Verdict,
    clip,
    failed,
    passed,
    skipped,
    undecided,
)

TWO_HEADS = Kind(
    id="two-heads",
    tier=Tier.SURE,
    says=Says.BROKEN,
    because="Alembic and Django refuse to go on from two ends of one line.",
)
TWINS = Kind(
    id="version-doubled",
    tier=Tier.SURE,
    says=Says.BROKEN,
    because="The tool documents that it stops at two migrations of one version.",
)
LATE = Kind(
    id="version-behind",
    tier=Tier.LIKELY,
    says=Says.BROKEN,
    because="Where the newer one ran already, some tools leave the older one out or stop.",
)
# What stands in a line; other files beside them need not be read.
_ENDINGS = (".py", ".rb", ".sql")


def needs(options: MigrationOptions, changes: Changes) -> frozenset[Need]:
    if isinstance(changes, Unknown):
        return frozenset()
    files = [one for one in changes if _counts(one, options)]
    if not files:
        return frozenset()
    return frozenset(
        {
            Read(reading=MIGRATION.id, area=options.migrations, sides=HEAD_ONLY),
            Read(reading=MIGRATION.id, area=_around(files), sides=TIP_ONLY),
        }
    )


def prove(facts: Facts, options: MigrationOptions) -> Verdict:
    if isinstance(facts.changes, Unknown):
        return undecided(facts.changes)
    files = [one for one in facts.changes if _counts(one, options)]
    heads = {one.path: facts.read(MIGRATION, one.path) for one in files if not _is_gone(one)}
    unread = [one for one in heads.values() if isinstance(one, Unknown)]
    if not unread and all(_is_none(one) for one in heads.values()):
        return skipped("no migration was added or changed")
    tip = facts.read_all(MIGRATION, _around(files), Side.TIP)
    if isinstance(tip, Unknown):
        why = f"can't tell: the migrations of {facts.base_ref} as they are now - {tip.reason}"
        return undecided(Unknown(clip(why)))
    if unread:
        return undecided(unread[0])
    gone = {path for one in files for path in one.paths}
    known = _real(tip)
    merged = {path: one for path, one in known.items() if path not in gone} | _real(heads)
    dark = {path: one for path, one in tip.items() if isinstance(one, Unknown) and path not in gone}
    line = line_of(known, merged, dark.keys())
    if line.hidden:
        return undecided(dark[line.hidden[0]])
    return _verdict(line, merged, facts)


def _verdict(line: Line, merged: dict[str, Migration], facts: Facts) -> Verdict:
    advice = tuple(
        LATE.at(f"its version is before {_name(newest)}, which is merged already", path)
        for path, newest in line.late
    )
    found = [_evidence(TWO_HEADS, fork, merged, "both end the line") for fork in line.forks]
    found += [_evidence(TWINS, fork, merged, "both have one version") for fork in line.twins]
    beyond = passed("the migrations form one line", advice=advice)
    if line.lost:
        beyond = undecided(
            Unknown(
                f"can't tell: where {_name(line.lost[0])} stands - what it follows is not on "
                f"{facts.base_ref}. Take the base branch in"
            )
        )
    if not found:
        return beyond
    first = found[0]
    mend = "follow the newest one" if first.kind is TWO_HEADS else "give it a new version"
    return failed(f"{first.note}: {mend}", *found, advice=advice, beyond=beyond)


def _evidence(kind: Kind, fork: Fork, merged: dict[str, Migration], what: str) -> Evidence:
    new, other = fork.new[0], (fork.others or fork.new[1:])[0]
    note = f"{_name(new)} and {_name(other)} {what}"
    return kind.at(note[:200], new, merged[new].up_line)


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _counts(file: ChangedFile, options: MigrationOptions) -> bool:
    inside = any(options.migrations.has(path) for path in file.paths)
    return inside and not options.generated.has(file.path)


def _is_gone(file: ChangedFile) -> bool:
    return file.change is Change.REMOVED


def _is_none(found: Known[Migration]) -> bool:
    return isinstance(found, Migration) and found.tool == "none"


def _real(found: dict[str, Known[Migration]]) -> dict[str, Migration]:
    return {
        path: one
        for path, one in found.items()
        if isinstance(one, Migration) and one.tool != "none"
    }


def _around(files: list[ChangedFile]) -> Area:
    """The files beside those changed: a line never needs the whole repository."""
    paths = [path for one in files for path in one.paths if path.endswith(_ENDINGS)]
    folders = sorted({folder(path) for path in paths})
    return Area("beside them", tuple(f"{_literal(one)}/*" if one else "*" for one in folders))


def _literal(path: str) -> str:
    """The path as a glob; what has a meaning there matches as any character."""
    plain = "".join("?" if char in "*[]{}\\" else char for char in path)
    return "?" + plain[1:] if plain.startswith("!") else plain


RULE = Rule(
    id="migrations-have-one-head",
    title="Migrations form one line",
    word=None,
    items=frozenset({"migrations"}),
    watch=False,
    kinds=(TWO_HEADS, TWINS, LATE),
    version=1,
    options=MigrationOptions,
    needs=needs,
    prove=prove,
)
