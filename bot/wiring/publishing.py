"""Messages leave by the channels, everything else by GitHub."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.model.effect import Send

if TYPE_CHECKING:
    from bot.model.claim import Claim
    from bot.model.effect import Effect, Published
    from bot.model.keeping import Receipt
    from bot.worker.ports import Publisher


@dataclass(frozen=True, slots=True)
class Publishers:
    """The worker's Publisher for every kind of effect."""

    github: Publisher
    post: Publisher

    async def publish(
        self, claim: Claim, effect: Effect, before: Published | None, external_id: str
    ) -> Receipt:
        """Make it so, where it belongs."""
        return await self._of(effect).publish(claim, effect, before, external_id)

    async def find(
        self, claim: Claim, effect: Effect, before: Published | None, external_id: str
    ) -> Receipt | None:
        """Look for it where it belongs."""
        return await self._of(effect).find(claim, effect, before, external_id)

    def _of(self, effect: Effect) -> Publisher:
        return self.post if isinstance(effect, Send) else self.github
