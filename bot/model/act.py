"""What a person did, stored when they did it and bound to the code that it was about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.model.facts import Person, Standing

# The scope that is every file of the pull request; with paths behind it, one a line, only those.
EVERYTHING = "*"


class ActKind(StrEnum):
    """What can be done; the last ones are the App's own, so that time leaves a trace too."""

    ATTEST = "attest"
    NOT_APPLICABLE = "n/a"
    WAIVE = "waive"
    CONFIRM = "confirm"
    READY = "ready"
    HOLD = "hold"
    RESUME = "resume"
    ESCALATE = "escalate"
    ACK = "ack"
    DECIDE = "decide"
    ASSIGN = "assign"
    ACCEPT = "accept"
    RETURN = "return"
    UNDO = "undo"
    RAISE = "raise"
    ASK = "ask"
    WITHDRAW = "withdraw"
    TELL = "tell"
    REMARK = "remark"
    REFUSE = "refuse"

    @property
    def own(self) -> bool:
        """Whether the App itself does it."""
        return self in _OWN


_OWN = frozenset(
    {
        ActKind.RAISE,
        ActKind.ASK,
        ActKind.WITHDRAW,
        ActKind.TELL,
        ActKind.REMARK,
        ActKind.REFUSE,
    }
)
# Before the key of the line that was not run.
REFUSED = "refused:"
# What became of a comment, which undoes nothing of what it did.
EDITED, DELETED = "edited", "deleted"
# That from then until its end the App was suspended, or away: nobody's clock ran.
PAUSED = "bot-paused"
# Whose acts the App's own ones are.
NOBODY = Person(id=0, login="handoff", bot=True)
# The head of what was said about one that is not known any more: it stands nowhere.
NOWHERE = "0" * 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One entry of the ledger, which only grows: an undo is an act that names another one.

    `key`: of the comment line that it came from; a second one with that key is no act. `place`:
    id of the comment and number of the line, by which GitHub orders what it dates alike.
    `subjects`: item ids, `notice.field`, notices, `e1`, `h1`, or the key of an act. `scopes`: of
    each item the scope fingerprint at `head_sha`; `*` stands for all files, a field for the digest
    of its value. `ends_at`: None where only a changed scope ends it. `roles`: what entitled the
    person then, reserved words included. `detail`: approve, redirect or decline of a decision, the
    kind of a return. `data`: what else is kept of it. `through`: comment, review, line, button,
    box or system. `rebuilt`: from the comment, after a loss of data.
    """

    key: str
    kind: ActKind
    by: Person
    subjects: tuple[str, ...]
    head_sha: str
    said_at: datetime
    place: tuple[int, int] = (0, 0)
    standing: Standing = Standing.NONE
    roles: frozenset[str] = frozenset()
    reason: str = ""
    detail: str = ""
    scopes: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, str] = field(default_factory=dict)
    ends_at: datetime | None = None
    ends_with_push: bool = False
    is_author: bool = False
    is_contributor: bool = False
    through: str = "comment"
    rebuilt: bool = False

    @property
    def unsure(self) -> bool:
        """Whether GitHub does not tell if the person wrote commits here: nobody decides alone
        then what those may not decide who did."""
        return "wrote" in self.data

    @property
    def speaker(self) -> str:
        """Who said it, with what became of the comment since, as people read it."""
        since = self.data.get("comment", "")
        return self.by.login + (f" (comment {since})" if since else "")

    @property
    def lost(self) -> bool:
        """Whether a loss of data left the words alone, without the head that they were about."""
        return self.rebuilt and self.head_sha == NOWHERE

    @property
    def order(self) -> tuple[datetime, int, int, str]:
        """The order in which things were said, whenever they arrived."""
        return (self.said_at, *self.place, self.key)
