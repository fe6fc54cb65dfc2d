"""Repair by looking: deliveries that never arrived, and which installations there are.

GitHub never sends a delivery again by itself, and its own `status=failure` filter leaves out those
that timed out. So what counts is whether we hold a delivery, not what GitHub says became of it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

from bot.errors import Gone, Invalid, Limited, Refused, Suspended, Transient
from bot.github.addresses import is_enterprise
from bot.github.client import next_page
from bot.github.manifest import EVENTS
from bot.model.arrival import RepoSeen
from bot.model.seen import InstallationSeen, Missed
from bot.model.wake import Lane

if TYPE_CHECKING:
    from bot.clock import Clock
    from bot.github.client import GitHub

Held: TypeAlias = "Callable[[frozenset[str]], Awaitable[frozenset[str] | set[str]]]"

# An attempt is logged when it has ended, so that the log grows behind its newest row, too: by some
# seconds as a rule. Every ten minutes it is looked at as far as ten minutes back.
_OVERLAP, _WHOLE = timedelta(minutes=1), timedelta(minutes=10)
_LOGGED, _LOGGED_ENTERPRISE = timedelta(days=3), timedelta(days=7)
_IN_FLIGHT, _IN_FLIGHT_ENTERPRISE = timedelta(seconds=12), timedelta(seconds=32)
_BACKOFF = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30))
_ASKS_PER_PASS = 100
_RESTORED = 500
_ROWS = 3_000_000
# Their state is on GitHub: comparing is cheaper than hearing of each change.
_COMPARED = frozenset({"check_run", "check_suite", "status"})
_BUTTONS = frozenset({"requested_action", "rerequested"})
_ACTS = frozenset({"issue_comment", "pull_request_review", "pull_request_review_comment"})
_KNOWN = frozenset(one.name for one in EVENTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """All attempts of one delivery, as GitHub's log has them; `id`: of the newest one.

    `failed`: the newest one has ended with an error, so that nothing of it is still on its way.
    """

    guid: str
    id: int
    event: str
    action: str
    first_at: datetime
    last_at: datetime
    attempts: int
    good: bool
    failed: bool
    installation_id: int
    repo_id: int

    @property
    def may_act(self) -> bool:
        """Whether a person's act may be in it, which no later look at GitHub brings back."""
        edited = self.event == "pull_request" and self.action == "edited"
        return self.event in _ACTS or edited or self.is_button

    @property
    def is_button(self) -> bool:
        """Whether somebody pressed a button of our check."""
        return self.event in _COMPARED and self.action in _BUTTONS


@dataclass(slots=True)
class Memory:
    """What passes know of each other; after a restart `Missed.watermark` of the last one is all.
    `whole_at`: when the log was last looked at as far back as it is worth."""

    watermark: datetime | None = None
    whole_at: datetime | None = None
    open: dict[str, Logged] = field(default_factory=dict)
    asked: dict[str, tuple[int, datetime]] = field(default_factory=dict)
    over: set[str] = field(default_factory=set)


async def missed_deliveries(
    github: GitHub, clock: Clock, held: Held, accept_since: datetime, memory: Memory
) -> Missed:
    """Ask again for what GitHub sent since `accept_since` and the store does not hold.

    Raises Trouble; what was asked by then is in `memory`, and the next pass finds the rest.
    """
    now = clock.now()
    enterprise = is_enterprise(github.wire.root)
    # The log tells whole seconds.
    oldest = max(
        accept_since.replace(microsecond=0), now - (_LOGGED_ENTERPRISE if enterprise else _LOGGED)
    )
    whole = memory.whole_at is None or now - memory.whole_at >= _WHOLE
    overlap = _WHOLE if whole else _OVERLAP
    since = oldest if memory.watermark is None else max(oldest, memory.watermark - overlap)
    arrived = await held(frozenset(memory.open)) if memory.open else frozenset()
    log = await _log_since(github, since, held)
    if whole:
        memory.whole_at = now
        memory.over &= log.missing.keys()
    groups = {guid: one for guid, one in memory.open.items() if guid not in arrived} | log.missing
    open_ = (one for guid, one in groups.items() if guid not in memory.over)
    missing = [one for one in open_ if one.first_at >= oldest]
    flight = _IN_FLIGHT_ENTERPRISE if enterprise else _IN_FLIGHT
    plan = planned(missing, memory.asked, now, flight)
    memory.open = {one.guid: one for one in (*plan.ask, *plan.later)}
    memory.asked = {guid: tries for guid, tries in memory.asked.items() if guid in memory.open}
    asked, refused = await _ask(github, plan.ask, memory, now)
    given_up = (*plan.given_up, *refused)
    memory.over |= {one.guid for one in (*given_up, *plan.compared)}
    memory.watermark = log.newest or since
    # After a restart nothing is remembered, so what is still open must be listed again.
    restart_at = min([memory.watermark, *(one.first_at for one in memory.open.values())])
    return Missed(
        asked=asked,
        given_up=tuple(one.guid for one in given_up),
        reconcile=_places((*given_up, *plan.compared)),
        watermark=restart_at,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to do about deliveries that are missing."""

    ask: tuple[Logged, ...]
    later: tuple[Logged, ...]
    given_up: tuple[Logged, ...]
    compared: tuple[Logged, ...]


def planned(
    missing: Iterable[Logged],
    asked: Mapping[str, tuple[int, datetime]],
    now: datetime,
    flight: timedelta,
) -> Plan:
    """Who is asked for again now, oldest first, who later, who never, and what is compared."""
    known = [one for one in missing if one.event in _KNOWN]
    known.sort(key=lambda one: (one.first_at, one.id))
    restored = sum(one.good for one in known) > _RESTORED
    ask: list[Logged] = []
    later: list[Logged] = []
    given_up: list[Logged] = []
    compared: list[Logged] = []
    for one in known:
        tries, last = asked.get(one.guid, (0, one.last_at))
        tries, last = max(tries, one.attempts), max(last, one.last_at)
        wait = _BACKOFF[min(tries, len(_BACKOFF)) - 1] if tries else flight
        if tries == 0 and one.failed:
            wait = timedelta()
        if now - last < wait:
            later.append(one)
        elif _compared(one, restored=restored):
            compared.append(one)
        elif tries >= len(_BACKOFF):
            given_up.append(one)
        else:
            (ask if len(ask) < _ASKS_PER_PASS else later).append(one)
    return Plan(
        ask=tuple(ask), later=tuple(later), given_up=tuple(given_up), compared=tuple(compared)
    )


def _compared(one: Logged, *, restored: bool) -> bool:
    """Whether a look at the repository makes up for it."""
    return (one.event in _COMPARED and not one.is_button) or (
        restored and one.good and not one.may_act
    )


def grouped(rows: Iterable[Any]) -> dict[str, Logged]:
    """The log by guid; a row that lacks what every delivery has is passed over."""
    groups: dict[str, Logged] = {}
    for row in rows:
        one = _logged(row)
        if one is None:
            continue
        other = groups.get(one.guid)
        groups[one.guid] = one if other is None else _merged(one, other)
    return groups


async def installations(github: GitHub) -> tuple[InstallationSeen, ...]:
    """Every installation with what it grants and covers. Raises Trouble."""
    path = "/app/installations"
    rows, whole = await github.app().pages(path, lane=Lane.COMMAND, at_most=100_000)
    if not whole:
        raise Transient("GitHub's list of installations has no end")
    github.keep({row.get("id") for row in rows})
    return tuple(
        [await _installation(github, row) for row in rows if isinstance(row.get("id"), int)]
    )


def in_either(
    one: Iterable[InstallationSeen], other: Iterable[InstallationSeen]
) -> tuple[InstallationSeen, ...]:
    """What is in one of two lists: they shift while they are paged, so that one lacks what the next
    one shows."""
    found, home = {each.id: each for each in one}, dict[int, int]()
    for each in other:
        before = found.get(each.id, each)
        repositories = None
        if before.repositories is not None and each.repositories is not None:
            both = {repo.id: repo for repo in (*before.repositories, *each.repositories)}
            repositories = tuple(both.values())
        changed = before.changed or each.changed
        found[each.id] = replace(each, changed=changed, repositories=repositories)
        home |= {repo.id: each.id for repo in each.repositories or ()}
    return tuple(_at_home(each, home) for each in found.values())


def _at_home(one: InstallationSeen, home: Mapping[int, int]) -> InstallationSeen:
    """Without what was transferred meanwhile, and is shown elsewhere by the newer list."""
    if one.repositories is None:
        return one
    here = tuple(repo for repo in one.repositories if home.get(repo.id, one.id) == one.id)
    return replace(one, repositories=here)


async def _installation(github: GitHub, row: dict[str, Any]) -> InstallationSeen:
    granted = row.get("permissions") or {}
    suspended = row.get("suspended_at")
    changed = github.learn(row["id"], granted)
    return InstallationSeen(
        id=row["id"],
        account=str((row.get("account") or {}).get("login") or ""),
        permissions=granted,
        changed=changed,
        suspended_at=datetime.fromisoformat(suspended) if suspended else None,
        repositories=None if suspended else await _repositories(github, row["id"]),
    )


async def _repositories(github: GitHub, installation_id: int) -> tuple[RepoSeen, ...] | None:
    try:
        rows, complete = await github.installation(installation_id).pages(
            "/installation/repositories", key="repositories", lane=Lane.SWEEP, at_most=100_000
        )
    except (Limited, Refused, Suspended, Transient):
        # Its trouble is no other's. Suspended or deleted between the two calls: the next sweep
        # says so.
        return None
    seen = tuple(
        RepoSeen(
            id=row["id"],
            full_name=row["full_name"],
            default_branch=row.get("default_branch"),
            archived=bool(row.get("archived")),
        )
        for row in rows
    )
    return seen if complete else None


@dataclass(slots=True)
class _Log:
    """What the log has that the store has not, by guid; `newest`: when its newest row was sent."""

    missing: dict[str, Logged] = field(default_factory=dict)
    newest: datetime | None = None


async def _log_since(github: GitHub, since: datetime, held: Held) -> _Log:
    """The log, newest first, down to the first page that reaches behind `since`; of each page is
    kept what is not held, which is little."""
    log, url, read, led = _Log(), "/app/hook/deliveries", 0, set[str]()
    params: Mapping[str, str] | None = {"per_page": "100"}
    while url and read < _ROWS:
        # The App's own budget: the last of it is for tokens, without which nothing goes on.
        answer = await github.app().get(url, params=params, lane=Lane.UPDATE)
        page = answer.data
        if not isinstance(page, list):
            raise Transient("the log of deliveries is no list")
        found = grouped(page)
        ours = await held(frozenset(found)) if found else frozenset()
        for guid, one in found.items():
            log.newest = max(log.newest or one.last_at, one.last_at)
            if guid not in ours:
                other = log.missing.get(guid)
                log.missing[guid] = one if other is None else _merged(one, other)
        read_of = (_logged(row) for row in reversed(page))
        last = next((one for one in read_of if one is not None), None)
        if not page or (last is not None and last.last_at < since):
            break
        url, params, read = next_page(answer.headers) or "", None, read + len(page)
        if url in led:
            raise Transient("the log of deliveries has no end")
        led.add(url)
    return log


async def _ask(
    github: GitHub, wanted: Iterable[Logged], memory: Memory, now: datetime
) -> tuple[tuple[str, ...], tuple[Logged, ...]]:
    asked: list[str] = []
    refused: list[Logged] = []
    for one in wanted:
        path = f"/app/hook/deliveries/{one.id}/attempts"
        try:
            await github.app().send("POST", path, {}, lane=Lane.COMMAND, repeatable=True)
        except (Gone, Invalid):
            # Any other refusal is about us, and passes: the next pass asks again.
            refused.append(one)
            memory.open.pop(one.guid, None)
            continue
        tries = max(memory.asked.get(one.guid, (0, now))[0], one.attempts)
        memory.asked[one.guid] = (tries + 1, now)
        asked.append(one.guid)
    return tuple(asked), tuple(refused)


def _logged(row: Any) -> Logged | None:
    try:
        at = datetime.fromisoformat(row["delivered_at"])
        return Logged(
            guid=str(row["guid"]),
            id=int(row["id"]),
            event=str(row["event"]),
            action=str(row.get("action") or ""),
            first_at=at,
            last_at=at,
            attempts=int(bool(row.get("redelivery"))),
            good=200 <= int(row.get("status_code") or 0) < 400,
            failed=int(row.get("status_code") or 0) >= 400,
            installation_id=int(row.get("installation_id") or 0),
            repo_id=int(row.get("repository_id") or 0),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _merged(one: Logged, other: Logged) -> Logged:
    newer, older = (one, other) if one.last_at >= other.last_at else (other, one)
    return Logged(
        guid=one.guid,
        id=newer.id,
        event=newer.event,
        action=newer.action,
        first_at=min(newer.first_at, older.first_at),
        last_at=newer.last_at,
        attempts=newer.attempts + older.attempts,
        good=newer.good or older.good,
        failed=newer.failed,
        installation_id=newer.installation_id or older.installation_id,
        repo_id=newer.repo_id or older.repo_id,
    )


def _places(rows: Iterable[Logged]) -> frozenset[tuple[int, int]]:
    return frozenset((one.installation_id, one.repo_id) for one in rows if one.installation_id)
