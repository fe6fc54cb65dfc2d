"""Changed endpoints are tested for each case that they have.

Why it matters
    The answer that no test asks for is the one that the first client finds out about.
What it looks at
    Routes that are added or altered (registration, handler, guards, a model in the signature), and
    the calls that tests make of them, with the statuses they assert. Success: 2xx, 3xx where the
    handler names it. Validation, of a body and of what an added route takes: 400, 422. Auth, of a
    guarded route: 401, 403. Not found, where the path has a parameter or 404 is named, in the code
    or in the contract that a new one's interface is made from: 404, 410. These of an altered route
    only where its body, its guards or whether it names 404 differ. Conflict, only if asked: 409.
    Where a changed test calls an altered route, only success and the cases that are new. One whose
    tests stay as they were is pointed at, as is one of which only a guard or a model changed and
    that no test calls; where no test at all is changed beside an altered handler, it asks.
    With `artifact`, a case that passed in its JUnit XML and says so, by its name or its property
    `handoff.case`, fills what it names: `POST /items validation`.
How to satisfy it
    Add a test that calls the route and asserts the status of each open case.
What it cannot see
    Whether the tests run; calls whose path is made at run time; tests in other repositories;
    statuses that a helper asserts. So it never fails, it asks.
Examples
    Ready: `POST /items` is new, and tests expect 201, 422 and 401 of it.
    Not ready: `POST /items` is new, and no test calls it.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

from bot.linking.guards import enough, guards_of
from bot.linking.reports import reports_of
from bot.linking.route_changes import Places, fresh_holes, place_of, route_changes, route_needs
from bot.model.area import Area
from bot.model.endpoint import Body
from bot.model.facts import Changes, Facts
from bot.model.known import Unknown
from bot.model.need import Artifact, Need
from bot.model.results import RESULTS
from bot.model.route import Call, Route, RouteChanges
from bot.model.rule import Rule
from bot.model.same import Same
from bot.model.verdict import (
    SUMMARY_LIMIT,
    Evidence,
    Kind,
    Says,
    Tier,
    Verdict,
    clip,
    passed,
    skipped,
    undecided,
)

UNTESTED = Kind(
    id="endpoint-untested",
    tier=Tier.LIKELY,
    says=Says.ABSENT,
    because="Tests elsewhere, or calls whose path is made at run time, are not seen.",
    withholds=True,
)
NEW = Kind(
    id="new-endpoint-untested",
    tier=Tier.LIKELY,
    says=Says.ABSENT,
    because="Nearly every other endpoint is seen to be called, but tests may be kept elsewhere.",
    withholds=True,
)
OPEN = Kind(
    id="endpoint-case-open",
    tier=Tier.LIKELY,
    says=Says.ABSENT,
    because="A helper may assert the status.",
    withholds=True,
)
STILL = Kind(
    id="endpoint-tests-unchanged",
    tier=Tier.LIKELY,
    says=Says.ABSENT,
    because="The tests that were there may be about what changed.",
    withholds=True,
)
TESTED = Kind(
    id="endpoint-cases-tested",
    tier=Tier.LIKELY,
    says=Says.HOLDS,
    because="The tests are read and not run.",
)
STATUSES = {
    "success": frozenset(range(200, 300)),
    "validation": frozenset({400, 422}),
    "auth": frozenset({401, 403}),
    "not-found": frozenset({404, 410}),
    "conflict": frozenset({409}),
}
SHOWN = 20
# Shorter names a test has for some other reason than the handler.
_TELLING = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Options(Places):
    """`expect`: the cases that are asked for, of each changed endpoint. `artifact`: name, or a
    glob, of the artifacts whose cases may say what they are of, none: no report."""

    for_each: str = "changed-endpoint"
    expect: tuple[str, ...] = ("success", "validation", "auth", "not-found")
    generated: Area = Area("generated", ())
    artifact: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A changed route with its calls and the cases that none of them fills."""

    route: Route
    added: bool
    distant: bool
    looked: bool
    calls: tuple[Call, ...]
    open: tuple[str, ...]
    told: frozenset[str] = frozenset()

    @property
    def met(self) -> bool:
        """Whether any test of it is known."""
        return bool(self.calls or self.told)


def needs(options: Options, changes: Changes) -> frozenset[Need]:
    routes = route_needs(options, changes)
    return routes | {_wanted_of(options.artifact)} if routes and options.artifact else routes


def _wanted_of(artifact: str) -> Artifact:
    return Artifact(reading=RESULTS.id, name=artifact, files="**/*.xml")


def _told(facts: Facts, artifact: str | None) -> frozenset[str]:
    """What the cases of these reports say they are of; a report that lacks says nothing."""
    read = reports_of(facts, _wanted_of(artifact), RESULTS) if artifact else None
    if read is None or isinstance(read, Unknown):
        return frozenset()
    return frozenset(one for _, value in read.found for one in value.told)


def prove(facts: Facts, options: Options) -> Verdict:
    found = route_changes(facts, options)
    if isinstance(found, Unknown):
        return undecided(found)
    pairs = [*((None, one) for one in found.added), *found.altered]
    told = _told(facts, options.artifact)
    called = _Called(found, (head for _, head in pairs))
    rows = [_row(*pair, called, options, told) for pair in pairs if not pair[1].shown]
    lacking = sorted((row for row in rows if row.open), key=_urgency)
    own = [row for row in rows if not (row.open or row.looked or row.distant)]
    still = [
        _at(
            facts, STILL, row, f"{row.route.name} is altered, and no test that calls it was changed"
        )
        for row in own[:SHOWN]
    ]
    far = ", ".join(row.route.name for row in rows if row.distant and not row.calls)
    if far:
        what = "a guard or a model of them changed, and no test was seen to call"
        still.append(STILL.at(clip(f"{what}: {far}", 200)))
    if lacking:
        return _asked(facts, lacking, still, found)
    doubts = fresh_holes(facts, found, options)
    if doubts:
        return undecided(doubts[0])
    if not rows:
        return skipped("no endpoint was added or altered")
    if own and not found.tests_changed:
        more = f" and {len(own) - 1} more" if len(own) > 1 else ""
        end = f" ({own[0].route.path}:{own[0].route.line}){more}"
        said = clip(f"{own[0].route.name} is altered and no test was changed", _room(end))
        return undecided(Unknown(said + end), *still)
    if far and all(row.distant for row in rows):
        none = skipped("only a guard or a model of endpoints is altered")
        return replace(none, advice=tuple(still))
    shown = [_at(facts, TESTED, row, _filled_by(row)) for row in rows if row.met][:SHOWN]
    what = f"{len(rows)} changed endpoint(s): a test asserts each case asked for"
    return passed(what, *shown, advice=tuple(still))


class _Called:
    """The calls of these routes, found by path and by handler: of others there may be thousands."""

    def __init__(self, found: RouteChanges, routes: Iterable[Route]) -> None:
        self.found = found
        wanted = {key for one in routes for key in (one.template, one.handler)}
        self._near: dict[str, dict[int, Call]] = defaultdict(dict)
        for at, call in enumerate(found.calls):
            one = call.route
            if one is not None and (one.template in wanted or one.handler in wanted):
                self._near[one.template][at] = self._near[one.handler][at] = call

    def of(self, route: Route, *, added: bool) -> tuple[Call, ...]:
        """In the order of the tests."""
        near = {**self._near[route.template], **self._near[route.handler]}
        calls = [call for _, call in sorted(near.items())]
        return tuple(
            call for call in calls if call.route and _is_same(call.route, route, added=added)
        )


def _row(
    base: Route | None,
    route: Route,
    called: _Called,
    options: Options,
    told: frozenset[str],
) -> Row:
    added, distant = base is None, route.name in called.found.distant
    calls = called.of(route, added=added)
    looked = any(one.path in called.found.tests_changed for one in calls)
    seen = frozenset(status for one in calls for status in one.statuses or ())
    cases = [one for one in options.expect if _applies(one, route, added=added)]
    by_report = frozenset(one for one in cases if f"{route.name} {one}" in told)
    if base is not None:
        # Where its tests were looked at, what lacked before is not of this change.
        kept = {*options.expect} - {"success"} if looked else _untouched(base, route)
        cases = [one for one in cases if one not in kept or not _applies(one, base, added=False)]
        if any(one.statuses is None for one in calls):
            # That the status of an old test was not read is not of this change either.
            cases = [one for one in cases if one != "success"]
    unseen = [one for one in cases if one not in by_report and not seen & _wanted(one, route)]
    return Row(
        route=route,
        added=added,
        distant=distant,
        looked=looked or added,
        calls=calls,
        # What only reached into the route from elsewhere asks for nothing.
        open=() if distant else tuple(unseen),
        told=by_report,
    )


def _is_same(one: Route, route: Route, *, added: bool) -> bool:
    """Whether a call of the one is a call of the other: PUT beside PATCH is the same action, and
    an altered handler is the same wherever it is served."""
    twin = bool(route.handler) and one.handler == route.handler
    return one.name == route.name or (twin and (not added or one.template == route.template))


def _untouched(base: Route, route: Route) -> set[str]:
    """Cases that a change has no hand in: it leaves the guards, the body, or what is answered of
    nothing."""
    was, now = base.does, route.does
    same = {
        "auth": guards_of(base) == guards_of(route),
        "not-found": (was and 404 in was.statuses) == (now and 404 in now.statuses),
        "validation": (was and was.body) == (now and now.body),
    }
    return {case for case, stays in same.items() if stays}


def _applies(case: str, route: Route, *, added: bool) -> bool:
    """Whether a route has the case; a parameter of an old route that a type refuses is none, nor
    what only its contract says of it."""
    does, stated = route.does, route.stated
    said = stated.statuses if stated and added else frozenset[str]()
    named = {*said, *(map(str, does.statuses) if does else ())}
    if case == "validation":
        return does is not None and (does.body is not Body.NONE or (added and does.constrained))
    if case == "auth":
        return bool(guards_of(route)) or (stated is not None and bool(stated.asks))
    if case == "not-found":
        return "{}" in route.template or "404" in named
    return case == "success" or "409" in named


def _wanted(case: str, route: Route) -> frozenset[int]:
    if case != "success" or route.does is None:
        return STATUSES[case]
    # To lead elsewhere is how a form succeeds.
    led = {one for one in route.does.statuses if 300 <= one < 400}
    return STATUSES[case] | led | ({route.does.success} if route.does.success else set())


def _urgency(row: Row) -> tuple[bool, bool, str, int]:
    return row.met, not row.added, row.route.path, row.route.line


def _asked(facts: Facts, lacking: list[Row], still: list[Evidence], found: RouteChanges) -> Verdict:
    dim = ", ".join(row.route.name for row in lacking if _is_dim(row, found))
    nothing = clip(f"{_known(found)}, so nothing follows for {dim}", 200)
    merged = [UNTESTED.at(nothing)] if dim else []
    lacking = [row for row in lacking if not _is_dim(row, found)]
    if not lacking:
        return undecided(Unknown(f"can't tell: {nothing}"), *merged, *still)
    notes = [_partly(row) if row.met else _uncalled(row, found) for row in lacking]
    shown = [
        _at(facts, _kind(row, found), row, note)
        for row, note in zip(lacking[:SHOWN], notes, strict=False)
    ]
    more = f" and {len(lacking) - 1} more" if len(lacking) > 1 else ""
    end = f" ({lacking[0].route.path}:{lacking[0].route.line}){more}"
    return undecided(Unknown(clip(notes[0], _room(end)) + end), *shown, *merged, *still)


def _kind(row: Row, found: RouteChanges) -> Kind:
    """New and untested: only where no test could be about it, and most calls are read."""
    if row.met:
        return OPEN
    names = {row.route.handler.rpartition("#")[2].rpartition(".")[2]}
    names |= {row.route.stated.id} if row.route.stated else set()
    alone = row.added and not found.tests_changed and names.isdisjoint(found.mentions)
    return NEW if alone and enough(*_reached(found)) else UNTESTED


def _room(end: str) -> int:
    """How long what stands before that end of a summary may be."""
    return max(40, SUMMARY_LIMIT - len(end))


def _uncalled(row: Row, found: RouteChanges) -> str:
    """What is said of a route that no call reaches: nothing follows where few calls were found."""
    name = row.route.name
    handler = row.route.handler.rpartition("#")[2].rpartition(".")[2]
    if len(handler) >= _TELLING and handler in found.mentions:
        return f"{name}: tests name {handler}, but no call of it was seen"
    if (row.added and not found.tests_changed) or enough(*_reached(found)):
        return f"{name}: no test calls it"
    here = "" if found.tests_changed else " and none is changed"
    return f"{name}: no test was seen to call it{here}; {_known(found)}"


def _is_dim(row: Row, found: RouteChanges) -> bool:
    """Whether nothing follows from no call of it: it was there, tests are changed, few are read."""
    looked = row.met or row.added or not found.tests_changed
    return not looked and not enough(*_reached(found))


def _reached(found: RouteChanges) -> tuple[int, int]:
    """How many routes of the base its tests were seen to call, and of how many."""
    return _counted(Same(found, (found.base_calls, found.base.routes)))


@lru_cache(maxsize=4)
def _counted(seen: Same) -> tuple[int, int]:
    found: RouteChanges = seen.held
    called = {one.route.name for one in found.base_calls if one.route is not None}
    return len(called), len({one.name for one in found.base.routes})


def _known(found: RouteChanges) -> str:
    return "calls of {} of {} routes were found".format(*_reached(found))


def _partly(row: Row) -> str:
    cases = ", ".join(
        f"{one} ({', '.join(map(str, sorted(STATUSES[one])))})"
        if one != "success"
        else "success (2xx)"
        for one in row.open
    )
    silent = next((one.test for one in row.calls if one.statuses is None), "")
    note = f"{row.route.name}: no test asserts {cases}"
    return f"{note}; the status that {silent} expects was not read" if silent else note


def _filled_by(row: Row) -> str:
    tests = dict.fromkeys(one.test for one in row.calls)
    said = [f"{', '.join(sorted(row.told))} as reported"] if row.told else []
    return f"{row.route.name}: {', '.join([*tests, *said])}"


def _at(facts: Facts, kind: Kind, row: Row, note: str) -> Evidence:
    """Evidence at the handler, where that is a file of the pull request."""
    place = place_of(facts, row.route)
    away = "" if place[0] else f" ({row.route.path}:{row.route.line})"
    return kind.at(clip(note + away, 200), *place)


RULE = Rule(
    id="endpoint-cases-are-tested",
    title="Changed endpoints are tested",
    word="cases",
    items=frozenset({"api-tests"}),
    watch=False,
    kinds=(UNTESTED, NEW, OPEN, STILL, TESTED),
    version=1,
    options=Options,
    needs=needs,
    prove=prove,
)
