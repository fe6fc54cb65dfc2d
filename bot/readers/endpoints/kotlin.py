"""Routes and tests of Spring in Kotlin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.readers.endpoints.jvm import File, Kind, Mark, Method, Parameter, line
from bot.readers.endpoints.jvm_tests import reading
from bot.readers.languages import captures, tree
from bot.readers.signals.trees import text

if TYPE_CHECKING:
    from tree_sitter import Node

    from bot.model.endpoint import Endpoints

_QUESTION = """
(package_header) @package (import) @import (class_declaration) @kind
(call_expression) @call (line_comment) @comment (block_comment) @comment
(string_literal) @string (ERROR) @broken (property_declaration) @constant
"""
_TYPES = frozenset({"user_type", "nullable_type"})


def read(path: str, source: bytes) -> Endpoints:
    """The endpoints of a Kotlin file."""
    found = captures("kotlin", _QUESTION, tree("kotlin", source).root_node)
    imports, stars = _imports(found.get("import", []))
    package = "".join(text(_of(node, "qualified_identifier")) for node in found.get("package", []))
    file = File(
        path=path,
        source=source,
        package=package.replace(".", "/"),
        imports=imports,
        stars=stars,
        kinds=[_kind(node) for node in found.get("kind", [])],
        constants=_constants(found.get("constant", [])),
        nodes=found,
        calls=[_call(node) for node in found.get("call", [])],
    )
    return reading(file)


def _of(node: Node | None, *kinds: str) -> Node | None:
    inside = node.named_children if node is not None else []
    return next((one for one in inside if one.type in kinds), None)


def _imports(nodes: list[Node]) -> tuple[dict[str, str], list[str]]:
    imports, stars = {}, []
    for node in nodes:
        parts = text(_of(node, "qualified_identifier")).split(".")
        local = text(_of(node, "identifier")) or parts[-1]
        if text(node).endswith("*"):
            stars.append("/".join(parts))
        elif parts[-1][:1].islower() or parts[-1].isupper():
            owner = parts[-2] if len(parts) > 1 else ""
            held = f"{owner}." if owner[:1].isupper() else ""
            imports[local] = f"{'/'.join(parts[:-1])}#{held}{parts[-1]}"
        else:
            imports[local] = f"{'/'.join(parts)}#"
    return imports, stars


def _kind(node: Node) -> Kind:
    body, given = _of(node, "class_body"), _of(node, "delegation_specifiers")
    inside = body.named_children if body is not None else []
    held = _of(_of(node, "primary_constructor"), "class_parameters")
    fields = (held.named_children if held is not None else []) + [
        one for each in inside for one in [_of(each, "variable_declaration")] if one is not None
    ]
    interface = any(one.type == "interface" for one in node.children)
    return Kind(
        name=text(node.child_by_field_name("name")),
        node=node,
        marks=_marks(_of(node, "modifiers")),
        supers=[
            text(one).partition("<")[0].partition("(")[0].rpartition(".")[2]
            for one in (given.named_children if given is not None else [])
        ],
        interface=interface,
        open=interface or "abstract" in _words(node),
        methods=[_method(one) for one in inside if one.type == "function_declaration"],
        fields={text(_of(one, "identifier")): text(_of(one, *_TYPES)).strip("?") for one in fields},
    )


def _words(node: Node) -> set[str]:
    given = _of(node, "modifiers")
    return {text(one) for one in given.children} if given is not None else set()


def _marks(modifiers: Node | None) -> list[Mark]:
    inside = modifiers.named_children if modifiers is not None else []
    return [_mark(one) for one in inside if one.type == "annotation"]


def _mark(node: Node) -> Mark:
    made = _of(node, "constructor_invocation")
    mark = Mark(name=text(_of(made or node, "user_type")).rpartition(".")[2], line=line(node))
    arguments = _of(made, "value_arguments")
    for one in arguments.named_children if arguments is not None else []:
        pair = any(part.type == "=" for part in one.children)
        value = one.named_children[-1] if one.named_children else one
        key = text(one.named_children[0]) if pair else "value"
        mark.given[key] = mark.given.get(key, []) + _values(value)
    return mark


def _values(node: Node) -> list[Node]:
    """The texts of `[…]`, of `arrayOf(…)`, or the one that it is."""
    if node.type == "collection_literal":
        return node.named_children
    arguments = _of(node, "value_arguments")
    if node.type == "call_expression" and arguments is not None:
        return [one.named_children[-1] for one in arguments.named_children if one.named_children]
    return [node]


def _method(node: Node) -> Method:
    words, body = _words(node), _of(node, "function_body")
    block = _of(body, "block") or body
    given = _of(node, "function_value_parameters")
    parameters, marks = [], list[Mark]()
    for one in given.named_children if given is not None else []:
        if one.type == "parameter_modifiers":
            marks = _marks(one)
        elif one.type == "parameter":
            parameters.append(Parameter(type=text(_of(one, *_TYPES)), marks=marks))
            marks = []
    return Method(
        name=text(node.child_by_field_name("name")),
        node=node,
        marks=_marks(_of(node, "modifiers")),
        parameters=parameters,
        returns=text(_of(node, *_TYPES)),
        public=words.isdisjoint({"private", "protected", "internal"}),
        overrides="override" in words,
        statements=block.named_children if block is not None else [],
    )


def _constants(nodes: list[Node]) -> dict[str, Node]:
    found = {}
    for node in nodes:
        name, value = text(_of(_of(node, "variable_declaration"), "identifier")), None
        fixed = any(one.type == "val" for one in node.children)
        value = node.named_children[-1] if node.named_children else None
        if not (
            fixed and value is not None and value.type in {"string_literal", "binary_expression"}
        ):
            continue
        found[name], at = value, node.parent
        while at is not None and at.child_by_field_name("name") is None:
            at = at.parent
        owner = text(at.child_by_field_name("name")) if at is not None else ""
        found[f"{owner}.{name}" if owner else f".{name}"] = value
    return found


def _call(node: Node) -> tuple[Node | None, str, Node]:
    at = node.named_children[0] if node.named_children else node
    if at.type == "navigation_expression" and len(at.named_children) > 1:
        return at.named_children[0], text(at.named_children[-1]), node
    return None, text(at) if at.type == "identifier" else "", node
