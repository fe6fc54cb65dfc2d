"""Values to JSON and back: the same value, or an error that says what does not fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any

import pytest

from bot.model import codec
from bot.model.codec import Decoder, canonical, canonical_with, dumps, encode
from bot.model.facts import Line
from bot.model.item import AllOf, Not, Proof, Use
from bot.model.known import Known, Unknown


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True)
class Inner:
    name: str = ""


@dataclass(frozen=True)
class Other:
    size: int = 0


@dataclass(frozen=True)
class Outer:
    colour: Colour
    at: datetime
    on: date
    lasts: timedelta
    share: float
    pair: tuple[int, str]
    many: tuple[Inner, ...]
    kinds: frozenset[str]
    by_number: Mapping[int, str]
    known: Known[tuple[Inner, ...]]
    either: Inner | Other | None
    plain: bool = False
    extra: dict[str, int] = field(default_factory=dict)


VALUE = Outer(
    colour=Colour.RED,
    at=datetime(2026, 11, 24, 12, tzinfo=UTC),
    on=date(2026, 11, 24),
    lasts=timedelta(minutes=90),
    share=2.0,
    pair=(1, "a"),
    many=(Inner(name="x"), Inner()),
    kinds=frozenset({"b", "a"}),
    by_number={7: "seven"},
    known=(Inner(name="y"),),
    either=Other(size=3),
)


def again(kind: Any, value: object) -> Any:
    return Decoder().decode(kind, encode(value))


def test_a_value_is_the_same_after_storage() -> None:
    assert again(Outer, VALUE) == VALUE


def test_what_stands_at_its_default_is_left_out() -> None:
    assert encode(Inner()) == {"_": "Inner"}
    assert {"plain", "extra"} & encode(VALUE).keys() == set()


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (tuple[Inner, ...] | Unknown, Unknown("why", by_content=True)),
        (tuple[Inner, ...] | Unknown, ()),
        (tuple[Line, ...] | Unknown, (Line(1, "a"), Line(2, ""))),
        (str | Unknown | None, None),
        (str | Unknown | None, "text"),
        (bool | Unknown, False),
        (Inner | Other, Inner(name="i")),
        (float, 2.5),
    ],
)
def test_a_choice_of_types_is_read_back_as_what_it_was(kind: Any, value: object) -> None:
    assert again(kind, value) == value


def test_whole_numbers_may_stand_for_fractions() -> None:
    assert Decoder().decode(float, 2) == 2.0


def test_options_are_read_by_the_rule_beside_them() -> None:
    proof = AllOf(parts=(Not(part=Use(rule="one", options=Inner(name="x"))),))

    assert Decoder({"one": Inner}).decode(Proof, encode(proof)) == proof


def test_sets_and_keys_have_one_order() -> None:
    assert canonical({"b": frozenset({"y", "x"}), "a": 1}) == b'{"a":1,"b":["x","y"]}'


def test_half_a_character_is_escaped() -> None:
    assert dumps({"a": "é"}) == '{"a":"é"}'.encode()
    assert dumps({"a": "\ud800"}) == b'{"a":"\\ud800"}'


@dataclass(frozen=True)
class Holder:
    known: Mapping[str, object] = field(default_factory=dict)
    after: str = ""
    zone: str = ""


MET = Inner(name="ä")


@pytest.mark.parametrize(
    "value",
    [
        Holder(),
        Holder(known={"b": MET, "a": MET}),
        Holder(known={"b": Other(size=3), "ü:a": Unknown("why")}, after="x", zone="y"),
        Holder(known={"a": MET}, zone="\ud800"),
        Holder(known={"a": Inner(name="\udfff"), "b": MET}, after="ä"),
        Holder(known={"\ud800": MET}),
        Holder(known={"a": MET}, after="here stand the many"),
    ],
)
def test_what_is_met_again_is_written_as_it_would_be(value: Holder) -> None:
    assert canonical_with(value, "known") == canonical(value)


def test_what_was_written_is_not_kept_for_ever() -> None:
    values = {str(number): Inner(name=str(number)) for number in range(4_002)}

    text = canonical_with(Holder(known=values), "known")

    assert text == canonical(Holder(known=values))
    assert len(codec._WRITTEN) < 4_000


def test_what_has_no_json_form_is_refused() -> None:
    with pytest.raises(TypeError, match="no JSON form for object"):
        encode(object())


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        (Inner, "text"),
        (Inner, {"name": 3}),
        (Outer, {"_": "Outer"}),
        (Inner | Other, {"_": "Third"}),
        (Inner | Other, 3),
        (str, 3),
        (int, True),
        (Colour, "blue"),
        (datetime, "yesterday"),
        (datetime, 3),
        (tuple[int, str], [1]),
        (tuple[int, ...], 3),
        (tuple[Line, ...], [[1, "a"], [True, "b"]]),
        (tuple[Line, ...], [[1, "a"], ["2", "b"]]),
        (tuple[Line, ...], [[1]]),
        (tuple[Line, ...], [[1, "a", "b"]]),
        (tuple[Line, ...], [3]),
    ],
)
def test_a_stored_value_that_does_not_fit_is_an_error(kind: Any, data: object) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Decoder().decode(kind, data)
