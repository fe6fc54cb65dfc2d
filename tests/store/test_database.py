"""Group commit, one owner, and what a disk that fails leads to."""

from __future__ import annotations

import asyncio
import os
import socket
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest

from bot.errors import StoreTrouble
from bot.failpoint import disable, enable
from bot.store import database as module
from bot.store.database import Database, InUse, Tx, Unfit, connect
from bot.store.schema import upgrade
from tests.store.shop import never, shop
from tests.support.clock import until


@pytest.fixture(autouse=True)
def no_failpoints() -> Iterator[None]:
    yield
    disable()


def opened(folder: Path, fatal: Callable[[], None] = never) -> Database:
    upgrade(folder / "handoff.sqlite")
    database = Database(folder / "handoff.sqlite", fatal)
    database.open()
    return database


def put(key: str) -> Callable[[Tx], object]:
    return lambda tx: tx.execute("INSERT INTO meta VALUES (?, '1')", (key,))


def keys(database: Database) -> set[str]:
    reader = connect(database._path)
    try:
        return {key for (key,) in reader.execute("SELECT key FROM meta")}
    finally:
        reader.close()


async def test_a_failing_transaction_takes_no_other_of_its_group_with_it(tmp_path: Path) -> None:
    database = opened(tmp_path)

    def half(tx: Tx) -> None:
        put("half")(tx)
        raise ValueError("a bug of ours")

    done = await asyncio.gather(
        database.tx(put("one")), database.tx(half), database.tx(put("two")), return_exceptions=True
    )
    database.close()

    assert isinstance(done[1], ValueError)
    assert keys(database) == {"one", "two"}


@pytest.mark.one_file
@pytest.mark.parametrize("times", [1, 2])
async def test_whatever_is_raised_beside_a_transaction_the_next_one_is_committed(
    times: int, tmp_path: Path
) -> None:
    left = [MemoryError()] * times

    def timed(_: int) -> AbstractContextManager[None]:
        if left:
            raise left.pop()
        return nullcontext()

    upgrade(tmp_path / "handoff.sqlite")
    database = Database(tmp_path / "handoff.sqlite", never, timed=timed)
    database.open()

    async with asyncio.timeout(10):
        both = [database.tx(put("one")), database.tx(put("two"))]
        done = await asyncio.gather(*both, return_exceptions=True)
        await database.tx(put("three"))
    database.close()

    assert [isinstance(one, MemoryError) for one in done] == [times == 2, False]
    assert keys(database) == {"two", "three"} | ({"one"} if times == 1 else set())


@pytest.mark.one_file
async def test_what_cannot_be_taken_back_is_not_committed_with_the_next_one(
    tmp_path: Path,
) -> None:
    database = opened(tmp_path)
    database._connection = Stubborn(database._connection)  # type: ignore[assignment]

    def half(tx: Tx) -> None:
        put("half")(tx)
        raise ValueError("a bug of ours")

    async with asyncio.timeout(10):
        with pytest.raises(ValueError, match="a bug"):
            await database.tx(half)
        await asyncio.gather(database.tx(put("one")), return_exceptions=True)
        await database.tx(put("two"))
    database.close()

    assert keys(database) - {"one"} == {"two"}


class Stubborn:
    """A connection that takes nothing back the first time."""

    def __init__(self, connection: object) -> None:
        self._connection, self._said = connection, 0

    def __getattr__(self, name: str) -> object:
        return getattr(self._connection, name)

    def execute(self, sql: str, *values: object) -> object:
        self._said += sql == "ROLLBACK"
        if sql == "ROLLBACK" and self._said == 1:
            raise sqlite3.OperationalError("disk I/O error")
        return self._connection.execute(sql, *values)  # type: ignore[attr-defined]


async def test_what_waits_meanwhile_is_committed_together(tmp_path: Path) -> None:
    database, begun, gate = opened(tmp_path), threading.Event(), threading.Event()
    enable("before-commit:raise:2")

    def hold(_: Tx) -> bool:
        begun.set()
        return gate.wait(10)

    held = asyncio.ensure_future(database.tx(hold))
    await until(begun.is_set)
    waiting = [asyncio.ensure_future(database.tx(put(f"k{at}"))) for at in range(200)]
    await asyncio.sleep(0)
    gate.set()
    done = await asyncio.gather(held, *waiting, return_exceptions=True)
    database.close()

    assert done[0] is True
    assert {type(one) for one in done[1:]} == {StoreTrouble}


async def test_n12_a_full_disk_refuses_and_takes_again_when_there_is_room(tmp_path: Path) -> None:
    database = opened(tmp_path)

    def pages(more: int) -> Callable[[Tx], object]:
        def cap(tx: Tx) -> None:
            (now,) = tx.execute("PRAGMA page_count").fetchone()
            tx.execute(f"PRAGMA max_page_count = {now + more}")

        return cap

    def much(tx: Tx) -> None:
        tx.execute("INSERT INTO meta VALUES ('much', hex(zeroblob(100000)))")

    await database.tx(pages(0))
    with pytest.raises(StoreTrouble) as full:
        await database.tx(much)
    small = await database.read(lambda tx: tx.execute("SELECT count(*) FROM meta").fetchone())
    await database.tx(pages(1000))
    await database.tx(much)
    database.close()

    assert "full" in full.value.what
    assert not full.value.fatal
    assert small == (0,)
    assert keys(database) == {"much"}


async def test_n12_a_commit_that_fails_fails_for_all_that_waited_and_the_next_is_taken(
    tmp_path: Path,
) -> None:
    database = opened(tmp_path)
    enable("before-commit:raise:1")
    with pytest.raises(StoreTrouble):
        await database.tx(put("lost"))
    await database.tx(put("kept"))
    database.close()

    assert keys(database) == {"kept"}


async def test_after_an_io_error_nothing_is_committed_and_the_process_is_asked_to_end(
    tmp_path: Path,
) -> None:
    ended: list[str] = []
    database = opened(tmp_path, lambda: ended.append("end"))

    def broken(_: Tx) -> None:
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorcode = sqlite3.SQLITE_IOERR_WRITE
        raise error

    with pytest.raises(StoreTrouble) as first:
        await database.tx(broken)
    with pytest.raises(StoreTrouble):
        await database.tx(put("late"))
    with pytest.raises(OSError, match="disk I/O error"):
        database.close()

    assert first.value.fatal
    assert ended == ["end"]
    assert keys(database) == set()


async def test_who_reads_cannot_write(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        with pytest.raises(StoreTrouble):
            await here.database.read(lambda tx: tx.execute("DELETE FROM meta"))


@pytest.mark.one_file
async def test_durable_settings_stand(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        words = ("journal_mode", "synchronous", "foreign_keys", "auto_vacuum")
        found = await here.database.tx(
            lambda tx: [tx.execute(f"PRAGMA {word}").fetchone()[0] for word in words]
        )

        assert found == ["wal", 2, 1, 2]


def test_n13_a_second_owner_hears_who_the_first_one_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.2)
    first, second = (Database(tmp_path / "handoff.sqlite") for _ in range(2))
    first.lock("handoff 1")
    with pytest.raises(InUse) as refused:
        second.lock("handoff 2")
    first.close()
    second.lock("handoff 2")
    second.close()

    assert f"pid {os.getpid()} on host {socket.gethostname()}: handoff 1" in refused.value.what
    assert "since 20" in refused.value.what


@pytest.mark.parametrize(
    ("kind", "fits"), [("ext4", True), ("nfs4", False), ("cifs", False), ("9p", False)]
)
def test_a_folder_on_the_network_is_refused(
    kind: str, fits: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        f"1 0 8:1 / / rw - ext4 /dev/a rw\n2 1 0:5 / {tmp_path} rw shared:1 - {kind} host:/x rw\n"
    )
    monkeypatch.setattr(module, "MOUNTS", mounts)
    database = Database(tmp_path / "handoff.sqlite")
    if fits:
        database.lock("handoff")
    else:
        with pytest.raises(Unfit, match=kind):
            database.lock("handoff")
    database.close()
