"""User text becomes markdown only here: no markup, no mention, no reference survives."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NewType

# Made by this module alone; renderers accept nothing else of a person.
Safe = NewType("Safe", str)

_ZERO_WIDTH = "\u200b"
_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_MARKUP = re.compile(r"([\\`*_{}\[\]()#+!|~=-])")
_NUMBERED = re.compile(r"^(\d+)\.")
_REFERENCE = re.compile(r"(#|\bGH-)(?=\d)", re.IGNORECASE)
_ADDRESS = re.compile(r"\b(?:(?:https?|ftp)://|www\.)\S*[^\s.,;:!?]", re.IGNORECASE)


def one_line(text: str) -> str:
    """One plain line, without control characters and in the direction of its letters."""
    line = " ".join(_BIDI.sub("", text).split())
    return "".join(char for char in line if char.isprintable())


# The same words are rendered again at every evaluation.
@lru_cache(maxsize=4096)
def inert(text: str, limit: int = 200) -> str:
    """One plain line without control characters and without anything that GitHub links or mails."""
    line = one_line(text)
    line = _REFERENCE.sub(lambda found: found.group(1) + _ZERO_WIDTH, line)
    line = line.replace("@", "@" + _ZERO_WIDTH)
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


@lru_cache(maxsize=4096)
def plain(text: str, limit: int = 200) -> Safe:
    """Text of a person as markdown that shows it as it is; addresses stand in code spans."""
    line = inert(text, limit)
    out: list[str] = []
    at = 0
    for found in _ADDRESS.finditer(line):
        out += [_escaped(line[at : found.start()]), code(found.group())]
        at = found.end()
    out.append(_escaped(line[at:]))
    return Safe("".join(out))


@lru_cache(maxsize=4096)
def code(text: str, limit: int = 200) -> Safe:
    """Text of a person in a code span; backticks become apostrophes, pipes stay out of tables."""
    line = inert(text, limit).replace("`", "'").replace("|", "\\|")
    return Safe(f"`{line}`") if line else Safe("")


def _escaped(text: str) -> str:
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _NUMBERED.sub(r"\1\.", _MARKUP.sub(r"\\\1", text))
