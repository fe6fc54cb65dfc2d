"""Statuses by the names that languages and frameworks have for them."""

from __future__ import annotations

import re
from http import HTTPStatus

_NOT_LETTERS = re.compile(r"[^a-z]")
_CODES = {name.lower().replace("_", ""): value for name, value in HTTPStatus.__members__.items()}
_CODES["unprocessablecontent"] = HTTPStatus.UNPROCESSABLE_ENTITY


def code(said: str) -> int | None:
    """The status that `404`, `NOT_FOUND`, `NotFound` or `:not_found` stands for; None for none."""
    if said.isdecimal():
        value = int(said) if len(said) == 3 else 0
        return value if 100 <= value < 600 else None
    found = _CODES.get(_NOT_LETTERS.sub("", said.lower()))
    return None if found is None else int(found)
