"""A Postgres database: its revisions, what is refused, a server that goes away."""

from __future__ import annotations

import asyncio
import threading
from contextlib import AsyncExitStack, nullcontext
from itertools import count
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from bot.clock import SystemClock
from bot.durable.engine import engine_schema
from bot.errors import StoreTrouble, Trouble
from bot.store import postgres_schema, reach
from bot.store.database import InUse, Unfit
from bot.store.port import Tx
from bot.store.postgres import MIGRATING, PostgresDatabase, connect
from bot.store.schema import ENGINE, HEAD, Newer, run_revisions
from bot.wiring.shared import open_shared
from tests.support.postgres import Postgres

NAMES = count(1)
STRUCTURE = """
SELECT table_schema, table_name, column_name, data_type, is_nullable, collation_name
FROM information_schema.columns WHERE table_schema IN ('public', 'handoff_engine') ORDER BY 1, 2, 3
"""
INDEXES = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"


@pytest.fixture
def url(postgres: Postgres) -> str:
    """The address of an empty database."""
    return postgres.create(f"pg{next(NAMES)}")


def structure(url: str) -> list[tuple[object, ...]]:
    with connect(url) as connection:
        return [one for query in (STRUCTURE, INDEXES) for one in connection.execute(query.encode())]


def test_n15_a_revision_goes_up_down_and_up(url: str) -> None:
    assert postgres_schema.revision_of(url) is None
    assert postgres_schema.upgrade(url, engine_schema())
    quick = structure(url)
    postgres_schema.downgrade(url, "base")
    bare = {row[1] for row in structure(url) if len(row) > 1}
    to = {"url": url.replace("://", "+psycopg://", 1)}
    run_revisions(to, "upgrade", "head", engine_schema())

    assert bare == {"alembic_version"}
    assert structure(url) == quick
    assert postgres_schema.revision_of(url) == HEAD
    assert not postgres_schema.upgrade(url, engine_schema())


def test_what_others_keep_in_the_same_database_stays(url: str) -> None:
    with connect(url) as connection:
        connection.execute("CREATE TABLE customer AS SELECT 'Ann' AS name")
    postgres_schema.upgrade(url, engine_schema())
    postgres_schema.downgrade(url, "base")

    with connect(url) as connection:
        assert connection.execute("SELECT name FROM customer").fetchall() == [("Ann",)]


def test_n15_an_address_of_several_hosts_is_taken_wherever_one_is(url: str) -> None:
    host = url.partition("@")[2].partition("/")[0]
    several = url.replace(host, f"127.0.0.1:1,{host}")

    assert postgres_schema.upgrade(several, engine_schema())
    postgres_schema.downgrade(several, "0002")
    assert postgres_schema.upgrade(several, engine_schema())
    assert postgres_schema.revision_of(several) == HEAD


def guest(url: str, may: str) -> tuple[str, str]:
    """A role that owns no table, and its address. `may`: what it may do with what is there."""
    who = f"guest{next(NAMES)}"
    with connect(url) as connection:
        connection.execute(f"CREATE ROLE {who} LOGIN".encode())
        connection.execute(f"GRANT {may} ON ALL TABLES IN SCHEMA public TO {who}".encode())
    return who, url.replace("//handoff@", f"//{who}@")


def test_who_may_not_make_tables_is_told_what_to_do(url: str) -> None:
    who, there = guest(url, "SELECT")
    name = url.rpartition("/")[2]

    with pytest.raises(Unfit, match=f'{who}.*ALTER DATABASE "{name}" OWNER TO "{who}"'):
        postgres_schema.upgrade(there, engine_schema())


@pytest.mark.parametrize("revision", [None, "0002"])
@pytest.mark.parametrize("may", ["REFERENCES", "SELECT", "ALL"])
def test_n15_who_does_not_own_the_tables_is_told_what_to_do(
    revision: str | None, may: str, url: str
) -> None:
    postgres_schema.upgrade(url, engine_schema())
    if revision:
        postgres_schema.downgrade(url, revision)
    who, there = guest(url, may)

    with pytest.raises(Unfit, match=f'{who}.*REASSIGN OWNED BY "handoff" TO "{who}"'):
        postgres_schema.upgrade(there, engine_schema())


def test_who_may_write_to_all_tables_need_not_own_them(url: str) -> None:
    postgres_schema.upgrade(url, engine_schema())
    who, there = guest(url, "ALL")
    with connect(url) as connection:
        connection.execute(f"GRANT USAGE ON SCHEMA {ENGINE} TO {who}".encode())
        for kind in ("TABLES", "SEQUENCES"):
            connection.execute(f"GRANT ALL ON ALL {kind} IN SCHEMA {ENGINE} TO {who}".encode())

    assert not postgres_schema.upgrade(there, engine_schema())


def test_n15_a_database_that_can_only_be_read_is_refused(url: str) -> None:
    postgres_schema.upgrade(url, engine_schema())
    read_only = f"{url}?options=-cdefault_transaction_read_only%3Don"

    for ask in (reach.commit_seconds, postgres_schema.revision_of):
        with pytest.raises(Unfit, match="can only be read: name the primary"):
            ask(read_only)


def test_connections_that_do_not_hear_each_other_are_refused(
    url: str, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reach, "PATIENCE", 0.05)
    # As a pooler does that lends them out for one transaction each.
    with connect(url) as mouth, connect(url) as ear, connect(postgres.url()) as elsewhere:
        reach.refuse_deaf(mouth, ear)
        with pytest.raises(Unfit, match="not heard on another: a pooler"):
            reach.refuse_deaf(mouth, elsewhere)


def test_what_the_server_refuses_is_no_bug_of_ours(url: str) -> None:
    with connect(url) as connection:
        connection.execute("CREATE TABLE report (a int)")

    with pytest.raises(Unfit, match='refuses: relation "report" already exists'):
        postgres_schema.upgrade(url, engine_schema())


def test_who_migrates_for_too_long_is_not_waited_for(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_schema, "PATIENCE_MS", 50)
    with connect(url) as other:
        other.execute(f"SELECT pg_advisory_lock({MIGRATING})".encode())

        with pytest.raises(InUse, match="another process has been bringing the store up to date"):
            postgres_schema.upgrade(url, engine_schema())


def test_n15_a_database_of_the_version_before_keeps_its_rows(url: str) -> None:
    postgres_schema.upgrade(url, engine_schema())
    with connect(url) as connection:
        connection.execute("INSERT INTO meta VALUES ('a', '1')")
    postgres_schema.downgrade(url, "0002")
    postgres_schema.upgrade(url, engine_schema())

    with connect(url) as connection:
        assert connection.execute("SELECT value FROM meta WHERE key = 'a'").fetchall() == [("1",)]


def test_of_several_that_start_at_once_one_migrates(url: str) -> None:
    done: list[bool] = []
    threads = [
        threading.Thread(target=lambda: done.append(postgres_schema.upgrade(url, engine_schema())))
        for _ in range(4)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert sorted(done) == [False, False, False, True]


def test_what_is_newer_in_use_or_no_way_back_is_refused(url: str) -> None:
    postgres_schema.upgrade(url, engine_schema())
    with connect(url) as connection:
        now = "extract(epoch FROM now()) * 1000"
        row = f"INSERT INTO process VALUES ('p', 'worker', 'there', 7, '1', 0, {now})"
        connection.execute(row.encode())
    with pytest.raises(Trouble, match="no way back to 0009"):
        postgres_schema.downgrade(url, "0009")
    with pytest.raises(InUse, match="by worker, pid 7 on host there"):
        postgres_schema.downgrade(url, "0001")
    with connect(url) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(Newer, match="9999"):
        postgres_schema.upgrade(url, engine_schema())


@pytest.mark.parametrize(
    ("setting", "why"),
    [("ALTER DATABASE {} SET synchronous_commit = off", "synchronous_commit is off")],
)
def test_a_server_that_would_lose_what_was_acknowledged_is_refused(
    setting: str, why: str, url: str
) -> None:
    with connect(url) as connection:
        connection.execute(setting.format(url.rpartition("/")[2]).encode())
    with pytest.raises(Unfit, match=why):
        PostgresDatabase(url).open()


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_a_database_that_not_all_text_fits_into_is_refused(
    encoding: str, postgres: Postgres
) -> None:
    name = f"pg{next(NAMES)}"
    postgres.ask(f"CREATE DATABASE {name} ENCODING '{encoding}' TEMPLATE template0")
    with pytest.raises(Unfit, match=f"keeps text as {encoding}"):
        postgres_schema.upgrade(postgres.url(name), engine_schema())


async def test_text_is_kept_whatever_the_environment_says_of_its_encoding(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGCLIENTENCODING", "SQL_ASCII")
    postgres_schema.upgrade(url, engine_schema())
    database = PostgresDatabase(url)
    database.open()
    await database.tx(lambda tx: tx.execute("INSERT INTO meta VALUES ('a', ?)", ("Ä 🎉",)).rowcount)
    kept = await database.read(lambda tx: tx.execute("SELECT value FROM meta").fetchall())
    database.close()

    assert kept == [("Ä 🎉",)]


@pytest.mark.parametrize("password", ["geheim", "x@geheim", "%geheim", "geheim x", "x:geheim"])
def test_a_server_that_is_not_there_is_said_without_its_password(password: str) -> None:
    with pytest.raises(Unfit, match="the database cannot be reached") as met:
        postgres_schema.upgrade(f"postgresql://u:{password}@127.0.0.1:1/none", "")

    assert "geheim" not in str(met.value)
    with pytest.raises(Unfit, match="the database cannot be reached"):
        PostgresDatabase("postgresql://u@127.0.0.1:1/none").open()


def note(tx: Tx) -> int:
    tx.execute("INSERT INTO meta VALUES (?, '1')", (f"k{next(NAMES)}",))
    return int(tx.execute("SELECT count(*) FROM meta").fetchone()[0])


async def test_a_server_that_crashes_is_asked_again_by_the_next_transaction() -> None:
    with Postgres() as server:
        url = server.create("crashing")
        postgres_schema.upgrade(url, engine_schema())
        database = PostgresDatabase(url)
        database.open()
        first = await database.tx(note)
        await database.read(lambda tx: tx.execute("SELECT 1").fetchone())
        server.stop("immediate")
        with pytest.raises(StoreTrouble):
            await database.tx(note)
        with pytest.raises(StoreTrouble):
            await database.read(lambda tx: tx.execute("SELECT 1").fetchone())
        server.start()

        assert await database.tx(note) == first + 1
        assert await database.read(lambda tx: tx.execute("SELECT 7").fetchone()) == (7,)
        database.close()


async def test_a_connection_that_was_ended_while_idle_costs_nobody_a_transaction(
    url: str, postgres: Postgres
) -> None:
    postgres_schema.upgrade(url, engine_schema())
    database = PostgresDatabase(url)
    database.open()
    pid = "SELECT pg_backend_pid()"
    first = await database.tx(lambda tx: tx.execute(pid).fetchone()[0])
    postgres.ask(f"SELECT pg_terminate_backend({first}, 5000)")
    second = await database.tx(lambda tx: tx.execute(pid).fetchone()[0])
    database.close()

    assert first != second


async def test_who_waited_sees_what_was_done_whatever_the_role_is_used_to(url: str) -> None:
    postgres_schema.upgrade(url, engine_schema())
    with connect(url) as connection:
        name = url.rpartition("/")[2]
        level = "default_transaction_isolation = serializable"
        connection.execute(f"ALTER DATABASE {name} SET {level}".encode())
    database = PostgresDatabase(url)
    database.open()
    found = await database.tx(lambda tx: tx.execute("SHOW transaction_isolation").fetchone())
    database.close()

    assert found == ("read committed",)


async def test_a_failing_function_takes_no_other_with_it(url: str) -> None:
    postgres_schema.upgrade(url, engine_schema())
    database = PostgresDatabase(url)
    database.open()

    with pytest.raises(psycopg.errors.UndefinedTable):
        await database.tx(lambda tx: tx.execute("SELECT 1 FROM nothing"))

    assert await database.tx(note) == 1
    database.close()


async def test_half_a_character_takes_no_other_transaction_with_it(url: str) -> None:
    postgres_schema.upgrade(url, engine_schema())
    database = PostgresDatabase(url)
    database.open()

    def put(tx: Tx) -> object:
        return tx.execute("INSERT INTO meta VALUES (?, '1')", ("\ud800",))

    async with asyncio.timeout(20):
        named = await database.tx(note, frozenset({"\ud800"}))
        with pytest.raises(UnicodeEncodeError):
            await database.tx(put)
        after = await database.tx(note)
    database.close()

    assert (named, after) == (1, 2)


async def test_what_cannot_be_prepared_now_takes_no_transaction_with_it(url: str) -> None:
    postgres_schema.upgrade(url, engine_schema())
    database = PostgresDatabase(url)
    database.open()

    def put(tx: Tx) -> int:
        # Longer than this the server does not wait for whoever holds the table.
        tx.execute("SET statement_timeout = 500")
        return tx.execute("INSERT INTO spent VALUES (?, ?, ?, ?)", (1, "core", 2**40, 5)).rowcount

    before = [await database.tx(put) for _ in range(3)]
    with psycopg.connect(url) as other:
        other.execute("LOCK TABLE spent IN ACCESS EXCLUSIVE MODE")
        noted = await database.tx(note)
    after = [await database.tx(put) for _ in range(2)]
    database.close()

    assert (before, noted, after) == ([1] * 3, 1, [1] * 2)


async def test_what_comes_often_is_prepared_and_what_the_server_cannot_tell_is_not(
    url: str,
) -> None:
    postgres_schema.upgrade(url, engine_schema())
    database = PostgresDatabase(url)
    database.open()

    def often(tx: Tx) -> list[object]:
        known = tx.execute("SELECT value FROM meta WHERE key = :key OR :key = ''", {"key": "a"})
        doubtful = tx.execute("SELECT ? IS NULL", (None,))
        put = tx.execute("INSERT INTO spent VALUES (?, ?, ?, ?)", (1, "core", 2**40, 5))
        return [known.fetchone(), doubtful.fetchone(), put.rowcount]

    said = [await database.tx(often) for _ in range(5)]
    names = await database.tx(
        lambda tx: tx.execute("SELECT statement FROM pg_prepared_statements").fetchall()
    )
    database.close()

    assert said == [[None, (True,), 1]] * 5
    # The lock comes with each of them.
    assert sorted(" ".join(one.partition(" AS ")[2].split()[:2]) for (one,) in names) == [
        "INSERT INTO",
        "SELECT 1",
        "SELECT value",
    ]


async def test_a_store_is_in_use_from_when_it_is_opened_until_it_is_closed(
    postgres: Postgres,
) -> None:
    url = postgres.create("opened")
    known = {"clock": SystemClock(), "new_id": lambda: "one", "metrics": None}
    means: Any = SimpleNamespace(**known, settings=SimpleNamespace(role="all"), timed=nullcontext)

    async with AsyncExitStack() as stack:
        await open_shared(means, url, stack)
        with pytest.raises(InUse, match="store in use by all"), postgres_schema.owned(url):
            pass
    with postgres_schema.owned(url):
        pass
