"""Signals of JavaScript and TypeScript."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.model.signal import Sign, Signals
from bot.readers.signals.shape import Piece
from bot.readers.signals.trees import Grammar, Reading, drafted, is_bare, never, span, text
from bot.readers.signals.words import Words, listed

if TYPE_CHECKING:
    from tree_sitter import Node

_VERBS = ("get", "post", "put", "patch", "delete", "head", "request")
_TESTS = ("it", "test", "describe", "context", "suite")
_SKIPS = [f"{name}.{how}" for name in _TESTS for how in ("skip", "only", "todo", "fixme", "skipIf")]
WORDS = Words(
    sleeps=frozenset({"setTimeout", "sleep", "delay", "page.waitForTimeout", "cy.wait"}),
    randoms=frozenset({"Math.random"}),
    seeds=frozenset({"faker.seed", "seedrandom"}),
    clocks=frozenset({"Date.now", "performance.now", "crypto.randomUUID", "randomUUID", "uuidv4"}),
    requests=frozenset(
        ["fetch", "axios", "got", "request"]
        + [f"{one}.{verb}" for one in ("axios", "got", "superagent") for verb in _VERBS]
    ),
    environment=frozenset(),
    skips=frozenset([*_SKIPS, "xit", "xdescribe", "xtest", "fit", "fdescribe", "this.skip"]),
    prints=frozenset({"debug"}),
    endless=frozenset([f"axios.{verb}" for verb in _VERBS]),
    timeouts=frozenset({"timeout", "signal"}),
    doubles=frozenset({"nock", "msw", "axios-mock-adapter", "jest-fetch-mock", "fetch-mock"}),
    frozen=frozenset({"mockdate", "timekeeper", "fake-timers", "MockDate"}),
)
_ENVIRONMENTS = frozenset({"process.env", "import.meta.env", "Deno.env", "Bun.env"})
_TYPES = """
(type_annotation) @type (interface_declaration) @type (type_alias_declaration) @type
(type_arguments) @type (type_parameters) @type (as_expression) @as
(public_field_definition) @field (required_parameter decorator: (decorator)) @field
"""
_COMMON = """
(call_expression) @call (new_expression) @new (comment) @comment (ERROR) @hole (MISSING) @hole
(string) @string (template_string) @string (for_in_statement) @loop
(function_declaration) @function (generator_function_declaration) @function
(method_definition) @function
(variable_declarator value: [(arrow_function) (function_expression)]) @function
(class_declaration) @class (catch_clause) @catch (import_statement) @import
(export_statement source: (string)) @import
(variable_declarator) @assign (assignment_expression) @assign (pair) @assign
(member_expression object: (member_expression)) @member
(subscript_expression object: (member_expression)) @member
(variable_declarator name: (object_pattern) value: (member_expression)) @unpacked
"""
_CONSTRAINTS = listed(
    "Allow Min Max MinLength MaxLength Length Matches ValidateNested ArrayMaxSize ArrayMinSize"
    " ArrayNotEmpty ArrayUnique Contains Equals Validate"
)
_CONSTANTS = frozenset({"null", "undefined", "true", "false", "number", "string"})


def _callee(node: Node) -> tuple[Node | None, Node | None]:
    return node.child_by_field_name("function"), node.child_by_field_name("arguments")


def _public(node: Node, before: bytes) -> bool:
    """What is exported where it is written; `module.exports` may name anything."""
    at: Node | None = node
    for _ in range(4):
        at = at.parent if at is not None else None
        if at is None or at.type in {"statement_block", "object"}:
            return False
        if at.type == "export_statement":
            return re.search(rb"\b(private|protected)\b|#$", before) is None
    return False


def _grammar(question: str) -> Grammar:
    return Grammar(
        words=WORDS,
        question=question,
        callee=_callee,
        names=frozenset({"identifier", "shorthand_property_identifier"}),
        members={"member_expression": "property", "subscript_expression": "index"},
        through=listed(
            "arguments template_string template_substitution binary_expression object array"
            " parenthesized_expression spread_element as_expression non_null_expression"
        ),
        keyed={"pair": ("key", "value"), "variable_declarator": ("name", "value")},
        strings=frozenset({"string", "template_string"}),
        quiet=listed(
            "jsx_attribute import_statement export_clause decorator throw_statement"
            " literal_type switch_case"
        ),
        public=_public,
    )


_JAVASCRIPT, _TYPESCRIPT = _grammar(_COMMON), _grammar(_COMMON + _TYPES)
_LANGUAGES = {"ts": "typescript", "mts": "typescript", "cts": "typescript", "tsx": "tsx"}


def read(path: str, source: bytes) -> Signals:
    """The signals of a JavaScript or TypeScript file."""
    language = _LANGUAGES.get(path.rpartition(".")[2], "javascript")
    grammar = _JAVASCRIPT if language == "javascript" else _TYPESCRIPT
    reading = drafted(language, grammar, path, source)
    _tests(reading)
    reading.take(tests=lambda _node, _name: False)
    _imports(reading)
    for node in reading.of("catch"):
        body = node.child_by_field_name("body")
        if is_bare(body, _says_nothing):
            detail = "" if is_bare(body, never) else "constant"
            reading.draft.add(Sign.SWALLOWED, span(node), detail=detail)
    for node in reading.of("new"):
        made = text(node.child_by_field_name("constructor"))
        given = node.child_by_field_name("arguments")
        if made == "Date" and (given is None or not given.named_children):
            reading.draft.add(Sign.NOW, span(node), "new Date()")
    _environment(reading)
    reading.draft.cuts += [span(node) for node in reading.of("type")]
    for node in reading.of("field"):
        _field(reading, node)
    reading.draft.frozen = b"useFakeTimers" in source
    return reading.draft.finished()


def _tests(reading: Reading) -> None:
    """`it("refunds twice", …)` is a function of that name."""
    for node in reading.of("call"):
        callee, arguments = reading.callee(node)
        base = callee.partition(".")[0]
        if base in {"it", "test"} and arguments is not None and arguments.named_child_count > 1:
            title = reading.plain(arguments.named_children[0])
            start, end = span(node)
            piece = Piece(name=title, start=start, end=end, test=True)
            reading.draft.pieces.append(piece)


def _imports(reading: Reading) -> None:
    for node in reading.of("import"):
        types = text(node).startswith(("import type", "export type"))
        module = reading.plain(node.child_by_field_name("source") or node)
        reading.draft.take_import(span(node), _resolved(reading.draft.path, module), types=types)
    for node in reading.of("call"):
        callee, arguments = reading.callee(node)
        if callee in {"require", "import"} and arguments is not None and arguments.named_children:
            first = arguments.named_children[0]
            if first.type == "string":
                module = _resolved(reading.draft.path, reading.plain(first))
                reading.draft.take_import(span(node), module)


def _resolved(path: str, module: str) -> str:
    """A relative module counted from the repository's root."""
    if not module.startswith("."):
        return module
    folders = path.split("/")[:-1]
    for part in module.split("/"):
        if part == "..":
            folders = folders[:-1]
        elif part != ".":
            folders = [*folders, part]
    return "/".join(folders)


def _says_nothing(node: Node) -> bool:
    if node.type == "continue_statement":
        return True
    if node.type != "return_statement":
        return False
    return all(
        one.type in _CONSTANTS or (one.type in {"array", "object"} and not one.named_children)
        for one in node.named_children
    )


def _environment(reading: Reading) -> None:
    for node in reading.of("member"):
        if text(node.child_by_field_name("object")) in _ENVIRONMENTS:
            key = node.child_by_field_name("property") or node.child_by_field_name("index")
            literal = key is not None and key.type in {"property_identifier", "string"}
            if key is not None and literal:
                above = node.parent
                default = above is not None and text(above.child_by_field_name("operator")) in {
                    "||",
                    "??",
                }
                detail = "default" if default else ""
                reading.draft.add(Sign.ENVIRONMENT, span(node), reading.plain(key), detail)
    for node in reading.of("unpacked"):
        if text(node.child_by_field_name("value")) in _ENVIRONMENTS:
            for one in (node.child_by_field_name("name") or node).named_children:
                name = one.child_by_field_name("key") or one
                reading.draft.add(Sign.ENVIRONMENT, span(one), text(name).partition("=")[0].strip())


def _field(reading: Reading, node: Node) -> None:
    """A field of a class, with the decorators that constrain it."""
    name = text(node.child_by_field_name("name"))
    if not name:
        return
    subject = f"{reading.draft.owner(node.start_byte)}.{name}"
    reading.draft.attributes.add(subject)
    for one in node.children:
        if one.type == "decorator":
            constraint = text(one).removeprefix("@").partition("(")[0]
            if constraint in _CONSTRAINTS or (constraint.startswith("Is") and len(constraint) > 3):
                reading.draft.add(Sign.VALIDATION, span(one), subject, constraint)
