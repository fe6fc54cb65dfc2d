"""What is past its time goes, a batch of each kind at a time, so that nobody waits for long.

Looking for it walks whole tables, and so is done beside the transactions of all others; what was
found is looked at once more where it is thrown away.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bot.store.moment import to_ms

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from bot.store.port import Tx

BATCH = 500
# Pages given back to the disk after each batch.
PAGES = 200

_OPEN = (
    "EXISTS (SELECT 1 FROM head_index h WHERE h.repo_id = x.repo_id AND h.number = x.number "
    "AND h.open = 1 AND h.current = 1)"
)
# Whoever is open has a row of its own.
_OPEN_BY_KEY = (
    "EXISTS (SELECT 1 FROM dirty o JOIN head_index h ON h.repo_id = o.repo_id "
    "AND h.number = o.number AND h.open = 1 AND h.current = 1 WHERE o.pr = x.pr)"
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
    ("act", "id", f"recorded_at < :year AND NOT {_OPEN}"),
    ("published", "key", f"written_at < :quarter AND NOT {_OPEN_BY_KEY}"),
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
SELECT repo_id, number, sha FROM head_index
WHERE (current = 0 OR open = 0) AND updated_at < :month LIMIT 500
"""
_OLD_HEAD = """
DELETE FROM head_index WHERE repo_id = ? AND number = ? AND sha = ?
AND (current = 0 OR open = 0) AND updated_at < ?
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


@dataclass(frozen=True, slots=True)
class Old:
    """What is past its time: the moments it goes by, keys for each rule, and heads."""

    moments: Mapping[str, int]
    keys: Sequence[Sequence[str]]
    heads: Sequence[tuple[Any, ...]]


def old(tx: Tx, now: datetime, report_days: int, removed_days: int) -> Old:
    """Look for one batch of each kind."""
    days = {"deliveries": 8, "week": 7, "month": 30, "quarter": 90, "year": 400}
    days |= {"reports": report_days, "removed": removed_days}
    moments = {name: to_ms(now - timedelta(days=number)) for name, number in days.items()}
    keys = [
        [found for (found,) in tx.execute(_some(table, key, where), moments).fetchall()]
        for table, key, where in _RULES
    ]
    return Old(moments, keys, tx.execute(_OLD_HEADS, moments).fetchall())


def prune(tx: Tx, found: Old) -> int:
    """Throw away what was found and is still past its time; how many rows."""
    moments, gone = found.moments, 0
    for (table, key, where), keys in zip(_RULES, found.keys, strict=True):
        if keys:
            # Rows may share a key: each goes by its own age.
            query = (
                f"DELETE FROM {table} AS x "
                f"WHERE x.{key} IN (SELECT value FROM json_each(:keys)) AND ({where})"
            )
            gone += tx.execute(query, {**moments, "keys": json.dumps(keys)}).rowcount
    month = moments["month"]
    heads = [tx.execute(_OLD_HEAD, (*head, month)) for head in found.heads]
    gone += sum(one.rowcount for one in heads)
    gone += tx.execute(_BARE, moments).rowcount
    for repo, _ in tx.execute(_GONE, moments).fetchall():
        gone += _purge(tx, repo)
    for (installation,) in tx.execute(_LEFT, moments).fetchall():
        tx.execute("DELETE FROM budget WHERE installation_id = ?", (installation,))
        gone += tx.execute("DELETE FROM installation WHERE id = ?", (installation,)).rowcount
    return gone


def _purge(tx: Tx, repo: int) -> int:
    """Throw away what was kept of a repository that left us; its own row goes last."""
    about: dict[str, int | str] = {"repo": repo, "scope": f"repo:{repo}", "tried": f"tried:{repo}"}
    mine = " OR ".join(f"x.pr >= '{repo}{a}' AND x.pr < '{repo}{b}'" for a, b in ("#$", "@A"))
    gone = tx.execute("DELETE FROM head_index WHERE repo_id = :repo", about).rowcount
    gone += _drop(tx, "published", "key", "x.repo_id = :repo", about)
    gone += _drop(tx, "act", "id", "x.repo_id = :repo", about)
    gone += _drop(tx, "policy", "scope", "x.scope IN (:scope, :tried)", about)
    gone += _drop(tx, "delivery", "guid", f"x.hear = 1 AND ({mine})", about)
    for table, key in (("report", "id"), ("outbox", "key"), ("timer", "key"), ("dirty", "pr")):
        gone += _drop(tx, table, key, mine, about)
    if gone:
        return gone
    return tx.execute("DELETE FROM repository WHERE id = ?", (repo,)).rowcount


def _drop(tx: Tx, table: str, key: str, where: str, values: Mapping[str, int | str]) -> int:
    query = f"DELETE FROM {table} WHERE {key} IN ({_some(table, key, where)})"
    return tx.execute(query, values).rowcount


def _some(table: str, key: str, where: str) -> str:
    return f"SELECT {key} FROM {table} x WHERE {where} LIMIT {BATCH}"
