"""What facts answer of what was read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from bot.model.facts import Line, between
from bot.model.known import NOT_ASKED, Unknown
from bot.model.reading import Reading, Side, reading_key
from tests.support.pulls import pull


@dataclass(frozen=True)
class Size:
    lines: int


@dataclass(frozen=True)
class Other:
    lines: int


SIZE = Reading(id="size", value=Size)


def test_a_reading_of_another_kind_under_the_same_name_is_unknown() -> None:
    key = reading_key("size", Side.HEAD, "a.py")

    assert pull(readings={key: Size(1)}).read(SIZE, "a.py") == Size(1)
    assert pull(readings={key: Other(1)}).read(SIZE, "a.py") == Unknown(
        "a.py was read as something else"
    )
    assert pull().read(SIZE, "a.py") == NOT_ASKED


class Counted(tuple[Line, ...]):
    """Lines that nobody walks through."""

    __slots__ = ()

    def __iter__(self) -> Any:
        raise AssertionError


@pytest.mark.parametrize(
    ("first", "last", "found"),
    [(1, 1, []), (3, 3, [3]), (4, 6, []), (3, 9, [3, 7, 9]), (8, 99, [9]), (9, 3, [])],
)
def test_some_of_many_lines_are_found_without_a_walk(
    first: int, last: int, found: list[int]
) -> None:
    lines = Counted(Line(number, "x") for number in (3, 7, 9))

    assert [one.number for one in between(lines, first, last)] == found
