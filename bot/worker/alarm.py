"""What operators hear in a channel of their own: once a day about each thing, while it lasts."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.errors import Trouble
from bot.model.effect import Send
from bot.model.message import Message

if TYPE_CHECKING:
    from bot.clock import Clock
    from bot.model.claim import Claim
    from bot.worker.send import Sender

# What the operator calls that channel; without one of this name nobody is told.
OPERATORS = "operators"
_WHY = f"Said once a day while it lasts, to the channel called {OPERATORS} in HANDOFF_CHANNELS"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """Tells operators. `heard`: whether they have a channel, `web`: where people read."""

    sender: Sender
    clock: Clock
    web: str
    heard: bool

    def broken(self, claim: Claim, what: str) -> tuple[Send, ...]:
        """That a policy cannot be read where it counts, to leave with what was judged by another;
        nothing where `what` is empty."""
        hint = "It judges nothing until the file on the default branch is mended."
        cause = f"policy:{claim.subject.repo_id}"
        return self._said(claim, cause, f"{claim.repo}: {what}", hint) if what else ()

    async def failing(self, claim: Claim) -> None:
        """That something fails again and again, before the try that may be the last one."""
        what = f"{claim.repo}#{claim.subject.number} fails again and again: {claim.reason}"
        hint = "After five tries it is left alone until the next push or `handoff resume`; "
        await self._now(claim, "parked", what, f"{hint}`handoff queue` lists all that are.")

    async def refused(self, claim: Claim, why: str) -> None:
        """That GitHub took neither our token nor the one after it."""
        hint = "A new token was refused as well; `handoff doctor` says what is wrong."
        await self._now(claim, "auth", f"GitHub takes no credentials of ours: {why}", hint)

    async def _now(self, claim: Claim, cause: str, what: str, hint: str) -> None:
        """As far as the store and the channel let us."""
        for send in self._said(claim, cause, what, hint):
            with suppress(Trouble):
                await self.sender.say(claim, send)

    def _said(self, claim: Claim, cause: str, what: str, hint: str) -> tuple[Send, ...]:
        of, where = claim.subject, f"{claim.repo}#{claim.subject.number}"
        send = Send(
            repo_id=of.repo_id,
            number=of.number,
            target=OPERATORS,
            cause=f"{cause}:{self.clock.now():%Y-%m-%d}",
            message=Message(
                kind="alarm",
                subject=what,
                lines=(hint, _WHY),
                link=f"{self.web}/{claim.repo}/pull/{of.number}",
                thread=where,
            ),
        )
        return (send,) if self.heard else ()
