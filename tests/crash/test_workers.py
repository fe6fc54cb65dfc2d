"""Several processes on one Postgres: killed, frozen, cut off; nothing is lost or doubled."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import count
from pathlib import Path

import psycopg
import pytest
from aiohttp import ClientSession, ClientTimeout

from bot.simulator.faults import secondary_limit
from bot.store.postgres import MIGRATING
from bot.store.schema import ENGINE
from tests.crash.estate import Estate, estate
from tests.crash.house import house
from tests.crash.test_kill import open_some
from tests.support.postgres import Postgres
from tests.support.timeslices import KEPT, slice_of

NAMES = count(1)
# Each place where a job changes hands, and of a run what its own death leaves half done.
POINTS = ["deferred:exit:2", "claimed:exit:1", "sent:exit:1"]
ALL_POINTS = [
    f"{name}:exit:{nth}"
    for name in ("granted", "deferred", "claimed", "judged", "stored", "finishing")
    for nth in (1, 2, 5)
]
ALL_POINTS += [
    f"{name}:exit:{nth}" for name in ("sending", "sent", "published") for nth in (1, 3, 7)
]
# A worker has committed some ten times before it is at work.
ALL_POINTS += [
    f"{name}:exit:{nth}" for name in ("before-commit", "after-commit") for nth in (15, 20, 30)
]


@asynccontextmanager
async def working(postgres: Postgres, folder: Path, *workers: str) -> AsyncIterator[Estate]:
    """A web process and these workers, at work on a database of their own."""
    async with estate(folder, postgres.create(f"estate{next(NAMES)}")) as here:
        await here.home.start()
        for name in workers:
            await here.hire(name)
        await here.at_work(len(workers))
        yield here


async def test_who_waits_for_one_that_migrates_ends_when_it_is_told_to(
    postgres: Postgres, tmp_path: Path
) -> None:
    url = postgres.create(f"estate{next(NAMES)}")
    async with (
        estate(tmp_path, url) as here,
        await psycopg.AsyncConnection.connect(url, autocommit=True) as other,
    ):
        await other.execute(f"SELECT pg_advisory_lock({MIGRATING})".encode())
        await here.hire("one")

        async def waits() -> bool:
            return here.home.rows("SELECT 1 FROM pg_locks WHERE NOT granted") == [(1,)]

        await here.home.until(waits, "it waits for who migrates")
        async with asyncio.timeout(5):
            code = await here.dismiss("one")

        assert code == 0
        assert not await waits()


async def test_a_web_process_and_two_workers_share_the_work(
    postgres: Postgres, tmp_path: Path
) -> None:
    async with working(postgres, tmp_path, "one", "two") as here:
        home = here.home
        open_some(home, range(201, 213), asked=3)
        await home.settled()

        assert home.broken() == []
        assert home.charged() == []
        assert [await here.dismiss(name) for name in ("one", "two")] == [0, 0]
        assert await home.stop() == 0
        assert home.rows("SELECT id FROM process") == []


async def test_one_process_alone_does_all_of_it_and_its_heir_goes_on(
    postgres: Postgres, tmp_path: Path
) -> None:
    async with house(tmp_path) as home:
        home.more["HANDOFF_DATABASE_URL"] = postgres.create(f"alone{next(NAMES)}", socket=True)
        await home.start()
        open_some(home, range(201, 205))
        await asyncio.sleep(0.3)
        await home.kill()
        await home.start()
        open_some(home, range(205, 207))
        await home.settled()

        assert home.broken() == []
        assert await home.stop() == 0


async def _killed_at(point: str, postgres: Postgres, folder: Path) -> None:
    async with working(postgres, folder, "one") as here:
        home = here.home
        victim = await here.hire("victim", point)
        await here.at_work(2)
        # Its turn may come late: the other one must not have done it all before.
        await here.bury("one")
        open_some(home, range(201, 207), asked=3)
        for later in range(207, 227):
            # How many turns it has with the first ones is its own affair.
            with suppress(TimeoutError):
                await asyncio.wait_for(victim.wait(), 2.0)
                break
            open_some(home, range(later, later + 1))
        await asyncio.wait_for(victim.wait(), home.patience)
        await here.hire("heir")
        await home.settled()

        assert home.broken() == []
        assert [home.comments(number) for number in (201, 205)] == [1, 1]
        assert home.charged() == []


@pytest.mark.parametrize("point", POINTS)
async def test_n14_what_a_dead_worker_ran_is_judged_by_others(
    point: str, postgres: Postgres, tmp_path: Path
) -> None:
    await _killed_at(point, postgres, tmp_path)


@pytest.mark.long
@pytest.mark.timeout(180)
@pytest.mark.parametrize("point", ALL_POINTS)
async def test_a_worker_killed_at_every_named_place(
    point: str, postgres: Postgres, tmp_path: Path
) -> None:
    await _killed_at(point, postgres, tmp_path)


async def test_n2_a_worker_that_was_frozen_says_nothing_more_under_its_old_claim(
    postgres: Postgres, tmp_path: Path
) -> None:
    async with working(postgres, tmp_path, "one") as here:
        home = here.home
        await home.settled()
        open_some(home, range(201, 205))

        async def runs() -> bool:
            return home.rows("SELECT pr FROM dirty WHERE run_owner IS NOT NULL") != []

        await home.until(runs, "a run is under way")
        here.strike("one", signal.SIGSTOP)
        await here.hire("two")
        await home.settled()
        here.strike("one", signal.SIGCONT)
        open_some(home, range(205, 207))
        await home.settled()

        assert home.broken() == []
        assert [home.comments(number) for number in (201, 205)] == [1, 1]


@pytest.mark.timeout(120)
@pytest.mark.parametrize("place", ["judged", "sent.SetCheck"])
async def test_n2_a_worker_frozen_between_two_steps_changes_nothing_when_it_goes_on(
    place: str, postgres: Postgres, tmp_path: Path
) -> None:
    async with working(postgres, tmp_path) as here:
        home, world = here.home, here.home.stage.world
        await here.hire("frozen", f"{place}:stop:1")
        await here.at_work(1)
        home.open(202, good=True)
        pull = home.stage.pulls[202]
        await here.stopped("frozen")
        await here.hire("heir")
        world.run_ci(pull, "ci / unit", "failure")
        home.earned[202] = "failure"
        await home.settled()
        here.strike("frozen", signal.SIGCONT)
        ended = await here.dismiss("frozen")
        await home.settled()
        # Who took the old verdict for what stands would not say it again.
        world.run_ci(pull, "ci / unit", "success")
        home.earned[202] = "success"
        await home.settled()

        assert ended == 0
        assert home.broken() == []


@pytest.mark.timeout(180)
async def test_the_server_crashes_under_load_and_the_processes_go_on(tmp_path: Path) -> None:
    with Postgres() as server:
        async with working(server, tmp_path, "one", "two") as here:
            home = here.home
            for first in (201, 211):
                open_some(home, range(first, first + 4))
                await asyncio.to_thread(server.restart_immediate)
                open_some(home, range(first + 4, first + 8))
            home.patience = 90.0
            await home.settled()

            assert home.broken() == []
            assert home.charged() == []
            assert all(one.returncode is None for one in here.workers.values())
            assert home.process is not None
            assert home.process.returncode is None


@pytest.mark.timeout(180)
async def test_n8_a_limit_that_one_worker_meets_holds_for_all(
    postgres: Postgres, tmp_path: Path
) -> None:
    async with working(postgres, tmp_path, "one", "two") as here:
        home = here.home
        open_some(home, range(201, 203))
        await home.settled()
        simulator = home.simulator
        simulator.fault("POST /graphql", secondary_limit(4), 1_000)
        open_some(home, range(203, 219))

        async def limited() -> bool:
            return home.rows("SELECT 1 FROM budget WHERE blocked_until > 0") != []

        await home.until(limited, "the limit is known")
        open_some(home, range(219, 223))
        refused = sum(one.status == 403 for one in simulator.calls)
        simulator.heal()
        await home.settled()

        # What was under way when it was met was told the same.
        assert 1 <= refused <= 5
        assert sum(one.status == 403 for one in simulator.calls) <= 5
        assert home.charged() == []
        assert home.broken() == []


@pytest.mark.long
@pytest.mark.timeout(240)
@pytest.mark.parametrize("seconds", [3, 12, 25])
async def test_the_server_freezes_under_load_and_the_processes_go_on(
    seconds: int, tmp_path: Path
) -> None:
    with Postgres() as server:
        async with working(server, tmp_path, "one", "two") as here:
            home = here.home
            for first in (201, 213):
                open_some(home, range(first, first + 6))
                await asyncio.sleep(0.4)
                server.freeze()
                open_some(home, range(first + 6, first + 12))
                await asyncio.sleep(seconds)
                server.thaw()
            home.patience = 120.0
            await home.settled(every_question=False)

            assert home.broken() == []
            assert home.charged() == []
            assert all(one.returncode is None for one in here.workers.values())


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize("ends", ["crashes", "freezes"])
async def test_another_server_takes_over_and_the_processes_go_on_with_it(
    ends: str, tmp_path: Path
) -> None:
    with Postgres() as server:
        url = f"{server.create('handed')}?target_session_attrs=read-write&connect_timeout=2"
        several = f"127.0.0.1:{server.port},127.0.0.1:{await asyncio.to_thread(server.follow)}"
        async with estate(tmp_path, url.replace(f"127.0.0.1:{server.port}", several)) as here:
            home = here.home
            await home.start()
            for name in ("one", "two"):
                await here.hire(name)
            await here.at_work(2)
            open_some(home, range(201, 207))
            if ends == "crashes":
                await asyncio.to_thread(server.stop, "immediate")
            else:
                # Nobody is told that it is gone: its machine still answers for it.
                server.freeze()
            open_some(home, range(207, 211))
            await asyncio.to_thread(server.promote)
            open_some(home, range(211, 217))
            home.patience = 120.0
            await home.settled(every_question=False)

            assert home.broken() == []
            assert home.charged() == []
            both = (home.process, *here.workers.values())
            assert [one and one.returncode for one in both] == [None] * 3


# The heartbeat of every worker that is there now fails, and of no later one.
DEAF = """
CREATE FUNCTION {0}.deaf() RETURNS trigger LANGUAGE plpgsql AS
  'BEGIN RAISE EXCEPTION ''no heartbeat for this one''; END';
CREATE TRIGGER deaf BEFORE UPDATE ON {0}.procrastinate_workers
  FOR EACH ROW WHEN (old.id <= (1)) EXECUTE FUNCTION {0}.deaf();
"""


@pytest.mark.timeout(180)
async def test_a_worker_whose_heartbeat_fails_ends_itself_and_begins_anew(
    postgres: Postgres, tmp_path: Path
) -> None:
    async with working(postgres, tmp_path, "one") as here:
        home = here.home
        await home.settled()

        async def known() -> bool:
            return home.rows(f"SELECT max(id) FROM {ENGINE}.procrastinate_workers") != [(None,)]

        await home.until(known, "the engine knows the worker")
        ((newest,),) = home.rows(f"SELECT max(id) FROM {ENGINE}.procrastinate_workers")
        with psycopg.connect(home.more["HANDOFF_DATABASE_URL"], autocommit=True) as server:
            server.execute(DEAF.format(ENGINE).replace("(1)", str(newest)).encode())
        open_some(home, range(201, 203))

        async def ended() -> bool:
            return "heartbeat_lost" in (home.folder / "log").read_text()

        await home.until(ended, "the worker has ended itself")
        open_some(home, range(203, 206))
        await home.settled()

        assert home.broken() == []
        assert here.workers["one"].returncode is None
        ((heir,),) = home.rows(f"SELECT max(id) FROM {ENGINE}.procrastinate_workers")
        assert heir > newest


async def all_say(here: Estate, status: int) -> None:
    """Until every process answers a balancer so, whose patience is short."""

    async def so() -> bool:
        found = set()
        async with ClientSession(timeout=ClientTimeout(5)) as session:
            for port in (here.home.port, *here.ports.values()):
                async with session.get(f"http://127.0.0.1:{port}/readyz") as answer:
                    found.add(answer.status)
        return found == {status}

    await here.home.until(so, f"all say {status}")


@pytest.mark.timeout(180)
async def test_nobody_is_ready_while_the_server_is_away_and_all_are_when_it_is_back(
    tmp_path: Path,
) -> None:
    with Postgres() as server:
        async with working(server, tmp_path, "one") as here:
            await all_say(here, 200)
            await asyncio.to_thread(server.stop, "immediate")
            await all_say(here, 503)
            await asyncio.to_thread(server.start)
            await all_say(here, 200)

            open_some(here.home, range(201, 203))
            await here.home.settled()
            assert here.home.broken() == []
            both = (here.home.process, here.workers["one"])
            assert [one and one.returncode for one in both] == [None, None]
            # Evaluations give way to deliveries.
            pids = [one.pid for one in both if one is not None]
            assert [os.getpriority(os.PRIO_PROCESS, one) for one in pids] == [0, 10]
            assert [slice_of(one) for one in pids] == ([0.0005, 0.01] if KEPT else [0, 0])


async def _killed_often(postgres: Postgres, folder: Path, dice: random.Random, times: int) -> None:
    async with working(postgres, folder, "one", "two") as here:
        home = here.home
        for life in range(times):
            open_some(home, range(300 + 20 * life, 304 + 20 * life))
            await asyncio.sleep(dice.uniform(0.01, 0.9))
            victim = dice.choice(["web", *here.workers])
            if victim == "web":
                await home.kill()
                await home.start()
            else:
                await here.bury(victim)
                await here.hire(f"heir{life}")
        home.patience = 60.0 + 2 * len(home.earned)
        await home.settled(every_question=False)

        assert home.broken() == []


async def test_n1_killed_at_random_moments_several_processes_lose_nothing(
    postgres: Postgres, tmp_path: Path
) -> None:
    await _killed_often(postgres, tmp_path, random.Random(1), 2)


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(10, 22))
async def test_several_processes_killed_at_length(
    seed: int, postgres: Postgres, tmp_path: Path
) -> None:
    await _killed_often(postgres, tmp_path, random.Random(seed), 8)
