"""A notice to a role: whether it was told, what it was told, and what it answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.model.act import Act, ActKind
from bot.model.notice import Field


class HandoverState(StrEnum):
    """How far a notice is; reopened: it is not any more what the role was told."""

    WAITING = "not-told"
    TOLD = "told"
    ACCEPTED = "accepted"
    RETURNED = "returned"
    REOPENED = "reopened"


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """A notice that the policy asks for. `answers`: expected, none or before-merge.

    `after`: what comes first, `lacks`: what of it is still to come. `tell`: the newest telling,
    `answer`: what the role said to it. `due_at`: when its answer is due, `late`: it was.
    `changed`: what matters to the role and is not any more as it was told. `over`: the pull request
    is merged, so nothing is held any more.
    """

    notice: str
    role: str
    answers: str
    after: tuple[str, ...] = ()
    fields: tuple[Field, ...] = ()
    state: HandoverState = HandoverState.WAITING
    tell: Act | None = None
    answer: Act | None = None
    due_at: datetime | None = None
    late: bool = False
    lacks: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    over: bool = False

    @property
    def revision(self) -> int:
        """How often it was told."""
        return 0 if self.tell is None else int(self.tell.data["revision"])

    @property
    def asked(self) -> str:
        """Login of who was addressed, empty where nobody was."""
        return "" if self.tell is None else self.tell.data.get("pinged", "")

    @property
    def first(self) -> tuple[str, ...]:
        """What is still to come before it can be told."""
        return (*self.lacks, *(one.name for one in self.fields if not one.filled))

    @property
    def owes(self) -> bool:
        """Whether the role has been told and has not answered."""
        return self.state is HandoverState.TOLD and self.answers != "none"

    @property
    def awaited(self) -> bool:
        """Whether the check waits for the answer of the role."""
        early = self.answers == "before-merge" and not self.over
        return early and self.state is not HandoverState.ACCEPTED

    @property
    def holds(self) -> bool:
        """Whether something has to be mended: it was returned, or fields are not filled."""
        back = self.state is HandoverState.RETURNED
        return not self.over and (back or any(one.holds for one in self.fields))

    @property
    def blocks(self) -> bool:
        """Whether it keeps the check from passing."""
        return self.holds or self.awaited

    @property
    def returned(self) -> tuple[str, ...]:
        """The items and fields that the role gave back."""
        if self.answer is None or self.answer.kind is not ActKind.RETURN:
            return ()
        return self.answer.subjects[1:]
