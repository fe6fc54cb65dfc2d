"""Names that the changed source files newly read, or no longer read: variables and flags."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.linking.news import bases, counts, heads
from bot.model.facts import Change
from bot.model.known import Unknown
from bot.model.reading import SIGNALS, Side
from bot.model.signal import Sign

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.model.area import Area
    from bot.model.facts import ChangedFile, Facts
    from bot.model.known import Known
    from bot.model.signal import Signals

# Set by the machine, the shell or the CI itself.
_WORDS = (
    "PATH HOME USER PWD SHELL TERM LANG CI NODE_ENV TMPDIR TEMP HOSTNAME TZ PORT EDITOR RAILS_ENV"
    " RACK_ENV PYTHONPATH PYTEST_CURRENT_TEST GITHUB_ACTIONS DEV PROD MODE SSR BASE_URL NO_COLOR"
    " DEBUG KUBERNETES_SERVICE_HOST"
)
GIVEN = frozenset(_WORDS.split())
_WORD = re.compile(r"[\w-]+")
_DECLARED = re.compile(r"^\s*(\w+)\s*:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A name and where it is read first; `default`: wherever it is read, it has one."""

    name: str
    path: str
    line: int
    default: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Turnover:
    """`new`: read at the head and in no changed file before. `gone`: the reverse, sure ones only.

    `open`: why files could not be judged; `blurred`: why those of the base could not be read, so
    that none of the new ones is surely new.
    """

    files: int
    new: tuple[Named, ...] = ()
    gone: tuple[Named, ...] = ()
    open: tuple[Unknown, ...] = ()
    blurred: tuple[Unknown, ...] = ()


def turnover(facts: Facts, sign: Sign, tests: Area, generated: Area) -> Turnover:
    """What the changed source files outside tests read anew or no longer, by name.

    A name that removed lines hold as well may only be read in another way: it is not new.
    """
    found, unread = heads(facts, generated, lambda path: not tests.has(path))
    before, blurred = bases(facts, generated)
    known = {one.name for value in before for one in value.signals if one.sign is sign}
    passed_over = known | {""} | (GIVEN if sign is Sign.ENVIRONMENT else frozenset())
    passed_over |= _words(facts, generated, Side.BASE, _WORD)
    fresh: dict[str, Named] = {}
    for head in found:
        for one in head.value.signals:
            if one.sign is sign and one.name not in passed_over and head.added(one.line, one.end):
                place = Named(name=one.name, path=head.file.path, line=one.line, default=True)
                first = fresh.setdefault(one.name, place)
                if one.detail != "default" and first.default:
                    fresh[one.name] = Named(name=first.name, path=first.path, line=first.line)
    return Turnover(
        files=len(found) + len(unread),
        new=tuple(fresh[name] for name in sorted(fresh)),
        gone=_gone(facts, sign, tests, generated),
        open=tuple(unread),
        blurred=tuple(blurred),
    )


def _gone(facts: Facts, sign: Sign, tests: Area, generated: Area) -> tuple[Named, ...]:
    """Names whose place is removed, unless some file may still read them in another way."""
    after = list(_at(facts, generated, Side.HEAD))
    if any(isinstance(value, Unknown) or value.holes for _, value in after):
        return ()
    kept = {
        one.name
        for _, value in after
        if not isinstance(value, Unknown)
        for one in value.signals
        if one.sign is sign
    }
    kept |= _words(facts, generated, Side.HEAD, _WORD)
    # The attribute of a settings class is the end of its variable's name.
    declared = {one.upper() for one in _words(facts, generated, Side.HEAD, _DECLARED)}
    found: dict[str, Named] = {}
    for file, value in _at(facts, generated, Side.BASE):
        path = file.previous_path or file.path
        if isinstance(value, Unknown) or isinstance(file.removed, Unknown) or tests.has(path):
            continue
        lines = {line.number for line in file.removed}
        for one in value.signals:
            if one.sign is not sign or one.name in kept | {""} | GIVEN or one.line not in lines:
                continue
            if declared.isdisjoint(_ends(one.name)):
                found.setdefault(one.name, Named(name=one.name, path=path, line=one.line))
    return tuple(found[name] for name in sorted(found))


def _ends(name: str) -> list[str]:
    """`A_B_C`, `B_C` and `C`."""
    parts = name.upper().split("_")
    return ["_".join(parts[at:]) for at in range(len(parts))]


def _words(facts: Facts, generated: Area, side: Side, word: re.Pattern[str]) -> set[str]:
    """Words of the source lines that the change adds, or of those that it removes."""
    found: set[str] = set()
    for file in () if isinstance(facts.changes, Unknown) else facts.changes:
        lines = file.removed if side is Side.BASE else file.added
        if any(counts(path, generated) for path in file.paths) and not isinstance(lines, Unknown):
            found.update(*(word.findall(line.text) for line in lines))
    return found


def _at(facts: Facts, generated: Area, side: Side) -> Iterator[tuple[ChangedFile, Known[Signals]]]:
    """Every changed source file of that side, those that were only renamed among them."""
    missing = Change.ADDED if side is Side.BASE else Change.REMOVED
    for file in () if isinstance(facts.changes, Unknown) else facts.changes:
        path = (file.previous_path or file.path) if side is Side.BASE else file.path
        if file.change is not missing and counts(path, generated):
            yield file, facts.read(SIGNALS, path, side)
