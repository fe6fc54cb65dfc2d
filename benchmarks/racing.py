"""A clock that passes at the pace of the work, and leaps where there is none.

While anything is to be done, virtual time is the processor time that this process has used. Where
the loop would wait, it leaps to the next sleeper instead: a day lasts as long as its work.
"""

from __future__ import annotations

import asyncio
import heapq
import selectors
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from itertools import count
from time import process_time
from typing import Any, TypeVar

T = TypeVar("T")
ON_THE_WIRE = 0.002


class RacingClock:
    """A clock for all that is in this process. `busy`: whether a thread still works on something
    whose end the loop will hear of. `unsure`: whether something may be on the wire, which a busy
    kernel hands over a moment late."""

    def __init__(self, start: datetime, busy: Callable[[], bool] = lambda: False) -> None:
        self.busy = busy
        self.unsure: Callable[[], bool] = lambda: False
        self._start = start
        self._began = process_time()
        self._leapt = 0.0
        self._order = count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        """The wall time, aware, UTC."""
        return self._start + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return process_time() - self._began + self._leapt

    async def sleep(self, seconds: float) -> None:
        """Wait that long by this clock."""
        wake: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.monotonic() + seconds, next(self._order), wake))
        await wake

    def forward(self, by: timedelta) -> None:
        """Leap, whoever sleeps."""
        self._leapt += max(by.total_seconds(), 0.0)

    def wake(self, *, leap: bool) -> bool:
        """Wake who has slept long enough; with `leap`, in any case the next one there is."""
        woken = False
        while self._sleepers:
            moment, _, sleeper = self._sleepers[0]
            ahead = moment - self.monotonic()
            if ahead > 0 and (woken or not leap) and not sleeper.done():
                break
            heapq.heappop(self._sleepers)
            if not sleeper.done():
                self._leapt += max(ahead, 0.0)
                sleeper.set_result(None)
                woken = True
        return woken


class _Selector(selectors.DefaultSelector):
    """Waits for nothing while the clock has somebody to wake."""

    clock: RacingClock | None = None

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        found = super().select(0)
        if self.clock is None:
            return found or super().select(timeout)
        woken = self.clock.wake(leap=False)
        if found or woken or timeout == 0:
            return found
        if self.clock.busy():
            return super().select(timeout)
        if self.clock.unsure() and (found := super().select(ON_THE_WIRE)):
            return found
        return [] if self.clock.wake(leap=True) else super().select(timeout)


def race(work: Coroutine[Any, Any, T], clock: RacingClock) -> T:
    """Run it by that clock."""
    selector = _Selector()
    selector.clock = clock
    loop = asyncio.SelectorEventLoop(selector)
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(work)
