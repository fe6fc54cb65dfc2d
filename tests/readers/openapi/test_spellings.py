"""Two ways to write the same schema are no change."""

from __future__ import annotations

import pytest

from bot.model.contract import Impact, Profile
from tests.readers.openapi.build import answered, changes, said, sent
from tests.readers.openapi.test_schemas import CAT, DOG, NEED_A, A, obj

EQUAL = [
    ("{type: string, nullable: true}", "{type: [string, 'null']}"),
    ("{type: [string, null]}", "{type: [string, 'null']}"),
    ("{type: string, format: byte}", "{type: string, contentEncoding: base64}"),
    ("{type: integer, minimum: 1, exclusiveMinimum: true}", "{type: integer, exclusiveMinimum: 1}"),
    ("{anyOf: [{type: string}]}", "{type: string}"),
    ("{oneOf: [{type: string}, {type: 'null'}]}", "{type: [string, 'null']}"),
    ("{oneOf: [{const: a}, {const: b}]}", "{enum: [a, b]}"),
    (obj(A, NEED_A), f"{{allOf: [{{{NEED_A}}}, {obj(A)}]}}"),
    ("{type: object, properties: {a: {}}}", "{properties: {a: true}}"),
    ("{type: array, items: {}}", "{type: array}"),
    (f"{{oneOf: [{DOG}, {CAT}]}}", f"{{oneOf: [{CAT}, {DOG}]}}"),
    ("{type: string, description: a, example: b, deprecated: true}", "{type: string, x-any: 1}"),
]


@pytest.mark.parametrize(("one", "other"), EQUAL)
def test_two_spellings_of_a_schema_are_equal(one: str, other: str) -> None:
    for base, head in ((one, other), (other, one)):
        assert said(sent(base), sent(head)) == set()
        assert said(answered(base), answered(head)) == set()


def test_one_more_part_of_a_schema_is_told_where_the_other_tool_tells_it() -> None:
    base, head = sent(obj(A)), sent(f"{{allOf: [{{title: x}}], {obj(A)[1:]}")

    assert changes(base, head) == ()
    (change,) = changes(base, head, Profile.OASDIFF)
    assert (change.kind, change.severity) == ("all-of-part-added", Impact.BREAKING)
