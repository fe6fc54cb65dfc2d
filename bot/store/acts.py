"""The ledger of what people did, which only grows, and who was asked when."""

from __future__ import annotations

import json
from hashlib import shake_256
from typing import TYPE_CHECKING, Any

from bot.judge.episodes import owes
from bot.model.act import NOBODY, NOWHERE, PAUSED, Act, ActKind
from bot.model.asked import Asked
from bot.model.codec import Decoder, canonical
from bot.model.wake import Subject
from bot.store.ids import ulid
from bot.store.moment import from_ms, to_ms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from bot.store.port import Rows, Tx

# A shorter absence is no pause of anybody's clock.
AWAY_MS = 900_000
_KEEP = (
    "INSERT INTO act (id, key, repo_id, number, kind, actor_id, said_at, recorded_at, body) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (repo_id, number, key) DO NOTHING"
)


def acts_of(tx: Tx, subject: Subject) -> tuple[Act, ...]:
    """Every act about the pull request, in the order in which they were said."""
    rows = tx.execute(
        "SELECT body FROM act WHERE repo_id = ? AND number = ?", (subject.repo_id, subject.number)
    ).fetchall()
    decoder = Decoder()
    found: list[Act] = [decoder.decode(Act, json.loads(body)) for (body,) in rows]
    return tuple(sorted(found, key=lambda act: act.order))


def decided_in(tx: Tx, repo: str) -> Mapping[int, tuple[Act, ...]]:
    """Every act of each pull request of the repository on which something was decided."""
    rows = tx.execute(
        "SELECT DISTINCT a.repo_id, a.number FROM act a JOIN repository p ON p.id = a.repo_id "
        "WHERE lower(p.full_name) = lower(?) AND a.kind = 'decide' ORDER BY a.number",
        (repo,),
    ).fetchall()
    return {
        number: acts_of(tx, Subject(repo_id=repo_id, number=number)) for repo_id, number in rows
    }


def whole_since(tx: Tx) -> int:
    """The second, as GitHub dates things, in which the store was made or restored."""
    return whole(ask_whole(tx))


def ask_whole(tx: Tx) -> Rows:
    """When the store was made, and restored."""
    return tx.execute("SELECT value FROM meta WHERE key IN ('accept_since', 'restored_at')")


def whole(moments: Rows) -> int:
    """The later of them, in the seconds in which GitHub dates things."""
    return max((int(value) for (value,) in moments), default=0) // 1000 * 1000


def keep_acts(
    tx: Tx, subject: Subject, acts: Iterable[Act], now: int, entropy: Callable[[int], bytes]
) -> bool:
    """Append acts; one whose key is there already changes nothing. Whether a person said one."""
    spoken = False
    kept = [(act, tx.execute(_KEEP, _row_of(subject, act, now, entropy(10)))) for act in acts]
    for act, one in kept:
        pinged = act.data.get("pinged", "").split()
        # To ask whether it is new takes a way to the server, which most need not.
        if (act.kind.own and not pinged) or one.rowcount == 0:
            continue
        spoken = spoken or not act.kind.own
        for login in pinged:
            tx.execute(
                "INSERT INTO asked (login, at, cause) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                (login.casefold(), to_ms(act.said_at), f"{subject.key}:{act.key}"),
            )
    return spoken


def _row_of(subject: Subject, act: Act, now: int, entropy: bytes) -> tuple[Any, ...]:
    return (
        ulid(now, entropy),
        act.key,
        subject.repo_id,
        subject.number,
        act.kind.value,
        act.by.id,
        to_ms(act.said_at),
        now,
        canonical(act).decode(),
    )


def keep_pause(tx: Tx, since: int, now: int, of: str = "1 = 1", *about: int) -> None:
    """Remark on open pull requests with a question, all or `of` some repositories, that the App was
    away so long: it goes on where it stood."""
    rows = tx.execute(
        "SELECT DISTINCT a.repo_id, a.number FROM act a JOIN repository r ON r.id = a.repo_id "
        "JOIN head_index h ON h.repo_id = a.repo_id AND h.number = a.number AND h.open = 1 "
        f"AND h.current = 1 WHERE a.kind IN ('raise', 'escalate') AND {of}",
        about,
    ).fetchall()
    act = Act(
        key=f"{PAUSED}:{since}",
        kind=ActKind.REMARK,
        by=NOBODY,
        subjects=(),
        head_sha=NOWHERE,
        said_at=from_ms(since),
        detail=PAUSED,
        ends_at=from_ms(now),
        through="system",
    )
    for repo_id, number in rows:
        subject = Subject(repo_id, number)
        own = shake_256(f"{subject.key} {act.key}".encode())
        keep_acts(tx, subject, [act], now, own.digest)


def keep_absence(tx: Tx, sweep: str, now: int) -> None:
    """The same of all where that sweep, which comes every minute, was not begun for long."""
    seen = "SELECT set_at FROM timer WHERE key = ? AND set_at < ?"
    for (since,) in tx.execute(seen, (sweep, now - AWAY_MS)).fetchall():
        keep_pause(tx, since, now)


def is_news(tx: Tx, subject: Subject, key: str) -> bool:
    """Whether somebody was told of the pull request, and no act of that key is known there."""
    rows = tx.execute(
        "SELECT 1 FROM act WHERE repo_id = ? AND number = ? AND kind = 'tell' AND NOT EXISTS "
        "(SELECT 1 FROM act b WHERE b.repo_id = ? AND b.number = ? AND b.key = ?) LIMIT 1",
        (subject.repo_id, subject.number) * 2 + (key,),
    )
    return rows.fetchone() is not None


def groups_key(repo_id: int) -> str:
    """What they have in common who say something in the repository, and who begin or end a run of a
    merge group there: the group is judged by what was said, or marked by who said it."""
    return f"{repo_id}@groups"


def groups_of(tx: Tx, repo_id: int, since: int) -> list[tuple[Subject, int]]:
    """The merge groups of the repository that were judged lately, each with its installation: what
    is said of a member may stop it there."""
    rows = tx.execute(
        "SELECT pr, installation_id FROM dirty WHERE repo_id = ? AND number = 0 "
        "AND last_run_at >= ? AND parked = 'no'",
        (repo_id, since),
    ).fetchall()
    return [(Subject.parse(key), home) for key, home in rows if "@" in key]


def asked_of(
    tx: Tx, logins: Iterable[str], since: datetime, *, counted: bool = False
) -> Mapping[str, Asked]:
    """When each of the people was asked last in any repository, and how often since then: what is
    asked at one moment is one message. `counted`: what they owe too, of what is still known."""
    found: dict[str, Asked] = {}
    for login in logins:
        last, count = tx.execute(
            "SELECT max(at), count(DISTINCT CASE WHEN at >= ? THEN at END) FROM asked "
            "WHERE login = ?",
            (to_ms(since), login.casefold()),
        ).fetchone()
        if last is not None:
            owed = _owed(tx, login.casefold()) if counted else 0
            found[login.casefold()] = Asked(last=from_ms(last), lately=int(count), open=owed)
    return found


def _owed(tx: Tx, login: str) -> int:
    rows = tx.execute("SELECT cause FROM asked WHERE login = ?", (login,)).fetchall()
    pulls = {cause.partition(":")[0] for (cause,) in rows}
    return sum(owes(acts_of(tx, Subject.parse(key)), login) for key in pulls)


def heads_of(tx: Tx, subject: Subject) -> tuple[tuple[str, datetime], ...]:
    """The heads that the pull request is known to have had, each with since when; oldest first."""
    rows = tx.execute(
        "SELECT sha, since FROM head_index WHERE repo_id = ? AND number = ? "
        "ORDER BY since, current",
        (subject.repo_id, subject.number),
    ).fetchall()
    return tuple((sha, from_ms(since)) for sha, since in rows)
