"""Subjects that are due: claimed under an epoch, given back by how their run ended."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any, assert_never

from bot.model.arrival import Said
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
    Room,
    Waiting,
)
from bot.model.codec import Decoder
from bot.model.wake import Lane, Subject
from bot.store.marking import GAP_MS, Mark, mark
from bot.store.moment import from_ms, maybe_from, maybe_ms, to_ms

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.clock import Clock
    from bot.store.database import Database, Tx

ATTEMPTS_AT_MOST = 5
CRASHES_AT_MOST = 3
BATCH = 50
# Above so many runs in a minute the gap widens.
BUSY_RUNS, BUSY_GAP_MS, MINUTE_MS = 8, 5_000, 60_000
# The more run at once, the longer each waits for its next turn: calls are what runs out first.
WIDER_MS = 60
_AFTER_OURS = (5, 30, 120, 600)
_SOFT = (1, 2, 4, 8, 16, 32, 64, 128, 300)

_DUE = """
SELECT d.pr, d.installation_id, r.full_name, d.run_epoch, d.seq, d.lane, d.attempts, d.first_at,
       d.expect, d.evaluated_seq, d.forced_seq, d.delivery, d.crashes, d.burst_at, d.burst
FROM dirty d JOIN repository r ON r.id = d.repo_id
JOIN installation i ON i.id = d.installation_id
WHERE d.run_owner IS NULL AND d.parked = 'no' AND d.due_at IS NOT NULL AND d.due_at <= :now
  AND i.suspended_at IS NULL AND i.removed_at IS NULL AND r.removed_at IS NULL
  AND NOT EXISTS (SELECT 1 FROM budget b WHERE b.installation_id = d.installation_id
                  AND b.resource IN ('core', 'graphql') AND b.blocked_until > :now)
ORDER BY d.lane, d.due_at LIMIT :batch
"""


_NEXT = """
SELECT min(moment) FROM (
  SELECT min(due_at) AS moment FROM dirty
    WHERE run_owner IS NULL AND parked = 'no' AND due_at > :now
  UNION ALL SELECT min(due_at) FROM timer WHERE due_at > :now
  UNION ALL SELECT min(blocked_until) FROM budget WHERE blocked_until > :now)
"""


class Claims:
    """Takes and gives back subjects; every method is one transaction."""

    def __init__(self, database: Database, clock: Clock, owner: str) -> None:
        self._database = database
        self._clock = clock
        self._owner = owner

    async def recover(self) -> int:
        """At start: what a dead process was running is released and charged; how many."""
        return await self._database.tx(self._recover)

    def _recover(self, tx: Tx) -> int:
        now = to_ms(self._clock.now())
        tx.execute("UPDATE outbox SET state = 'uncertain' WHERE state = 'sending'")
        tx.execute(
            "UPDATE dirty SET due_at = coalesce(due_at, ?), run_owner = NULL, "
            "crashes = crashes + 1, attempts = max(attempts - 1, 0), "
            "parked = CASE WHEN crashes + 1 >= ? THEN 'deadly' ELSE parked END, "
            "reason = CASE WHEN crashes + 1 >= ? THEN 'the process died with it' ELSE reason END "
            "WHERE run_owner IS NOT NULL",
            (now, CRASHES_AT_MOST, CRASHES_AT_MOST),
        )
        released = int(tx.execute("SELECT changes()").fetchone()[0])
        tx.execute(
            "UPDATE dirty SET due_at = ? WHERE seq > evaluated_seq AND due_at IS NULL",
            (now,),
        )
        return released

    async def take(self, room: Room) -> Sequence[Claim]:
        """Claim what is due and fits, fairly between installations."""
        return await self._database.tx(lambda tx: self._take(tx, room))

    def _take(self, tx: Tx, room: Room) -> list[Claim]:
        now = to_ms(self._clock.now())
        rows = tx.execute(_DUE, {"now": now, "batch": BATCH * 4}).fetchall()
        claims: list[Claim] = []
        free = Counter(room.running)
        suspects = {1: 0, 2: 0}
        for row in _fairly(rows, free):
            crashes, lane = row[12], row[5]
            if crashes and not _may_suspect(crashes, suspects, bool(claims)):
                continue
            if len(claims) >= (room.commands if lane == Lane.COMMAND else room.free):
                continue
            busy = sum(room.running.values()) + len(claims)
            claims.append(self._claim(tx, row, now, busy))
            if len(claims) >= BATCH:
                break
        return claims

    def _claim(self, tx: Tx, row: tuple[Any, ...], now: int, others: int) -> Claim:
        pr, installation, repo, epoch, seq, lane, attempts, first_at, expect = row[:9]
        evaluated, forced, delivery, _, burst_at, burst = row[9:]
        burst, burst_at = (burst + 1, burst_at) if now - burst_at < MINUTE_MS else (1, now)
        busy = burst > BUSY_RUNS and lane == Lane.UPDATE
        tx.execute(
            "UPDATE dirty SET run_epoch = run_epoch + 1, run_owner = ?, run_seq = seq, "
            "run_lane = lane, run_first_at = first_at, run_started_at = ?, last_run_at = ?, "
            "attempts = attempts + 1, lane = 3, first_at = NULL, due_at = NULL, delivery = NULL, "
            "gap = ?, burst = ?, burst_at = ? WHERE pr = ?",
            (
                self._owner,
                now,
                now,
                BUSY_GAP_MS if busy else GAP_MS + others * WIDER_MS,
                burst,
                burst_at,
                pr,
            ),
        )
        known: dict[str, str] = json.loads(expect or "{}")
        if forced > evaluated:
            known["forced"] = "1"
        return Claim(
            subject=Subject.parse(pr),
            installation_id=installation,
            repo=repo,
            epoch=epoch + 1,
            seq=seq,
            lane=Lane(lane),
            attempts=attempts + 1,
            started_at=from_ms(now),
            first_at=from_ms(first_at if first_at is not None else now),
            expect=known,
            evaluate=seq > evaluated,
            said=_said(tx, pr),
            delivery=delivery,
        )

    async def finish(self, claim: Claim, outcome: Outcome) -> None:
        """Give the subject back; when it is due again follows from the outcome."""
        await self._database.tx(lambda tx: self._finish(tx, claim, outcome))

    def _finish(self, tx: Tx, claim: Claim, outcome: Outcome) -> None:
        now = to_ms(self._clock.now())
        row = tx.execute(
            "SELECT seq, run_seq, evaluated_seq, last_run_at, gap, attempts, soft FROM dirty "
            "WHERE pr = ? AND run_epoch = ? AND run_owner IS NOT NULL",
            (claim.subject.key, claim.epoch),
        ).fetchone()
        if row is None:
            return
        seq, run_seq, _, last_run, gap, attempts, soft = row
        again = max(now, last_run + gap) if seq > run_seq else None
        # A row that an earlier run could not send keeps its own moment.
        (unsent,) = tx.execute(_UNSENT, (claim.subject.key,)).fetchone()
        again = _sooner(again, unsent)
        values: dict[str, Any] = {"due_at": again, "reason": None}
        match outcome:
            case Done(next_at=next_at):
                values |= {"due_at": _sooner(again, maybe_ms(next_at)), "soft": 0}
                values["attempts"] = 0
            case Retry(after=after, why=why):
                wait = max(after, timedelta(seconds=_SOFT[min(soft, len(_SOFT) - 1)]))
                values |= _later(claim, now + to_ms(from_ms(0) + wait), why, attempts)
                values["soft"] = soft + 1
            case LimitedUntil(until=until, resource=resource, why=why):
                values |= _later(claim, to_ms(until), why or resource, attempts)
                _block(tx, claim, resource, to_ms(until), why)
            case Blocked(why=why):
                values |= _later(claim, now, why, attempts)
                tx.execute(
                    "UPDATE installation SET suspended_at = coalesce(suspended_at, ?) WHERE id = ?",
                    (now, claim.installation_id),
                )
            case Ours(error=error, fault=fault):
                values |= _ours(claim, attempts, now, f"{error} ({fault})")
            case GoneForGood(why=why):
                values |= {"due_at": again, "reason": why, "evaluated_seq": run_seq}
                tx.execute("DELETE FROM outbox WHERE pr = ?", (claim.subject.key,))
                tx.execute("DELETE FROM timer WHERE pr = ?", (claim.subject.key,))
            case Fenced():
                return
            case _:
                assert_never(outcome)
        self._release(tx, claim, values)

    def _release(self, tx: Tx, claim: Claim, values: dict[str, Any]) -> None:
        sets = ", ".join(f"{name} = :{name}" for name in values)
        tx.execute(
            f"UPDATE dirty SET run_owner = NULL, {sets} WHERE pr = :pr AND run_epoch = :epoch",
            values | {"pr": claim.subject.key, "epoch": claim.epoch},
        )

    async def give_back(self, claim: Claim) -> None:
        """A cancelled run: due at once, the attempt refunded."""
        outcome = Retry(timedelta(), "the server stopped")
        await self.finish(claim, outcome)

    async def next_due(self) -> int | None:
        """The next moment (ms) at which time alone makes something claimable.

        What is due already and was not claimed waits for room or for a limit to end, so it is no
        reason to look again at once.
        """
        now = to_ms(self._clock.now())
        row = await self._database.read(lambda tx: tx.execute(_NEXT, {"now": now}).fetchone())
        return None if row is None else row[0]

    async def fire(self) -> Sequence[tuple[str, str]]:
        """Take due timers: one of a subject marks it, the others are answered as (kind, key)."""
        return await self._database.tx(self._fire)

    def _fire(self, tx: Tx) -> list[tuple[str, str]]:
        now = to_ms(self._clock.now())
        rows = tx.execute(
            "DELETE FROM timer WHERE due_at <= ? RETURNING key, kind, pr", (now,)
        ).fetchall()
        sweeps = []
        for key, kind, pr in rows:
            if pr is None:
                sweeps.append((kind, key))
                continue
            known = tx.execute("SELECT installation_id FROM dirty WHERE pr = ?", (pr,)).fetchone()
            if known is not None:
                subject = Subject.parse(pr)
                mark(tx, Mark(subject=subject, installation_id=known[0], lane=Lane.UPDATE), now)
        return sweeps

    async def waiting(self) -> Sequence[Waiting]:
        """Every subject that is not settled."""
        now = to_ms(self._clock.now())
        rows = await self._database.read(
            lambda tx: tx.execute(
                "SELECT d.pr, r.full_name, d.run_owner, d.parked, d.reason, d.due_at, d.first_at, "
                "d.attempts, i.suspended_at, (SELECT max(blocked_until) FROM budget b WHERE "
                "b.installation_id = d.installation_id AND blocked_until > ?) FROM dirty d "
                "JOIN repository r ON r.id = d.repo_id JOIN installation i "
                "ON i.id = d.installation_id WHERE d.parked != 'no' OR d.run_owner IS NOT NULL "
                "OR d.due_at IS NOT NULL ORDER BY d.due_at",
                (now,),
            ).fetchall()
        )
        return [_waiting(row) for row in rows]

    async def resume(self, subject: Subject) -> bool:
        """Try a parked subject again now; False if it was not parked."""
        now = to_ms(self._clock.now())
        done = await self._database.tx(
            lambda tx: (
                tx.execute(
                    "UPDATE dirty SET parked = 'no', attempts = 0, crashes = 0, due_at = ?, "
                    "seq = seq + 1 WHERE pr = ? AND parked != 'no'",
                    (now, subject.key),
                ).rowcount
            )
        )
        return done == 1


_UNSENT = (
    "SELECT min(due_at) FROM outbox WHERE pr = ? AND state IN ('pending', 'uncertain', 'sending')"
)


def _fairly(rows: list[tuple[Any, ...]], running: Counter[int]) -> list[tuple[Any, ...]]:
    """Rows in an order in which each installation gets its turn; fewest running first."""
    queues: dict[int, list[tuple[Any, ...]]] = {}
    for row in rows:
        queues.setdefault(row[1], []).append(row)
    if len(queues) == 1:
        return rows
    out = []
    while queues:
        installation = min(queues, key=lambda one: running[one])
        out.append(queues[installation].pop(0))
        running[installation] += 1
        if not queues[installation]:
            del queues[installation]
    return out


def _may_suspect(crashes: int, suspects: dict[int, int], others: bool) -> bool:  # noqa: FBT001
    """At most four that were running when the process died once at a time, one that saw two."""
    kind = min(crashes, 2)
    if suspects[kind] >= (4 if kind == 1 else 1) or (kind == 2 and others):
        return False
    suspects[kind] += 1
    return True


def _said(tx: Tx, pr: str) -> tuple[Said, ...]:
    rows = tx.execute(
        "SELECT facts FROM delivery WHERE pr = ? AND hear = 1 AND facts IS NOT NULL", (pr,)
    ).fetchall()
    said: list[Said] = [Decoder().decode(Said, json.loads(text)) for (text,) in rows]
    return tuple(sorted(said, key=lambda one: (one.created_at, one.key)))


def _later(claim: Claim, due: int, why: str, attempts: int) -> dict[str, Any]:
    """Not our failure: the attempt is given back, lane and first moment are put back."""
    return {
        "due_at": due,
        "reason": why[:300],
        "attempts": max(attempts - 1, 0),
        "lane": int(claim.lane),
        "first_at": to_ms(claim.first_at),
    }


def _ours(claim: Claim, attempts: int, now: int, why: str) -> dict[str, Any]:
    if attempts >= ATTEMPTS_AT_MOST:
        return {"due_at": None, "parked": "failed", "reason": why[:300]}
    wait = _AFTER_OURS[min(attempts - 1, len(_AFTER_OURS) - 1)]
    return {
        "due_at": now + wait * 1000,
        "hold_until": now + wait * 1000,
        "reason": why[:300],
        "lane": int(claim.lane),
        "first_at": to_ms(claim.first_at),
    }


def _block(tx: Tx, claim: Claim, resource: str, until: int, why: str) -> None:
    """Only what every call of the installation meets holds it all."""
    if resource not in {"core", "graphql", "write"}:
        return
    tx.execute(
        "INSERT INTO budget (installation_id, resource, blocked_until, why) VALUES (?, ?, ?, ?) "
        "ON CONFLICT DO UPDATE SET blocked_until = excluded.blocked_until, why = excluded.why",
        (claim.installation_id, resource, until, why[:300]),
    )


def _sooner(one: int | None, other: int | None) -> int | None:
    moments = [moment for moment in (one, other) if moment is not None]
    return min(moments) if moments else None


def _waiting(row: tuple[Any, ...]) -> Waiting:
    pr, repo, owner, parked, reason, due, first_at, attempts, suspended, blocked = row
    word, until = "due", maybe_from(due)
    if parked != "no":
        word, until = "parked because", None
    elif suspended is not None:
        word, until = "suspended", None
    elif owner is not None:
        word = "running"
    elif blocked is not None:
        word, until = "limited until", from_ms(blocked)
    return Waiting(
        subject=Subject.parse(pr),
        repo=repo,
        word=word,
        since=maybe_from(first_at),
        until=until,
        why=reason or "",
        attempts=attempts,
    )
