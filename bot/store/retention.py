"""What is past its time goes, a batch of each kind at a time, so that nobody waits for long."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bot.store.moment import to_ms

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from bot.store.port import Tx

BATCH = 500
# Pages given back to the disk after each batch.
PAGES = 200

_OPEN = (
    "EXISTS (SELECT 1 FROM head_index h WHERE h.repo_id = x.repo_id AND h.open = 1 "
    "AND h.current = 1 AND h.repo_id || '#' || h.number = x.pr)"
)
_OPEN_ACT = (
    "EXISTS (SELECT 1 FROM head_index h WHERE h.repo_id = x.repo_id AND h.number = x.number "
    "AND h.open = 1 AND h.current = 1)"
)
# (table, its key, which rows). Deliveries: longer than any server's log of them, and as long as
# nobody has heard the command in them. A subject: once its pull request is closed and settled.
_RULES = (
    ("delivery", "guid", "received_at < :deliveries AND (hear != 1 OR received_at < :month)"),
    ("report", "id", "judged_at < :year AND confirmed_at < :year"),
    (
        "report",
        "id",
        "matter IS NOT NULL AND judged_at < :reports AND confirmed_at < :reports AND EXISTS "
        "(SELECT 1 FROM report n WHERE n.pr = x.pr AND n.judged_at > x.judged_at)",
    ),
    ("asked", "cause", "at < :month"),
    ("act", "id", f"recorded_at < :year AND NOT {_OPEN_ACT}"),
    ("published", "key", f"written_at < :quarter AND NOT {_OPEN}"),
    ("outbox", "key", "state = 'dead' AND planned_at < :month"),
    (
        "dirty",
        "pr",
        "last_run_at < :week AND due_at IS NULL AND run_owner IS NULL AND parked = 'no' "
        f"AND seq = evaluated_seq AND NOT {_OPEN} "
        "AND NOT EXISTS (SELECT 1 FROM timer t WHERE t.pr = x.pr) "
        "AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.pr = x.pr AND d.hear = 1)",
    ),
)
_OLD_HEADS = """
DELETE FROM head_index WHERE (repo_id, number, sha) IN (
  SELECT repo_id, number, sha FROM head_index
  WHERE (current = 0 OR open = 0) AND updated_at < :month LIMIT 500)
"""
# Of the last judgement of a pull request the verdict stays, not what it was made from.
_BARE = """
UPDATE report SET matter = NULL WHERE id IN (
  SELECT id FROM report WHERE matter IS NOT NULL AND judged_at < :reports
  AND confirmed_at < :reports LIMIT 500)
"""
_GONE = """
SELECT r.id, r.installation_id FROM repository r JOIN installation i ON i.id = r.installation_id
WHERE coalesce(r.removed_at, i.removed_at) <= :removed LIMIT 20
"""
_LEFT = """
SELECT i.id FROM installation i WHERE i.removed_at <= :removed AND i.id != 0
AND NOT EXISTS (SELECT 1 FROM repository r WHERE r.installation_id = i.id) LIMIT 20
"""


def prune(tx: Tx, now: datetime, report_days: int, removed_days: int) -> int:
    """Throw away one batch of each kind; how many rows."""
    days = {"deliveries": 8, "week": 7, "month": 30, "quarter": 90, "year": 400}
    days |= {"reports": report_days, "removed": removed_days}
    moments = {name: to_ms(now - timedelta(days=number)) for name, number in days.items()}
    gone = sum(_drop(tx, table, key, where, moments) for table, key, where in _RULES)
    gone += tx.execute(_BARE, moments).rowcount
    gone += tx.execute(_OLD_HEADS, moments).rowcount
    for repo, _ in tx.execute(_GONE, moments).fetchall():
        gone += _purge(tx, repo)
    for (installation,) in tx.execute(_LEFT, moments).fetchall():
        tx.execute("DELETE FROM budget WHERE installation_id = ?", (installation,))
        gone += tx.execute("DELETE FROM installation WHERE id = ?", (installation,)).rowcount
    return gone


def _purge(tx: Tx, repo: int) -> int:
    """Throw away what was kept of a repository that left us; its own row goes last."""
    about: dict[str, int | str] = {"repo": repo, "scope": f"repo:{repo}"}
    mine = " OR ".join(f"x.pr >= '{repo}{a}' AND x.pr < '{repo}{b}'" for a, b in ("#$", "@A"))
    gone = tx.execute("DELETE FROM head_index WHERE repo_id = :repo", about).rowcount
    gone += _drop(tx, "published", "key", "x.repo_id = :repo", about)
    gone += _drop(tx, "act", "id", "x.repo_id = :repo", about)
    gone += _drop(tx, "policy", "scope", "x.scope = :scope", about)
    gone += _drop(tx, "delivery", "guid", f"x.hear = 1 AND ({mine})", about)
    for table, key in (("report", "id"), ("outbox", "key"), ("timer", "key"), ("dirty", "pr")):
        gone += _drop(tx, table, key, mine, about)
    if gone:
        return gone
    return tx.execute("DELETE FROM repository WHERE id = ?", (repo,)).rowcount


def _drop(tx: Tx, table: str, key: str, where: str, values: Mapping[str, int | str]) -> int:
    query = f"DELETE FROM {table} WHERE {key} IN (SELECT {key} FROM {table} x WHERE {where}"
    return tx.execute(f"{query} LIMIT {BATCH})", values).rowcount
