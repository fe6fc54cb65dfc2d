"""What a Rails controller does: its actions, what runs before them, how they take a body."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

from bot.model.endpoint import Body, Guard, Handler, Mount, Router, Where
from bot.readers.endpoints.ruby_nodes import (
    body_of,
    controller,
    given,
    line,
    name_of,
    status_of,
    underscored,
    word,
    words,
)
from bot.readers.languages import captures
from bot.readers.signals.trees import plain_callee, text
from bot.readers.signals.words import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

# A guard, and the actions that it is for, or is not for.
Filter: TypeAlias = tuple[Guard, tuple[str, ...], tuple[str, ...]]
_BEFORE = re.compile(r"(skip_)?(?:prepend_|append_)?(?:before|around)_(?:action|filter)")
# Calls in a class that run nothing before an action; any other may, and is a candidate.
_HARMLESS = listed(
    "after_action after_filter alias_method attr_accessor attr_reader attr_writer caches_action"
    " caches_page class_attribute class_methods content_security_policy delegate extend helper"
    " helper_method layout private private_constant protected public require rescue_from"
    " respond_to skip_after_action wrap_parameters"
)
_TYPED = re.compile(rb"\bparams\s*\.(?:require|permit|expect)\b")
# A key below a key of `params` is taken as it comes; a first key may be of the path.
_RAW = re.compile(rb"\.permit!|\.to_unsafe_h(?:ash)?\b|\brequest\s*\.(?:raw_post|body)\b")
_LOOSE = re.compile(rb"\bparams\s*\[[^\[\]]*\]\s*\[")
_FIRST = 12
_EACH = 20
_SPARED_AT_MOST = 100
_DEPTH_AT_MOST = 12


def classes(node: Node, lexical: str = "", depth: int = 0) -> Iterator[tuple[Node, str, str]]:
    """The controllers and concerns below a node, with their names and what they stand in."""
    for one in body_of(node) if depth < _DEPTH_AT_MOST else ():
        name = text(one.child_by_field_name("name"))
        whole = f"{lexical}::{name}" if lexical else name
        if one.type == "module":
            inner = list(classes(one, whole, depth + 1))
            yield from inner or [(one, whole, lexical)]
        elif one.type == "class" and name.endswith("Controller"):
            yield one, whole, lexical
        elif one.type == "class":
            yield from classes(one, whole, depth + 1)


def controls(
    node: Node, whole: str, lexical: str
) -> tuple[Router, tuple[Mount, ...], tuple[Handler, ...]]:
    """The router that a controller is for its actions, what it inherits from, and the actions."""
    statements = [
        inner
        for one in body_of(node)
        for inner in (body_of(one) if one.type == "call" and name_of(one) == "included" else [one])
    ]
    filters = [one for each in statements for one in _filters(each)]
    # Of very many, what some actions are spared counts for them too.
    spared = [one for one in filters if one[2]][:_SPARED_AT_MOST]
    shared = tuple(one[0] for one in filters if not one[1] and one not in spared)
    named: dict[str, list[Guard]] = {}
    for guard, only, _ in filters:
        for each in only:
            named.setdefault(each, []).append(guard)
    name = underscored(whole).rpartition("/")[2]
    parent = text(node.child_by_field_name("superclass")).strip("< ")
    root = parent.startswith("ActionController::")
    mounts: tuple[Mount, ...] = ()
    if parent.endswith("Controller"):
        nested = lexical and "::" not in parent and parent != "ApplicationController"
        above = underscored(f"{lexical}::{parent}" if nested else parent)
        symbol = controller(above.removesuffix("_controller"))
        mounts = (Mount(parent=symbol, child=f"#{name}", prefix="", line=line(node)),)
    hidden, shown = _methods(statements)
    strong = {_name(one) for one in hidden if _TYPED.search(one.text or b"")}
    return (
        Router(name=name, line=line(node), guards=shared, root=root),
        mounts,
        tuple(
            _handler(
                one,
                [guard for guard, _, but in spared if _name(one) not in but]
                + named.get(_name(one), []),
                strong,
            )
            for one in {_name(one): one for one in shown}.values()
        ),
    )


def _name(method: Node) -> str:
    return text(method.child_by_field_name("name"))


def _methods(statements: list[Node]) -> tuple[list[Node], list[Node]]:
    """The methods that no route can lead to, and those that one can."""
    found: tuple[list[Node], list[Node]] = ([], [])
    named: set[str | None] = set()
    public = True
    for one in statements:
        if text(one) in {"private", "protected", "public"}:
            public = text(one) == "public"
        elif one.type == "call" and name_of(one) in {"private", "protected"}:
            found[0].extend(each for each in given(one)[0] if each.type == "method")
            named |= {word(each) for each in given(one)[0]}
        elif one.type == "method":
            found[public].append(one)
    return found[0], [one for one in found[1] if _name(one) not in named]


def _filters(node: Node) -> list[Filter]:
    """What a statement of a class puts before its actions, or takes away."""
    if node.type not in {"call", "identifier"} or node.child_by_field_name("receiver") is not None:
        return []
    name = name_of(node)
    places, options = given(node)
    told = _BEFORE.fullmatch(name)
    if told:
        said = [
            word(one) or plain_callee(one.text or b"") for one in places if one.type != "lambda"
        ]
        blocks = [one.child_by_field_name("body") for one in places if one.type == "lambda"]
        symbols = [f"{'-' if told[1] else ''}#{one}" for one in said]
        symbols += [one for block in [node, *blocks] for one in _callees(body_of(block))]
    elif name == "allow_unauthenticated_access":
        # So the authentication that Rails generates calls skip_before_action.
        symbols = ["-#require_authentication"]
    elif name in {"include", "prepend"}:
        symbols = [f"#{text(one)}" for one in places]
        # What a concern puts before actions stands in the file that bears its name.
        symbols += [_concern(text(one)) for one in places if one.type == "constant"]
    else:
        symbols = [] if name in _HARMLESS | {"private", "public"} else [f"#{name}"]
    only, but = words(options.get("only")) or (), words(options.get("except")) or ()
    return [
        (Guard(symbol=one[:200], where=Where.MIDDLEWARE, line=line(node)), only, but)
        for one in symbols
    ]


def _concern(name: str) -> str:
    last = underscored(name)
    return f"app/controllers/concerns/{last}#{last}"


def _callees(statements: list[Node]) -> list[str]:
    """What the first statements call, as symbols."""
    found = []
    for one in statements[:_FIRST]:
        found += [f"#{text(one)}"] if one.type == "identifier" else []
        calls = captures("ruby", "(call) @call", one).get("call", ())
        for call in sorted(calls, key=lambda one: one.end_byte)[:_EACH]:
            last = call.child_by_field_name("method") or call
            callee = (call.text or b"")[: last.end_byte - call.start_byte]
            found.append(f"#{plain_callee(callee[-200:])}")
    return list(dict.fromkeys(found))


def _handler(method: Node, before: list[Guard], strong: set[str]) -> Handler:
    name, source = _name(method), method.text or b""
    calls = captures("ruby", "(call) @call", method).get("call", ())
    inside = [
        Guard(symbol=one, where=Where.BODY, line=line(method)) for one in _callees(body_of(method))
    ]
    typed = _TYPED.search(source) or strong & set(re.findall(r"\w+", text(method)))
    raw = _RAW.search(source) or (None if typed else _LOOSE.search(source))
    return Handler(
        name=name,
        line=line(method),
        end=method.end_point.row + 1,
        body=Body.RAW if raw else Body.TYPED if typed else Body.NONE,
        raw=line(method) + source.count(b"\n", 0, raw.start()) if raw else None,
        statuses=frozenset(one for call in calls if (one := _status(call)) is not None),
        guards=(*sorted(before, key=lambda one: one.line), *inside),
        errors=tuple(line(call) for call in calls if _is_made_up(call)),
    )


def _status(call: Node) -> int | None:
    name, (places, options) = name_of(call), given(call)
    if call.child_by_field_name("receiver") is not None:
        return None
    if name == "head" and places:
        return status_of(places[0])
    said = status_of(options.get("status")) if name in {"render", "redirect_to"} else None
    return 302 if name == "redirect_to" and "status" not in options else said


def _is_made_up(call: Node) -> bool:
    """`render json: {error: …}, status: 4xx`, the form of the answer written on the spot."""
    options = given(call)[1] if name_of(call) == "render" else {}
    shown = options.get("json", options.get("plain"))
    made = shown is not None and ("plain" in options or shown.type in {"hash", "string"})
    return made and (_status(call) or 0) >= 400
