"""A store that does not commit for a while: nothing is lost, and judging goes on by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from bot.durable.embedded import LOOK_EVERY, EmbeddedRunner
from bot.errors import StoreTrouble
from bot.model.claim import Claim, Outcome, Room
from tests.durable.doubles import Bench, MemoryClaims, no_sweep
from tests.support.clock import FakeClock, until


@dataclass
class Locked(MemoryClaims):
    """Refuses what `refuses` names so many times; `asked` counts every call of them."""

    refuses: dict[str, int] = field(default_factory=dict)
    fatal: bool = False
    asked: int = 0
    finished: list[int] = field(default_factory=list)

    def _maybe(self, call: str) -> None:
        if self.refuses.get(call, 0):
            self.asked += 1
            self.refuses[call] -= 1
            raise StoreTrouble("the store cannot commit: database is locked", fatal=self.fatal)

    async def take(self, room: Room) -> Sequence[Claim]:
        self._maybe("take")
        return await super().take(room)

    async def next_due(self) -> int | None:
        self._maybe("next_due")
        return await super().next_due()

    async def fire(self) -> Sequence[tuple[str, str]]:
        self._maybe("fire")
        return ()

    async def finish(self, claim: Claim, outcome: Outcome) -> None:
        self._maybe("finish")
        self.finished.append(claim.subject.number)


@pytest.mark.parametrize("call", ["take", "next_due", "fire", "finish"])
async def test_judging_goes_on_once_the_store_commits_again(call: str) -> None:
    store, bench, stop = Locked([1], refuses={call: 3}), Bench(), asyncio.Event()
    clock = FakeClock()
    bench.release.set()
    work = asyncio.ensure_future(EmbeddedRunner(store, clock, no_sweep, str).run(bench, stop))

    def a_second_later() -> bool:
        clock.advance(LOOK_EVERY)
        return store.finished == [1] and store.asked == 3

    await until(a_second_later)

    assert [one.number for one in bench.done] == [1]
    stop.set()
    await work


async def test_a_file_that_nobody_may_trust_any_more_ends_the_runner() -> None:
    store = Locked([1], refuses={"take": 1}, fatal=True)
    runner = EmbeddedRunner(store, FakeClock(), no_sweep, str)

    with pytest.raises(StoreTrouble):
        await runner.run(Bench(), asyncio.Event())
