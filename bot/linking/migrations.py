"""The migrations of a change seen together, and the line they stand in on the base branch."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.linking.news import News
from bot.model.area import Area
from bot.model.facts import Change, between
from bot.model.known import Known, Unknown
from bot.model.migration import Destroys, Finding, Migration, Operation, Reference, Undo
from bot.model.reading import BOTH, MIGRATION, Read, Side

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.model.facts import ChangedFile, Changes, Facts
    from bot.model.need import Need

# What makes a migration irreversible, as the rule on reversibility finds it.
IRREVERSIBLE = frozenset(
    {
        "downgrade-missing",
        "downgrade-empty",
        "irreversible-declared",
        "unnamed-constraint-dropped",
        "undefined-name",
        "reverse-code-missing",
        "reverse-sql-missing",
        "no-down-step",
        "change-not-reversible",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """A changed file that is or was a migration; None on a side where it is none."""

    file: ChangedFile
    base: Migration | None
    head: Migration | None

    @property
    def name(self) -> str:
        """The file's name, with its folder where all names are the same."""
        parts = self.file.path.split("/")
        return "/".join(parts[-2:] if parts[-1] in {"migration.sql", "up.sql"} else parts[-1:])


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """Every migration that a change touches, and what could not be read."""

    migrations: tuple[Touched, ...] = ()
    unread: tuple[tuple[str, Unknown], ...] = ()

    @property
    def forward(self) -> tuple[Touched, ...]:
        """Those that go up at the head and do something."""
        return tuple(one for one in self.migrations if one.head and _goes_up(one.head))


def _goes_up(migration: Migration) -> bool:
    return not (migration.empty or migration.down)


def gather(facts: Facts, area: Area, generated: Area) -> Known[Gathered]:
    """The changed migrations of an area; Unknown without the list of changed files."""
    files = facts.changed_in(area)
    if isinstance(files, Unknown):
        return files
    migrations: list[Touched] = []
    unread: list[tuple[str, Unknown]] = []
    for file in files:
        if generated.has(file.path):
            continue
        head, base = _at_head(facts, file), _at_base(facts, file)
        if isinstance(head, Unknown):
            unread.append((file.path, head))
        elif isinstance(base, Unknown):
            unread.append((file.path, base))
        elif head or base:
            migrations.append(Touched(file=file, base=base, head=head))
    return Gathered(migrations=tuple(migrations), unread=tuple(unread))


def _at_head(facts: Facts, file: ChangedFile) -> Known[Migration] | None:
    if file.change is Change.REMOVED:
        return None
    return _real(facts.read(MIGRATION, file.path))


def _at_base(facts: Facts, file: ChangedFile) -> Known[Migration] | None:
    if file.change is Change.ADDED:
        return None
    return _real(facts.read(MIGRATION, file.previous_path or file.path, Side.BASE))


def _real(found: Known[Migration]) -> Known[Migration] | None:
    return None if isinstance(found, Migration) and found.tool == "none" else found


# ── the way down ──────────────────────────────────────────────────────────────────────────────


def new_findings(gathered: Gathered) -> list[tuple[Touched, Finding]]:
    """What is wrong with ways down and was not before, in whichever of the files it stood."""
    before = Counter(
        (one.kind, one.note)
        for touched in gathered.migrations
        if touched.base
        for one in _findings(touched.base, gathered)
    )
    found = [
        (touched, one)
        for touched in gathered.migrations
        if touched.head and not touched.head.replaces
        for one in _findings(touched.head, gathered)
    ]
    fresh: list[tuple[Touched, Finding]] = []
    for touched, one in sorted(found, key=lambda pair: _on_added_line(*pair)):
        if before[one.kind, one.note]:
            before[one.kind, one.note] -= 1
        else:
            fresh.append((touched, one))
    return sorted(fresh, key=lambda pair: (pair[0].file.path, pair[1].line or 0, pair[1].kind))


def way_back(touched: Touched, gathered: Gathered) -> Known[tuple[bool, str]]:
    """Whether a migration that goes up at the head can be undone, and what is to be said of that;
    not whether it was so before."""
    head = touched.head
    assert head is not None  # noqa: S101  forward ones have a head
    found = _findings(head, gathered)
    lacking = [one for one in found if one.kind in IRREVERSIBLE]
    beside = touched.base is not None and head.undo is Undo.BESIDE
    if beside and any(one.kind == "no-down-step" for one in lacking):
        return Unknown(f"can't tell: how {touched.name} is undone - its way down did not change")
    if lacking:
        return False, lacking[0].note
    if head.unsure or any(one.kind == "rollback-not-said" for one in found):
        return Unknown(f"can't tell: how {touched.name} is undone - {head.unsure or 'not said'}")
    lossy = [one.note for one in found if one.kind == "lossy-downgrade"]
    return True, lossy[0] if lossy else ""


def _on_added_line(touched: Touched, finding: Finding) -> bool:
    added, line = touched.file.added, finding.line or 0
    return not isinstance(added, Unknown) and bool(between(added, line, line))


def _findings(migration: Migration, gathered: Gathered) -> tuple[Finding, ...]:
    if migration.empty or migration.down:
        return ()
    kinds = {one.kind for one in migration.findings}
    if kinds & IRREVERSIBLE or migration.undo is not Undo.HERE:
        # Without a way down there is nothing to compare.
        return migration.findings + _no_step(migration, gathered)
    return migration.findings + tuple(_compared(migration))


def _no_step(migration: Migration, gathered: Gathered) -> tuple[Finding, ...]:
    lacks = migration.undo is Undo.MISSING or (
        migration.undo is Undo.BESIDE and not _stands_beside(migration, gathered)
    )
    if not lacks:
        return ()
    note = f"{migration.tool} {migration.revision}: no way down".replace("  ", " ")
    return (Finding(kind="no-down-step", note=note, line=migration.up_line),)


def _stands_beside(migration: Migration, gathered: Gathered) -> bool:
    """Whether this change brings the file with the way down."""
    paths = [
        one.file.path
        for one in gathered.migrations
        if one.head and one.head.down and one.head.undoing
    ]
    return any(
        path.startswith(place) if place.endswith("__") else path == place
        for place in migration.beside
        for path in paths
    )


def _compared(migration: Migration) -> list[Finding]:
    """Up and down side by side: what stays, what is lost."""
    up, down = migration.operations, migration.undoing
    if not down or migration.opaque:
        return []
    made = {_thing(one): one for one in up if one.creates and one.table}
    dropped = {_thing(one) for one in down if one.destroys is Destroys.DROPS}
    lost = {_thing(one) for one in up if one.destroys is Destroys.DROPS and one.table}
    renamed = any(one.destroys is Destroys.RENAMES for one in up)
    found = [
        Finding(kind="created-not-dropped", note=f"{_said(thing)} stays after the way down")
        for thing in made
        if thing not in dropped and (thing[0], ()) not in dropped
    ]
    found += [
        Finding(
            kind="lossy-downgrade",
            note=f"the way down makes {one.target} again, what it held stays lost",
            line=one.line,
        )
        for one in down
        if one.creates and _thing(one) in lost and _thing(one) not in made
    ]
    found += [
        Finding(
            kind="drops-what-was-there",
            note=f"the way down drops {one.target}, which the way up did not create",
            line=one.line,
        )
        for one in down
        if one.destroys is Destroys.DROPS
        and one.table
        and one.name in {"drop_table", "drop_column"}
        and _thing(one) not in made
        and not renamed
    ]
    return found


def _thing(operation: Operation) -> tuple[str, tuple[str, ...]]:
    return (operation.table, operation.columns)


def _said(thing: tuple[str, tuple[str, ...]]) -> str:
    return ".".join(part for part in (thing[0], ", ".join(thing[1])) if part)


# ── what rules that only advise share ──────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationOptions:
    """`migrations`: where they live."""

    migrations: Area = Area("migrations", ())
    generated: Area = Area("generated", ())


def migration_needs(options: MigrationOptions, changes: Changes) -> frozenset[Need]:
    """Both sides of every changed migration."""
    if isinstance(changes, Unknown) or not any(
        options.migrations.has(path) for one in changes for path in one.paths
    ):
        return frozenset()
    return frozenset({Read(reading=MIGRATION.id, area=options.migrations, sides=BOTH)})


def judged(gathered: Gathered) -> News:
    """What such a rule can answer on: migrations that go up."""
    unread = tuple(why for _, why in gathered.unread)
    return News(files=len(gathered.forward), open=unread)


# ── what is destroyed ─────────────────────────────────────────────────────────────────────────


def does(gathered: Gathered, wanted: Iterable[str]) -> Known[bool]:
    """Whether what this change adds to migrations does one of these: the policy's words."""
    words = set(wanted)
    if "irreversible" in words and any(
        one.kind in IRREVERSIBLE for _, one in new_findings(gathered)
    ):
        return True
    if any(one.destroys and one.destroys.value in words for _, one in _new_operations(gathered)):
        return True
    if gathered.unread:
        return gathered.unread[0][1]
    return _not_understood(gathered, words) or False


def told(gathered: Gathered) -> list[tuple[str, str, str, int | None]]:
    """What new migrations do: the policy's word or a near one, note, path and line."""
    found = [
        (one.destroys.value if one.destroys else "retypes", one, touched)
        for touched, one in _new_operations(gathered)
        if one.destroys or one.name == "change_type"
    ]
    pieces: list[tuple[str, str, str, int | None]] = [
        (word, f"{one.name} {one.target}".strip(), touched.file.path, one.line)
        for word, one, touched in found
    ]
    for touched, finding in new_findings(gathered):
        word = "irreversible" if finding.kind in IRREVERSIBLE else finding.kind
        if word in {"irreversible", "lossy-downgrade"}:
            pieces.append((word, finding.note, touched.file.path, finding.line))
    return pieces


def _not_understood(gathered: Gathered, words: set[str]) -> Unknown | None:
    for one in gathered.forward:
        migration, before = one.head, one.base
        assert migration is not None  # noqa: S101  forward ones have a head
        if migration.unsure and "irreversible" in words and not (before and before.unsure):
            return Unknown(f"can't tell: how {one.name} is undone - {migration.unsure}")
        opaque = len(migration.opaque) > len(before.opaque if before else ())
        if opaque and words - {"irreversible"}:
            line = migration.opaque[-1]
            return Unknown(f"can't tell: what {one.name} does in line {line} - it cannot be read")
    return None


def new_references(gathered: Gathered) -> list[tuple[Touched, str, Reference, bool]]:
    """The foreign keys of columns that this change adds: with the table, and whether an index of
    the change begins with the column, or may."""
    old = {
        (one.table, key.column)
        for touched in gathered.migrations
        for one in (touched.base.operations if touched.base else ())
        for key in one.references
    }
    placed = [
        (touched, one)
        for touched in gathered.forward
        for one in (touched.head.operations if touched.head else ())
    ]
    made = {(one.table, name) for _, one in placed if one.creates for name in one.columns or ("",)}
    leads = {(one.table, name) for _, one in placed for name in _leads(one)}
    return [
        (touched, one.table, key, bool({(one.table, key.column), (one.table, "")} & leads))
        for touched, one in placed
        for key in one.references
        if one.table
        and (one.table, key.column) not in old
        # The column of a key that is added by itself may have its index from before.
        and (one.name != "add_constraint" or {(one.table, key.column), (one.table, "")} & made)
    ]


def _leads(one: Operation) -> list[str]:
    """What the indexes of an operation begin with, "" for what is not a column's plain name."""
    own = (one.columns[:1] or ("",)) if one.name in {"create_index", "create_unique"} else ()
    return [name if name.isidentifier() else "" for name in (*one.leads, *own)]


Placed = tuple[Touched, Operation]


def _new_operations(gathered: Gathered) -> list[Placed]:
    """Operations that the base does not have, those without effect on what was there left out."""
    before = Counter(
        _essence(one)
        for touched in gathered.migrations
        if touched.base
        for one in touched.base.operations
    )
    fresh: list[Placed] = []
    for touched in gathered.forward:
        assert touched.head is not None  # noqa: S101  forward ones have a head
        if touched.head.replaces:
            continue
        for one in touched.head.operations:
            if before[_essence(one)]:
                before[_essence(one)] -= 1
            else:
                fresh.append((touched, one))
    return _on_what_was_there(fresh)


def _essence(one: Operation) -> tuple[str, str, tuple[str, ...]]:
    return (one.name, one.table, one.columns)


def _on_what_was_there(operations: list[Placed]) -> list[Placed]:
    tables: set[str] = set()
    columns: set[tuple[str, str]] = set()
    filled: set[str] = set()
    # Some in one text: a hostile change drops thousands, and makes thousands.
    names = {one.table for _, one in operations if one.name in _LOOSENS}
    dropped = "\n".join(sorted(names)[:_LOOSENED_AT_MOST])
    kept: list[Placed] = []
    for touched, one in operations:
        if one.destroys is Destroys.BACKFILLS:
            filled.add(one.table)
        if one.table not in tables and not _harmless(one, columns, filled, dropped):
            kept.append((touched, one))
        if one.creates and one.columns:
            columns.update((one.table, column) for column in one.columns)
        elif one.creates and one.table:
            tables.add(one.table)
    return kept


_LOOSENED_AT_MOST = 1_000
_LOOSENS = frozenset({"drop_unique", "drop_constraint", "drop_index"})
_ON_NEW_COLUMNS = frozenset({"drop_column", "rename_column", "create_unique", "create_index"})


def _harmless(
    one: Operation, columns: set[tuple[str, str]], filled: set[str], dropped: str
) -> bool:
    """On a column made just now, on rows made to fit before, or in place of another constraint."""
    new = any((one.table, column) in columns for column in one.columns)
    if new and one.name in _ON_NEW_COLUMNS:
        return True
    if one.destroys is not Destroys.NARROWS or one.name == "add_column":
        return False
    if one.name != "set_not_null" and dropped and one.table in dropped:
        # By its table, or by an index's name, which usually begins with it.
        return True
    return one.table in filled or "" in filled or (new and bool(filled))
