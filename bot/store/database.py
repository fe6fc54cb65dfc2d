"""One SQLite file: a writer with group commit, one reading connection, one owning process."""

from __future__ import annotations

import asyncio
import fcntl
import os
import signal
import socket
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from bot.errors import StoreTrouble, Trouble
from bot.failpoint import Broken
from bot.store.group import Job, Writer, lost
from bot.store.port import Tx

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from typing import TextIO

__all__ = ["Database", "InUse", "Tx", "Unfit", "connect", "fit"]

T = TypeVar("T")
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


@contextmanager
def fit(path: Path) -> Iterator[None]:
    """Raise as Unfit that the file is no store, or that it or its folder cannot be used."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        why = error if isinstance(error, sqlite3.Error) else error.strerror
        raise Unfit(
            f"{path} cannot be used as a store: {why}; name another (HANDOFF_DATA_DIR), or put a "
            "backup in its place (handoff restore FILE --force)"
        ) from error


def _end_process() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


class Database(Writer):
    """The store's connection to its file: `lock`, then `open`, and `close` last.

    After an input or output error only a fresh process may trust the file: nothing is committed
    any more, the process is asked to end (`fatal`), and `close` raises OSError. On a full disk
    `full` may make room. Both are called on the writer's thread.
    """

    shared = False

    def __init__(
        self,
        path: Path,
        fatal: Callable[[], None] = _end_process,
        full: Callable[[], None] = lambda: None,
        timed: Callable[[int], AbstractContextManager[None]] = lambda _: nullcontext(),
    ) -> None:
        super().__init__(timed)
        self._path = path
        self._fatal = fatal
        self._full = full
        self._broken: StoreTrouble | None = None
        self._connection: sqlite3.Connection | None = None
        self._reader: sqlite3.Connection | None = None
        self._lock: TextIO | None = None

    def lock(self, owner: str, *, wait: bool = True) -> None:
        """Own the file before anything of it is read; `wait` for a predecessor that is ending.
        Raises InUse or Unfit."""
        with fit(self._path):
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            _refuse_network(self._path.parent)
            self._own(owner, round(PATIENCE / _LOOK_EVERY) if wait else 0)

    def open(self) -> None:
        """Start the threads on a file that is up to date; raises Unfit."""
        with fit(self._path):
            self._connection = connection = connect(self._path)
            mode = connection.execute("PRAGMA journal_mode").fetchone()[0]
        if mode != "wal":
            connection.close()
            raise Unfit(f"{self._path.parent} cannot hold a store: journal mode is {mode}, not wal")
        self.start()

    def close(self) -> None:
        """Commit what waits, fold the log into the file and give it up."""
        self.join()
        if self._reader is not None:
            self._reader.close()
        if self._lock is not None:
            self._lock.close()
        if self._broken is not None:
            raise OSError(self._broken.what)

    async def read(self, work: Callable[[Tx], T]) -> T:
        """Run `work` on a connection that cannot write.

        It runs on the loop itself: looking a few rows up by key takes some 20 µs, a fifth of what
        handing it to another thread and back costs.
        """
        if self._reader is None:
            self._reader = connect(self._path)
            self._reader.execute("PRAGMA query_only=1")
        return _read(self._reader, work)

    async def search(self, work: Callable[[Tx], T]) -> T:
        """Run `work` in a thread and on a connection of its own, which cannot write."""

        def alone() -> T:
            with closing(connect(self._path)) as reader:
                reader.execute("PRAGMA query_only=1")
                return _read(reader, work)

        return await asyncio.to_thread(alone)

    def size(self, tx: Tx) -> int:
        """How large the file is, in bytes."""
        del tx
        return self._path.stat().st_size

    def tidy(self, tx: Tx, pages: int) -> None:
        """Give so many free pages back to the disk."""
        for _ in range(pages):
            # The driver takes one step of it, and a step is a page.
            tx.execute("PRAGMA incremental_vacuum")

    def survey(self, tx: Tx) -> None:
        """Look at how the tables are filled, to plan queries by it."""
        # So many rows of an index are enough, and nobody waits for the others.
        tx.execute("PRAGMA analysis_limit=1000")
        tx.execute("ANALYZE")

    def _close(self) -> None:
        assert self._connection is not None  # noqa: S101  the thread works on it
        if self._broken is None:
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._connection.close()

    def _commit(self, group: list[Job], *, patient: bool) -> list[tuple[Any, BaseException | None]]:
        del patient  # Nobody else writes.
        connection = self._connection
        if self._broken is None and connection is not None:
            try:
                with self._timed(len(group)):
                    return self._run(connection, group, (("BEGIN IMMEDIATE", ()),))
            except (Broken, sqlite3.Error) as error:
                if not isinstance(error, Broken) and _code(error) not in _DISK:
                    raise
                self._take_back()
                trouble = _trouble(error)
                if _code(error) == sqlite3.SQLITE_FULL:
                    self._full()
                if not trouble.fatal:
                    return lost(group, trouble)
                self._broken = trouble
                self._fatal()
        return lost(group, self._broken)

    def _take_back(self) -> None:
        # What cannot be taken back now is by the next one, which cannot begin.
        with suppress(sqlite3.Error):
            if self._connection is not None and self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

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


def connect(path: Path) -> sqlite3.Connection:
    """A connection in autocommit mode with the store's settings."""
    connection = sqlite3.connect(
        path, isolation_level=None, check_same_thread=False, cached_statements=256
    )
    for pragma in _PRAGMAS:
        connection.execute(pragma)
    return connection


def _read(reader: sqlite3.Connection, work: Callable[[Tx], T]) -> T:
    try:
        return work(reader)
    except sqlite3.Error as error:
        if _code(error) not in _DISK:
            raise
        raise StoreTrouble(f"the store cannot be read: {error}") from error


def _trouble(error: BaseException) -> StoreTrouble:
    return StoreTrouble(f"the store cannot commit: {error}", fatal=_code(error) in _FATAL)


def _code(error: BaseException | None) -> int:
    """SQLite's primary code, 0 where it is no error of SQLite."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


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
