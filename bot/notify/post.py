"""Messages leave through the channels; a target that fails is left alone for a while."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
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


@dataclass(slots=True)
class Post:
    """Implements the worker's Publisher: messages here, all else by `other`.

    `first`: what the first message to the same target about the same pull request has left.
    """

    means: Means
    metrics: Metrics
    first: Callable[[Claim, Send], Awaitable[str]]
    other: Publisher
    _states: dict[str, _State] = field(default_factory=dict)

    async def publish(
        self, claim: Claim, effect: Effect, before: Published | None, external_id: str
    ) -> Receipt:
        """Say it once. Raises Refused, or Transient: with `sent` when it may have arrived."""
        if not isinstance(effect, Send):
            return await self.other.publish(claim, effect, before, external_id)
        target = self.means.channels.targets.get(effect.target)
        if target is None:
            raise Refused(f"no target is called {effect.target}; name it in HANDOFF_CHANNELS_FILE")
        state = self._states.setdefault(target.alias, _State())
        known = json.loads(await self.first(claim, effect))
        if effect.edits and "own" not in known:
            # It has not left, or where it went nothing can be edited.
            return Receipt(remote_id=None)
        await self._gate(state)
        try:
            one = letter(effect, target, claim.repo, known)
            left = await _CARRIERS[target.channel](one, self.means)
        except Trouble as trouble:
            state.failures += 1
            state.ended = isinstance(trouble, Gone) and target.channel == "webhook"
            may_have = isinstance(trouble, Transient) and trouble.sent
            outcome = "refused" if isinstance(trouble, Refused) else "again"
            self._say(target, state, effect, "uncertain" if may_have else outcome)
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
        return await self.other.find(claim, effect, before, external_id)

    async def _gate(self, state: _State) -> None:
        """Raise where the target is left alone; otherwise wait for its turn."""
        if state.ended:
            raise Refused("it has answered 410 and is switched off until the next start")
        clock = self.means.clock
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
            state.closed_until = self.means.clock.monotonic() + OPEN_SECONDS
        self.metrics.set(BREAKER_OPEN, is_open, target.alias)
        self.metrics.count(MESSAGES, target.channel, effect.message.kind, outcome)
