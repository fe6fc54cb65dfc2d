"""What Java and Kotlin declare alike: classes, methods, annotations, texts, symbols."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.readers.signals.shape import blanked
from bot.readers.signals.trees import span, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

# Annotations that are often imported by `*`, and where they live.
_HOMES = {
    "PreAuthorize": "org/springframework/security/access/prepost",
    "Secured": "org/springframework/security/access/annotation",
}
_PUT_IN = re.compile(r"\$\{(\w+)\}|\$(\w+)|\$\{[^}]*\}")


@dataclass(slots=True, kw_only=True)
class Mark:
    """An annotation; `given`: the nodes of its values by key, the bare one's under `value`."""

    name: str
    line: int
    given: dict[str, list[Node]] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Parameter:
    """A parameter with the annotations on it."""

    type: str
    marks: list[Mark]


@dataclass(slots=True, kw_only=True)
class Method:
    """A method; `statements`: those of its body, or what it is equal to."""

    name: str
    node: Node
    marks: list[Mark]
    parameters: list[Parameter]
    returns: str
    public: bool
    overrides: bool
    statements: list[Node]


@dataclass(slots=True, kw_only=True)
class Kind:
    """A class or interface; `open`: nothing is ever made of it alone. `fields`: types by name."""

    name: str
    node: Node
    marks: list[Mark]
    supers: list[str]
    interface: bool
    open: bool
    methods: list[Method]
    fields: dict[str, str]


@dataclass(slots=True, kw_only=True)
class File:
    """One file as its language's grammar shows it. `calls`: receiver, name and node of each."""

    path: str
    source: bytes
    package: str
    imports: dict[str, str]
    stars: list[str]
    kinds: list[Kind]
    constants: dict[str, Node]
    nodes: dict[str, list[Node]]
    calls: list[tuple[Node | None, str, Node]]
    code: bytes = field(init=False)
    bare: bytes = field(init=False)
    _own: frozenset[str] = field(init=False)
    _starts: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self._own = frozenset(kind.name for kind in self.kinds)
        self.calls.sort(key=lambda call: call[2].start_byte)
        self._starts = [call[2].start_byte for call in self.calls]
        comments = [span(node) for node in self.nodes.get("comment", [])]
        strings = [span(node) for node in self.nodes.get("string", [])]
        self.code = blanked(self.source, comments)
        self.bare = blanked(self.source, comments + strings)

    @property
    def module(self) -> str:
        """The package and the file's own name."""
        return "/".join(filter(None, (self.package, self.path.rpartition("/")[2].split(".")[0])))

    def symbol(self, name: str) -> str:
        """The full symbol of a class named in this file."""
        if name in self.imports:
            return self.imports[name]
        if name in self._own:
            return f"#{name}"
        home = _HOMES.get(name, "")
        return f"{home if home in self.stars else self.package}/{name}#"

    def member(self, owner: str, name: str) -> str:
        """The full symbol of a class's member."""
        symbol = self.symbol(owner)
        return f"{symbol}.{name}" if symbol[0] == "#" else f"{symbol}{owner}.{name}"

    def said(self, node: Node | None, *, free: bool = False) -> str | None:
        """What a text is: literals, sums of them, constants. None where that cannot be told; with
        `free`, whatever else is put in is a parameter."""
        parts: list[str] = []
        waiting = [(node, 0)]
        while waiting and len(parts) < 50:
            one, depth = waiting.pop()
            kind = one.type if one is not None else ""
            if one is not None and kind in {"binary_expression", "parenthesized_expression"}:
                waiting += [(part, depth) for part in reversed(one.named_children)]
                continue
            name = "".join(text(one).split()).removeprefix("this.")
            part: str | None = None
            if one is not None and kind == "string_literal":
                part = self._literal(text(one), free=free)
            elif name in self.constants and depth < 5:
                waiting.append((self.constants[name], depth + 1))
                continue
            elif kind in {"identifier", "field_access", "navigation_expression"}:
                part = self._constant(name)
            if part is None and not (free and parts):
                return None
            parts.append("{}" if part is None else part)
        return "".join(parts)

    def _literal(self, quoted: str, *, free: bool) -> str | None:
        """A literal with the constants of this file put in; in Java `${…}` is a setting."""
        told: dict[str, str | None] = {}
        for found in _PUT_IN.finditer(quoted) if self.path.endswith(".kt") else ():
            node = self.constants.get(found[1] or found[2])
            simple = node is not None and "$" not in text(node)
            told[found[0]] = self.said(node) if simple else None
        if not free and (None in told.values() or (not told and "${" in quoted)):
            return None
        return _PUT_IN.sub(lambda at: told.get(at[0], at[0]) or "{}", quoted.strip('"'))

    def _constant(self, name: str) -> str | None:
        owner, _, last = name.rpartition(".")
        if last != last.upper() or not last[:1].isalpha():
            return None
        if owner:
            return f"${{{self.member(owner, last)}}}" if owner[:1].isupper() else None
        return f"${{{self.imports[last]}}}" if last in self.imports else None

    def called(self, nodes: list[Node]) -> list[tuple[Node | None, str, Node]]:
        """The calls in statements that stand one after the other."""
        start, end = (nodes[0].start_byte, nodes[-1].end_byte) if nodes else (0, 0)
        return self.calls[bisect_left(self._starts, start) : bisect_left(self._starts, end)]

    def matches(
        self, pattern: re.Pattern[str], node: Node, *, strings: bool
    ) -> Iterator[re.Match[str]]:
        """What a pattern finds in the code of a node; comments are no code."""
        code = (self.code if strings else self.bare)[node.start_byte : node.end_byte]
        return pattern.finditer(code.decode(errors="replace"))


def line(node: Node) -> int:
    """The first line of a node."""
    return node.start_point.row + 1
