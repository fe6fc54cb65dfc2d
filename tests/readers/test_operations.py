"""What is read of one side of a contract, as rows of text and the pieces that are expected."""

from __future__ import annotations

import pytest

from bot.linking.operations import paired, unsecured
from bot.model.known import Unknown
from bot.model.operation import Answer, Made, Operation, Operations
from bot.readers.operations import read
from bot.sandbox.frame import Job
from tests.support.contracts import answer, api, operation, schemas

TEXT = "{ type: string }"
SWAGGER = """
swagger: '2.0'
basePath: /v1
parameters: { page: { name: page, in: query, type: string } }
paths:
  /a/{id}/:
    parameters: [{ $ref: '#/parameters/page' }]
    post:
      operationId: make
      parameters: [{ name: body, in: body, schema: { $ref: '#/definitions/Item' } }]
      responses:
        404: { description: no, schema: { $ref: '#/definitions/Fault' } }
definitions:
  Item:
    type: object
    properties: { name: { type: string }, inner: { $ref: '#/definitions/Item' } }
  Fault: { type: object, properties: { code: { type: string } } }
"""
SECURED = "components: { securitySchemes: { key: { type: apiKey, in: header, name: X } } }\n"


def reading(text: str) -> Operations:
    found = read(Job(reading="operations", path="openapi.yaml", head=text.encode()))
    assert not isinstance(found, Unknown)
    return found


def test_swagger_is_read_in_the_words_of_openapi() -> None:
    found = reading(SWAGGER)

    assert found.operations == (
        Operation(
            method="POST",
            template="/a/{}",
            id="make",
            parameters=("page in query",),
            body=True,
            answers=(Answer("404", "application/json", "Fault", 0),),
        ),
    )
    assert found.prefixes == ("/v1",)
    assert found.errors == (
        Made(name="Fault", of=frozenset({"Fault"}), properties=frozenset({"code"})),
    )
    assert [one.name for one in found.inputs] == ["POST /a/{} page", "Item", "Item.name"]


ROWS = [
    ("a parameter", operation("get /a", parameters={"q": TEXT}), ("GET /a q", "string")),
    (
        "a number",
        operation("get /a", parameters={"q": "{ type: integer }"}),
        ("GET /a q", "integer"),
    ),
    (
        "one of int32",
        operation("get /a", parameters={"q": "{ type: integer, format: int32 }"}),
        ("GET /a q", ""),
    ),
    (
        "a word or null",
        operation("get /a", parameters={"q": "{ type: [string, 'null'] }"}),
        ("GET /a q", "string"),
    ),
    ("a constant", operation("get /a", parameters={"q": "{ const: x }"}), ("GET /a q", "")),
    (
        "a part of a map",
        operation("put /a", body="{ type: object, additionalProperties: { type: string } }"),
        ("PUT /a body{}", "string"),
    ),
    (
        "two rules at once",
        operation("put /a", body="{ allOf: [{ type: string }, { maxLength: 9 }] }"),
        ("PUT /a body", ""),
    ),
    (
        "a list of lists",
        operation("put /a", body="{ type: array, items: { type: array } }"),
        ("PUT /a body[]", "array"),
    ),
    ("elsewhere", operation("put /a", body="{ $ref: 'https://x.example/y' }"), ("PUT /a body", "")),
]


@pytest.mark.parametrize(("why", "text", "expected"), ROWS, ids=lambda one: str(one)[:30])
def test_inputs_and_what_bounds_them(why: str, text: str, expected: tuple[str, str]) -> None:
    assert (*expected, 4) in [one[:3] for one in reading(api(text)).inputs]


@pytest.mark.parametrize(
    ("schema", "bounds"),
    [
        ("{ type: integer, minimum: 1 }", "minimum 1"),
        ("{ type: number, minimum: 0.5, maximum: 9, exclusiveMinimum: true }",
         "exclusive minimum 0.5, maximum 9"),
        ("{ type: string, maxLength: 9007199254740991 }", "maxLength 9007199254740991"),
        ("{ allOf: [{ type: string }, { maxLength: 9 }] }", "maxLength 9"),
        ("{ type: array, minItems: 1, maxItems: 20 }", "minItems 1, maxItems 20"),
        ("{ type: integer, minimum: 0x" + "f" * 5000 + " }", ""),
        ("{ type: string }", ""),
    ],
)  # fmt: skip
def test_the_bounds_of_an_input_are_kept_in_words(schema: str, bounds: str) -> None:
    (found, *_) = reading(api(operation("put /a", body=schema))).inputs

    assert found.bounds == bounds


def test_a_shared_parameter_counts_once() -> None:
    shared = "components: { parameters: { q: { name: q, in: query, schema: { type: string } } } }\n"
    refers = "parameters: [{ $ref: '#/components/parameters/q' }]"
    found = reading(
        api(operation("get /a", more=refers), operation("get /b", more=refers), more=shared)
    )

    assert [one.name for one in found.inputs] == ["parameters/q"]


def test_alternatives_of_an_error_are_kept_by_name() -> None:
    held = "{ oneOf: [{ $ref: '#/components/schemas/Loop' }, { type: string }] }"
    error = operation("get /a", errors={"400": answer(held), "401": answer("Loop")})
    found = reading(api(error, more=schemas(Loop=held)))

    assert [one.schemas for one in found.operations[0].answers] == ["", "Loop ?", "Loop"]
    assert found.errors == (Made(name="Loop", of=frozenset({"Loop"}), either=("Loop", "?")),)


@pytest.mark.parametrize(
    "text",
    ["", "words", "openapi: 3.0.3\npaths: { /a: { $ref: other.yaml } }\n", "[" * 3000, "{" * 3000],
)
def test_what_is_no_contract_is_unknown_by_its_content(text: str) -> None:
    found = read(Job(reading="operations", path="openapi.yaml", head=text.encode()))

    assert isinstance(found, Unknown)
    assert found.by_content


def test_a_schema_that_never_ends_is_walked_once() -> None:
    again = "{ $ref: '#/paths/~1a/put/x' }"
    deep = f"{{ type: object, properties: {{ a: {again}, b: {again} }} }}"
    text = api(operation("put /a", body=deep, more=f"x: {deep}"))

    assert "PUT /a body.a.b" not in [one.name for one in reading(text).inputs]


KEY = "security: [{ key: [] }]"


@pytest.mark.parametrize(
    ("why", "before", "after", "open_"),
    [
        (
            "an operation no longer asks",
            operation("get /a", more=KEY),
            operation("get /a"),
            ["GET /a"],
        ),
        (
            "nobody need be asked",
            operation("get /a", more=KEY),
            operation("get /a", more="security: [{ key: [] }, {}]"),
            ["GET /a"],
        ),
        (
            "moved, by its id",
            operation("get /a", more=f"operationId: x, {KEY}"),
            operation("get /b", more="operationId: x"),
            ["GET /b"],
        ),
        ("still asks", operation("get /a", more=KEY), operation("get /a", more=KEY), []),
        ("never asked", operation("get /a"), operation("get /a"), []),
        ("asks now", operation("get /a"), operation("get /a", more=KEY), []),
        ("gone", operation("get /a", more=KEY), operation("get /b"), []),
        (
            "another method",
            operation("get /a", more=f"operationId: x, {KEY}"),
            operation("put /a", more="operationId: x"),
            [],
        ),
    ],
    ids=lambda one: str(one)[:30],
)
def test_operations_that_became_public(why: str, before: str, after: str, open_: list[str]) -> None:
    found = paired(
        (("openapi.yaml", reading(api(before, more=SECURED))),),
        (("openapi.yaml", reading(api(after, more=SECURED))),),
    )

    assert [one.head.name for one in unsecured(found)] == open_


def test_a_path_that_the_server_stood_before_is_the_same() -> None:
    served = "servers: [{ url: 'https://x.example/v1' }]\n"
    old = reading(served + api(operation("get /a")))
    new = reading(api(operation("get /v1/a")))

    found = paired((("a.yaml", old),), (("b.yaml", new),))

    assert [one.base.name for one in found.stated if one.base] == ["GET /a"]
    assert found.removed == ()
