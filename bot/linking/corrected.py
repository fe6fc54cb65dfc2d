"""A contract that was wrong and is put right: the code did before what it now says."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from bot.linking.guards import enough
from bot.linking.operations import operation_needs, promises
from bot.linking.route_changes import every_route, route_changes, route_needs
from bot.linking.touched import Stated
from bot.model.known import Unknown
from bot.model.verdict import Kind, Says, Tier

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.linking.route_changes import Places
    from bot.model.contract import Change
    from bot.model.facts import Changes, Facts
    from bot.model.need import Need
    from bot.model.route import Route

CORRECTED = Kind(
    id="contract-corrected",
    tier=Tier.LIKELY,
    says=Says.BROKEN,
    because="The code did not do it before, as far as it is read; another service may have.",
    withholds=True,
)
_REMOVED = frozenset({"operation-removed", "path-removed"})
_HOLDER = re.compile(r"\{[^{}]*\}")


def correction_needs(where: Places, changes: Changes) -> frozenset[Need]:
    """The code beside a contract that is changed."""
    files = () if isinstance(changes, Unknown) else changes
    if not any(where.contract.has(path) for file in files for path in file.paths):
        return frozenset()
    known = {every_route(where), operation_needs(where.contract)}
    return route_needs(where, changes) | known


@dataclass(frozen=True, slots=True, kw_only=True)
class _Code:
    """`kept`: the route of each operation of the old contract that one answers, before or now.
    `altered`: routes that the change touches. `now`: what the new contract promises."""

    kept: dict[str, Route]
    altered: frozenset[str]
    now: dict[str, frozenset[str]]

    def corrects(self, change: Change) -> bool:
        """Whether the code surely did not keep what a change takes out."""
        names = [_HOLDER.sub("{}", one) for one in change.operations]
        if change.count > len(names):
            return False
        if change.kind in _REMOVED:
            return not any(f" {one}".endswith(f" {name}") for name in names for one in self.kept)
        return change.kind == "success-status-removed" and all(
            name in self.kept and self._answers(name, change.note) for name in names
        )

    def _answers(self, name: str, gone: str) -> bool:
        """Whether the route declares the status that is promised now, not the one that is gone."""
        route = self.kept[name]
        declared = str(route.does.success) if route.does and not route.stated else ""
        promised = self.now.get(name, frozenset())
        return gone.isdigit() and gone != declared in promised and route.name not in self.altered


def corrections(facts: Facts, where: Places) -> Callable[[Change], bool]:
    """Whether a change takes out of the contract what the code did not keep before, and does not
    now; never so where a route may be hidden, or few operations are found in the code."""

    @cache
    def code() -> _Code | None:
        return _code(facts, where)

    return lambda change: (known := code()) is not None and known.corrects(change)


def _code(facts: Facts, where: Places) -> _Code | None:
    found, said = route_changes(facts, where), promises(facts, where.contract)
    if isinstance(found, Unknown) or isinstance(said, Unknown):
        return None
    routes = [*found.base.routes, *found.head.routes]
    before = Stated(held for _, held in said.bases)
    before.align(found.base.routes)
    kept = {operation.name: one for one in routes if (operation := before.of(one))}
    every = {one.name for _, held in said.bases for one in held.operations}
    hidden = found.base.holes or found.head.holes
    if hidden or not all(map(_is_plain, routes)) or not enough(len(kept), len(every)):
        return None
    touched = (*found.added, *found.removed, *(new for _, new in found.altered))
    return _Code(
        kept=kept,
        altered=frozenset(one.name for one in touched),
        now={one.head.name: one.head.statuses for one in said.stated},
    )


def _is_plain(route: Route) -> bool:
    """Whether what it answers is surely one operation."""
    return route.certain and route.method != "ANY"
