"""What a pull request does to the routes of its repository, and which tests call them."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

from bot.linking.guards import name_of
from bot.linking.linked import NAME, PLACE, by_handler, linked
from bot.linking.news import TESTS, counts, source_needs, without
from bot.linking.operations import contracts
from bot.model.area import Area
from bot.model.endpoint import WEB, Endpoints, Where
from bot.model.facts import Change, between
from bot.model.known import Known, Unknown
from bot.model.reading import BOTH, ENDPOINTS, OPERATIONS, SIGNALS, Read, Side
from bot.model.route import RouteChanges, RouteHole
from bot.model.same import Same
from bot.model.signal import SOURCE, Sign, Signals
from bot.model.verdict import clip

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bot.model.endpoint import Handler
    from bot.model.facts import ChangedFile, Changes, Facts, Line
    from bot.model.need import Need
    from bot.model.route import Route

_Named: TypeAlias = "Mapping[tuple[str, ...], Route]"
_Pair: TypeAlias = "tuple[Route, Route]"
# Among the tests there are files of many kinds that hold no code.
_NO_SOURCE = (
    "!**/*.{json,yaml,yml,md,txt,csv,html,xml,sql,snap,lock,toml,svg,png,jpg,css,scss,zip,pdf,erb}"
)
NOT_READ = Unknown(
    "can't tell: routes of this stack - no framework that is read was seen. A person can attest"
)
# What may serve routes and is read by nothing here.
_FOREIGN = Area(
    "foreign", ("**/*.{php,cs,fs,rs,ex,exs,scala,clj,swift,dart,lua,cr,cc,cpp,graphql,proto}",)
)
_GENERATED_FOR = (".java", ".kt")
_READ = tuple(f"{one.id}:" for one in (ENDPOINTS, SIGNALS, OPERATIONS))
# By the name of its interface.
_LISTENS = re.compile(r"(?:Listener|Aware|Handler|Consumer|Subscriber|Callback|Runner)$")
_COMMENTS = ("#", "//", "/*", "*", '"""')
# Only what is written in the same language, or in one that runs beside it, can be registered.
_KIN = {
    ending: kin
    for kin in ("py", "js jsx mjs cjs ts tsx mts cts", "java kt", "go", "rb")
    for ending in kin.split()
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where routes are registered, where tests are, what nobody writes by hand, and the contract
    that interfaces may be made from."""

    endpoints: Area = Area("endpoints", ())
    tests: Area = TESTS
    generated: Area = Area("generated", ())
    contract: Area = Area("contract", ())

    @property
    def area(self) -> Area:
        """Every file that may register, guard or call a route."""
        globs = (*WEB.globs, *self.endpoints.globs, *self.tests.globs, _NO_SOURCE)
        return without(Area("routes", globs), self.generated)

    @property
    def agreed(self) -> Area:
        """The contracts that are no samples for tests."""
        return without(self.contract, self.tests)


def every_route(where: Places) -> Read:
    """All files that routes are linked from, changed or not."""
    return Read(reading=ENDPOINTS.id, area=where.area, sides=BOTH, unchanged=True)


def route_needs(where: Places, changes: Changes) -> frozenset[Need]:
    """All files that routes are linked from, once one of the changed files is source text."""
    files = () if isinstance(changes, Unknown) else changes
    if not any(counts(path, where.generated) for file in files for path in file.paths):
        return frozenset()
    agreed = Read(reading=OPERATIONS.id, area=where.agreed, sides=BOTH, unchanged=True)
    # Only there is a contract where code is generated that nobody keeps.
    made = any(path.endswith(_GENERATED_FOR) for file in files for path in file.paths)
    made = made and bool(where.contract.globs)
    return frozenset(
        {every_route(where), *source_needs(where, changes), *([agreed] if made else [])}
    )


def route_changes(facts: Facts, where: Places) -> Known[RouteChanges]:
    """The routes of both sides and what differs; Unknown where no files could be listed."""
    areas = {one.name: getattr(where, one.name) for one in fields(Places)}
    read = {key: one for key, one in facts.readings.items() if key.startswith(_READ)}
    return _changes(Same(facts, (*read.values(), facts.changes), read), Places(**areas))


@lru_cache(maxsize=4)
def _changes(seen: Same, where: Places) -> Known[RouteChanges]:
    """Cached: every rule about endpoints asks the same of the same facts."""
    facts: Facts = seen.held
    if isinstance(facts.changes, Unknown):
        return facts.changes
    listed = facts.read_all(ENDPOINTS, where.area)
    if isinstance(listed, Unknown):
        return listed
    bases, heads = _sides(facts, facts.changes, where, listed)
    held = contracts(facts, where.agreed)
    before, after = ((), ()) if isinstance(held, Unknown) else held
    base = linked(facts.repo_id, bases, where.tests, before)
    head = linked(facts.repo_id, heads, where.tests, after)
    diff = _Diff(facts, facts.changes, where)
    names = _differing(base.routes.routes, head.routes.routes, diff)
    old, new = [
        {name: side.by_name[name] for name in names & side.by_name.keys()} for side in (base, head)
    ]
    old_each, new_each, apart = by_handler(old, new, base, head)
    diff.holes += [
        RouteHole(path=one.path, line=one.line, reason=f"{one.name} is served elsewhere too")
        for one in apart
    ]
    own, distant = _altered(old_each, new_each, diff)
    return RouteChanges(
        base=base.routes,
        head=replace(head.routes, holes=(*head.routes.holes, *diff.holes)),
        added=_only(new, base.by_name),
        removed=_only(old, head.by_name),
        altered=(*own, *distant),
        distant=frozenset(one.name for _, one in distant) - {one.name for _, one in own},
        calls=head.calls.found,
        base_calls=base.calls.found,
        mentions=frozenset().union(
            *(
                one.mentions
                for path, one in heads.items()
                if isinstance(one, Endpoints) and where.tests.has(path)
            )
        ),
        tests_changed=tuple(
            file.path
            for file in facts.changes
            if file.change is not Change.REMOVED and where.tests.has(file.path)
        ),
    )


def _differing(base: Sequence[Route], head: Sequence[Route], diff: _Diff) -> set[tuple[str, ...]]:
    """The names of all routes that are not the very same on both sides, or may be altered."""
    here, there = {*map(id, base)}, {*map(id, head)}
    some = [one for one in base if id(one) not in there]
    some += [one for one in head if id(one) not in here]
    return {NAME(one) for one in (*some, *diff.reached(head))}


def _altered(base: _Named, head: _Named, diff: _Diff) -> tuple[list[_Pair], list[_Pair]]:
    """The routes of both sides of which a line differs, and those that are reached from elsewhere;
    in the order of the head's files."""
    own: list[_Pair] = []
    distant: list[_Pair] = []
    for name, one in head.items():
        was = base.get(name)
        if was is None:
            continue
        if diff.differs(was, one):
            own.append((was, one))
        elif diff.reaches(was, one):
            distant.append((was, one))
    return sorted(own, key=_by_place), sorted(distant, key=_by_place)


def _by_place(pair: _Pair) -> Any:
    return PLACE(pair[1])


def foreign(files: Iterable[ChangedFile], where: Places) -> Unknown | None:
    """Why nothing is known of the endpoints of a language that is not read, if one changed."""
    judged = without(without(where.endpoints, where.tests), where.generated)
    for path in (path for file in files for path in file.paths):
        if _FOREIGN.has(path) and judged.has(path):
            why = f"can't tell: routes of {path} - its language is not read. A person can attest"
            return Unknown(clip(why))
    return None


def place_of(facts: Facts, route: Route) -> tuple[str | None, int | None]:
    """Where the route stands, if that is a file of the pull request."""
    files = () if isinstance(facts.changes, Unknown) else facts.changes
    inside = any(route.path == file.path for file in files)
    return (route.path, route.line) if inside else (None, None)


def fresh_holes(facts: Facts, found: RouteChanges, where: Places) -> list[Unknown]:
    """Why there may be more changed routes than were found: what changed files hide, or a
    framework that is not read."""
    files = [] if isinstance(facts.changes, Unknown) else [*facts.changes]
    files = [one for one in files if one.change is not Change.REMOVED]
    old = {one.previous_path or one.path: one.path for one in files}
    known = Counter((old.get(one.path, one.path), one.reason) for one in found.base.holes)
    strange = foreign(() if isinstance(facts.changes, Unknown) else facts.changes, where)
    doubts = [strange] if strange else []
    for hole in found.head.holes:
        known[hole.path, hole.reason] -= 1
        if hole.path not in old.values() or where.tests.has(hole.path):
            continue
        value = facts.read(ENDPOINTS, hole.path) if where.area.has(hole.path) else None
        if isinstance(value, Unknown):
            doubts.append(value)
        elif (
            known[hole.path, hole.reason] < 0
            or not _shows(found, hole.path)
            or any(_inherits(facts, found, one, hole) for one in files if one.path == hole.path)
        ):
            why = f"can't tell: routes of {hole.path}:{hole.line} - {hole.reason}. Look there"
            doubts.append(Unknown(why, by_content=True))
    doubts += _unreached(facts, found, where, [one.path for one in files])
    judged = without(where.area, where.tests)
    # Whoever only calls others has net/http too.
    served = found.base.routes or found.head.routes
    stacks = (found.base.stacks | found.head.stacks) - (set() if served else {"net/http"})
    if not stacks and any(judged.has(one.path) for one in files):
        doubts.append(NOT_READ)
    return doubts


def _unreached(facts: Facts, found: RouteChanges, where: Places, paths: list[str]) -> list[Unknown]:
    """Why changed files that say something of routes, and of which no route is known, may serve
    some: a file that was not read may register them, or nothing that was read does."""
    apart = [one.path for one in found.head.holes if not where.tests.has(one.path)]
    texts = [(path, facts.read(ENDPOINTS, path)) for path in apart if where.area.has(path)]
    away = {_kin(path): one for path, one in reversed(texts) if isinstance(one, Unknown)}
    shown = {path for one in found.head.routes for path in (one.path, one.said[0])}
    doubts = []
    for path in paths:
        if where.tests.has(path) or not where.area.has(path) or path in shown:
            continue
        said = facts.read(ENDPOINTS, path)
        if isinstance(said, Unknown):
            continue
        own = said.handlers if where.endpoints.has(path) else ()
        unread = away.get(_kin(path))
        if unread and (said.registrations or said.routers or own):
            why = f"can't tell: routes of {path} - other files were not read: {unread.reason}"
            doubts.append(replace(unread, reason=clip(why)))
        elif said.stack == "django" and said.routers:
            why = f"can't tell: routes of {path} - nothing that was read names its views"
            doubts.append(Unknown(f"{clip(why)}. Look there", by_content=True))
    return doubts


def _kin(path: str) -> str | None:
    return _KIN.get(path.rpartition(".")[2])


def _inherits(facts: Facts, found: RouteChanges, file: ChangedFile, hole: RouteHole) -> bool:
    """Whether a method differs that no route is known of, whose mapping may stand in the interface
    that was not read. Of one that hears of something only a method with marks of its own has any.
    """
    old = file.previous_path or file.path
    shown = {one.handler for side in (found.base, found.head) for one in side.routes}
    listens = _LISTENS.search(hole.reason) is not None
    for path, side, lines in ((file.path, Side.HEAD, file.added), (old, Side.BASE, file.removed)):
        if isinstance(lines, Unknown) or not lines:
            continue
        said = facts.read(ENDPOINTS, path, side)
        read = said.handlers if isinstance(said, Endpoints) and said.stack == "spring" else ()
        free = [one for one in read if f"{path}#{one.name}" not in shown]
        maps = [one for one in free if not listens or _is_marked(one)]
        if any(between(lines, one.line, one.end) for one in maps):
            return True
    return False


def _is_marked(one: Handler) -> bool:
    return any(guard.where is not Where.BODY for guard in one.guards)


def _shows(found: RouteChanges, path: str) -> bool:
    """Whether a route of the head stands in the file."""
    return any(path in {one.path, one.said[0]} for one in found.head.routes)


def _sides(
    facts: Facts,
    files: tuple[ChangedFile, ...],
    where: Places,
    heads: dict[str, Known[Endpoints]],
) -> tuple[dict[str, Known[Endpoints]], dict[str, Known[Endpoints]]]:
    """The readings of the base and of the head; a file that was renamed into or out of the area
    was read on one side alone, and is taken to say the same on the other."""
    touched = {path for file in files for path in file.paths}
    bases = {path: one for path, one in heads.items() if path not in touched}
    for file in files:
        old = file.previous_path or file.path
        if file.change is not Change.ADDED and where.area.has(old):
            bases[old] = facts.read(ENDPOINTS, old, Side.BASE)
            if not where.area.has(file.path):
                heads[file.path] = bases[old]
        elif file.change is Change.RENAMED and file.path in heads:
            bases[old] = heads[file.path]
    return bases, heads


def _only(some: _Named, others: _Named) -> tuple[Route, ...]:
    """Routes of the one side alone; where a prefix is not known, the handler tells."""
    found = [some[name] for name in some.keys() - others.keys()]
    if not found:
        return ()
    ends = tuple({_bare(one.handler) for one in found})
    near = [one for one in others.values() if one.handler.endswith(ends)]
    known = {(one.method, _bare(one.handler)) for one in near}
    lost = {(one.method, _bare(one.handler)) for one in near if not one.certain}
    keyed = [(one, (one.method, _bare(one.handler))) for one in found]
    only = [one for one, key in keyed if key not in (lost if one.certain else known)]
    return tuple(sorted(only, key=PLACE))


def _bare(symbol: str) -> str:
    return symbol.rpartition("#")[2]


def _telling(
    facts: Facts, path: str, side: Side, lines: Known[tuple[Line, ...]]
) -> tuple[Line, ...]:
    """The lines without those that only log: another logger alters no endpoint."""
    read = facts.read(SIGNALS, path, side) if SOURCE.has(path) else None
    if isinstance(lines, Unknown):
        return ()
    if not isinstance(read, Signals):
        return lines
    logged = {
        number
        for one in read.signals
        if one.sign is Sign.LOG
        for number in range(one.line, one.end + 1)
    }
    return tuple(one for one in lines if one.number not in logged)


class _Diff:
    """The changed lines by path, with the classes that they change."""

    def __init__(self, facts: Facts, files: tuple[ChangedFile, ...], where: Places) -> None:
        self.holes: list[RouteHole] = []
        self._new: dict[str, tuple[Line, ...]] = {}
        self._gone: dict[str, tuple[Line, ...]] = {}
        self._models: dict[str, list[str]] = {}
        for file in files:
            old = file.previous_path or file.path
            self._new[file.path] = _telling(facts, file.path, Side.HEAD, file.added)
            self._gone[old] = _telling(facts, old, Side.BASE, file.removed)
            if isinstance(file.added, Unknown) and where.area.has(file.path):
                self._lost(file.path, file.added)
        self._touched = self._new.keys() | self._gone.keys()
        for file in files:
            if counts(file.path, where.generated) and not where.tests.has(file.path):
                for name in self._changed_classes(facts, file):
                    self._models.setdefault(name, []).append(file.path)

    def reached(self, routes: Sequence[Route]) -> list[Route]:
        """Those that may be altered though they are linked as they were."""
        files, models = self._touched, self._models
        found = [one for one in routes if one.path in files or one.said[0] in files]
        if models:
            typed = ((one, one.does.types) for one in routes if one.does and one.does.types)
            found += [one for one, types in typed if any(_wanted(each) in models for each in types)]
        return found

    def differs(self, base: Route, head: Route) -> bool:
        """Whether a line of the registration or of the handler differs."""
        spans = (base.path, base.line, base.end), (head.path, head.line, head.end)
        return self._differs(*spans) or self._differs(base.said, head.said)

    def reaches(self, base: Route, head: Route) -> bool:
        """Whether a guard differs, or a model that the signature names."""
        types = head.does.types if head.does else ()
        if base.guards != head.guards and _guards(base) != _guards(head):
            return True
        return bool(self._models) and any(self._is_changed(one, head.path) for one in types)

    def _differs(self, base: tuple[str, int, int], head: tuple[str, int, int]) -> bool:
        """Whether two spans differ in more than place, indentation and comments."""
        if base[0] not in self._gone and head[0] not in self._new:
            return False
        gone, new = _texts(self._gone, base), _texts(self._new, head)
        if bool(gone) != bool(new) and base[2] - base[1] == head[2] - head[1]:
            # As many lines as before and only one side changed: the diff slid along equal lines.
            return False
        return gone != new

    def _changed_classes(self, facts: Facts, file: ChangedFile) -> set[str]:
        if file.change in {Change.ADDED, Change.REMOVED}:
            return set()
        old = file.previous_path or file.path
        before, after = facts.read(SIGNALS, old, Side.BASE), facts.read(SIGNALS, file.path)
        for one in (before, after):
            if isinstance(one, Unknown):
                self._lost(file.path, one)
                return set()
        assert not isinstance(before, Unknown)  # noqa: S101
        assert not isinstance(after, Unknown)  # noqa: S101
        was = {one.name: (old, one.line, one.end) for one in before.functions}
        return {
            one.name
            for one in after.functions
            if one.name in was and self._differs(was[one.name], (file.path, one.line, one.end))
        }

    def _lost(self, path: str, why: Unknown) -> None:
        self.holes.append(RouteHole(path=path, line=1, reason=why.reason))

    def _is_changed(self, symbol: str, path: str) -> bool:
        last = symbol.partition("#")[0].rpartition("/")[2]
        return any(
            last in _parts(at) if last else at == path
            for at in self._models.get(_wanted(symbol), ())
        )


@lru_cache(maxsize=65_536)
def _wanted(symbol: str) -> str:
    """The name of the class that the symbol of a type means; of a module alone its last part."""
    module, _, name = symbol.partition("#")
    return name.partition(".")[0] or module.rpartition("/")[2]


def _parts(path: str) -> list[str]:
    return path.rpartition(".")[0].split("/")


def _guards(route: Route) -> set[str]:
    """Guards by their bare names."""
    return {name_of(one) for one in route.guards if one.where is not Where.BODY}


def _texts(lines: dict[str, tuple[Line, ...]], span: tuple[str, int, int]) -> Counter[str]:
    path, first, last = span
    texts = (one.text.strip() for one in between(lines.get(path, ()), first, last))
    return Counter(text for text in texts if text and not text.startswith(_COMMENTS))
