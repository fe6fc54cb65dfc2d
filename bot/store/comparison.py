"""What GitHub says is open, compared with what we believe and wrote there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from zlib import crc32

from bot.model.effect import external_id_of, generation_of
from bot.model.wake import Lane, Subject
from bot.store.head_index import OPEN_HEADS, ask_beside, ask_head, on_head, see_head
from bot.store.marking import Mark, mark
from bot.store.moment import to_ms

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.model.seen import OpenPullRequest
    from bot.store.port import Rows, Tx

RECONCILE_MS = 900_000
# GitHub's clock and ours may differ by so much.
SKEW_MS = 60_000


def differing(
    tx: Tx, repo_id: int, seen: Sequence[OpenPullRequest], since: int
) -> list[OpenPullRequest]:
    """Those that are not as we believe, GitHub having been asked at `since`."""
    asked = [(one, _ask(tx, repo_id, one)) for one in seen]
    return [one for one, answers in asked if _differs(tx, repo_id, one, answers, since)]


def compare(
    tx: Tx, repo_id: int, seen: Sequence[OpenPullRequest], since: int, now: int
) -> Sequence[str]:
    """Mark those that differ, and note their heads; what differed."""
    (installation,) = tx.execute(
        "SELECT installation_id FROM repository WHERE id = ?", (repo_id,)
    ).fetchone()
    drifted: list[str] = []
    for one in seen:
        head = one.head
        subject = Subject(repo_id, head.number)
        differs = _differs(tx, repo_id, one, _ask(tx, repo_id, one), since)
        beside = on_head(ask_beside(tx, repo_id, head.number), repo_id)
        left = see_head(tx, repo_id, head, now, ask_head(tx, repo_id, head.number))
        if differs == "check" and one.check is not None:
            # It is written again. One that says more than we remember was written by a store that
            # was newer than ours.
            again = "UPDATE published SET digest = '', gen = max(gen, ?) WHERE key = ?"
            there = generation_of(one.check.external_id)
            tx.execute(again, (there, _check_of(repo_id, head.sha)))
        if differs:
            drifted.append(differs)
            # Those that shared the head no longer share the verdict.
            for each in (subject, *(beside if left else ())):
                mark(tx, Mark(subject=each, installation_id=installation, lane=Lane.SWEEP), now)
    return drifted


def vanished(tx: Tx, repo_id: int, seen: Sequence[OpenPullRequest], since: int) -> list[int]:
    """Which of those that we believe open are not among them. `since`: when GitHub was asked."""
    rows = tx.execute(
        # One that was opened while the list was read is not among them, and yet open.
        f"SELECT number FROM {OPEN_HEADS} WHERE repo_id = ? AND open = 1 AND current = 1 "
        "AND max(since, updated_at) < ? AND number NOT IN (SELECT value FROM json_each(?))",
        (repo_id, since - SKEW_MS, json.dumps([one.head.number for one in seen])),
    )
    return [number for (number,) in rows.fetchall()]


def close_others(tx: Tx, repo_id: int, numbers: Sequence[int], now: int) -> None:
    """Note that these are not open any more, and mark them: of what was merged people are told
    then, and nobody has heard of it."""
    (installation,) = tx.execute(
        "SELECT installation_id FROM repository WHERE id = ?", (repo_id,)
    ).fetchone()
    for number in numbers:
        beside = on_head(ask_beside(tx, repo_id, number), repo_id)
        closed = "UPDATE head_index SET open = 0 WHERE repo_id = ? AND number = ? AND current = 1"
        tx.execute(closed, (repo_id, number))
        for each in (Subject(repo_id, number), *beside):
            mark(tx, Mark(subject=each, installation_id=installation, lane=Lane.SWEEP), now)


def compare_later(tx: Tx, repo_id: int, now: int) -> None:
    """In a quarter of an hour, give or take a fifth, so that not all come at once."""
    spread = RECONCILE_MS * (80 + crc32(f"{repo_id} {now}".encode()) % 41) // 100
    tx.execute("UPDATE repository SET reconcile_at = ? WHERE id = ?", (now + spread, repo_id))


def _ask(tx: Tx, repo_id: int, one: OpenPullRequest) -> tuple[Rows, Rows]:
    """What we know of the pull request, and the check that we wrote on its head."""
    head = one.head
    known = tx.execute(
        "SELECT d.last_run_at, d.due_at IS NULL AND d.run_owner IS NULL FROM head_index h "
        "JOIN dirty d ON d.pr = ? WHERE h.repo_id = ? AND h.number = ? AND h.sha = ? "
        "AND h.base_ref = ? AND h.current = 1 AND h.open = 1",
        (Subject(repo_id, head.number).key, repo_id, head.number, head.sha, head.base_ref),
    )
    ours = "SELECT key, gen, digest, written_at FROM published WHERE key = ?"
    return known, tx.execute(ours, (_check_of(repo_id, head.sha),))


def _check_of(repo_id: int, sha: str) -> str:
    return f"check:{repo_id}:{sha}:handoff"


def _differs(
    tx: Tx, repo_id: int, one: OpenPullRequest, asked: tuple[Rows, Rows], since: int
) -> str:
    """`head` when an open pull request is not as we know it or was changed since we last looked,
    `check` when it shows another one than we wrote, `overdue` when it waits without a moment at
    which that ends, else nothing."""
    known, ours = (rows.fetchone() for rows in asked)
    if known is None or (known[1] and to_ms(one.head.updated_at) > known[0]):
        return "head"
    if ours is None:
        return "check" if one.check is not None else ""
    key, gen, digest, written_at = ours
    if one.check is not None and one.check.external_id == external_id_of(gen, digest):
        waits = one.check.status != "completed" and known[1]
        return "overdue" if waits and not _timed(tx, repo_id, one.head.sha) else ""
    if written_at >= since:
        # GitHub was asked before.
        return ""
    if one.check is None:
        return "check"
    # One that is about to be written anyway will say what it should.
    waits = tx.execute("SELECT 1 FROM outbox WHERE key = ? AND state != 'dead'", (key,)).fetchone()
    return "check" if waits is None else ""


def _timed(tx: Tx, repo_id: int, sha: str) -> bool:
    """Whether the wait of anything on that head ends at a set moment."""
    row = tx.execute(
        "SELECT 1 FROM timer t JOIN head_index h ON t.pr = h.repo_id || '#' || h.number "
        "WHERE h.repo_id = ? AND h.sha = ? AND t.kind = 'ci-deadline' LIMIT 1",
        (repo_id, sha),
    ).fetchone()
    return row is not None
