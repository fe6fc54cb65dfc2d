"""Subjects that are due: claimed under an epoch, given back by how their run ended."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any

from bot import __version__
from bot.errors import StoreTrouble
from bot.failpoint import failpoint
from bot.logs import get_logger
from bot.metrics import CLOCK_JUMPS, TIMER_LATE
from bot.model.arrival import Said
from bot.model.claim import Claim, Outcome, Retry, Room, Unsent, Waiting
from bot.model.codec import Decoder
from bot.model.effect import TimerKind
from bot.model.wake import Lane, Subject
from bot.store.endings import ATTEMPTS_AT_MOST, CRASHES_AT_MOST, ask_run, end_run
from bot.store.marking import GAP_MS, Mark, mark, remember
from bot.store.moment import from_ms, to_ms
from bot.store.turns import ask_due, due_queues, suspects_free, turn_of
from bot.store.unsettled import unsent, waiting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.clock import Clock
    from bot.metrics import Metrics
    from bot.store.port import Rows, Store, Tx
    from bot.store.turns import Due

BATCH = 50
# Above so many runs in a minute the gap widens.
BUSY_RUNS, BUSY_GAP_MS, MINUTE_MS = 8, 5_000, 60_000
# The more run at once, the longer each waits for its next turn: calls are what runs out first.
WIDER_MS = 60
# A sweep that was cut short, by trouble or by a crash, comes back after that.
SWEEP_AGAIN_MS = 60_000
# No claim, effect or limit waits longer; a clock that jumps by more than that is noticed.
FAR_MS, JUMP_MS = 7_200_000, 30_000

MEND_EVERY = 60.0

_NEXT = """
SELECT min(moment) FROM (
  SELECT min(due_at) AS moment FROM dirty
    WHERE run_owner IS NULL AND parked = 'no' AND due_at > :now
  UNION ALL SELECT min(due_at) FROM timer WHERE due_at > :now
  UNION ALL SELECT min(blocked_until) FROM budget WHERE blocked_until > :now) AS next
"""
_RELEASE = """
UPDATE dirty SET run_owner = NULL, queued_at = NULL, due_at = coalesce(due_at, :now),
  lane = min(lane, coalesce(run_lane, lane)), first_at = coalesce(run_first_at, first_at),
  attempts = max(attempts - 1, 0)
"""
_CHARGE = """
, crashes = crashes + 1,
  parked = CASE WHEN crashes + 1 >= :most THEN 'deadly' ELSE parked END,
  reason = CASE WHEN crashes + 1 >= :most THEN 'the process died with it' ELSE reason END
"""
# A new version tries once more what an older one gave up.
_ONCE_MORE = """
UPDATE dirty SET parked = 'no', due_at = :now,
  attempts = CASE parked WHEN 'failed' THEN :attempts ELSE attempts END,
  crashes = CASE parked WHEN 'deadly' THEN :crashes ELSE crashes END
WHERE parked != 'no'
"""
_KINDS = ", ".join(f"'{kind.value}'" for kind in TimerKind)
# One that a newer version set is left to it. For more at once deliveries would have to wait.
_TIMERS = f"""
SELECT key, kind, pr, due_at FROM timer WHERE due_at <= ? AND (pr IS NOT NULL OR kind IN ({_KINDS}))
ORDER BY due_at, key LIMIT 100
"""
_FIRED = "DELETE FROM timer WHERE key = ? AND due_at <= ?"
_SWEPT = "UPDATE timer SET due_at = ?, set_at = ? WHERE key = ? AND due_at <= ?"
_log = get_logger()


class Claims:
    """Takes and gives back subjects; every method is one transaction. Raises StoreTrouble."""

    def __init__(
        self,
        database: Store,
        clock: Clock,
        owner: str,
        metrics: Metrics | None = None,
    ) -> None:
        self._metrics = metrics
        self._database = database
        self._clock = clock
        self._owner = owner
        self._turns = count(1)
        self._served: dict[int, int] = {}
        self._out: set[tuple[str, int]] = set()
        self._mend_at = clock.monotonic() + MEND_EVERY
        self._latest, self._passed = 0, 0.0

    async def recover(self) -> int:
        """At start: what a dead process was running is released and charged; how many."""
        return await self._database.tx(self._recover)

    def _recover(self, tx: Tx) -> int:
        now = to_ms(self._clock.now())
        released = self.release_dead(tx, now)
        built = tx.execute("SELECT value FROM meta WHERE key = 'build'").fetchone()
        if built is None or built[0] != __version__:
            most = {"attempts": ATTEMPTS_AT_MOST - 1, "crashes": CRASHES_AT_MOST - 1}
            tx.execute(_ONCE_MORE, {"now": now} | most)
            remember(tx, "build", __version__)
        wake_forgotten(tx, now)
        _pull_in(tx, now)
        return released

    def release_dead(self, tx: Tx, now: int) -> int:
        """Release and charge what dead processes were running; how many."""
        return charge(tx, now, "WHERE run_owner IS NOT NULL")

    async def take(self, room: Room) -> Sequence[Claim]:
        """Claim what is due and fits, fairly between installations."""
        claims = await self._database.tx(lambda tx: self._take(tx, room))
        failpoint("taken")
        return claims

    def _take(self, tx: Tx, room: Room) -> list[Claim]:
        now = to_ms(self._clock.now())
        chosen = self.choose(tx, ask_due(tx, now), room, now)
        return [self.claim(tx, row, ask_said(tx, row[0]), now) for row in chosen]

    def choose(self, tx: Tx, asked: Due, room: Room, now: int) -> list[tuple[Any, ...]]:
        """Rows of what is due and fits, in the order in which they have their turn."""
        suspects = suspects_free(asked.suspects)
        queues = due_queues(tx, asked.homes, room, suspects, now)
        running, chosen = Counter(room.running), list[tuple[Any, ...]]()
        while queues and len(chosen) < min(room.commands, BATCH):
            # The fewest running first, then the one served least recently.
            home = min(queues, key=lambda one: (running[one], self._served.get(one, 0)))
            row = queues[home].popleft()
            if not queues[home]:
                del queues[home]
            crashes = min(row[12], 2)
            if row[5] != Lane.COMMAND and len(chosen) >= room.free:
                continue
            if crashes and suspects[crashes] <= 0:
                continue
            suspects[crashes] -= 1
            running[home] += 1
            self._served[home] = next(self._turns)
            chosen.append(row)
        return chosen

    def claim(
        self, tx: Tx, row: tuple[Any, ...], said: Rows, now: int, job: int | None = None
    ) -> Claim:
        """Take the subject of a chosen row, of which there was asked what was said. `job`: of the
        engine."""
        pr, installation, repo, epoch, seq, lane, attempts, first_at, expect = row[:9]
        evaluated, forced, delivery, crashes, burst_at, burst, reason = row[9:]
        burst, burst_at = (burst + 1, burst_at) if now - burst_at < MINUTE_MS else (1, now)
        busy = burst > BUSY_RUNS and lane == Lane.UPDATE
        tx.execute(
            "UPDATE dirty SET run_epoch = run_epoch + 1, run_owner = ?, run_seq = seq, "
            "run_lane = lane, run_first_at = first_at, run_started_at = ?, last_run_at = ?, "
            "attempts = attempts + 1, lane = 3, first_at = NULL, due_at = NULL, delivery = NULL, "
            "gap = ?, burst = ?, burst_at = ?, queued_at = NULL, run_job = ? WHERE pr = ?",
            (
                self._owner,
                now,
                now,
                BUSY_GAP_MS if busy else GAP_MS + len(self._out) * WIDER_MS,
                burst,
                burst_at,
                job,
                pr,
            ),
        )
        self._out.add((pr, epoch + 1))
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
            said=_said(said),
            delivery=delivery,
            failed=max(attempts, crashes),
            reason=reason or "",
        )

    async def finish(self, claim: Claim, outcome: Outcome) -> None:
        """Give the subject back; when it is due again follows from the outcome. In StoreTrouble it
        stays out, for whoever asks again."""
        failpoint("finishing")
        now, mended = to_ms(self._clock.now()), True
        try:
            await self._database.ask(
                turn_of(claim.subject),
                lambda tx: ask_run(tx, claim, now),
                lambda tx, asked: end_run(tx, claim, outcome, now, asked),
            )
        except StoreTrouble:
            # `mend` would release it, and how it ended would be lost.
            mended = False
            raise
        finally:
            if mended:
                self._out.discard((claim.subject.key, claim.epoch))

    async def give_back(self, claim: Claim) -> None:
        """A cancelled run: due again at once, the attempt refunded; in StoreTrouble by `mend`."""
        try:
            await self.finish(claim, Retry(timedelta(), "the server stopped"))
        finally:
            self._out.discard((claim.subject.key, claim.epoch))

    async def next_due(self) -> int | None:
        """The next moment (ms) at which time alone makes something claimable.

        What is due already and was not claimed waits for room or for a limit to end, so it is no
        reason to look again at once.
        """
        now = to_ms(self._clock.now())
        row = await self._database.read(lambda tx: tx.execute(_NEXT, {"now": now}).fetchone())
        return None if row is None else row[0]

    async def fire(self) -> Sequence[tuple[str, str]]:
        """Take due timers: one of a subject marks it, the others are answered as (kind, key) and
        come back in a minute unless their sweep says otherwise. Nobody waits where none is due."""
        now = to_ms(self._clock.now())
        passed = self._clock.monotonic()
        jump = now - self._latest - int((passed - self._passed) * 1000) if self._latest else 0
        self._latest, self._passed = now, passed
        if abs(jump) > JUMP_MS:
            _log.warning("clock_jumped", seconds=jump // 1000)
            if self._metrics is not None:
                self._metrics.count(CLOCK_JUMPS)
            await self._database.tx(lambda tx: _pull_in(tx, now))
        if passed >= self._mend_at:
            self._mend_at = passed + MEND_EVERY
            await self._database.tx(lambda tx: self.mend(tx, now))
        fired = list[tuple[str, str]]()
        while due := await self._database.read(lambda tx: tx.execute(_TIMERS, (now,)).fetchall()):
            about = frozenset(one for row in due for one in _timer_about(*row))
            fired += await self._database.tx(partial(self._fire, due=due, now=now), about)
        return fired

    def _fire(self, tx: Tx, *, due: list[tuple[Any, ...]], now: int) -> list[tuple[str, str]]:
        taken = [
            (row, tx.execute(_FIRED, (row[0], now)))
            if row[2]
            else (row, tx.execute(_SWEPT, (now + SWEEP_AGAIN_MS, now, row[0], now)))
            for row in due
        ]
        fired = [row for row, one in taken if one.rowcount]
        for key, kind, pr, moment in fired:
            if pr is None:
                continue
            if self._metrics is not None:
                self._metrics.observe(TIMER_LATE, (now - moment) / 1000)
            if kind == TimerKind.VERIFY:
                doubt = "UPDATE published SET state = 'unsure' WHERE key = ? AND state = 'live'"
                tx.execute(doubt, (key.partition(":")[2],))
            known = tx.execute("SELECT installation_id FROM dirty WHERE pr = ?", (pr,)).fetchone()
            if known is not None:
                subject = Subject.parse(pr)
                mark(tx, Mark(subject=subject, installation_id=known[0], lane=Lane.UPDATE), now)
        return [(kind, key) for key, kind, pr, _ in fired if pr is None]

    def mend(self, tx: Tx, now: int) -> None:
        """What must not happen: a run that nobody has, or work that is never due."""
        self.mend_own(tx, now)
        if forgotten := wake_forgotten(tx, now):
            _log.error("work_without_a_moment", count=forgotten)

    def mend_own(self, tx: Tx, now: int) -> None:
        """Release what is ours by its row, and by nothing else."""
        for pr in self.unknown(tx):
            _log.error("run_without_a_task", pr=pr)
            tx.execute(_RELEASE + "WHERE pr = :pr", {"now": now, "pr": pr})

    def unknown(self, tx: Tx) -> list[str]:
        """What is ours by its row, and by nothing else."""
        running = tx.execute("SELECT pr, run_epoch FROM dirty WHERE run_owner = ?", (self._owner,))
        return [pr for pr, epoch in running.fetchall() if (pr, epoch) not in self._out]

    async def waiting(self) -> Sequence[Waiting]:
        """Every subject that is not settled."""
        return await self._database.search(lambda tx: waiting(tx, to_ms(self._clock.now())))

    async def unsent(self) -> Sequence[Unsent]:
        """What is given up, and what nobody knows of whether it has arrived."""
        return await self._database.search(lambda tx: unsent(tx, to_ms(self._clock.now())))

    async def rebuild(self, repo: str, number: int) -> bool:
        """Have what people said there read again; False where the repository is not known."""
        now = self._clock.now()
        expect = {"rebuild": now.isoformat()}
        query = "SELECT id, installation_id FROM repository WHERE lower(full_name) = lower(?)"

        def note(tx: Tx) -> bool:
            rows = tx.execute(f"{query} AND removed_at IS NULL", (repo,)).fetchall()
            for repo_id, home in rows:
                subject, lane = Subject(repo_id, number), Lane.COMMAND
                one = Mark(subject=subject, installation_id=home, lane=lane, expect=expect)
                mark(tx, one, to_ms(now))
            return bool(rows)

        return await self._database.tx(note)

    async def resume(self, subject: Subject) -> bool:
        """Try a parked subject, and what could not be sent of one, again now; False if there is
        neither."""
        now = to_ms(self._clock.now())

        def again(tx: Tx) -> bool:
            dead = tx.execute(
                # A moment stands where it may have arrived: then it says that it is a repeat.
                "UPDATE outbox SET state = CASE due_at WHEN 0 THEN 'pending' "
                "ELSE 'uncertain' END, attempts = 0, "
                "due_at = ? WHERE pr = ? AND state = 'dead' RETURNING installation_id",
                (now, subject.key),
            ).fetchall()
            for (home,) in dead[:1]:
                mark(tx, Mark(subject=subject, installation_id=home, lane=Lane.COMMAND), now)
            parked = tx.execute(
                "UPDATE dirty SET parked = 'no', attempts = 0, crashes = 0, due_at = ?, "
                "lane = 0, hold_until = 0, seq = seq + 1 WHERE pr = ? AND parked != 'no'",
                (now, subject.key),
            )
            return bool(dead) or parked.rowcount == 1

        return await self._database.tx(again)


def release_all(tx: Tx, now: int) -> None:
    """What a copied store has running is given back, and held against nobody."""
    tx.execute(_RELEASE + "WHERE run_owner IS NOT NULL", {"now": now})


def charge(tx: Tx, now: int, where: str, **values: Any) -> int:
    """Give back what died, and count it; how many."""
    known = {"now": now, "most": CRASHES_AT_MOST} | values
    return tx.execute(f"{_RELEASE}{_CHARGE}{where}", known).rowcount


def wake_forgotten(tx: Tx, now: int) -> int:
    """Work that has no moment becomes due; how much there was."""
    return tx.execute(
        "UPDATE dirty SET due_at = ? WHERE seq > evaluated_seq AND due_at IS NULL "
        "AND run_owner IS NULL AND parked = 'no'",
        (now,),
    ).rowcount


def _pull_in(tx: Tx, now: int) -> None:
    """After the clock was set back: moments that nobody could have meant."""
    bounds = {"now": now, "far": now + FAR_MS}
    tx.execute("UPDATE dirty SET due_at = :now WHERE due_at > :far", bounds)
    tx.execute("UPDATE outbox SET due_at = :now WHERE due_at > :far", bounds)
    tx.execute("DELETE FROM budget WHERE blocked_until > :far", bounds)
    tx.execute(
        "UPDATE timer SET due_at = :now + due_at - set_at, set_at = :now WHERE set_at > :now "
        "AND due_at >= set_at",
        bounds,
    )


def _timer_about(key: str, kind: str, pr: str | None, _: int) -> tuple[str, ...]:
    if pr is None:
        return (key,)
    return (pr, key.partition(":")[2]) if kind == TimerKind.VERIFY else (pr,)


def ask_said(tx: Tx, pr: str) -> Rows:
    """What was said and not heard yet."""
    return tx.execute(
        "SELECT facts FROM delivery WHERE pr = ? AND hear = 1 AND facts IS NOT NULL", (pr,)
    )


def _said(rows: Rows) -> tuple[Said, ...]:
    said: list[Said] = [Decoder().decode(Said, json.loads(text)) for (text,) in rows.fetchall()]
    return tuple(sorted(said, key=lambda one: (one.created_at, one.key)))
