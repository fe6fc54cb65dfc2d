"""What a role is to be told, field by field: drafted by the machine, answered by the author."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.model.known import Known, Unknown
from bot.model.verdict import Evidence


class Answer(StrEnum):
    """What the description says of a field: nothing, that there is nothing, or a text."""

    ABSENT = "absent"
    NONE = "none"
    TEXT = "text"


class FieldState(StrEnum):
    """How far a field is, gravest first."""

    CONTRADICTED = "contradicted"
    UNKNOWN = "unknown"
    MISSING = "missing"
    ANSWERED = "answered"
    DRAFTED = "drafted"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One line of a draft with its place at the head.

    `names`: an answer in words has to hold one of them. `denies_none`, `denies_revert`: it stands
    against the answer that there is nothing, or that a revert is enough.
    """

    note: str
    file: str | None = None
    line: int | None = None
    names: tuple[str, ...] = ()
    denies_none: bool = False
    denies_revert: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a machine composed, and why it could not compose the rest."""

    pieces: tuple[Piece, ...] = ()
    open: tuple[Unknown, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a notice. `asked`: the description is where it is to be said.

    `against`: what was composed and stands against the answer. A draft is only that until someone
    in `confirmed_by` says that it is right.
    """

    name: str
    confirmed_by: str
    asked: bool
    draft: Draft
    answer: Known[Answer]
    against: tuple[Evidence, ...] = ()

    @property
    def state(self) -> FieldState:
        """How far it is; what could not be learnt never counts as nothing."""
        if self.against:
            return FieldState.CONTRADICTED
        if self.answer in {Answer.NONE, Answer.TEXT}:
            return FieldState.ANSWERED
        if self.draft.pieces:
            return FieldState.DRAFTED
        if self.draft.open or (self.asked and isinstance(self.answer, Unknown)):
            return FieldState.UNKNOWN
        return FieldState.MISSING if self.asked else FieldState.EMPTY
