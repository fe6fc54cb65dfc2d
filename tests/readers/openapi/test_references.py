"""References, files, Swagger 2.0 and the groups that changes are told in."""

from __future__ import annotations

import json

import pytest

from bot.model.contract import Impact, grouped
from bot.model.known import Unknown
from bot.readers.openapi.compare import compare
from bot.readers.openapi.side import Contract, referenced_files
from tests.readers.openapi.build import PLAIN, answered, api, changes, said

PET = "components: {schemas: {Pet: {type: object, properties: {name: {type: string%s}}%s}}}"


def used(schemas: str, name: str = "Pet", version: str = "3.1.0") -> bytes:
    """Two operations answer with a component, and one takes it."""
    media = f"{{application/json: {{schema: {{$ref: '#/components/schemas/{name}'}}}}}}"
    get = f"get: {{responses: {{200: {{content: {media}}}}}}}"
    post = f"post: {{requestBody: {{content: {media}}}, responses: {PLAIN}}}"
    return api(f"{{/a: {{{get}}}, /b: {{{get}, {post}}}}}", schemas, version)


def test_a_change_of_a_component_is_one_change_with_its_operations() -> None:
    found = changes(used(PET % ("", "")), used(PET % (", enum: [x]", "")))

    assert {
        (one.kind, one.direction, one.component, one.pointer, one.operations) for one in found
    } == {
        ("enum-introduced", "response", "Pet", "/properties/name", ("GET /a", "GET /b")),
        ("enum-introduced", "request", "Pet", "/properties/name", ("POST /b",)),
    }
    assert {one.line for one in found} == {4}


def test_all_changes_of_a_component_are_one_group_the_worst_first() -> None:
    head = used(PET % (", enum: [x]", ", required: [name]"))

    (group,) = grouped(changes(used(PET % ("", "")), head))

    assert (group.title, group.severity, group.count) == ("Pet", Impact.BREAKING, 2)
    assert [one.severity for one in group.changes] == sorted(one.severity for one in group.changes)


def test_a_component_under_another_name_is_named_by_both() -> None:
    head = used((PET % ("", "")).replace("Pet", "Animal").replace("string", "integer"), "Animal")

    assert {group.title for group in grouped(changes(used(PET % ("", "")), head))} == {
        "Pet → Animal"
    }


def test_a_schema_that_only_a_discriminator_names_is_compared() -> None:
    kinds = (
        "components: {schemas: {Pet: {type: object, discriminator: {propertyName: k, mapping: "
        "{d: '#/components/schemas/Dog'}}, properties: {k: {type: string}}}, Dog: {allOf: "
        "[{$ref: '#/components/schemas/Pet'}, {properties: {bark: {type: %s}}}]}}}"
    )

    (group,) = grouped(changes(used(kinds % "integer"), used(kinds % "number")))

    assert group.title == "Dog"
    assert {one.pointer for one in group.changes} == {"/allOf/1/properties/bark"}


DOG = "components: {schemas: {Pet: {properties: {dog: %s}}}}"
NOWHERE = DOG % "{$ref: '#/components/schemas/Dog'}"


@pytest.mark.parametrize(
    ("base", "head", "names"),
    [
        (DOG % "{}", NOWHERE, ["#/components/schemas/Dog"]),
        (PET % ("", ""), DOG.replace("Pet", "Cat") % "{}", ["#/components/schemas/Pet"]),
        (NOWHERE, NOWHERE, []),
        (NOWHERE, NOWHERE.replace("dog", "hound"), []),
        (DOG % "{}", DOG % "{$ref: '#/components/schemas/Pet/properties/cat'}", []),
        (DOG % "{}", DOG % "{example: {$ref: '#/components/schemas/Dog'}}", []),
        (DOG % "{}", DOG % "{$ref: 'https://acme.io/#/components/schemas/Dog'}", []),
    ],
)
def test_a_component_that_newly_is_not_there_breaks_who_refers_to_it(
    base: str, head: str, names: list[str]
) -> None:
    found = [one for one in changes(used(base), used(head)) if one.kind == "dangling-reference"]

    assert [one.note for one in found] == names
    assert {one.severity for one in found} <= {Impact.BREAKING}


def test_a_reference_wrapped_in_one_part_is_the_same() -> None:
    whole = "components: {schemas: {Owner: {type: object, properties: {pet: %s}}, %s"
    rest = (PET % ("", "")).partition("{schemas: {")[2]
    plain = whole % ("{$ref: '#/components/schemas/Pet'}", rest)
    wrapped = whole % ("{allOf: [{$ref: '#/components/schemas/Pet'}], description: x}", rest)

    assert said(used(plain, "Owner"), used(wrapped, "Owner")) == set()
    longer = wrapped.replace("{type: string}", "{type: string, maxLength: 1}")
    assert [one.title for one in grouped(changes(used(plain, "Owner"), used(longer, "Owner")))] == [
        "Pet"
    ]


def test_null_beside_a_wrapped_reference_is_seen_in_3_0() -> None:
    def of(more: str) -> bytes:
        field = f"{{allOf: [{{$ref: '#/components/schemas/Pet'}}]{more}}}"
        owner = f"Owner: {{type: object, properties: {{pet: {field}}}}}"
        rest = (PET % ("", "")).partition("{schemas: {")[2]
        return used(f"components: {{schemas: {{{owner}, {rest}", "Owner", "3.0.1")

    assert "property-became-nullable B" in said(of(""), of(", nullable: true"))
    assert "null-disallowed B" in said(of(", nullable: true"), of(""))


def test_a_component_that_is_written_out_is_the_same() -> None:
    inline = "{type: object, properties: {name: {type: string}}}"
    base = answered(inline)
    head = answered("{$ref: '#/components/schemas/Pet'}") + (PET % ("", "")).encode()

    assert said(base, head) == set()


def test_a_recursive_schema_is_compared_once() -> None:
    tree = (
        "components: {schemas: {Pet: {type: object, properties: {v: {type: %s}, kids: "
        "{type: array, items: {$ref: '#/components/schemas/Pet'}}}}}}"
    )

    assert said(used(tree % "string"), used(tree % "integer")) == {
        "type-narrowed B",
        "type-widened B",
        "type-narrowed H",
        "type-widened H",
    }


@pytest.mark.parametrize(
    ("version", "expected"), [("3.0.3", set()), ("3.1.0", {"bound-introduced R"})]
)
def test_words_beside_a_reference_count_since_3_1(version: str, expected: set[str]) -> None:
    def of(more: str) -> bytes:
        schema = f"{{$ref: '#/components/schemas/S'{more}}}"
        parameter = f"{{in: query, name: q, schema: {schema}}}"
        item = f"{{get: {{parameters: [{parameter}], responses: {PLAIN}}}}}"
        return api(f"{{/a: {item}}}", "components: {schemas: {S: {type: string}}}", version)

    assert said(of(""), of(", maxLength: 5")) == expected


FILE = answered("{$ref: 'schemas/pet.yaml#/Pet'}")


def with_file(text: str) -> Contract:
    return Contract(FILE, "api/openapi.yaml", {"api/schemas/pet.yaml": text.encode()})


def test_a_file_of_the_same_side_is_followed() -> None:
    found = compare(with_file("Pet: {type: string}"), with_file("Pet: {type: [string, integer]}"))

    assert isinstance(found, tuple)
    assert [one.kind for one in found] == ["type-widened"]


def test_a_file_that_was_not_read_is_unknown() -> None:
    one = Contract(FILE, "api/openapi.yaml")

    assert compare(one, one) == Unknown(
        "the contract refers to a file that was not read: api/schemas/pet.yaml", by_content=True
    )


def test_files_of_the_tree_are_named_and_no_others() -> None:
    text = b"""{"$ref": "b.yaml#/x"} $ref: '../c.json' $ref: "../../../etc/passwd"
    $ref: http://x.example/d.yaml $ref: '#/e' $ref: /etc/passwd"""

    assert referenced_files(text, "api/openapi.yaml") == {"api/b.yaml", "c.json"}


def swagger(**changed: object) -> bytes:
    """A contract of 2.0 as JSON; the words of its one operation may be changed."""
    body = {"in": "body", "name": "b", "required": True, "schema": {"$ref": "#/definitions/Pet"}}
    ids = {"in": "query", "name": "ids", "type": "array", "items": {"type": "string"}}
    operation = {"parameters": [body, ids], "responses": {"200": {"schema": {"type": "string"}}}}
    pet = {"type": "object", "properties": {"name": {"type": "string", "x-nullable": True}}}
    known = {"pet": pet, "consumes": ["application/json"], **operation, **changed}
    definition, consumes = known.pop("pet"), known.pop("consumes")
    root = {
        "swagger": "2.0",
        "basePath": "/v1",
        "consumes": consumes,
        "paths": {"/a": {"post": known}},
        "definitions": {"Pet": definition},
    }
    return json.dumps(root).encode()


PET_3 = """openapi: 3.0.0
servers: [{url: /v1}]
paths:
  /a:
    post:
      parameters:
        - {in: query, name: ids, explode: false, schema: {type: array, items: {type: string}}}
      requestBody:
        required: true
        content: {application/json: {schema: {$ref: '#/components/schemas/Pet'}}}
      responses: {200: {content: {application/json: {schema: {type: string}}}}}
components: {schemas: {Pet: {type: object, properties: {name: {type: string, nullable: true}}}}}
"""


def test_swagger_2_says_the_same_as_openapi_3() -> None:
    assert said(swagger(), PET_3.encode()) == said(PET_3.encode(), swagger()) == set()


FORM = {"in": "formData", "name": "f", "type": "string"}
ARRAY = {"in": "query", "name": "ids", "type": "array", "items": {"type": "string"}}


@pytest.mark.parametrize(
    ("base", "head", "expected"),
    [
        ({}, {"pet": {"type": "object"}}, {"property-removed R"}),
        ({}, {"consumes": ["a/b"]}, {"request-media-type-removed B", "media-type-added H"}),
        ({}, {"responses": {"201": {}}}, {"success-status-removed B", "success-status-added R"}),
        ({}, {"parameters": [ARRAY]}, {"body-removed R"}),
        (
            {"parameters": [ARRAY]},
            {"parameters": [{**ARRAY, "collectionFormat": "multi"}]},
            {"parameter-explode-changed B"},
        ),
        (
            {"parameters": [ARRAY]},
            {"parameters": [{**ARRAY, "collectionFormat": "pipes"}]},
            {"parameter-style-changed B"},
        ),
        (
            {"parameters": [FORM]},
            {"parameters": [{**FORM, "required": True}]},
            {"body-became-required B", "property-became-required B"},
        ),
        (
            {"parameters": [FORM]},
            {"parameters": [{**FORM, "type": "file"}]},
            {"format-narrowed B"},
        ),
    ],
)
def test_a_change_in_swagger_2_is_found(
    base: dict[str, object], head: dict[str, object], expected: set[str]
) -> None:
    assert said(swagger(**base), swagger(**head)) == expected


def test_the_rest_of_swagger_2_is_lifted_too() -> None:
    def of(scheme: dict[str, str], header: str, host: str) -> bytes:
        response = {"headers": {"X-A": {"type": header}}, "schema": {"type": "file"}}
        operation = {"responses": {"200": response}, "security": [{"s": []}]}
        root = {"swagger": "2.0", "host": host, "basePath": "/v1", "schemes": ["https"]}
        more = {"paths": {"/a": {"get": operation}}, "securityDefinitions": {"s": scheme}}
        return json.dumps({**root, **more}).encode()

    oauth = {"type": "oauth2", "flow": "accessCode", "tokenUrl": "https://t"}
    base = of(oauth, "string", "a.example")

    assert said(base, of({**oauth, "tokenUrl": "https://u"}, "string", "a.example")) == {
        "scheme-changed B"
    }
    assert said(base, of({"type": "basic"}, "string", "a.example")) == {"scheme-changed B"}
    assert said(base, of(oauth, "integer", "a.example")) == {"type-narrowed H"}
    assert said(base, of(oauth, "string", "b.example")) == {"server-changed R"}


def test_a_reference_into_a_list_is_followed_and_one_into_nothing_is_compared_as_it_is() -> None:
    def of(target: str, kind: str) -> bytes:
        schemas = f"components: {{schemas: {{A: {{anyOf: [{{type: {kind}}}, {{type: array}}]}}}}}}"
        return answered(f"{{$ref: '#/components/schemas/{target}'}}") + schemas.encode()

    assert said(of("A/anyOf/0", "integer"), of("A/anyOf/0", "number")) == {"type-widened B"}
    assert said(of("A/anyOf/7", "integer"), of("A/anyOf/7", "number")) == set()
    assert said(of("Gone", "integer"), of("Lost", "integer")) == {
        "dangling-reference B",
        "reference-changed R",
    }


@pytest.mark.parametrize(
    "text", ["asyncapi: 3.0.0", "type Query { a: Int }", "openapi: 4.0.0", "[]"]
)
def test_another_kind_of_contract_is_unknown(text: str) -> None:
    found = compare(Contract(text.encode()), Contract(text.encode()))

    assert isinstance(found, Unknown)
    assert found.by_content
