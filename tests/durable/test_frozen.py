"""A server that answers nothing any more, and of which nobody says that it is gone."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from procrastinate import App

from bot.durable import connections, postgres
from bot.durable.connections import Answered, connected
from bot.durable.engine import engine_connector
from bot.durable.postgres import CHANNEL, Watch
from bot.errors import StoreTrouble
from bot.idle import NOTICED
from bot.store import postgres as store
from bot.store.port import Tx
from bot.store.postgres import PostgresDatabase, connect
from tests.support.postgres import Postgres

PID = "SELECT pg_backend_pid()"


@contextmanager
def frozen(process: int) -> Iterator[None]:
    os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process, signal.SIGCONT)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "UNANSWERED", 0.2)
    monkeypatch.setattr(connections, "UNANSWERED", 0.2)
    monkeypatch.setattr(postgres, "QUIET_FOR", 0.05)


def number(tx: Tx) -> int:
    return int(tx.execute(PID).fetchone()[0])


async def test_the_store_does_not_wait_for_it_for_ever(postgres: Postgres) -> None:
    database = PostgresDatabase(postgres.create("frozen"))
    database.open()
    try:
        writer, reader = await database.tx(number), await database.read(number)
        with frozen(writer), pytest.raises(StoreTrouble, match="cannot commit"):
            await database.tx(number)
        with frozen(reader):
            two = [database.read(number) for _ in range(2)]
            assert reader not in await asyncio.gather(*two)
        assert await database.tx(number) != writer
    finally:
        database.close()


@pytest.mark.parametrize(
    "setting", ["idle_in_transaction_session_timeout = 20", "transaction_read_only = on"]
)
async def test_a_transaction_that_the_server_ends_or_refuses_is_the_stores_trouble(
    setting: str, postgres: Postgres
) -> None:
    database, there = (
        PostgresDatabase(postgres.url()),
        "SELECT 1 FROM pg_stat_activity WHERE pid = {}",
    )
    database.open()

    def work(tx: Tx) -> None:
        tx.execute(f"SET LOCAL {setting}")
        process = number(tx)
        while "idle" in setting and postgres.ask(there.format(process)) == "1":
            pass
        tx.execute("CREATE TABLE nothing (n int)")
        number(tx)

    try:
        with pytest.raises(StoreTrouble, match="cannot commit"):
            await database.tx(work)
        assert await database.tx(number) > 0
    finally:
        database.close()


async def test_what_takes_its_time_and_is_refused_leaves_the_connection_as_it_is(
    postgres: Postgres,
) -> None:
    with store._working(postgres.url()) as connection:
        connection.execute("SET statement_timeout = 50")
        with pytest.raises(psycopg.errors.QueryCanceled):
            connection.execute("SELECT pg_sleep(5)")
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_who_migrates_or_moves_may_take_longer(postgres: Postgres) -> None:
    with connect(postgres.url()) as connection:
        assert connection.execute("SELECT 1 FROM pg_sleep(0.4)").fetchone() == (1,)
    with store._working(postgres.url()) as connection:
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1 FROM pg_sleep(5)")
        assert connection.closed


async def test_the_engine_does_not_wait_for_it_for_ever(postgres: Postgres) -> None:
    async with await connected(postgres.url()) as connection:
        (process,) = await (await connection.execute(PID)).fetchone() or (0,)
        with frozen(process), pytest.raises(psycopg.OperationalError):
            await connection.execute("SELECT 1")
        assert connection.closed


async def test_who_listens_to_it_listens_anew(postgres: Postgres) -> None:
    url, heard = postgres.create("silent"), list[str]()
    anew, pid = asyncio.Event(), "SELECT pid FROM pg_stat_activity WHERE query = 'SELECT 1' AND "
    pid += "application_name = 'handoff watch' AND datname = 'silent'"

    def told(what: str) -> None:
        heard.append(what)
        anew.set()

    async def next_one() -> None:
        await anew.wait()
        anew.clear()

    watch = asyncio.ensure_future(Watch(url=url, heard=told, sleep=lambda _: next_turn()).run())
    try:
        await next_one()
        while not (found := await asyncio.to_thread(postgres.ask, pid)):
            pass
        with frozen(int(found)):
            await next_one()
            await asyncio.to_thread(postgres.ask, f"NOTIFY {CHANNEL}, 'people'", "silent")
            await next_one()
    finally:
        watch.cancel()

    assert heard == ["", "", "people"]


async def next_turn() -> None:
    await asyncio.sleep(0)


async def test_who_asks_nothing_notices_a_machine_that_is_gone(postgres: Postgres) -> None:
    engine = engine_connector(postgres.url(), "engine")
    with connect(postgres.url()) as one:
        known = [one.info.get_parameters()]
    async with await connected(postgres.url()) as two:
        known.append(two.info.get_parameters())
    async with App(connector=engine).open_async(), engine.pool.connection() as three:
        known.append(three.info.get_parameters())
        assert isinstance(three, Answered)

    assert [{name: int(here[name]) for name in NOTICED} for here in known] == [NOTICED] * 3
