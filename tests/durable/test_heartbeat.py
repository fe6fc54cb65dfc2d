"""The engine's worker whose heartbeat fails unseen: nothing new is begun under it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from procrastinate import App
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job, Status

from bot.durable import engine, postgres
from bot.durable.engine import BACK, engine_connector, engine_schema
from bot.durable.postgres import LEAD_EVERY, QUIET_AFTER, STALLED, PostgresRunner
from bot.model.claim import Claim
from bot.model.effect import TimerKind
from bot.model.wake import Lane, Subject
from bot.store.postgres_schema import upgrade
from bot.store.schema import ENGINE
from tests.durable.doubles import Bench, MemoryClaims, no_sweep
from tests.support.clock import PATIENCE, FakeClock, until
from tests.support.postgres import Postgres


class Jobs(MemoryClaims):
    """Remembers who was to be claimed, and has nothing for them."""

    asked: tuple[Subject, ...] = ()

    async def claim_one(self, subject: Subject, job: int) -> Claim | None:
        del job
        self.asked += (subject,)
        return None


@pytest.mark.parametrize(
    ("silent", "begun"), [(QUIET_AFTER - 0.1, True), (QUIET_AFTER + 0.1, False)]
)
async def test_who_has_not_been_heard_of_takes_no_job(silent: float, begun: bool) -> None:
    store: Any = Jobs([])
    clock = FakeClock()
    runner = PostgresRunner(store=store, clock=clock, sweep=no_sweep, new_id=str, url="", schema="")
    runner._handler = Bench()
    clock.advance(silent)
    context: Any = SimpleNamespace(job=SimpleNamespace(id=1))

    await runner._evaluate(context, "7#118")

    assert store.asked == ((Subject(7, 118),) if begun else ())
    await asyncio.sleep(0)


@pytest.mark.parametrize(("role", "age"), [("worker", 3.0), ("web", 0.0)])
def test_who_has_not_begun_yet_was_not_silent_for_as_long_as_the_machine_is_up(
    role: str, age: float
) -> None:
    store: Any = Jobs([])
    clock = FakeClock()
    known: Any = {"store": store, "clock": clock, "sweep": no_sweep, "new_id": str, "role": role}
    runner = PostgresRunner(**known, url="", schema="")
    clock.advance(86_400)
    before = runner.heartbeat_age
    runner._handler = Bench()
    runner._beaten()
    clock.advance(3)

    assert (before, runner.heartbeat_age) == (0.0, age)


class Led(MemoryClaims):
    """Nobody else leads."""

    said = 0

    async def lead(self) -> bool:
        self.said += 1
        return True


async def test_who_cannot_reach_the_engine_does_not_lead() -> None:
    store: Any = Led([])
    clock, stop, there = FakeClock(), asyncio.Event(), object()
    known: Any = {"store": store, "clock": clock, "sweep": no_sweep, "new_id": str}
    runner = PostgresRunner(**known, url="", schema="")
    led = []
    leading = asyncio.ensure_future(runner._lead(stop))
    for app in (None, there, None):
        runner._app = app  # type: ignore[assignment]
        clock.advance(LEAD_EVERY)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        led.append((runner.leading, store.said))
    leading.cancel()

    assert led == [(False, 0), (True, 1), (False, 1)]


class Unsound(MemoryClaims):
    """Its own bug meets whoever says that it lives."""

    left = False

    async def beat(self, role: str) -> bool:
        raise ValueError(role)

    async def end(self) -> None:
        self.left = True


async def test_what_ends_beside_the_work_ends_all_and_leaves() -> None:
    store: Any = Unsound([])
    known: Any = {"store": store, "clock": FakeClock(), "sweep": no_sweep, "new_id": str}
    runner = PostgresRunner(**known, url="postgresql://127.0.0.1:1/", schema="", role="web")

    with pytest.raises(ValueError, match="web"):
        await asyncio.wait_for(runner.run(Bench(), asyncio.Event()), PATIENCE)

    assert store.left


class Slow(MemoryClaims):
    """By the time it has answered, the engine is gone."""

    runner: PostgresRunner

    async def fire(self) -> Sequence[tuple[str, str]]:
        return ()

    async def grant(self, places: int) -> Sequence[tuple[Subject, Lane]]:
        del places
        self.runner._app = None
        return ((Subject(7, 118), Lane.UPDATE),)


async def test_what_is_granted_while_the_engine_goes_ends_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store: Any = Slow([])
    known: Any = {"store": store, "clock": FakeClock(), "sweep": no_sweep, "new_id": str}
    store.runner = runner = PostgresRunner(**known, url="", schema="")
    runner._app = gone = App(connector=engine_connector("", "engine"))
    handed, hands = list[object](), gone.job_manager.batch_defer_jobs_async

    async def batch(jobs: Any) -> Any:
        handed.extend(one.task_kwargs["pr"] for one in jobs)
        return await hands(jobs)

    monkeypatch.setattr(gone.job_manager, "batch_defer_jobs_async", batch)
    await runner._pump(Bench())

    # It refuses them, and they are granted again.
    assert handed == ["7#118"]


async def test_who_is_frozen_while_it_takes_a_job_does_not_keep_it_from_others(
    postgres: Postgres,
) -> None:
    connector = engine_connector(postgres.url(), "engine")

    async with App(connector=connector).open_async():
        idle = await connector.execute_query_one_async("SHOW idle_in_transaction_session_timeout")
        where = await connector.execute_query_one_async("SHOW search_path")

    assert (list(idle.values()), list(where.values())) == (["3s"], ["engine"])


async def test_the_engine_asks_in_one_way_and_is_given_no_connection_that_was_hung_up(
    postgres: Postgres,
) -> None:
    connector = engine_connector(postgres.url(), "engine")
    began = "SELECT pg_backend_pid() AS pid, xact_start < query_start AS early FROM "
    began += "pg_stat_activity WHERE pid = pg_backend_pid()"

    async with App(connector=connector).open_async():
        first = await connector.execute_query_one_async(began)
        postgres.ask(f"SELECT pg_terminate_backend({first['pid']}, 1000)")
        second = await connector.execute_query_one_async(began)

    assert (first["early"], second["early"]) == (False, False)
    assert first["pid"] != second["pid"]


@pytest.mark.parametrize("quoted", ["off", "on"])
async def test_one_that_waits_as_a_job_already_keeps_no_other_from_its_turn(
    quoted: str, postgres: Postgres
) -> None:
    name = f"jobs_{quoted}"
    url = postgres.create(name)
    upgrade(url, engine_schema())
    # Which lock is taken is said in other words then, as by a server that speaks German.
    postgres.ask(f"ALTER DATABASE {name} SET quote_all_identifiers = {quoted}")
    store: Any = Jobs([])
    known: Any = {"store": store, "clock": FakeClock(), "sweep": no_sweep, "new_id": str}
    runner = PostgresRunner(**known, url=url, schema=ENGINE)
    one, two, three, four = (Subject(7, number) for number in (1, 2, 3, 4))

    async with App(connector=engine_connector(url, ENGINE)).open_async() as app:
        await runner._defer(app, [(one, Lane.UPDATE), (two, Lane.COMMAND)])
        again = [(two, Lane.UPDATE), (one, Lane.UPDATE)]
        await runner._defer(app, [(three, Lane.VERDICT), *again, (four, Lane.UPDATE)])
        # By now somebody has commanded something.
        await runner._defer(app, [(three, Lane.COMMAND)])
        jobs = [
            (job.task_kwargs["pr"], job.priority) for job in await app.job_manager.list_jobs_async()
        ]

    assert sorted(jobs) == [("7#1", -2), ("7#2", 0), ("7#3", 0), ("7#4", -2)]


@pytest.mark.parametrize(("role", "able"), [("worker", False), ("all", True)])
async def test_a_worker_that_is_given_no_job_for_long_is_not_ready(
    role: str, able: bool, postgres: Postgres
) -> None:
    name, clock, stop = f"shut_{role}", FakeClock(), asyncio.Event()
    url = postgres.create(name)
    upgrade(url, engine_schema())
    store: Any = Jobs([])
    known: Any = {"store": store, "clock": clock, "sweep": no_sweep, "new_id": str, "role": role}
    runner = PostgresRunner(**known, url=url, schema=ENGINE)
    runner._handler = Bench()
    runner._beaten()
    table = f"{ENGINE}.procrastinate_jobs"
    postgres.ask(f"ALTER TABLE {table} RENAME TO shut", name)
    working = asyncio.ensure_future(runner._supervised(stop))
    before = runner.able

    def silent() -> bool:
        # Only while it waits for its next try.
        clock.advance(BACK[-1] if clock.sleeping else 0)
        return runner.heartbeat_age > STALLED

    await until(silent)
    during = runner.able
    postgres.ask(f"ALTER TABLE {ENGINE}.shut RENAME TO procrastinate_jobs", name)
    await until(lambda: not silent())
    stop.set()
    await working

    assert (before, during, runner.able) == (True, able, True)


async def test_who_is_cut_off_ends_what_others_take_and_no_sweep() -> None:
    gate, swept = asyncio.Event(), list[str]()

    async def sweep(_: TimerKind, key: str) -> None:
        await gate.wait()
        swept.append(key)

    store: Any = Jobs([])
    known: Any = {"store": store, "clock": FakeClock(), "sweep": sweep, "new_id": str}
    runner = PostgresRunner(**known, url="", schema="")
    runner._start_sweep(TimerKind.REDELIVERY, "redelivery")
    sweeping = runner._sweeping["redelivery"]
    run = runner._own(asyncio.Event().wait())  # type: ignore[arg-type]
    await asyncio.sleep(0)
    runner._cut_off()
    gate.set()
    await sweeping
    await asyncio.wait([run])

    assert (run.cancelled(), swept, runner.busy) == (True, ["redelivery"], False)


class Line:
    """A connection that fails so often, each time in this way, and then does not."""

    def __init__(self, failures: int, cause: Exception) -> None:
        self.left, self.cause = failures, cause
        self.said = list[str]()

    async def execute_query_async(self, query: str, **_: Any) -> None:
        self.said.append(query)
        if self.left:
            self.left -= 1
            raise ConnectorException from self.cause


class Brief(FakeClock):
    """Nobody waits."""

    async def sleep(self, seconds: float) -> None:
        del seconds
        await asyncio.sleep(0)


AWAY, GONE = psycopg.OperationalError("gone"), psycopg.errors.RaiseException("no such job")


@pytest.mark.parametrize(
    ("failures", "cause", "stopped", "said", "stuck"),
    [
        (2, AWAY, False, 3, False),
        (99, AWAY, False, len(engine.BACK) + 1, True),
        (99, AWAY, True, 1, True),
        # The answer was lost, or a sweep was faster.
        (99, GONE, False, 1, False),
    ],
)
async def test_that_a_job_has_ended_is_said_until_it_is_heard(
    failures: int, cause: Exception, stopped: bool, said: int, stuck: bool
) -> None:
    line: Any = Line(failures, cause)
    stop = asyncio.Event()
    job = Job(id=1, queue="evaluate", lock=None, queueing_lock=None, task_name="t")
    if stopped:
        stop.set()
    jobs = engine.Jobs(line, Brief(), lambda: None, stop)

    await jobs.finish_job(job, Status.SUCCEEDED, delete_job=True)

    assert (len(line.said), jobs.stuck) == (said, stuck)


def at_work(clock: FakeClock) -> tuple[PostgresRunner, asyncio.Event, asyncio.Future[None]]:
    """A runner, and its engine's worker that ends when it is told to and its jobs have ended."""
    known: Any = {"store": Jobs([]), "sweep": no_sweep, "new_id": str, "url": "", "schema": ""}
    ended = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await ended.wait()

    return PostgresRunner(**known, clock=clock), ended, asyncio.ensure_future(work())


async def test_who_waits_for_its_jobs_at_a_stop_says_that_it_lives() -> None:
    line, stop, often = Line(2, AWAY), asyncio.Event(), asyncio.Event()
    clock: Any = Brief()
    runner, ended, work = at_work(clock)
    beats: Any = count(1)

    def beaten() -> None:
        if next(beats) == 3:
            often.set()

    jobs = engine.Jobs(line, clock, beaten, stop)  # type: ignore[arg-type]
    stop.set()

    watched = asyncio.ensure_future(runner._watched(work, jobs, stop))
    await asyncio.wait_for(often.wait(), PATIENCE)
    ended.set()
    await watched

    assert work.done()


async def test_a_worker_that_cannot_end_a_job_ends_itself() -> None:
    runner, ended, work = at_work(FakeClock())
    await asyncio.sleep(0)
    ended.set()

    await runner._watched(work, SimpleNamespace(stuck=True), asyncio.Event())  # type: ignore[arg-type]

    assert work.done()


async def test_a_stop_does_not_wait_for_a_server_that_is_away() -> None:
    runner, _, work = at_work(FakeClock())
    work.cancel()
    stop, given_up = asyncio.Event(), asyncio.Event()

    async def connects() -> None:
        stop.set()
        try:
            await asyncio.Event().wait()
        finally:
            given_up.set()

    await runner._until_stopped(connects(), stop)

    assert given_up.is_set()


async def test_a_stop_while_the_engine_opens_leaves_nothing_that_goes_on(
    postgres: Postgres,
) -> None:
    def left() -> list[str]:
        """The pool's own tasks; one that connects goes on when it is cancelled."""
        return [one.get_name() for one in asyncio.all_tasks() if "pool-" in one.get_name()]

    known: Any = {"store": Jobs([]), "clock": FakeClock(), "sweep": no_sweep, "new_id": str}
    runner, stop = PostgresRunner(**known, url=postgres.url(), schema=ENGINE), asyncio.Event()
    supervised = asyncio.ensure_future(runner._supervised(stop))
    await until(lambda: bool(left()))

    stop.set()
    await supervised

    assert left() == []


async def test_who_tells_two_things_at_once_has_one_connection_for_them(
    postgres: Postgres,
) -> None:
    url = postgres.create("bell")
    store: Any = Jobs([])
    known: Any = {"store": store, "clock": FakeClock(), "sweep": no_sweep, "new_id": str}
    runner = PostgresRunner(**known, url=url, schema=ENGINE)
    here = "FROM pg_stat_activity WHERE datname = 'bell'"

    for _ in range(2):
        await asyncio.gather(runner._ring("policy"), runner._ring("settings"))
        assert postgres.ask(f"SELECT count(*) {here}").strip() == "1"
        postgres.ask(f"SELECT pg_terminate_backend(pid, 1000) {here}")
        # That is noticed by who rings next; after that it is hung anew.
        await runner._ring("policy")
    assert runner._bell is not None
    await runner._bell.close()


def test_what_the_engine_does_badly_is_not_used() -> None:
    files = [Path(str(one.__file__)) for one in (engine, postgres)]
    code = "".join(one.read_text(encoding="utf-8").partition('"""\n\n')[2] for one in files)
    bot = files[0].parents[1]
    users = {
        one.name
        for one in bot.rglob("*.py")
        if re.search(r"^\s*(from|import) procrastinate", one.read_text(), re.MULTILINE)
    }

    assert re.findall(r"retry_job|schedule_in|schedule_at|retry=", code) == []
    assert users == {one.name for one in files}
