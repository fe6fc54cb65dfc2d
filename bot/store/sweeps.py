"""What sweeps need of the store: what we hold, what we believe, and what may be thrown away."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.model.wake import Lane, Subject
from bot.store.controls import wake_repository
from bot.store.inbox import see_head
from bot.store.marking import Mark, arm, mark
from bot.store.moment import from_ms, to_ms

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from bot.clock import Clock
    from bot.model.arrival import HeadSeen
    from bot.model.effect import TimerKind
    from bot.model.seen import InstallationSeen, OpenPullRequest
    from bot.store.database import Database, Tx

RECONCILE_EVERY = timedelta(minutes=15)
# Longer than Enterprise Server's log of deliveries.
DELIVERIES_KEPT = timedelta(days=8)
BATCH = 500


class SweepStore:
    """The store as sweeps see it; every method is one transaction."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    @property
    def _now(self) -> int:
        return to_ms(self._clock.now())

    async def held(self, guids: Collection[str]) -> frozenset[str]:
        """Which of these deliveries we hold."""
        wanted = list(guids)

        def look(tx: Tx) -> frozenset[str]:
            found = set()
            for at in range(0, len(wanted), BATCH):
                part = wanted[at : at + BATCH]
                marks = ",".join("?" * len(part))
                query = f"SELECT guid FROM delivery WHERE guid IN ({marks})"
                found |= {guid for (guid,) in tx.execute(query, part)}
            return frozenset(found)

        return await self._database.read(look)

    async def meta(self, key: str) -> str | None:
        """A remembered value."""
        row = await self._database.read(
            lambda tx: tx.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        )
        return None if row is None else row[0]

    async def remember(self, key: str, value: str) -> None:
        """Remember a value."""
        await self._database.tx(
            lambda tx: tx.execute(
                "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET "
                "value = excluded.value",
                (key, value),
            )
        )

    async def accept_since(self) -> datetime:
        """Since when deliveries count as ours: when the store was made."""
        known = await self.meta("accept_since")
        if known is None:
            known = str(self._now)
            await self.remember("accept_since", known)
        return from_ms(int(known))

    async def arm(self, key: str, kind: TimerKind, after: timedelta) -> None:
        """Have a sweep done then."""
        due = to_ms(self._clock.now() + after)
        await self._database.tx(lambda tx: arm(tx, key, kind.value, due))

    async def repository(self, repo_id: int) -> tuple[int, str] | None:
        """(installation, full name) of a repository that is ours to look at."""
        return await self._database.read(
            lambda tx: tx.execute(
                "SELECT r.installation_id, r.full_name FROM repository r JOIN installation i "
                "ON i.id = r.installation_id WHERE r.id = ? AND r.removed_at IS NULL "
                "AND i.suspended_at IS NULL AND i.removed_at IS NULL AND i.id != 0",
                (repo_id,),
            ).fetchone()
        )

    async def due_for_reconcile(self, installation: int | None = None) -> Sequence[int]:
        """Repositories to compare now, or every one of an installation."""
        now = self._now
        rows = await self._database.read(
            lambda tx: tx.execute(
                "SELECT r.id FROM repository r JOIN installation i ON i.id = r.installation_id "
                "LEFT JOIN policy p ON p.scope = 'repo:' || r.id WHERE r.removed_at IS NULL "
                "AND r.archived = 0 AND i.suspended_at IS NULL AND i.removed_at IS NULL "
                "AND i.id != 0 AND CASE WHEN ? IS NULL THEN r.reconcile_at <= ? "
                "AND coalesce(p.relevance, '') NOT LIKE '%\"policy\":false%' "
                "ELSE r.installation_id = ? END ORDER BY r.reconcile_at LIMIT 200",
                (installation, now, installation),
            ).fetchall()
        )
        return [repo for (repo,) in rows]

    async def compare(self, repo_id: int, seen: Sequence[OpenPullRequest]) -> int:
        """Note what is open; mark what differs from what we believe. How many differed."""
        return await self._database.tx(lambda tx: self._compare(tx, repo_id, seen))

    def _compare(self, tx: Tx, repo_id: int, seen: Sequence[OpenPullRequest]) -> int:
        now = self._now
        (installation,) = tx.execute(
            "SELECT installation_id FROM repository WHERE id = ?", (repo_id,)
        ).fetchone()
        drifted = 0
        for one in seen:
            head = one.head
            subject = Subject(repo_id, head.number)
            known = tx.execute(
                "SELECT 1 FROM head_index WHERE repo_id = ? AND number = ? AND sha = ? "
                "AND base_ref = ? AND current = 1 AND open = 1",
                (repo_id, head.number, head.sha, head.base_ref),
            ).fetchone()
            ours = tx.execute(
                "SELECT state FROM published WHERE kind = 'check' AND repo_id = ? AND head_sha = ?",
                (repo_id, head.sha),
            ).fetchone()
            see_head(tx, repo_id, head, now)
            if known is None or (ours is not None) != (one.check is not None):
                drifted += 1
                mark(tx, Mark(subject=subject, installation_id=installation, lane=Lane.SWEEP), now)
        numbers = {one.head.number for one in seen}
        for (number,) in tx.execute(
            "SELECT number FROM head_index WHERE repo_id = ? AND open = 1 AND current = 1",
            (repo_id,),
        ).fetchall():
            if number not in numbers:
                tx.execute(
                    "UPDATE head_index SET open = 0 WHERE repo_id = ? AND number = ?",
                    (repo_id, number),
                )
        later = to_ms(self._clock.now() + RECONCILE_EVERY)
        tx.execute("UPDATE repository SET reconcile_at = ? WHERE id = ?", (later, repo_id))
        return drifted

    async def found(self, repo_id: int, heads: Sequence[HeadSeen]) -> int:
        """Note open heads after an unknown SHA; mark those that were not known. How many."""

        def note(tx: Tx) -> int:
            now = self._now
            (installation,) = tx.execute(
                "SELECT installation_id FROM repository WHERE id = ?", (repo_id,)
            ).fetchone()
            tx.execute("UPDATE repository SET found_at = ? WHERE id = ?", (now, repo_id))
            new = 0
            for head in heads:
                known = tx.execute(
                    "SELECT 1 FROM head_index WHERE repo_id = ? AND number = ? AND sha = ?",
                    (repo_id, head.number, head.sha),
                ).fetchone()
                see_head(tx, repo_id, head, now)
                if known is None:
                    new += 1
                    subject = Subject(repo_id, head.number)
                    mark(
                        tx,
                        Mark(subject=subject, installation_id=installation, lane=Lane.UPDATE),
                        now,
                    )
            return new

        return await self._database.tx(note)

    async def wake_all(self, repo_id: int) -> Sequence[Subject]:
        """Mark every open pull request of a repository: its policy changed."""
        return await self._database.tx(
            lambda tx: wake_repository(tx, repo_id, Lane.SWEEP, self._now)
        )

    async def repositories_of(self, installation: int) -> Sequence[int]:
        """The repositories of an installation."""
        rows = await self._database.read(
            lambda tx: tx.execute(
                "SELECT id FROM repository WHERE installation_id = ? AND removed_at IS NULL",
                (installation,),
            ).fetchall()
        )
        return [repo for (repo,) in rows]

    async def listed(self, seen: Sequence[InstallationSeen]) -> None:
        """Bring installations and repositories up to what GitHub lists."""

        def note(tx: Tx) -> None:
            now = self._now
            for one in seen:
                suspended = None if one.suspended_at is None else to_ms(one.suspended_at)
                tx.execute(
                    "INSERT INTO installation (id, login, suspended_at, checked_at) "
                    "VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET login = excluded.login, "
                    "suspended_at = excluded.suspended_at, removed_at = NULL, "
                    "checked_at = excluded.checked_at",
                    (one.id, one.account, suspended, now),
                )
                for repo in one.repositories or ():
                    tx.execute(
                        "INSERT INTO repository (id, installation_id, full_name, default_branch, "
                        "reconcile_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
                        "full_name = excluded.full_name, removed_at = NULL, "
                        "installation_id = excluded.installation_id",
                        (repo.id, one.id, repo.full_name, repo.default_branch, now),
                    )
            ids = [one.id for one in seen]
            marks = ",".join("?" * len(ids)) or "0"
            gone = f"UPDATE installation SET removed_at = ? WHERE id NOT IN ({marks}) AND id != 0"
            tx.execute(gone, (now, *ids))

        await self._database.tx(note)

    async def retain(self, report_days: int) -> int:
        """Throw away what is past its time, one batch of each kind. How many rows."""

        def prune(tx: Tx) -> int:
            now = self._clock.now()
            old = to_ms(now - DELIVERIES_KEPT)
            reports = to_ms(now - timedelta(days=report_days))
            gone = 0
            for query, moment in (
                (
                    "DELETE FROM delivery WHERE guid IN (SELECT guid FROM delivery WHERE "
                    "received_at < ? AND hear != 1 LIMIT 500)",
                    old,
                ),
                (
                    "DELETE FROM report WHERE id IN (SELECT r.id FROM report r WHERE "
                    "r.judged_at < ? AND EXISTS (SELECT 1 FROM report n WHERE n.pr = r.pr AND "
                    "n.judged_at > r.judged_at) LIMIT 500)",
                    reports,
                ),
                (
                    "DELETE FROM head_index WHERE (current = 0 OR open = 0) AND updated_at < ?",
                    reports,
                ),
                ("DELETE FROM outbox WHERE state = 'dead' AND planned_at < ?", reports),
            ):
                gone += tx.execute(query, (moment,)).rowcount
            return gone

        return await self._database.tx(prune)
