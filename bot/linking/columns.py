"""The columns that changed files with mapped classes declare."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.model.facts import Change
from bot.model.known import Unknown
from bot.model.reading import MODELS, Side

if TYPE_CHECKING:
    from bot.model.facts import ChangedFile, Facts
    from bot.model.migration import Column


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
