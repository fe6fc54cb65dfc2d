"""Every error that the API contract newly promises has the agreed format.

Why it matters
    A client reads errors with one piece of code; an error in another form is not understood.
What it looks at
    Answers 4xx, 5xx and `default` of operations that are new in a changed contract of the area
    `contract` (or the one that `file` names), and those of others that had the agreed format, or
    none, at the merge base. `schema` names the agreed schema; one that includes it, or has all its
    properties, will do, and so does `application/problem+json`.
How to satisfy it
    Refer to the agreed schema in each of these answers.
What it cannot see
    What the code really answers. An answer without a named schema is left to a person; so is a
    schema that no error of the contract uses, at either side.
Examples
    Ready: `409` of a new operation refers to `Problem`. Not ready: it refers to `RefundError`.
"""

from collections import Counter
from dataclasses import dataclass
from enum import IntEnum

from bot.linking.operations import Promises, Stated, operation_needs, promises
from bot.model.area import Area
from bot.model.facts import Changes, Facts
from bot.model.known import Unknown
from bot.model.need import Need
from bot.model.operation import Answer, Made, Operation, Operations
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

OTHER = Kind(
    id="other-error-schema",
    tier=Tier.SURE,
    says=Says.BROKEN,
    because="The contract names the schema of this error, and it is not the one of the policy.",
)
DEFAULT = Kind(
    id="framework-default-error",
    tier=Tier.LIKELY,
    says=Says.BROKEN,
    because="FastAPI writes it into every contract; a handler may answer in another form.",
)
OPEN = Kind(
    id="error-without-schema",
    tier=Tier.LIKELY,
    says=Says.ABSENT,
    because="The contract does not say what is answered; it may be right.",
    withholds=True,
)
SHOWN = 20
_PROBLEM = ("application/problem+json", "application/problem+xml")
_FRAMEWORK = "HTTPValidationError"


class Fit(IntEnum):
    """How an answer stands to the agreed format, the best first."""

    AGREED = 0
    DEFAULT = 1
    OPEN = 2
    OTHER = 3


_KINDS = {Fit.DEFAULT: DEFAULT, Fit.OPEN: OPEN, Fit.OTHER: OTHER}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`schema`: the agreed schemas, by name or pointer. `file`: the one contract, else all of the
    area."""

    schema: tuple[str, ...] = ()
    file: str = ""
    contract: Area = Area("contract", ())

    @property
    def area(self) -> Area:
        """Where the contract is."""
        return Area(self.file, (self.file,)) if self.file else self.contract

    @property
    def names(self) -> frozenset[str]:
        """The agreed schemas by their bare names."""
        return frozenset(one.rpartition("/")[2] for one in self.schema)


def needs(options: Options, changes: Changes) -> frozenset[Need]:
    return frozenset({operation_needs(options.area)})


def prove(facts: Facts, options: Options) -> Verdict:
    found = promises(facts, options.area)
    if isinstance(found, Unknown):
        return undecided(found)
    if not found.heads:
        return skipped("no contract file changed")
    if not options.names:
        return undecided(
            Unknown("can't tell: the format of errors - the policy names no schema. Name it there")
        )
    every = [one for _, held in (*found.bases, *found.heads) for one in held.errors]
    used = [one for one in every if one.name in options.names]
    agreed = tuple(dict.fromkeys(one.properties for one in used if one.properties))
    before, after = (
        _Format(options.names, agreed, {one.name: one for _, held in side for one in held.errors})
        for side in (found.bases, found.heads)
    )
    judged, wrong = _wrong(found, before, after)
    broken = [piece for fit, piece in wrong if fit is Fit.OTHER]
    rest = tuple(piece for fit, piece in wrong if fit is not Fit.OTHER)[:SHOWN]
    if broken and not used:
        named = ", ".join(sorted(options.names))
        return undecided(Unknown(f"can't tell: errors - none of them uses {named}. Check the name"))
    beyond = passed(f"{judged} error answer(s), none in a new format", advice=rest)
    unsaid = [piece for piece in rest if piece.kind is OPEN]
    if unsaid:
        why = f"can't tell: {unsaid[0].note}. A reviewer can attest it"
        beyond = undecided(Unknown(why), *rest, beyond=beyond)
    if not broken:
        return beyond
    more = f" and {len(broken) - 1} more" if len(broken) > 1 else ""
    return failed(f"{broken[0].note}{more}", *broken[:SHOWN], advice=rest, beyond=beyond)


@dataclass(frozen=True, slots=True)
class _Format:
    """The agreed schemas, their properties at either side, and what errors of one side are made
    of."""

    names: frozenset[str]
    agreed: tuple[frozenset[str], ...]
    made: dict[str, Made]

    def of(self, operation: Operation | None) -> dict[str, tuple[Fit, str]]:
        """How each error of an operation stands, and the schemas that it names."""
        found: dict[str, tuple[Fit, str]] = {}
        for one in operation.answers if operation and operation.method != "HEAD" else ():
            if one.status.startswith(("4", "5")) or _is_rest(one.status, operation):
                now = self._answer(one), one.schemas
                found[one.status] = max(now, found.get(one.status, now))
        return found

    def _answer(self, one: Answer) -> Fit:
        if one.media in _PROBLEM:
            return Fit.AGREED
        if not any(word in one.media for word in ("json", "xml", "*")):
            return Fit.OPEN
        return max((self._schema(name) for name in one.schemas.split()), default=Fit.OPEN)

    def _schema(self, name: str, deep: int = 0) -> Fit:
        made = self.made.get(name, Made(name=name))
        if self.names & {name, *made.of}:
            return Fit.AGREED
        if made.either and deep < len(self.made):
            return max(self._schema(one, deep + 1) for one in made.either)
        if name == _FRAMEWORK:
            return Fit.DEFAULT
        alike = [len(one) for one in self.agreed if one <= made.properties]
        if alike:
            # One property in common says little.
            return Fit.AGREED if max(alike) > 1 else Fit.OPEN
        return Fit.OTHER if made.properties else Fit.OPEN


def _is_rest(status: str, operation: Operation | None) -> bool:
    """Whether it stands for all errors that are not named: what succeeds is named beside it."""
    named = operation.statuses if operation else frozenset[str]()
    return status == "default" and any(one[0] in "23" for one in named)


def _wrong(
    found: Promises, before: _Format, after: _Format
) -> tuple[int, list[tuple[Fit, Evidence]]]:
    """How many answers were looked at, and those that were in the agreed format or not there."""
    more = Counter(_named(found.heads, after))
    more.subtract(_named(found.bases, before))
    judged = 0
    wrong: list[tuple[Fit, Evidence]] = []
    for one in found.stated:
        old = before.of(one.base)
        for status, (fit, schemas) in after.of(one.head).items():
            was = old.get(status) or old.get(f"{status[:1]}XX") or old.get("default")
            judged += 1
            now = _news(was[0] if was else Fit.AGREED, fit)
            if now is not Fit.AGREED:
                # One that only moved to another operation is not new.
                more[status, schemas] -= 1
                if more[status, schemas] >= 0:
                    wrong.append((now, _evidence(one, status, schemas, now, after.names)))
    return judged, wrong


def _news(was: Fit, now: Fit) -> Fit:
    """What to say of an answer: nothing of what was wrong before, and a question where that was
    not known."""
    if was is Fit.OPEN and now is Fit.OTHER:
        return Fit.OPEN
    return now if was is Fit.AGREED else Fit.AGREED


def _named(side: tuple[tuple[str, Operations], ...], format_: _Format) -> list[tuple[str, str]]:
    return [
        (status, schemas)
        for _, held in side
        for one in held.operations
        for status, (_, schemas) in format_.of(one).items()
    ]


def _evidence(one: Stated, status: str, schemas: str, fit: Fit, names: frozenset[str]) -> Evidence:
    line = next((each.line for each in one.head.answers if each.status == status), 0)
    said = "does not name" if fit is Fit.OPEN else f"answers {' or '.join(schemas.split())}, not"
    note = f"{one.head.name} {status} {said} {' or '.join(sorted(names))}"[:200]
    return _KINDS[fit].at(note, one.path, line or None)


RULE = Rule(
    id="errors-use-standard-format",
    title="Errors have the agreed format",
    word=None,
    items=frozenset({"error-format"}),
    watch=False,
    kinds=(OTHER, DEFAULT, OPEN),
    version=1,
    options=Options,
    needs=needs,
    prove=prove,
)
