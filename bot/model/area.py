"""Named sets of files, matched in linear time whatever the path."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import re2

if TYPE_CHECKING:
    from collections.abc import Callable


# What is sure not to fit is not tried.
SET_AT_MOST = 1_000


class BadGlob(ValueError):
    """A glob that the policy language does not have; the text says what to write instead."""


@dataclass(frozen=True)
class Area:
    """A name and its globs; the last glob that matches a path decides, a leading `!` takes away."""

    name: str
    globs: tuple[str, ...]

    def has(self, path: str) -> bool:
        """Whether the file at `path`, counted from the repository's root, belongs to the area."""
        return _has(self._matcher, path)

    @cached_property
    def _matcher(self) -> Callable[[str], bool]:
        return _matcher(self.globs)


def glob_expression(glob: str) -> str:
    """The anchored RE2 expression of one glob without its leading `!`; raises BadGlob.

    `*` and `?` stay within a folder, `**/` is any number of folders, a trailing `**` is everything
    below, `{a,b}` are alternatives.
    """
    _refuse(glob)
    out: list[str] = []
    depth = 0
    at = 0
    while at < len(glob):
        if glob.startswith("**/", at):
            out.append("(?:.*/)?")
            at += 3
            continue
        if glob.startswith("**", at):
            out.append(".*")
            at += 2
            continue
        char = glob[at]
        at += 1
        if char == "*":
            out.append("[^/]*")
        elif char == "?":
            out.append("[^/]")
        elif char == "{":
            depth += 1
            out.append("(?:")
        elif char == "}" and depth:
            depth -= 1
            out.append(")")
        elif char == "," and depth:
            out.append("|")
        else:
            out.append(re2.escape(char))
    if depth:
        raise BadGlob(f'"{glob}" opens a brace that it never closes')
    return "^" + "".join(out) + "$"


def name_matches(pattern: str, name: str) -> bool:
    """Whether a check, branch or job name fits; without `*`, `?`, `{` only the exact name."""
    return _name_matcher(pattern)(name)


def _refuse(glob: str) -> None:
    if not glob:
        raise BadGlob("an empty glob matches nothing; leave it out")
    if glob.startswith(("/", "./")):
        plain = glob.removeprefix(".").removeprefix("/")
        raise BadGlob(
            f'a glob starts at the repository\'s root: write "{plain}" without the leading "/"'
        )
    if ".." in glob.split("/"):
        raise BadGlob('".." leaves the repository; start at its root')
    for char in "[]\\":
        if char in glob:
            raise BadGlob(f'"{char}" has no meaning in a glob; use *, ?, ** or {{a,b}}')


@lru_cache(maxsize=131_072)
def _has(matcher: Callable[[str], bool], path: str) -> bool:
    """Cached: one evaluation asks the same of the same path dozens of times."""
    return matcher(path)


@lru_cache(maxsize=4096)
def _matcher(globs: tuple[str, ...]) -> Callable[[str], bool]:
    """All globs at once: a path is read one time, however many there are."""
    if not globs:
        return lambda _: False
    parts = range(0, len(globs), SET_AT_MOST)
    sets = [one for at in parts for one in _sets(globs[at : at + SET_AT_MOST])]

    def last_wins(path: str) -> bool:
        for every, adds in reversed(sets):
            if found := every.Match(path):
                return bool(adds[max(found)])
        return False

    return last_wins


def _sets(globs: tuple[str, ...]) -> list[tuple[re2.Set, list[bool]]]:
    """As few as fit into the memory that the library gives each."""
    every = re2.Set.SearchSet(_options())
    for glob in globs:
        every.Add(glob_expression(glob.removeprefix("!")))
    try:
        every.Compile()
    except re2.error:
        if len(globs) == 1:
            raise
        half = len(globs) // 2
        return [*_sets(globs[:half]), *_sets(globs[half:])]
    return [(every, [not glob.startswith("!") for glob in globs])]


@lru_cache(maxsize=4096)
def _name_matcher(pattern: str) -> Callable[[str], bool]:
    if not any(char in pattern for char in "*?{"):
        return lambda name: name == pattern
    text = "^" + "".join(_name_piece(pattern)) + "$"
    compiled = re2.compile(text, _options())
    return lambda name: compiled.search(name) is not None


def _name_piece(pattern: str) -> list[str]:
    plain = {"*": ".*", "?": ".", "{": "(?:", "}": ")", ",": "|"}
    inside = False
    out: list[str] = []
    for char in pattern:
        if char == "," and not inside:
            out.append(",")
            continue
        inside = char == "{" or (inside and char != "}")
        out.append(plain.get(char) or re2.escape(char))
    return out


def _options() -> re2.Options:
    options = re2.Options()
    options.dot_nl = True
    options.log_errors = False
    return options
