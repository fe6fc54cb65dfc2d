"""Conditions about source text: what holds, and what is shown of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.linking.functions import copies, turns
from bot.linking.mentions import names_endpoints
from bot.linking.news import TESTS, SourceOptions, source_needs
from bot.linking.route_changes import Places, route_needs
from bot.model.item import InterfaceTurns, NamesEndpoints, SameCode
from bot.model.known import Known, Unknown
from bot.model.verdict import Evidence, Kind, Says, Tier, clip

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from bot.model.facts import Changes, Facts
    from bot.model.need import Need

    AboutCode: TypeAlias = SameCode | InterfaceTurns | NamesEndpoints

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
            return names_endpoints(facts, areas, _places(condition))


def code_needs(condition: AboutCode, changes: Changes) -> frozenset[Need]:
    """What must be read to answer it."""
    if isinstance(condition, NamesEndpoints):
        return route_needs(_places(condition), changes)
    return source_needs(_where(condition), changes)


def code_shown(
    condition: AboutCode, facts: Facts, part: Callable[[str], str]
) -> tuple[Evidence, ...]:
    """Where it is so."""
    where = _where(condition)
    match condition:
        case SameCode(components=least):
            same = copies(facts, where, part, least)
            return tuple(
                SAME_CODE.at(_same(one.name, one.statements, one.places), *one.places[-1])
                for one in ([] if isinstance(same, Unknown) else same[:SHOWN])
            )
        case InterfaceTurns():
            turned = turns(facts, where)
            return tuple(
                INTERFACE.at(_turned(one.name, one.line), one.path, one.line)
                for one in ([] if isinstance(turned, Unknown) else turned[:SHOWN])
            )
        case NamesEndpoints():
            return ()


def _same(name: str, statements: int, places: tuple[tuple[str, int], ...]) -> str:
    others = ", ".join(f"{path}:{line}" for path, line in places[:-1])
    return clip(f"{name}, {statements} lines, stands in {others} as well", 200)


def _turned(name: str, line: int | None) -> str:
    return clip(f"{name} takes something else" if line else f"{name} is gone", 200)


def _where(condition: AboutCode) -> SourceOptions:
    tests = condition.tests if condition.tests.globs else TESTS
    return SourceOptions(tests=tests, generated=condition.generated)


def _places(condition: NamesEndpoints) -> Places:
    where = _where(condition)
    return Places(endpoints=condition.endpoints, tests=where.tests, generated=where.generated)
