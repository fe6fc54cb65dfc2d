"""Contracts made to hurt: every one is compared, or unknown, and nothing is opened."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.cli.main import main
from bot.model.known import Unknown
from bot.readers.openapi import load
from bot.readers.openapi.compare import compare
from bot.readers.openapi.side import Budget, Contract


def api(schemas: dict[str, Any], first: str = "S0", **root: Any) -> bytes:
    """A contract whose one answer is the component `first`."""
    media = {"application/json": {"schema": {"$ref": f"#/components/schemas/{first}"}}}
    paths = {"/a": {"get": {"responses": {"200": {"content": media}}}}}
    whole = {"openapi": "3.1.0", "paths": paths, "components": {"schemas": schemas}, **root}
    return json.dumps(whole).encode()


def ref(name: object) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/S{name}"}


def deep(levels: int) -> dict[str, Any]:
    held: dict[str, Any] = {"type": "string"}
    for _ in range(levels):
        held = {"items": held}
    return held


def chain(levels: int, last: str) -> dict[str, Any]:
    """A list of lists of … through components, so that no document is deep."""
    named: dict[str, Any] = {f"S{i}": {"items": ref(i + 1)} for i in range(levels)}
    return {**named, f"S{levels}": {"type": last}}


TOO_DEEP = "contract too deep to compare"
YAML = "openapi: 3.0.0\npaths: {}\n"
BOMBS: dict[str, Callable[[], tuple[bytes, bytes, str]]] = {
    "reference to itself": lambda: (api({"S0": ref(0)}), api({"S0": {}}), "itself"),
    "two that lead to each other": lambda: (
        api({"S0": ref(1), "S1": ref(0)}),
        api({"S0": {}}),
        "itself",
    ),
    "ten thousand references in a row": lambda: (
        api({f"S{i}": ref(i + 1) for i in range(10_000)} | {"S10000": {}}),
        api({f"S{i}": ref(i + 1) for i in range(10_000)} | {"S10000": {"type": "string"}}),
        "references in a row",
    ),
    "300 components one inside another": lambda: (
        api(chain(300, "string")),
        api(chain(300, "integer")),
        TOO_DEEP,
    ),
    "a file outside": lambda: (
        api({"S0": {"$ref": "../../etc/passwd"}}),
        api({"S0": {"$ref": "../../etc/shadow"}}),
        "outside the repository",
    ),
    "a file from the root": lambda: (
        api({"S0": {"$ref": "/etc/passwd"}}),
        api({"S0": {"$ref": "/etc/shadow"}}),
        "outside",
    ),
    "10,000 levels of JSON": lambda: (
        api({"S0": {}}),
        b'{"openapi": "3.0.0", "x": ' + b"[" * 10_000 + b"]" * 10_000 + b"}",
        "nested too deeply",
    ),
    "300 levels of JSON": lambda: (
        api({"S0": {}}),
        api({"S0": deep(300)}),
        "nested too deeply",
    ),
    "100,000 levels of YAML": lambda: (
        YAML.encode(),
        f"{YAML}x: {'[' * 100_000}".encode(),
        "nested deeper than",
    ),
    "an alias that holds itself": lambda: (
        YAML.encode(),
        f"{YAML}x: &a [*a]\n".encode(),
        "holds itself",
    ),
    "an alias bomb": lambda: (
        YAML.encode(),
        (
            YAML
            + "x0: &x0 [1, 1]\n"
            + "".join(f"x{i}: &x{i} [*x{i - 1}, *x{i - 1}]\n" for i in range(1, 40))
        ).encode(),
        "once expanded",
    ),
    "a key twice in YAML": lambda: (YAML.encode(), f"{YAML}paths: {{}}\n".encode(), "set twice"),
    "a key twice in JSON": lambda: (
        YAML.encode(),
        b'{"openapi": "3.0.0", "paths": {}, "paths": {}}',
        "set twice",
    ),
    "a second document": lambda: (YAML.encode(), f"{YAML}---\nb: 1\n".encode(), "second document"),
    "5,000 digits in JSON": lambda: (
        YAML.encode(),
        b'{"openapi": "3.0.0", "x": ' + b"9" * 5_000 + b"}",
        "5000 characters",
    ),
    "NaN in JSON": lambda: (YAML.encode(), b'{"openapi": "3.0.0", "x": NaN}', "NaN"),
    "too large a number": lambda: (YAML.encode(), b'{"openapi": "3.0.0", "x": 1e999}', "number"),
    "UTF-16": lambda: (YAML.encode(), YAML.encode("utf-16"), "UTF-8"),
    "nothing": lambda: (YAML.encode(), b"", "empty"),
    "5 MB of YAML": lambda: (YAML.encode(), YAML.encode() + b"#" * 5_000_000, "bytes, at most"),
    "17 MB of JSON": lambda: (YAML.encode(), b"{" + b" " * 17_000_000 + b"}", "bytes, at most"),
}


@pytest.mark.parametrize("name", list(BOMBS))
def test_a_hostile_pair_is_unknown(name: str) -> None:
    base, head, reason = BOMBS[name]()

    found = compare(Contract(base), Contract(head))

    assert isinstance(found, Unknown)
    assert found.by_content
    assert reason in found.reason


def doubling(last: str) -> bytes:
    parts: dict[str, Any] = {f"S{i}": {"allOf": [ref(i + 1), ref(i + 1)]} for i in range(30)}
    return api({**parts, "S30": {"type": last}})


def binary(last: str) -> bytes:
    """Two properties on each of 30 levels: 2³⁰ places, 30 components."""
    both = [{"properties": {"a": ref(i + 1), "b": ref(i + 1)}} for i in range(30)]
    return api({**{f"S{i}": one for i, one in enumerate(both)}, "S30": {"type": last}})


def circle(last: str) -> bytes:
    parts = {"S0": {"allOf": [ref(1)], "type": last}, "S1": {"allOf": [ref(0)]}}
    return api(parts)


def choices(last: str) -> bytes:
    """Alternatives of alternatives that lead back to themselves."""
    return api({"S0": {"oneOf": [ref(0), ref(1), {"type": last}]}, "S1": {"anyOf": [ref(0), {}]}})


@pytest.mark.parametrize("made", [doubling, binary, circle])
def test_a_pair_that_only_looks_endless_is_compared(made: Callable[[str], bytes]) -> None:
    found = compare(Contract(made("integer")), Contract(made("number")))

    assert isinstance(found, tuple)
    assert {one.kind for one in found} == {"type-widened"}


def test_alternatives_that_lead_back_end() -> None:
    found = compare(Contract(choices("integer")), Contract(choices("number")))

    assert isinstance(found, tuple | Unknown)


def test_an_address_is_never_opened_and_only_compared() -> None:
    """The loopback guard of the tests would fail a request."""
    one, other = (api({"S0": {"$ref": f"http://{host}/a.json"}}) for host in ("a.test", "b.test"))

    assert compare(Contract(one), Contract(one)) == ()
    found = compare(Contract(one), Contract(other))
    assert isinstance(found, tuple)
    assert [one.kind for one in found] == ["reference-changed"]


def crossing(turn: int) -> bytes:
    """Every component refers to every other, in another order on either side."""
    every = range(40)
    return api(
        {f"S{i}": {"properties": {f"p{k}": ref((k + turn * i) % 40) for k in every}} for i in every}
    )


def test_more_pairs_than_the_budget_are_unknown() -> None:
    base, head = Contract(crossing(0)), Contract(crossing(1))

    assert compare(base, head, budget=Budget(pairs=1_000)) == Unknown(TOO_DEEP, by_content=True)
    assert compare(base, head, budget=Budget(steps=1_000)) == Unknown(TOO_DEEP, by_content=True)
    assert compare(base, head, budget=Budget(pairs=1_700)) == ()
    assert Budget().pairs == 200_000


def test_callbacks_within_callbacks_end() -> None:
    called = {"$ref": "#/components/callbacks/c"}
    post = {"callbacks": {"c": called}, "responses": {}}
    root = {"callbacks": {"c": {"{$url}": {"post": post}}}}
    base, head = (
        json.dumps(
            {
                "openapi": "3.1.0",
                "paths": {"/a": {"post": {**post, "deprecated": word}}},
                "components": root,
            }
        )
        for word in (True, False)
    )

    found = compare(Contract(base.encode()), Contract(head.encode()))

    assert isinstance(found, Unknown)
    assert found.reason == "callbacks within callbacks: too deep to compare"


def test_more_files_than_fifty_are_unknown() -> None:
    files = {f"{i}.yaml": f"$ref: '{i + 1}.yaml'".encode() for i in range(60)}
    base, head = (
        Contract(api({"S0": {"$ref": "0.yaml", "type": word}}), files=files)
        for word in ("string", "integer")
    )

    found = compare(base, head)

    assert isinstance(found, Unknown)
    assert "more than 50 files" in found.reason


def test_a_number_that_yaml_would_take_long_for_is_text() -> None:
    loaded = load.load(b"x: " + b"9" * 5_000, "f")

    assert isinstance(loaded, load.Loaded)
    assert loaded.root == {"x": "9" * 5_000}


WORDS = """
    type properties items required allOf oneOf anyOf enum const $ref not if then discriminator
    mapping propertyName additionalProperties default format pattern parameters requestBody
    responses content schema headers security callbacks servers get post 200 in name x-sunset
    deprecated url flows scopes nullable
"""
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(WORDS.split()) | st.text(max_size=4),
            inner,
            max_size=4,
        )
    ),
    max_leaves=25,
)


@settings(max_examples=300, deadline=None)
@given(VALUES, VALUES, VALUES)
def test_no_shape_of_a_document_raises(paths: Any, schema: Any, rest: Any) -> None:
    def of(one: Any, other: Any) -> Contract:
        root = {"openapi": "3.1.0", "paths": {"/a": one}, "webhooks": other, "security": rest}
        schemas = {"components": {"schemas": {"a": other}, "securitySchemes": rest}}
        return Contract(json.dumps({**root, **schemas}).encode())

    found = compare(of(paths, schema), of(schema, paths))

    assert isinstance(found, tuple | Unknown)


@settings(max_examples=200, deadline=None)
@given(VALUES, VALUES)
def test_no_shape_of_a_schema_raises(one: Any, other: Any) -> None:
    found = compare(Contract(api({"S0": one})), Contract(api({"S0": other})))
    lifted = {"swagger": "2.0", "paths": {"/a": one}, "definitions": other, "parameters": one}
    old = compare(Contract(json.dumps(lifted).encode()), Contract(api({"S0": other})))

    assert isinstance(found, tuple | Unknown)
    assert isinstance(old, tuple | Unknown)


def test_the_command_line_follows_no_link_out_of_the_tree(tmp_path: Path) -> None:
    (tmp_path / "secret.yaml").write_text("type: string\n")
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "link.yaml").symlink_to(tmp_path / "secret.yaml")
    for name, target in (("base", "link.yaml"), ("head", "../secret.yaml")):
        (tree / f"{name}.json").write_bytes(api({"S0": {"$ref": target}}))

    assert main(["contract", str(tree / "base.json"), str(tree / "base.json")]) == 3
    assert main(["contract", str(tree / "head.json"), str(tree / "head.json")]) == 3
