"""What .gitattributes in the root calls generated or vendored, as GitHub's own statistics read it.

Those in folders are not read: which there are only one more call for every new head would tell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.model.area import Area, BadGlob, glob_expression
from bot.model.known import Unknown

if TYPE_CHECKING:
    from bot.model.facts import Changes

LINES_AT_MOST, PATHS_AT_MOST = 500, 1_000
_MARKS = ("linguist-generated", "linguist-vendored")
# In a path they would be read as signs of a glob, and in a glob git reads them otherwise.
_SIGNS = frozenset("*?[]{}\\")


def marked_of(text: str, changes: Changes) -> tuple[str, ...]:
    """The changed paths that the file marks; of several lines about one the last decides."""
    said = [mark for line in text.splitlines()[:LINES_AT_MOST] for mark in _read(line)]
    if not said or isinstance(changes, Unknown):
        return ()
    found = [
        path
        for file in changes
        for path in file.paths
        if _SIGNS.isdisjoint(path)
        and any({word: on for area, word, on in said if area.has(path)}.values())
    ]
    return tuple(sorted(found)[:PATHS_AT_MOST])


def _read(line: str) -> list[tuple[Area, str, bool]]:
    """What a line says of each mark; nothing where its pattern cannot be read here."""
    pattern, *words = line.split() or [""]
    rooted = "/" in pattern.rstrip("/")
    glob = pattern.removeprefix("/") if rooted else f"**/{pattern}"
    marks = [(word, _is_on(one, word)) for one in words for word in _MARKS if word in one]
    if not marks or pattern[0] in '#!"' or not _SIGNS.intersection("[]{}\\").isdisjoint(pattern):
        return []
    try:
        glob_expression(glob)
    except BadGlob:
        return []
    return [(Area("marked", (glob,)), word, on) for word, on in marks]


def _is_on(said: str, word: str) -> bool:
    return said in {word, f"{word}=true", f"{word}=1"}
