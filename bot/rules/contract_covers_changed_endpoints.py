"""Every endpoint that is added or altered is in the API contract, as the code answers it.

Why it matters
    What the contract does not say, a client does not know of, and what it says wrongly misleads.
What it looks at
    Routes that are added, altered or removed in the code, beside the contracts of the area
    `contract` (or the one that `file` names) at the head: whether the method and the path are
    there, and whether the status of success that the code declares is promised. The paths are
    aligned by what most endpoints have before them. Advice: statuses that the code names and the
    contract does not, and endpoints that are gone and still promised.
How to satisfy it
    Write the endpoint into the contract, or correct what the contract says of it.
What it cannot see
    Fields and types; statuses that are made at run time; endpoints that are registered in a way
    that is not read; what was outside the contract before. So it never fails, it asks.
Examples
    Ready: `POST /refunds` is new in the code and in the contract, with 201 in both.
    Not ready: `POST /refunds` is new in the code alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from bot.linking.contracts import NOWHERE
from bot.linking.guards import enough
from bot.linking.operations import contracts
from bot.linking.route_changes import Places, route_needs
from bot.linking.touched import Stated, Touched, spot, touched
from bot.model.area import Area
from bot.model.facts import Changes, Facts
from bot.model.known import Unknown
from bot.model.need import Need
from bot.model.operation import Operation
from bot.model.reading import BOTH, OPERATIONS, Read
from bot.model.route import Route
from bot.model.rule import Rule
from bot.model.verdict import Evidence, Kind, Says, Tier, Verdict, passed, skipped, undecided

NOT_THERE = Kind(
    id="route-not-in-contract",
    tier=Tier.LIKELY,
    says=Says.BROKEN,
    because="The path may be written in another way, or the endpoint not be meant for clients.",
    withholds=True,
)
SUCCESS = Kind(
    id="success-status-differs",
    tier=Tier.LIKELY,
    says=Says.BROKEN,
    because="The code declares a status, and may answer another one.",
    withholds=True,
)
UNSAID = Kind(
    id="status-not-in-contract",
    tier=Tier.LIKELY,
    says=Says.BROKEN,
    because="The status may never be answered, or by every operation.",
)
STILL = Kind(
    id="removed-route-in-contract",
    tier=Tier.LIKELY,
    says=Says.BROKEN,
    because="Another service may answer it now.",
)
ANOTHER = Kind(
    id="status-replaced",
    tier=Tier.LIKELY,
    says=Says.BROKEN,
    because="The status that the code named before may still come from elsewhere.",
)
SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Options(Places):
    """`file`: the one contract, else all of the area."""

    file: str = ""

    @property
    def stated_in(self) -> Area:
        """Where the contract is."""
        return Area(self.file, (self.file,)) if self.file else self.contract


def needs(options: Options, changes: Changes) -> frozenset[Need]:
    routes = route_needs(replace(options, contract=options.stated_in), changes)
    read = Read(reading=OPERATIONS.id, area=options.stated_in, sides=BOTH, unchanged=True)
    return routes | {read} if routes else routes


def prove(facts: Facts, options: Options) -> Verdict:
    if not options.stated_in.globs:
        return undecided(NOWHERE)
    found = touched(facts, replace(options, contract=options.stated_in))
    if isinstance(found, Unknown):
        return undecided(found)
    if not (found.pairs or found.removed or found.open):
        return skipped("no endpoint was changed")
    sides = contracts(facts, options.stated_in)
    if isinstance(sides, Unknown):
        return undecided(sides)
    before, after = map(Stated, sides)
    if not sides[1]:
        why = Unknown("can't tell: the contract - there is none in the repository")
        return undecided(why, *(one for pair in found.pairs for one in _replaced(facts, pair)))
    return _judged(facts, found, before, after)


def _judged(facts: Facts, found: Touched, before: Stated, after: Stated) -> Verdict:
    known, routes = (before, found.base) if any(map(before.of, found.base)) else (after, found.head)
    known.align(routes)
    before.shift = after.shift = known.shift
    heads = [head for _, head in found.pairs]
    pieces = [
        piece
        for pair in found.pairs
        if pair[1].certain
        for piece in _pieces(facts, pair, before, after)
    ]
    pieces += [
        STILL.at(f"{one.name} is gone and still promised"[:200], *spot(facts, one.said[0], 0))
        for one in found.removed
        if one.certain and after.of(one)
    ]
    asked = [one for one in pieces if one.kind.withholds][:SHOWN]
    if asked:
        seen = sum(known.of(one) is not None for one in routes)
        if enough(seen, len(routes)):
            why = f"can't tell: {asked[0].note}. Mend either"
            return undecided(Unknown(why), *asked)
        why = f"only {seen} of {len(routes)} endpoints were found there, so nothing follows"
        return undecided(Unknown(f"can't tell: {asked[0].note} - {why}"))
    unsure = [one for one in (*found.removed, *heads) if not one.certain]
    if found.open or unsure:
        why = f"can't tell: {unsure[0].name} - where it is served was not found" if unsure else ""
        return undecided(found.open or Unknown(f"{why}. Read it there"))
    count = sum(after.of(head) is not None for head in heads)
    if not count and not pieces:
        return skipped("no changed endpoint is one that the contract states")
    return passed(f"{count} changed endpoint(s) in the contract", advice=tuple(pieces[:SHOWN]))


def _pieces(
    facts: Facts, pair: tuple[Route | None, Route], before: Stated, after: Stated
) -> Iterator[Evidence]:
    """What is new between the code and the contract."""
    base, head = pair
    was, now = before.of(base), after.of(head)
    place = spot(facts, head.path, head.line)
    if now is None:
        if base is None or was is not None:
            yield NOT_THERE.at(f"{head.name} is not in the contract"[:200], *place)
        return
    declared = head.does.success if head.does else None
    old = (base.does.success if base and base.does else None, was)
    if declared and not _says(now, declared) and not _same(old, declared):
        promised = ", ".join(sorted(one for one in now.statuses if one[0] == "2")) or "none"
        note = f"{head.name} answers {declared}, the contract says {promised}"
        yield SUCCESS.at(note[:200], *place)
    named = head.does.statuses if head.does else frozenset()
    known = base.does.statuses if base and base.does else frozenset()
    for status in sorted(one for one in named - known if one >= 400 and not _says(now, one)):
        yield UNSAID.at(f"{head.name}: the contract does not name {status}"[:200], *place)
    yield from _replaced(facts, pair)


def _replaced(facts: Facts, pair: tuple[Route | None, Route]) -> Iterator[Evidence]:
    """A status that the code names no more, and what it names instead."""
    base, head = pair
    named = head.does.statuses if head.does else frozenset()
    known = base.does.statuses if base and base.does else frozenset()
    gone, new = sorted(known - named), sorted(named - known)
    if gone and new:
        note = f"{head.name} names {_listed(new)} in place of {_listed(gone)}"
        yield ANOTHER.at(note[:200], *spot(facts, head.path, head.line))


def _listed(statuses: list[int]) -> str:
    return ", ".join(map(str, statuses))


def _same(old: tuple[int | None, Operation | None], declared: int) -> bool:
    """Whether code and contract differed so before."""
    success, stated = old
    return success == declared and stated is not None and not _says(stated, declared)


def _says(operation: Operation, status: int) -> bool:
    said = {one.upper() for one in operation.statuses}
    return not said.isdisjoint({str(status), f"{status // 100}XX", "DEFAULT"})


RULE = Rule(
    id="contract-covers-changed-endpoints",
    title="Changed endpoints are in the API contract",
    word=None,
    items=frozenset({"contract"}),
    watch=False,
    kinds=(NOT_THERE, SUCCESS, UNSAID, STILL, ANOTHER),
    version=1,
    options=Options,
    needs=needs,
    prove=prove,
)
