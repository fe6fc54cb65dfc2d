"""YAML with positions: limits are counted on events before anything is composed.

Only plain `true` and `false` are booleans and only plain decimal integers are numbers; everything
else is text, so that no word of the policy language changes its meaning (`on`, `off`, `1.10`).
"""

from __future__ import annotations

import collections
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import yaml

from bot.model.problem import Problem, Severity, Where

BYTES_AT_MOST = 64 * 1024
DEPTH_AT_MOST = 16
NODES_AT_MOST = 5_000
ALIASES_AT_MOST = 50
EXPANDED_AT_MOST = 20_000
SCALAR_AT_MOST = 4 * 1024
# Nobody writes longer ones; searching them for a hint would take its time.
LINE_AT_MOST = 400

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NUMBER = re.compile(r"^-?(?:0|[1-9][0-9]{0,8})$")
_CURLY = re.compile("[\u201c\u201d\u2018\u2019\u00a0]")
# What YAML itself calls printable; libyaml names no line for the rest.
_UNPRINTABLE = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_NOTHING = frozenset({"", "~", "null", "Null", "NULL"})


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a document is read. `empty_values`: a key or an entry may have no value, and
    nothing warns of what only a person who writes a policy should be warned of. `merge`: `<<` is
    followed."""

    bytes: int = BYTES_AT_MOST
    depth: int = DEPTH_AT_MOST
    nodes: int = NODES_AT_MOST
    aliases: int = ALIASES_AT_MOST
    expanded: int = EXPANDED_AT_MOST
    scalar: int = SCALAR_AT_MOST
    empty_values: bool = False
    merge: bool = False


POLICY = Limits()


@dataclass(frozen=True, slots=True)
class Place:
    """File, and line and column from 1."""

    file: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text, number or boolean; `value` None where nothing was written."""

    value: str | int | bool | None
    place: Place
    text: str = ""
    quoted: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list."""

    items: tuple[Node, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Mapping:
    """A mapping with the place of every key; a key without a value has a place and no entry."""

    entries: dict[str, Node]
    keys: dict[str, Place]
    place: Place


Node: TypeAlias = Scalar | Sequence | Mapping


@dataclass(slots=True)
class Reading:
    """What came of a text: a tree, or None where the first syntax error stopped the reading."""

    root: Node | None
    problems: list[Problem] = field(default_factory=list)


class _Stop(Exception):
    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.what)
        self.problem = problem


def read_yaml(data: bytes, file: str, limits: Limits = POLICY) -> Reading:
    """The tree of a YAML document, or the problem that keeps it from being one."""
    reading = Reading(root=None)
    try:
        text = _decoded(data, file, limits)
        events = _counted(text, file, limits)
        if limits is POLICY:
            # One syntax error is told alone; a large file is not held twice for that.
            events = iter(list(events))
        root = _Composer(events, _lines(text), file, reading.problems, limits).root()
        # What follows the root is counted too: a second document, a late syntax error.
        collections.deque(events, maxlen=0)
        reading.root = root
    except _Stop as stop:
        reading.problems.append(stop.problem)
    return reading


def _decoded(data: bytes, file: str, limits: Limits) -> str:
    if len(data) > limits.bytes:
        raise _stop(file, 1, 1, f"the file has {len(data)} bytes, at most {limits.bytes}", "E101")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise _stop(file, line, 1, "the file is not UTF-8; save it as UTF-8", "E102") from error
    bad = _UNPRINTABLE.search(text)
    if bad is not None:
        before = text[: bad.start()]
        line, column = before.count("\n") + 1, bad.start() - before.rfind("\n")
        what = f"character U+{ord(bad.group()):04X} does not belong into a text; remove it"
        raise _stop(file, line, column, what, "E103")
    return text


def _counted(text: str, file: str, limits: Limits) -> Iterator[Any]:
    count = _Count(limits)
    try:
        for event in yaml.parse(text, Loader=_Loader):
            over = count.over(event)
            if over:
                mark: Any = event.start_mark
                line, column = mark.line + 1, mark.column + 1
                code = "E106" if over.startswith("a second") else "E105"
                raise _stop(file, line, column, over, code)
            yield event
    except yaml.MarkedYAMLError as error:
        raise _syntax(error, _lines(text), file) from error


def _syntax(error: yaml.MarkedYAMLError, lines: list[str], file: str) -> _Stop:
    mark = error.problem_mark
    if error.context and re.search("alias|tag", error.context):
        mark = error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    what = " ".join((error.problem or "cannot be read").split())
    shown = lines[line - 1] if line <= len(lines) else ""
    hint = _hint(shown, column)
    return _stop(file, line, column, f"not YAML: {what}{hint and '; '}{hint}", "E103")


@dataclass(slots=True)
class _Count:
    """What was met so far; composing 100,000 nested lists would end the process."""

    limits: Limits
    depth: int = 0
    nodes: int = 0
    aliases: int = 0
    documents: int = 0

    def over(self, event: Any) -> str:
        """The limit that this event breaks, empty while none is."""
        if isinstance(event, yaml.CollectionStartEvent):
            self.depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            self.depth -= 1
        self.documents += isinstance(event, yaml.DocumentStartEvent)
        self.aliases += isinstance(event, yaml.AliasEvent)
        self.nodes += isinstance(event, yaml.NodeEvent)
        if self.depth > self.limits.depth:
            return f"nested deeper than {self.limits.depth}"
        if self.nodes > self.limits.nodes:
            return f"more than {self.limits.nodes} values"
        if self.aliases > self.limits.aliases:
            return f"more than {self.limits.aliases} aliases"
        return "a second document begins; keep one" if self.documents > 1 else ""


def _lines(text: str) -> list[str]:
    """The lines as YAML counts them, which knows more line breaks than an editor may."""
    return re.split("\r\n|[\n\r\x85\u2028\u2029]", text)


def _hint(line: str, column: int) -> str:
    """How to mend the line that YAML stops at, empty where nothing is known."""
    if len(line) > LINE_AT_MOST:
        return ""
    rest = line[column - 1 :]
    token = re.match(r"[^\s,}\]]*", rest)
    word = token.group() if token else ""
    # A bracket or a colon within a name is met after the name began.
    whole = re.search(r"[\w.-]+\[[\w.-]*\]", line)
    value = re.search(r":\s+([^\"'\[{#&*!][^#]*?:\s.*?)\s*(?:#.*)?$", line)
    if re.match(r"\s*\t", line):
        return "indent with two spaces, not with a tab"
    if word.startswith("@"):
        return f"write the login without the @: {word[1:]}"
    if word.startswith(("*", "!", "`", "%")):
        return f'quote it: "{word}"'
    if "\\" in line and '"' in line:
        return "in double quotes a backslash begins an escape; use single quotes"
    if whole is not None:
        return f'quote it: "{whole.group()}"'
    return f'quote it: "{value.group(1)}"' if value is not None else ""


class _Composer:
    """Builds the tree from counted events; duplicate keys and missing values are problems."""

    def __init__(
        self,
        events: Iterator[Any],
        lines: list[str],
        file: str,
        problems: list[Problem],
        limits: Limits,
    ) -> None:
        self._events = events
        self._limits = limits
        self._lines = lines
        self._file = file
        self._problems = problems
        self._anchors: dict[str, tuple[Node, int]] = {}
        self._open: set[str] = set()
        self._expanded = 0

    def root(self) -> Node | None:
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                node = self._node(next(self._events))
                if isinstance(node, Scalar) and node.value is None:
                    break
                return node
        raise _stop(self._file, 1, 1, "the file is empty; write version: 1", "E110")

    def _node(self, event: Any) -> Node:
        place = Place(self._file, event.start_mark.line + 1, event.start_mark.column + 1)
        self._expand(1, place)
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, place)
        anchor = event.anchor
        if anchor:
            self._open.add(anchor)
        before = self._expanded
        node = self._fresh(event, place)
        if anchor:
            self._open.discard(anchor)
            self._anchors[anchor] = (node, self._expanded - before + 1)
        return node

    def _alias(self, event: Any, place: Place) -> Node:
        if event.anchor in self._open:
            raise self._stop(place, f"*{event.anchor} holds itself", "E105")
        if event.anchor not in self._anchors:
            written = _hint(self._lines[place.line - 1], place.column)
            what = f'"*{event.anchor}" is an alias of nothing; {written}'
            raise self._stop(place, what, "E103")
        node, size = self._anchors[event.anchor]
        self._expand(size, place)
        return node

    def _expand(self, by: int, place: Place) -> None:
        self._expanded += by
        most = self._limits.expanded
        if self._expanded > most:
            raise self._stop(place, f"more than {most} values once expanded", "E105")

    def _fresh(self, event: Any, place: Place) -> Node:
        if event.tag:
            written = re.match(r"[^\s,}\]]*", self._lines[place.line - 1][place.column - 1 :])
            word = written.group() if written else event.tag
            what = f'"{word}" is a YAML tag; quote a text that begins with "!": "{word}"'
            raise self._stop(place, what, "E107")
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event, place)
        if isinstance(event, yaml.SequenceStartEvent):
            items: list[Node] = []
            for inner in self._events:
                if isinstance(inner, yaml.SequenceEndEvent):
                    break
                items.append(self._node(inner))
                self._check_entry(items[-1])
            return Sequence(tuple(items), place)
        return self._mapping(place)

    def _mapping(self, place: Place) -> Mapping:
        entries: dict[str, Node] = {}
        keys: dict[str, Place] = {}
        merged: list[Node] = []
        for event in self._events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            at = Place(self._file, event.start_mark.line + 1, event.start_mark.column + 1)
            if not isinstance(event, yaml.ScalarEvent):
                raise self._stop(at, "a key must be a plain word", "E109")
            key = event.value
            merges = key == "<<" and not event.style
            if merges and not self._limits.merge:
                raise self._stop(at, "<< (merge) is not read; write the keys out", "E109")
            value = self._node(next(self._events))
            if merges:
                merged += value.items if isinstance(value, Sequence) else [value]
                continue
            if key in keys:
                first = keys[key].line
                self._say(at, f'"{key}" is set twice; first on line {first}', "E108")
                continue
            keys[key] = at
            if self._empty(value):
                self._say(at, f'"{key}" has no value: {self._why_empty(key, at)}', "E110")
            else:
                entries[key] = value
        for other in reversed([one for one in merged if isinstance(one, Mapping)]):
            entries, keys = {**other.entries, **entries}, {**other.keys, **keys}
        return Mapping(entries, keys, place)

    def _empty(self, node: Node) -> bool:
        empty = isinstance(node, Scalar) and node.value is None
        return empty and not self._limits.empty_values

    def _check_entry(self, node: Node) -> None:
        if self._empty(node):
            self._say(node.place, "an entry of a list has no value; take it out", "E110")

    def _why_empty(self, key: str, at: Place) -> str:
        line = self._lines[at.line - 1][at.column - 1 : at.column - 1 + LINE_AT_MOST]
        comment = re.match(r"[^#]*:\s+(#\S+)\s*$", line)
        if comment is not None:
            return f'" #" starts a comment; quote it: "{comment.group(1)}"'
        if re.search(r":\S", key):
            return f'a space belongs after ":": {re.sub(r":(?=.)", ": ", key, count=1)}'
        return "write one, or take the line out"

    def _scalar(self, event: Any, place: Place) -> Scalar:
        text = event.value
        if len(text) > self._limits.scalar:
            raise self._stop(place, f"a text of over {self._limits.scalar} characters", "E105")
        if event.style:
            return Scalar(text, place, text, quoted=True)
        if _CURLY.search(text) and not self._limits.empty_values:
            self._say(
                place,
                "a curly quote or no-break space in plain text; is it meant?",
                "W510",
                Severity.WARNING,
            )
        if text in {"true", "false"}:
            return Scalar(text == "true", place, text)
        if text in _NOTHING:
            return Scalar(None, place, text)
        return Scalar(int(text) if _NUMBER.match(text) else text, place, text)

    def _say(self, place: Place, what: str, code: str, severity: Severity = Severity.ERROR) -> None:
        where = Where(file=self._file, line=place.line, column=place.column)
        self._problems.append(Problem(where=where, what=what, code=code, severity=severity))

    def _stop(self, place: Place, what: str, code: str) -> _Stop:
        return _stop(self._file, place.line, place.column, what, code)


def _stop(file: str, line: int, column: int, what: str, code: str) -> _Stop:
    where = Where(file=file, line=line, column=column)
    return _Stop(Problem(where=where, what=what, code=code))
