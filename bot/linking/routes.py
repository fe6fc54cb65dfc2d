"""The routes of one side: what every file registers, below every prefix that leads to it."""

from __future__ import annotations

from bisect import insort
from collections import defaultdict
from dataclasses import replace
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeVar

from bot.linking.contract_first import Agreed
from bot.linking.index import Index
from bot.linking.symbols import HOPS, Memo, Symbols
from bot.model.area import Area
from bot.model.endpoint import Body, Endpoints, Guard, Where
from bot.model.known import Unknown
from bot.model.route import Route, RouteHole, RouteSet

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bot.model.endpoint import Handler, Mount, Registration, Router
    from bot.model.known import Known
    from bot.model.operation import Operations

V = TypeVar("V")
# A router: the file, and its name there; empty where the framework has but one.
Key: TypeAlias = tuple[str, str]
# What serves by itself, without an application that is written out.
_APPLESS = frozenset({"spring", "nestjs", "nest", "rails", "django", "drf"})
# A middleware stands in the way of what is registered after it.
_IN_ORDER = (".js", ".mjs", ".cjs", ".ts", ".mts", ".go")
# Routers that mount each other twice over grow without end.
_STOPS_AT_MOST = 5_000
_NOWHERE = Area("nowhere", ())
_NO_WAY: frozenset[Key] = frozenset()
_ONE = attrgetter("method", "template", "handler", "said")
_ORDER = attrgetter("template", "method", "said", "handler")
# More are sorted with the others.
_PUT_AT_MOST = 500


def link(
    readings: Mapping[str, Known[Endpoints]],
    tests: Area = _NOWHERE,
    contracts: tuple[Operations, ...] = (),
    before: Web | None = None,
) -> tuple[RouteSet, Web]:
    """The routes that files outside of tests say together, and contracts of those files whose
    interfaces are made from them; what hides others is a hole. `before`: what this gave besides for
    almost the same files, with the same tests and contracts."""
    sorted_ = [(path, readings[path]) for path in sorted(readings)]
    files = {path: one for path, one in sorted_ if isinstance(one, Endpoints)}
    code = {path: one for path, one in files.items() if not tests.has(path)}
    unread = [
        RouteHole(path=path, line=1, reason=one.reason)
        for path, one in sorted_
        if isinstance(one, Unknown)
    ]
    told = [
        RouteHole(path=path, line=hole.line, reason=hole.reason)
        for path, one in code.items()
        for hole in one.holes
    ]
    symbols = Symbols(files, before.symbols if before else None)
    web = Web(code, symbols, Agreed(contracts), before)
    web.walk(before)
    routes = RouteSet(
        routes=web.settle(before),
        holes=tuple(dict.fromkeys([*unread, *told, *web.holes])),
        stacks=frozenset(one.stack for one in code.values() if one.stack),
    )
    return routes, web


class _Stop(NamedTuple):
    """A router as it is reached on one way; `own`: its guards, `way`: the routers before it;
    `instead`: the prefix stands in place of the router's own."""

    key: Key
    prefix: str = ""
    guards: tuple[Guard, ...] = ()
    own: tuple[Guard, ...] = ()
    hidden: bool = False
    certain: bool = True
    way: frozenset[Key] = frozenset()
    instead: bool = False


class _Step(NamedTuple):
    """What was found at a stop: `about` and `seen` are all that it depends on."""

    about: tuple[Any, ...]
    seen: set[str]
    routes: list[Route]
    holes: list[RouteHole]
    after: list[_Stop]


class Web:
    """All routers with what is said of them; `walk` fills `routes` and `holes`."""

    def __init__(
        self,
        files: Mapping[str, Endpoints],
        symbols: Symbols,
        agreed: Agreed,
        before: Web | None = None,
    ) -> None:
        self.routes: list[Route] = []
        self.holes: list[RouteHole] = []
        self.names: set[Any] = set()
        self.settled: tuple[Route, ...] = ()
        self._reached: set[Key] = set()
        self._stops = 0
        self._seen: set[_Stop] = set()
        self._guarding: Memo[list[str]] = Memo()
        self.files, self.symbols, self._agreed = files, symbols, agreed
        self.steps: dict[_Stop, _Step] = {}
        self._known: dict[_Stop, _Step] = {}
        old = before
        # Each router's symbol, as it is said in a file, depends on other files.
        self.keyed: Memo[list[Any]] = Memo(old.keyed if old else None, symbols.other)
        other = (
            {one for one in symbols.other if one in files or one in old.files} if old else {*files}
        )
        other |= {path for _, path in self.keyed.stale}
        self.handlers: Index[Key, Handler] = old.handlers if old else Index()
        self.handlers = self.handlers.renewed(files, self._does, other)
        self.routers: Index[Key, Router] = old.routers if old else Index()
        self.routers = self.routers.renewed(files, self._has, other)
        self.said: Index[Key, Registration] = old.said if old else Index()
        self.said = self.said.renewed(files, self._registers, other)
        self.mounts: Index[Key, Mount] = old.mounts if old else Index()
        self.mounts = self.mounts.renewed(files, self._mounted, other)
        self.chains = _chains(files)
        self._keys = {*self.routers, *self.said, *self.mounts}
        self._of_path: dict[str, list[Key]] = defaultdict(list)
        for key in self._keys:
            self._of_path[key[0]].append(key)
        self._children = {
            (path, mount): self._child(mount, path)
            for key in self.mounts
            for path, mount in self.mounts.rows(key)
        }

    def _does(self, path: str) -> Iterator[tuple[Key, Handler]]:
        for one in self.files[path].handlers:
            yield (path, one.name), one

    def _has(self, path: str) -> Iterator[tuple[Key, Router]]:
        for one in self.files[path].routers:
            yield (path, one.name), one

    def _registers(self, path: str) -> list[tuple[Key, Registration]]:
        said = self.files[path].registrations
        return self._on_router("said", path, [(one.on, one) for one in said])

    def _mounted(self, path: str) -> list[tuple[Key, Mount]]:
        mounts = self.files[path].mounts
        return self._on_router("mounts", path, [(one.parent, one) for one in mounts])

    def _on_router(self, what: str, path: str, said: list[tuple[str, V]]) -> list[tuple[Key, V]]:
        """What a file says, by the routers that its symbols stand for."""

        def find() -> list[tuple[Key, V]]:
            self.symbols.seen.add(path)
            return [(self._key(symbol, path), one) for symbol, one in said]

        return self.symbols.kept(self.keyed, (what, path), find)

    def walk(self, before: Web | None = None) -> None:
        """Visit every router from every root; then those that no way leads to."""
        if before and before.chains == self.chains:
            self._known = before.steps
        mounted = {key for some in self._children.values() for key, _ in some}
        free = sorted(key for key in self._keys - mounted if not self._is_view(key))
        self._visit([_Stop(key=key) for key in free if self._serves(key)])
        self._visit([self._lost(key) for key in free if not self._serves(key)])
        # What only its own children mount.
        rest = [key for key in {*self.said} - self._reached if not self._is_view(key)]
        self._visit([self._lost(key) for key in sorted(rest)])

    def settle(self, before: Web | None) -> tuple[Route, ...]:
        """The routes once each, in order: one that is reached on several ways below the same prefix
        is one. Where nothing was reached so, before and now, what is new is put among the others.
        """
        here = {*map(id, self.routes)}
        if before and len(before.names) == len(before.routes) and len(here) == len(self.routes):
            known = {*map(id, before.routes)}
            fresh = [one for one in self.routes if id(one) not in known]
            names = before.names - {_ONE(one) for one in before.routes if id(one) not in here}
            new = {*map(_ONE, fresh)}
            if len(new) == len(fresh) <= _PUT_AT_MOST and names.isdisjoint(new):
                found = [one for one in before.settled if id(one) in here]
                for one in fresh:
                    insort(found, one, key=_ORDER)
                self.names, self.settled = names | new, tuple(found)
                return self.settled
        once = {_ONE(one): one for one in reversed(self.routes)}
        self.names, self.settled = {*once}, tuple(sorted(once.values(), key=_ORDER))
        return self.settled

    def _is_view(self, key: Key) -> bool:
        """A view of Django serves where a pattern names it, and nowhere else."""
        return self.files[key[0]].stack == "django" and self.handlers.last(key) is not None

    def _serves(self, key: Key) -> bool:
        router = self.routers.last(key)
        stack = self.files[key[0]].stack
        return (router is not None and router.root) or stack in _APPLESS or not key[1]

    def _lost(self, key: Key) -> _Stop:
        if self.said.rows(key):
            why = f"nothing that was read mounts {key[1]}"
            line = self.said.rows(key)[0][1].line
            self.holes.append(RouteHole(path=key[0], line=line, reason=why))
        return _Stop(key=key, certain=False)

    def _key(self, symbol: str, path: str) -> Key:
        if symbol in {"", "#"}:
            return path, ""
        place = self.symbols.place(symbol, path)
        return place if place and place[0] in self.files else (path, symbol.removeprefix("#"))

    def _child(self, mount: Mount, path: str) -> list[tuple[Key, str]]:
        """The routers that a mount means, each with the folders that stand before it."""
        module, _, name = mount.child.partition("#")
        place = self.symbols.place(mount.child, path)
        if place is None and name == "default":
            place = self.symbols.place(f"{module}#", path)
        if place is None and module and not name:
            below = self.symbols.below(module, path)
            return [(key, between) for one, between in below for key in self._all_of(one)]
        if place is None:
            return []
        if not place[1]:
            return [(key, "") for key in self._all_of(place[0])]
        if place in self._keys:
            return [(place, "")]
        # A function that is given a router says its routes of that parameter.
        inner = self._all_of(place[0])
        return [(key, "") for key in inner if key[1].startswith(f"{place[1]}.")]

    def _all_of(self, path: str) -> list[Key]:
        """The routers of a file that the file itself does not mount."""
        own = self.files[path].mounts if path in self.files else ()
        inside = {self._key(one.child, path) for one in own}
        return sorted(key for key in self._of_path[path] if key not in inside)

    def _visit(self, stops: list[_Stop]) -> None:
        waiting = stops[::-1]
        while waiting and self._stops < _STOPS_AT_MOST:
            stop = waiting.pop()
            # Another way to the same router, the same guards on it, says nothing new.
            seen = stop._replace(way=_NO_WAY)
            if seen not in self._seen:
                self._seen.add(seen)
                self._stops += 1
                waiting += self._step(stop)[::-1]
        if waiting:
            why = "routers are mounted in more ways than can be followed"
            self.holes.append(RouteHole(path=waiting[-1].key[0], line=1, reason=why))

    def _step(self, stop: _Stop) -> list[_Stop]:
        """What is at a stop, as it was before where nothing of it differs."""
        self._reached.add(stop.key)
        about = self._about(stop.key)
        step = self._known.get(stop)
        if step is None or step.about != about or not step.seen.isdisjoint(self.symbols.other):
            routes, holes = len(self.routes), len(self.holes)
            self.symbols.seen = {stop.key[0], *(at for some in about[1:3] for at, *_ in some)}
            after = self._at(stop)
            step = _Step(about, self.symbols.seen, self.routes[routes:], self.holes[holes:], after)
        else:
            self.routes += step.routes
            self.holes += step.holes
        self.steps[stop] = step
        self.symbols.seen = set()
        return step.after

    def _about(self, key: Key) -> tuple[Any, ...]:
        """All that is said of a router, wherever it stands."""
        mounts = [(at, one, self._children[at, one]) for at, one in self.mounts.rows(key)]
        return self.routers.last(key), self.said.rows(key), mounts

    def _at(self, stop: _Stop) -> list[_Stop]:
        """Say the routes of a router, and where its mounts lead."""
        path, _ = stop.key
        router = self.routers.last(stop.key)
        if router is not None:
            own = "" if stop.instead else router.prefix
            prefix = self._joined(path, stop.prefix, own)
            stop = stop._replace(prefix=prefix, own=self._guards(router.guards, path))
        for at, said in self.said.rows(stop.key):
            self.routes.append(self._route(stop, at, said))
        return [
            one for at, mount in self.mounts.rows(stop.key) for one in self._on(stop, at, mount)
        ]

    def _on(self, stop: _Stop, path: str, mount: Mount) -> Iterator[_Stop]:
        prefix = self._joined(path, stop.prefix, mount.prefix)
        children = self._children[path, mount]
        if not children and not self._is_plain(mount, path):
            self._unmade(stop._replace(prefix=prefix), path, mount)
        for key, between in children:
            if key != stop.key and key not in stop.way:
                yield _Stop(
                    key=key,
                    prefix=_joined(prefix, between),
                    guards=_before(stop, path, mount.line) + self._guards(mount.guards, path),
                    hidden=stop.hidden or mount.hidden,
                    certain=stop.certain,
                    way=stop.way | {stop.key},
                    instead=mount.instead,
                )

    def _unmade(self, stop: _Stop, path: str, mount: Mount) -> None:
        """What is mounted and in no file: a contract may say what its methods answer."""
        found, every = self._agreed.says(mount.parent.removeprefix("#"), self.files[path])
        for said, stated in found:
            route = self._route(stop, path, said)
            self.routes.append(self._agreed.agreed(route, stated, stop.prefix))
        if not every:
            why = f"no file that was read has {mount.child.strip('#')}"
            hole = RouteHole(path=path, line=mount.line, reason=why, prefix=stop.prefix)
            self.holes.append(hole)

    def _is_plain(self, mount: Mount, path: str) -> bool:
        """Whether it is a class that was read and routes nothing, as a base of controllers is."""
        place = self.symbols.place(mount.child, path)
        file = self.files.get(place[0]) if place else None
        return file is not None and file.stack in _APPLESS | {""}

    def _route(self, stop: _Stop, path: str, said: Registration) -> Route:
        place = self.symbols.place(said.handler, path) if said.handler else None
        does = self.handlers.last(place) if place else None
        at = place[0] if place and does else path
        if does and does.body is Body.TYPED and self._only_depends(does, at):
            does = replace(does, body=Body.NONE)
        first, last = (does.line, does.end) if does else (said.line, said.end)
        guards = _before(stop, path, said.line) + self._guards(said.guards, path)
        if self.files[path].stack == "spring":
            guards = self.chains.get(_module(path), ()) + guards
        guards += self._guards(does.guards, at) if does else ()
        named = self.symbols.said(said.handler, path) if said.handler else ""
        return Route(
            method=said.method,
            template=self._joined(path, stop.prefix, said.path),
            handler=f"{at}#{does.name}" if does else named,
            path=at,
            line=first,
            end=last,
            said=(path, said.line, said.end),
            guards=_standing(guards),
            does=does,
            hidden=stop.hidden or said.hidden,
            certain=stop.certain and said.certain,
            shown=said.shown,
        )

    def _only_depends(self, does: Handler, path: str) -> bool:
        """Whether all types of its parameters are names of dependencies that other files make."""
        taken = [one.symbol for one in does.guards if one.where is Where.PARAMETER]
        places = [self.symbols.place(one, path) for one in taken]
        known = [self.handlers.last(one) if one else None for one in places]
        return bool(taken) and all(one is not None and _depends(one) for one in known)

    def _guards(self, guards: tuple[Guard, ...], path: str) -> tuple[Guard, ...]:
        return tuple(
            Guard(symbol=symbol, where=one.where, line=one.line, sure=one.sure)
            for one in guards
            for symbol in self._called(one.symbol, path, inside=one.where is Where.BODY)
        )

    def _called(self, symbol: str, path: str, *, inside: bool) -> list[str]:
        """Every name of a guard; those of a file say the same ones again and again."""
        bare, mark = symbol.removeprefix("-"), symbol[: symbol.startswith("-")]
        hops, key = 0 if inside else HOPS, (symbol, path, inside)
        return self.symbols.kept(
            self._guarding,
            key,
            lambda: [mark + one for one in self._meant(bare, path, hops, set())],
        )

    def _meant(self, symbol: str, path: str, hops: int, seen: set[Any]) -> Iterator[str]:
        """What a guard is called here and where it is defined; once each, what guards it then."""
        said = self.symbols.said(symbol, path)
        yield said
        if said.rpartition("#")[2] != symbol.rpartition("#")[2]:
            yield f"{path}{symbol}" if symbol.startswith("#") else symbol
        place = self.symbols.place(symbol, path) if hops else None
        if place is None or (place, hops) in seen:
            return
        seen.add((place, hops))
        file, alias = self.files.get(place[0]), self.symbols.alias(place)
        router = self.routers.last(place) if file and file.stack == "rails" else None
        both = [one for one in (router, self.handlers.last(place)) if one]  # may bear one name
        inner = [one.symbol for of in both for one in of.guards if one.where is not Where.BODY]
        for one in [*inner, *([alias] if alias else [])]:
            yield from self._meant(one, place[0], hops - 1, seen)

    def _joined(self, path: str, prefix: str, written: str) -> str:
        return _joined(prefix, self.symbols.text(written, path))


def _chains(files: Mapping[str, Endpoints]) -> dict[str, tuple[Guard, ...]]:
    """What stands before all routes of a module of Spring: its chain of filters, which has no
    name. Of several, some let through what others do not."""
    found: dict[str, list[Router]] = defaultdict(list)
    for path, one in files.items():
        if one.stack == "spring":
            found[_module(path)] += [router for router in one.routers if not router.name]
    return {module: some[0].guards for module, some in found.items() if len(some) == 1}


def _module(path: str) -> str:
    """The folder of the module whose source this is; elsewhere a file is alone."""
    return path.partition("src/main/")[0]


def _depends(one: Handler) -> bool:
    """Whether the name stands for something that the framework calls; a class has its bases."""
    return any(guard.where is Where.PARAMETER for guard in one.guards)


def _joined(prefix: str, path: str) -> str:
    return prefix.rstrip("/") + (f"/{path.strip('/')}" if path.strip("/") else "")


def _before(stop: _Stop, path: str, line: int) -> tuple[Guard, ...]:
    """Without the middlewares that the router is given further down in the same file."""
    late = line if path == stop.key[0] and path.endswith(_IN_ORDER) else None
    return stop.guards + tuple(
        one
        for one in stop.own
        if late is None or one.where is not Where.MIDDLEWARE or one.line < late
    )


def _standing(guards: tuple[Guard, ...]) -> tuple[Guard, ...]:
    """Each guard once, without those that a later one takes away by name."""
    found: dict[str, Guard] = {}
    for one in guards:
        if one.symbol.startswith("-"):
            name = one.symbol.rpartition("#")[2].removeprefix("-")
            found = {s: g for s, g in found.items() if s.rpartition("#")[2] != name}
        else:
            found.setdefault(one.symbol, one)
    return tuple(found.values())
