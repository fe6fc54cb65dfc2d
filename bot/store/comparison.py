"""What GitHub says is open, compared with what we believe and wrote there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from zlib import crc32

from bot.model.effect import external_id_of, generation_of
from bot.model.wake import Lane, Subject
from bot.store.inbox import ask_head, see_head
from bot.store.marking import Mark, mark
from bot.store.moment import to_ms

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.model.seen import OpenPullRequest
    from bot.store.port import Tx

RECONCILE_MS = 900_000
# GitHub's clock and ours may differ by so much.
SKEW_MS = 60_000


def compare(
    tx: Tx, repo_id: int, seen: Sequence[OpenPullRequest], since: int, now: int
) -> Sequence[str]:
    """Note what is open and mark what differs; what differed. `since`: when GitHub was asked."""
    (installation,) = tx.execute(
        "SELECT installation_id FROM repository WHERE id = ?", (repo_id,)
    ).fetchone()
    drifted: list[str] = []
    for one in seen:
        head = one.head
        subject = Subject(repo_id, head.number)
        differs = _differs(tx, subject, one)
        see_head(tx, repo_id, head, now, ask_head(tx, repo_id, head.number))
        if differs:
            drifted.append(differs)
            mark(tx, Mark(subject=subject, installation_id=installation, lane=Lane.SWEEP), now)
    # One that was opened while the list was read is not among them, and yet open.
    tx.execute(
        "UPDATE head_index SET open = 0 WHERE repo_id = ? AND open = 1 AND current = 1 "
        "AND max(since, updated_at) < ? AND number NOT IN (SELECT value FROM json_each(?))",
        (repo_id, since - SKEW_MS, json.dumps([one.head.number for one in seen])),
    )
    compare_later(tx, repo_id, now)
    return drifted


def compare_later(tx: Tx, repo_id: int, now: int) -> None:
    """In a quarter of an hour, give or take a fifth, so that not all come at once."""
    spread = RECONCILE_MS * (80 + crc32(f"{repo_id} {now}".encode()) % 41) // 100
    tx.execute("UPDATE repository SET reconcile_at = ? WHERE id = ?", (now + spread, repo_id))


def _differs(tx: Tx, subject: Subject, one: OpenPullRequest) -> str:
    """`head` when an open pull request is not as we know it or was changed since we last looked,
    `check` when it shows another one than we wrote, `overdue` when it waits without a moment at
    which that ends, else nothing."""
    head = one.head
    known = tx.execute(
        "SELECT d.last_run_at, d.due_at IS NULL AND d.run_owner IS NULL FROM head_index h "
        "JOIN dirty d ON d.pr = ? WHERE h.repo_id = ? AND h.number = ? AND h.sha = ? "
        "AND h.base_ref = ? AND h.current = 1 AND h.open = 1",
        (subject.key, subject.repo_id, head.number, head.sha, head.base_ref),
    ).fetchone()
    if known is None or (known[1] and to_ms(head.updated_at) > known[0]):
        return "head"
    ours = tx.execute(
        "SELECT key, gen, digest FROM published WHERE kind = 'check' AND repo_id = ? "
        "AND head_sha = ? AND key LIKE '%:handoff'",
        (subject.repo_id, head.sha),
    ).fetchone()
    if ours is None or one.check is None:
        return "check" if (ours is not None) != (one.check is not None) else ""
    key, gen, digest = ours
    if one.check.external_id == external_id_of(gen, digest):
        waits = one.check.status != "completed" and known[1]
        return "overdue" if waits and not _timed(tx, subject, head.sha) else ""
    # Unless it is about to be written anyway, it is written again.
    waits = tx.execute("SELECT 1 FROM outbox WHERE key = ? AND state != 'dead'", (key,)).fetchone()
    if waits is None:
        # A check that says more than we remember was written by a store that was newer than ours.
        again = "UPDATE published SET digest = '', gen = max(gen, ?) WHERE key = ?"
        tx.execute(again, (generation_of(one.check.external_id), key))
    return "check" if waits is None else ""


def _timed(tx: Tx, subject: Subject, sha: str) -> bool:
    """Whether the wait of anything on that head ends at a set moment."""
    row = tx.execute(
        "SELECT 1 FROM timer t JOIN head_index h ON t.pr = h.repo_id || '#' || h.number "
        "WHERE h.repo_id = ? AND h.sha = ? AND t.kind = 'ci-deadline' LIMIT 1",
        (subject.repo_id, sha),
    ).fetchone()
    return row is not None
