"""Columns of mapped classes: those of both sides, and what differs between them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, TypeAlias

from bot.model.facts import Change
from bot.model.known import Unknown
from bot.model.reading import MODELS, Side

if TYPE_CHECKING:
    from bot.model.facts import ChangedFile, Facts
    from bot.model.migration import Column

# What is told of a column, and its place at the head where it has one.
Differs: TypeAlias = tuple[str, str | None, int | None]


def columns(
    facts: Facts, files: tuple[ChangedFile, ...]
) -> tuple[list[Column], list[tuple[str, Column]], list[Unknown]]:
    """The columns of both sides, those of the head with their file, and what cannot be read."""
    before: list[Column] = []
    after: list[tuple[str, Column]] = []
    unread: list[Unknown] = []
    for file in files:
        if file.change is not Change.ADDED:
            old = facts.read(MODELS, file.previous_path or file.path, Side.BASE)
            if isinstance(old, Unknown):
                unread.append(old)
            else:
                before += old.columns
        if file.change is not Change.REMOVED:
            new = facts.read(MODELS, file.path)
            if isinstance(new, Unknown):
                unread.append(new)
            else:
                after += [(file.path, one) for one in new.columns]
    return before, after, unread


def differing(before: list[Column], after: list[tuple[str, Column]]) -> list[Differs]:
    """Columns that one side has and the other has not, wherever they stand."""
    old = Counter((one.model, one.name, one.type) for one in before)
    names = {(one.model, one.name) for one in before}
    found: list[Differs] = []
    for path, one in after:
        if old[one.model, one.name, one.type]:
            old[one.model, one.name, one.type] -= 1
            names.discard((one.model, one.name))
            continue
        what = "has another type" if (one.model, one.name) in names else "is new"
        names.discard((one.model, one.name))
        found.append((f"{one.model}.{one.name} {what}"[:200], path, one.line))
    return found + [
        (f"{model}.{name} is gone"[:200], None, None)
        for model, name, _ in sorted(old.elements())
        if (model, name) in names
    ]
