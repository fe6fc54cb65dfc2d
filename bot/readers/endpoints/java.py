"""Routes and tests of Spring in Java."""

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
(package_declaration) @package (import_declaration) @import
(class_declaration) @kind (interface_declaration) @kind (record_declaration) @kind
(method_invocation) @call (line_comment) @comment (block_comment) @comment
(string_literal) @string (ERROR) @broken
(field_declaration) @constant (constant_declaration) @constant
"""
_ARRAYS = frozenset({"element_value_array_initializer"})


def read(path: str, source: bytes) -> Endpoints:
    """The endpoints of a Java file."""
    found = captures("java", _QUESTION, tree("java", source).root_node)
    imports, stars = _imports(found.get("import", []))
    kinds = [_kind(node) for node in found.get("kind", [])]
    file = File(
        path=path,
        source=source,
        package="".join(map(text, _named(found.get("package", [])))).replace(".", "/"),
        imports=imports,
        stars=stars,
        kinds=kinds,
        constants=_constants(found.get("constant", [])),
        nodes=found,
        calls=[_call(node) for node in found.get("call", [])],
    )
    return reading(file)


def _named(nodes: list[Node]) -> list[Node]:
    return [one for node in nodes for one in node.named_children if "identifier" in one.type]


def _imports(nodes: list[Node]) -> tuple[dict[str, str], list[str]]:
    imports, stars = {}, []
    for node in nodes:
        parts = "".join(map(text, _named([node]))).split(".")
        static = any(one.type == "static" for one in node.children)
        if any(one.type == "asterisk" for one in node.children):
            stars.append("/".join(parts))
        elif static and len(parts) > 1:
            imports[parts[-1]] = f"{'/'.join(parts[:-1])}#{parts[-2]}.{parts[-1]}"
        else:
            imports[parts[-1]] = f"{'/'.join(parts)}#"
    return imports, stars


def _kind(node: Node) -> Kind:
    body = node.child_by_field_name("body")
    inside = body.named_children if body is not None else []
    above = [node.child_by_field_name("superclass"), node.child_by_field_name("interfaces")]
    above += [one for one in node.children if one.type == "extends_interfaces"]
    listed = [one for part in above if part is not None for one in part.named_children]
    listed = [
        e for one in listed for e in (one.named_children if one.type == "type_list" else [one])
    ]
    interface = node.type == "interface_declaration"
    return Kind(
        name=text(node.child_by_field_name("name")),
        node=node,
        marks=_marks(node),
        supers=[text(one).partition("<")[0].rpartition(".")[2] for one in listed],
        interface=interface,
        open=interface or "abstract" in _words(node),
        methods=[_method(one) for one in inside if one.type == "method_declaration"],
        fields={
            text(one.child_by_field_name("declarator")).partition("=")[0].strip(): text(
                one.child_by_field_name("type")
            ).partition("<")[0]
            for one in inside
            if one.type == "field_declaration"
        },
    )


def _modifiers(node: Node) -> Node | None:
    return next((one for one in node.children if one.type == "modifiers"), None)


def _words(node: Node) -> set[str]:
    given = _modifiers(node)
    return {text(one) for one in given.children} if given is not None else set()


def _marks(node: Node) -> list[Mark]:
    given = _modifiers(node)
    inside = given.named_children if given is not None else []
    return [_mark(one) for one in inside if one.type.endswith("annotation")]


def _mark(node: Node) -> Mark:
    mark = Mark(name=text(node.child_by_field_name("name")).rpartition(".")[2], line=line(node))
    arguments = node.child_by_field_name("arguments")
    for one in arguments.named_children if arguments is not None else []:
        pair = one.type == "element_value_pair"
        key = text(one.child_by_field_name("key")) if pair else "value"
        value = one.child_by_field_name("value") if pair else one
        if value is not None and "comment" not in value.type:
            mark.given[key] = value.named_children if value.type in _ARRAYS else [value]
    return mark


def _method(node: Node) -> Method:
    marks = _marks(node)
    body, given = node.child_by_field_name("body"), node.child_by_field_name("parameters")
    return Method(
        name=text(node.child_by_field_name("name")),
        node=node,
        marks=marks,
        parameters=[
            Parameter(type=text(one.child_by_field_name("type")), marks=_marks(one))
            for one in (given.named_children if given is not None else [])
        ],
        returns=text(node.child_by_field_name("type")),
        public=_words(node).isdisjoint({"private", "protected"}),
        overrides=any(mark.name == "Override" for mark in marks),
        statements=body.named_children if body is not None else [],
    )


def _constants(nodes: list[Node]) -> dict[str, Node]:
    found = {}
    for node in nodes:
        declared = node.child_by_field_name("declarator")
        value = declared.child_by_field_name("value") if declared is not None else None
        fixed = node.type == "constant_declaration" or "final" in _words(node)
        if declared is None or value is None or not fixed:
            continue
        name, above = text(declared.child_by_field_name("name")), node.parent
        owner = above.parent if above is not None else None
        found[name] = value
        if owner is not None:
            found[f"{text(owner.child_by_field_name('name'))}.{name}"] = value
    return found


def _call(node: Node) -> tuple[Node | None, str, Node]:
    return node.child_by_field_name("object"), text(node.child_by_field_name("name")), node
