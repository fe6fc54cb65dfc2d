"""One side of a pull request linked: from the side linked before it, where few files differ."""

from __future__ import annotations

from collections import Counter
from functools import cached_property, lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING

from bot.linking.calls import Calls
from bot.linking.routes import link
from bot.model.same import Same

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.linking.routes import Web
    from bot.model.area import Area
    from bot.model.endpoint import Endpoints
    from bot.model.known import Known
    from bot.model.operation import Operations
    from bot.model.route import Route, RouteSet

# Now and then all is linked anew, so that what nobody asks for any more is forgotten.
LINKED_ON_AT_MOST = 200
# Where the same is said twice, the first place counts.
PLACE = attrgetter("path", "line", "template", "method", "said")
NAME = attrgetter("method", "template")


class Linked:
    """The routes of one side and the calls of its tests, with the contracts of its interfaces;
    `before`: a side with the same tests and contracts."""

    def __init__(
        self,
        files: Mapping[str, Known[Endpoints]],
        tests: Area,
        contracts: tuple[Operations, ...] = (),
        before: Linked | None = None,
    ) -> None:
        self.contracts = contracts
        self.links: int = before.links + 1 if before else 0
        web = before.web if before else None
        self.routes: RouteSet
        self.web: Web
        self.routes, self.web = link(files, tests, contracts, web)
        calls = before.calls if before else None
        self.calls: Calls = Calls(self.routes.routes, self.web.symbols, calls)

    @cached_property
    def by_name(self) -> Mapping[tuple[str, ...], Route]:
        """The routes by method and template."""
        routes = self.routes.routes
        found: dict[tuple[str, ...], Route] = dict(zip(map(NAME, routes), routes, strict=True))
        if len(found) < len(routes):
            first = sorted(routes, key=PLACE)[::-1]
            found = dict(zip(map(NAME, first), first, strict=True))
        return found

    @cached_property
    def shared(self) -> Mapping[tuple[str, ...], list[Route]]:
        """The routes of each name that several have, as the parts of a repository may."""
        routes = self.routes.routes
        found: dict[tuple[str, ...], list[Route]] = {}
        if len(self.by_name) < len(routes):
            for one in sorted(routes, key=PLACE):
                found.setdefault(NAME(one), []).append(one)
        return {name: some for name, some in found.items() if len(some) > 1}


def by_handler(
    old: Mapping[tuple[str, ...], Route],
    new: Mapping[tuple[str, ...], Route],
    base: Linked,
    head: Linked,
) -> tuple[dict[tuple[str, ...], Route], dict[tuple[str, ...], Route], list[Route]]:
    """Both sides with every route of a name that several have, each beside that of its handler; and
    those of the head that have none beside them."""
    before, after = {**old}, {**new}
    apart: list[Route] = []
    for name in old.keys() & new.keys() & (base.shared.keys() | head.shared.keys()):
        first, now_first = before.pop(name), after.pop(name)
        was, now = base.shared.get(name, [first]), head.shared.get(name, [now_first])
        both = {one.handler for one in was} & {one.handler for one in now}
        before |= _numbered(was, both)
        some = _numbered(now, both)
        after |= some
        apart += [one for key, one in some.items() if key not in before]
    return before, after, apart


def _numbered(routes: Sequence[Route], handlers: set[str]) -> dict[tuple[str, ...], Route]:
    """Routes of one name by handler, those of no such handler by their order."""
    found: dict[tuple[str, ...], Route] = {}
    seen: Counter[str] = Counter()
    for one in routes:
        handler = one.handler if one.handler in handlers else ""
        seen[handler] += 1
        found[one.method, one.template, handler, str(seen[handler])] = one
    return found


def linked(
    repo_id: int,
    files: Mapping[str, Known[Endpoints]],
    tests: Area,
    contracts: tuple[Operations, ...],
) -> Linked:
    """One side of a pull request of that repository."""
    return _linked(repo_id, Same((files, contracts), (*files.values(), *contracts), files), tests)


@lru_cache(maxsize=4)
def _linked(repo_id: int, given: Same, tests: Area) -> Linked:
    """Cached: pull requests of one repository have the base in common."""
    files, contracts = given.held
    last = _last(repo_id, tests)
    known = [one for one in last if one.contracts == contracts and one.links < LINKED_ON_AT_MOST]
    last[:] = [Linked(files, tests, contracts, *known)]
    return last[0]


@lru_cache(maxsize=4)
def _last(repo_id: int, tests: Area) -> list[Linked]:
    """The side that was linked last there, if one was."""
    del repo_id, tests
    return []
