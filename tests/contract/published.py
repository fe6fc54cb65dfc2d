"""GitHub's published contract: every request and answer is held to it; deviations are collected."""

from __future__ import annotations

import json
import lzma
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLResolveInfo,
    GraphQLSchema,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    build_schema,
    execute_sync,
    get_named_type,
    parse,
    validate,
    visit,
)

DATA = Path(__file__).parent / "data"

# Keys that version 2026-03-10 has no longer; the published description is of the version before.
NEWER = "2026-03-10"
REMOVED = frozenset(
    {
        "merge_commit_sha",
        "assignee",
        "rate",
        "has_downloads",
        "master_branch",
        "use_squash_pr_title_as_default",
    }
)


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One request and its answer; bodies are JSON data or None, `path` has no /api/v3 prefix."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    status: int = 200
    answer: Any = None


class Contract:
    """Collects what deviates from the published contract."""

    def __init__(self) -> None:
        self.violations: list[str] = []
        self.seen: set[str] = set()

    def observe(self, exchange: Exchange) -> None:
        """Check one exchange; injected faults (5xx, 403, 429) are checked as requests only."""
        names = {name.lower() for name in exchange.headers}
        for wanted in ("user-agent", "x-github-api-version"):
            if wanted not in names:
                self._say(exchange, f"header {wanted} is missing")
        if exchange.path.endswith("/graphql"):
            self._graphql(exchange)
        else:
            self._rest(exchange)

    def _rest(self, exchange: Exchange) -> None:
        found = operation(exchange.method.lower(), exchange.path)
        if found is None:
            self._say(exchange, "is no operation of the published API")
            return
        template, described = found
        self.seen.add(f"{exchange.method} {template}")
        known = {one["name"] for one in parameters(described) if one["in"] == "query"}
        for name in sorted(set(exchange.query) - known):
            self._say(exchange, f"query parameter {name} is unknown")
        self._request_body(exchange, described)
        if 200 <= exchange.status < 300 and exchange.answer is not None:
            self._answer(exchange, template, described)

    def _request_body(self, exchange: Exchange, described: Any) -> None:
        schema = body_schema(described)
        if exchange.body is None or schema is None:
            return
        for name in sorted(set(exchange.body) - properties_of(schema)):
            self._say(exchange, f"body key {name} is unknown")
        for error in validator(json.dumps(schema)).iter_errors(exchange.body):
            self._say(exchange, f"body {error.instance_path}: {error.message[:160]}")

    def _answer(self, exchange: Exchange, template: str, described: Any) -> None:
        answer = described["responses"].get(str(exchange.status))
        if answer is None:
            self._say(exchange, f"status {exchange.status} is not published")
            return
        answer = resolved(answer)
        schema = answer.get("content", {}).get("application/json", {}).get("schema")
        if schema is None:
            return
        names = {name.lower(): value for name, value in exchange.headers.items()}
        newer = names.get("x-github-api-version") == NEWER
        known = validator(json.dumps(schema), "openapi.json", newer=newer)
        for error in known.iter_errors(exchange.answer):
            self._say(exchange, f"answer {error.instance_path}: {error.message[:160]}")

    def _graphql(self, exchange: Exchange) -> None:
        document = exchange.body["query"]
        for problem in document_problems(document):
            self._say(exchange, problem)
        data = exchange.answer.get("data") if isinstance(exchange.answer, dict) else None
        errors = exchange.answer.get("errors") if isinstance(exchange.answer, dict) else None
        if data is None or errors or exchange.status != 200:
            return
        for problem in data_problems(document, exchange.body.get("variables") or {}, data):
            self._say(exchange, problem)

    def _say(self, exchange: Exchange, what: str) -> None:
        line = f"{exchange.method} {exchange.path}: {what}"
        if line not in self.violations:
            self.violations.append(line)


def hook_problems(event: str, payload: Any) -> list[str]:
    """How a webhook payload deviates from its published schema; unknown events deviate wholly."""
    schema = hook_schema(event, payload.get("action"))
    if schema is None:
        return [f"{event}.{payload.get('action')} is no published webhook"]
    return [
        f"{event} {error.instance_path}: {error.message[:160]}"
        for error in validator(json.dumps(schema), "webhooks.json").iter_errors(payload)
    ]


def hook_schema(event: str, action: str | None) -> Any:
    """The schema of an event and action, or None."""
    hooks = document("webhooks.json")["webhooks"]
    stem = event.replace("_", "-")
    for name in (f"{stem}-{(action or '').replace('_', '-')}", stem):
        if name in hooks:
            content = hooks[name]["post"]["requestBody"]["content"]
            return content["application/json"]["schema"]
    return None


def examples() -> list[tuple[str, Any]]:
    """Every real payload that GitHub's examples package ships for our events."""
    text = lzma.decompress((DATA / "webhook-examples.json.xz").read_bytes())
    return [(one["name"], payload) for one in json.loads(text) for payload in one["examples"]]


@cache
def document(name: str, *, newer: bool = False) -> Any:
    """A data file with OpenAPI's `nullable` turned into type unions; `newer`: what the newer
    version has no longer is not required."""
    if newer:
        return without_removed(document(name))
    return nullable_unions(json.loads(lzma.decompress((DATA / f"{name}.xz").read_bytes())))


def without_removed(node: Any) -> Any:
    """The same schemas, whose removed keys may not be there."""
    if isinstance(node, list):
        return [without_removed(one) for one in node]
    if not isinstance(node, dict):
        return node
    out = {key: without_removed(value) for key, value in node.items()}
    if isinstance(out.get("required"), list):
        out["required"] = [name for name in out["required"] if name not in REMOVED]
    properties = out.get("properties")
    if isinstance(properties, dict):
        out["properties"] = properties | dict.fromkeys(REMOVED & properties.keys(), False)
    return out


def nullable_unions(node: Any) -> Any:
    """OpenAPI 3.0 says `nullable: true` where JSON Schema says a union with null."""
    if isinstance(node, list):
        return [nullable_unions(one) for one in node]
    if not isinstance(node, dict):
        return node
    out = {key: nullable_unions(value) for key, value in node.items() if key != "nullable"}
    if node.get("nullable") is True:
        return {"anyOf": [{"type": "null"}, out]}
    return out


@cache
def validator(
    schema: str, name: str = "openapi.json", *, newer: bool = False
) -> jsonschema_rs.Draft202012Validator:
    """A compiled validator of a schema inside a document."""
    whole = {**json.loads(schema), "components": document(name, newer=newer)["components"]}
    return jsonschema_rs.Draft202012Validator(whole, validate_formats=False)


def operation(method: str, path: str) -> tuple[str, Any] | None:
    """The template and description of the operation behind a real path; GitHub redirects to
    repositories by their id."""
    path = re.sub(r"^/repositories/\d+", "/repos/by/id", path)
    for template, methods in document("openapi.json")["paths"].items():
        pattern = re.sub(r"\{[^}]+\}", "[^/]+", template).replace("/contents/[^/]+", "/contents/.+")
        if method in methods and re.fullmatch(pattern, path):
            return template, methods[method]
    return None


def parameters(described: Any) -> Iterator[Any]:
    """The parameters of an operation, references followed."""
    for one in described.get("parameters", []):
        yield resolved(one)


def resolved(node: Any) -> Any:
    """What a reference stands for."""
    if "$ref" not in node:
        return node
    _, _, kind, name = node["$ref"].split("/", 3)
    return document("openapi.json")["components"][kind][name]


def body_schema(described: Any) -> Any:
    """The schema of the request body, or None."""
    content = described.get("requestBody", {}).get("content", {})
    return content.get("application/json", {}).get("schema")


def properties_of(schema: Any) -> set[str]:
    """Every top-level key that a body may have."""
    schema = resolved(schema)
    names = set(schema.get("properties", {}))
    for word in ("anyOf", "oneOf", "allOf"):
        for part in schema.get(word, []):
            names |= properties_of(part)
    return names


@cache
def graph() -> GraphQLSchema:
    """The public GraphQL schema; it defines one field twice, hence not validated itself."""
    text = lzma.decompress((DATA / "schema.graphql.xz").read_bytes()).decode()
    return build_schema(text, assume_valid=True, assume_valid_sdl=True)


@cache
def document_problems(text: str) -> tuple[str, ...]:
    """What GitHub would refuse in a GraphQL document: unknown names, connections without size."""
    try:
        parsed = parse(text)
    except GraphQLError as error:
        return (f"GraphQL does not parse: {error.message}",)
    problems = [error.message for error in validate(graph(), parsed)]
    unsized = Unsized()
    info = TypeInfo(graph())
    visit(parsed, TypeInfoVisitor(info, unsized.bind(info)))
    return (*problems, *unsized.found)


class Unsized(Visitor):
    """Finds connections that are asked for without `first` or `last`, and deprecated fields."""

    def bind(self, info: TypeInfo) -> Unsized:
        self.info = info
        self.found: list[str] = []
        return self

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        definition = self.info.get_field_def()
        if definition is None:
            return
        if definition.deprecation_reason:
            self.found.append(f"{node.name.value} is deprecated")
        kind = get_named_type(definition.type).name
        given = {argument.name.value for argument in node.arguments or ()}
        if kind.endswith("Connection") and not given & {"first", "last"}:
            self.found.append(f"{node.name.value} has neither first nor last")
        for argument in node.arguments or ():
            size = getattr(argument.value, "value", "")
            if argument.name.value in {"first", "last"} and not 1 <= int(size or 0) <= 100:
                self.found.append(f"{node.name.value} asks for {size or 'an unknown number'}")


def data_problems(text: str, variables: Mapping[str, Any], data: Any) -> list[str]:
    """Where the data is not what the document asks for by the schema's types."""
    result = execute_sync(
        graph(),
        parsed_document(text),
        root_value=data,
        variable_values=dict(variables),
        field_resolver=by_response_key,
        type_resolver=lambda value, *_: (
            value.get("__typename") if isinstance(value, dict) else None
        ),
    )
    found = [f"answer {error.path}: {error.message}" for error in result.errors or []]
    if not found and result.data != data:
        found.append("the answer has other keys than were asked for")
    return found


@cache
def parsed_document(text: str) -> DocumentNode:
    return parse(text)


def by_response_key(source: Any, info: GraphQLResolveInfo[Any], **_: Any) -> Any:
    """The value under the alias or name that the answer carries it by."""
    return source.get(info.path.key) if isinstance(source, dict) else None
