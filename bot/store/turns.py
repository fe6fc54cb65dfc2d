"""Whose turn it is: what is due, fairly between installations, the urgent first."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple

from bot.store.acts import groups_key

if TYPE_CHECKING:
    from bot.model.claim import Room
    from bot.model.wake import Subject
    from bot.store.port import Rows, Tx

# At most so many at once of those with which the process died once, or more often.
SUSPECTS = {1: 4, 2: 1}
# A head without verdict for so long is told why, though its installation is limited.
SILENT_MS = 120_000
# A job that nobody began for so long counts as lost.
QUEUED_MS = 10_000

_SUSPECTS = """
SELECT min(crashes, 2), count(*) FROM dirty WHERE run_owner IS NOT NULL AND crashes > 0 GROUP BY 1
"""
_HOMES = """
SELECT i.id, (SELECT max(blocked_until) FROM budget b WHERE b.installation_id = i.id
              AND b.resource IN ('core', 'graphql') AND b.blocked_until > :now)
FROM installation i WHERE i.suspended_at IS NULL AND i.removed_at IS NULL
  AND EXISTS (SELECT 1 FROM dirty d WHERE d.installation_id = i.id AND d.run_owner IS NULL
              AND d.parked = 'no' AND d.due_at IS NOT NULL AND d.due_at <= :now)
"""
_ROW = """d.pr, d.installation_id, r.full_name, d.run_epoch, d.seq, d.lane, d.attempts, d.first_at,
  d.expect, d.evaluated_seq, d.forced_seq, d.delivery, d.crashes, d.burst_at, d.burst, d.reason"""
# Who waits a minute longer counts as a lane more urgent; commands go before all.
_DUE = f"""
SELECT {_ROW} FROM dirty d JOIN repository r ON r.id = d.repo_id
WHERE d.installation_id = :home AND d.run_owner IS NULL AND d.parked = 'no'
  AND d.due_at IS NOT NULL AND d.due_at <= :now AND r.removed_at IS NULL AND r.archived = 0
  AND (d.crashes = 0 OR :once = 1 AND d.crashes = 1 OR :twice = 1 AND d.crashes > 1)
  AND coalesce(d.queued_at, 0) <= :queued
  AND (:blocked = 0 OR d.first_at <= :silent AND d.last_run_at < d.first_at)
ORDER BY d.due_at + CASE WHEN d.lane = 0 THEN -3600000 ELSE d.lane * 60000 END, d.pr LIMIT :batch
"""
# One subject, whatever holds it back: its installation's limit, and since when it was not judged.
_ONE = f"""
SELECT (SELECT max(b.blocked_until) FROM budget b WHERE b.installation_id = d.installation_id
        AND b.resource IN ('core', 'graphql') AND b.blocked_until > :now), d.last_run_at, {_ROW}
FROM dirty d JOIN repository r ON r.id = d.repo_id JOIN installation i ON i.id = d.installation_id
WHERE d.pr = :pr AND d.run_owner IS NULL AND d.parked = 'no'
  AND d.due_at IS NOT NULL AND d.due_at <= :now AND r.removed_at IS NULL AND r.archived = 0
  AND i.suspended_at IS NULL AND i.removed_at IS NULL
"""


class Due(NamedTuple):
    """What is asked for before anything is chosen: suspects that run, installations with work."""

    suspects: Rows
    homes: Rows


def turn_of(subject: Subject) -> frozenset[str]:
    """What the beginning and the end of its runs are about: merge groups are marked by whoever says
    something in their repository."""
    groups = {groups_key(subject.repo_id)} if subject.group else set[str]()
    return frozenset({subject.key} | groups)


def ask_due(tx: Tx, now: int) -> Due:
    """Ask both at once."""
    return Due(ask_suspects(tx), tx.execute(_HOMES, {"now": now}))


def due_queues(
    tx: Tx, homes: Rows, room: Room, suspects: dict[int, int], now: int
) -> dict[int, deque[tuple[Any, ...]]]:
    """Due rows by installation, the most urgent first; of each as many as may fit, and a few."""
    known = homes.fetchall()
    bounds = {
        "now": now,
        "silent": now - SILENT_MS,
        "queued": now - QUEUED_MS,
        "once": int(suspects[1] > 0),
        "twice": int(suspects[2] > 0),
        "batch": max(-(-2 * room.commands // max(len(known), 1)), 2) + sum(SUSPECTS.values()),
    }
    asked = [
        (home, tx.execute(_DUE, bounds | {"home": home, "blocked": int(blocked is not None)}))
        for home, blocked in known
    ]
    found = ((home, deque(rows.fetchall())) for home, rows in asked)
    return {home: rows for home, rows in found if rows}


def ask_one(tx: Tx, pr: str, now: int) -> Rows:
    """The row of one subject that may be due."""
    return tx.execute(_ONE, {"pr": pr, "now": now})


def one_due(asked: Rows, now: int) -> tuple[Any, ...] | None:
    """The row that was asked for, as those of `choose` are; None where it is not its turn. Of one
    with which the process died others have to be asked, too."""
    found: tuple[Any, ...] | None = asked.fetchone()
    if found is None:
        return None
    blocked, last_run_at, *row = found
    first_at = row[7]
    untold = first_at is not None and last_run_at < first_at <= now - SILENT_MS
    return tuple(row) if blocked is None or untold else None


def suspects_free(running: Rows) -> dict[int, int]:
    """How many more may run of those with which the process died; under 0 those never do."""
    known = dict(running.fetchall())
    return {0: 0} | {kind: most - known.get(kind, 0) for kind, most in SUSPECTS.items()}


def ask_suspects(tx: Tx) -> Rows:
    """How many run of those with which the process died."""
    return tx.execute(_SUSPECTS)
