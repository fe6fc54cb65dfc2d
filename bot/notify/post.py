"""Messages leave through the channels; one that fails is left alone for a while."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from bot.errors import Refused, Transient, Trouble
from bot.metrics import BREAKER_OPEN, MESSAGES
from bot.model.effect import Send
from bot.model.keeping import Receipt
from bot.notify.letter import Letter, letter
from bot.notify.mail import Mail
from bot.notify.slack import Slack
from bot.notify.teams import Teams
from bot.notify.webhook import Webhook
from bot.notify.wire import Ended, Wire

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from bot.clock import Clock
    from bot.metrics import Metrics
    from bot.model.claim import Claim
    from bot.model.effect import Effect, Published
    from bot.notify.channels import Channels

FAILURES_AT_MOST = 5
OPEN_SECONDS = 900.0
# Between two messages to one target; Teams takes four a second.
PACE_SECONDS = 0.35


class Carrier(Protocol):
    """One kind of channel."""

    async def carry(self, letter: Letter) -> Mapping[str, str]:
        """Send it; what must be remembered. Raises Refused, Transient."""
        ...


@dataclass(slots=True)
class _State:
    """How a target fared since the start of the process; moments by the monotonic clock."""

    failures: int = 0
    closed_until: float = 0.0
    free_at: float = 0.0
    ended: bool = False


class Post:
    """Implements the worker's Publisher for messages. `first`: what the first message to the same
    target about the same pull request has left."""

    def __init__(
        self,
        channels: Channels,
        wire: Wire,
        clock: Clock,
        metrics: Metrics,
        first: Callable[[Claim, Send], Awaitable[str]],
    ) -> None:
        self._channels = channels
        self._clock = clock
        self._metrics = metrics
        self._first = first
        slack = Slack(wire, channels)
        self._carriers: Mapping[str, Carrier] = {
            "slack": slack,
            "slack-webhook": slack,
            "teams": Teams(wire),
            "mail": Mail(wire, clock, channels),
            "webhook": Webhook(wire, clock),
        }
        self._states = {alias: _State() for alias in channels.targets}

    async def publish(
        self, claim: Claim, effect: Effect, before: Published | None, external_id: str
    ) -> Receipt:
        """Say it once. Raises Refused, or Transient: with `sent` when it may have arrived."""
        del external_id
        if not isinstance(effect, Send):
            raise Refused("channels carry only messages")
        if before is not None:
            return Receipt(remote_id=None, detail=before.detail)
        target = self._channels.targets.get(effect.target)
        if target is None:
            raise Refused(f"no target is called {effect.target}; name it in HANDOFF_CHANNELS_FILE")
        state = self._states[target.alias]
        await self._gate(state)
        known = json.loads(await self._first(claim, effect))
        try:
            left = await self._carriers[target.channel].carry(
                letter(effect, target, claim.repo, known)
            )
        except Trouble as trouble:
            self._failed(target.alias, state, trouble)
            self._count(target.channel, effect, _outcome(trouble))
            raise
        state.failures = 0
        self._metrics.set(BREAKER_OPEN, 0, target.alias)
        self._count(target.channel, effect, "sent")
        return Receipt(remote_id=None, detail=json.dumps(left))

    async def find(
        self, claim: Claim, effect: Effect, before: Published | None, external_id: str
    ) -> Receipt | None:
        """Nothing can be looked up in a channel."""
        del claim, effect, before, external_id
        return None

    async def _gate(self, state: _State) -> None:
        if state.ended:
            raise Refused("it has answered 410; take it out of the channels file, or restart")
        now = self._clock.monotonic()
        if now < state.closed_until:
            wait = timedelta(seconds=state.closed_until - now)
            raise Transient("it has failed too often and is left alone", again_after=wait)
        at = max(now, state.free_at)
        state.free_at = at + PACE_SECONDS
        await self._clock.sleep(at - now)

    def _failed(self, alias: str, state: _State, trouble: Trouble) -> None:
        state.failures += 1
        state.ended = isinstance(trouble, Ended) and self._is_webhook(alias)
        if state.failures >= FAILURES_AT_MOST:
            state.closed_until = self._clock.monotonic() + OPEN_SECONDS
            self._metrics.set(BREAKER_OPEN, 1, alias)

    def _is_webhook(self, alias: str) -> bool:
        return self._channels.targets[alias].channel == "webhook"

    def _count(self, channel: str, effect: Send, outcome: str) -> None:
        self._metrics.count(MESSAGES, channel, effect.message.kind, outcome)


def _outcome(trouble: Trouble) -> str:
    if isinstance(trouble, Transient):
        return "uncertain" if trouble.sent else "again"
    return "refused"
