"""Judging goes on in steps, and stands back while a delivery waits for its answer."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pytest

from bot.durable import courtesy
from bot.durable.courtesy import LATELY, Courtesy
from bot.durable.embedded import EmbeddedRunner
from tests.durable.doubles import Bench, MemoryClaims, no_sweep
from tests.support.clock import FakeClock, until

T = TypeVar("T")


@dataclass
class Loop:
    """Work under courtesy, and the turns of the loop in which it went on after `gate`."""

    clock: FakeClock = field(default_factory=FakeClock)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    went_on: list[int] = field(default_factory=list)
    turn: int = 0
    courtesy: Courtesy = field(init=False)

    def __post_init__(self) -> None:
        self.courtesy = Courtesy(self.clock)

    async def work(self) -> str:
        await self.gate.wait()
        self.went_on.append(self.turn)
        return "judged"

    def begun(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        async def done() -> T:
            return await self.courtesy(work)

        return asyncio.ensure_future(done())

    async def turns(self, count: int = 50) -> None:
        for _ in range(count):
            await asyncio.sleep(0)
            self.turn += 1


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine is, nobody has waited long enough."""
    monkeypatch.setattr(courtesy, "STANDS_BACK", 60.0)


@pytest.mark.usefixtures("patient")
async def test_work_goes_on_once_the_delivery_is_answered() -> None:
    loop = Loop()
    task = loop.begun(loop.work())

    with loop.courtesy.answering():
        await loop.turns()
        loop.gate.set()
        await loop.turns()
        meanwhile = list(loop.went_on)

    assert await task == "judged"
    assert (meanwhile, len(loop.went_on)) == ([], 1)


@pytest.mark.usefixtures("patient")
async def test_a_delivery_that_comes_before_its_turn_goes_first() -> None:
    loop = Loop()
    with loop.courtesy.answering():
        task = loop.begun(loop.work())
        await loop.turns()
        loop.gate.set()
    await loop.turns(2)

    with loop.courtesy.answering():
        await loop.turns()
        meanwhile = list(loop.went_on)

    assert await task == "judged"
    assert meanwhile == []


async def test_deliveries_without_end_hold_nothing_up_for_ever() -> None:
    loop = Loop()
    with loop.courtesy.answering():
        tasks = [loop.begun(loop.work()) for _ in range(3)]
        loop.gate.set()

        assert await asyncio.gather(*tasks) == ["judged"] * 3


@pytest.mark.usefixtures("patient")
async def test_while_deliveries_come_one_step_is_made_in_a_turn_of_the_loop() -> None:
    loop = Loop()
    with loop.courtesy.answering():
        pass
    tasks = [loop.begun(loop.work()) for _ in range(10)]
    await loop.turns()
    loop.gate.set()
    await loop.turns(100)

    assert len(set(loop.went_on)) == 10
    await asyncio.gather(*tasks)


@pytest.mark.parametrize("before", [True, False])
async def test_where_none_comes_nothing_waits(*, before: bool) -> None:
    loop = Loop()
    if before:
        with loop.courtesy.answering():
            pass
        loop.clock.advance(LATELY)
    tasks = [loop.begun(loop.work()) for _ in range(10)]
    await loop.turns()
    loop.gate.set()
    await loop.turns()

    assert (len(loop.went_on), len(set(loop.went_on))) == (10, 1)
    await asyncio.gather(*tasks)


async def test_what_the_work_raises_is_raised() -> None:
    loop = Loop()

    async def fails() -> None:
        await loop.gate.wait()
        raise LookupError("of the work")

    task = loop.begun(fails())
    loop.gate.set()

    with pytest.raises(LookupError, match="of the work"):
        await task


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("opened", [True, False])
async def test_who_is_cancelled_while_it_waits_can_clean_up(*, opened: bool) -> None:
    loop, cleaned = Loop(), list[str]()

    async def careful() -> None:
        try:
            await loop.gate.wait()
        finally:
            await asyncio.sleep(0)
            cleaned.append("yes")

    with loop.courtesy.answering():
        task = loop.begun(careful())
        await loop.turns()
        if opened:
            loop.gate.set()
            await loop.turns()
        task.cancel()
        await loop.turns()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert cleaned == ["yes"]


@pytest.mark.usefixtures("patient")
async def test_a_deadline_of_the_work_holds_while_it_stands_back() -> None:
    loop = Loop()

    async def bounded() -> str:
        try:
            async with asyncio.timeout(0.01):
                await loop.gate.wait()
        except TimeoutError:
            return "late"
        return "in time"

    with loop.courtesy.answering():
        task = loop.begun(bounded())
        await loop.turns()
        loop.gate.set()
        await asyncio.wait([task], timeout=0.05)

    assert await task == "late"


@pytest.mark.usefixtures("patient")
async def test_evaluations_stand_back_while_a_delivery_is_answered() -> None:
    store, bench, stop = MemoryClaims(list(range(12))), Bench(), asyncio.Event()
    runner = EmbeddedRunner(store, FakeClock(), no_sweep, str)
    work = asyncio.ensure_future(runner.run(bench, stop))

    await until(lambda: len(bench.running) == 12)
    with runner.answering():
        bench.release.set()
        await Loop().turns()
        meanwhile = len(bench.done)
    await until(lambda: len(bench.done) == 12)

    assert meanwhile == 0
    stop.set()
    await work


@pytest.mark.parametrize(("places", "taken"), [(40, 36), (6, 3), (1, 1)])
async def test_all_places_but_those_for_commands_are_taken(places: int, taken: int) -> None:
    store, bench, stop = MemoryClaims(list(range(60))), Bench(), asyncio.Event()
    runner = EmbeddedRunner(store, FakeClock(), no_sweep, str, concurrency=places)
    work = asyncio.ensure_future(runner.run(bench, stop))

    await until(lambda: len(bench.running) == taken)
    bench.release.set()
    await until(lambda: len(bench.done) == 60)
    stop.set()
    await work


async def test_what_runs_at_a_stop_may_end() -> None:
    bench, stop = Bench(), asyncio.Event()
    runner = EmbeddedRunner(MemoryClaims([1]), FakeClock(), no_sweep, str)
    work = asyncio.ensure_future(runner.run(bench, stop))
    await until(lambda: len(bench.running) == 1)

    stop.set()
    await Loop().turns()
    bench.release.set()
    await work

    assert bench.done == bench.running
