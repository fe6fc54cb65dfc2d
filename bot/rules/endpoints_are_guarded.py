"""Added endpoints check who may call them.

Why it matters
    A route without a guard is open to everybody who finds it, and nothing fails.
What it looks at
    Routes that are added, and every guard on the way to their handlers: of applications, routers
    and mounts, decorators, parameters, middlewares before them, calls in the handler. A guard is
    one by its exact name: those that `guards` lists, and those that the framework documents. Only
    where at least 80 % of at least 5 routes of the base are seen to be guarded is one lacking.
How to satisfy it
    Put a guard before the handler, list the guard's name under `guards`, or the route under
    `public`.
What it cannot see
    Whether a guard lets the right people through, checks of single objects, and guards of a
    gateway. So it never fails, it asks. A test that walks all routes without a login shows more.
Examples
    Ready: `POST /items` takes `CurrentUser`, as the other routes do.
    Not ready: `POST /private/users` is new, and of 23 routes it alone takes no user.
"""

from dataclasses import dataclass

from bot.linking.guards import enough, guarded, guards_of, is_public
from bot.linking.route_changes import Places, fresh_holes, place_of, route_changes, route_needs
from bot.model.area import Area
from bot.model.facts import Facts
from bot.model.known import Unknown
from bot.model.route import Route
from bot.model.rule import Rule
from bot.model.verdict import Evidence, Kind, Says, Tier, Verdict, passed, skipped, undecided

UNGUARDED = Kind(
    id="endpoint-without-guard",
    tier=Tier.LIKELY,
    says=Says.BROKEN,
    because="A guard of another name, or one outside of the code, is not seen.",
    withholds=True,
)
GUARDED = Kind(
    id="endpoint-guarded",
    tier=Tier.LIKELY,
    says=Says.HOLDS,
    because="The guard stands there by its exact name.",
)
OBJECTS = Kind(
    id="object-checks-unseen",
    tier=Tier.HINT,
    says=Says.ABSENT,
    because="Who may see which object is decided by data.",
)
SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Options(Places):
    """`guards`: exact names of guards; `public`: routes that need none, as `GET /health`."""

    guards: tuple[str, ...] = ()
    public: tuple[str, ...] = ()
    generated: Area = Area("generated", ())


def prove(facts: Facts, options: Options) -> Verdict:
    found = route_changes(facts, options)
    if isinstance(found, Unknown):
        return undecided(found)
    added = [
        one for one in found.added if not one.shown and not is_public(one.name, options.public)
    ]
    having = [one for one in added if guards_of(one, options.guards)]
    bare = [one for one in added if not guards_of(one, options.guards)]
    hint = (OBJECTS.at("whether a caller may touch the very object cannot be seen"),)
    doubts = fresh_holes(facts, found, options)
    if doubts:
        beyond = undecided(doubts[0])
    elif not added:
        beyond = skipped("no endpoint that needs a guard was added")
    else:
        shown = [_guarded(facts, one, options) for one in having[:SHOWN]]
        what = f"{len(having)} added endpoint(s) have a guard"
        beyond = passed(what, *shown, advice=hint)
    if not bare:
        return beyond
    seen, total = guarded(found.base, options.guards, options.public)
    shown = [
        UNGUARDED.at(f"{one.name} has no guard", *place_of(facts, one)) for one in bare[:SHOWN]
    ]
    return undecided(_lacking(bare, seen, total), *shown, *hint, beyond=beyond)


def _guarded(facts: Facts, route: Route, options: Options) -> Evidence:
    named = ", ".join(sorted(guards_of(route, options.guards)))
    return GUARDED.at(f"{route.name}: {named}"[:200], *place_of(facts, route))


def _lacking(bare: list[Route], seen: int, total: int) -> Unknown:
    """What is lacking where others have it; else that nothing follows."""
    first = bare[0]
    more = f" and {len(bare) - 1} more" if len(bare) > 1 else ""
    if enough(seen, total):
        place = f"{first.path}:{first.line}"
        return Unknown(
            f"{first.name} has no guard ({place}){more}; {seen} of {total} others have one"
        )
    why = f"a guard is seen at {seen} of {total} others. Name them under guards"
    return Unknown(f"can't tell: the guard of {first.name}{more} - {why}")


RULE = Rule(
    id="endpoints-are-guarded",
    title="Endpoints are guarded",
    word=None,
    items=frozenset({"authorization"}),
    watch=False,
    kinds=(UNGUARDED, GUARDED, OBJECTS),
    version=1,
    options=Options,
    needs=route_needs,
    prove=prove,
)
