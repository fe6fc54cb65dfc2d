"""A store that has been at work for long: filled before the bot starts, and watched while it works.

Postgres counts its statements itself; `python -m benchmarks.full` is the bot on SQLite that counts
them and writes them down at its end.
"""

from __future__ import annotations

import atexit
import json
import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from functools import partial
from pathlib import Path
from time import perf_counter, time
from typing import Any, NamedTuple

import psycopg

from benchmarks.figures import Figures
from bot.cli.main import run
from bot.durable.engine import engine_schema
from bot.judge import plan
from bot.store import postgres_schema, schema

ROWS = 1_000_000
COUNTED = {"shared_preload_libraries": "pg_stat_statements"}
# Whatever ran so often has somebody waiting for it; the clock's own walks through tables do not.
OFTEN = 10
# Pages of 8 kB: who reads so many each time has walked through a table.
WALKED = 1_000
# Where the bot writes what it counted.
STATEMENTS = "BENCH_STATEMENTS"
# Milliseconds: of what was, and of what is to be when this is long over.
_WAS, _WILL_BE = int(time() * 1000) - 86_400_000, 4_000_000_000_000
_PR, _SHA = "(1 + i % 2000) || '#' || i", "repeat('a', 30) || (1000000000 + i)"


# By statement, of this process.
_counts: dict[str, dict[str, float]] = {}


class Counted(NamedTuple):
    """A statement: how often it ran, milliseconds each time, whether it walked a whole table."""

    text: str
    calls: int
    ms: float
    scans: bool


class Table(NamedTuple):
    """What a table is filled with. `share`: how much of the rows, or how many."""

    share: float
    columns: str
    values: str


_TABLES = {
    "installation": Table(20, "id, checked_at", f"i, {_WILL_BE}"),
    "repository": Table(
        2_000,
        "id, installation_id, full_name, reconcile_at, checked_at",
        f"i, 1 + i % 20, 'org' || (i % 20) || '/r' || i, {_WILL_BE}, {_WILL_BE}",
    ),
    "delivery": Table(
        1.0,
        "guid, received_at, event, action, repo_id, pr, sha, lane, outcome",
        f"'g' || i, {_WAS}, 'check_run', 'completed', 1 + i % 2000, {_PR}, {_SHA}, 1, 'marked'",
    ),
    "dirty": Table(
        0.3,
        "pr, installation_id, repo_id, number, lane, seq, evaluated_seq",
        f"{_PR}, 1 + i % 20, 1 + i % 2000, i, 1, 9, 9",
    ),
    "head_index": Table(
        0.3,
        "repo_id, number, sha, base_ref, base_sha, since, updated_at",
        f"1 + i % 2000, i, {_SHA}, 'main', {_SHA}, {_WAS}, {_WAS}",
    ),
    "published": Table(
        1.0,
        '"key", kind, repo_id, pr, head_sha, remote_id, digest, written_at',
        f"'c' || i, 'check', 1 + i % 2000, {_PR}, {_SHA}, i, 'd', {_WAS}",
    ),
    "act": Table(
        1.0,
        'id, "key", repo_id, number, kind, actor_id, said_at, recorded_at, body',
        f"'a' || i, 'k' || i, 1 + i % 2000, i % 300000, 'attest', 1, {_WAS}, {_WAS}, '{{}}'",
    ),
    "timer": Table(0.1, '"key", due_at, kind, pr, set_at', f"'t' || i, {_WILL_BE}, 'x', {_PR}, 0"),
}

_LARGE = {name for name, one in _TABLES.items() if one.share <= 1}
_CALLED = re.compile(r"\b(?:FROM|JOIN|UPDATE)\s+(\w+)(?:\s+(?:AS\s+)?(\w+))?")


def fill(data: Path, database: str | None, rows: int) -> None:
    """Make the store of a bot that is not running yet: in its folder, or in its database."""
    if database is None:
        schema.upgrade(data / "handoff.sqlite")
        with closing(sqlite3.connect(data / "handoff.sqlite")) as store:
            store.create_function("repeat", 2, lambda text, times: text * times)
            for statement in _statements(rows):
                store.execute(statement)
            store.execute("ANALYZE")
            store.commit()
        return
    postgres_schema.upgrade(database, engine_schema())
    with psycopg.connect(database, autocommit=True) as server:
        for statement in (*_statements(rows), "VACUUM ANALYZE"):
            server.execute(statement.encode())
        server.execute(b"CREATE EXTENSION pg_stat_statements")
        server.execute(b"SELECT pg_stat_reset(), pg_stat_statements_reset()")


def _statements(rows: int) -> Iterator[str]:
    for name, one in _TABLES.items():
        many = round(one.share * rows) if one.share <= 1 else round(one.share)
        counted = (
            f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {many})"
        )
        yield f"INSERT INTO {name} ({one.columns}) {counted} SELECT {one.values} FROM n"


def watched(data: Path, database: str | None) -> Figures:
    """What its statements took since it was filled, once the bot has ended."""
    if database is None:
        counted = json.loads((data / "statements.json").read_text(encoding="utf-8"))
        found = [
            Counted(text, one["calls"], one["ms"] / one["calls"], bool(one["scans"]))
            for text, one in counted.items()
        ]
    else:
        found = _counted(database)
    found.sort(key=lambda one: one.ms, reverse=True)
    for one in found[:8]:
        print(f"  {one.ms:.2f} ms, {one.calls} times: {' '.join(one.text.split())[:150]}")
    often = [one for one in found if one.calls >= OFTEN]
    return {
        "statements": len(found),
        "slowest_ms": often[0].ms,
        "scans": sum(one.scans for one in often),
    }


def stored(table: str, data: Path, database: str | None) -> int:
    """How many rows the table has, once the bot has ended."""
    text = f"SELECT count(*) FROM {table}"
    if database is None:
        with closing(sqlite3.connect(data / "handoff.sqlite")) as store:
            return int(store.execute(text).fetchone()[0])
    with psycopg.connect(database) as server:
        return int((server.execute(text.encode()).fetchone() or (0,))[0])


def _counted(database: str) -> list[Counted]:
    with psycopg.connect(database) as server:
        # How long a lock is waited for is nothing that rows are to blame for.
        return [
            Counted(text, calls, ms, hit > WALKED)
            for text, calls, ms, hit in server.execute(
                b"SELECT query, calls, mean_exec_time, (shared_blks_hit + shared_blks_read) / "
                b"calls FROM pg_stat_statements WHERE query !~ 'pg_advisory|pg_stat' "
                b"AND query ~* '^\\s*(prepare|with|select|insert|update|delete)'"
            )
        ]


class Counting(sqlite3.Connection):
    """Counts what it is asked, and how often the engine walks a whole table for it."""

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        """Run one statement."""
        verb = sql.split(maxsplit=1)[0].upper()
        if verb not in {"WITH", "SELECT", "INSERT", "UPDATE", "DELETE"}:
            return super().execute(sql, parameters)
        one = _counts.setdefault(sql, {"calls": 0, "ms": 0.0, "scans": 0})
        if not one["calls"]:
            steps = super().execute(f"EXPLAIN QUERY PLAN {sql}", parameters).fetchall()
            one["scans"] = sum(walks(str(step[3]), names(sql)) for step in steps)
        began = perf_counter()
        cursor = super().execute(sql, parameters)
        one["calls"] += 1
        one["ms"] += (perf_counter() - began) * 1000
        return cursor


def names(sql: str) -> set[str]:
    """What a statement calls its large tables."""
    called = _CALLED.findall(sql)
    return {one for table, alias in called if table in _LARGE for one in (table, alias)}


def walks(step: str, large: set[str]) -> bool:
    """Whether a step of SQLite's plan reads all rows of one of these tables."""
    words = step.split()
    return words[0] == "SCAN" and words[1] in large and " INDEX " not in step


def _told() -> None:
    Path(os.environ[STATEMENTS]).write_text(json.dumps(_counts), encoding="utf-8")


if __name__ == "__main__":
    plan.GRACE = timedelta()
    sqlite3.connect = partial(sqlite3.connect, factory=Counting)  # type: ignore[assignment]
    atexit.register(_told)
    run()
