"""What one installation may spend: GitHub's own limits, ours below them, and pauses it asked for.

`Limited.resource` names what has to wait: `core`, `graphql` and `write` mean every call of that
kind, `lane` only calls as little urgent as this one, `content` only calls that create content.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, Protocol

from bot.errors import Limited, Transient
from bot.model.wake import Lane

if TYPE_CHECKING:
    from bot.clock import Clock

CORE, GRAPHQL, WRITE, LANE, CONTENT = "core", "graphql", "write", "lane", "content"

# Below this part of what is left, calls of the lane wait for the reset.
FLOORS = {Lane.COMMAND: 0.0, Lane.VERDICT: 0.05, Lane.UPDATE: 0.15, Lane.SWEEP: 0.40}

_POINTS = {CORE: 600, GRAPHQL: 1200}
_CONTENT_MINUTE, _CONTENT_HOUR = 60, 400
# Who has typed something is answered beside any amount of other talk.
_ANSWERS = 0.8
_TALK_APART = 1.0
_PATIENCE = 1.0
_PAUSE, _LONGEST_PAUSE = 60.0, 900.0
_LEARNT = timedelta(hours=1)
# The windows are of an hour: what is said of a later reset is no second since 1970.
_FARTHEST_RESET = 7200.0
_QUIET = timedelta(minutes=10)


class Sort(Enum):
    """What a call does to the limits: its resource, points, and which share of ours it may fill.

    A check run may take all of a window, talk leaves room for it.
    """

    READ = ("read", CORE, 1, 1.0)
    QUERY = ("query", GRAPHQL, 1, 1.0)
    CHECK = ("check", CORE, 5, 1.0)
    WRITE = ("write", CORE, 5, 1.0)
    TALK = ("talk", CORE, 5, 0.6)
    MUTATION = ("mutation", GRAPHQL, 5, 0.3)

    def __init__(self, _word: str, resource: str, points: int, share: float) -> None:
        self.resource = resource
        self.points = points
        self.share = share
        self.writes = points > 1
        self.creates = share < 1.0


class Want(NamedTuple):
    """What a call would spend: at most `most` in any stretch of `seconds` for calls like it."""

    name: str
    cost: int
    most: float
    seconds: float


class Spending(Protocol):
    """What all processes spend together on one installation."""

    async def spend(self, wants: Sequence[Want]) -> float:
        """Count them all, or none: seconds until they fit; 0 when they were counted."""
        ...


class Window:
    """At most `limit` is spent in any stretch of `seconds`, wherever the stretch begins."""

    def __init__(self, limit: int, seconds: float) -> None:
        self._limit = limit
        self._seconds = seconds
        self._spent: deque[tuple[float, int]] = deque()
        self._sum = 0

    def wait(self, now: float, cost: int, share: float) -> float:
        """Seconds until `cost` fits into that share of the limit; 0 when it fits now."""
        while self._spent and self._spent[0][0] + self._seconds <= now:
            self._sum -= self._spent.popleft()[1]
        excess = self._sum + cost - max(self._limit * share, cost)
        wait = 0.0
        for at, amount in self._spent:
            if excess <= 0:
                break
            excess -= amount
            wait = at + self._seconds - now
        return wait

    def spend(self, now: float, cost: int) -> None:
        """Count it, whether or not it fits."""
        self._spent.append((now, cost))
        self._sum += cost


class Quota(NamedTuple):
    """The primary limit of one resource as an answer told of it; `reset` in seconds since 1970."""

    limit: int
    remaining: int
    reset: float


class Budget:
    """Decides, before each call of an installation, whether it may be made now."""

    def __init__(
        self, clock: Clock, *, limits: bool = True, together: Spending | None = None
    ) -> None:
        self._clock = clock
        self._together = together
        self._limits = limits
        self._quotas: dict[str, Quota] = {}
        self._paused: dict[str, tuple[datetime, str]] = {}
        self._points = {name: Window(limit, 60.0) for name, limit in _POINTS.items()}
        self._content = (Window(_CONTENT_MINUTE, 60.0), Window(_CONTENT_HOUR, 3600.0))
        self._next_talk = 0.0
        self._back_at: dict[bool, float] = {}
        self._in_a_row = 0
        self._scale = 1.0
        self._quiet_since: datetime | None = None
        self._checks_count_until: datetime | None = None

    async def admit(self, sort: Sort, lane: Lane) -> None:
        """Return when the call may be made and count it; raise Limited if that is over 1 s away."""
        while (wait := self._wait(sort, lane) or await self._shared(sort, lane)) > 0:
            await self._clock.sleep(wait)
        if self._limits:
            self._spend(sort)

    def learn(self, headers: Mapping[str, str]) -> None:
        """Take over what an answer says of the primary limit; absent headers mean unlimited."""
        limit = headers.get("x-ratelimit-limit")
        if limit is None:
            return
        name = headers.get("x-ratelimit-resource", CORE)
        try:
            remaining, reset = headers["x-ratelimit-remaining"], headers["x-ratelimit-reset"]
            quota = Quota(int(limit), int(remaining), float(int(reset[:20])))
        except (KeyError, ValueError):
            return
        if quota.reset > self._clock.now().timestamp() + _FARTHEST_RESET:
            return
        old = self._quotas.get(name)
        # An answer of the hour before may have been overtaken by one of this hour.
        if old is None or quota.reset >= old.reset or old.reset <= self._clock.now().timestamp():
            self._quotas[name] = quota

    def pause(self, resource: str, until: datetime, why: str) -> Limited:
        """Stop calls of the resource until then; the exception to raise for it."""
        known = self._paused.get(resource)
        if known is None or known[0] < until:
            self._paused[resource] = (until, why)
        return Limited(why, until=until, resource=resource)

    def secondary(self, sort: Sort, until: datetime | None, why: str) -> Limited:
        """A secondary limit was met: pause writes, and reads too when a read met it."""
        now = self._clock.now()
        paused_until = self._paused.get(WRITE, (now, ""))[0]
        # Answers that were under way when the pause began teach nothing new.
        if paused_until <= now:
            self._met_secondary(sort, now)
        if until is None:
            wait = min(_PAUSE * 2.0**self._in_a_row, _LONGEST_PAUSE)
            until = max(paused_until, now + timedelta(seconds=wait))
        limited = self.pause(WRITE, until, why)
        self._quiet_since = self._paused[WRITE][0]
        return limited if sort.writes else self.pause(sort.resource, until, why)

    def turn_away(self, sort: Sort, lane: Lane) -> Limited:
        """Content is being created right now; nobody queues for that inside a run."""
        return self._later(sort, lane, self._clock.monotonic() + _TALK_APART)

    @property
    def scale(self) -> float:
        """Which part of our own limits is used: halved by a secondary limit, slowly regained."""
        if self._quiet_since is None:
            return 1.0
        quiet = max(self._clock.now() - self._quiet_since, timedelta())
        return min(1.0, self._scale + 0.1 * (quiet // _QUIET))

    def left(self) -> Mapping[str, Quota]:
        """The primary limits by resource, as last heard of; of none that is reset since."""
        now = self._clock.now().timestamp()
        return {name: one for name, one in self._quotas.items() if now < one.reset}

    def _met_secondary(self, sort: Sort, now: datetime) -> None:
        scale = self.scale
        again = self._quiet_since is not None and now - self._quiet_since < _QUIET
        self._in_a_row = min(self._in_a_row + 1, 4) if again else 0
        # Undocumented whether check runs count as content: the first limit met on one teaches it.
        if sort is Sort.CHECK and not self._checks_count(now):
            self._checks_count_until = now + _LEARNT
            self._scale = scale
        else:
            self._scale = scale / 2

    def _checks_count(self, now: datetime) -> bool:
        return self._checks_count_until is not None and now < self._checks_count_until

    def _is_content(self, sort: Sort, now: datetime) -> bool:
        return sort.creates or (sort is Sort.CHECK and self._checks_count(now))

    def _wait(self, sort: Sort, lane: Lane) -> float:
        now = self._clock.now()
        wait = self._pause_left(sort, now) if self._paused else 0.0
        if not self._limits:
            return wait
        self._keep_floor(sort, lane, now)
        return max(wait, self._own_limits(sort, lane, now))

    def _share(self, sort: Sort, lane: Lane) -> float:
        least = _ANSWERS if lane is Lane.COMMAND else 0.0
        return max(sort.share, least) * self.scale

    def _pause_left(self, sort: Sort, now: datetime) -> float:
        longest = 0.0
        for name in (WRITE, sort.resource) if sort.writes else (sort.resource,):
            until, why = self._paused.get(name, (now, ""))
            wait = (until - now).total_seconds()
            if wait > _PATIENCE:
                raise Limited(why, until=until, resource=name)
            longest = max(longest, wait)
        return longest

    def _keep_floor(self, sort: Sort, lane: Lane, now: datetime) -> None:
        quota = self._quotas.get(sort.resource)
        if quota is None or quota.remaining > quota.limit * FLOORS[lane]:
            return
        if quota.reset <= now.timestamp():
            del self._quotas[sort.resource]
            return
        until = datetime.fromtimestamp(quota.reset, now.tzinfo)
        left = f"{quota.remaining} of {quota.limit} calls are left"
        if quota.remaining <= 0:
            raise Limited(left, until=until, resource=sort.resource)
        raise Limited(f"{left}, kept for what is more urgent", until=until, resource=LANE)

    def _own_limits(self, sort: Sort, lane: Lane, now: datetime) -> float:
        at, share = self._clock.monotonic(), self._share(sort, lane)
        wait = self._points[sort.resource].wait(at, sort.points, share)
        if wait > _PATIENCE and not sort.creates:
            until = now + timedelta(seconds=wait)
            resource = WRITE if sort.writes else sort.resource
            raise Limited("our own limit per minute is used up", until=until, resource=resource)
        if self._is_content(sort, now):
            wait = max(wait, *(window.wait(at, 1, share) for window in self._content))
            if sort.creates:
                wait = max(wait, self._next_talk - at)
            if wait > _PATIENCE:
                raise self._later(sort, lane, at + wait)
        return wait

    async def _shared(self, sort: Sort, lane: Lane) -> float:
        """Seconds until the call fits into what all processes may spend; it is counted there."""
        if self._together is None or not self._limits:
            return 0.0
        now = self._clock.now()
        wait = await self._together.spend(self._wants(sort, lane, now))
        if wait > _PATIENCE:
            if self._is_content(sort, now):
                raise self._later(sort, lane, self._clock.monotonic() + wait)
            resource = WRITE if sort.writes else sort.resource
            why = "our own limit per minute is used up"
            raise Limited(why, until=now + timedelta(seconds=wait), resource=resource)
        return wait

    def _wants(self, sort: Sort, lane: Lane, now: datetime) -> list[Want]:
        share = self._share(sort, lane)
        most = max(_POINTS[sort.resource] * share, sort.points)
        wants = [Want(sort.resource, sort.points, most, 60.0)]
        if self._is_content(sort, now):
            wants.append(Want("content", 1, max(_CONTENT_MINUTE * share, 1), 60.0))
            wants.append(Want("content-hour", 1, max(_CONTENT_HOUR * share, 1), 3600.0))
        if sort.creates:
            wants.append(Want("talk", 1, 1, _TALK_APART))
        return wants

    def _later(self, sort: Sort, lane: Lane, at: float) -> Limited:
        """Those who must come back come back one after the other, not all in one moment; an answer
        to a command waits behind nobody."""
        if lane is not Lane.COMMAND:
            at = max(at, self._back_at.get(sort.creates, 0.0) + _TALK_APART)
            self._back_at[sort.creates] = at
        until = self._clock.now() + timedelta(seconds=at - self._clock.monotonic())
        return Limited("content is created slowly", until=until, resource=CONTENT)

    def _spend(self, sort: Sort) -> None:
        at = self._clock.monotonic()
        self._points[sort.resource].spend(at, sort.points)
        if self._is_content(sort, self._clock.now()):
            self._next_talk = at + _TALK_APART
            for window in self._content:
                window.spend(at, 1)
        quota = self._quotas.get(sort.resource)
        if quota is not None:
            self._quotas[sort.resource] = quota._replace(remaining=quota.remaining - 1)


class Breaker:
    """Stops calls while GitHub mostly fails; one call each 15 s finds out whether it is back."""

    _MINUTE, _FEWEST, _PROBE = 60.0, 20, 15.0

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began = 0.0
        self._good = self._bad = 0
        self._probe_at: float | None = None

    def admit(self) -> None:
        """Raise Transient while the breaker is open and no probe is due."""
        if self._probe_at is None:
            return
        now = self._clock.monotonic()
        if now < self._probe_at:
            raise Transient("GitHub mostly fails; it is tried again every 15 s")
        self._probe_at = now + self._PROBE

    def count(self, *, good: bool) -> None:
        """One call ended; a good one closes the breaker."""
        now = self._clock.monotonic()
        if (good and self._probe_at is not None) or now - self._began >= self._MINUTE:
            self._began, self._good, self._bad = now, 0, 0
        if good:
            self._good += 1
            self._probe_at = None
            return
        self._bad += 1
        if self._probe_at is None and self._bad > self._good >= self._FEWEST - self._bad:
            self._probe_at = now + self._PROBE
