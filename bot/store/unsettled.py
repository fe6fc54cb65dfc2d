"""What is not settled and what is not sent, as people are shown it: whole tables are walked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.model.claim import Unsent, Waiting
from bot.model.wake import Subject
from bot.store.moment import from_ms, maybe_from
from bot.store.outbox import DOUBT_MS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.store.port import Tx

_ROWS = """(
  SELECT d.pr, r.full_name AS repo, d.run_owner, d.parked, d.reason, d.due_at, d.first_at,
    d.attempts, coalesce(i.suspended_at, i.removed_at, r.removed_at, nullif(r.archived, 0))
      AS suspended,
    (SELECT max(blocked_until) FROM budget b WHERE b.installation_id = d.installation_id
      AND blocked_until > :now AND (resource != 'write' OR d.seq = d.evaluated_seq)) AS blocked
  FROM dirty d JOIN repository r ON r.id = d.repo_id JOIN installation i ON i.id = d.installation_id
  WHERE d.parked != 'no' OR d.run_owner IS NOT NULL OR d.due_at IS NOT NULL) AS one"""
_WORD = """CASE WHEN parked != 'no' THEN 'parked because'
  WHEN suspended IS NOT NULL THEN 'suspended' WHEN run_owner IS NOT NULL THEN 'running'
  WHEN blocked IS NOT NULL THEN 'limited until' WHEN due_at > :now THEN 'waiting' ELSE 'due' END"""
_WAITING = f"""SELECT pr, repo, {_WORD}, first_at,
  CASE WHEN parked != 'no' OR suspended IS NOT NULL THEN NULL
    WHEN run_owner IS NULL THEN coalesce(blocked, due_at) ELSE due_at END,
  coalesce(reason, ''), attempts FROM {_ROWS} ORDER BY due_at"""
_COUNTS = f"SELECT {_WORD}, count(*) FROM {_ROWS} GROUP BY 1"
_UNSENT = """
SELECT pr, key, CASE state WHEN 'sending' THEN 'uncertain' ELSE state END, planned_at,
  coalesce(error, '') FROM outbox WHERE state IN ('dead', 'uncertain')
  OR state = 'sending' AND abs(? - sending_at) >= ? ORDER BY planned_at, key
"""


def waiting(tx: Tx, now: int) -> Sequence[Waiting]:
    """Every subject that is not settled."""
    return [
        Waiting(
            subject=Subject.parse(pr),
            repo=repo,
            word=word,
            since=maybe_from(since),
            until=maybe_from(until),
            why=why,
            attempts=attempts,
        )
        for pr, repo, word, since, until, why, attempts in tx.execute(_WAITING, {"now": now})
    ]


def counts(tx: Tx, now: int) -> dict[str, int]:
    """How many there are, by their word."""
    return dict(tx.execute(_COUNTS, {"now": now}).fetchall())


def unsent(tx: Tx, now: int) -> Sequence[Unsent]:
    """What is given up, and what nobody knows of whether it has arrived."""
    rows = tx.execute(_UNSENT, (now, DOUBT_MS)).fetchall()
    names = dict(tx.execute("SELECT id, full_name FROM repository").fetchall()) if rows else {}
    found = ((Subject.parse(pr), *row) for pr, *row in rows)
    return [
        Unsent(one, names[one.repo_id], key, state, from_ms(at), why)
        for one, key, state, at, why in found
        if one.repo_id in names
    ]
