"""The endpoints that a change adds, alters or removes, and the contract beside the code."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from bot.linking.news import News, new_functions
from bot.linking.route_changes import foreign, fresh_holes, route_changes, route_needs
from bot.model.known import Known, Unknown
from bot.model.same import Same

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.linking.route_changes import Places
    from bot.model.facts import Facts, Line
    from bot.model.operation import Operation, Operations
    from bot.model.route import Route
    from bot.model.signal import Function, Signals

Segments: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """`pairs`: base and head of what is altered, no base of what is added. `open`: why there may
    be others. `base`, `head`: all routes that are surely there. Routes of no API are left out."""

    pairs: tuple[tuple[Route | None, Route], ...] = ()
    removed: tuple[Route, ...] = ()
    open: Unknown | None = None
    base: tuple[Route, ...] = ()
    head: tuple[Route, ...] = ()


def touched(facts: Facts, where: Places) -> Known[Touched]:
    """The routes that a change is about; none where it changes no source text that is read."""
    if isinstance(facts.changes, Unknown):
        return facts.changes
    if not route_needs(where, facts.changes):
        return Touched(open=foreign(facts.changes, where))
    found = route_changes(facts, where)
    if isinstance(found, Unknown):
        return found
    pairs = [*((None, one) for one in found.added), *found.altered]
    return Touched(
        pairs=tuple(pair for pair in pairs if _counts(pair[1])),
        removed=tuple(filter(_counts, found.removed)),
        open=next(iter(fresh_holes(facts, found, where)), None),
        base=_sure(Same(found.base.routes, [found.base.routes])),
        head=_sure(Same(found.head.routes, [found.head.routes])),
    )


@lru_cache(maxsize=4)
def _sure(routes: Same) -> tuple[Route, ...]:
    """Cached: every rule about endpoints asks it of the same routes."""
    return tuple(one for one in routes.held if one.certain and _counts(one))


def added_handlers(
    facts: Facts, where: Places
) -> tuple[list[tuple[Route, Function, Signals]], Known[News]]:
    """Endpoints that are added with their handlers, and what was read."""
    found = touched(facts, where)
    if isinstance(found, Unknown):
        return [], found
    new = {
        (one.path, one.handler.rpartition("#")[2]): one for base, one in found.pairs if base is None
    }
    fresh, unread = new_functions(facts, where.generated, lambda path: not where.tests.has(path))
    keyed = [((head.file.path, one.name), one, head.value) for head, one in fresh]
    added = [(new[key], one, value) for key, one, value in keyed if key in new]
    open_ = [*([found.open] if found.open else []), *(unread if new else [])]
    return added, News(files=len({route.path for route, _, _ in added}), open=tuple(open_))


def spot(facts: Facts, path: str, line: int) -> tuple[str | None, int | None]:
    """A place for evidence: nothing for a file that the change does not hold."""
    files = () if isinstance(facts.changes, Unknown) else facts.changes
    return (path, line or None) if any(path in file.paths for file in files) else (None, None)


def added_lines(facts: Facts, path: str) -> tuple[Line, ...]:
    """The lines that a change adds to a file, in their order."""
    files = () if isinstance(facts.changes, Unknown) else facts.changes
    rows = (file.added for file in files if file.path == path)
    return next((added for added in rows if not isinstance(added, Unknown)), ())


class Stated:
    """The operations of contracts, found by route; `shift`: what stands before the templates of
    routes alone, and before those of the contract alone."""

    def __init__(self, held: Iterable[Operations]) -> None:
        self._held: dict[tuple[str, Segments], Operation] = {}
        for one in (operation for each in held for operation in each.operations):
            for method in ("ANY", one.method):
                self._held[method, _segments(one.template)] = one
        self.shift: tuple[Segments, Segments] = ((), ())

    def align(self, routes: Iterable[Route]) -> None:
        """Settle the shift by which the most routes are found, the shortest of several."""
        ends: dict[tuple[str, Segments], set[Segments]] = {}
        for method, parts in self._held:
            for at in range(len(parts)):
                ends.setdefault((method, parts[at:]), set()).add(parts[:at])
        votes: Counter[tuple[Segments, Segments]] = Counter()
        for one in routes:
            parts = _segments(one.template)
            votes.update(((), start) for start in ends.get((one.method, parts), ()))
            cuts = range(1, len(parts))
            votes.update((parts[:at], ()) for at in cuts if (one.method, parts[at:]) in self._held)
        best = sorted(votes, key=lambda one: (-votes[one], len(one[0]) + len(one[1]), one))
        self.shift = best[0] if best else ((), ())

    def of(self, route: Route | None) -> Operation | None:
        """The operation that states the route."""
        if route is None:
            return None
        cut, put = self.shift
        parts = _segments(route.template)
        rest = parts[len(cut) :] if parts[: len(cut)] == cut else parts
        return self._held.get((route.method, put + rest))


def _segments(template: str) -> Segments:
    return tuple(part for part in template.split("/") if part)


def _counts(route: Route) -> bool:
    """Whether a client should know of it: HEAD and OPTIONS follow from the others."""
    return not route.hidden and not route.shown and route.method not in {"HEAD", "OPTIONS"}
