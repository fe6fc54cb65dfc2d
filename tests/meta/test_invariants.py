"""Each thing that must always hold has a test of its name, in a flow or under a crash."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
NAMES = re.findall(
    r"def test_((?:n\d+_)+)",
    "".join(
        path.read_text() for place in ("crash", "flows") for path in (TESTS / place).glob("*.py")
    ),
)
NAMED = {one for name in NAMES for one in name.strip("_").split("_")}


@pytest.mark.parametrize("number", range(1, 18))
def test_every_invariant_has_a_test_of_its_name(number: int) -> None:
    assert f"n{number}" in NAMED
