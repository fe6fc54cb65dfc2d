"""What a delivery changes in our own tables: suspension, names, policies, re-runs, our comment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.model.arrival import Arrival, Control
from bot.model.effect import TimerKind
from bot.model.wake import Lane, Subject
from bot.store.acts import keep_pause
from bot.store.marking import Mark, arm, mark

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.store.port import Tx

# What was refused for want of a right; the judgement that follows drops what nobody need hear.
_SAYABLE = """
UPDATE outbox SET state = CASE due_at WHEN 0 THEN 'pending' ELSE 'uncertain' END, attempts = 0,
  due_at = :now WHERE state = 'dead' AND kind IN ('ping', 'reply', 'issue')
  AND pr IN (SELECT h.repo_id || '#' || h.number FROM head_index h
    WHERE h.repo_id = :repo AND h.open = 1 AND h.current = 1)
  AND (error LIKE '%not grant%' OR error LIKE '%not accessible%' OR error LIKE '%read-only%')
"""
# A push may touch the policy; several pushes in a row are looked at once.
POLICY_AFTER_MS = 5_000


def apply_control(tx: Tx, arrival: Arrival, installation: int, now: int) -> None:
    """Change the tables as the delivery says."""
    of_installation = {Control.INSTALL, Control.UNINSTALL, Control.REPOSITORIES}
    if not installation and arrival.control in of_installation:
        # Whose repositories these are is not said; the daily reconciliation learns it.
        return
    match arrival.control:
        case Control.SUSPEND:
            _set_installation(tx, installation, "suspended_at", now)
        case Control.UNSUSPEND | Control.INSTALL:
            end_suspension(tx, installation, now)
            _set_installation(tx, installation, "removed_at", None)
            tx.execute("DELETE FROM budget WHERE installation_id = ?", (installation,))
            _add_repositories(tx, arrival, installation, now)
            wake_installation(tx, installation, now)
        case Control.UNINSTALL:
            _set_installation(tx, installation, "removed_at", now)
            gone = "UPDATE repository SET removed_at = ? WHERE installation_id = ?"
            tx.execute(gone, (now, installation))
        case Control.REPOSITORIES:
            _add_repositories(tx, arrival, installation, now)
            if arrival.action == "added":
                see_again(tx, (one.id for one in arrival.repos), now)
            # One that was transferred may be in another installation by now.
            gone = "UPDATE repository SET removed_at = ? WHERE id = ? AND installation_id IN (?, 0)"
            for one in arrival.repos_removed:
                tx.execute(gone, (now, one, installation))
            arm(tx, f"{TimerKind.RECONCILE}:i{installation}", now, now)
            # What is granted may have changed with it.
            arm(tx, TimerKind.INSTALLATIONS.value, now, now)
        case _:
            _about_repository(tx, arrival, now)


def _about_repository(tx: Tx, arrival: Arrival, now: int) -> None:
    repo = arrival.repo.id if arrival.repo else 0
    if arrival.action in {"transferred", "unarchived"}:
        see_again(tx, (repo,), now)
    match arrival.control:
        case Control.RENAME:
            take_along(tx)
        case Control.REMOVE_REPOSITORY:
            tx.execute("UPDATE repository SET removed_at = ? WHERE id = ?", (now, repo))
        case Control.ARCHIVE | Control.UNARCHIVE:
            archived = int(arrival.control is Control.ARCHIVE)
            tx.execute("UPDATE repository SET archived = ? WHERE id = ?", (archived, repo))
        case Control.POLICY_PUSH:
            arm(tx, f"{TimerKind.POLICY}:{repo}", now + POLICY_AFTER_MS, now)
        case Control.FORGET_PEOPLE:
            arm(tx, TimerKind.PEOPLE.value, now, now)
        case Control.COMMENT_GONE:
            hidden = "UPDATE published SET state = 'suppressed' WHERE kind = 'sticky' "
            tx.execute(hidden + "AND remote_id = ?", (arrival.comment_id,))
        case Control.GROUP_GONE:
            group = Subject(repo, 0, arrival.group or "")
            gone = "DELETE FROM dirty WHERE pr = ? AND run_owner IS NULL"
            if tx.execute(gone, (group.key,)).rowcount:
                # Nobody would send it or wait for it any more.
                tx.execute("DELETE FROM outbox WHERE pr = ?", (group.key,))
                tx.execute("DELETE FROM timer WHERE pr = ?", (group.key,))
        case _:
            pass


def take_along(tx: Tx) -> None:
    """What is still to be done follows its repository to another installation."""
    tx.execute(
        "UPDATE dirty SET installation_id = r.installation_id FROM repository r "
        "WHERE r.id = dirty.repo_id AND r.installation_id != dirty.installation_id"
    )


def wake_installation(tx: Tx, installation: int, now: int) -> None:
    """It is back, or grants something else: all of it is judged anew, what was given up too, and
    compared with GitHub."""
    mine = "SELECT id FROM repository WHERE installation_id = ? AND removed_at IS NULL"
    see_again(tx, (repo for (repo,) in tx.execute(mine, (installation,)).fetchall()), now)
    compared = "UPDATE repository SET reconcile_at = ? WHERE installation_id = ?"
    tx.execute(compared, (now, installation))
    arm(tx, f"{TimerKind.RECONCILE}:i{installation}", now, now)


def see_again(tx: Tx, repos: Iterable[int], now: int) -> None:
    """These were out of our sight, or could not be written to: nobody told us what became of them
    meanwhile, and what was given up or could not be said to people may go now."""
    for repo in repos:
        tx.execute(_SAYABLE, {"repo": repo, "now": now})
        wake_repository(tx, repo, Lane.SWEEP, now, fresh=True)


def wake_repository(
    tx: Tx, repo: int, lane: Lane, now: int, *, fresh: bool = False
) -> tuple[Subject, ...]:
    """Mark every open pull request of a repository, newest first, 200 ms apart."""
    rows = tx.execute(
        "SELECT h.number, r.installation_id FROM head_index h JOIN repository r "
        "ON r.id = h.repo_id WHERE h.repo_id = ? AND h.open = 1 AND h.current = 1 "
        "ORDER BY h.updated_at DESC",
        (repo,),
    ).fetchall()
    subjects = []
    for place, (number, installation) in enumerate(rows):
        subject = Subject(repo, number)
        one = Mark(subject=subject, installation_id=installation, lane=lane, fresh=fresh)
        mark(tx, one, now + place * 200)
        subjects.append(subject)
    return tuple(subjects)


def end_suspension(tx: Tx, installation: int, now: int) -> None:
    """It is not suspended any more; while it was no clock ran."""
    was = "SELECT suspended_at FROM installation WHERE id = ? AND suspended_at IS NOT NULL"
    for (since,) in tx.execute(was, (installation,)).fetchall():
        keep_pause(tx, since, now, "r.installation_id = ?", installation)
    _set_installation(tx, installation, "suspended_at", None)


def _set_installation(tx: Tx, installation: int, column: str, value: int | None) -> None:
    assert column in {"suspended_at", "removed_at"}  # noqa: S101  never a text of others
    query = f"UPDATE installation SET {column} = ? WHERE id = ?"
    tx.execute(query, (value, installation))


def end_absence(tx: Tx, repo: int, now: int) -> None:
    """It is in our sight again; as long as it was not no clock ran."""
    was = "SELECT removed_at FROM repository WHERE id = ? AND removed_at IS NOT NULL"
    for (since,) in tx.execute(was, (repo,)).fetchall():
        keep_pause(tx, since, now, "r.id = ?", repo)


def _add_repositories(tx: Tx, arrival: Arrival, installation: int, now: int) -> None:
    for repo in arrival.repos:
        end_absence(tx, repo.id, now)
        tx.execute(
            "INSERT INTO repository (id, installation_id, full_name, default_branch, reconcile_at) "
            "VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET full_name = excluded.full_name, "
            "installation_id = excluded.installation_id, removed_at = NULL",
            (repo.id, installation, repo.full_name, repo.default_branch, now),
        )
    take_along(tx)
