"""Whether added lines name a thing, as a page or a test would write it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.linking.touched import touched
from bot.model.known import Known, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bot.linking.route_changes import Places
    from bot.model.area import Area
    from bot.model.facts import ChangedFile, Facts

# More names than these are those of a contract that was written anew.
_NAMES_AT_MOST = 300
# Longer lines are written by machines, and hold every name at every change.
_LINE_AT_MOST = 1_000
_HOLDER = re.compile(r"\{[^{}]*\}|<[^<>]*>|(?<=/):\w+")


def names_endpoints(facts: Facts, areas: tuple[Area, ...], where: Places) -> Known[bool]:
    """Whether an added line of the areas names the path of an endpoint that the change is about."""
    found = touched(facts, where)
    if isinstance(found, Unknown):
        return found
    every = [*(one for _, one in found.pairs), *found.removed]
    pattern = naming(one.template for one in every)
    files = () if isinstance(facts.changes, Unknown) else facts.changes
    for file in files:
        if any(area.has(path) for area in areas for path in file.paths):
            if any(pattern.search(text) for _, text in new_lines(file)):
                return True
            if isinstance(file.added, Unknown) and not file.added.by_content:
                return file.added
    return found.open or False


def naming(names: Iterable[str]) -> re.Pattern[str]:
    """What finds any of the names: a path with whatever in the place of its parameters, a word of
    its own kind as it stands, any other word only where it is marked as code."""
    first = list(dict.fromkeys(names))[:_NAMES_AT_MOST]
    return re.compile("|".join(filter(None, map(_pattern, first))) or "(?!)")


def new_lines(file: ChangedFile) -> Iterator[tuple[int, str]]:
    """Added lines of a person, that differ in more than blanks from one that was removed."""
    removed = () if isinstance(file.removed, Unknown) else file.removed
    gone = {"".join(line.text.split()) for line in removed}
    for line in () if isinstance(file.added, Unknown) else file.added:
        if len(line.text) <= _LINE_AT_MOST and "".join(line.text.split()) not in gone:
            yield line.number, line.text


def gone_lines(file: ChangedFile) -> Iterator[str]:
    """Removed lines that do not stand elsewhere in the file with other blanks."""
    added = () if isinstance(file.added, Unknown) else file.added
    here = {"".join(line.text.split()) for line in added}
    for line in () if isinstance(file.removed, Unknown) else file.removed:
        if len(line.text) <= _LINE_AT_MOST and "".join(line.text.split()) not in here:
            yield line.text


def _pattern(name: str) -> str:
    if "/" in name:
        parts = _HOLDER.sub("{}", name).strip("/").split("/")
        if not any(len(one) > 2 for one in parts):
            return ""
        path = "/".join(r"[^/\s]+" if one == "{}" else re.escape(one) for one in parts)
        return rf"/{path}/?(?![\w{{<:/-])"
    word = re.escape(name)
    if len(name) > 3 and re.search(r"\w_\w|[a-z][A-Z]|[A-Z]{4}", name):
        return rf"\b{word}\b"
    return rf"[`\"'?&]{word}[`\"'=]" if len(name) > 1 else ""
