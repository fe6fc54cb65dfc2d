"""What evaluations leave behind: reports, policies, and the effects that still have to leave."""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING, Any, assert_never

from bot.model.codec import Decoder, canonical
from bot.model.effect import (
    Effect,
    Published,
    PutComment,
    React,
    Reply,
    SetCheck,
    digest_of,
)
from bot.model.keeping import PlannedEffect, StoredPolicy
from bot.model.wake import Subject
from bot.store.ids import ulid
from bot.store.marking import arm
from bot.store.moment import maybe_ms, to_ms

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from bot.clock import Clock
    from bot.model.claim import Claim
    from bot.model.keeping import Judged, Receipt
    from bot.store.database import Database, Tx
    from bot.store.inbox import Inbox

_PUBLISHED = "SELECT key, kind, gen, digest, remote_id, state, detail FROM published WHERE key IN"
_KINDS: dict[str, type] = {
    "check": SetCheck,
    "sticky": PutComment,
    "reply": Reply,
    "react": React,
}


class SqliteLedger:
    """The worker's Ledger on SQLite."""

    def __init__(
        self, database: Database, inbox: Inbox, clock: Clock, entropy: Callable[[int], bytes]
    ) -> None:
        self._database = database
        self._inbox = inbox
        self._clock = clock
        self._entropy = entropy

    async def published(self, claim: Claim, keys: Sequence[str]) -> Mapping[str, Published]:
        """What stands outside under these keys."""
        del claim
        marks = ",".join("?" * len(keys))
        rows = await self._database.read(
            lambda tx: tx.execute(
                "SELECT key, kind, gen, digest, remote_id, state, detail FROM published "
                f"WHERE key IN ({marks})",
                tuple(keys),
            ).fetchall()
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
                "WHERE p.full_name = ? AND (? IS NULL OR r.id = ?) "
                "ORDER BY r.judged_at DESC, r.seq DESC LIMIT 1",
                (str(number), repo, report_id, report_id),
            ).fetchone()
        )
        if row is None:
            return b"", b""
        return zlib.decompress(row[0]), _whole(row[1], row[2]) if row[1] else b""

    async def sharing_head(self, repo_id: int, head_sha: str) -> Sequence[tuple[int, bytes]]:
        """(number, report JSON) of every other open pull request with that head."""
        rows = await self._database.read(lambda tx: _sharing(tx, repo_id, head_sha))
        return [(number, zlib.decompress(body)) for number, body in rows]

    async def commit(self, claim: Claim, judged: Judged) -> bool:
        """Store it all under the claim's fence; False when somebody else owns the subject."""
        planned = [(effect, digest_of(effect)) for effect in judged.effects]
        stored = await self._database.tx(lambda tx: self._commit(tx, claim, judged, planned))
        if stored and judged.relevance is not None:
            self._inbox.learn(claim.subject.repo_id, judged.relevance)
        return stored

    def _commit(
        self,
        tx: Tx,
        claim: Claim,
        judged: Judged,
        planned: list[tuple[Effect, str]],
    ) -> bool:
        now = to_ms(self._clock.now())
        fenced = tx.execute(
            "UPDATE dirty SET evaluated_seq = max(evaluated_seq, ?), attempts = 0, soft = 0, "
            "crashes = 0, reason = NULL WHERE pr = ? AND run_epoch = ? AND run_owner IS NOT NULL",
            (claim.seq, claim.subject.key, claim.epoch),
        )
        if fenced.rowcount == 0:
            return False
        if judged.report is not None:
            self._keep_report(tx, claim, judged, now)
        for key in judged.suppress:
            tx.execute("UPDATE published SET state = 'suppressed' WHERE key = ?", (key,))
        for key in judged.heard:
            tx.execute(
                "UPDATE delivery SET hear = 2, facts = NULL WHERE pr = ? AND said = ? AND hear = 1",
                (claim.subject.key, key),
            )
        self._keep_policy(tx, claim, judged, now)
        tx.execute(
            "DELETE FROM timer WHERE pr = ? AND kind IN ('ci-deadline', 'grace')",
            (claim.subject.key,),
        )
        for timer in judged.timers:
            key = f"{timer.key}:{claim.subject.key}"
            arm(tx, key, timer.kind.value, to_ms(timer.due_at), claim.subject)
        for effect, digest in planned:
            self._plan(tx, claim, effect, digest, now)
        if judged.report is not None and not any(isinstance(e, PutComment) for e, _ in planned):
            # What was to be said when it was planned is settled before anybody read it.
            tx.execute(
                "DELETE FROM outbox WHERE pr = ? AND kind = 'sticky' AND state = 'pending'",
                (claim.subject.key,),
            )
        return True

    def _keep_report(self, tx: Tx, claim: Claim, judged: Judged, now: int) -> None:
        report = judged.report
        assert report is not None  # noqa: S101  the caller has looked
        same = tx.execute(
            "SELECT id, verdict_digest, head_sha FROM report WHERE pr = ? "
            "ORDER BY judged_at DESC, seq DESC LIMIT 1",
            (claim.subject.key,),
        ).fetchone()
        if same is not None and same[1:] == (report.digests.verdict, report.head_sha):
            tx.execute("UPDATE report SET confirmed_at = ? WHERE id = ?", (now, same[0]))
            return
        tx.execute(
            "INSERT OR IGNORE INTO policy_text (digest, body, stored_at) VALUES (?, ?, ?)",
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

    def _keep_policy(self, tx: Tx, claim: Claim, judged: Judged, now: int) -> None:
        for policy in judged.policies:
            tx.execute(
                "INSERT INTO policy (scope, blob_id, body, loaded_at) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (scope) DO UPDATE SET blob_id = excluded.blob_id, "
                "body = excluded.body, loaded_at = excluded.loaded_at "
                "WHERE blob_id IS NOT excluded.blob_id",
                (policy.scope, policy.blob, policy.text, now),
            )
        if judged.relevance is None:
            return
        scope = f"repo:{claim.subject.repo_id}"
        tx.execute(
            "INSERT INTO policy (scope, digest, relevance, loaded_at) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (scope) DO UPDATE SET digest = excluded.digest, "
            "relevance = excluded.relevance WHERE digest IS NOT excluded.digest",
            (scope, judged.policy_digest, canonical(judged.relevance).decode(), now),
        )

    def _plan(self, tx: Tx, claim: Claim, effect: Effect, digest: str, now: int) -> None:
        """Put an effect into the outbox unless it stands already or, once said, was said."""
        stands = tx.execute(
            "SELECT gen, digest, state FROM published WHERE key = ?", (effect.key,)
        ).fetchone()
        waits = tx.execute(
            "SELECT gen, digest, state FROM outbox WHERE key = ?", (effect.key,)
        ).fetchone()
        if stands is not None and stands[2] == "suppressed":
            return
        state_like = isinstance(effect, SetCheck | PutComment)
        if not state_like and (stands is not None or waits is not None):
            return
        newest = waits if waits is not None and waits[2] != "dead" else stands
        if newest is not None and newest[1] == digest:
            return
        gen = max(stands[0] if stands else 0, waits[0] if waits else 0) + 1
        uncertain = waits is not None and waits[2] in {"uncertain", "sending"}
        tx.execute(
            "INSERT INTO outbox (key, kind, class, installation_id, pr, gen, digest, payload, "
            "state, due_at, planned_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (key) DO UPDATE SET gen = excluded.gen, digest = excluded.digest, "
            "payload = excluded.payload, state = excluded.state, due_at = excluded.due_at, "
            "pr = excluded.pr, attempts = 0, error = NULL",
            (
                effect.key,
                _kind(effect),
                int(effect.order),
                claim.installation_id,
                claim.subject.key,
                gen,
                digest,
                canonical(effect).decode(),
                "uncertain" if uncertain else "pending",
                now,
                now,
            ),
        )

    async def outbox(self, claim: Claim) -> Sequence[PlannedEffect]:
        """The subject's due effects, checks first."""
        now = to_ms(self._clock.now())
        rows = await self._database.read(
            lambda tx: tx.execute(
                "SELECT kind, payload, gen, digest, state, attempts FROM outbox WHERE pr = ? "
                "AND state IN ('pending', 'uncertain', 'sending') AND due_at <= ? "
                "ORDER BY class, planned_at, key",
                (claim.subject.key, now),
            ).fetchall()
        )
        return [_planned(row) for row in rows]

    async def sending(self, claim: Claim, planned: PlannedEffect) -> bool:
        """Mark the row as on its way; False (and the row dropped) when it is no longer wanted."""
        return await self._database.tx(lambda tx: self._sending(tx, claim, planned))

    def _sending(self, tx: Tx, claim: Claim, planned: PlannedEffect) -> bool:
        owner = tx.execute(
            "SELECT 1 FROM dirty WHERE pr = ? AND run_epoch = ? AND run_owner IS NOT NULL",
            (claim.subject.key, claim.epoch),
        ).fetchone()
        if owner is None:
            return False
        effect = planned.effect
        if isinstance(effect, SetCheck) and self._superseded(tx, claim, effect.head_sha):
            tx.execute("DELETE FROM outbox WHERE key = ?", (effect.key,))
            return False
        now = to_ms(self._clock.now())
        done = tx.execute(
            "UPDATE outbox SET state = 'sending', sending_at = ?, attempts = attempts + 1 "
            "WHERE key = ? AND gen = ?",
            (now, effect.key, planned.gen),
        )
        return done.rowcount == 1

    def _superseded(self, tx: Tx, claim: Claim, sha: str) -> bool:
        """Whether the index knows a newer head than the check is for."""
        if claim.subject.group:
            return False
        row = tx.execute(
            "SELECT sha FROM head_index WHERE repo_id = ? AND number = ? AND current = 1",
            (claim.subject.repo_id, claim.subject.number),
        ).fetchone()
        return row is not None and row[0] != sha

    async def sent(self, claim: Claim, planned: PlannedEffect, receipt: Receipt) -> None:
        """Outbox row out, published in."""
        effect = planned.effect
        now = to_ms(self._clock.now())
        values = (
            effect.key,
            _kind(effect),
            effect.repo_id,
            claim.subject.key,
            effect.head_sha if isinstance(effect, SetCheck) else None,
            receipt.remote_id,
            planned.gen,
            planned.digest,
            "suppressed" if receipt.suppressed else "live",
            receipt.detail,
            now,
        )

        def keep(tx: Tx) -> None:
            tx.execute("DELETE FROM outbox WHERE key = ? AND gen = ?", (effect.key, planned.gen))
            tx.execute(
                "INSERT INTO published (key, kind, repo_id, pr, head_sha, remote_id, gen, digest, "
                "state, detail, written_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
                "ON CONFLICT (key) DO UPDATE SET remote_id = excluded.remote_id, "
                "gen = excluded.gen, digest = excluded.digest, state = excluded.state, "
                "detail = excluded.detail, written_at = excluded.written_at "
                "WHERE gen <= excluded.gen",
                values,
            )

        await self._database.tx(keep)

    async def unsent(
        self, claim: Claim, planned: PlannedEffect, *, state: str, why: str, due: datetime | None
    ) -> None:
        """The row goes back until `due`, or ends as dead."""
        del claim
        values = (state, why[:300], maybe_ms(due) or 0, planned.effect.key, planned.gen)
        await self._database.tx(
            lambda tx: tx.execute(
                "UPDATE outbox SET state = ?, error = ?, due_at = ? WHERE key = ? AND gen = ?",
                values,
            )
        )


def _whole(matter: bytes, policy: bytes) -> bytes:
    """The matter with its policy put back."""
    return b'{"policy":' + zlib.decompress(policy) + b"," + zlib.decompress(matter)[1:]


def _sharing(tx: Tx, repo_id: int, head_sha: str) -> list[tuple[int, bytes]]:
    rows = tx.execute(
        "SELECT number FROM head_index WHERE repo_id = ? AND sha = ? AND open = 1 AND current = 1",
        (repo_id, head_sha),
    ).fetchall()
    if len(rows) < 2:
        return []
    found = []
    for (number,) in rows:
        row = tx.execute(
            "SELECT body FROM report WHERE pr = ? AND head_sha = ? "
            "ORDER BY judged_at DESC, seq DESC LIMIT 1",
            (Subject(repo_id, number).key, head_sha),
        ).fetchone()
        if row is not None:
            found.append((number, row[0]))
    return found


def _planned(row: tuple[Any, ...]) -> PlannedEffect:
    kind, payload, gen, digest, state, attempts = row
    effect: Effect = Decoder().decode(_KINDS[kind], json.loads(payload))
    uncertain = state in {"uncertain", "sending"}
    return PlannedEffect(
        effect=effect, gen=gen, digest=digest, uncertain=uncertain, attempts=attempts
    )


def _kind(effect: Effect) -> str:
    match effect:
        case SetCheck():
            return "check"
        case PutComment():
            return "sticky"
        case Reply():
            return "reply"
        case React():
            return "react"
        case _:
            assert_never(effect)
