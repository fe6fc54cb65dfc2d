"""Signals of Kotlin."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.model.signal import Sign, Signals
from bot.readers.signals.jvm import (
    BROAD,
    CONSTRAINTS,
    ENVIRONMENT_VALUE,
    SKIPS,
    SUPPRESSES,
    TESTS,
    WORDS,
)
from bot.readers.signals.trees import Grammar, Reading, drafted, is_bare, never, span, text
from bot.readers.signals.words import is_log, is_sensitive, listed

if TYPE_CHECKING:
    from tree_sitter import Node

_QUESTION = """
(call_expression) @call (line_comment) @comment (block_comment) @comment
(ERROR) @hole (MISSING) @hole (string_literal) @string
(function_declaration) @function (class_declaration) @class (object_declaration) @class
(catch_block) @catch (import) @import (annotation) @mark
(property_declaration) @assign (property_declaration) @field (class_parameter) @field
"""
_CONSTANTS = listed("number_literal string_literal")
_WORDS = frozenset({"null", "true", "false", "Unit"})
_PUT_IN = re.compile(r"\$([A-Za-z_]\w*)")


def _callee(node: Node) -> tuple[Node | None, Node | None]:
    children = node.named_children
    arguments = next((one for one in children if one.type == "value_arguments"), None)
    return (children[0] if children else None), arguments


_GRAMMAR = Grammar(
    words=WORDS,
    question=_QUESTION,
    callee=_callee,
    names=frozenset({"identifier"}),
    members={"navigation_expression": ""},
    through=listed(
        "value_argument string_literal interpolation binary_expression parenthesized_expression"
    ),
    keyed={"property_declaration": ("", "")},
    strings=frozenset({"string_literal"}),
    quiet=frozenset({"throw_expression", "annotation", "when_condition"}),
)


def read(path: str, source: bytes) -> Signals:
    """The signals of a Kotlin file."""
    reading = drafted("kotlin", _GRAMMAR, path, source)
    reading.take(tests=lambda node, _name: not TESTS.isdisjoint(_marks(node)))
    draft = reading.draft
    for node in reading.of("import"):
        draft.take_import(
            span(node), text(node).removeprefix("import").partition(" as ")[0].strip()
        )
    for node in reading.of("catch"):
        body = next((one for one in node.named_children if one.type == "block"), None)
        broad = any(text(one) in BROAD for one in node.named_children)
        if is_bare(body, _says_nothing if broad else never):
            draft.add(Sign.SWALLOWED, span(node))
    for node in reading.of("call"):
        _put_in(reading, node)
    for node in reading.of("field"):
        name = _name(node)
        draft.attributes.add(f"{draft.owner(node.start_byte)}.{name}")
        for mark in _annotations(node):
            if mark in CONSTRAINTS:
                subject = f"{draft.owner(node.start_byte)}.{name}"
                draft.add(Sign.VALIDATION, span(node), subject, f"@{mark}")
    for node in reading.of("mark"):
        _judge_mark(reading, node)
    return draft.finished()


def _put_in(reading: Reading, node: Node) -> None:
    """`"$token"` in a log call: the grammar sees words there, no name."""
    callee, arguments = reading.callee(node)
    if arguments is None or not is_log(callee, WORDS.prints):
        return
    for one in arguments.named_children:
        literal = one.named_children[0] if one.named_children else one
        if literal.type == "string_literal":
            names = _PUT_IN.findall(text(literal))
            secret = next((name for name in names if is_sensitive(name)), None)
            if secret:
                reading.draft.add(Sign.LOGS_SECRET, span(node), secret)


def _name(node: Node) -> str:
    inner = next((one for one in node.named_children if one.type == "variable_declaration"), node)
    return text(next((one for one in inner.named_children if one.type == "identifier"), None))


def _annotations(node: Node) -> list[str]:
    first = node.named_children[0] if node.named_children else None
    if first is None or first.type != "modifiers":
        return []
    return [_mark(one) for one in first.named_children if one.type == "annotation"]


def _marks(node: Node) -> set[str]:
    return set(_annotations(node))


def _mark(node: Node) -> str:
    """The name of an annotation: `@field:NotNull` and `@Size(max = 3)` are known by their own."""
    return text(node).removeprefix("@").partition("(")[0].rpartition(":")[2].strip()


def _says_nothing(node: Node) -> bool:
    if node.type in _CONSTANTS or text(node) in _WORDS or text(node) == "continue":
        return True
    return node.type == "return_expression" and all(
        one.type in _CONSTANTS or text(one) in _WORDS for one in node.named_children
    )


def _judge_mark(reading: Reading, node: Node) -> None:
    name, draft = _mark(node), reading.draft
    if name in SKIPS:
        draft.add(Sign.SWITCHED_OFF, span(node), f"@{name}")
    elif name in SUPPRESSES:
        draft.add(Sign.SUPPRESSED, span(node), f"@{name}")
    elif name in {"Order", "TestMethodOrder"}:
        draft.add(Sign.ORDER, span(node), f"@{name}")
    elif name == "Value":
        match = ENVIRONMENT_VALUE.search(text(node))
        if match:
            default = "default" if match.group(2) else ""
            draft.add(Sign.ENVIRONMENT, span(node), match.group(1), default)
    elif name in CONSTRAINTS:
        _parameter(reading, node, name)


def _parameter(reading: Reading, mark: Node, name: str) -> None:
    """A constraint on a parameter of a function; the grammar puts it beside the parameter."""
    modifiers = mark.parent
    if modifiers is None or modifiers.type != "parameter_modifiers":
        return
    parameter, given = modifiers.next_named_sibling, modifiers.parent
    function = given.parent if given is not None else None
    if parameter is None or function is None:
        return
    if text(function.named_children[0]).startswith("override"):
        return
    called = text(function.child_by_field_name("name"))
    owner = reading.draft.owner(mark.start_byte)
    subject = f"{owner}.{called}({text(parameter.named_children[0])})"
    reading.draft.add(Sign.VALIDATION, span(mark), subject, f"@{name}")
