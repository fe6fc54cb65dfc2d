"""One question put to a role: raised, taken, decided or withdrawn, with its clocks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.model.act import Act
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
    has left. `widens_at`: when the next one is asked, `due_at`: when a decision is due; None where
    that clock does not run. `blocks`: whether it holds the check now. `gone`: nothing of what it
    is about is there any more. `spent`: the author was sent another way and went it. `round`:
    from 1.
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
    widens_at: datetime | None = None
    due_at: datetime | None = None
    blocks: bool = False
    gone: bool = False
    spent: bool = False

    @property
    def person(self) -> str:
        """Login of who is asked now, empty while nobody is."""
        whom = [name for act in self.asked for name in act.data.get("pinged", "").split()]
        return whom[-1] if whom else ""

    @property
    def open(self) -> bool:
        """Whether somebody still owes an answer."""
        return self.state in {Raised.RAISED, Raised.ACKNOWLEDGED}

    @property
    def about(self) -> str:
        """What it is about, as short as it can be said: `redis`."""
        return ", ".join(one.partition(":")[2] or one for one in self.subjects) or self.trigger
