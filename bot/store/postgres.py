"""A Postgres database: the same tables, shared by web and worker processes on any machine.

Transactions about the same things wait for one another, whichever process they are of; those that
may be about anything wait for all. What is written for SQLite's one writer is right here as it
stands: who changes what another one goes by has named it. Only who hands out work does not, and
steps aside.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext, suppress
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg
from psycopg import errors
from psycopg.pq import TransactionStatus

from bot.errors import StoreTrouble
from bot.failpoint import Broken
from bot.idle import NOTICED, spoke_up
from bot.store.database import Unfit
from bot.store.dialect import statement
from bot.store.group import Begin, Job, Writer, lost
from bot.store.prepared import Prepared

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from bot.store.port import Rows, Tx, Values

T = TypeVar("T")

OLDEST = 150_000
# A group that is about more things waits for all instead.
_THINGS_AT_MOST = 300
# Any number that no other program takes as the key of its advisory locks.
WRITING, MIGRATING, SPENDING = 0x68616E64, 0x68616E65, 0x68616E66
READERS = 2
# Whatever the environment or the role would have otherwise.
ENCODING = "UTF8"
# The server's clock, as moments are kept.
MS = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint"
# The first waits for all others, the second for those that are about one of the same; the third
# for nobody of these: it finds what is somebody else's just now.
_ALL = "SELECT 1 WHERE pg_advisory_xact_lock(?) IS NULL"
_EACH = """
SELECT one FROM unnest(CAST(? AS bigint[])) AS one WHERE CASE one
  WHEN 0 THEN pg_advisory_xact_lock_shared(?) IS NULL ELSE pg_advisory_xact_lock(one) IS NULL END
"""
_FREE = _EACH.replace("pg_advisory_xact_lock(one) IS NULL", "NOT pg_try_advisory_xact_lock(one)")
# These are not waited with. Of the others so many characters are sent at once at most.
_NOW, _AT_ONCE = frozenset({"COMMIT", "ROLLBACK"}), 100_000
# Who stops in the middle of a transaction holds up all others: the server ends it before their
# patience does. Who has waited for a lock sees what was done under it. Plans are kept: they must
# not be made for tables that were empty then. All of it is said on the connection: a pooler takes
# nothing of the kind while one is made.
_SETTINGS = """
SET statement_timeout = 8000; SET lock_timeout = 6000;
SET idle_in_transaction_session_timeout = 3000; SET timezone = UTC;
SET default_transaction_isolation = 'read committed';
SET enable_seqscan = off; SET jit = off
"""
# Seconds; the server itself ends what takes half as long.
UNANSWERED = 16.0
_AWAY = (
    errors.OperationalError,
    errors.InterfaceError,
    errors.ReadOnlySqlTransaction,
    errors.IdleInTransactionSessionTimeout,
)
# Another process was in the way: the same group again has its turn.
_AGAIN = (errors.DeadlockDetected, errors.SerializationFailure, errors.LockNotAvailable)
_TRIES = 3


class _Connection(psycopg.Connection[Any]):
    """It is hung up where nothing is answered for as long as `patience`, if it has any: a server
    that is frozen ends nothing by itself, and its machine goes on to say that it is there."""

    patience: float | None = None

    def wait(self, gen: Any, *known: Any, **more: Any) -> Any:
        """Who says how long it may take is believed."""
        if known or more:
            return super().wait(gen, *known, **more)
        try:
            return super().wait(gen, timeout=self.patience)
        except errors.OperationalError:
            if self.info.transaction_status is TransactionStatus.ACTIVE:
                self.pgconn.finish()
            raise


class _Found:
    """What a statement found or changed; asked for the first time it is sent."""

    __slots__ = ("_count", "_result", "_rows", "_tx")

    def __init__(self, tx: PostgresTx) -> None:
        self._tx: PostgresTx | None = tx
        self._rows: Iterator[Any] = iter(())
        self._count = -1
        self._result: Any = None

    def take(self, cursor: psycopg.Cursor[Any]) -> None:
        """This is what it was."""
        self._tx, self._count = None, cursor.rowcount
        # What the driver says of columns costs more than most rows.
        self._result = cursor.pgresult
        if self._result.nfields:
            self._rows = iter(cursor.fetchall())

    def _learn(self) -> None:
        if self._tx is not None:
            self._tx.flush()

    @property
    def description(self) -> Any:
        """The names of the columns, as drivers give them."""
        self._learn()
        return [(self._result.fname(nth).decode(),) for nth in range(self._result.nfields)]

    @property
    def rowcount(self) -> int:
        """How many rows it changed."""
        self._learn()
        return self._count

    def fetchone(self) -> Any:
        """The next row, None after the last."""
        self._learn()
        return next(self._rows, None)

    def fetchall(self) -> list[Any]:
        """All rows that are left."""
        self._learn()
        return list(self._rows)

    def __iter__(self) -> Iterator[Any]:
        self._learn()
        return self._rows


class PostgresTx:
    """A connection that takes the store's statements.

    They wait until the result of one of them is asked for, and are sent together: a way to the
    server and back costs more than most of them. What one of them raises is raised then.
    """

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection
        self._cursor = psycopg.ClientCursor(connection)
        self._prepared = Prepared(connection)
        self._waiting: list[tuple[str, _Found]] = []
        self._size = 0

    def execute(self, sql: str, parameters: Values = (), /) -> Rows:
        """Run one statement."""
        text, found = self._merged(sql, parameters), _Found(self)
        self._waiting.append((text, found))
        self._size += len(text)
        if sql in _NOW or self._size > _AT_ONCE:
            self.flush()
        return found

    def flush(self) -> None:
        """Send what waits. Raises psycopg.Error; then nothing waits any more."""
        waiting = self.forget()
        if not waiting:
            return
        cursor = self.connection.execute(";\n".join(text for text, _ in waiting).encode())
        for _, found in waiting:
            found.take(cursor)
            cursor.nextset()

    def forget(self) -> list[tuple[str, _Found]]:
        """What waits and will not be sent."""
        waiting, self._waiting, self._size = self._waiting, [], 0
        return waiting

    def _merged(self, sql: str, parameters: Values) -> str:
        if not parameters:
            return statement(sql, values=False).decode()
        try:
            return self._text(sql, parameters)
        except psycopg.DataError:
            # A character that Postgres has no place for.
            clean = _without_nul(parameters)
            if clean == parameters:
                raise
            return self._text(sql, clean)

    def _text(self, sql: str, values: Values) -> str:
        named = self._prepared.text(sql, values)
        return self._cursor.mogrify(statement(sql), values) if named is None else named

    def spoke_up(self) -> bool:
        """Between two transactions: whether the server has said something unasked."""
        return spoke_up(self.connection.fileno())

    def prepare(self) -> None:
        """Between two transactions: make what comes often come faster."""
        self._prepared.prepare()


def connect(url: str) -> _Connection:
    """A connection in autocommit mode with the store's settings; raises psycopg.Error."""
    # Values are put in by the driver, as texts whose type their place tells.
    connection = _Connection.connect(
        url,
        autocommit=True,
        cursor_factory=psycopg.ClientCursor,
        client_encoding=ENCODING,
        connect_timeout=5,
        application_name="handoff",
        **NOTICED,
    )
    try:
        connection.execute(_SETTINGS.encode())
    except psycopg.Error:
        connection.close()
        raise
    return connection


def _working(url: str) -> _Connection:
    connection = connect(url)
    connection.patience = UNANSWERED
    return connection


class PostgresDatabase(Writer):
    """The store's connections to a Postgres server: `open`, and `close` last.

    A server that is away is waited for: until it is back each transaction raises StoreTrouble.
    `lock`: which transactions may have to wait for one another.
    """

    shared = True

    def __init__(
        self,
        url: str,
        timed: Callable[[int], AbstractContextManager[None]] = lambda _: nullcontext(),
        lock: int = WRITING,
    ) -> None:
        super().__init__(timed)
        self._url = url
        self._lock = lock
        self._connection: PostgresTx | None = None
        self._readers = ThreadPoolExecutor(READERS, "store-reader")
        self._reading = threading.local()
        self._opened: list[PostgresTx] = []

    def open(self) -> None:
        """Start the threads on a database that is up to date; raises Unfit."""
        try:
            with connect(self._url) as connection:
                refuse_unfit(connection)
        except psycopg.Error as error:
            raise Unfit(f"the database cannot be reached: {error}") from error
        self.start()

    def close(self) -> None:
        """Commit what waits and give the connections up."""
        self.join()
        self._readers.shutdown()
        for one in self._opened:
            _end(one)

    async def read(self, work: Callable[[Tx], T]) -> T:
        """Run `work` in a thread of its own, on a connection that commits nothing."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, work)

    async def search(self, work: Callable[[Tx], T]) -> T:
        """The same: it holds up nobody."""
        return await self.read(work)

    def size(self, tx: Tx) -> int:
        """How large the database is, in bytes."""
        return int(tx.execute("SELECT pg_database_size(current_database())").fetchone()[0])

    def tidy(self, tx: Tx, pages: int) -> None:
        """The server does so by itself."""

    def survey(self, tx: Tx) -> None:
        """The server does so by itself."""

    def _read(self, work: Callable[[Tx], T]) -> T:
        for last in (False, True):
            tx: PostgresTx | None = getattr(self._reading, "tx", None)
            try:
                if tx is None:
                    tx = PostgresTx(_working(self._url))
                    tx.execute("SET default_transaction_read_only = on")
                    tx.flush()
                    self._reading.tx = tx
                    self._opened.append(tx)
                tx.prepare()
                found = work(tx)
                tx.flush()
                return found
            except _AWAY as error:
                if tx is not None:
                    self._opened.remove(tx)
                    _end(tx)
                    self._reading.tx = None
                if last:
                    raise StoreTrouble(f"the store cannot be read: {error}") from error
        raise AssertionError

    def _commit(self, group: list[Job], *, patient: bool) -> list[tuple[Any, BaseException | None]]:
        for last in (*(False,) * (_TRIES - 1), True):
            try:
                if self._connection is not None and self._connection.spoke_up():
                    _end(self._connection)
                    self._connection = None
                if self._connection is None:
                    self._connection = PostgresTx(_working(self._url))
                self._connection.prepare()
                with self._timed(len(group)):
                    return self._run(self._connection, group, self._begin(group, patient=patient))
            except (Broken, *_AWAY) as error:
                self._take_back()
                if last or not isinstance(error, _AGAIN):
                    return lost(group, StoreTrouble(f"the store cannot commit: {error}"))
        raise AssertionError

    def _begin(self, group: list[Job], *, patient: bool) -> Begin:
        things = {one for job in group for one in job.about}
        if len(things) > _THINGS_AT_MOST or not all(job.about for job in group):
            return ("BEGIN", ()), (_ALL, (self._lock,))
        # All take theirs in the same order, so that nobody waits for who waits for him.
        keys = ",".join(str(one) for one in sorted(map(_key, things)))
        return ("BEGIN", ()), (_EACH if patient else _FREE, (f"{{0,{keys}}}", self._lock))

    def _parts(self, group: list[Job]) -> list[list[Job]]:
        # In its order, parted before each that may be about what an earlier one changes.
        parts: list[list[Job]] = []
        about: set[str] = set()
        for job in group:
            if not parts or not job.about or not about or not about.isdisjoint(job.about):
                parts.append([])
                about = set()
            parts[-1].append(job)
            about |= job.about
        return parts

    def _kept_from(self, begun: Rows) -> Callable[[Job], bool]:
        others: set[int] = set()

        def kept(job: Job) -> bool:
            others.update(one for (one,) in begun)
            return bool(others) and not others.isdisjoint(map(_key, job.about))

        return kept

    def _take_back(self) -> None:
        if self._connection is None:
            return
        try:
            self._connection.forget()
            self._connection.execute("ROLLBACK")
        except psycopg.Error:
            _end(self._connection)
            self._connection = None

    def _close(self) -> None:
        if self._connection is not None:
            _end(self._connection)


def _key(thing: str) -> int:
    # What no column takes may be named all the same.
    text = thing.encode(errors="surrogatepass")
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "big", signed=True)


def _without_nul(parameters: Values) -> Values:
    if isinstance(parameters, Mapping):
        return {name: _clean(value) for name, value in parameters.items()}
    return tuple(_clean(value) for value in parameters)


def _clean(value: Any) -> Any:
    return value.replace("\0", "\ufffd") if isinstance(value, str) else value


def _end(tx: PostgresTx) -> None:
    with suppress(psycopg.Error):
        tx.connection.close()


def refuse_unfit(connection: psycopg.Connection[Any]) -> None:
    """Raise Unfit for a server that cannot hold a store."""
    version = connection.info.server_version
    if version < OLDEST:
        raise Unfit(f"the server is Postgres {version // 10_000}: a store needs 15 or newer")
    (encoding,) = connection.execute("SHOW server_encoding").fetchone() or ("",)
    if encoding != ENCODING:
        raise Unfit(
            f"the database keeps text as {encoding}, which not all that people write fits into: "
            "make it WITH ENCODING 'UTF8' TEMPLATE template0"
        )
    (durable,) = connection.execute("SHOW synchronous_commit").fetchone() or ("off",)
    if durable == "off":
        raise Unfit("synchronous_commit is off: what is acknowledged could be lost; set it to on")
