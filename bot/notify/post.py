"""Messages leave through the channels; a target that fails is left alone for a while."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.errors import Gone, Refused, Transient, Trouble
from bot.metrics import BREAKER_OPEN, MESSAGES
from bot.model.effect import Send
from bot.model.keeping import Receipt
from bot.notify import mail, slack, teams, webhook
from bot.notify.letter import letter

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from bot.metrics import Metrics
    from bot.model.claim import Claim
    from bot.model.effect import Effect, Published
    from bot.notify.channels import Target
    from bot.notify.letter import Letter, Means
    from bot.worker.ports import Publisher

FAILURES_AT_MOST = 5
OPEN_SECONDS = 900.0
# Between two messages to one target; Teams takes four a second.
PACE_SECONDS = 0.35
_CARRIERS: Mapping[str, Callable[[Letter, Means], Awaitable[Mapping[str, str]]]] = {
    "slack": slack.carry,
    "slack-webhook": slack.carry,
    "teams": teams.carry,
    "mail": mail.carry,
    "webhook": webhook.carry,
}


@dataclass(slots=True)
class _State:
    """How a target fared since the start of the process; moments by the monotonic clock."""

    failures: int = 0
    closed_until: float = 0.0
    free_at: float = 0.0
    ended: bool = False


class Post:
    """Implements the worker's Publisher: messages here, all else by `other`.

    `first`: what the first message to the same target about the same pull request has left.
    """

    def __init__(
        self,
        means: Means,
        metrics: Metrics,
        first: Callable[[Claim, Send], Awaitable[str]],
        other: Publisher,
    ) -> None:
        self._means = means
        self._metrics = metrics
        self._first = first
        self._other = other
        self._states = {alias: _State() for alias in means.channels.targets}

    async def publish(
        self, claim: Claim, effect: Effect, before: Published | None, external_id: str
    ) -> Receipt:
        """Say it once. Raises Refused, or Transient: with `sent` when it may have arrived."""
        if not isinstance(effect, Send):
            return await self._other.publish(claim, effect, before, external_id)
        target = self._means.channels.targets.get(effect.target)
        if target is None:
            raise Refused(f"no target is called {effect.target}; name it in HANDOFF_CHANNELS_FILE")
        state = self._states[target.alias]
        await self._gate(state)
        known = json.loads(await self._first(claim, effect))
        try:
            one = letter(effect, target, claim.repo, known)
            left = await _CARRIERS[target.channel](one, self._means)
        except Trouble as trouble:
            state.failures += 1
            state.ended = isinstance(trouble, Gone) and target.channel == "webhook"
            self._say(target, state, effect, _outcome(trouble))
            raise
        state.failures = 0
        self._say(target, state, effect, "sent")
        return Receipt(remote_id=None, detail=json.dumps(left))

    async def find(
        self, claim: Claim, effect: Effect, before: Published | None, external_id: str
    ) -> Receipt | None:
        """None for a message: nothing can be looked up in a channel."""
        if isinstance(effect, Send):
            return None
        return await self._other.find(claim, effect, before, external_id)

    async def _gate(self, state: _State) -> None:
        """Raise where the target is left alone; otherwise wait for its turn."""
        if state.ended:
            raise Refused("it has answered 410 and is switched off until the next start")
        clock = self._means.clock
        now = clock.monotonic()
        if now < state.closed_until:
            wait = timedelta(seconds=state.closed_until - now)
            raise Transient("it has failed too often and is left alone", again_after=wait)
        at = max(now, state.free_at)
        state.free_at = at + PACE_SECONDS
        await clock.sleep(at - now)

    def _say(self, target: Target, state: _State, effect: Send, outcome: str) -> None:
        """Count it, and open or close the target's breaker."""
        is_open = state.failures >= FAILURES_AT_MOST
        if is_open:
            state.closed_until = self._means.clock.monotonic() + OPEN_SECONDS
        self._metrics.set(BREAKER_OPEN, is_open, target.alias)
        self._metrics.count(MESSAGES, target.channel, effect.message.kind, outcome)


def _outcome(trouble: Trouble) -> str:
    if isinstance(trouble, Transient):
        return "uncertain" if trouble.sent else "again"
    return "refused"
