"""Judging beside deliveries on one loop: GitHub hangs up after 10 s, a verdict has no deadline."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager, suppress
from functools import partial
from types import coroutine
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine, Generator, Iterator

    from bot.clock import Clock

T = TypeVar("T")
# Seconds. For so long at most a step stands back, so that under whatever load some are made; so
# long after one delivery came the next one is expected.
STANDS_BACK, LATELY = 0.01, 1.0
# What has come to a socket is read, given a task and begun in so many turns of the loop.
TURNS = 3


class Courtesy:
    """Lets work go on in steps, from one wait to the next: while deliveries come, only one at a
    time, and none while one of them is answered. Forty that go on in the same turn of the loop
    would hold up a delivery for as long as all of them take."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._answering = 0
        self._answered = asyncio.Event()
        self._expected_until = 0.0
        self._step = asyncio.Lock()

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Meanwhile a delivery waits for its answer."""
        self._answering += 1
        self._answered.clear()
        self._expected_until = self._clock.monotonic() + LATELY
        try:
            yield
        finally:
            self._answering -= 1
            if not self._answering:
                self._answered.set()

    @coroutine
    def __call__(self, work: Coroutine[Any, Any, T]) -> Generator[Any, Any, T]:
        """Do the work; what it returns or raises."""
        step = partial(work.send, None)
        while True:
            try:
                waits_for = step()
            except StopIteration as done:
                value: T = done.value
                return value
            try:
                yield waits_for
                yield from self._turn().__await__()
            except BaseException as error:  # noqa: BLE001  catch-all 7 of 7: handed to the work
                step = partial(work.throw, error)
            else:
                step = partial(work.send, None)

    async def _turn(self) -> None:
        if self._clock.monotonic() >= self._expected_until and not self._answering:
            return
        async with self._step:
            with suppress(TimeoutError):
                async with asyncio.timeout(STANDS_BACK):
                    while await self._comes():
                        await self._answered.wait()

    async def _comes(self) -> bool:
        """Whether a delivery is answered once all that has arrived by now is read."""
        for _ in range(TURNS):
            await self._clock.sleep(0)
            if self._answering:
                return True
        return False
