"""The routes that tests call: found by path, by the name of the route, or by the handler."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from bot.linking.symbols import Symbols
from bot.model.endpoint import Endpoints
from bot.model.route import Call

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from bot.model.endpoint import TestCall
    from bot.model.known import Known
    from bot.model.route import Route

_HOST = re.compile(r"^/?\w+:/+[^/]*")
_VARIES = re.compile(r"\{\}|^\$\{")


def called(
    readings: Mapping[str, Known[Endpoints]],
    routes: tuple[Route, ...],
    symbols: Symbols | None = None,
) -> tuple[Call, ...]:
    """Every call of a test, once for each route that it surely reaches, in the order of files;
    `symbols`: of the same files."""
    files = {path: one for path, one in sorted(readings.items()) if isinstance(one, Endpoints)}
    table = _Table(routes, files, symbols or Symbols(files))
    return tuple(
        Call(test=call.test, path=path, line=call.line, route=route, statuses=call.statuses)
        for path, one in files.items()
        for call in one.calls
        for route in table.of(call, path) or (None,)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    number: int
    method: str
    segments: tuple[str, ...]
    certain: bool


class _Table:
    """Routes by the last segments of their paths, by handler and by name."""

    def __init__(
        self, routes: tuple[Route, ...], files: Mapping[str, Endpoints], symbols: Symbols
    ) -> None:
        self._symbols = symbols
        self._methods = [one.method for one in routes]
        self._rows: dict[int, list[_Row]] = defaultdict(list)
        # By length, by the distance of a segment from the end and by its word, "" where it varies.
        self._placed: dict[tuple[int, int, str], list[_Row]] = defaultdict(list)
        self._handlers: dict[str, list[int]] = defaultdict(list)
        self._found: dict[tuple[tuple[str, ...], str], list[int]] = {}
        for number, one in enumerate(routes):
            segments = _segments(one.template)
            row = _Row(number=number, method=one.method, segments=segments, certain=one.certain)
            self._rows[len(segments)].append(row)
            for at, word in enumerate(reversed(segments)):
                self._placed[len(segments), at, "" if _VARIES.search(word) else word].append(row)
            self._handlers[one.handler].append(number)
            owner, dot, _ = one.handler.rpartition(".")
            if dot and "#" in owner:
                # A class that answers each method by a function of its own.
                self._handlers[owner].append(number)
        self._names = {
            name: (target, path) for path, one in files.items() for name, target in one.routes
        }

    def of(self, call: TestCall, path: str) -> list[int]:
        """The numbers of the routes that a call in the file at `path` reaches."""
        target, at = call.handler or call.path, path
        if target.startswith("@"):
            name = target[1:]
            target, at = self._names.get(name) or self._names.get(_bare(name)) or ("#", path)
        if "#" not in target or target.startswith(("/", "$", "{")):
            written = _HOST.sub("", self._symbols.text(target, at))
            key = (_segments(written), call.method)
            if key not in self._found:
                self._found[key] = self._by_path(*key)
            return self._found[key]
        some = self._handlers.get(self._symbols.said(target, at), [])
        same = [one for one in some if _same(call.method, self._methods[one])]
        return same or (some if len(some) == 1 else [])

    def _by_path(self, segments: tuple[str, ...], method: str) -> list[int]:
        found = _best(self._near({len(segments)} & self._rows.keys(), segments), segments, method)
        if found or not segments:
            return found
        # What stands before is not known: of the call's address, or of the route.
        first = segments[0]
        if first.startswith(("{", "$")) and segments[1:]:
            longer = [number for number in self._rows if number >= len(segments) - 1]
            return _best(self._near(longer, segments[1:]), segments[1:], method)
        rows = self._near([n for n in self._rows if n < len(segments)], segments)
        return _best([row for row in rows if not row.certain], segments, method)

    def _near(self, lengths: Iterable[int], segments: tuple[str, ...]) -> Iterator[_Row]:
        """Routes of so many segments, one of which is that of the call, or varies: the one that
        leaves the fewest, as only the very same word fits a word."""
        for length in lengths:
            some: list[list[_Row]] = [self._rows[length], []]
            for at, word in zip(range(length), reversed(segments), strict=False):
                pair = [self._placed.get((length, at, one), []) for one in (word, "")]
                some = min(some, pair, key=lambda of: len(of[0]) + len(of[1]))
            yield from chain(*some)


def _best(rows: Iterable[_Row], segments: tuple[str, ...], method: str) -> list[int]:
    """The one route whose end fits best: literal segments before parameters."""
    scores: dict[tuple[int, ...], list[_Row]] = defaultdict(list)
    for row in rows:
        score = _score(row, segments, method)
        if score:
            scores[score].append(row)
    best = scores[max(scores)] if scores else []
    same = {(row.method, row.segments) for row in best}
    return [best[0].number] if len(same) == 1 else []


def _score(row: _Row, segments: tuple[str, ...], method: str) -> tuple[int, ...]:
    if not _same(method, row.method):
        return ()
    number = min(len(row.segments), len(segments))
    pairs = list(zip(reversed(row.segments), reversed(segments), strict=False))
    if not all(_fits(*pair) for pair in pairs):
        return ()
    alike = sum(left == right for left, right in pairs if right != "{}")
    whole, exact = len(row.segments) == len(segments), row.method == method
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
