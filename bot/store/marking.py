"""How a subject becomes due: shared by deliveries, timers and sweeps."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.model.wake import Lane, Subject

if TYPE_CHECKING:
    from bot.store.port import Tx

# Runs of one subject start at least so far apart; five times that after 8 runs in a minute. A
# command does not wait, except for the run that heard the command before it.
GAP_MS = 1_000

# Epochs count on from the moment at which the row is made: of one that went and is made anew nobody
# holds what was claimed of the old one.
_MARK = """
INSERT INTO dirty AS d (pr, installation_id, repo_id, number, lane, seq, forced_seq, first_at,
                        due_at, expect, delivery, last_run_at, run_epoch)
VALUES (:pr, :installation, :repo, :number, :lane, 1, :forced, :now, :now, :expect, :delivery, 0,
        :now)
ON CONFLICT (pr) DO UPDATE SET
  seq = d.seq + 1,
  forced_seq = CASE WHEN :forced = 1 THEN d.seq + 1 ELSE d.forced_seq END,
  lane = CASE WHEN d.due_at IS NULL AND d.run_owner IS NULL THEN :lane
    ELSE min(d.lane, :lane) END,
  queued_at = CASE WHEN :lane < d.lane THEN NULL ELSE d.queued_at END,
  first_at = coalesce(d.first_at, :now),
  installation_id = :installation,
  expect = CASE WHEN :expect = '{}' THEN d.expect
    ELSE json_patch(coalesce(d.expect, '{}'), :expect) END,
  delivery = coalesce(d.delivery, :delivery),
  parked = CASE WHEN :fresh = 1 THEN 'no' ELSE d.parked END,
  attempts = CASE WHEN :fresh = 1 AND d.parked != 'no' THEN 0 ELSE d.attempts END,
  crashes = CASE WHEN :fresh = 1 AND d.parked != 'no' THEN 0 ELSE d.crashes END,
  hold_until = CASE WHEN :fresh = 1 THEN 0 ELSE d.hold_until END,
  due_at = CASE
    WHEN d.run_owner IS NOT NULL THEN d.due_at
    WHEN :lane = 0 AND coalesce(d.run_lane, 9) != 0 THEN :now
    ELSE max(min(coalesce(d.due_at, 9000000000000000), max(:now, min(d.last_run_at, :now) + d.gap)),
             CASE WHEN :fresh = 1 THEN 0 ELSE min(d.hold_until, :now + 600000) END)
  END
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What is marked, why, and what the wake already knows. `fresh`: a new head or a command."""

    subject: Subject
    installation_id: int
    lane: Lane
    expect: dict[str, str] = field(default_factory=dict)
    delivery: str | None = None
    forced: bool = False
    fresh: bool = False


def mark(tx: Tx, one: Mark, now: int) -> None:
    """Raise the subject's `seq` and make it due; a running one is looked at again at its end."""
    tx.execute(
        _MARK,
        {
            "pr": one.subject.key,
            "installation": one.installation_id,
            "repo": one.subject.repo_id,
            "number": one.subject.number,
            "lane": int(one.lane),
            "forced": int(one.forced),
            "now": now,
            "expect": json.dumps(one.expect, sort_keys=True) if one.expect else "{}",
            "delivery": one.delivery,
            "fresh": int(one.fresh or one.lane == Lane.COMMAND),
        },
    )


def arm(tx: Tx, key: str, due: int, now: int, subject: Subject | None = None) -> None:
    """Set a timer, whose key begins with its kind; an earlier one of that key stays."""
    tx.execute(
        "INSERT INTO timer AS t (key, due_at, kind, pr, set_at) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (key) DO UPDATE SET due_at = min(t.due_at, excluded.due_at), "
        "set_at = max(t.set_at + 1, excluded.set_at)",
        (key, due, key.partition(":")[0], subject.key if subject else None, now),
    )


def remember(tx: Tx, key: str, value: str) -> None:
    """Remember a value of the store as a whole."""
    tx.execute(
        "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET "
        "value = excluded.value",
        (key, value),
    )
