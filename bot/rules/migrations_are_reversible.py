"""Every migration that this pull request adds can be undone.

Why it matters
    A release that cannot be taken back turns a small fault into an outage.
What it looks at
    The way down of each migration that is added or changed, at the head: `downgrade()` of Alembic;
    `reverse_code` and `reverse_sql` of Django; `down`, and what `change` cannot turn round, of
    Rails; the undo or down file or part of Flyway, golang-migrate, goose, dbmate and numbered SQL
    files. What was wrong at the base already is not shown. Merges, empty migrations and squashes
    are left out.
How to satisfy it
    Write the way down. Where there is none, say so in the code (`raise`) and fill the section
    *Rollback* of the description; for SQL files without a way down the section alone is enough.
What it cannot see
    It reads the files and does not run them: a way down may fail on real rows, or lose them.
    Migrations of other tools, and operations of your own making, are left to a person.
Examples
    Ready: `upgrade` adds a column and `downgrade` drops it.
    Not ready: `downgrade` that is only `pass`, or `op.drop_constraint(None, "item")` in it.
"""

from dataclasses import dataclass, replace

from bot.linking.migrations import (
    Gathered,
    MigrationOptions,
    Touched,
    gather,
    migration_needs,
    new_findings,
)
from bot.model.body import section
from bot.model.facts import Changes, Facts
from bot.model.known import Known, Unknown
from bot.model.migration import Finding
from bot.model.need import Need, Part
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

# More places help nobody; the rest is counted.
SHOWN = 20


def _kind(name: str, tier: Tier, because: str, says: Says = Says.BROKEN) -> Kind:
    return Kind(id=name, tier=tier, says=says, because=because)


MISSING = _kind(
    "downgrade-missing", Tier.SURE, "Without a way down the tool does nothing, or stops."
)
EMPTY = _kind("downgrade-empty", Tier.SURE, "The way down holds no operation, the way up does.")
DECLARED = _kind("irreversible-declared", Tier.SURE, "The code itself raises on the way down.")
UNNAMED = _kind(
    "unnamed-constraint-dropped",
    Tier.SURE,
    "Alembic documents that a constraint is dropped by its name; with None it raises.",
)
UNDEFINED = _kind("undefined-name", Tier.SURE, "Python raises NameError for a name never bound.")
NO_REVERSE_CODE = _kind(
    "reverse-code-missing", Tier.SURE, "Django: RunPython without reverse_code is irreversible."
)
NO_REVERSE_SQL = _kind(
    "reverse-sql-missing", Tier.SURE, "Django: RunSQL without reverse_sql is irreversible."
)
NO_STEP = _kind(
    "no-down-step",
    Tier.SURE,
    "The tool runs a way down only where one is written, and none is.",
    Says.ABSENT,
)
NOT_IN_CHANGE = _kind(
    "change-not-reversible", Tier.SURE, "Rails documents that it cannot reverse this in change."
)
STAYS = _kind("created-not-dropped", Tier.LIKELY, "The name is made on the way up only.")
TYPE_STAYS = _kind("type-left-behind", Tier.LIKELY, "Postgres drops no type with a table.")
UNNAMED_INDEX = _kind("unnamed-index-dropped", Tier.LIKELY, "An index is dropped by its name.")
DROPS_OLD = _kind("drops-what-was-there", Tier.LIKELY, "The way up did not make it.")
DEFAULT = _kind("default-not-reversible", Tier.LIKELY, "Rails needs from: and to: to reverse it.")
LOSSY = _kind("lossy-downgrade", Tier.LIKELY, "What is made again comes back without its rows.")
NOTHING = _kind("reverse-does-nothing", Tier.HINT, "Often right: what was written may stay.")
NOT_SAID = Kind(
    id="rollback-not-said",
    tier=Tier.LIKELY,
    says=Says.ABSENT,
    because="Whether Liquibase finds a rollback by itself was not tried.",
    withholds=True,
)
KINDS = (
    MISSING,
    EMPTY,
    DECLARED,
    UNNAMED,
    UNDEFINED,
    NO_REVERSE_CODE,
    NO_REVERSE_SQL,
    NO_STEP,
    NOT_IN_CHANGE,
    STAYS,
    TYPE_STAYS,
    UNNAMED_INDEX,
    DROPS_OLD,
    DEFAULT,
    LOSSY,
    NOTHING,
    NOT_SAID,
)
_BY_ID = {one.id: one for one in KINDS}
_MEND = {
    "downgrade-missing": 'write it, or raise and fill "Rollback"',
    "downgrade-empty": 'write it, or raise and fill "Rollback"',
    "irreversible-declared": 'fill the section "Rollback"',
    "unnamed-constraint-dropped": "write it",
    "undefined-name": "import it",
    "reverse-code-missing": "give it, RunPython.noop where nothing is to be done",
    "reverse-sql-missing": "give it, RunSQL.noop where nothing is to be done",
    "no-down-step": 'write it, or fill the section "Rollback"',
    "change-not-reversible": "write up and down",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options(MigrationOptions):
    """`migrations`: where they live. `rollback`: the section that says how to go back."""

    rollback: str = "Rollback"


def needs(options: Options, changes: Changes) -> frozenset[Need]:
    found = migration_needs(options, changes)
    return found | {Part.BODY} if found else found


def prove(facts: Facts, options: Options) -> Verdict:
    gathered = gather(facts, options.migrations, options.generated)
    if isinstance(gathered, Unknown):
        return undecided(gathered)
    found = new_findings(gathered)
    advice = tuple(_evidence(*one) for one in found if not _is_sure(one[1]))[:SHOWN]
    excused, broken, open_ = _sorted([one for one in found if _is_sure(one[1])], facts, options)
    beside = f", {len(excused)} by the section {options.rollback}" if excused else ""
    what = f"{len(gathered.forward)} migration(s) can be undone{beside}"
    beyond = passed(what, advice=advice)
    doubt, unsaid = open_ or _doubt(gathered), _unsaid(found)
    if doubt is not None:
        beyond = replace(undecided(doubt), advice=advice)
    elif unsaid is not None:
        beyond = replace(undecided(unsaid, beyond=beyond), advice=advice)
    elif not gathered.forward:
        beyond = skipped("no migration was added that does something")
    return _failed(broken, advice, beyond) if broken else beyond


def _is_sure(finding: Finding) -> bool:
    return _BY_ID[finding.kind].tier is Tier.SURE


def _sorted(
    found: list[tuple[Touched, Finding]], facts: Facts, options: Options
) -> tuple[list[Finding], list[tuple[Touched, Finding]], Unknown | None]:
    """What the section excuses, what is broken, and what only a person can settle."""
    told = _told(facts, options.rollback)
    excused: list[Finding] = []
    broken: list[tuple[Touched, Finding]] = []
    doubt: Unknown | None = None
    for touched, one in found:
        if one.kind not in {NO_STEP.id, DECLARED.id} or told is False:
            broken.append((touched, one))
        elif isinstance(told, Unknown):
            doubt = Unknown(f"can't tell: the way back of {touched.name} - {told.reason}")
        elif one.kind == NO_STEP.id:
            excused.append(one)
        else:
            doubt = Unknown(
                f"can't tell: {touched.name} has no way back and says so. "
                "The reviewer reads the section and attests it"
            )
    return excused, broken, doubt


def _told(facts: Facts, heading: str) -> Known[bool]:
    """Whether the section says something of its own."""
    if isinstance(facts.body, Unknown):
        return Unknown(f'whether "{heading}" is filled is not known: {facts.body.reason}')
    found = section(facts.body, heading)
    return found is not None and found.own_words > 0


def _failed(
    broken: list[tuple[Touched, Finding]], advice: tuple[Evidence, ...], beyond: Verdict
) -> Verdict:
    touched, first = broken[0]
    more = f" (and {len(broken) - 1} more)" if len(broken) > 1 else ""
    summary = f"{touched.name}: {first.note}: {_MEND[first.kind]}{more}"
    shown = (_evidence(*one) for one in broken[:SHOWN])
    return failed(summary, *shown, advice=advice, beyond=beyond)


def _evidence(touched: Touched, finding: Finding) -> Evidence:
    return _BY_ID[finding.kind].at(finding.note[:200], touched.file.path, finding.line)


def _doubt(gathered: Gathered) -> Unknown | None:
    if gathered.unread:
        return gathered.unread[0][1]
    for touched in gathered.forward:
        why = touched.head.unsure if touched.head else ""
        if why and not (touched.base and touched.base.unsure):
            return Unknown(
                f"can't tell: how {touched.name} is undone - {why}. A person can attest it"
            )
    return None


def _unsaid(found: list[tuple[Touched, Finding]]) -> Unknown | None:
    for touched, one in found:
        if _BY_ID[one.kind].withholds:
            return Unknown(f"can't tell: the way back of {touched.name} - {one.note}")
    return None


RULE = Rule(
    id="migrations-are-reversible",
    title="Migrations can be undone",
    word=None,
    items=frozenset({"migrations"}),
    watch=False,
    kinds=KINDS,
    version=1,
    options=Options,
    needs=needs,
    prove=prove,
)
