"""A Postgres server before it is worked with: whether it is there, and fit for a store."""

from __future__ import annotations

import re
from contextlib import contextmanager
from time import perf_counter
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import errors

from bot.address import passwords
from bot.store.database import Unfit
from bot.store.postgres import connect, refuse_unfit
from bot.store.schema import ENGINE, tables

if TYPE_CHECKING:
    from collections.abc import Iterator

# For so many seconds what one connection tells is waited for on another.
PATIENCE = 5.0
_CHANNEL = "handoff_reached"
# It changes no table, and is committed like anything that does.
_WRITE = "SELECT pg_logical_emit_message(true, 'handoff', repeat('x', 300))"
_WRITES = 20
_OWNER = "SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = to_regclass('alembic_version')"
# The engine's are all in a schema of its own; among ours may stand those of others.
_CLOSED = f"""
SELECT relname FROM pg_class WHERE CASE relkind
  WHEN 'r' THEN NOT (SELECT bool_and(has_table_privilege(pg_class.oid, may))
    FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS may)
  WHEN 'S' THEN NOT has_sequence_privilege(oid, 'USAGE') END
AND (relnamespace = to_regnamespace('{ENGINE}')
  OR oid IN (SELECT to_regclass(one) FROM unnest(CAST(%s AS text[])) AS one))
UNION ALL SELECT nspname FROM pg_namespace
  WHERE nspname = '{ENGINE}' AND NOT has_schema_privilege(oid, 'USAGE')
"""


@contextmanager
def reached(url: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection to a server that is there, fit for a store, and not behind a pooler that would
    break what we do; whatever it refuses on it is raised as Unfit."""
    try:
        connection = connect(url)
    except psycopg.Error as error:
        raise Unfit(f"the database cannot be reached: {_said(error, url)}") from error
    who = connection.info.user
    mend = f'let it own the database: ALTER DATABASE "{connection.info.dbname}" OWNER TO "{who}"'
    try:
        with connection:
            refuse_unfit(connection)
            _refuse_read_only(connection)
            (owner,) = connection.execute(_OWNER.encode()).fetchone() or (None,)
            if owner not in (None, who):
                mend = (
                    f'let it own the tables: REASSIGN OWNED BY "{owner}" TO "{who}"; or restore '
                    f"them with pg_restore --no-owner --role={who}"
                )
                _refuse_closed(connection)
            with connect(url) as ear:
                refuse_deaf(connection, ear)
            yield connection
    except errors.InsufficientPrivilege as error:
        raise Unfit(f"the database refuses {who}: {_said(error, url)}; {mend}") from error
    except psycopg.Error as error:
        raise Unfit(f"the database refuses: {_said(error, url)}") from error


def _refuse_read_only(connection: psycopg.Connection[Any]) -> None:
    (only_read,) = connection.execute(b"SHOW transaction_read_only").fetchone() or ("off",)
    if only_read == "on":
        raise Unfit(
            "the database can only be read: name the primary, or add "
            "?target_session_attrs=read-write; where it is the primary, turn its "
            "default_transaction_read_only off"
        )


def _refuse_closed(connection: psycopg.Connection[Any]) -> None:
    closed = connection.execute(_CLOSED.encode(), (tables(),)).fetchone()
    if closed is not None:
        raise errors.InsufficientPrivilege(f"permission denied for {closed[0]}")


def refuse_deaf(mouth: psycopg.Connection[Any], ear: psycopg.Connection[Any]) -> None:
    """Raise Unfit where what is told on one connection is not heard on the other."""
    ear.execute(f"LISTEN {_CHANNEL}".encode())
    mouth.execute(f"NOTIFY {_CHANNEL}".encode())
    if not any(True for _ in ear.notifies(timeout=PATIENCE, stop_after=1)):
        raise Unfit(
            "what one connection tells is not heard on another: a pooler between lends them out "
            "for one transaction each; give it session mode, or connect past it"
        )


def commit_seconds(url: str) -> float:
    """The median of some durable writes; raises Unfit."""
    times = []
    with reached(url) as connection:
        for _ in range(_WRITES):
            began = perf_counter()
            connection.execute(_WRITE.encode())
            times.append(perf_counter() - began)
    return sorted(times)[len(times) // 2]


def _said(error: psycopg.Error, url: str) -> str:
    """On one line, and nothing of a password, even where the address is not written as it should
    be."""
    text = " ".join(str(error).split())
    for secret in passwords(url):
        text = text.replace(secret, "…")
    return re.sub(r"[^\s'\"]*@", "", text)
