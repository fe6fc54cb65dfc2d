"""What stands around the queue, as operators are shown it: limits, processes, sweeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.store.moment import from_ms, to_ms

if TYPE_CHECKING:
    from datetime import datetime

    from bot.store.port import Store, Tx

Facts = dict[str, list[dict[str, Any]]]

_TEXTS = {
    "limits": ("account", "what", "why"),
    "processes": ("process", "role", "host", "pid", "build", "leads"),
    "sweeps": ("sweep",),
}
_MOMENTS = {"limits": ("until",), "processes": ("started_at", "seen_at"), "sweeps": ("at", "next")}
_QUERIES = {
    "limits": "SELECT i.login, b.resource, b.why, b.blocked_until FROM budget b JOIN installation "
    "i ON i.id = b.installation_id WHERE b.blocked_until > :now ORDER BY i.login, b.resource",
    # On a file the one process that owns it is not listed. Only of today's is anything known.
    "processes": "SELECT id, role, host, pid, build, (SELECT count(*) FROM meta m WHERE "
    "m.key = 'leader' AND m.value LIKE p.id || ' %'), started_at, seen_at FROM process p "
    "WHERE seen_at > :now - 86400000 ORDER BY role, id",
    # Those of one repository come and go.
    "sweeps": "SELECT key, set_at, due_at FROM timer WHERE pr IS NULL AND key NOT LIKE '%:%' "
    "ORDER BY key",
}


async def estate(database: Store, now: datetime) -> Facts:
    """Accounts that are limited and until when; processes; each sweep's last and next moment."""

    def look(tx: Tx) -> Facts:
        return {name: _rows(tx, name, to_ms(now)) for name in _QUERIES}

    return await database.search(look)


def _rows(tx: Tx, name: str, now: int) -> list[dict[str, Any]]:
    texts, moments = _TEXTS[name], _MOMENTS[name]
    rows = []
    for row in tx.execute(_QUERIES[name], {"now": now}).fetchall():
        times = [from_ms(at).isoformat() for at in row[len(texts) :]]
        rows.append(dict(zip((*texts, *moments), (*row[: len(texts)], *times), strict=True)))
    return rows
