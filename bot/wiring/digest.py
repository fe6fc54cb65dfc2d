"""The sweep that makes digests and boards: they leave as every other message does."""

from __future__ import annotations

import asyncio
import json
import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.logs import get_logger
from bot.model.act import Act
from bot.model.codec import Decoder
from bot.model.policy import Policy
from bot.model.wake import Subject
from bot.text.digest import Pull, boards, digests

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from bot.clock import Clock
    from bot.model.effect import Effect
    from bot.store.sweeps import SweepStore

# Every zone's nine o'clock is one of these moments.
_QUARTER = timedelta(minutes=15)
_log = get_logger()


@dataclass(slots=True, kw_only=True)
class Digests:
    """Looks every quarter of an hour whose moment has come. `targets`: aliases that exist, `web`:
    where people read pull requests, `classes`: the options of each rule by its id."""

    store: SweepStore
    clock: Clock
    targets: Collection[str]
    web: str
    classes: Mapping[str, type]
    woken: Callable[[], None]

    async def __call__(self) -> timedelta:
        """Plan what is due, until when to wait. What was planned is known by its day: a second run,
        or one that died before its end, says nothing twice."""
        now, until = self.clock.now(), await self.store.meta("digest")
        since = datetime.fromisoformat(until) if until else now
        rows = await self.store.asked()

        def made() -> list[tuple[Subject, int, Effect]]:
            pulls = tuple(self._pulls(rows))
            found: list[tuple[Pull, Effect]] = [*boards(pulls, now)]
            found += digests(pulls, since, now, self.targets, self.web)
            return [(pull.subject, pull.installation_id, effect) for pull, effect in found]

        # Beside the loop: with all the acts of many pull requests it takes a while.
        messages = await asyncio.to_thread(made)
        await self.store.say(messages, now)
        if messages:
            self.woken()
        return _QUARTER - timedelta(seconds=now.timestamp()) % _QUARTER

    def _pulls(self, rows: Sequence[tuple[str, int, str, str, bytes, str, int]]) -> Iterator[Pull]:
        decoder, policies = Decoder(self.classes), dict[str, Policy]()
        for key, installation, repo, digest, policy, acts, is_open in rows:
            try:
                if digest not in policies:
                    text = zlib.decompress(policy)
                    policies[digest] = decoder.decode(Policy, json.loads(text))
                said: tuple[Act, ...] = decoder.decode(tuple[Act, ...], json.loads(acts))
            except ValueError as error:
                # Of another version, until it is judged anew.
                _log.warning("digest_left_out", pr=key, why=str(error))
                continue
            yield Pull(
                subject=Subject.parse(key),
                installation_id=installation,
                repo=repo,
                policy=policies[digest],
                acts=tuple(sorted(said, key=lambda act: act.order)),
                open=bool(is_open),
            )
