"""One SQLite file: one writer thread with group commit, one reading connection, one owning process.

A transaction is a plain function of a connection. Waiting functions are committed together, each
in its own savepoint, so a failing one takes no other with it.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import queue
import signal
import socket
import sqlite3
import threading
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from bot.errors import StoreTrouble, Trouble
from bot.failpoint import Broken, failpoint

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from typing import TextIO

T = TypeVar("T")
Tx = sqlite3.Connection
_Result: TypeAlias = tuple[Any, BaseException | None]

GROUP_AT_MOST = 500
# What a second process waits for a predecessor that is ending, in seconds.
PATIENCE, _LOOK_EVERY = 30.0, 0.1
_FATAL = frozenset({sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT})
_DISK = _FATAL | {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
}
_NETWORK = ("nfs", "nfs4", "cifs", "smb3", "9p", "ceph", "glusterfs")
MOUNTS = Path("/proc/self/mountinfo")
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


def _end_process() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


class Database:
    """The store's connection to its file: `lock`, then `open`, and `close` last.

    After an input or output error only a fresh process may trust the file: nothing is committed
    any more, the process is asked to end (`fatal`), and `close` raises OSError. On a full disk
    `full` may make room. Each commit is made under `timed`, which hears of how many it is. Both
    are called on the writer's thread.
    """

    def __init__(
        self,
        path: Path,
        fatal: Callable[[], None] = _end_process,
        full: Callable[[], None] = lambda: None,
        timed: Callable[[int], AbstractContextManager[None]] = lambda _: nullcontext(),
    ) -> None:
        self._path = path
        self._fatal = fatal
        self._full = full
        self._timed = timed
        self._broken: StoreTrouble | None = None
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._writer: threading.Thread | None = None
        self._reader: Tx | None = None
        self._lock: TextIO | None = None

    def lock(self, owner: str, *, wait: bool = True) -> None:
        """Own the file before anything of it is read; `wait` for a predecessor that is ending.
        Raises InUse or Unfit."""
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _refuse_network(self._path.parent)
        self._own(owner, round(PATIENCE / _LOOK_EVERY) if wait else 0)

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
        if self._broken is not None:
            raise OSError(self._broken.what)

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
        try:
            return work(self._reader)
        except sqlite3.Error as error:
            if _code(error) not in _DISK:
                raise
            raise StoreTrouble(f"the store cannot be read: {error}") from error

    def _write(self) -> None:
        connection = connect(self._path)
        while True:
            group = self._group()
            if group is None:
                if self._broken is None:
                    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                connection.close()
                return
            results = self._done(connection, group)
            loops = {job.loop for job in group}
            for loop in loops:
                mine = [pair for pair in zip(group, results, strict=True) if pair[0].loop is loop]
                _tell(loop, mine)

    def _done(self, connection: Tx, group: list[_Job]) -> list[_Result]:
        if self._broken is None:
            try:
                with self._timed(len(group)):
                    return _committed(connection, group)
            except StoreTrouble as trouble:
                if _code(trouble.__cause__) == sqlite3.SQLITE_FULL:
                    self._full()
                if not trouble.fatal:
                    return [(None, trouble)] * len(group)
                self._broken = trouble
                self._fatal()
        return [(None, self._broken)] * len(group)

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

    def _own(self, owner: str, tries: int) -> None:
        path = self._path.parent / "handoff.lock"
        lock = path.open("a+", encoding="utf-8")
        while not _locked(lock):
            tries -= 1
            if tries < 0:
                since = datetime.fromtimestamp(path.stat().st_mtime, UTC)
                lock.seek(0)
                holder = lock.read().strip() or "another process"
                lock.close()
                raise InUse(f"store in use by {holder}, since {since:%Y-%m-%d %H:%M} UTC")
            threading.Event().wait(_LOOK_EVERY)
        lock.truncate(0)
        lock.write(f"pid {os.getpid()} on host {socket.gethostname()}: {owner}")
        lock.flush()
        self._lock = lock


def _locked(lock: TextIO) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def connect(path: Path) -> Tx:
    """A connection in autocommit mode with the store's settings."""
    connection = sqlite3.connect(
        path, isolation_level=None, check_same_thread=False, cached_statements=256
    )
    for pragma in _PRAGMAS:
        connection.execute(pragma)
    return connection


def _committed(connection: Tx, group: list[_Job]) -> list[_Result]:
    """Run a group in one transaction; each job's result or its error. Raises StoreTrouble when
    nothing of it was kept."""
    results: list[_Result] = []
    try:
        connection.execute("BEGIN IMMEDIATE")
        for job in group:
            connection.execute("SAVEPOINT job")
            try:
                results.append((job.work(connection), None))
            except BaseException as error:  # catch-all 5 of 6: handed to the caller
                if _code(error) in _DISK:
                    # SQLite has taken the whole transaction back.
                    raise
                connection.execute("ROLLBACK TO job")
                results.append((None, error))
            connection.execute("RELEASE job")
        failpoint("before-commit")
        connection.execute("COMMIT")
        failpoint("after-commit")
    except (sqlite3.Error, Broken) as error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise _trouble(error) from error
    return results


def _trouble(error: BaseException) -> StoreTrouble:
    return StoreTrouble(f"the store cannot commit: {error}", fatal=_code(error) in _FATAL)


def _code(error: BaseException | None) -> int:
    """SQLite's primary code, 0 where it is no error of SQLite."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _tell(loop: asyncio.AbstractEventLoop, pairs: list[tuple[_Job, _Result]]) -> None:
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
        mounts = MOUNTS.read_text(encoding="utf-8").splitlines()
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
