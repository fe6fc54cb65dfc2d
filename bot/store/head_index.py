"""Whose heads commits are: the index of pull requests by head and by base."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.model.wake import Subject
from bot.store.moment import to_ms

if TYPE_CHECKING:
    from bot.model.arrival import HeadSeen
    from bot.store.port import Rows, Tx

# Without statistics SQLite would rather walk through every head of the repository.
OPEN_HEADS = "head_index INDEXED BY head_open"
_FOLLOWED = """
INSERT INTO head_index (repo_id, number, sha, base_ref, base_sha, fork, current, open, since,
  updated_at) VALUES (?, ?, ?, ?, ?, 0, 0, 0, ?, ?)
ON CONFLICT DO NOTHING
"""


def into(tx: Tx, repo: int, branch: str) -> tuple[Subject, ...]:
    """The open pull requests that would be merged into the branch."""
    rows = tx.execute(
        "SELECT number FROM head_index WHERE repo_id = ? AND base_ref = ? AND open = 1 "
        "AND current = 1",
        (repo, branch),
    ).fetchall()
    return tuple(Subject(repo, number) for (number,) in rows)


def ask_head(tx: Tx, repo: int, number: int) -> Rows:
    """The current head of a pull request."""
    return tx.execute(
        "SELECT sha, updated_at, open FROM head_index WHERE repo_id = ? AND number = ? "
        "AND current = 1",
        (repo, number),
    )


def ask_beside(tx: Tx, repo: int, number: int) -> Rows:
    """The other open pull requests that stand on its current head."""
    return tx.execute(
        f"SELECT number FROM {OPEN_HEADS} WHERE repo_id = :repo AND sha = (SELECT h.sha FROM "
        "head_index h WHERE h.repo_id = :repo AND h.number = :number AND h.current = 1) "
        "AND open = 1 AND current = 1 AND number != :number",
        {"repo": repo, "number": number},
    )


def ask_standing(tx: Tx, repo: int, sha: str) -> tuple[Rows, Rows]:
    """The open pull requests whose head it is, and whether it is a merge group's."""
    group = "SELECT 1 FROM dirty WHERE pr = ?", (Subject(repo, 0, sha).key,)
    heads = f"SELECT number FROM {OPEN_HEADS} WHERE repo_id = ? AND sha = ?"
    return tx.execute(f"{heads} AND open = 1 AND current = 1", (repo, sha)), tx.execute(*group)


def on_head(rows: Rows, repo: int) -> tuple[Subject, ...]:
    """The pull requests that were asked for."""
    return tuple(Subject(repo, number) for (number,) in rows.fetchall())


def see_head(tx: Tx, repo: int, head: HeadSeen, now: int, asked: Rows) -> str | None:
    """Note a pull request's head, forward only: an older event leaves it as it is. The head that it
    left, if it left one. `asked`: for its current head."""
    updated, known = to_ms(head.updated_at), asked.fetchone()
    late = known is not None and known[1] > updated
    moved = known is not None and known[0] != head.sha
    if head.before is not None and (known is None or known[0] != head.before):
        # What was said before that push was about this one, since whenever it stood.
        since = known[1] if moved and not late else 0
        tx.execute(
            _FOLLOWED,
            (repo, head.number, head.before, head.base_ref, head.base_sha, since, updated),
        )
    if late:
        return None
    if moved:
        tx.execute(
            "UPDATE head_index SET current = 0 WHERE repo_id = ? AND number = ?",
            (repo, head.number),
        )
    # One that was pushed back to stands since then, whenever it stood before.
    anew = ", since = excluded.since" if moved else ""
    tx.execute(
        "INSERT INTO head_index (repo_id, number, sha, base_ref, base_sha, fork, current, open, "
        "since, updated_at) VALUES (?, ?, ?, ?, ?, ?, 1, ?, ?, ?) ON CONFLICT (repo_id, number, "
        "sha) DO UPDATE SET base_ref = excluded.base_ref, base_sha = excluded.base_sha, "
        f"current = 1, open = excluded.open, updated_at = excluded.updated_at{anew}",
        (
            repo,
            head.number,
            head.sha,
            head.base_ref,
            head.base_sha,
            int(head.fork),
            int(head.open),
            min(now, updated),
            updated,
        ),
    )
    return known[0] if known is not None and (moved or not head.open) else None
