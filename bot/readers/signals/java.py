"""Signals of Java."""

from __future__ import annotations

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
from bot.readers.signals.words import listed

if TYPE_CHECKING:
    from tree_sitter import Node

_QUESTION = """
(method_invocation) @call (line_comment) @comment (block_comment) @comment
(ERROR) @hole (MISSING) @hole (string_literal) @string
(method_declaration) @function (constructor_declaration) @function
(class_declaration) @class (interface_declaration) @class (record_declaration) @class
(enum_declaration) @class (catch_clause) @catch (import_declaration) @import
(enhanced_for_statement) @loop
(marker_annotation) @mark (annotation) @mark (object_creation_expression) @new
(variable_declarator) @assign (assignment_expression) @assign (field_declaration) @field
"""
_CONSTANTS = listed("null_literal true false string_literal decimal_integer_literal")


def _callee(node: Node) -> tuple[Node | None, Node | None]:
    return node.child_by_field_name("name"), node.child_by_field_name("arguments")


def _public(node: Node, before: bytes) -> bool:
    """Everything in an interface is, unless it says otherwise."""
    inside = node.parent is not None and node.parent.type == "interface_body"
    words = before.split()
    return b"public" in words or (inside and b"private" not in words)


_GRAMMAR = Grammar(
    words=WORDS,
    question=_QUESTION,
    callee=_callee,
    names=frozenset({"identifier"}),
    members={"field_access": "field"},
    through=frozenset({"binary_expression", "parenthesized_expression"}),
    keyed={"variable_declarator": ("name", "value")},
    strings=frozenset({"string_literal"}),
    quiet=frozenset({"throw_statement", "annotation", "switch_label"}),
    calls=frozenset({"method_invocation"}),
    public=_public,
)


def read(path: str, source: bytes) -> Signals:
    """The signals of a Java file."""
    reading = drafted("java", _GRAMMAR, path, source)
    reading.take(tests=lambda node, _name: not TESTS.isdisjoint(_marks(node)))
    draft = reading.draft
    for node in reading.of("import"):
        module = "".join(text(one) for one in node.named_children if "identifier" in one.type)
        draft.take_import(span(node), module)
    for node in reading.of("catch"):
        broad = any(text(one) in BROAD for one in _caught(node))
        if is_bare(node.child_by_field_name("body"), _says_nothing if broad else never):
            draft.add(Sign.SWALLOWED, span(node))
    for node in reading.of("new"):
        made = text(node.child_by_field_name("type"))
        if made == "Random" and text(node.child_by_field_name("arguments")) == "()":
            draft.add(Sign.RANDOM, span(node), "new Random()")
        elif made == "RestTemplate":
            draft.add(Sign.NO_TIMEOUT, span(node), "new RestTemplate()")
    _declared(reading)
    return draft.finished()


def _declared(reading: Reading) -> None:
    """Fields, annotations, and methods that take over what is declared elsewhere."""
    draft = reading.draft
    for node in reading.of("field"):
        name = text(node.child_by_field_name("declarator")).partition("=")[0].strip()
        draft.attributes.add(f"{draft.owner(node.start_byte)}.{name}")
    for node in reading.of("mark"):
        _judge_mark(reading, node)
    for node in reading.of("function"):
        if "Override" in _marks(node):
            _inherits(reading, node)


def _marks(node: Node) -> set[str]:
    """Names of the annotations of a declaration."""
    first = node.named_children[0] if node.named_children else None
    if first is None or first.type != "modifiers":
        return set()
    return {text(one.child_by_field_name("name")) for one in first.named_children}


def _caught(node: Node) -> list[Node]:
    given = node.named_children[0]
    return [
        part for one in given.named_children if one.type == "catch_type" for part in one.children
    ]


def _says_nothing(node: Node) -> bool:
    if node.type == "continue_statement":
        return True
    return node.type == "return_statement" and all(
        one.type in _CONSTANTS for one in node.named_children
    )


def _judge_mark(reading: Reading, node: Node) -> None:
    name, draft = text(node.child_by_field_name("name")).rpartition(".")[2], reading.draft
    if name in SKIPS:
        draft.add(Sign.SWITCHED_OFF, span(node), f"@{name}")
    elif name in SUPPRESSES:
        draft.add(Sign.SUPPRESSED, span(node), f"@{name}")
    elif name in {"Order", "TestMethodOrder", "FixMethodOrder"}:
        draft.add(Sign.ORDER, span(node), f"@{name}")
    elif name == "Value":
        match = ENVIRONMENT_VALUE.search(text(node))
        if match:
            draft.add(
                Sign.ENVIRONMENT, span(node), match.group(1), "default" if match.group(2) else ""
            )
    elif name in CONSTRAINTS:
        subject = _subject(reading, node)
        if subject:
            draft.add(Sign.VALIDATION, span(node), subject, f"@{name}")


def _inherits(reading: Reading, method: Node) -> None:
    """What a method takes over is checked where it is declared: Bean Validation wants it there."""
    owner, called = reading.draft.owner(method.start_byte), text(method.child_by_field_name("name"))
    for one in (method.child_by_field_name("parameters") or method).named_children:
        subject = f"{owner}.{called}({text(one.child_by_field_name('name'))})"
        reading.draft.add(Sign.VALIDATION, span(one), subject, "inherited")


def _subject(reading: Reading, mark: Node) -> str:
    """The field or parameter that an annotation stands on."""
    modifiers = mark.parent
    declared = modifiers.parent if modifiers is not None else None
    if declared is None:
        return ""
    owner = reading.draft.owner(mark.start_byte)
    if declared.type == "field_declaration":
        name = text(declared.child_by_field_name("declarator")).partition("=")[0].strip()
        return f"{owner}.{name}"
    if declared.type != "formal_parameter" or declared.parent is None:
        return ""
    method = declared.parent.parent
    if method is None or "Override" in _marks(method):
        return ""
    called = text(method.child_by_field_name("name"))
    return f"{owner}.{called}({text(declared.child_by_field_name('name'))})"
