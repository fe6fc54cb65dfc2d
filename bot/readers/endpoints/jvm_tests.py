"""The calls that tests on the JVM make: MockMvc, its Kotlin form, WebTestClient, RestAssured."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING

from bot.model.endpoint import Endpoints, TestCall
from bot.readers.endpoints.jvm import line
from bot.readers.endpoints.paths import template
from bot.readers.endpoints.spring import endpoints, imports, is_spring
from bot.readers.endpoints.statuses import code
from bot.readers.signals.shape import NAMES_AT_MOST, is_test_path
from bot.readers.signals.trees import text
from bot.readers.signals.words import listed

if TYPE_CHECKING:
    from tree_sitter import Node

    from bot.readers.endpoints.jvm import File, Method

_VERBS = {
    verb.lower(): verb for verb in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
}
_VERBS |= {"multipart": "POST", "getForEntity": "GET", "postForEntity": "POST"}
_VERBS |= {"getForObject": "GET", "postForObject": "POST"}
_CLIENTS = listed(
    "MockMvc WebTestClient TestRestTemplate RestTestClient RequestSpecification MockMvcTester"
)
_BUILDERS = listed("MockMvcRequestBuilders RestAssured given() when() `when`()")
_BUILDS = re.compile(r"\b(MockMvcRequestBuilders|RestAssured)\b")
_FRAMEWORKS = ("org/junit/", "org/springframework/test/", "org/springframework/boot/test/")
# What stands between a call and the end of the expression that it is a part of.
_INSIDE = listed(
    "method_invocation argument_list call_expression navigation_expression value_argument"
    " value_arguments parenthesized_expression field_access"
)
_ASSIGNED = listed("variable_declarator assignment_expression property_declaration assignment")
_ASSERTED = re.compile(
    r"\b(?:status|expectStatus)\s*(?:\(\s*\)\s*\.|\{)\s*(is\w*)(?:\(\s*(?:HttpStatus\s*\.\s*)?(\w+))?"
    r"|\b(?:statusCode|hasStatus|status)\s*\(\s*(?:HttpStatus\s*\.\s*)?(\d{3}|[A-Z_]{2,})\b"
    r"|\bassert(?!Not)\w*\(\s*(\d{3})\s*,[^;\n]{0,200}?[sS]tatus"
    r"|\b(?:getS|s)tatus\w*(?:\(\s*\))?[^;\n]{0,60}?\.\s*(?:isEqualTo|shouldBe)\(\s*(\d{3})"
    r"|\bHttpStatus\s*\.\s*([A-Z_]{2,})\b"
)
_SUCCESS = listed("is2xxSuccessful isOk")
_ENDS = re.compile(r"[;\n](?!\s*\.)")
_VARIABLE = re.compile(r"(\w+)\s*(?::[^=]*)?=\s*$")
_NAME = re.compile(rb"[A-Za-z_][A-Za-z0-9_]{2,}")
CALLS_AT_MOST = 1000
_AFTER_AT_MOST = 4000
_UP_AT_MOST = 60


def reading(file: File) -> Endpoints:
    """What a file says of routes, or of the calls that its tests make."""
    used = any(one.startswith(_FRAMEWORKS) for one in file.imports.values())
    if "src/main/" in file.path or not (is_test_path(file.path) or used):
        return endpoints(file)
    names = {one.decode() for one in _NAME.findall(file.bare)}
    return Endpoints(
        module=file.module,
        stack="spring" if is_spring(file) else "",
        imports=imports(file),
        calls=_calls(file),
        mentions=frozenset(sorted(names)[:NAMES_AT_MOST]),
    )


def _calls(file: File) -> tuple[TestCall, ...]:
    methods = sorted(
        (one for kind in file.kinds for one in kind.methods), key=lambda one: one.node.start_byte
    )
    starts = [one.node.start_byte for one in methods]
    fields = {name: type_ for kind in file.kinds for name, type_ in kind.fields.items()}
    statuses: dict[int, frozenset[int] | None] = {}
    found: list[TestCall] = []
    uris = {node.id: node for _, name, node in file.calls if name == "uri"}
    for receiver, name, node in file.calls:
        path = _path(file, node, uris) if _is_client(file, receiver, name, fields) else None
        if path is None or len(found) == CALLS_AT_MOST:
            continue
        at = bisect_right(starts, node.start_byte) - 1
        within = methods[at] if at >= 0 else None
        whole = _whole(node)
        if whole.id not in statuses:
            statuses[whole.id] = _statuses(file, whole, within)
        found.append(
            TestCall(
                test=within.name if within is not None else "",
                line=line(node),
                method=_VERBS[name],
                path=template(path),
                statuses=statuses[whole.id],
            )
        )
    return tuple(sorted(found, key=lambda one: one.line))


def _is_client(file: File, receiver: Node | None, name: str, fields: dict[str, str]) -> bool:
    if name not in _VERBS:
        return False
    if receiver is None:
        held = [file.imports[name]] if name in file.imports else file.stars
        return any(_BUILDS.search(one) for one in held)
    on = "".join(text(receiver).split()).removeprefix("this.")
    start = re.split(r"[.(!?]", on, maxsplit=1)[0]
    return (
        fields.get(start) in _CLIENTS
        or on in _BUILDERS
        or on.startswith(("given(", "RestAssured."))
    )


def _path(file: File, node: Node, uris: dict[int, Node]) -> str | None:
    """The path that is called; one that is said by `uri` comes after the method."""
    given, above = _arguments(node), node.parent
    if above is not None and above.type == "navigation_expression":
        above = above.parent
    if not given and above is not None and above.id in uris:
        given = _arguments(above)
    told = file.said(given[0], free=True) if given else None
    if told is None or not told.startswith(("/", "$", "http")):
        return None
    return re.sub(r"^https?://[^/]*", "", told)


def _arguments(call: Node) -> list[Node]:
    inside = call.child_by_field_name("arguments") or next(
        (one for one in call.named_children if one.type == "value_arguments"), None
    )
    given = inside.named_children if inside is not None else []
    return [one.named_children[-1] if one.type == "value_argument" else one for one in given]


def _whole(node: Node) -> Node:
    """The whole expression that a call is a part of."""
    for _ in range(_UP_AT_MOST):
        if node.parent is None or node.parent.type not in _INSIDE:
            break
        node = node.parent
    return node


def _statuses(file: File, whole: Node, within: Method | None) -> frozenset[int] | None:
    told = _asserted(_code(file, whole.start_byte, whole.end_byte))
    above = whole.parent
    if within is not None and above is not None and above.type in _ASSIGNED:
        name = _VARIABLE.search(_code(file, above.start_byte, whole.start_byte))
        after = _code(
            file, whole.end_byte, min(within.node.end_byte, whole.end_byte + _AFTER_AT_MOST)
        )
        told |= _after(after, name[1]) if name else frozenset()
    return told or None


def _after(after: str, name: str) -> frozenset[int]:
    """What is asserted on a variable until it stands for something else."""
    own = re.compile(rf"\b{name}\b")
    kept = re.split(rf"\b{name}\s*=[^=]", after, maxsplit=1)[0]
    lines = [one for one in _ENDS.split(kept) if own.search(one)]
    return frozenset(value for one in lines for value in _asserted(one))


def _asserted(written: str) -> frozenset[int]:
    found: set[int | None] = set()
    if "otEqual" in written:
        return frozenset()
    for at in _ASSERTED.finditer(written):
        known, given, *others = at.groups()
        said = given or (known or "").removeprefix("is") or next(filter(None, others), "")
        found.add(200 if known in _SUCCESS else code(said))
    return frozenset(one for one in found if one is not None)


def _code(file: File, start: int, end: int) -> str:
    return file.bare[start:end].decode(errors="replace")
