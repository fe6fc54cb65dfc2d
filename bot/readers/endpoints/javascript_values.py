"""What the names and the values in a file of JavaScript or TypeScript stand for."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from bot.readers.endpoints.javascript_nodes import (
    FUNCTIONS,
    TEXT_AT_MOST,
    arguments,
    plain,
    said,
    unpacked,
)
from bot.readers.signals.trees import text as written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from bot.readers.endpoints.javascript_handlers import Draft
    from bot.readers.endpoints.javascript_servers import Server

_ENDINGS = ("js", "jsx", "mjs", "cjs", "ts", "tsx", "mts", "cts")
# Folders that modules are named from where the build is told so.
_FOLDERS = frozenset({"src", "app", "lib", "server"})
# Names are looked for in so many functions outwards, values through so many names, members along
# so many dots: more is not written by hand, and reading stays linear.
_OUTWARDS, _HOPS, _LINKS = 30, 6, 12


@dataclass(slots=True)
class Scope:
    """A function or a class with the names in it; `name` is that of what holds its locals."""

    name: str
    end: int
    above: Scope | None = None
    params: tuple[str, ...] = ()
    types: str = ""
    symbols: dict[str, str] = field(default_factory=dict)
    nodes: dict[str, Node] = field(default_factory=dict)
    servers: dict[str, Server] = field(default_factory=dict)
    draft: Draft | None = None
    # What a parameter stands for, one row for each turn of a loop over a list that is written out.
    turns: list[dict[str, Node]] = field(default_factory=list)

    def take(self, pattern: Node) -> None:
        """Note the names that a parameter, or the variable of a loop, gives."""
        names = [written(pattern)] if pattern.type == "identifier" else []
        names += [local for _, local in unpacked(pattern)]
        self.params += tuple(names)
        self.symbols |= {each: f"#{each}" for each in names}

    def outwards(self) -> Iterator[Scope]:
        """This one, and those around it."""
        scope: Scope | None = self
        for _ in range(_OUTWARDS):
            if scope is None:
                return
            yield scope
            scope = scope.above


class Values:
    """The names of a file by where they are known; `aliases`: what others know its own by."""

    def __init__(self, path: str, size: int) -> None:
        self.path, self.module = path, _module(path)
        self.top = Scope("", size + 1)
        self.scopes: dict[int, Scope] = {}
        self.named: dict[int, str] = {}
        self.aliases: dict[str, str] = {}
        self.row: dict[str, Node] = {}
        self._packages: set[str] = set()
        self._texts: dict[tuple[int, bool], str | None] = {}
        self._fields: dict[int, dict[str, Node]] = {}

    def imported(self, module: str) -> str:
        """A module as an import names it, counted from the root where it is relative."""
        if module.startswith(("@/", "~/")):
            return _module(module[2:])
        if not module.startswith("."):
            if "/" not in module or module.partition("/")[0] not in _FOLDERS:
                self._packages.add(module)
            return module
        folders = self.path.split("/")[:-1]
        for part in module.split("/"):
            if part == "..":
                folders = folders[:-1]
            elif part not in {".", ""}:
                folders = [*folders, part]
        return _module("/".join(folders))

    def is_package(self, symbol: str) -> bool:
        """Whether a symbol is of a package and not of this repository."""
        return symbol.partition("#")[0] in self._packages

    def symbol_of(self, name: str, scope: Scope) -> str:
        """What a name stands for; a name that is not explained here is the file's own."""
        for one in scope.outwards():
            if name in one.symbols:
                return one.symbols[name]
        return f"#{name}"

    def symbol(self, node: Node, scope: Scope) -> str:
        """The symbol of what a name, a member, a call or a new object comes from; "" for others."""
        trail: list[str] = []
        for _ in range(_LINKS):
            node = plain(self._turned(node))
            if node.type == "member_expression":
                key = f"this.{written(node.child_by_field_name('property'))}"
                inner = node.child_by_field_name("object")
                if inner is None:
                    return ""
                if inner.type == "this":
                    return joined(self.symbol_of(key, scope), trail)
                trail.insert(0, key[5:])
                node = inner
            elif node.type in {"identifier", "shorthand_property_identifier", "type_identifier"}:
                trail = trail[:-1] if trail[-1:] == ["bind"] else trail
                return joined(self.symbol_of(written(node), scope), trail)
            elif node.type == "call_expression" and self.required(node):
                return joined(f"{self.imported(self.required(node))}#default", trail)
            else:
                called = node.child_by_field_name("function")
                made = called or node.child_by_field_name("constructor")
                if made is None:
                    return ""
                node = made
        return ""

    def required(self, node: Node) -> str:
        """The module that `require("…")` or `import("…")` names."""
        called = node.child_by_field_name("function")
        if called is None or called.end_byte - called.start_byte > 7:
            return ""
        given = arguments(node)
        plain_text = len(given) == 1 and given[0].type == "string"
        return said(given[0]) if plain_text and written(called) in {"require", "import"} else ""

    def wrapped(self, call: Node) -> Node | None:
        """The function that a call wraps: `catchAsync(async () => …)`, `fp(plugin)`."""
        given = arguments(call) if call.type == "call_expression" else []
        inner = next((one for one in given if one.type in FUNCTIONS), None)
        called = call.child_by_field_name("function")
        if inner is None and called is not None and called.type == "identifier" and given:
            outside = self.is_package(self.symbol_of(written(called), self.top))
            inner = given[0] if outside and given[0].type == "identifier" else None
        return inner

    # ── values ────────────────────────────────────────────────────────────────────────────────

    def fields(self, node: Node) -> dict[str, Node]:
        """The values of an object that is written out, by their keys."""
        if node.id not in self._fields:
            found: dict[str, Node] = {}
            for one in node.named_children if node.type == "object" else ():
                key = one.child_by_field_name("key") or one.child_by_field_name("name")
                value = one.child_by_field_name("value") or one
                if one.type == "shorthand_property_identifier":
                    found[written(one)] = one
                elif key is not None:
                    found[said(key)] = plain(value) if one.type == "pair" else one
            self._fields[node.id] = found
        return self._fields[node.id]

    def value(self, node: Node, scope: Scope) -> Node:
        """What a name or a member of an object stands for, as far as this file says."""
        for _ in range(_HOPS):
            node = plain(self._turned(node))
            if node.type == "member_expression":
                inner = node.child_by_field_name("object")
                key = written(node.child_by_field_name("property"))
                held = self._named_node(inner, scope) if inner is not None else None
                found = self.fields(held).get(key) if held is not None else None
            else:
                found = self._named_node(node, scope)
            if found is None or found.id == node.id:
                return node
            node = found
        return node

    def _named_node(self, node: Node, scope: Scope) -> Node | None:
        name = written(node) if node.type.endswith("identifier") else ""
        around = (one.nodes[name] for one in scope.outwards() if name in one.nodes)
        return next(around, None) if name else None

    def _turned(self, node: Node) -> Node:
        """What a variable of a loop stands for in this turn."""
        if not self.row:
            return node
        if node.type == "identifier":
            return self.row.get(written(node), node)
        inner = node.child_by_field_name("object")
        if node.type == "member_expression" and inner is not None and inner.type == "identifier":
            held = self.row.get(written(inner))
            key = written(node.child_by_field_name("property"))
            return self.fields(held).get(key, node) if held is not None else node
        return node

    def text(self, node: Node, scope: Scope, hops: int = _HOPS) -> str | None:
        """What a text says, `{}` for what is put in, `${symbol}` for what stands elsewhere."""
        key = (node.id, bool(self.row))
        if key not in self._texts or self.row:
            found = self._text(node, scope, hops) if hops else None
            self._texts[key] = found[:TEXT_AT_MOST] if found is not None else None
        return self._texts[key]

    def _text(self, node: Node, scope: Scope, hops: int) -> str | None:
        node = self.value(node, scope)
        if node.type == "string":
            return said(node)
        if node.type == "template_string":
            return "".join(
                self._put_in(one, scope, hops, first=not at)
                if one.type == "template_substitution"
                else written(one)
                for at, one in enumerate(islice(node.named_children, 50))
            )
        if node.type == "binary_expression":
            left, right = (node.child_by_field_name(one) for one in ("left", "right"))
            sign = written(node.child_by_field_name("operator"))
            told = [self.text(one, scope, hops - 1) for one in (left, right) if one is not None]
            if sign == "+" and told != [None, None]:
                return "".join("{}" if one is None else one for one in told)
            return told[-1] if sign in {"||", "??"} else None
        return self._elsewhere(node, scope)

    def _elsewhere(self, node: Node, scope: Scope) -> str | None:
        """A constant of another file, by its symbol."""
        named = node.type in {"identifier", "member_expression"}
        symbol = self.symbol(node, scope) if named else "#"
        return f"${{{symbol}}}" if symbol[:1] not in {"", "#"} else None

    def _put_in(self, node: Node, scope: Scope, hops: int, *, first: bool) -> str:
        inner = node.named_children[0] if node.named_children else None
        found = self.text(inner, scope, hops - 1) if inner is not None else None
        if found is None:
            return "{}"
        last = found.strip("{$}").rpartition(".")[2].rpartition("#")[2]
        return "{}" if found.startswith("${") and not (first or last.isupper()) else found


def joined(symbol: str, names: list[str]) -> str:
    """A symbol with names of members after it."""
    text = symbol + ("" if symbol.endswith("#") or not names else ".") + ".".join(names)
    return text.replace("#default.default", "#default")


def _module(path: str) -> str:
    stem, dot, ending = path.rpartition(".")
    module = stem if dot and ending in _ENDINGS else path
    return module.removesuffix("/index") if module != "index" else ""
