"""The pump on a real store: one run of a subject at a time, poison alone, nothing lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from bot.durable import embedded
from bot.durable.embedded import EmbeddedRunner
from bot.errors import Transient
from bot.failpoint import disable, enable
from bot.model.claim import Claim, Done, Ours, Outcome
from bot.model.effect import TimerKind
from bot.model.wake import Lane
from tests.store.shop import Shop, judged, said, shop
from tests.support.clock import until

Work = Callable[[Claim], Awaitable[Outcome]]


@dataclass
class Bench:
    """A handler that commits and then does what a test wants; who ran, and who overlapped."""

    here: Shop
    work: Work | None = None
    began: list[int] = field(default_factory=list)
    done: list[int] = field(default_factory=list)
    overlaps: int = 0
    swept: list[str] = field(default_factory=list)
    trouble: list[Exception] = field(default_factory=list)
    _now: set[int] = field(default_factory=set)

    async def __call__(self, claim: Claim) -> Outcome:
        number = claim.subject.number
        self.overlaps += number in self._now
        self._now.add(number)
        self.began.append(number)
        try:
            outcome = await self.work(claim) if self.work else Done()
        finally:
            self._now.discard(number)
        if isinstance(outcome, Done):
            await self.here.ledger.commit(claim, judged())
        self.done.append(number)
        return outcome

    async def sweep(self, kind: TimerKind, key: str) -> None:
        self.swept.append(key)
        if self.trouble:
            raise self.trouble.pop()


@asynccontextmanager
async def running(
    here: Shop, work: Work | None = None
) -> AsyncIterator[tuple[Bench, EmbeddedRunner, asyncio.Event]]:
    bench, stop = Bench(here, work), asyncio.Event()
    runner = EmbeddedRunner(here.claims, here.clock, bench.sweep, lambda: "01J")
    pump = asyncio.ensure_future(runner.run(bench, stop))
    try:
        yield bench, runner, stop
    finally:
        stop.set()
        await pump


def settled(here: Shop) -> bool:
    return here.rows("SELECT pr FROM dirty WHERE seq > evaluated_seq OR run_owner NOT NULL") == []


async def pass_time(here: Shop, seconds: int) -> None:
    for _ in range(seconds):
        here.clock.advance(1)
        await asyncio.sleep(0.004)


async def test_n1_a_delivery_without_any_hint_is_found_within_a_second(tmp_path: Path) -> None:
    async with shop(tmp_path) as here, running(here) as (bench, _, _stop):
        await until(lambda: here.clock.sleeping > 0)
        await here.deliver()
        here.clock.advance(1)

        await until(lambda: bench.done == [1])


async def test_n1_what_comes_between_commit_and_release_is_run_again(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:

        async def late(claim: Claim) -> Outcome:
            if claim.seq == 1:
                await here.deliver()
            return Done()

        async with running(here, late) as (bench, runner, _):
            await here.deliver()
            runner.awake()
            await until(lambda: bench.done == [1])
            await pass_time(here, 2)

            await until(lambda: bench.done == [1, 1])
            await until(lambda: settled(here))


async def test_n2_runs_of_one_subject_never_overlap(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:

        async def slow(_: Claim) -> Outcome:
            await asyncio.sleep(0.01)
            return Done()

        async with running(here, slow) as (bench, runner, _):
            for at in range(60):
                await here.deliver(at % 3, **(said(here, "x", at) if at % 5 == 0 else {}))
                runner.awake()
                await pass_time(here, 1)
            await pass_time(here, 10)
            await until(lambda: settled(here))

        assert bench.overlaps == 0
        assert set(bench.done) == {0, 1, 2}


@pytest.mark.parametrize("how", ["raise", "hang"])
async def test_n7_poison_is_parked_after_five_tries_and_all_others_are_judged(
    how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "RUN_AT_MOST", 0.05)
    async with shop(tmp_path) as here:

        async def poison(claim: Claim) -> Outcome:
            if claim.subject.number != 7:
                return Done()
            if how == "hang":
                await asyncio.Event().wait()
            return Ours("ValueError: x", "01J")

        async with running(here, poison) as (bench, runner, _):
            for number in range(40):
                await here.deliver(number)
            runner.awake()
            while bench.began.count(7) < 5:
                here.clock.advance(20)
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.1)
            parked = [one for one in await here.claims.waiting() if one.word == "parked because"]
            await pass_time(here, 60)

        assert bench.began.count(7) == 5
        assert [one.subject.number for one in parked] == [7]
        assert set(bench.done) >= set(range(40)) - {7}
        assert {bench.done.count(number) for number in set(range(40)) - {7}} == {1}


async def test_a_stop_gives_back_what_runs_and_charges_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "DRAIN_AT_MOST", 0.05)
    async with shop(tmp_path) as here:

        async def endless(_: Claim) -> Outcome:
            await asyncio.Event().wait()
            return Done()

        async with running(here, endless) as (bench, runner, stop):
            await here.deliver(lane=Lane.VERDICT)
            runner.awake()
            await until(lambda: bench.began == [1])
            stop.set()
        row = await here.dirty()
        here.reopen()
        released = await here.claims.recover()
        here.clock.advance(1)
        claim = await here.one()

        assert (row["run_owner"], row["attempts"], row["crashes"]) == (None, 0, 0)
        assert released == 0
        assert claim.lane is Lane.VERDICT


async def test_a_stop_gives_back_what_the_store_did_not_take(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "DRAIN_AT_MOST", 0.05)
    async with shop(tmp_path) as here:

        async def broken(_: Claim) -> Outcome:
            enable("before-commit:raise:1")
            return Ours("ValueError: x", "01J")

        async with running(here, broken) as (bench, runner, _):
            await here.deliver()
            runner.awake()
            await until(lambda: bench.done == [1])
        row = await here.dirty()

        assert (row["run_owner"], row["attempts"], row["crashes"]) == (None, 0, 0)


async def test_no_new_run_begins_after_the_stop(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        async with running(here) as (bench, runner, stop):
            await until(lambda: here.clock.sleeping > 0)
            stop.set()
            await here.deliver()
            runner.awake()

        assert bench.began == []


async def test_n11_a_sweep_in_trouble_does_not_stop_the_pump(tmp_path: Path) -> None:
    async with shop(tmp_path) as here, running(here) as (bench, runner, _):
        bench.trouble.append(Transient("502"))
        await here.sweeps.arm("find:7", timedelta())
        runner.awake()
        await until(lambda: bench.swept == ["find:7"])
        await pass_time(here, 62)
        await until(lambda: bench.swept == ["find:7", "find:7"])
        await here.deliver()
        runner.awake()

        await until(lambda: bench.done == [1])


async def test_a_sweep_that_is_asked_for_while_it_runs_is_done_once_more(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        swept, gate, stop = list[str](), asyncio.Event(), asyncio.Event()

        async def sweep(kind: TimerKind, key: str) -> None:
            swept.append(key)
            await gate.wait()

        runner = EmbeddedRunner(here.claims, here.clock, sweep, lambda: "01J")
        work = asyncio.ensure_future(runner.run(Bench(here), stop))
        for _ in range(2):
            await here.sweeps.arm("find:7", timedelta())
            runner.awake()
            await until(lambda: swept == ["find:7"])
            await until(lambda: here.rows("SELECT due_at FROM timer") != [(here.ms(),)])
        gate.set()

        await until(lambda: swept == ["find:7", "find:7"])
        stop.set()
        await work


async def test_n12_a_store_that_refuses_for_a_while_loses_no_run(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        gate = asyncio.Event()

        async def held(_: Claim) -> Outcome:
            await gate.wait()
            return Ours("ValueError: x", "01J")

        async with running(here, held) as (bench, runner, _):
            await here.deliver()
            runner.awake()
            await until(lambda: bench.began == [1])
            enable("before-commit:raise:0")
            gate.set()
            await until(lambda: bench.done == [1])
            await pass_time(here, 5)
            disable()
            bench.work = None
            await pass_time(here, 20)

            await until(lambda: settled(here))
            assert bench.done[-1] == 1
