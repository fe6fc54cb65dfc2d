"""A clock that moves only when a test says so, and waiting for threads without sleeping."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
# A thread that has not answered within that many real seconds hangs.
PATIENCE = 10.0


class FakeClock:
    """Stands still until `advance`; sleepers wake in the order of their moments."""

    def __init__(self, start: datetime = START) -> None:
        self._now = start
        self._elapsed = 0.0
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        """The wall time, aware, UTC."""
        return self._now

    def monotonic(self) -> float:
        """Seconds that were advanced so far."""
        return self._elapsed

    async def sleep(self, seconds: float) -> None:
        """Wait until `advance` has moved the clock that far."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        wake: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        entry = (self._elapsed + seconds, wake)
        self._sleepers.append(entry)
        try:
            await wake
        finally:
            if entry in self._sleepers:
                self._sleepers.remove(entry)

    def advance(self, seconds: float) -> None:
        """Move both times forward and wake whoever has slept long enough."""
        self._now += timedelta(seconds=seconds)
        self._elapsed += seconds
        due = [one for one in self._sleepers if one[0] <= self._elapsed]
        for entry in sorted(due, key=lambda one: one[0]):
            self._sleepers.remove(entry)
            if not entry[1].done():
                entry[1].set_result(None)

    def jump(self, seconds: float) -> None:
        """Set the wall time forward or back, as an operator would; nobody wakes."""
        self._now += timedelta(seconds=seconds)

    @property
    def sleeping(self) -> int:
        """How many wait for this clock."""
        return len(self._sleepers)


async def until(condition: Callable[[], bool]) -> None:
    """Let the loop and its threads run until the condition holds; fails after `PATIENCE`."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + PATIENCE
    while not condition():
        if loop.time() > deadline:
            raise AssertionError("what the test waits for did not happen")
        await asyncio.sleep(0.001)
