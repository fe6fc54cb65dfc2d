"""The store's revisions on a Postgres server: of ten processes that start at once one migrates."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import errors

from bot.failpoint import failpoint
from bot.store.database import InUse
from bot.store.dialect import FUNCTIONS, definition
from bot.store.postgres import MIGRATING, MS, PostgresTx
from bot.store.reach import reached
from bot.store.schema import (
    ENGINE,
    FILES,
    HEAD,
    VERSION,
    refuse_newer,
    refuse_way_back,
    run_revisions,
    statements_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE_MS = 60_000
# Whoever said so lately that it lives.
SILENT_MS = 15_000


def revision_of(url: str) -> str | None:
    """The revision that the database stands at, None for an empty one. Raises Unfit."""
    with reached(url) as connection:
        return _revision(connection)


def identity(url: str) -> object:
    """Which database it is, by whichever address. Raises Unfit."""
    which = "SELECT pg_postmaster_start_time(), oid FROM pg_database WHERE datname = "
    with reached(url) as connection:
        return connection.execute(f"{which}current_database()".encode()).fetchone()


def upgrade(url: str, engine: str) -> bool:
    """Bring the database to this version; True when something was done. `engine`: the statements
    of the distributed engine's tables. Raises Newer or Unfit."""
    with reached(url) as connection, _alone(connection):
        now = _revision(connection)
        refuse_newer(now)
        if now == HEAD:
            return False
        if now is None:
            _first(connection, engine)
        else:
            _revise(url, "upgrade", HEAD, engine)
    return True


def downgrade(url: str, revision: str) -> None:
    """Take the database back to a revision, `base` for an empty one. Raises Trouble, also
    while a process works on it."""
    with reached(url) as connection, _alone(connection):
        refuse_way_back(_revision(connection), revision)
        _refuse_used(connection)
        _revise(url, "downgrade", revision)


def _refuse_used(connection: psycopg.Connection[Any]) -> None:
    query = f"SELECT role, host, pid FROM process WHERE seen_at > ({MS}) - {SILENT_MS}"
    with suppress(errors.UndefinedTable):
        row = connection.execute(query.encode()).fetchone()
        if row is not None:
            raise InUse(f"store in use by {row[0]}, pid {row[2]} on host {row[1]}: stop it first")


@contextmanager
def owned(url: str) -> Iterator[PostgresTx]:
    """The database while no process works on it, nor one begins to. Raises Trouble."""
    with reached(url) as connection, _alone(connection):
        _refuse_used(connection)
        connection.execute(b"SET idle_in_transaction_session_timeout = 0")
        tx = PostgresTx(connection)
        yield tx
        tx.flush()


def _first(connection: psycopg.Connection[Any], engine: str) -> None:
    """Make a new store without loading alembic."""
    with connection.transaction():
        # Left by a way back to nothing.
        statements = [one for name in FILES for one in statements_of(name)]
        text = ";\n".join(definition(one) for one in statements)
        connection.execute(f"{FUNCTIONS};{text}".encode())
        connection.execute(
            f"CREATE SCHEMA {ENGINE}; SET LOCAL search_path TO {ENGINE}; {engine}".encode()
        )
        connection.execute(b"SET LOCAL search_path TO DEFAULT")
        connection.execute(f"{VERSION}; INSERT INTO alembic_version VALUES ('{HEAD}')".encode())
        failpoint("migrating")


def _revision(connection: psycopg.Connection[Any]) -> str | None:
    try:
        row = connection.execute(b"SELECT version_num FROM alembic_version").fetchone()
    except errors.UndefinedTable:
        return None
    return None if row is None else str(row[0])


@contextmanager
def _alone(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """While no other process migrates; ends with the connection."""
    connection.execute(f"SET lock_timeout = {PATIENCE_MS}; SET statement_timeout = 0".encode())
    try:
        connection.execute(f"SELECT pg_advisory_lock({MIGRATING})".encode())
    except errors.LockNotAvailable as error:
        raise InUse(
            "another process has been bringing the store up to date for a minute"
        ) from error
    try:
        yield
    finally:
        connection.execute(f"SELECT pg_advisory_unlock({MIGRATING})".encode())


def _revise(url: str, word: str, revision: str, engine: str = "") -> None:
    # The driver reads addresses that sqlalchemy cannot, such as those of several hosts.
    to = {"url": "postgresql+psycopg://", "creator": lambda: psycopg.connect(url)}
    run_revisions(to, word, revision, engine)
