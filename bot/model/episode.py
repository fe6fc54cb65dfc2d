"""One question put to a role: raised, taken, decided or withdrawn, with its clocks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.model.act import EVERYTHING, Act
from bot.model.policy import Block

# What a person asks without naming a trigger.
QUESTION = "question"


class Raised(StrEnum):
    """How far a question is."""

    RAISED = "raised"
    ACKNOWLEDGED = "acknowledged"
    DECIDED = "decided"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """`e1`: a question with all that the ledger says of it; never stored, always folded.

    `raised`: the act that opened it, whose reason is a person's question. `asked`: the App's own
    acts of asking, in their order; the last one's person is who is asked now. `taken`: the
    acknowledgement that still lasts. `decision`: the one in force. `level`: 0 until the question
    has left. `reminds_at`: when it becomes a line of the digest, `widens_at`: when the next one is
    asked, `due_at`: when a decision is due; None where that clock does not run. `blocks`: whether
    it holds the check now. `gone`: nothing of what it is about is there any more. `moved`: the
    files that the decision was about have changed since. `round`: from 1.
    """

    name: str
    trigger: str
    role: str
    block: Block
    subjects: tuple[str, ...]
    place: str
    raised: Act
    state: Raised
    round: int = 1
    level: int = 0
    asked: tuple[Act, ...] = ()
    taken: Act | None = None
    taken_until: datetime | None = None
    decision: Act | None = None
    reminds_at: datetime | None = None
    widens_at: datetime | None = None
    due_at: datetime | None = None
    blocks: bool = False
    gone: bool = False
    moved: bool = False

    @property
    def put_to(self) -> tuple[tuple[str, str], ...]:
        """Role and login of those who had it in turn, each also of several asked at once."""
        return tuple(
            (act.data.get("role", self.role), login)
            for act in self.asked
            for login in (act.data.get("pinged") or act.data.get("for", "")).split()
        )

    @property
    def person(self) -> str:
        """Login of who is asked now, empty while nobody is."""
        return self.put_to[-1][1] if self.put_to else ""

    @property
    def turn(self) -> str:
        """The role that is asked now."""
        return self.put_to[-1][0] if self.put_to else self.role

    @property
    def roles(self) -> frozenset[str]:
        """The roles that it was put to, any of which may answer."""
        return frozenset({self.role, *(role for role, _ in self.put_to)})

    @property
    def spent(self) -> bool:
        """Whether the author was sent another way and has gone it."""
        return self.moved and self.decision is not None and self.decision.detail == "redirect"

    @property
    def scope(self) -> str:
        """Which files a decision is about: those where it was seen, all where nobody can tell."""
        return f"{EVERYTHING}{self.raised.data.get('files', '')}"

    @property
    def open(self) -> bool:
        """Whether somebody still owes an answer."""
        return self.state in {Raised.RAISED, Raised.ACKNOWLEDGED}

    @property
    def about(self) -> str:
        """What it is about, as short as it can be said: `redis`."""
        return ", ".join(one.partition(":")[2] or one for one in self.subjects) or self.trigger
