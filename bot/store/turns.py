"""Whose turn it is: what is due, fairly between installations, the urgent first."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bot.model.claim import Room
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
# Who waits a minute longer counts as a lane more urgent; commands go before all.
_DUE = """
SELECT d.pr, d.installation_id, r.full_name, d.run_epoch, d.seq, d.lane, d.attempts, d.first_at,
       d.expect, d.evaluated_seq, d.forced_seq, d.delivery, d.crashes, d.burst_at, d.burst, d.reason
FROM dirty d JOIN repository r ON r.id = d.repo_id
WHERE d.installation_id = :home AND d.run_owner IS NULL AND d.parked = 'no'
  AND d.due_at IS NOT NULL AND d.due_at <= :now AND r.removed_at IS NULL AND r.archived = 0
  AND (d.crashes = 0 OR :once = 1 AND d.crashes = 1 OR :twice = 1 AND d.crashes > 1)
  AND coalesce(d.queued_at, 0) <= :queued
  AND (:blocked = 0 OR d.first_at <= :silent AND d.last_run_at < d.first_at)
ORDER BY d.due_at + CASE WHEN d.lane = 0 THEN -3600000 ELSE d.lane * 60000 END, d.pr LIMIT :batch
"""
_HOME = """
SELECT i.id, (SELECT max(blocked_until) FROM budget b WHERE b.installation_id = i.id
              AND b.resource IN ('core', 'graphql') AND b.blocked_until > :now)
FROM installation i JOIN dirty d ON d.installation_id = i.id
WHERE d.pr = :pr AND i.suspended_at IS NULL AND i.removed_at IS NULL
"""
_ONE = _DUE.replace("WHERE d.installation_id = :home", "WHERE d.pr = :pr").partition("ORDER BY")[0]
_ONE += "/* FOR UPDATE OF d */"


def due_queues(
    tx: Tx, room: Room, suspects: dict[int, int], now: int
) -> dict[int, deque[tuple[Any, ...]]]:
    """Due rows by installation, the most urgent first; of each as many as may fit, and a few."""
    homes = tx.execute(_HOMES, {"now": now}).fetchall()
    asked = _asked(suspects, now) | {
        "batch": max(-(-2 * room.commands // max(len(homes), 1)), 2) + sum(SUSPECTS.values()),
    }
    queues = {}
    for home, blocked in homes:
        here = {"home": home, "blocked": int(blocked is not None)}
        rows = tx.execute(_DUE, asked | here).fetchall()
        if rows:
            queues[home] = deque(rows)
    return queues


def one_due(tx: Tx, pr: str, now: int) -> tuple[Any, ...] | None:
    """The subject's row, chosen as those of `choose` are; None where it is not its turn."""
    asked = tx.execute(_SUSPECTS), tx.execute(_HOME, {"pr": pr, "now": now})
    home = asked[1].fetchone()
    if home is None:
        return None
    about = _asked(_free(asked[0]), now) | {"pr": pr}
    blocked = {"blocked": int(home[1] is not None), "queued": now}
    row: tuple[Any, ...] | None = tx.execute(_ONE, about | blocked).fetchone()
    return row


def _asked(suspects: dict[int, int], now: int) -> dict[str, Any]:
    return {
        "now": now,
        "silent": now - SILENT_MS,
        "queued": now - QUEUED_MS,
        "once": int(suspects[1] > 0),
        "twice": int(suspects[2] > 0),
    }


def suspects_free(tx: Tx) -> dict[int, int]:
    """How many more may run of those with which the process died; under 0 those never do."""
    return _free(tx.execute(_SUSPECTS))


def _free(running: Rows) -> dict[int, int]:
    known = dict(running.fetchall())
    return {0: 0} | {kind: most - known.get(kind, 0) for kind, most in SUSPECTS.items()}
