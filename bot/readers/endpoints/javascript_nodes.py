"""Pieces of a syntax tree of JavaScript or TypeScript."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.readers.signals.trees import text as written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

_NAMED = frozenset({"identifier", "member_expression", "call_expression"})
FUNCTIONS = frozenset(
    {"function_declaration", "function_expression", "arrow_function", "method_definition"}
    | {"generator_function_declaration"}
)
_AROUND = frozenset(
    {"await_expression", "parenthesized_expression", "as_expression", "non_null_expression"}
    | {"satisfies_expression", "type_assertion", "spread_element"}
)
# Nobody writes more around an expression, more calls in a chain or longer paths.
_LAYERS, _CALLS = 6, 200
TEXT_AT_MOST = 500


def plain(node: Node) -> Node:
    """The expression without what only stands around it: `await`, parentheses, types."""
    for _ in range(_LAYERS):
        if node.type not in _AROUND or not node.named_children:
            return node
        node = node.named_children[0]
    return node


def chain_start(node: Node) -> Node:
    """The innermost call of `a().b().c()`, as far as hands write it."""
    for _ in range(_CALLS):
        called = node.child_by_field_name("function")
        inner = called.child_by_field_name("object") if called is not None else None
        if inner is None or inner.type not in {"call_expression", "new_expression"}:
            return node
        node = inner
    return node


def arguments(node: Node) -> list[Node]:
    """What a call is given, without comments."""
    given = node.child_by_field_name("arguments")
    if given is None or given.type != "arguments":
        return []
    return [one for one in given.named_children if one.type != "comment"]


def parameters(node: Node) -> list[Node]:
    """What a function takes."""
    one = node.child_by_field_name("parameter")
    given = node.child_by_field_name("parameters")
    return [one] if one is not None else given.named_children if given is not None else []


def said(node: Node | None) -> str:
    """What a string says; a key is as good with quotes as without."""
    return written(node)[:TEXT_AT_MOST].strip("\"'`")


def line(node: Node) -> int:
    """The node's line, counted from 1."""
    return int(node.start_point.row) + 1


def end(node: Node) -> int:
    """The node's last line."""
    return int(node.end_point.row) + 1


def unpacked(node: Node) -> Iterator[tuple[str, str]]:
    """Keys and local names of `{ a, b: c, d = 1 }`."""
    for one in node.named_children if node.type == "object_pattern" else ():
        key, value = one.child_by_field_name("key"), one.child_by_field_name("value")
        left = one.child_by_field_name("left")
        local = written(value if value is not None and value.type == "identifier" else left or one)
        if len(local) < 80:
            yield (written(key) if key is not None else local), local


def wrapped(node: Node) -> list[Node]:
    """The calls that a handler stands in, the outermost first, and the handler."""
    found = [node]
    for _ in range(_LAYERS):
        inner = _held(found[-1])
        if inner is None:
            break
        found.append(inner)
    return [node] if found[-1].type == "call_expression" else found


def _held(node: Node) -> Node | None:
    given = arguments(node) if node.type == "call_expression" else []
    inner = [one for one in given if one.type in FUNCTIONS]
    called = node.child_by_field_name("function")
    bound = written(called.child_by_field_name("property")) == "bind" if called else False
    if not inner and len(given) == 1 and not bound:
        inner = given if given[0].type in _NAMED else []
    return inner[-1] if inner else None
