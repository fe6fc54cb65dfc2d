"""Claims where several processes work on one database: handed out as jobs, fenced when silent."""

from __future__ import annotations

import asyncio
import os
import socket
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from bot import __version__
from bot.errors import StoreTrouble
from bot.logs import get_logger
from bot.model.claim import Claim, Room
from bot.model.effect import TimerKind
from bot.model.wake import Lane, Subject
from bot.store.claims import Claims, ask_said, charge
from bot.store.marking import arm, remember
from bot.store.moment import to_ms
from bot.store.postgres import MS
from bot.store.turns import ask_due, ask_one, ask_suspects, one_due, suspects_free, turn_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.store.port import Rows, Tx

# A process that did not say that it lives for so long does no work; after the longer time what it
# was running is taken from it, whatever the engine believes.
SILENT_MS, DEAD_MS, HOUR_MS, DAY_MS = 15_000, 60_000, 3_600_000, 86_400_000
# Who leads says so three times as often.
LEASE_MS = 6_000
# So many jobs per place may wait: the backlog stays here, where it is shared out fairly.
AHEAD = 2
_BUSY = """
SELECT installation_id, count(*) FROM (
  SELECT installation_id FROM dirty WHERE run_owner IS NOT NULL
  UNION ALL SELECT installation_id FROM dirty
  WHERE run_owner IS NULL AND parked = 'no' AND due_at IS NOT NULL AND queued_at > ?) busy
GROUP BY installation_id
"""
# One that is being written is due at the next look.
_QUEUE = """
UPDATE dirty SET queued_at = :now WHERE pr = (SELECT d.pr FROM dirty d WHERE d.pr = :pr
  AND d.run_owner IS NULL /* FOR UPDATE OF d SKIP LOCKED */)
"""
_LEADER = frozenset(("leader",))
_SUSPECTS = "suspects"
_WORKERS = f"SELECT count(*) FROM process WHERE role != 'web' AND seen_at > ({MS}) - :silent"
_BEAT = """
INSERT INTO process AS p (id, role, host, pid, build, started_at, seen_at)
VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at
"""
# Who was silent may speak again: not under the old epoch.
_FENCED = ", run_epoch = run_epoch + 1 "
_log = get_logger()


class _Turn(NamedTuple):
    """A job about a subject, begun at a moment (ms)."""

    pr: str
    job: int
    now: int


class _Suspect(Exception):
    """The process died with the subject before."""


class SharedClaims(Claims):
    """The same, for one of many processes; every method is one transaction. Raises StoreTrouble."""

    # When the server last heard this process, and until when it had not heard of anybody lately.
    _heard_at: float | None = None
    _fair_at = 0.0

    async def beat(self, role: str) -> bool:
        """Say that this process lives, and give back what it owns without knowing. Whether those
        who say nothing may be judged by that: while the server was away nobody could."""
        await self._database.tx(lambda tx: self._beat(tx, role), frozenset((self._owner,)))
        now, before = self._clock.monotonic(), self._heard_at
        self._heard_at = now
        if before is not None and now - before > SILENT_MS / 1000:
            self._fair_at = now + SILENT_MS / 1000
        if await self._database.read(self.unknown):
            await self._database.tx(lambda tx: self.mend_own(tx, to_ms(self._clock.now())))
        return now >= self._fair_at

    def _beat(self, tx: Tx, role: str) -> None:
        now = server_ms(tx)
        values = (self._owner, role, socket.gethostname(), os.getpid(), __version__, now, now)
        tx.execute(_BEAT, values)
        tx.execute("DELETE FROM process WHERE seen_at < ?", (now - DAY_MS,))
        tx.execute("DELETE FROM spent WHERE at < ?", (now - HOUR_MS,))

    async def end(self) -> None:
        """This process works no more, and leads no more."""

        def leave(tx: Tx) -> None:
            tx.execute("DELETE FROM process WHERE id = ?", (self._owner,))
            mine = "DELETE FROM meta WHERE key = 'leader' AND value LIKE ?"
            tx.execute(mine, (f"{self._owner} %",))

        await self._database.tx(leave)

    async def lead(self) -> bool:
        """Whether this process hands out the work, for `LEASE_MS` from now.

        Not a lock of its session: a process that is stopped would keep that for ever.
        """
        known = await self._database.read(_leader)
        if known[0] != self._owner and known[1] > 0:
            return False
        return await self._database.tx(self._lead, _LEADER | {TimerKind.REDELIVERY.value})

    def _lead(self, tx: Tx) -> bool:
        owner, left = _leader(tx)
        if owner != self._owner and left > 0:
            return False
        remember(tx, "leader", f"{self._owner} {server_ms(tx) + LEASE_MS}")
        if owner not in {"", self._owner}:
            # Who led may have died while it asked, and would have kept that from us for long.
            now = to_ms(self._clock.now())
            arm(tx, TimerKind.REDELIVERY.value, now, now)
        return True

    async def grant(self, places: int) -> Sequence[tuple[Subject, Lane]]:
        """What is due and has its turn, to be put to work as jobs. `places`: runs of a worker."""
        return await self._database.tx(lambda tx: self._grant(tx, places), _LEADER)

    def _grant(self, tx: Tx, places: int) -> list[tuple[Subject, Lane]]:
        now = to_ms(self._clock.now())
        workers = tx.execute(_WORKERS, {"silent": SILENT_MS})
        running, due = tx.execute(_BUSY, (now - SILENT_MS,)), ask_due(tx, now)
        busy = Counter(dict(running.fetchall()))
        free = max(AHEAD * places * workers.fetchone()[0] - busy.total(), 0)
        # Commands go before all by their urgency; one place in ten is kept for them.
        room = Room(free - -(-free // 10), free, busy)
        chosen = self.choose(tx, due, room, now)
        queued = [tx.execute(_QUEUE, {"pr": row[0], "now": now}) for row in chosen]
        return [
            (Subject.parse(row[0]), Lane(row[5]))
            for row, one in zip(chosen, queued, strict=True)
            if one.rowcount
        ]

    async def claim_one(self, subject: Subject, job: int) -> Claim | None:
        """Claim the subject of a job; None when there is nothing to do now."""
        turn = _Turn(subject.key, job, to_ms(self._clock.now()))
        about = turn_of(subject)
        try:
            try:
                return await self._turn(turn, about)
            except _Suspect:
                # How many of these run is counted by one after the other.
                return await self._turn(turn, about | {_SUSPECTS})
        except StoreTrouble:
            # It may have been committed all the same: then nobody runs it, which `beat` finds.
            self._forget(turn.pr)
            raise

    async def _turn(self, turn: _Turn, about: frozenset[str]) -> Claim | None:
        claiming = asyncio.ensure_future(
            self._database.ask(
                about,
                lambda tx: (ask_one(tx, turn.pr, turn.now), ask_said(tx, turn.pr)),
                lambda tx, asked: self._claim_one(tx, turn, asked, counted=_SUSPECTS in about),
            )
        )
        try:
            return await asyncio.shield(claiming)
        except asyncio.CancelledError:
            # It is committed all the same, and nobody runs it: `beat` gives it back.
            claiming.add_done_callback(lambda done: self._forget(turn.pr, done.exception()))
            raise

    def _claim_one(
        self, tx: Tx, turn: _Turn, asked: tuple[Rows, Rows], *, counted: bool
    ) -> Claim | None:
        row = one_due(asked[0], turn.now)
        crashes = min(row[12], 2) if row is not None else 0
        if crashes and not counted:
            raise _Suspect
        if row is None or (crashes and suspects_free(ask_suspects(tx))[crashes] <= 0):
            tx.execute("UPDATE dirty SET queued_at = NULL WHERE pr = ?", (turn.pr,))
            return None
        return self.claim(tx, row, asked[1], turn.now, turn.job)

    def _forget(self, pr: str, _: BaseException | None = None) -> None:
        # The writer's thread may add one meanwhile.
        for one in tuple(self._out):
            if one[0] == pr:
                self._out.discard(one)

    async def fence(self, subject: Subject, job: int) -> bool:
        """A job's worker is silent: what it ran is taken from it, and charged; whether it ran."""

        def take(tx: Tx) -> bool:
            now, pr = to_ms(self._clock.now()), subject.key
            mine = f"{_FENCED}WHERE pr = :pr AND run_job = :job AND run_owner IS NOT NULL"
            taken = charge(tx, now, mine, pr=pr, job=job)
            if not taken:
                query = "UPDATE dirty SET queued_at = NULL WHERE pr = ? AND run_owner IS NULL"
                tx.execute(query, (pr,))
            return bool(taken)

        return await self._database.tx(take)

    def release_dead(self, tx: Tx, now: int) -> int:
        """What the engine does not know of: the process itself has been silent for long."""
        if self._clock.monotonic() < self._fair_at:
            return 0
        alive = "(SELECT id FROM process WHERE seen_at > :alive)"
        where = f"{_FENCED}WHERE run_owner IS NOT NULL AND run_owner NOT IN {alive}"
        return charge(tx, now, where, alive=server_ms(tx) - DEAD_MS)

    def mend(self, tx: Tx, now: int) -> None:
        """What must not happen: a run that nobody has, or work that is never due."""
        super().mend(tx, now)
        if taken := self.release_dead(tx, now):
            _log.error("runs_of_the_dead", count=taken)


def _leader(tx: Tx) -> tuple[str, int]:
    """Who leads, and for how many milliseconds more."""
    row = tx.execute("SELECT value FROM meta WHERE key = 'leader'").fetchone()
    owner, _, until = (row[0] if row else "").partition(" ")
    return owner, int(until or 0) - server_ms(tx)


def server_ms(tx: Tx) -> int:
    """The hosts' clocks may differ; who is silent is told by the server's."""
    row: tuple[Any, ...] = tx.execute(MS).fetchone()
    return int(row[0])
