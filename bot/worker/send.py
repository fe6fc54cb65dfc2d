"""Effects leave: in the order of their class, one by one, looked for first where in doubt."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.errors import Limited, Refused, Suspended, Transient, Trouble
from bot.failpoint import failpoint
from bot.metrics import UNCERTAIN
from bot.model.claim import Claim, Done, LimitedUntil, Outcome
from bot.model.effect import SetCheck, external_id_of

if TYPE_CHECKING:
    from bot.clock import Clock
    from bot.metrics import Metrics
    from bot.model.effect import Effect, Published
    from bot.model.keeping import PlannedEffect
    from bot.worker.ports import Ledger, Publisher

# Longer than the longest request: after it, a lost answer has arrived or never will.
DOUBT = timedelta(seconds=12)
BACKOFF = tuple(timedelta(seconds=seconds) for seconds in (2, 4, 8, 16, 32, 60, 120, 300))


class Sender:
    """Sends what is due of one subject under one claim."""

    def __init__(
        self, ledger: Ledger, publisher: Publisher, clock: Clock, metrics: Metrics
    ) -> None:
        self._metrics = metrics
        self._ledger = ledger
        self._publisher = publisher
        self._clock = clock

    async def send(self, claim: Claim) -> Outcome:
        """Send the due rows in order; Done carries when the rest is due."""
        rows = await self._ledger.outbox(claim)
        if not rows:
            return Done()
        standing = await self._ledger.published(claim, [row.effect.key for row in rows])
        later: datetime | None = None
        unsaid = ""
        for row in rows:
            if not await self._ledger.sending(claim, row):
                continue
            before = standing.get(row.effect.key)
            try:
                await self._one(claim, row, before)
            except Limited as limited:
                await self._ledger.unsent(
                    claim, row, state="pending", why=limited.what, due=limited.until
                )
                return LimitedUntil(limited.until, limited.resource, limited.what)
            except Suspended as gone:
                due = self._clock.now()
                await self._ledger.unsent(claim, row, state="pending", why=gone.what, due=due)
                raise
            except Transient as broken:
                due = self._again_at(row, sent=broken.sent)
                state = "uncertain" if broken.sent else "pending"
                await self._ledger.unsent(claim, row, state=state, why=broken.what, due=due)
                later = due if later is None else min(later, due)
            except Refused as refused:
                await self._ledger.unsent(claim, row, state="dead", why=refused.what, due=None)
                if isinstance(row.effect, SetCheck):
                    unsaid = f"GitHub refuses the check: {refused.what}"
        return Done(later, unsaid)

    async def say(self, claim: Claim, effect: Effect) -> None:
        """Send one effect beside a commit, as far as GitHub lets us: why a head has no verdict."""
        if await self._ledger.plan(claim, effect):
            with suppress(Trouble):
                await self.send(claim)

    async def _one(self, claim: Claim, row: PlannedEffect, before: Published | None) -> None:
        known = external_id(row)
        receipt = None
        if row.uncertain:
            receipt = await self._publisher.find(claim, row.effect, before, known)
            self._metrics.count(UNCERTAIN, "no" if receipt is None else "yes")
        if receipt is None:
            failpoint("sending")
            receipt = await self._publisher.publish(claim, row.effect, before, known)
        failpoint("sent")
        await self._ledger.sent(claim, row, receipt)
        failpoint("published")

    def _again_at(self, row: PlannedEffect, *, sent: bool) -> datetime:
        wait = BACKOFF[min(row.attempts, len(BACKOFF) - 1)]
        return self._clock.now() + (max(wait, DOUBT) if sent else wait)


def external_id(row: PlannedEffect) -> str:
    """The look-up key of what is sent."""
    return external_id_of(row.gen, row.digest)
