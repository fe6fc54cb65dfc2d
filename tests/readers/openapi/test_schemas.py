"""Every change of a schema in both directions, with a near miss beside it."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from bot.model.contract_kinds import change_kinds
from tests.readers.openapi.build import answered, said, sent


class Row(NamedTuple):
    """Base and head differ by this; base and near do not."""

    request: str
    response: str
    base: str
    head: str
    near: str


def both(kind: str, impacts: str, base: str, head: str, near: str) -> Row:
    return Row(f"{kind} {impacts[0]}", f"{kind} {impacts[1]}", base, head, near)


def obj(properties: str, *more: str) -> str:
    return f"{{type: object, properties: {{{properties}}}{''.join(', ' + one for one in more)}}}"


A = "a: {type: string}"
NEED_A, NEED_B = "required: [a]", "required: [b]"
DOG = obj("kind: {const: dog}, bark: {type: string}")
CAT = obj("kind: {const: cat}, purr: {type: string}")
COW = obj("kind: {const: cow}, moo: {type: string}")
MAPPED = "{propertyName: %s, mapping: {%s}}"


def told(name: str, mapping: str = "d: '#/d', c: '#/c'") -> str:
    return f"{{oneOf: [{DOG}, {CAT}], discriminator: {MAPPED % (name, mapping)}}}"


ROWS = [
    both("type-narrowed", "BH", "{type: number}", "{type: integer}", "{type: [number]}"),
    both(
        "type-narrowed",
        "BH",
        "{type: [string, integer]}",
        "{type: string}",
        "{anyOf: [{type: integer}, {type: string}]}",
    ),
    both("type-narrowed", "BH", "{}", "{type: string}", "{description: any}"),
    both("type-widened", "HB", "{type: integer}", "{type: number}", "{type: integer, title: x}"),
    both("type-widened", "HB", "{type: string}", "{type: [string, boolean]}", "{type: [string]}"),
    both(
        "null-disallowed",
        "BH",
        "{type: [string, 'null']}",
        "{type: string}",
        "{anyOf: [{type: string}, {type: 'null'}]}",
    ),
    both(
        "property-became-nullable",
        "HB",
        "{type: string}",
        "{type: [string, 'null']}",
        "{oneOf: [{type: string}]}",
    ),
    both("enum-value-removed", "BH", "{enum: [a, b]}", "{enum: [a]}", "{enum: [b, a]}"),
    both("enum-value-added", "HR", "{enum: [a]}", "{enum: [a, b]}", "{enum: [a], title: x}"),
    both(
        "enum-introduced",
        "BH",
        "{type: string}",
        "{type: string, enum: [a]}",
        "{type: string, examples: [a]}",
    ),
    both(
        "enum-dropped",
        "HR",
        "{type: string, enum: [a]}",
        "{type: string}",
        "{type: string, enum: [a]}",
    ),
    both("const-changed", "BB", "{const: a}", "{const: b}", "{const: a, title: b}"),
    both(
        "const-dropped",
        "HB",
        "{type: string, const: a}",
        "{type: string}",
        "{type: string, enum: [a]}",
    ),
    both(
        "extensible-enum-value-removed",
        "RH",
        "{type: string, x-extensible-enum: [a, b]}",
        "{type: string, x-extensible-enum: [a]}",
        "{type: string, x-extensible-enum: [a, b, c]}",
    ),
    both(
        "bound-tightened",
        "BH",
        "{type: integer, maximum: 9}",
        "{type: integer, maximum: 8}",
        "{type: integer, maximum: 9.0}",
    ),
    both(
        "bound-tightened",
        "BH",
        "{type: integer, minimum: 1}",
        "{type: integer, exclusiveMinimum: 1}",
        "{type: integer, allOf: [{minimum: 1}]}",
    ),
    both(
        "bound-tightened",
        "BH",
        "{type: object, minProperties: 1}",
        "{type: object, minProperties: 2}",
        "{type: object, minProperties: 1}",
    ),
    both(
        "bound-introduced",
        "RH",
        "{type: string}",
        "{type: string, maxLength: 5}",
        "{type: string, minLength: 0}",
    ),
    both(
        "bound-introduced",
        "RH",
        "{type: array}",
        "{type: array, minItems: 1}",
        "{type: array, minItems: 0}",
    ),
    both(
        "bound-loosened",
        "HB",
        "{type: string, maxLength: 5}",
        "{type: string, maxLength: 6}",
        "{type: string, maxLength: 5, description: x}",
    ),
    both(
        "bound-loosened",
        "HB",
        "{type: object, maxProperties: 5}",
        "{type: object}",
        "{type: object, maxProperties: 5}",
    ),
    both(
        "pattern-introduced",
        "BH",
        "{type: string}",
        "{type: string, pattern: '^a'}",
        "{type: string, pattern: '.*'}",
    ),
    both(
        "pattern-changed",
        "RH",
        "{type: string, pattern: '^a'}",
        "{type: string, pattern: '^b'}",
        "{type: string, allOf: [{pattern: '^a'}]}",
    ),
    both(
        "pattern-dropped",
        "HH",
        "{type: string, pattern: '^a'}",
        "{type: string}",
        "{type: string, pattern: '^a'}",
    ),
    both(
        "format-narrowed",
        "BH",
        "{type: integer, format: int64}",
        "{type: integer, format: int32}",
        "{type: integer, format: int64}",
    ),
    both(
        "format-narrowed",
        "BH",
        "{type: string}",
        "{type: string, format: uuid}",
        "{type: string, format: password}",
    ),
    both(
        "format-widened",
        "HB",
        "{type: number, format: float}",
        "{type: number, format: double}",
        "{type: number, format: float, title: x}",
    ),
    both(
        "format-widened",
        "HB",
        "{type: string, format: uuid}",
        "{type: string}",
        "{type: string, format: uuid}",
    ),
    Row(
        "format-narrowed B",
        "format-widened B",
        "{type: string, format: date}",
        "{type: string, format: date-time}",
        "{type: string, format: date}",
    ),
    both(
        "unique-items-required",
        "BH",
        "{type: array}",
        "{type: array, uniqueItems: true}",
        "{type: array, uniqueItems: false}",
    ),
    both(
        "unique-items-dropped",
        "HR",
        "{type: array, uniqueItems: true}",
        "{type: array}",
        "{type: array, uniqueItems: true}",
    ),
    both(
        "multiple-of-introduced",
        "BH",
        "{type: integer, multipleOf: 2}",
        "{type: integer, multipleOf: 4}",
        "{type: integer, multipleOf: 2.0}",
    ),
    both(
        "content-encoding-changed",
        "BB",
        "{type: string, contentEncoding: base16}",
        "{type: string, contentEncoding: base32}",
        "{type: string, contentEncoding: base16, title: x}",
    ),
    both(
        "default-changed",
        "HH",
        "{type: string, default: a}",
        "{type: string, default: b}",
        "{type: string, default: a}",
    ),
    both("required-property-added", "BH", obj(A), obj(A + ", b: {}", NEED_B), obj(A + ", b: {}")),
    both(
        "required-property-added-with-default",
        "BH",
        obj(A),
        obj(A + ", b: {default: 1}", NEED_B),
        obj(A + ", b: {default: 1}"),
    ),
    both("property-added", "HH", obj(A), obj(A + ", b: {}"), obj(A, "title: b")),
    both("property-became-required", "BH", obj(A), obj(A, NEED_A), obj(A, "required: []")),
    both(
        "property-became-required-with-default",
        "RH",
        obj("a: {default: 1}"),
        obj("a: {default: 1}", NEED_A),
        obj("a: {default: 1}"),
    ),
    both(
        "property-became-optional",
        "HB",
        obj(A, NEED_A),
        obj(A),
        f"{{allOf: [{obj(A)}, {{{NEED_A}}}]}}",
    ),
    Row(
        "property-removed R",
        "required-property-removed B",
        obj(A + ", b: {}", NEED_A),
        obj("b: {}"),
        obj("b: {}, " + A, NEED_A),
    ),
    Row(
        "property-removed R",
        "optional-property-removed R",
        obj(A + ", b: {}"),
        obj("b: {}"),
        obj("b: {}, " + A),
    ),
    both(
        "additional-properties-closed",
        "RH",
        obj(A),
        obj(A, "additionalProperties: false"),
        obj(A, "additionalProperties: true"),
    ),
    both(
        "additional-properties-opened",
        "HH",
        obj(A, "additionalProperties: false"),
        obj(A),
        obj(A, "additionalProperties: false"),
    ),
    both(
        "alternative-removed",
        "BH",
        f"{{oneOf: [{DOG}, {CAT}, {COW}]}}",
        f"{{oneOf: [{DOG}, {CAT}]}}",
        f"{{oneOf: [{COW}, {CAT}, {DOG}]}}",
    ),
    both(
        "alternative-added",
        "HB",
        f"{{oneOf: [{DOG}, {CAT}]}}",
        f"{{oneOf: [{COW}, {DOG}, {CAT}]}}",
        f"{{oneOf: [{CAT}, {DOG}]}}",
    ),
    both(
        "any-of-alternative-added",
        "HB",
        f"{{anyOf: [{DOG}, {CAT}]}}",
        f"{{anyOf: [{COW}, {DOG}, {CAT}]}}",
        f"{{anyOf: [{CAT}, {DOG}]}}",
    ),
    both("alternatives-introduced", "BB", DOG, f"{{oneOf: [{DOG}, {CAT}]}}", f"{{oneOf: [{DOG}]}}"),
    both(
        "alternatives-dropped",
        "HB",
        f"{{oneOf: [{DOG}, {CAT}]}}",
        "{}",
        f"{{oneOf: [{DOG}, {CAT}], title: x}}",
    ),
    both("discriminator-property-changed", "BB", told("kind"), told("sort"), told("kind")),
    both(
        "discriminator-value-removed",
        "BR",
        told("kind"),
        told("kind", "d: '#/d', x: '#/c'"),
        told("kind", "c: '#/c', d: '#/d'"),
    ),
    Row(
        "request-discriminator-changed R",
        "response-discriminator-changed R",
        f"{{oneOf: [{DOG}, {CAT}]}}",
        told("kind"),
        f"{{oneOf: [{CAT}, {DOG}]}}",
    ),
    both(
        "reference-changed",
        "RR",
        "{$ref: 'https://x.example/a.json'}",
        "{$ref: 'https://x.example/b.json'}",
        "{$ref: 'https://x.example/a.json'}",
    ),
]
CONDITIONS = [
    ("{type: object}", "{type: object, patternProperties: {'^x': {type: string}}}"),
    ("{type: object}", "{type: object, propertyNames: {maxLength: 3}}"),
    ("{type: object}", "{type: object, dependentRequired: {a: [b]}}"),
    ("{type: object}", "{type: object, dependentSchemas: {a: {required: [b]}}}"),
    ("{type: object}", "{type: object, not: {required: [a]}}"),
    ("{type: object}", "{type: object, unevaluatedProperties: false}"),
    ("{type: array}", "{type: array, unevaluatedItems: false}"),
    ("{type: array}", "{type: array, contains: {type: string}}"),
    (
        "{type: object, if: {required: [a]}}",
        "{type: object, if: {required: [a]}, then: {required: [b]}}",
    ),
    (
        "{type: object, if: {required: [a]}}",
        "{type: object, if: {required: [a]}, else: {required: [b]}}",
    ),
    ("{type: string}", "{type: string, contentSchema: {type: object}}"),
]
HIDDEN = [
    ("became-read-only R", "", obj(A), obj("a: {type: string, readOnly: true}")),
    (
        "required-became-read-only B",
        "",
        obj(A, NEED_A),
        obj("a: {type: string, readOnly: true}", NEED_A),
    ),
    (
        "required-property-added B",
        "",
        obj("a: {type: string, readOnly: true}", NEED_A),
        obj(A, NEED_A),
    ),
    ("", "became-write-only B", obj(A, NEED_A), obj("a: {type: string, writeOnly: true}", NEED_A)),
    ("", "optional-property-removed R", obj(A), obj("a: {type: string, writeOnly: true}")),
    ("", "property-added H", obj("a: {type: string, writeOnly: true}"), obj(A)),
    (
        "",
        "enum-value-removed H",
        obj("a: {enum: [x, y], readOnly: true}"),
        obj("a: {enum: [x], readOnly: true}"),
    ),
    (
        "enum-value-removed B",
        "",
        obj("a: {enum: [x, y], writeOnly: true}"),
        obj("a: {enum: [x], writeOnly: true}"),
    ),
]
DEEPER = [
    ("type: array, items: %s", "entries of a list"),
    ("type: array, prefixItems: [%s]", "the first entry of a list"),
    ("type: object, properties: {p: %s}", "a property"),
    ("type: object, additionalProperties: %s", "properties that are not listed"),
    ("type: object, patternProperties: {'^x': %s}", "properties with such a name"),
    ("type: array, contains: %s", "an entry that must be there"),
    ("type: object, allOf: [{properties: {p: %s}}]", "a part"),
    ("oneOf: [{type: array, items: %s}, {type: object}]", "an alternative"),
    ("type: object, if: {required: [a]}, then: {properties: {p: %s}}", "a condition"),
    ("type: object, dependentSchemas: {a: {properties: {p: %s}}}", "a dependency"),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.request)
def test_a_request_says_what_changed(row: Row) -> None:
    assert row.request in said(sent(row.base), sent(row.head))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.response)
def test_a_response_says_what_changed(row: Row) -> None:
    assert row.response in said(answered(row.base), answered(row.head))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.request)
def test_a_near_miss_in_a_request_is_silent(row: Row) -> None:
    assert row.request not in said(sent(row.base), sent(row.near))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.response)
def test_a_near_miss_in_a_response_is_silent(row: Row) -> None:
    assert row.response not in said(answered(row.base), answered(row.near))


@pytest.mark.parametrize(("loose", "tight"), CONDITIONS)
def test_a_condition_hurts_where_it_is_stricter_for_the_sender(loose: str, tight: str) -> None:
    assert said(sent(loose), sent(tight)) == {"key-schema-tightened B"}
    assert said(sent(tight), sent(loose)) == {"key-schema-loosened H"}
    assert said(answered(loose), answered(tight)) == {"key-schema-tightened H"}
    assert said(answered(tight), answered(loose)) == {"key-schema-loosened B"}
    assert said(sent(tight), sent(tight)) == set()


@pytest.mark.parametrize(("request_", "response", "base", "head"), HIDDEN)
def test_a_hidden_property_counts_only_where_it_is_seen(
    request_: str, response: str, base: str, head: str
) -> None:
    assert said(sent(base), sent(head)) == ({request_} if request_ else set())
    assert said(answered(base), answered(head)) == ({response} if response else set())


@pytest.mark.parametrize(("around", "where"), DEEPER)
def test_a_change_is_found_below(around: str, where: str) -> None:
    base = f"{{{around % '{type: integer, maximum: 9}'}}}"
    head = f"{{{around % '{type: integer, maximum: 8}'}}}"

    assert said(sent(base), sent(head)) == {"bound-tightened B"}, where
    assert said(answered(base), answered(head)) == {"bound-tightened H"}, where


def test_any_of_what_was_there_is_only_wider() -> None:
    assert said(sent(DOG), sent(f"{{anyOf: [{CAT}, {DOG}]}}")) == {"any-of-alternative-added H"}
    assert said(answered(DOG), answered(f"{{anyOf: [{CAT}, {DOG}]}}")) == {
        "any-of-alternative-added B"
    }


TWO, THREE = f"[{DOG}, {CAT}]", f"[{DOG}, {CAT}, {COW}]"
MORE = [
    (
        {"alternatives-introduced B"},
        set(),
        obj(A + ", b: {}"),
        obj(A + ", b: {}", f"oneOf: [{{{NEED_A}}}, {{{NEED_B}}}]"),
    ),
    (
        {"alternative-added H"},
        {"alternative-added B"},
        f"{{type: object, oneOf: {TWO}, anyOf: [{{required: [a]}}, {{required: [b]}}]}}",
        f"{{type: object, anyOf: [{{required: [b]}}, {{required: [a]}}], oneOf: {THREE}}}",
    ),
    # request, response, base, head
    (
        {"alternatives-introduced B"},
        {"alternatives-introduced B"},
        f"{{type: object, oneOf: {TWO}}}",
        f"{{type: object, oneOf: {TWO}, anyOf: [{{required: [a]}}, {{required: [b]}}]}}",
    ),
    (
        {"alternatives-dropped H"},
        {"alternatives-dropped B"},
        f"{{type: object, oneOf: {TWO}, anyOf: [{{required: [a]}}, {{required: [b]}}]}}",
        f"{{type: object, oneOf: {TWO}}}",
    ),
    ({"alternatives-introduced B"}, set(), f"{{anyOf: {TWO}}}", f"{{oneOf: {TWO}}}"),
    (set(), set(), f"{{oneOf: {TWO}}}", f"{{anyOf: {TWO}}}"),
    (
        {"alternatives-introduced B", "type-narrowed B"},
        {"type-narrowed H"},
        "{}",
        f"{{oneOf: {TWO}}}",
    ),
    ({"alternative-removed B"}, {"alternative-removed H"}, f"{{oneOf: {THREE}}}", CAT),
    (
        {"request-discriminator-changed R"},
        {"response-discriminator-changed R"},
        told("kind", "d: '#/d'"),
        told("kind"),
    ),
    (
        {"discriminator-property-changed B"},
        {"discriminator-property-changed B"},
        f"{{discriminator: a, oneOf: {TWO}}}",
        f"{{discriminator: b, oneOf: {TWO}}}",
    ),
    (
        {"bound-loosened H"},
        {"bound-loosened B"},
        "{type: number, multipleOf: 0.04}",
        "{type: number, multipleOf: 0.02}",
    ),
    (
        {"multiple-of-introduced B"},
        {"bound-loosened B"},
        "{type: integer, multipleOf: 2}",
        "{type: integer, multipleOf: 3}",
    ),
    (
        {"additional-properties-closed R"},
        {"additional-properties-closed H"},
        obj(A, "additionalProperties: {type: string}"),
        obj(A, "additionalProperties: false"),
    ),
    (
        {"additional-properties-opened H"},
        {"additional-properties-opened H"},
        obj(A, "additionalProperties: false"),
        obj(A, "additionalProperties: {type: string}"),
    ),
    (
        {"key-schema-tightened B"},
        {"key-schema-loosened B"},
        "{not: {type: string}}",
        "{not: {type: integer}}",
    ),
    (
        {"type-narrowed B", "type-widened H", "alternative-removed B", "alternative-added H"},
        {"type-narrowed H", "type-widened B", "alternative-removed H", "alternative-added B"},
        "{oneOf: [{type: string, maxLength: 1}, {type: array}]}",
        "{oneOf: [{type: integer, maximum: 1}, {type: array}]}",
    ),
    ({"type-narrowed B"}, {"type-narrowed H"}, "{type: string}", "false"),
]


@pytest.mark.parametrize(("request_", "response", "base", "head"), MORE)
def test_a_change_says_this_and_no_more(
    request_: set[str], response: set[str], base: str, head: str
) -> None:
    assert said(sent(base), sent(head)) == request_
    assert said(answered(base), answered(head)) == response


def test_alternatives_are_paired_by_what_they_have_in_common() -> None:
    base = f"{{oneOf: [{obj('a: {}, b: {}, c: {type: string}')}, {obj('x: {}, y: {}')}]}}"
    head = f"{{oneOf: [{obj('x: {}, z: {}')}, {obj('a: {}, b: {}, c: {type: integer}')}]}}"

    assert said(sent(base), sent(head)) == {
        "property-removed R",
        "property-added H",
        "type-narrowed B",
        "type-widened H",
    }


def test_every_kind_of_the_catalogue_has_a_meaning_and_a_name() -> None:
    assert all(kind.says and kind.id == name for name, kind in change_kinds().items())
