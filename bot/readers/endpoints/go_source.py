"""A Go file as its routes need it: imports, functions, types of names, texts, symbols."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.readers.languages import captures, tree
from bot.readers.signals.shape import blanked
from bot.readers.signals.trees import span, text

if TYPE_CHECKING:
    from tree_sitter import Node

_QUESTION = """
(import_spec) @import (function_declaration) @function (method_declaration) @function
(func_literal) @literal (call_expression) @call (short_var_declaration) @assign
(assignment_statement) @assign (var_spec) @assign (const_spec) @const (comment) @comment
(type_spec type: (struct_type)) @struct (ERROR) @broken (keyed_element) @keyed
(binary_expression) @compare
(interpreted_string_literal) @string (raw_string_literal) @string
"""
_VERSION = re.compile(r"^v\d+$")
_METHOD = re.compile(r"^http\.Method([A-Z]\w+)$")
_VERB = re.compile(r"%[-+# 0-9.]*[a-zA-Z]")
_OF_MADE = re.compile(r"^&?([\w.]+)\{[^{}]*\}\.(\w+)$")
_GIVEN = re.compile(r"\([^()]*\)")
METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
_LONG = 200


def said(node: Node | None) -> str:
    """The text of a short expression without white space; empty where it is long or none."""
    if node is None or node.end_byte - node.start_byte > _LONG:
        return ""
    return "".join(text(node).split())


def line(node: Node) -> int:
    """The first line of a node."""
    return node.start_point.row + 1


def values(node: Node | None) -> list[Node]:
    """The parts of a list of expressions or arguments, without comments."""
    return [one for one in (node.named_children if node else []) if one.type != "comment"]


def arguments(call: Node) -> list[Node]:
    """What a call is given."""
    return values(call.child_by_field_name("arguments"))


def callee(call: Node) -> tuple[Node | None, str]:
    """What a call is made on, and the name of what is called; no name for a call of a call."""
    function = call.child_by_field_name("function")
    if function is not None and function.type == "selector_expression":
        return function.child_by_field_name("operand"), text(function.child_by_field_name("field"))
    return None, text(function) if function is not None and function.type == "identifier" else ""


@dataclass(slots=True, kw_only=True)
class Function:
    """A function: its name with its receiver's, and the types that names have in it."""

    name: str
    node: Node
    parameters: list[tuple[str, str]]
    result: str
    types: dict[str, str]


@dataclass(slots=True)
class Source:
    """One file; nodes of each kind stand in the order of the text."""

    path: str
    source: bytes
    nodes: dict[str, list[Node]] = field(init=False)
    bare: bytes = field(init=False)
    imports: dict[str, str] = field(init=False)
    constants: dict[str, str] = field(init=False)
    fields: dict[str, str] = field(init=False)
    functions: list[Function] = field(init=False)
    _starts: dict[str, list[int]] = field(init=False)

    def __post_init__(self) -> None:
        self.nodes = captures("go", _QUESTION, tree("go", self.source).root_node)
        for nodes in self.nodes.values():
            nodes.sort(key=lambda one: (one.start_byte, -one.end_byte))
        self._starts = {kind: [n.start_byte for n in nodes] for kind, nodes in self.nodes.items()}
        comments = [span(one) for one in self.nodes.get("comment", [])]
        self.bare = blanked(self.source, comments + [span(n) for n in self.nodes.get("string", [])])
        self.imports = dict(map(_import, self.nodes.get("import", [])))
        self.constants, self.fields = {}, {}
        for node in self.nodes.get("const", []):
            name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
            told = self.text(values(value)[0], None) if values(value) else None
            if told is not None:
                self.constants[text(name)] = told
        for node in self.nodes.get("struct", []):
            self._take_fields(node)
        self.functions = [self._function(node) for node in self.nodes.get("function", [])]

    @property
    def module(self) -> str:
        """The folder: the files of one package share it."""
        return self.path.rpartition("/")[0]

    def within(self, kind: str, node: Node) -> list[Node]:
        """The nodes of a kind that stand in a node."""
        starts = self._starts.get(kind, [])
        first, last = bisect_left(starts, node.start_byte), bisect_left(starts, node.end_byte)
        return self.nodes.get(kind, [])[first:last]

    def symbol(self, name: str, function: Function | None, unknown: str = "") -> str:
        """The full symbol of what `a.b.c` means in a function. With `unknown` only the last part
        is said, after that mark, where a name is of a type that this file does not show."""
        name = _GIVEN.sub("", name)
        made = _OF_MADE.match(name)
        if made:
            return self._member(made[1], made[2])
        first, _, rest = name.partition(".")
        kind = function.types.get(first) if function is not None else None
        if kind is None and first in self.imports:
            return f"{self.imports[first]}#{rest}"
        *above, last = rest.split(".")
        for part in above if kind else ():
            kind = self.fields.get(f"{kind}.{part}") or ("" if unknown else f"{kind}.{part}")
        if kind and last:
            return self._member(kind, last)
        return f"#{unknown}{last}" if unknown and last else f"#{name}"

    def _member(self, kind: str, name: str) -> str:
        package, _, own = kind.rpartition(".") if kind.count(".") == 1 else ("", "", kind)
        if package in self.imports:
            return f"{self.imports[package]}#{own}.{name}"
        kind = "?" if own == "?" else kind
        return f"#{kind}.{name}"

    def text(self, node: Node, function: Function | None, *, free: bool = False) -> str | None:
        """What a text is: literals, sums of them, constants. None where that cannot be told; with
        `free`, what else is put in is a parameter, and a server's address is nothing."""
        parts: list[str] = []
        waiting = [node]
        while waiting and len(parts) < 50:
            one = waiting.pop()
            if one.type in {"binary_expression", "parenthesized_expression"}:
                waiting += one.named_children[::-1]
                continue
            told = self._piece(one, function, free=free)
            if told is None and not (free and parts):
                return None
            parts.append("{}" if told is None else told)
        return "".join(parts)

    def _piece(self, node: Node, function: Function | None, *, free: bool) -> str | None:
        name = said(node)
        if node.type.endswith("string_literal"):
            return text(node)[1:-1]
        if free and name.endswith(".URL"):
            return ""
        if free and node.type == "call_expression" and name.startswith("fmt.Sprintf("):
            return self._formatted(arguments(node), function)
        if _METHOD.match(name):
            return name.removeprefix("http.Method").upper()
        first, _, rest = name.partition(".")
        if name in self.constants:
            return self.constants[name]
        known = function is not None and first in function.types
        if node.type == "selector_expression" and first in self.imports and not known:
            return f"${{{self.imports[first]}#{rest}}}"
        return f"${{#{name}}}" if node.type == "identifier" and function and not known else None

    def _formatted(self, given: list[Node], function: Function | None) -> str | None:
        form = self.text(given[0], function) if given else None
        told = [self._piece(one, function, free=True) for one in given[1:]]
        put_in = iter(["{}" if one is None else one for one in told])
        return _VERB.sub(lambda _: next(put_in, "{}"), form) if form is not None else None

    def _take_fields(self, node: Node) -> None:
        owner = text(node.child_by_field_name("name"))
        shape = node.child_by_field_name("type")
        for one in shape.named_children[0].named_children if shape and shape.named_children else []:
            for name in one.children_by_field_name("name"):
                self.fields[f"{owner}.{text(name)}"] = _bare(one.child_by_field_name("type"))

    def _function(self, node: Node) -> Function:
        owner = parameters(node, "receiver")
        given = parameters(node)
        name = text(node.child_by_field_name("name"))
        found = Function(
            name=f"{owner[0][1]}.{name}" if owner else name,
            node=node,
            parameters=given,
            result=said(node.child_by_field_name("result")),
            types=dict(owner + given),
        )
        for one in self.within("assign", node):
            _take_types(found.types, one)
        return found


def parameters(node: Node, which: str = "parameters") -> list[tuple[str, str]]:
    """Names and types that a function is given."""
    return [
        (text(name), _bare(one.child_by_field_name("type")))
        for one in values(node.child_by_field_name(which))
        for name in one.children_by_field_name("name")
    ]


def left(node: Node) -> list[Node]:
    """What is assigned to."""
    return values(node.child_by_field_name("left")) or node.children_by_field_name("name")


def right(node: Node) -> list[Node]:
    """What is assigned."""
    return values(node.child_by_field_name("right") or node.child_by_field_name("value"))


def _take_types(types: dict[str, str], node: Node) -> None:
    told = _bare(node.child_by_field_name("type"))
    given = right(node)
    for place, name in enumerate(left(node)):
        value = given[place] if place < len(given) else (given[0] if given else None)
        kind = told or _made(value)
        if name.type == "identifier" and (kind or text(name) not in types):
            types[text(name)] = kind


def _made(node: Node | None) -> str:
    """The type of what is made: `T{}`, `&T{}`, `new(T)`; `package.?` of a function's result."""
    if node is not None and node.type == "unary_expression":
        node = node.child_by_field_name("operand")
    if node is None or node.type not in {"composite_literal", "call_expression"}:
        return ""
    if node.type == "composite_literal":
        return _bare(node.child_by_field_name("type"))
    on, name = callee(node)
    given = arguments(node)
    if on is None and name in {"new", "make"}:
        return _bare(given[0]) if given else ""
    return f"{said(on)}.?" if on is not None and on.type == "identifier" else "?"


def _bare(node: Node | None) -> str:
    if node is not None and node.type in {"map_type", "interface_type"}:
        return "map"
    return said(node).lstrip("*&[]").partition("[")[0]


def _import(node: Node) -> tuple[str, str]:
    path = text(node.child_by_field_name("path"))[1:-1]
    parts = path.split("/")
    last = parts[-2] if _VERSION.match(parts[-1]) and len(parts) > 1 else parts[-1]
    return text(node.child_by_field_name("name")) or last.partition(".")[0], path
