"""What facts answer of what was read."""

from __future__ import annotations

from dataclasses import dataclass

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
