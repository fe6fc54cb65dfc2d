"""All of a store, taken into one of the other kind: in one transaction, and compared."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from bot.errors import Trouble
from bot.failpoint import failpoint
from bot.store.marking import remember

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.store.port import Tx

# Each with its key; what others refer to comes first. Who is at work and what they may spend is
# not taken along.
TABLES = {
    "installation": "id",
    "repository": "id",
    "policy": "scope",
    "policy_text": "digest",
    "delivery": "guid",
    "dirty": "pr",
    "head_index": "repo_id, number, sha",
    "timer": "key",
    "act": "id",
    "asked": "login, at, cause",
    "report": "id",
    "published": "key",
    "outbox": "key",
    "budget": "installation_id, resource",
    "meta": "key",
}
_LEFT_OUT = "key NOT IN ('leader', 'probe', 'moved_to')"
BATCH = 200
# What was running is due again, and what was on its way is looked for.
_SETTLE = (
    "UPDATE dirty SET due_at = coalesce(due_at, last_run_at), run_owner = NULL, run_job = NULL, "
    "queued_at = NULL, lane = min(lane, coalesce(run_lane, lane)), "
    "first_at = coalesce(run_first_at, first_at), attempts = max(attempts - 1, 0) "
    "WHERE run_owner IS NOT NULL",
    "UPDATE dirty SET queued_at = NULL WHERE queued_at IS NOT NULL",
    "UPDATE outbox SET state = 'uncertain' WHERE state = 'sending'",
)


class Sum(NamedTuple):
    """What a table holds."""

    rows: int
    digest: str


@dataclass(frozen=True, slots=True)
class Moved:
    """How many rows of each table were taken along."""

    rows: dict[str, int]


def move(source: Tx, target: Tx, to: str) -> Moved:
    """Copy everything; both stand at the newest revision and are used by nobody else. `to`: how
    the source calls the target from now on. Raises Trouble; nothing is done then."""
    _refuse_moved(source)
    with _whole(source):
        for statement in _SETTLE:
            source.execute(statement)
        before = {name: _sum(source, name) for name in TABLES}
        with _whole(target):
            # A new store has written down when it was made.
            target.execute("DELETE FROM meta")
            _refuse_filled(target)
            for name in TABLES:
                _copy(source, target, name)
            after = {name: _sum(target, name) for name in TABLES}
            wrong = [name for name in TABLES if before[name] != after[name]]
            if wrong:
                raise Trouble(f"the copy differs in {', '.join(wrong)}: nothing was moved")
            failpoint("moving")
    failpoint("moved")
    remember(source, "moved_to", to)
    return Moved({name: one.rows for name, one in before.items()})


@contextmanager
def _whole(tx: Tx) -> Iterator[None]:
    tx.execute("BEGIN")
    end = "ROLLBACK"
    try:
        yield
        end = "COMMIT"
    finally:
        # On a full disk SQLite has taken it back by itself.
        with nullcontext() if end == "COMMIT" else suppress(sqlite3.Error):
            tx.execute(end)


def _refuse_moved(source: Tx) -> None:
    row = source.execute("SELECT value FROM meta WHERE key = 'moved_to'").fetchone()
    if row is not None:
        raise Trouble(f"the store was moved to {row[0]} already")


def _refuse_filled(target: Tx) -> None:
    for name in TABLES:
        if target.execute(f"SELECT 1 FROM {name} LIMIT 1").fetchone() is not None:
            raise Trouble(f"the target is not empty: there are rows in {name}")


def _columns(tx: Tx, name: str) -> tuple[str, ...]:
    cursor: Any = tx.execute(f"SELECT * FROM {name} LIMIT 0")
    return tuple(sorted(one[0] for one in cursor.description))


def _parts(tx: Tx, name: str) -> Iterator[list[Any]]:
    """Its rows in the order of their keys, some at a time: all that one statement finds on a server
    would be held in memory."""
    columns, key = _columns(tx, name), TABLES[name]
    places = [columns.index(one) for one in key.split(", ")]
    beyond = f"({key}) > ({', '.join('?' * len(places))})"
    where, last = _LEFT_OUT if name == "meta" else "true", tuple[Any, ...]()
    while True:
        part = tx.execute(
            f"SELECT {', '.join(columns)} FROM {name} WHERE {where} "
            f"AND {beyond if last else 'true'} ORDER BY {key} LIMIT {BATCH}",
            last,
        ).fetchall()
        if part:
            yield part
        if len(part) < BATCH:
            return
        last = tuple(part[-1][place] for place in places)


def _copy(source: Tx, target: Tx, name: str) -> None:
    columns = _columns(source, name)
    one = f"({', '.join('?' * len(columns))})"
    for part in _parts(source, name):
        values = [value for row in part for value in row]
        places = ", ".join([one] * len(part))
        target.execute(f"INSERT INTO {name} ({', '.join(columns)}) VALUES {places}", values)


def _sum(tx: Tx, name: str) -> Sum:
    """Rows are read in the order of their keys, columns in that of their names: both engines give
    the same."""
    digest, count = sha256(), 0
    for row in chain.from_iterable(_parts(tx, name)):
        digest.update(repr(tuple(row)).encode())
        count += 1
    return Sum(count, digest.hexdigest())
