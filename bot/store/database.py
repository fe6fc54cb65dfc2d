"""One SQLite file: one writer thread with group commit, one reading connection, one owning process.

A transaction is a plain function of a connection. Waiting functions are committed together, each
in its own savepoint, so a failing one takes no other with it.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import queue
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from bot.errors import StoreTrouble, Trouble
from bot.failpoint import failpoint

if TYPE_CHECKING:
    from typing import TextIO

T = TypeVar("T")
Tx = sqlite3.Connection

GROUP_AT_MOST = 500
# What a second process waits for a predecessor that is ending.
_NETWORK = ("nfs", "nfs4", "cifs", "smb3", "9p", "ceph", "glusterfs")
_PRAGMAS = (
    "PRAGMA auto_vacuum=INCREMENTAL",
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=5000",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA journal_size_limit=67108864",
)


class InUse(Trouble):
    """Another process owns the store; says which."""


class Unfit(Trouble):
    """The folder or file cannot hold a store; says why."""


@dataclass(slots=True)
class _Job:
    work: Callable[[Tx], Any]
    done: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop


class Database:
    """The store's connection to its file: `lock`, then `open`, and `close` last."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._writer: threading.Thread | None = None
        self._reader: Tx | None = None
        self._lock: TextIO | None = None

    def lock(self, owner: str) -> None:
        """Own the file before anything of it is read; raises InUse or Unfit."""
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _refuse_network(self._path.parent)
        self._own(owner)

    def open(self) -> None:
        """Start the threads on a file that is up to date; raises Unfit."""
        connection = connect(self._path)
        mode = connection.execute("PRAGMA journal_mode").fetchone()[0]
        connection.close()
        if mode != "wal":
            raise Unfit(f"{self._path.parent} cannot hold a store: journal mode is {mode}, not wal")
        self._writer = threading.Thread(target=self._write, name="store-writer", daemon=True)
        self._writer.start()

    def close(self) -> None:
        """Commit what waits, fold the log into the file and give it up."""
        if self._writer is not None:
            self._jobs.put(None)
            self._writer.join()
        if self._reader is not None:
            self._reader.close()
        if self._lock is not None:
            self._lock.close()

    async def tx(self, work: Callable[[Tx], T]) -> T:
        """Run `work` in a transaction that is committed when this returns; raises StoreTrouble."""
        loop = asyncio.get_running_loop()
        job = _Job(work, loop.create_future(), loop)
        self._jobs.put(job)
        result: T = await job.done
        return result

    async def read(self, work: Callable[[Tx], T]) -> T:
        """Run `work` on a connection that cannot write.

        It runs on the loop itself: looking a few rows up by key takes some 20 µs, a fifth of what
        handing it to another thread and back costs.
        """
        if self._reader is None:
            self._reader = connect(self._path)
            self._reader.execute("PRAGMA query_only=1")
        return work(self._reader)

    def _write(self) -> None:
        connection = connect(self._path)
        while True:
            group = self._group()
            if group is None:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                connection.close()
                return
            results = _committed(connection, group)
            loops = {job.loop for job in group}
            for loop in loops:
                mine = [pair for pair in zip(group, results, strict=True) if pair[0].loop is loop]
                _tell(loop, mine)

    def _group(self) -> list[_Job] | None:
        """All jobs that wait now, at least one; None when the store is closing."""
        first = self._jobs.get()
        if first is None:
            return None
        group = [first]
        while len(group) < GROUP_AT_MOST:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                break
            if job is None:
                self._jobs.put(None)
                break
            group.append(job)
        return group

    def _own(self, owner: str) -> None:
        path = self._path.parent / "handoff.lock"
        lock = path.open("a+", encoding="utf-8")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.seek(0)
            holder = lock.read().strip() or "another process"
            lock.close()
            raise InUse(f"store in use by {holder}") from error
        lock.truncate(0)
        lock.write(f"pid {os.getpid()} {owner}")
        lock.flush()
        self._lock = lock


def connect(path: Path) -> Tx:
    """A connection in autocommit mode with the store's settings."""
    connection = sqlite3.connect(
        path, isolation_level=None, check_same_thread=False, cached_statements=256
    )
    for pragma in _PRAGMAS:
        connection.execute(pragma)
    return connection


def _committed(connection: Tx, group: list[_Job]) -> list[tuple[Any, BaseException | None]]:
    """Run a group in one transaction; each job's result or its error."""
    results: list[tuple[Any, BaseException | None]] = []
    try:
        connection.execute("BEGIN IMMEDIATE")
        for job in group:
            connection.execute("SAVEPOINT job")
            try:
                results.append((job.work(connection), None))
            except BaseException as error:  # noqa: BLE001  catch-all 5 of 5: handed to the caller
                connection.execute("ROLLBACK TO job")
                results.append((None, error))
            connection.execute("RELEASE job")
        failpoint("before-commit")
        connection.execute("COMMIT")
        failpoint("after-commit")
    except sqlite3.Error as error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        fatal = "disk I/O" in str(error)
        trouble = StoreTrouble(f"the store cannot commit: {error}", fatal=fatal)
        return [(None, trouble)] * len(group)
    return results


def _tell(
    loop: asyncio.AbstractEventLoop, pairs: list[tuple[_Job, tuple[Any, BaseException | None]]]
) -> None:
    def tell() -> None:
        for job, (value, error) in pairs:
            if job.done.done():
                continue
            if error is None:
                job.done.set_result(value)
            else:
                job.done.set_exception(error)

    try:
        loop.call_soon_threadsafe(tell)
    except RuntimeError:
        # The loop that asked has ended; its result is committed and nobody waits for it.
        return


def _refuse_network(folder: Path) -> None:
    try:
        mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    place = str(folder.resolve())
    best = ("", "")
    for line in mounts:
        before, _, after = line.partition(" - ")
        point = before.split(" ")[4]
        inside = place == point or place.startswith(point.rstrip("/") + "/") or point == "/"
        if inside and len(point) > len(best[0]):
            best = (point, after.split(" ")[0])
    if best[1] in _NETWORK:
        raise Unfit(f"{folder} is on {best[1]}: a store needs a local disk")
