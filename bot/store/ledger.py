"""What evaluations leave behind: reports, policies, and the effects that still have to leave."""

from __future__ import annotations

import zlib
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bot.metrics import WRITES_SKIPPED
from bot.model.effect import (
    Effect,
    Published,
    PutComment,
    SetCheck,
    TimerKind,
    digest_of,
)
from bot.model.keeping import StoredPolicy
from bot.model.wake import Lane, Subject
from bot.store.acts import (
    acts_of,
    ask_whole,
    asked_of,
    decided_in,
    groups_key,
    groups_of,
    heads_of,
    is_news,
    keep_acts,
    whole,
    whole_since,
)
from bot.store.ahead import ask_ahead
from bot.store.head_index import see_head
from bot.store.heads import newest_of, sharing
from bot.store.ids import ulid
from bot.store.marking import Mark, arm, mark
from bot.store.moment import from_ms, maybe_ms, to_ms
from bot.store.outbox import (
    QUEUED_MS,
    ask_effect,
    ask_silent,
    ask_wanted,
    doubt,
    drop_older_checks,
    drop_settled,
    due_effects,
    heard,
    kind_of,
    pass_on,
    plan_effect,
    take_effect,
)
from bot.store.policies import keep_policies

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from bot.clock import Clock
    from bot.metrics import Metrics
    from bot.model.act import Act
    from bot.model.arrival import HeadSeen
    from bot.model.asked import Asked
    from bot.model.claim import Claim
    from bot.model.effect import Send
    from bot.model.keeping import Judged, Newest, PlannedEffect, Receipt
    from bot.store.ahead import Ahead
    from bot.store.inbox import Inbox
    from bot.store.port import Rows, Store, Tx

_STANDS = """
SELECT key, kind, gen, digest, remote_id, state, detail FROM published WHERE key IN ({0})
UNION ALL SELECT key, kind, gen, digest, NULL, 'unsure', '{{}}' FROM outbox o WHERE key IN ({0})
  AND kind = 'sticky' AND state = 'uncertain'
  AND NOT EXISTS (SELECT 1 FROM published p WHERE p.key = o.key)
"""
# When a request that was given up is looked for the last time.
VERIFY_MS = 60_000


class StoreLedger:
    """The worker's Ledger in the store."""

    def __init__(
        self,
        database: Store,
        inbox: Inbox,
        clock: Clock,
        entropy: Callable[[int], bytes],
        metrics: Metrics | None = None,
    ) -> None:
        self._metrics = metrics
        self._database = database
        self._inbox = inbox
        self._clock = clock
        self._entropy = entropy

    async def published(self, claim: Claim, keys: Sequence[str]) -> Mapping[str, Published]:
        """What stands outside under these keys, or, of our one comment, may."""
        del claim
        marks = ",".join("?" * len(keys))
        rows = await self._database.read(
            lambda tx: tx.execute(_STANDS.format(marks), (*keys, *keys)).fetchall()
        )
        return {
            key: Published(
                key=key,
                kind=kind,
                gen=gen,
                digest=digest,
                remote_id=remote,
                state=state,
                detail=detail,
            )
            for key, kind, gen, digest, remote, state, detail in rows
        }

    async def good_policy(self, scope: str) -> StoredPolicy | None:
        """The last good copy of a policy file."""
        row = await self._database.read(
            lambda tx: tx.execute(
                "SELECT blob_id, body FROM policy WHERE scope = ? AND body IS NOT NULL", (scope,)
            ).fetchone()
        )
        return None if row is None else StoredPolicy(scope=scope, blob=row[0], text=row[1])

    async def newest_matter(self, subject: Subject, head_sha: str) -> bytes | None:
        """Matter JSON of the newest judgement of that head."""
        row = await self._database.read(
            lambda tx: tx.execute(
                "SELECT r.matter, p.body FROM report r JOIN policy_text p "
                "ON p.digest = r.policy_digest WHERE pr = ? AND head_sha = ? "
                "AND matter IS NOT NULL ORDER BY judged_at DESC, seq DESC LIMIT 1",
                (subject.key, head_sha),
            ).fetchone()
        )
        return None if row is None else _whole(*row)

    async def find(self, repo: str, number: int, report_id: str | None) -> tuple[bytes, bytes]:
        """(report JSON, matter JSON) of a stored judgement, empty where there is none."""
        row = await self._database.read(
            lambda tx: tx.execute(
                "SELECT r.body, r.matter, t.body FROM report r JOIN repository p "
                "ON r.pr = p.id || '#' || ? JOIN policy_text t ON t.digest = r.policy_digest "
                "WHERE lower(p.full_name) = lower(?) AND (? IS NULL OR r.id = ?) "
                "ORDER BY r.judged_at DESC, r.seq DESC LIMIT 1",
                (str(number), repo, report_id, report_id),
            ).fetchone()
        )
        if row is None:
            return b"", b""
        return zlib.decompress(row[0]), _whole(row[1], row[2]) if row[1] else b""

    async def acts(self, subject: Subject) -> tuple[Act, ...]:
        """Every act about the pull request, in the order in which they were said."""
        return await self._database.read(lambda tx: acts_of(tx, subject))

    async def decided(self, repo: str) -> Mapping[int, tuple[Act, ...]]:
        """Every act of each pull request of the repository on which something was decided."""
        return await self._database.search(lambda tx: decided_in(tx, repo))

    async def whole_since(self) -> datetime:
        """The second, as GitHub dates things, in which the store was made or restored."""
        return from_ms(await self._database.read(whole_since))

    async def heads(self, subject: Subject) -> Sequence[tuple[str, datetime]]:
        """The heads that the pull request had and since when, oldest first."""
        return await self._database.read(lambda tx: heads_of(tx, subject))

    async def asked(
        self, logins: Sequence[str], since: datetime, *, counted: bool = False
    ) -> Mapping[str, Asked]:
        """When each was asked last in any repository, by login in lower case."""
        return await self._database.read(lambda tx: asked_of(tx, logins, since, counted=counted))

    async def sharing_head(self, repo_id: int, head_sha: str) -> Sequence[tuple[int, bytes]]:
        """(number, report JSON) of every open pull request with that head."""
        rows = await self._database.read(lambda tx: sharing(tx, repo_id, head_sha))
        return [(number, body and zlib.decompress(body)) for number, body in rows]

    async def commit(self, claim: Claim, judged: Judged) -> bool:
        """Store it all under the claim's fence; False when somebody else owns the subject."""
        planned = [(effect, digest_of(effect)) for effect in judged.effects]
        stored = await self._database.ask(
            _about(claim, judged),
            lambda tx: ask_ahead(tx, claim, judged, planned),
            lambda tx, asked: self._commit(tx, claim, judged, asked),
        )
        if stored and judged.relevance is not None:
            self._inbox.learn(claim.subject.repo_id, judged.relevance)
        return stored

    def _commit(self, tx: Tx, claim: Claim, judged: Judged, asked: Ahead) -> bool:
        now = to_ms(self._clock.now())
        own = asked.own.fetchone()
        if own is None:
            return False
        tx.execute(
            "UPDATE dirty SET evaluated_seq = max(evaluated_seq, ?), attempts = 0, soft = 0, "
            "crashes = 0, reason = NULL WHERE pr = ?",
            (claim.seq, claim.subject.key),
        )
        if judged.head is not None:
            seen = _older(judged.head) if own[0] > claim.seq else judged.head
            see_head(tx, claim.subject.repo_id, seen, now, asked.head)
        if judged.report is not None:
            self._keep_report(tx, claim, judged, now, asked.same.fetchone())
            if asked.beside.fetchone() is not None:
                # Two pull requests on one head that were judged at once: the later one is judged
                # again, so that its check knows of both.
                subject, home = claim.subject, claim.installation_id
                mark(tx, Mark(subject=subject, installation_id=home, lane=claim.lane), now)
        for key in judged.suppress:
            tx.execute("UPDATE published SET state = 'suppressed' WHERE key = ?", (key,))
        for key in judged.heard:
            tx.execute(
                "UPDATE delivery SET hear = 2, facts = NULL WHERE pr = ? AND said = ? AND hear = 1 "
                "AND seq <= ?",
                (claim.subject.key, key, claim.seq),
            )
        keep_policies(tx, claim.subject.repo_id, judged, now, asked.policies)
        self._keep_acts(tx, claim, judged, now)
        tx.execute(
            "DELETE FROM timer WHERE pr = ? AND kind IN ('ci-deadline', 'grace', 'step')",
            (claim.subject.key,),
        )
        for timer in judged.timers:
            key = f"{timer.key}:{claim.subject.key}"
            arm(tx, key, to_ms(timer.due_at), now, claim.subject)
        for why in _plan_all(tx, claim, judged, asked, now):
            self._left_out(why)
        over = judged.report is not None or (judged.head is not None and not judged.head.open)
        if over and not any(isinstance(e, PutComment) for e in judged.effects):
            # What was to be said when it was planned is settled before anybody read it.
            tx.execute(
                "DELETE FROM outbox WHERE pr = ? AND kind = 'sticky' AND state = 'pending'",
                (claim.subject.key,),
            )
        return True

    def _left_out(self, why: str) -> None:
        if why and self._metrics is not None:
            self._metrics.count(WRITES_SKIPPED, why)

    def _keep_acts(self, tx: Tx, claim: Claim, judged: Judged, now: int) -> None:
        """The ledger grows; merge groups look again at what a person said, and what is taken back
        by this one is looked at."""
        if keep_acts(tx, claim.subject, judged.acts, now, self._entropy):
            for group, home in groups_of(tx, claim.subject.repo_id, now - QUEUED_MS):
                mark(tx, Mark(subject=group, installation_id=home, lane=Lane.VERDICT), now)
        for number, act in judged.reverted.items():
            beside = Subject(claim.subject.repo_id, number)
            if is_news(tx, beside, act.key):
                keep_acts(tx, beside, (act,), now, self._entropy)
                home = claim.installation_id
                mark(tx, Mark(subject=beside, installation_id=home, lane=Lane.UPDATE), now)

    def _keep_report(self, tx: Tx, claim: Claim, judged: Judged, now: int, same: Any) -> None:
        report = judged.report
        assert report is not None  # noqa: S101  the caller has looked
        if same is not None and same[1:] == (report.digests.verdict, report.head_sha):
            tx.execute("UPDATE report SET confirmed_at = ? WHERE id = ?", (now, same[0]))
            return
        tx.execute(
            "INSERT INTO policy_text (digest, body, stored_at) VALUES (?, ?, ?) "
            "ON CONFLICT DO NOTHING",
            (report.digests.policy, zlib.compress(judged.policy_json), now),
        )
        tx.execute(
            "INSERT INTO report (id, pr, head_sha, base_sha, seq, mode, conclusion, policy_digest, "
            "facts_digest, verdict_digest, code, judged_at, confirmed_at, body, matter) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                ulid(now, self._entropy(10)),
                claim.subject.key,
                report.head_sha,
                report.base_sha,
                claim.seq,
                report.mode.value,
                report.conclusion().value,
                report.digests.policy,
                report.digests.facts,
                report.digests.verdict,
                report.code,
                to_ms(report.judged_at),
                now,
                zlib.compress(judged.report_json, 1),
                zlib.compress(judged.matter, 1),
            ),
        )

    async def plan(self, claim: Claim, effect: Effect) -> bool:
        """Put one effect into the outbox under the claim's fence; False when fenced."""

        def put(tx: Tx, asked: tuple[Rows, tuple[Rows, Rows], Rows]) -> bool:
            silent, known, moments = asked
            if not heard(silent):
                return False
            now = to_ms(self._clock.now())
            plan_effect(tx, claim, (effect, digest_of(effect)), now, known)
            doubt(tx, effect, now - QUEUED_MS, whole(moments))
            return True

        return await self._database.ask(
            frozenset((claim.subject.key, effect.key)),
            lambda tx: (ask_silent(tx, claim), ask_effect(tx, effect.key), ask_whole(tx)),
            put,
        )

    async def first_said(self, claim: Claim, effect: Send) -> str:
        """What the first message to the same target about the same subject has left, or the one
        that is edited, as JSON; a digest or an alarm answers to no other message."""
        if effect.message.kind in {"digest", "alarm"}:
            return "{}"
        start = effect.edits or effect.key.removesuffix(effect.cause)
        same = "key = :start" if effect.edits else "substr(key, 1, length(:start)) = :start"
        row = await self._database.read(
            lambda tx: tx.execute(
                "SELECT detail FROM published WHERE pr = :pr AND kind = 'message' "
                f"AND {same} ORDER BY written_at LIMIT 1",
                {"pr": claim.subject.key, "start": start},
            ).fetchone()
        )
        return "{}" if row is None else str(row[0])

    async def newest(self, subject: Subject) -> Newest | None:
        """The newest head of what is under a policy, as the store knows it."""
        return await self._database.read(lambda tx: newest_of(tx, subject))

    async def outbox(self, claim: Claim) -> Sequence[PlannedEffect]:
        """The subject's due effects, checks first."""
        now = to_ms(self._clock.now())
        return await self._database.read(lambda tx: due_effects(tx, claim, now))

    async def sending(self, claim: Claim, planned: PlannedEffect) -> bool:
        """Mark the row as on its way; False when it has to wait or is no longer wanted."""
        now = to_ms(self._clock.now())
        return await self._database.ask(
            _keys(claim, planned),
            lambda tx: ask_wanted(tx, claim, planned.effect.key, now),
            lambda tx, asked: take_effect(tx, planned, now, asked),
        )

    async def sent(self, claim: Claim, planned: PlannedEffect, receipt: Receipt) -> None:
        """Outbox row out, published in."""
        effect = planned.effect
        now = to_ms(self._clock.now())
        values = (
            effect.key,
            kind_of(effect),
            effect.repo_id,
            claim.subject.key,
            effect.head_sha if isinstance(effect, SetCheck) else None,
            receipt.remote_id,
            max(planned.gen, receipt.gen),
            planned.digest,
            "suppressed" if receipt.suppressed else "live",
            receipt.detail,
            now,
        )

        def keep(tx: Tx) -> None:
            if isinstance(effect, SetCheck) and planned.uncertain:
                _verify_later(tx, claim, effect, now)
            mine = "DELETE FROM outbox WHERE key = ? AND gen = ?"
            tx.execute(mine, (effect.key, planned.gen))
            pass_on(tx, planned, "pending", now)
            tx.execute(
                "INSERT INTO published AS p (key, kind, repo_id, pr, head_sha, remote_id, gen, "
                "digest, state, detail, written_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
                "ON CONFLICT (key) DO UPDATE SET remote_id = excluded.remote_id, "
                "gen = excluded.gen, digest = excluded.digest, state = excluded.state, "
                "detail = excluded.detail, written_at = excluded.written_at "
                "WHERE p.gen <= excluded.gen",
                values,
            )

        await self._database.tx(keep, _keys(claim, planned))

    async def unsent(
        self, claim: Claim, planned: PlannedEffect, *, state: str, why: str, due: datetime | None
    ) -> None:
        """The row goes back until `due`, or ends as dead."""
        moment = maybe_ms(due) or 0
        values = (state, why[:300], moment, planned.effect.key, planned.gen)

        def back(tx: Tx) -> None:
            mine = "UPDATE outbox SET state = ?, error = ?, due_at = ? WHERE key = ? AND gen = ?"
            tx.execute(mine, values)
            pass_on(tx, planned, "uncertain" if state == "uncertain" else "pending", moment)

        await self._database.tx(back, _keys(claim, planned))


def _plan_all(tx: Tx, claim: Claim, judged: Judged, asked: Ahead, now: int) -> Iterator[str]:
    """Why effects are left out."""
    since = whole(asked.whole)
    drop_older_checks(tx, claim.subject)
    drop_settled(tx, claim.subject, judged.settled)
    for wish, known in asked.effects:
        effect = wish[0]
        forced = judged.forced and isinstance(effect, SetCheck)
        if forced:
            # GitHub has taken the old verdict away: the same one is said again.
            tx.execute("UPDATE published SET digest = '' WHERE key = ?", (effect.key,))
        changed = forced or effect.key in judged.suppress
        yield plan_effect(tx, claim, wish, now, None if changed else known)
        opened = to_ms(judged.opened_at) if judged.opened_at else now - QUEUED_MS
        doubt(tx, effect, opened, since)


def _about(claim: Claim, judged: Judged) -> frozenset[str]:
    here = claim.subject
    heads = (one.sha for one in (judged.head,) if one is not None)
    judgement = (one.head_sha for one in (judged.report,) if one is not None)
    at = (f"{here.repo_id}@{sha}" for sha in {*heads, *judgement})
    beside = (Subject(here.repo_id, number).key for number in judged.reverted)
    # What people say is heard by any merge group that is judged.
    groups = (groups_key(here.repo_id) for act in judged.acts if not act.kind.own)
    effects = (effect.key for effect in judged.effects)
    return frozenset((here.key, *at, *beside, *groups, *effects))


def _older(head: HeadSeen) -> HeadSeen:
    """As it was seen before the events that came since: GitHub tells moments in seconds, so of two
    heads in one second only those say which is the newer."""
    return replace(head, updated_at=head.updated_at - timedelta(milliseconds=1))


def _keys(claim: Claim, planned: PlannedEffect) -> frozenset[str]:
    return frozenset((claim.subject.key, planned.effect.key))


def _whole(matter: bytes, policy: bytes) -> bytes:
    """The matter with its policy put back."""
    return b'{"policy":' + zlib.decompress(policy) + b"," + zlib.decompress(matter)[1:]


def _verify_later(tx: Tx, claim: Claim, check: SetCheck, now: int) -> None:
    """What was sent in doubt may yet arrive a second time: it is looked for once more."""
    unsure = "SELECT 1 FROM published WHERE key = ? AND state = 'unsure'"
    if tx.execute(unsure, (check.key,)).fetchone() is None:
        arm(tx, f"{TimerKind.VERIFY}:{check.key}", now + VERIFY_MS, now, claim.subject)
