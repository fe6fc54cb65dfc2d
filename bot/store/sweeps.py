"""What sweeps need of the store: what we hold, what we believe, and what may be thrown away."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.failpoint import failpoint
from bot.model.effect import TimerKind, digest_of
from bot.model.wake import Lane, Subject
from bot.store.acts import keep_absence
from bot.store.backup import look_first
from bot.store.comparison import close_others, compare, compare_later, differing, vanished
from bot.store.controls import (
    end_absence,
    end_suspension,
    see_again,
    take_along,
    wake_installation,
    wake_repository,
)
from bot.store.head_index import ask_head, see_head
from bot.store.marking import Mark, arm, mark, remember
from bot.store.moment import from_ms, to_ms
from bot.store.outbox import plan_effect
from bot.store.retention import PAGES, old, prune

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from bot.clock import Clock
    from bot.model.arrival import HeadSeen
    from bot.model.effect import Effect
    from bot.model.seen import InstallationSeen, OpenPullRequest
    from bot.store.port import Store, Tx

# No sweep takes longer; one that died comes back after that, or with the next start.
LEASE_MS = 600_000
DAY_MS = 86_400_000
# The longest log that any GitHub keeps.
LOGGED_MS, SURVEY_MS = 7 * DAY_MS, 7 * DAY_MS
# Looking at every policy at once would spend what people's own events need.
APART_MS = 1_000
BATCH = 500
# Pull requests that are ours to speak of and can carry a message, with all their acts: open ones
# about which people were asked, and, as long as they are known, those of which they were told or
# which a deployment alone keeps from that. All of a repository whose board may have to be emptied.
_ASKED = """
WITH talked AS (
  SELECT repo_id, number FROM act a JOIN head_index h USING (repo_id, number) WHERE h.current = 1
  AND (a.kind = 'tell' OR h.open = 1 AND a.kind IN ('raise', 'escalate')
  OR a.kind = 'remark' AND substr(a.key, 1, 11) = 'undeployed:')
  UNION SELECT h.repo_id, h.number FROM published b JOIN head_index h
  ON b.key = 'board:' || h.repo_id AND h.current = 1 WHERE b.key >= 'board:' AND b.key < 'board;')
SELECT d.pr, d.installation_id, r.full_name, p.digest, t.body,
  coalesce((SELECT '[' || group_concat(a.body) || ']' FROM act a
   WHERE a.repo_id = h.repo_id AND a.number = h.number), '[]'), h.open
FROM talked w JOIN dirty d ON d.pr = w.repo_id || '#' || w.number AND d.parked = 'no'
JOIN head_index h ON h.repo_id = w.repo_id AND h.number = w.number AND h.current = 1
JOIN repository r ON r.id = h.repo_id AND r.removed_at IS NULL AND r.archived = 0
JOIN installation i ON i.id = d.installation_id AND i.suspended_at IS NULL AND i.removed_at IS NULL
JOIN policy p ON p.scope = 'repo:' || h.repo_id JOIN policy_text t ON t.digest = p.digest
"""


_KNOWN = """
SELECT 1 FROM head_index WHERE repo_id = :repo AND number = :number AND sha = :sha
  AND current = 1 AND open = 1
"""


class SweepStore:
    """The store as sweeps see it; every method is one transaction."""

    def __init__(self, database: Store, clock: Clock) -> None:
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
        await self._database.tx(lambda tx: remember(tx, key, value), frozenset((key,)))

    async def accept_since(self) -> datetime:
        """Since when deliveries count as ours: when the store was made."""
        known = await self.meta("accept_since")
        if known is None:
            known = str(self._now)
            await self.remember("accept_since", known)
        return from_ms(int(known))

    async def recover(self) -> None:
        """What was here is lost, or was put back by other means: look before anything is written,
        and ask for whatever GitHub's log still has."""
        now = self._now

        def note(tx: Tx) -> None:
            look_first(tx, now)
            since = "UPDATE meta SET value = ? WHERE key = 'accept_since' AND value > ?"
            tx.execute(since, (str(now - LOGGED_MS),) * 2)
            tx.execute("DELETE FROM meta WHERE key = 'watermark'")

        await self.accept_since()
        await self._database.tx(note)

    async def resumed(self) -> None:
        """Work begins, before anything is judged: remark how long there was none."""
        await self._database.tx(lambda tx: keep_absence(tx, TimerKind.REDELIVERY, self._now))

    async def arm(self, key: str, after: timedelta) -> None:
        """Have a sweep done then."""
        due = to_ms(self._clock.now() + after)
        await self._database.tx(lambda tx: arm(tx, key, due, self._now), frozenset((key,)))

    async def began(self, key: str) -> int:
        """A sweep begins and has its time; what it must hand back at its end."""
        now = self._now
        row = await self._database.tx(
            lambda tx: tx.execute(
                "UPDATE timer SET due_at = ?, set_at = max(?, set_at + 1) WHERE key = ? "
                "RETURNING set_at",
                (now + LEASE_MS, now, key),
            ).fetchone(),
            frozenset((key,)),
        )
        return row[0] if row else 0

    async def ended(self, key: str, began: int, again: timedelta | None) -> None:
        """A sweep is done, until `again`; one that was asked for meanwhile keeps its moment."""
        due = None if again is None else to_ms(self._clock.now() + again)

        def note(tx: Tx) -> None:
            done = "DELETE FROM timer WHERE key = ? AND set_at = ?"
            if tx.execute(done, (key, began)).rowcount and due is not None:
                arm(tx, key, due, self._now)

        await self._database.tx(note, frozenset((key,)))

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

    async def compare(
        self,
        repo_id: int,
        seen: Sequence[OpenPullRequest],
        since: datetime,
        *,
        whole: bool = True,
    ) -> Sequence[str]:
        """Note what is open; mark what differs from what we believe. What differed: the head, or
        the check on it. `since`: when GitHub was asked; `whole`: what is not among them is open no
        more."""
        asked = to_ms(since)

        def left(tx: Tx) -> Sequence[int]:
            return vanished(tx, repo_id, seen, asked) if whole else ()

        differ, gone = await self._database.read(
            lambda tx: (differing(tx, repo_id, seen, asked), left(tx))
        )

        def note(tx: Tx) -> Sequence[str]:
            drifted = compare(tx, repo_id, differ, asked, self._now)
            if gone:
                close_others(tx, repo_id, left(tx), self._now)
            compare_later(tx, repo_id, self._now)
            return drifted

        # Mostly nothing differs: then nobody has to wait for this.
        return await self._database.tx(note, frozenset() if differ or gone else _of(repo_id))

    async def later(self, repo_id: int) -> None:
        """A repository that GitHub does not show is looked at again in its turn."""
        await self._database.tx(lambda tx: compare_later(tx, repo_id, self._now), _of(repo_id))

    async def look_at(self, places: Collection[tuple[int, int]]) -> None:
        """Have these repositories compared now: (installation, repository, or 0 for all of it)."""

        def pull(tx: Tx) -> None:
            for installation, repo in places:
                tx.execute(
                    "UPDATE repository SET reconcile_at = 0 WHERE id = ? "
                    "OR (? = 0 AND installation_id = ?)",
                    (repo, repo, installation),
                )
            arm(tx, TimerKind.RECONCILE.value, self._now, self._now)

        if places:
            await self._database.tx(pull)

    async def look_at_all(self) -> None:
        """Have every sweep that is set done now, and every repository compared soon."""

        def pull(tx: Tx) -> None:
            tx.execute("UPDATE repository SET reconcile_at = 0")
            bring = "UPDATE timer SET due_at = min(due_at, ?) WHERE pr IS NULL AND key LIKE '%:%'"
            tx.execute(bring, (self._now,))

        await self._database.tx(pull)

    async def found(self, repo_id: int, heads: Sequence[HeadSeen]) -> int:
        """Note open heads after an unknown SHA; mark those that were not known. How many."""

        def new(tx: Tx, some: Sequence[HeadSeen]) -> list[HeadSeen]:
            asked = [
                tx.execute(_KNOWN, {"repo": repo_id, "number": one.number, "sha": one.sha})
                for one in some
            ]
            return [one for one, rows in zip(some, asked, strict=True) if rows.fetchone() is None]

        unknown = await self._database.read(lambda tx: new(tx, heads))

        def note(tx: Tx) -> int:
            now, found = self._now, new(tx, unknown)
            (installation,) = tx.execute(
                "SELECT installation_id FROM repository WHERE id = ?", (repo_id,)
            ).fetchone()
            tx.execute("UPDATE repository SET found_at = ? WHERE id = ?", (now, repo_id))
            for head in found:
                see_head(tx, repo_id, head, now, ask_head(tx, repo_id, head.number))
                subject = Subject(repo_id, head.number)
                one = Mark(subject=subject, installation_id=installation, lane=Lane.UPDATE)
                mark(tx, one, now)
            return len(found)

        return await self._database.tx(note, frozenset() if unknown else _of(repo_id))

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

    async def lacking(self, seen: Sequence[InstallationSeen]) -> bool:
        """Whether anything that was listed before is missing in what GitHub lists."""
        there = [one for one in seen if one.repositories is not None]
        repos = [repo.id for one in there for repo in one.repositories or ()]
        about = [one.id for one in seen], [one.id for one in there], repos
        query = (
            "SELECT 1 FROM installation WHERE removed_at IS NULL AND checked_at > 0 "
            "AND id NOT IN (SELECT value FROM json_each(?)) UNION ALL SELECT 1 FROM repository "
            "WHERE removed_at IS NULL AND checked_at > 0 "
            "AND installation_id IN (SELECT value FROM json_each(?)) "
            "AND id NOT IN (SELECT value FROM json_each(?))"
        )
        lists = tuple(json.dumps(ids) for ids in about)
        found = await self._database.read(lambda tx: tx.execute(query, lists).fetchone())
        return found is not None

    async def listed(self, seen: Sequence[InstallationSeen]) -> None:
        """Bring installations and repositories up to what GitHub lists."""

        def note(tx: Tx) -> None:
            for one in seen:
                _note_installation(tx, one, self._now)
            # What was never listed was made since, and is told of by its event.
            tx.execute(
                "UPDATE installation SET removed_at = ? WHERE removed_at IS NULL "
                "AND checked_at > 0 AND id NOT IN (SELECT value FROM json_each(?))",
                (self._now, json.dumps([one.id for one in seen])),
            )
            take_along(tx)

        await self._database.tx(note)

    async def retain(self, report_days: int, removed_days: int) -> int:
        """Throw away what is past its time, one batch of each kind. How many rows."""
        now = self._clock.now()
        found = await self._database.search(lambda tx: old(tx, now, report_days, removed_days))

        def work(tx: Tx) -> int:
            gone = prune(tx, found)
            self._database.tidy(tx, PAGES)
            return gone

        gone = await self._database.tx(work)
        failpoint("retained")
        return gone

    async def look_at_policies(self) -> None:
        """Once a day have every policy file looked at: a push may have been missed."""
        now, known = self._now, await self.meta("policies")
        if known is not None and now - int(known) < DAY_MS:
            return

        def pull(tx: Tx) -> None:
            repos = tx.execute(
                "SELECT r.id FROM repository r LEFT JOIN policy p ON p.scope = 'repo:' || r.id "
                "WHERE r.removed_at IS NULL AND r.archived = 0 AND r.installation_id != 0 "
                "AND (p.relevance NOT LIKE '%\"policy\":false%' OR r.full_name LIKE '%/.github')"
            )
            for nth, (repo,) in enumerate(repos.fetchall()):
                arm(tx, f"{TimerKind.POLICY}:{repo}", now + nth * APART_MS, now)

        await self._database.tx(pull)
        await self.remember("policies", str(now))

    async def extending(self, repo_id: int, name: str) -> Sequence[tuple[int, str]]:
        """(repository, text of its policy) of those that may extend a file: that one itself, and
        who may do so with a file of it, which is named in their text. Two of a repository where the
        newest could not be used."""
        query = (
            "SELECT r.id, p.body FROM repository r "
            "JOIN policy p ON p.scope IN ('repo:' || r.id, 'tried:' || r.id) "
            "WHERE r.removed_at IS NULL AND p.body LIKE '%extends%' "
            "AND (r.id = ? OR lower(p.body) LIKE ?)"
        )
        about = (repo_id, f"%{name.lower()}:%")
        return await self._database.search(lambda tx: tx.execute(query, about).fetchall())

    async def asked(self) -> Sequence[tuple[str, int, str, str, bytes, str, int]]:
        """(subject, installation, repository, digest and packed JSON of its policy, JSON of all
        acts, whether it is open) of every pull request about which people may owe an answer."""
        return await self._database.search(lambda tx: tx.execute(_ASKED).fetchall())

    async def say(self, messages: Iterable[tuple[Subject, int, Effect]], until: datetime) -> None:
        """Have digests and boards leave, each with the pull request that carries it, and remember
        until when they are made. One that left or waits already is left out."""
        planned = [
            (Mark(subject=one, installation_id=home, lane=Lane.SWEEP), (send, digest_of(send)))
            for one, home, send in messages
        ]
        now = self._now

        def put(tx: Tx) -> None:
            for carrier, wish in planned:
                plan_effect(tx, carrier, wish, now)
                wake = (
                    "UPDATE dirty SET due_at = min(coalesce(due_at, ?), ?) WHERE pr = ? "
                    "AND EXISTS (SELECT 1 FROM outbox WHERE key = ?)"
                )
                tx.execute(wake, (now, now, carrier.subject.key, wish[0].key))
            remember(tx, "digest", until.isoformat())

        await self._database.tx(put)

    async def survey(self) -> None:
        """Have the engine look at how its tables are filled, once a week."""
        now, known = self._now, await self.meta("surveyed")
        if known is not None and now - int(known) < SURVEY_MS:
            return
        if known is not None:
            # What the tables of a new store hold says nothing of how they will be filled.
            await self._database.tx(self._database.survey)
        await self.remember("surveyed", str(now))


def _of(repo_id: int) -> frozenset[str]:
    """What is done about a repository's own row."""
    return frozenset((f"repository:{repo_id}",))


def _note_installation(tx: Tx, one: InstallationSeen, now: int) -> None:
    away = tx.execute(
        "SELECT 1 FROM installation WHERE id = ? AND coalesce(suspended_at, removed_at) > 0",
        (one.id,),
    ).fetchone()
    suspended = None if one.suspended_at is None else to_ms(one.suspended_at)
    if suspended is None:
        end_suspension(tx, one.id, now)
    tx.execute(
        "INSERT INTO installation (id, login, suspended_at, checked_at) "
        "VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET login = excluded.login, "
        "suspended_at = excluded.suspended_at, removed_at = NULL, "
        "checked_at = excluded.checked_at",
        (one.id, one.account, suspended, now),
    )
    there = json.dumps([repo.id for repo in one.repositories or () if not repo.archived])
    unseen = "SELECT id FROM repository WHERE (removed_at IS NOT NULL OR archived = 1) AND id IN "
    back = tx.execute(unseen + "(SELECT value FROM json_each(?))", (there,)).fetchall()
    for (id_,) in back:
        end_absence(tx, id_, now)
    for repo in one.repositories or ():
        tx.execute(
            "INSERT INTO repository (id, installation_id, full_name, default_branch, archived, "
            "reconcile_at, checked_at) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
            "full_name = excluded.full_name, removed_at = NULL, archived = excluded.archived, "
            "installation_id = excluded.installation_id, checked_at = excluded.checked_at",
            (repo.id, one.id, repo.full_name, repo.default_branch, int(repo.archived), now, now),
        )
    if one.repositories is not None:
        tx.execute(
            "UPDATE repository SET removed_at = ? WHERE installation_id = ? AND checked_at > 0 "
            "AND removed_at IS NULL AND id NOT IN (SELECT value FROM json_each(?))",
            (now, one.id, json.dumps([repo.id for repo in one.repositories])),
        )
    if (away is not None or one.changed) and suspended is None:
        wake_installation(tx, one.id, now)
    else:
        see_again(tx, (id_ for (id_,) in back), now)
