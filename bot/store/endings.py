"""How a run ended: when its subject is due again, in which lane, and what it counts for."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple, assert_never
from zlib import crc32

from bot.model.claim import (
    Blocked,
    Claim,
    Done,
    Fenced,
    GoneForGood,
    LimitedUntil,
    Ours,
    Outcome,
    Retry,
)
from bot.model.wake import Lane
from bot.store.moment import maybe_ms, to_ms
from bot.store.outbox import HELD, REPEAT_MS

if TYPE_CHECKING:
    from bot.store.port import Rows, Tx

ATTEMPTS_AT_MOST = 5
CRASHES_AT_MOST = 3
AFTER_OURS = (5, 30, 120, 600)
_SOFT = (1, 2, 4, 8, 16, 32, 64, 128, 300)
# Only what every call of the installation meets holds all of it.
_HOLDS_ALL = frozenset({"core", "graphql", "write"})

_ROW = """
SELECT seq, run_seq, last_run_at, gap, attempts, soft, lane, run_lane FROM dirty d
WHERE pr = ? AND run_epoch = ? AND run_owner IS NOT NULL
"""
# A row on its way belongs to another run, which has its answer in a moment.
_UNSENT = f"""
SELECT min(CASE state WHEN 'sending' THEN max(due_at, :now + 1000,
  CASE kind WHEN 'message' THEN sending_at + :repeat ELSE 0 END) ELSE due_at END) FROM outbox
WHERE pr = :pr AND state IN ('pending', 'uncertain', 'sending') AND NOT {HELD}
"""


class _Run(NamedTuple):
    """The subject's row as its run leaves it; `lane`: the most urgent of what came meanwhile,
    `run_lane`: of what the run was for; `unsent`: when the first that has not left is due."""

    seq: int
    run_seq: int
    last_run_at: int
    gap: int
    attempts: int
    soft: int
    lane: int
    run_lane: int
    unsent: int | None

    def again(self, now: int) -> int | None:
        """When to look at what came while it ran; None when nothing did."""
        if self.seq == self.run_seq:
            return None
        if self.lane == Lane.COMMAND and self.run_lane != Lane.COMMAND:
            return now
        return max(now, min(self.last_run_at, now) + self.gap)


def ask_run(tx: Tx, claim: Claim, now: int) -> tuple[Rows, Rows]:
    """The row that is still the claim's, and when the first that has not left is due."""
    about = {"pr": claim.subject.key, "now": now, "repeat": REPEAT_MS}
    return tx.execute(_ROW, (claim.subject.key, claim.epoch)), tx.execute(_UNSENT, about)


def end_run(tx: Tx, claim: Claim, outcome: Outcome, now: int, asked: tuple[Rows, Rows]) -> None:
    """Give the subject back as the outcome says; nothing when somebody else owns it by now."""
    row, (unsent,) = (one.fetchone() for one in asked)
    if row is None:
        return
    run = _Run._make((*row, unsent))
    values = {"reason": None} | _values(tx, claim, outcome, run, now)
    sets = ", ".join(f"{name} = :{name}" for name in values if name != "due_at")
    # A process of the release before may have marked it since it was asked for.
    due = "CASE WHEN seq = :seen THEN :due_at ELSE coalesce(min(:due_at, :soon), :soon) END"
    more = {"pr": claim.subject.key, "epoch": claim.epoch, "seen": run.seq, "soon": now + run.gap}
    tx.execute(
        f"UPDATE dirty SET run_owner = NULL, due_at = {due}, {sets} "
        "WHERE pr = :pr AND run_epoch = :epoch",
        values | more,
    )


def _values(tx: Tx, claim: Claim, outcome: Outcome, run: _Run, now: int) -> dict[str, Any]:
    again = run.again(now)
    match outcome:
        case Done(next_at=next_at, refused=refused):
            if refused and again is None:
                return {"due_at": None, "parked": "failed", "reason": refused[:300]}
            due = _soonest(again, run.unsent, maybe_ms(next_at))
            return {"due_at": due, "attempts": 0, "soft": 0, "crashes": 0}
        case Retry(after=after, why=why):
            due = now + _wait(claim, run.soft, after)
            return _later(claim, run, _soonest(again, due), why) | {"soft": run.soft + 1}
        case LimitedUntil(until=until, resource=resource, why=why):
            if resource in _HOLDS_ALL:
                _block(tx, claim, outcome)
            return _later(claim, run, _soonest(again, to_ms(until)), why or resource)
        case Blocked(why=why):
            tx.execute(
                "UPDATE installation SET suspended_at = coalesce(suspended_at, ?) WHERE id = ?",
                (now, claim.installation_id),
            )
            return _later(claim, run, now, why)
        case Ours(error=error, fault=fault):
            return _ours(claim, run, now, f"{error[:250]} ({fault})")
        case GoneForGood(why=why):
            _close(tx, claim)
            left = {"attempts": max(run.attempts - 1, 0), "evaluated_seq": run.run_seq}
            return {"due_at": again, "reason": why[:300]} | left
        case Fenced():
            return {"due_at": now}
        case _:
            assert_never(outcome)


def _wait(claim: Claim, soft: int, after: timedelta) -> int:
    """Longer each time, and not all in one moment when GitHub is back."""
    seconds = _SOFT[min(soft, len(_SOFT) - 1)]
    spread = crc32(f"{claim.subject.key} {claim.epoch}".encode()) % 400 if seconds > 4 else 200
    return max(after // timedelta(milliseconds=1), seconds * (800 + spread))


def _later(claim: Claim, run: _Run, due: int | None, why: str) -> dict[str, Any]:
    """Not our failure: the attempt is given back, lane and first moment are put back."""
    return {
        "due_at": due,
        "reason": why[:300],
        "attempts": max(run.attempts - 1, 0),
        "lane": min(int(claim.lane), run.lane),
        "first_at": to_ms(claim.first_at),
    }


def _ours(claim: Claim, run: _Run, now: int, why: str) -> dict[str, Any]:
    again = run.again(now)
    if again is not None and run.lane <= Lane.VERDICT:
        # A new head or a command came meanwhile: what failed was about the old one.
        return _later(claim, run, again, why) | {"attempts": 0}
    if run.attempts >= ATTEMPTS_AT_MOST:
        return {"due_at": None, "parked": "failed", "reason": why}
    due = now + AFTER_OURS[max(min(run.attempts, len(AFTER_OURS)) - 1, 0)] * 1000
    return _later(claim, run, due, why) | {"attempts": run.attempts, "hold_until": due}


def _block(tx: Tx, claim: Claim, limit: LimitedUntil) -> None:
    tx.execute(
        "INSERT INTO budget AS b (installation_id, resource, blocked_until, why) "
        "VALUES (?, ?, ?, ?) ON CONFLICT (installation_id, resource) DO UPDATE SET "
        "blocked_until = max(b.blocked_until, excluded.blocked_until), "
        "why = excluded.why",
        (claim.installation_id, limit.resource, to_ms(limit.until), limit.why[:300]),
    )


def _close(tx: Tx, claim: Claim) -> None:
    """Nothing is sent, timed or heard any more for what is no more."""
    key = claim.subject.key
    tx.execute("DELETE FROM outbox WHERE pr = ?", (key,))
    tx.execute("DELETE FROM timer WHERE pr = ?", (key,))
    tx.execute("UPDATE delivery SET hear = 2, facts = NULL WHERE pr = ? AND hear = 1", (key,))
    tx.execute(
        "UPDATE head_index SET open = 0 WHERE repo_id = ? AND number = ?",
        (claim.subject.repo_id, claim.subject.number),
    )


def _soonest(*moments: int | None) -> int | None:
    return min((moment for moment in moments if moment is not None), default=None)
