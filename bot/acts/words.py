"""The words of a command line taken apart: what is named, and what narrows it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from bot.acts.who import refusal
from bot.model.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.model.command import CommandLine

REASON_AT_LEAST, REASON_AT_MOST = 5, 500
# Where somebody will have to understand it months later.
LONG_REASON = 10
_SHA = re.compile(r"[0-9a-f]{7,40}")
_TRAILING = re.compile(r"[ \t]at ([0-9a-f]{7,40})[.!]?$")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """The arguments of an act; `at`: a commit that was named, at least seven digits of it."""

    names: tuple[str, ...] = ()
    at: str = ""
    for_push: bool = False
    until: date | None = None
    to: str = ""
    reason: str = ""


def said(
    line: CommandLine, allowed: Iterable[str] = (), *, heads: Iterable[str] = ()
) -> Said | Problem:
    """The line's words; `allowed`: which of at, for, until and to the verb takes.

    A reason that ends in `at <sha>` names a head too, where the pull request had such a one; one
    that is too long is refused and never cut.
    """
    rest, names = [word for word in line.words if word], []
    found: dict[str, str] = {}
    while rest:
        word = rest.pop(0)
        lower = word.casefold()
        if lower not in {"at", "for", "until", "to"} or not rest:
            names.append(lower)
            continue
        if lower not in allowed:
            return refusal(f'"{word} {rest[0]}" does not belong here')
        found[lower] = rest.pop(0)
        if lower == "for":
            if [found["for"].casefold(), *(one.casefold() for one in rest[:1])] != ["this", "push"]:
                return refusal(f'I do not know "for {found["for"]}"; say "for this push"')
            rest.pop(0)
    return _checked(line, tuple(dict.fromkeys(names)), found, tuple(heads))


def _checked(
    line: CommandLine, names: tuple[str, ...], found: dict[str, str], heads: tuple[str, ...]
) -> Said | Problem:
    reason = _CONTROL.sub("\ufffd", line.reason or "").strip()
    at = found.get("at", "").casefold()
    if at and not _SHA.fullmatch(at):
        return refusal(f'"{at}" is no commit; give 7 to 40 of its digits')
    ends = _TRAILING.search(reason)
    if not at and ends is not None and any(sha.startswith(ends[1]) for sha in heads):
        at = ends[1]
    if len(reason) > REASON_AT_MOST:
        most = f"a reason has at most {REASON_AT_MOST} characters"
        return refusal(f"{most}; this one has {len(reason)}")
    until = None
    if "until" in found:
        try:
            until = date.fromisoformat(found["until"])
        except ValueError:
            return refusal(f'"{found["until"]}" is no date; write it like 2026-12-01')
    return Said(
        names=names,
        at=at,
        for_push="for" in found,
        until=until,
        to=found.get("to", "").casefold(),
        reason=reason,
    )


def reason_problem(reason: str, usage: str, at_least: int = REASON_AT_LEAST) -> Problem | None:
    """What is wrong with a reason that has to be given; None when nothing is."""
    if not reason:
        return refusal("it needs a reason", f"type {usage}")
    if len(reason) < at_least:
        return refusal(f"a reason has at least {at_least} characters", f"type {usage}")
    return None


def unknown_words(words: Iterable[str]) -> Problem | None:
    """An act is not guessed at: a word too many stops it."""
    first = next(iter(words), None)
    return None if first is None else refusal(f'I do not know "{first}"')
