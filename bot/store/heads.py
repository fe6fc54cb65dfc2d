"""What is known of heads: the newest one of a pull request, and who else stands on it."""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING

from bot.model.keeping import Newest
from bot.model.policy import Mode
from bot.model.wake import Subject
from bot.store.head_index import OPEN_HEADS

if TYPE_CHECKING:
    from bot.store.port import Tx


def newest_of(tx: Tx, subject: Subject) -> Newest | None:
    """The newest head of what is under a policy, as the store knows it."""
    policy = tx.execute(
        "SELECT t.body FROM policy p JOIN policy_text t ON t.digest = p.digest WHERE p.scope = ?",
        (f"repo:{subject.repo_id}",),
    ).fetchone()
    head = (subject.group,) if subject.group else None
    head = (
        head
        or tx.execute(
            "SELECT sha FROM head_index WHERE repo_id = ? AND number = ? AND current = 1 "
            "AND open = 1",
            (subject.repo_id, subject.number),
        ).fetchone()
    )
    if policy is None or head is None:
        return None
    judged = tx.execute(
        "SELECT 1 FROM report WHERE pr = ? AND head_sha = ?", (subject.key, head[0])
    ).fetchone()
    mode = Mode(json.loads(zlib.decompress(policy[0]))["mode"])
    return Newest(head=head[0], mode=mode, judged=judged is not None)


def matter_of(tx: Tx, subject: Subject, head_sha: str, code: str) -> bytes | None:
    """The matter of the head's newest judgement by that version of ours, without its policy."""
    row = tx.execute(
        "SELECT matter FROM report WHERE pr = ? AND head_sha = ? AND code = ? "
        "ORDER BY judged_at DESC, seq DESC LIMIT 1",
        (subject.key, head_sha, code),
    ).fetchone()
    return zlib.decompress(row[0]) if row and row[0] else None


def sharing(tx: Tx, repo_id: int, head_sha: str) -> list[tuple[int, bytes]]:
    """Number and packed report of every open pull request with that head, where there are two; an
    empty one of what was never judged there."""
    rows = tx.execute(
        f"SELECT number FROM {OPEN_HEADS} WHERE repo_id = ? AND sha = ? AND open = 1 "
        "AND current = 1",
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
        found.append((number, row[0] if row is not None else b""))
    return found
