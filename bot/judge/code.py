"""Conditions about source text: what holds, and what is shown of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from bot.linking.functions import copies, turns
from bot.linking.mentions import names_endpoints
from bot.linking.news import TESTS, News, SourceOptions, news, source_needs
from bot.linking.route_changes import Places, route_needs
from bot.model.area import Area
from bot.model.item import ContractTurns, InterfaceTurns, NamesEndpoints, Registers, SameCode
from bot.model.known import Known, Unknown
from bot.model.signal import Sign
from bot.model.verdict import Evidence, Kind, Says, Tier, clip

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from bot.linking.functions import Copy, Turn
    from bot.model.facts import Changes, Facts
    from bot.model.need import Need

    AboutCode: TypeAlias = SameCode | InterfaceTurns | NamesEndpoints | Registers

SAME_CODE = Kind(
    id="same-code",
    tier=Tier.LIKELY,
    says=Says.BROKEN,
    because="Word for word the same function; two that must not be one look alike as well.",
)
INTERFACE = Kind(
    id="public-interface-changed",
    tier=Tier.SURE,
    says=Says.BROKEN,
    because="Functions of both versions were compared by name and by what a caller must give.",
)
REGISTERED = Kind(
    id="global-handler-registered",
    tier=Tier.SURE,
    says=Says.BROKEN,
    because="The framework documents that what is registered by this call sees every request.",
)
SHOWN = 20


def code_holds(condition: AboutCode, facts: Facts, part: Callable[[str], str]) -> Known[bool]:
    """The answer for these facts; `part`: the component of a path."""
    where = _where(condition)
    match condition:
        case SameCode(components=least):
            same = copies(facts, where, part, least)
            return same if isinstance(same, Unknown) else bool(same)
        case InterfaceTurns():
            turned = turns(facts, where)
            return turned if isinstance(turned, Unknown) else bool(turned)
        case NamesEndpoints(areas=areas):
            return names_endpoints(facts, areas, places_of(condition))
        case Registers():
            found = _registered(condition, facts)
            doubt = next(iter(() if isinstance(found, Unknown) else found.open), False)
            return found if isinstance(found, Unknown) else bool(_fresh(condition, found)) or doubt
        case _:
            assert_never(condition)


def code_needs(condition: AboutCode, changes: Changes) -> frozenset[Need]:
    """What must be read to answer it."""
    if isinstance(condition, NamesEndpoints):
        return route_needs(places_of(condition), changes)
    return source_needs(_where(condition), changes)


def code_shown(
    condition: AboutCode, facts: Facts, part: Callable[[str], str]
) -> tuple[Evidence, ...]:
    """Where it is so."""
    where = _where(condition)
    if isinstance(condition, SameCode):
        same = copies(facts, where, part, condition.components)
        return () if isinstance(same, Unknown) else tuple(_same(one) for one in same[:SHOWN])
    if isinstance(condition, InterfaceTurns):
        turned = turns(facts, where)
        return () if isinstance(turned, Unknown) else tuple(_turned(one) for one in turned[:SHOWN])
    if isinstance(condition, Registers):
        found = _registered(condition, facts)
        return () if isinstance(found, Unknown) else _fresh(condition, found)
    return ()


def _registered(condition: Registers, facts: Facts) -> Known[News]:
    where = _where(condition)
    return news(facts, (Sign.REGISTERED,), where.generated, lambda path: not where.tests.has(path))


def _fresh(condition: Registers, found: News) -> tuple[Evidence, ...]:
    """What is registered, as `middleware Gzip`; nothing where it may have been there before."""
    places = () if found.blurred else found.places
    return tuple(
        REGISTERED.at(f"{one.signal.detail} {one.signal.name}".strip(), one.path, one.signal.line)
        for one in places
        if one.signal.detail in condition.what
    )


def _same(one: Copy) -> Evidence:
    others = ", ".join(f"{path}:{line}" for path, line in one.places[:-1])
    note = f"{one.name}, {one.statements} lines, stands in {others} as well"
    return SAME_CODE.at(clip(note, 200), *one.places[-1])


def _turned(one: Turn) -> Evidence:
    says = "takes something else" if one.line else "is gone"
    return INTERFACE.at(clip(f"{one.name} {says}", 200), one.path, one.line)


def _where(condition: AboutCode | ContractTurns) -> SourceOptions:
    tests = condition.tests if condition.tests.globs else TESTS
    return SourceOptions(tests=tests, generated=condition.generated)


def places_of(condition: NamesEndpoints | ContractTurns) -> Places:
    """Where the routes are that a condition is about."""
    where = _where(condition)
    contract = condition.area if isinstance(condition, ContractTurns) else Area("contract", ())
    return Places(
        endpoints=condition.endpoints,
        tests=where.tests,
        generated=where.generated,
        contract=contract,
    )
