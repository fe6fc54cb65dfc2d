"""No endpoint loses a guard that it had.

Why it matters
    What was closed yesterday is open tomorrow, and no test of the happy path notices.
What it looks at
    Routes of both sides whose guards differ: decorators, parameters, routers, mounts, middlewares.
    A guard is one by its exact name: those that `guards` lists, and those that the framework
    documents; under whatever name where the framework takes nothing but guards, as `@UseGuards` of
    NestJS does. What speaks of access by its name, as `require_mfa` or `TenantAdmin`, proves
    nothing where it stands, and is missed where it is gone and nothing of the kind came instead.
    What lets everybody in by its name, as `@Public` or `@PermitAll`, is asked about where it is
    new. Of each changed contract, operations that asked who one is and ask no more.
How to satisfy it
    Keep the guard, or list the route under `public`; in a contract, keep `security`.
What it cannot see
    A guard that lets more people through than before, and one that moved to a gateway or into
    a function of another name. Guards whose names do not speak of access are not missed.
Examples
    Ready: `Depends(get_user)` became `Depends(get_admin)`. Not ready: it is gone.
"""

from dataclasses import dataclass

from bot.linking.guards import guards_of, is_public, lets_in, standing
from bot.linking.operations import Promises, operation_needs, promises, unsecured
from bot.linking.route_changes import Places, fresh_holes, place_of, route_changes, route_needs
from bot.model.area import Area
from bot.model.facts import Changes, Facts
from bot.model.known import Unknown
from bot.model.need import Need
from bot.model.route import Route, RouteChanges
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

REMOVED = Kind(
    id="guard-removed",
    tier=Tier.LIKELY,
    says=Says.BROKEN,
    because="The guard may have moved to where it is not seen, or be one by its name alone.",
    withholds=True,
)
REPLACED = Kind(
    id="guard-replaced",
    tier=Tier.LIKELY,
    says=Says.BROKEN,
    because="Another guard may let other people through.",
)
OPENED = Kind(
    id="contract-security-removed",
    tier=Tier.SURE,
    says=Says.BROKEN,
    because="The contract asked for a proof of identity and promises now to ask for none.",
)
# What Django's REST framework falls back to; often it lets everybody in.
_SETTINGS = {"DEFAULT_PERMISSION_CLASSES"}
SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Options(Places):
    """`guards`: exact names of guards; `public`: routes that need none, as `GET /health`."""

    guards: tuple[str, ...] = ()
    public: tuple[str, ...] = ()
    generated: Area = Area("generated", ())


def needs(options: Options, changes: Changes) -> frozenset[Need]:
    routes = route_needs(options, changes)
    return routes | ({operation_needs(options.contract)} if options.contract.globs else set())


def prove(facts: Facts, options: Options) -> Verdict:
    found = route_changes(facts, options)
    files = facts.changed_in(options.contract)
    if isinstance(found, Unknown) or isinstance(files, Unknown):
        return undecided(found if isinstance(found, Unknown) else Unknown("no files are known"))
    stated = promises(facts, options.contract) if files else Promises()
    opened = [] if isinstance(stated, Unknown) else _opened(stated, options)
    pairs = _pairs(facts, found, options)
    lost = [pair for pair in pairs if not _left(*pair, options)]
    removed = [_at(facts, REMOVED, pair, options) for pair in lost]
    replaced = tuple(
        _at(facts, REPLACED, pair, options) for pair in pairs if _left(*pair, options)
    )[:SHOWN]
    doubts = [stated] if isinstance(stated, Unknown) else []
    doubts += fresh_holes(facts, found, options)
    what = f"{len(found.altered)} altered endpoint(s), {len(files)} changed contract(s)"
    if doubts:
        beyond = undecided(doubts[0])
    elif not found.altered and not files:
        beyond = skipped("no endpoint that was there before is altered")
    else:
        beyond = passed(f"{what}: no guard is gone", advice=replaced)
    if removed:
        more = f" and {len(removed) - 1} more" if len(removed) > 1 else ""
        gone = _gone(*lost[0], options)
        remedy = "it may have moved. Put it back" if gone else "list it under public"
        why = f"can't tell: {removed[0].note}{more} - {remedy}, or attest"
        beyond = undecided(Unknown(clip(why)), *removed[:SHOWN], beyond=beyond)
    if opened:
        beside = (*removed[:SHOWN], *replaced)
        return failed(opened[0].note, *opened[:SHOWN], advice=beside, beyond=beyond)
    return beyond


def _pairs(facts: Facts, found: RouteChanges, options: Options) -> list[tuple[Route, Route]]:
    """Routes that had a guard which they have no more, or are new to everybody; those with another
    path among them."""
    files = () if isinstance(facts.changes, Unknown) else facts.changes
    new = {file.previous_path or file.path: file.path for file in files}
    bases = {_handler(one, new.get(one.path, one.path)): one for one in found.removed}
    heads = [(_handler(one, one.path), one) for one in found.added]
    moved = [(bases[key], one) for key, one in heads if key in bases]
    return [
        (base, head)
        for base, head in (*found.altered, *moved)
        if (_gone(base, head, options) or _lets_in(base, head))
        and not is_public(head.name, options.public)
    ]


def _left(base: Route, head: Route, options: Options) -> frozenset[str]:
    """What stands for the guards that are gone: for a known one only another known one does, for
    one of unknown name also one that is new."""
    if _lets_in(base, head):
        return frozenset()
    known = guards_of(head, options.guards)
    gone = guards_of(base, options.guards) - known
    new = standing(head, options.guards) - standing(base, options.guards) - _SETTINGS
    return known if gone else known | new


def _lets_in(base: Route, head: Route) -> str:
    """What lets everybody in and did not before."""
    return ", ".join(sorted(lets_in(head) - lets_in(base)))


def _handler(route: Route, path: str) -> tuple[str, str, str]:
    """Every controller of Rails has a `create`: the file's own name tells them apart."""
    return route.method, path.rpartition("/")[2], route.handler.rpartition("#")[2]


def _gone(base: Route, head: Route, options: Options) -> frozenset[str]:
    """The guards that are gone: known ones, else those by their names alone."""
    after = standing(head, options.guards)
    return (guards_of(base, options.guards) - after) or (standing(base, options.guards) - after)


def _at(facts: Facts, kind: Kind, pair: tuple[Route, Route], options: Options) -> Evidence:
    base, head = pair
    after, gone = standing(head, options.guards), ", ".join(sorted(_gone(base, head, options)))
    if kind is REPLACED:
        note = f"{head.name}: {gone} is gone, {', '.join(sorted(after))} stands there"
    elif gone:
        note = f"{head.name} lost its guard {gone}"
    else:
        note = f"{head.name} lets everybody in by {_lets_in(base, head)}"
    return kind.at(clip(note, 200), *place_of(facts, head))


def _opened(stated: Promises, options: Options) -> list[Evidence]:
    """Operations of a contract that became public and are not listed so."""
    return [
        OPENED.at(clip(f"{one.head.name} asks nobody who calls any more", 200), one.path, one.line)
        for one in unsecured(stated)
        if not is_public(one.head.name, options.public)
    ]


RULE = Rule(
    id="authorization-is-not-removed",
    title="Authorization is not removed",
    word=None,
    items=frozenset({"authorization"}),
    watch=False,
    kinds=(REMOVED, REPLACED, OPENED),
    version=1,
    options=Options,
    needs=needs,
    prove=prove,
)
