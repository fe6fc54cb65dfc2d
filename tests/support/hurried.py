"""A running bot and simulator whose clock races: a virtual minute takes some 20 ms."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bot.durable import courtesy
from bot.simulator.exchange import Exchange as Seen
from bot.simulator.scenario import Stage, set_up
from bot.simulator.server import Simulator
from bot.simulator.world import World
from bot.store.moment import to_ms
from bot.store.unsettled import waiting
from bot.wiring.demo import Demo, RunningDemo
from tests.contract.published import Contract, Exchange
from tests.support.clock import START, FakeClock

# Virtual seconds; under load a step may need some real ones.
PATIENCE = 1_000.0
TICK = 0.05
STRIDE = 0.5
# Every test can be run under either version that GitHub has.
API_VERSION = os.environ.get("HANDOFF_TEST_API_VERSION", "2022-11-28")


class RacingClock(FakeClock):
    """Moves by itself whenever the loop has nothing else to do, in strides while nothing runs."""

    busy: Callable[[], bool] = staticmethod(lambda: True)

    def forward(self, by: timedelta) -> None:
        """As the demo's clock."""
        self.advance(by.total_seconds())


@asynccontextmanager
async def hurried(
    folder: Path,
    api_version: str = API_VERSION,
    *,
    seed: Callable[[World], Stage] = set_up,
    start: datetime = START,
) -> AsyncIterator[Demo]:
    """The demo on a racing clock, held to GitHub's contract from its first call to its last.

    Nobody stands back: in the 10 ms that this takes in earnest a virtual second is over.
    """
    back, courtesy.STANDS_BACK = courtesy.STANDS_BACK, 0.0
    soon, courtesy.LATELY = courtesy.LATELY, 0.0
    clock = RacingClock(start)
    contract = Contract()
    race = asyncio.get_running_loop().create_task(_race(clock))
    try:
        async with RunningDemo(folder, clock=clock, api_version=api_version, seed=seed) as demo:
            demo.patience = PATIENCE
            clock.busy = lambda: demo.bot.runner.busy
            watch(demo.simulator, contract)
            yield demo
            await quiet(demo)
    finally:
        courtesy.STANDS_BACK, courtesy.LATELY = back, soon
        race.cancel()
    assert not contract.violations, contract.violations


def watch(simulator: Simulator, contract: Contract) -> None:
    """Hold every exchange to the contract, those that were already as well."""
    for one in simulator.calls:
        contract.observe(_exchange(one))
    simulator.observe(lambda seen: contract.observe(_exchange(seen)))


async def quiet(demo: Demo, seconds: float = 3.0) -> None:
    """Until nothing was running or on its way for some virtual seconds.

    Sweeps come every minute: once that long has passed they no longer count.
    """
    began = since = demo.clock.monotonic()
    while demo.clock.monotonic() - since < seconds:
        await demo.simulator.settle()
        now = demo.clock.monotonic()
        if await _due(demo) or (demo.bot.runner.busy and now - began < seconds):
            since = now
        await demo.clock.sleep(0.2)


async def _due(demo: Demo) -> bool:
    """Whether something runs, or could and the runner has not got to it yet. It looks on the loop:
    meanwhile the clock stands still."""
    now, store = demo.clock.now(), demo.bot.claims._database
    try:
        rows = await store.read(lambda tx: waiting(tx, to_ms(now)))
    except sqlite3.ProgrammingError:
        # The bot has ended and its store with it.
        return False
    return any(
        one.word == "running" or (one.word == "due" and (one.until or now) <= now) for one in rows
    )


async def _race(clock: RacingClock) -> None:
    while True:
        await asyncio.sleep(0.0005)
        clock.advance(TICK if clock.busy() else STRIDE)


def _exchange(seen: Seen) -> Exchange:
    answer: Any = seen.json
    return Exchange(
        method=seen.method,
        path=seen.path.removeprefix("/api/v3"),
        query=seen.query,
        headers=seen.headers,
        body=seen.body,
        status=seen.status,
        answer=answer,
    )
