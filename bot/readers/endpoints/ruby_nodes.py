"""What single nodes of Ruby's syntax tree say by themselves: names, texts, options, statuses."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.readers.endpoints.statuses import code
from bot.readers.signals.trees import text

if TYPE_CHECKING:
    from tree_sitter import Node

_LITERALS = frozenset({"string", "simple_symbol", "hash_key_symbol", "bare_symbol", "bare_string"})
_PLACES = frozenset({"string", "constant", "scope_resolution", "call"})
_LISTS = frozenset({"array", "symbol_array", "string_array"})
# Ranges, as tests name them.
_RANGES = {"success": 200, "successful": 200, "redirect": 302, "missing": 404, "error": 500}


def word(node: Node | None) -> str | None:
    """What a symbol or a string says; `{}` stands for what is put into it; None for all else."""
    if node is None or node.type not in _LITERALS:
        return None
    inside = [one for one in node.named_children if one.type != "heredoc_beginning"]
    if not inside:
        return text(node).strip("\"':")
    return "".join("{}" if one.type == "interpolation" else text(one) for one in inside)


def words(node: Node | None) -> tuple[str, ...] | None:
    """The texts of a literal or of a list of them; None where one of them is computed."""
    if node is None:
        return ()
    found = [word(one) for one in (node.named_children if node.type in _LISTS else [node])]
    known = tuple(one for one in found if one is not None and "{}" not in one)
    return known if len(known) == len(found) else None


def name_of(call: Node) -> str:
    """The last name of what is called."""
    return text(call if call.type == "identifier" else call.child_by_field_name("method"))


def given(call: Node) -> tuple[list[Node], dict[str, Node]]:
    """The arguments of a call by place, and its options; a text or an application before `=>`
    is a place, with what it points to as the option `to`."""
    places: list[Node] = []
    options: dict[str, Node] = {}
    arguments = call.child_by_field_name("arguments")
    flat = [
        inner
        for one in (arguments.named_children if arguments is not None else [])
        for inner in (one.named_children if one.type == "hash" else [one])
    ]
    for one in flat:
        key, value = one.child_by_field_name("key"), one.child_by_field_name("value")
        if one.type != "pair":
            places += [one] if "comment" not in one.type else []
        elif key is not None and value is not None and key.type in _PLACES:
            places.append(key)
            options["to"] = value
        elif value is not None:
            options[word(key) or text(key)] = value
    return places, options


def body_of(node: Node | None) -> list[Node]:
    """The statements of a block, a class, a method or a whole file."""
    if node is not None and node.type == "call":
        node = node.child_by_field_name("block")
    body = node.child_by_field_name("body") if node is not None else None
    holder = body or (node if node is not None and node.type == "program" else None)
    return [one for one in holder.named_children if "comment" not in one.type] if holder else []


def status_of(node: Node | None) -> int | None:
    """The status that a number, a text of digits or a symbol names."""
    said = text(node) if node is not None and node.type == "integer" else word(node) or ""
    return named_status(said)


def named_status(said: str) -> int | None:
    """`404`, `not_found`, and the ranges that tests have names for."""
    return _RANGES.get(said) or code(said)


def line(node: Node) -> int:
    """The line a node begins in."""
    return node.start_point.row + 1


def underscored(constant: str) -> str:
    """`Admin::UsersController` → `admin/users_controller`."""
    told = re.sub(r"([A-Z\d]+)([A-Z][a-z])", r"\1_\2", constant.strip(":").replace("::", "/"))
    return re.sub(r"([a-z\d])([A-Z])", r"\1_\2", told).lower()


def controller(path: str) -> str:
    """The router of a controller that `admin/users` names: all its actions are said of it."""
    return f"app/controllers/{path}_controller#{path.rpartition('/')[2]}_controller"
