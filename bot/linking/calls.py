"""The routes that tests call: found by path, by the name of the route, or by the handler."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from itertools import chain
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from bot.model.route import Call

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bot.linking.symbols import Symbols
    from bot.model.endpoint import Endpoints, TestCall
    from bot.model.route import Route

_HOST = re.compile(r"^/?\w+:/+[^/]*")
_VARIES = re.compile(r"\{\}|^\$\{")
# As routes are sorted.
_ORDER = attrgetter("route.template", "route.method", "route.said", "route.handler")
# The segments of a call's path, and its method.
_Asked: TypeAlias = tuple[tuple[str, ...], str]


class _Leaf(NamedTuple):
    """The calls of one file: `asks` and `seen` are all that they depend on."""

    file: Endpoints
    calls: tuple[Call, ...]
    asks: set[Any]
    seen: set[str]


class Calls:
    """`found`: every call of a test, once for each route that it surely reaches, in the order of
    files. `symbols`: of these files; `before`: the calls of almost the same files and routes, from
    whose symbols these were made."""

    def __init__(
        self, routes: tuple[Route, ...], symbols: Symbols, before: Calls | None = None
    ) -> None:
        self._symbols = symbols
        self.table: _Table = _Table(routes, before.table if before else None)
        files = symbols.files
        self.names = {
            name: (target, path) for path, one in files.items() for name, target in one.routes
        }
        stale = self.table.stale
        if before and self.names != before.names:
            stale.add("@")
        self.leaves: dict[str, _Leaf] = {}
        for path, one in files.items():
            if one.calls:
                known = before.leaves.get(path) if before else None
                holds = (
                    known is not None
                    and known.file is one
                    and known.asks.isdisjoint(stale)
                    and known.seen.isdisjoint(symbols.other)
                )
                self.leaves[path] = known if known and holds else self._leaf(path, one)
        self.found = tuple(chain.from_iterable(one.calls for one in self.leaves.values()))

    def _leaf(self, path: str, one: Endpoints) -> _Leaf:
        asks: set[Any] = set()
        self._symbols.seen = set()
        calls = tuple(
            Call(test=call.test, path=path, line=call.line, route=route, statuses=call.statuses)
            for call in one.calls
            for route in self._of(call, path, asks) or (None,)
        )
        return _Leaf(one, calls, asks, self._symbols.seen)

    def _of(self, call: TestCall, path: str, asks: set[Any]) -> list[Route]:
        """The routes that a call in the file at `path` reaches; adds what they were asked by."""
        target, at = call.handler or call.path, path
        if target.startswith("@"):
            asks.add("@")
            name = target[1:]
            target, at = self.names.get(name) or self.names.get(_bare(name)) or ("#", path)
        if "#" not in target or target.startswith(("/", "$", "{")):
            written = _HOST.sub("", self._symbols.text(target, at))
            key = (_segments(written), call.method)
            asks.add(key)
            return self.table.by_path(key)
        said = self._symbols.said(target, at)
        asks.add(said)
        some = self.table.by_handler(said)
        same = [one for one in some if _same(call.method, one.method)]
        return same or (some if len(some) == 1 else [])


class _Row(NamedTuple):
    route: Route
    segments: tuple[str, ...]


class _Table:
    """Routes by the last segments of their paths and by handler; of `before`, a table of almost the
    same routes, what the others do not touch. `stale`: what may be answered otherwise than there.
    """

    def __init__(self, routes: tuple[Route, ...], before: _Table | None = None) -> None:
        self.routes = routes
        old, new = [{*map(id, some)} for some in (before.routes if before else (), routes)]
        gone = [one for one in before.routes if id(one) not in new] if before else []
        fresh = [one for one in routes if id(one) not in old]
        # By the number of segments; by that, the distance of a segment from the end and its word,
        # "" where it varies; by handler.
        self.rows: dict[Any, dict[int, _Row]] = {**before.rows} if before else {}
        self.found: dict[_Asked, list[Route]] = {**before.found} if before else {}
        # One for all that follow each other: it may name more than is still asked.
        self.by_word: dict[Any, set[_Asked]] = before.by_word if before else defaultdict(set)
        out, into = [[(id(one), _row(one)) for one in some] for some in (gone, fresh)]
        for key in {key for _, row in (*out, *into) for key in _keys(row)}:
            self.rows[key] = {**self.rows.get(key, {})}
        for at, row in out:
            for key in _keys(row):
                self.rows[key].pop(at, None)
        for at, row in into:
            for key in _keys(row):
                self.rows[key][at] = row
        self.lengths = [key for key in self.rows if isinstance(key, int)]
        self.stale: set[Any] = set()
        if before:
            changed = [row for _, row in (*out, *into)]
            self.stale = self._asked_of({row.segments for row in changed})
            for key in self.stale:
                self.found.pop(key, None)
            self.stale |= {key for row in changed for key in _keys(row) if isinstance(key, str)}

    def _asked_of(self, templates: set[tuple[str, ...]]) -> set[Any]:
        """What was asked that routes of these segments may answer: a word fits only itself."""
        found: set[Any] = set()
        lengths = [key for key in [*self.by_word] if isinstance(key, int)]
        for segments in templates:
            places = ((at, word) for at, word in enumerate(reversed(segments)) if _is_word(word))
            place = next(places, (math.inf, ""))
            found.update({*self.by_word.get(place, ())})
            # A call may be so short, without what stands before, that no word of it is compared.
            found.update(*({*self.by_word[one]} for one in lengths if one <= place[0] + 1))
        return found

    def by_handler(self, said: str) -> list[Route]:
        """The routes of a handler, or of a class of them."""
        return [row.route for row in sorted(self.rows.get(said, {}).values(), key=_ORDER)]

    def by_path(self, key: _Asked) -> list[Route]:
        """The route that a call of that path and method reaches, if one surely does."""
        if key not in self.found:
            self.found[key] = self._by_path(*key)
            for one in (len(key[0]), *enumerate(reversed(key[0]))):
                self.by_word[one].add(key)
        return self.found[key]

    def _by_path(self, segments: tuple[str, ...], method: str) -> list[Route]:
        found = _best(self._near([len(segments)], segments), segments, method)
        if found or not segments:
            return found
        # What stands before is not known: of the call's address, or of the route.
        first = segments[0]
        if first.startswith(("{", "$")) and segments[1:]:
            longer = [number for number in self.lengths if number >= len(segments) - 1]
            return _best(self._near(longer, segments[1:]), segments[1:], method)
        rows = self._near([n for n in self.lengths if n < len(segments)], segments)
        return _best([row for row in rows if not row.route.certain], segments, method)

    def _near(self, lengths: Iterable[int], segments: tuple[str, ...]) -> Iterator[_Row]:
        """Routes of so many segments, one of which is that of the call, or varies: the one that
        leaves the fewest, as only the very same word fits a word."""
        for length in lengths:
            some: list[dict[int, _Row]] = [self.rows.get(length, {}), {}]
            for at, word in zip(range(length), reversed(segments), strict=False):
                pair = [self.rows.get((length, at, one), {}) for one in (word, "")]
                some = min(some, pair, key=lambda of: len(of[0]) + len(of[1]))
            yield from chain(*(one.values() for one in some))


def _row(route: Route) -> _Row:
    return _Row(route, _segments(route.template))


def _keys(row: _Row) -> Iterator[Any]:
    length = len(row.segments)
    yield length
    for at, word in enumerate(reversed(row.segments)):
        yield length, at, word if _is_word(word) else ""
    yield row.route.handler
    owner, dot, _ = row.route.handler.rpartition(".")
    if dot and "#" in owner:
        # A class that answers each method by a function of its own.
        yield owner


def _is_word(segment: str) -> bool:
    return not _VARIES.search(segment)


def _best(rows: Iterable[_Row], segments: tuple[str, ...], method: str) -> list[Route]:
    """The one route whose end fits best: literal segments before parameters."""
    scores: dict[tuple[int, ...], list[_Row]] = defaultdict(list)
    for row in rows:
        score = _score(row, segments, method)
        if score:
            scores[score].append(row)
    best = scores[max(scores)] if scores else []
    same = {(row.route.method, row.segments) for row in best}
    return [min(best, key=_ORDER).route] if len(same) == 1 else []


def _score(row: _Row, segments: tuple[str, ...], method: str) -> tuple[int, ...]:
    if not _same(method, row.route.method):
        return ()
    number = min(len(row.segments), len(segments))
    pairs = list(zip(reversed(row.segments), reversed(segments), strict=False))
    if not all(_fits(*pair) for pair in pairs):
        return ()
    alike = sum(left == right for left, right in pairs if right != "{}")
    whole, exact = len(row.segments) == len(segments), row.route.method == method
    # What is not known of a route is no reason to take it for the one that is called.
    unknown = any(left.startswith("${") for left, _ in pairs)
    if not alike and (unknown or not whole):
        return ()
    return int(whole), number, alike, sum(left == right for left, right in pairs), int(exact)


def _fits(template: str, segment: str) -> bool:
    if template == segment or template.startswith("${"):
        return True
    before, parameter, after = template.partition("{}")
    rest = segment.removeprefix(before)
    return bool(parameter) and segment.startswith(before) and rest.endswith(after)


def _same(method: str, other: str) -> bool:
    return method in {"", "ANY", other} or other == "ANY"


def _bare(name: str) -> str:
    """The name of a route without its namespace."""
    return name.rpartition(":")[2]


def _segments(path: str) -> tuple[str, ...]:
    return tuple(part for part in path.partition("?")[0].split("/") if part)
