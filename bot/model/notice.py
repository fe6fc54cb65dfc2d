"""What a role is to be told, field by field: drafted by the machine, answered by the author."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from bot.model.known import Known, Unknown
from bot.model.verdict import Evidence, Tier


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
    CONFIRMED = "confirmed"
    DRAFTED = "drafted"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One line of a draft with its place at the head.

    `names`: an answer in words has to hold one of them. `denies_none`, `denies_revert`: it stands
    against the answer that there is nothing, or that a revert is enough; `sure`: without a doubt.
    """

    note: str
    file: str | None = None
    line: int | None = None
    names: tuple[str, ...] = ()
    denies_none: bool = False
    denies_revert: bool = False
    sure: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a machine composed, and why it could not compose the rest."""

    pieces: tuple[Piece, ...] = ()
    open: tuple[Unknown, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a notice. `asked`: the description is where it is to be said.

    `against`: what was composed and stands against the answer. A draft is only that until someone
    in `confirmed_by` says that it is right; empty where nobody has to. The description is the
    author's word. `said`: what it answers. `early`: due before merge, else when the role is told.
    `confirmed`: somebody said so of just this value.
    """

    name: str
    confirmed_by: str
    asked: bool
    draft: Draft
    answer: Known[Answer]
    against: tuple[Evidence, ...] = ()
    said: str = ""
    early: bool = True
    required: bool = True
    confirmed: bool = False

    @property
    def value(self) -> str:
        """What is told of it: the answer, else the draft."""
        return self.said or "; ".join(piece.note for piece in self.draft.pieces)

    @property
    def digest(self) -> str:
        """Of the value, by which a confirmation is bound to it."""
        return sha256(self.value.encode("utf-8", "surrogatepass")).hexdigest()

    @property
    def filled(self) -> bool:
        """Whether it can be told as it stands."""
        if self.state in {FieldState.DRAFTED, FieldState.ANSWERED}:
            return not self.confirmed_by
        if self.state in {FieldState.MISSING, FieldState.UNKNOWN}:
            return not self.required
        return self.state is not FieldState.CONTRADICTED

    @property
    def holds(self) -> bool:
        """Whether the check waits for it; an answer that is only doubted holds nothing but the
        telling."""
        doubted = self.state is FieldState.CONTRADICTED and not self._wrong
        return self.early and not self.filled and not doubted

    @property
    def _wrong(self) -> bool:
        return any(one.kind.tier is Tier.SURE for one in self.against)

    @property
    def state(self) -> FieldState:
        """How far it is; what could not be learnt never counts as nothing."""
        if self._wrong or (self.against and not self.confirmed):
            return FieldState.CONTRADICTED
        if self.confirmed:
            return FieldState.CONFIRMED
        if self.answer in {Answer.NONE, Answer.TEXT}:
            return FieldState.ANSWERED
        if self.draft.pieces:
            return FieldState.DRAFTED
        if self.draft.open or (self.asked and isinstance(self.answer, Unknown)):
            return FieldState.UNKNOWN
        return FieldState.MISSING if self.asked else FieldState.EMPTY
