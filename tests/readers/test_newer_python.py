"""Code of a newer Python than the one that reads it is said not to be read, and where."""

from __future__ import annotations

import sys

import pytest

from bot.readers.__main__ import read
from bot.sandbox.frame import Job

NEWER = {
    "type parameters of a function": ("x = 1\ndef first[T](many: list[T]) -> T: ...\n", (3, 12)),
    "type parameters of a class": ("x = 1\nclass Box[T: int]: ...\n", (3, 12)),
    "an alias of a type": ("x = 1\ntype Point = tuple[int, int]\n", (3, 12)),
    "the same quotes inside": ("x = 1\ny = f'{x['a']}'\n", (3, 12)),
    "a line inside": ("x = 1\ny = f'{x + # sum\n1}'\n", (3, 12)),
    "a default of a type parameter": ("x = 1\nclass Box[T = int]: ...\n", (3, 13)),
    "a template": ("x = 1\ny = t'{x}'\n", (3, 14)),
}


@pytest.mark.parametrize("reading", ["signals", "endpoints", "migration", "models"])
@pytest.mark.parametrize("what", NEWER)
def test_newer_code_is_read_or_known_not_to_be(reading: str, what: str) -> None:
    text, since = NEWER[what]

    answer = read(Job(reading=reading, path="app/a.py", head=text.encode()))

    if sys.version_info >= since:
        assert "ok" in answer
    else:
        assert answer["by_content"]
        assert "app/a.py" in answer["unknown"]
        if reading in {"signals", "endpoints"}:
            assert answer["unknown"].startswith("app/a.py:2 is not valid Python 3.")
