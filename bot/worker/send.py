"""Effects leave: in the order of their class, one by one, looked for first where in doubt."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.errors import (
    Denied,
    Gone,
    Invalid,
    Limited,
    Refused,
    Suspended,
    Transient,
    Trouble,
    Unauthorized,
)
from bot.failpoint import failpoint
from bot.metrics import UNCERTAIN, WRITES_SKIPPED
from bot.model.claim import Claim, Done, LimitedUntil, Outcome
from bot.model.effect import AskReview, Hide, Ping, React, Send, SetCheck, external_id_of

if TYPE_CHECKING:
    from bot.clock import Clock
    from bot.metrics import Metrics
    from bot.model.effect import Effect, Published
    from bot.model.keeping import PlannedEffect
    from bot.worker.ports import Ledger, Publisher

# Longer than the longest request: after it, a lost answer has arrived or never will.
DOUBT = timedelta(seconds=12)
BACKOFF = tuple(timedelta(seconds=seconds) for seconds in (2, 4, 8, 16, 32, 60, 120, 300))
# A channel cannot be asked whether a message has arrived: after this it is said once more.
REPEAT_AFTER = timedelta(minutes=10)
MESSAGE_BACKOFF = tuple(timedelta(seconds=seconds) for seconds in (10, 60, 300, 900, 3600))
# Nothing hangs on a reaction: it is tried so often again, and then left.
REACTION_BACKOFF = (DOUBT, timedelta(minutes=5))


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
                self._metrics.count(WRITES_SKIPPED, "overtaken")
                continue
            before = standing.get(row.effect.key)
            # What was in doubt stays so until it has been looked for.
            held = "uncertain" if row.uncertain else "pending"
            try:
                await self._one(claim, row, before)
            except Limited as limited:
                await self._ledger.unsent(
                    claim, row, state=held, why=limited.what, due=limited.until
                )
                return LimitedUntil(limited.until, limited.resource, limited.what)
            except Suspended as gone:
                due = self._clock.now()
                await self._ledger.unsent(claim, row, state=held, why=gone.what, due=due)
                raise
            except (Transient, Refused) as trouble:
                state, again = self._back(row, trouble)
                await self._ledger.unsent(claim, row, state=state, why=trouble.what, due=again)
                if state != "dead":
                    later = min(one for one in (later, again) if one is not None)
                    continue
                effect = row.effect
                if isinstance(effect, AskReview) and effect.otherwise:
                    of, number, cause = effect.repo_id, effect.number, effect.cause
                    ping = Ping(repo_id=of, number=number, cause=cause, body=effect.otherwise)
                    await self._ledger.plan(claim, ping)
                if isinstance(effect, SetCheck):
                    unsaid = f"GitHub refuses the check: {trouble.what}"
        return Done(later, unsaid)

    async def say(self, claim: Claim, effect: Effect) -> None:
        """Send one effect beside a commit, as far as GitHub lets us: why a head has no verdict."""
        if await self._ledger.plan(claim, effect):
            with suppress(Trouble):
                await self.send(claim)

    async def _one(self, claim: Claim, row: PlannedEffect, before: Published | None) -> None:
        known, effect, kind = external_id(row), row.effect, type(row.effect).__name__
        receipt = None
        if row.uncertain:
            receipt = await self._publisher.find(claim, row.effect, before, known)
            self._metrics.count(UNCERTAIN, "no" if receipt is None else "yes")
            if isinstance(effect, Send) and not effect.edits:
                subject = f"May be a repeat: {effect.message.subject}"
                effect = replace(effect, message=replace(effect.message, subject=subject))
        if receipt is None:
            failpoint("sending", kind)
            receipt = await self._publisher.publish(claim, effect, before, known)
        failpoint("sent", kind)
        await self._ledger.sent(claim, row, receipt)
        failpoint("published", kind)

    def _back(self, row: PlannedEffect, broken: Transient | Refused) -> tuple[str, datetime | None]:
        """The state to which the row returns, and when it is due."""
        now = self._clock.now()
        if isinstance(broken, Refused):
            return _refused_back(row, broken, now)
        if isinstance(row.effect, Send):
            return _message_back(row, broken, now)
        wait = BACKOFF[min(row.attempts, len(BACKOFF) - 1)]
        if isinstance(row.effect, React | Hide):
            if row.attempts >= len(REACTION_BACKOFF):
                return "dead", None
            wait = REACTION_BACKOFF[row.attempts]
        if broken.sent:
            return "uncertain", now + max(wait, DOUBT)
        return "uncertain" if row.uncertain else "pending", now + wait


def _refused_back(
    row: PlannedEffect, refused: Refused, now: datetime
) -> tuple[str, datetime | None]:
    """What may pass by itself is given up only when all tries are: a head that GitHub does not show
    yet, a token it does not take, a list of addresses. The last of them was refused in the same
    words: that others met an outage says nothing of it. A reaction, a message, and a request that
    has words instead, are not worth the wait."""
    passes = isinstance(refused, Denied | Gone | Unauthorized) or (
        isinstance(refused, Invalid) and "No commit found" in refused.what
    )
    small = isinstance(row.effect, React | Hide | Send | AskReview)
    same = row.error != "" and _plain(refused.what).startswith(_plain(row.error))
    tried = row.attempts >= len(BACKOFF) and same
    if small or not passes or tried:
        return "dead", None
    # What was in doubt is looked for first again.
    wait = BACKOFF[min(row.attempts, len(BACKOFF) - 1)]
    return "uncertain" if row.uncertain else "pending", now + wait


def _plain(what: str) -> str:
    """A refusal without the addresses, moments and numbers in it: processes differ in these."""
    return re.sub(r"\S*\d\S*", "0", what)


def _message_back(
    row: PlannedEffect, broken: Transient, now: datetime
) -> tuple[str, datetime | None]:
    """A message is repeated once where it may have arrived, and given up after some tries; a moment
    stays with one that may have."""
    if broken.sent:
        return ("dead", now) if row.uncertain else ("uncertain", now + REPEAT_AFTER)
    if row.attempts >= len(MESSAGE_BACKOFF):
        return "dead", now if row.uncertain else None
    wait = broken.again_after or MESSAGE_BACKOFF[row.attempts]
    # What was in doubt once stays so: its repeat says that it is one.
    return "uncertain" if row.uncertain else "pending", now + wait


def external_id(row: PlannedEffect) -> str:
    """The look-up key of what is sent."""
    return external_id_of(row.gen, row.digest)
