"""GitHub's limits: counted for every installation, enforced where switched on."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from datetime import datetime, timedelta

from bot.clock import Clock
from bot.simulator.answers import Refusal
from bot.simulator.quirks import Limits
from bot.simulator.things import Json

_SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes before you try"
_HOUR = timedelta(hours=1)


class Window:
    """Amounts within the last so many seconds."""

    def __init__(self, seconds: int) -> None:
        self._span = timedelta(seconds=seconds)
        self._seen: deque[tuple[datetime, int]] = deque()

    def total(self, now: datetime) -> int:
        """The sum of what was noted in the span up to now."""
        while self._seen and self._seen[0][0] <= now - self._span:
            self._seen.popleft()
        return sum(amount for _, amount in self._seen)

    def note(self, now: datetime, amount: int) -> None:
        """Add to the window."""
        self._seen.append((now, amount))


class Budget:
    """One resource of one installation: what is used in the running hour."""

    def __init__(self, limit: int, now: datetime) -> None:
        self.limit = limit
        self.used = 0
        self.reset = now + _HOUR

    def charge(self, now: datetime, cost: int) -> None:
        """Use up some of it; a new hour starts afresh."""
        if now >= self.reset:
            self.used, self.reset = 0, now + _HOUR
        self.used += cost

    def numbers(self) -> Json:
        """`rate-limit`."""
        left = max(0, self.limit - self.used)
        reset = int(self.reset.timestamp())
        return {"limit": self.limit, "used": self.used, "remaining": left, "reset": reset}


class Meter:
    """All budgets and windows."""

    def __init__(self, clock: Clock, limits: Limits) -> None:
        self.clock = clock
        self.limits = limits
        self.in_flight = 0
        self._budgets: dict[tuple[int, str], Budget] = {}
        self._windows: dict[tuple[int, str], Window] = {}

    def budget(self, owner: int, resource: str) -> Budget:
        """The budget of an installation (0: the App itself) for `core` or `graphql`."""
        key = (owner, resource)
        now = self.clock.now()
        if key not in self._budgets:
            limit = self.limits.graphql if resource == "graphql" else self.limits.core
            self._budgets[key] = Budget(limit, now)
        self._budgets[key].charge(now, 0)
        return self._budgets[key]

    def exhausted(self, owner: int, resource: str) -> bool:
        """Whether the primary limit stands in the way."""
        return self.limits.primary and not self.budget(owner, resource).numbers()["remaining"]

    def headers(self, owner: int, resource: str) -> dict[str, str]:
        """The rate limit headers of an answer."""
        numbers = self.budget(owner, resource).numbers()
        named = {f"X-RateLimit-{key.title()}": str(value) for key, value in numbers.items()}
        return named | {"X-RateLimit-Resource": resource}

    def _window(self, owner: int, name: str, seconds: int) -> Window:
        return self._windows.setdefault((owner, name), Window(seconds))

    def admit(self, owner: int, method: str, path: str) -> None:
        """Count a call and refuse it where a limit is enforced and met. Raises Refusal."""
        limits, now = self.limits, self.clock.now()
        if limits.concurrency and self.in_flight > limits.concurrent:
            raise self.secondary()
        query = path == "/graphql"
        cost = 1 if method == "GET" or query else 5
        points = self._window(owner, "query" if query else "rest", 60)
        most = limits.query_points_per_minute if query else limits.points_per_minute
        if limits.points and points.total(now) + cost > most:
            raise self.secondary()
        if makes_content(method, path):
            self._admit_content(owner, now)
        points.note(now, cost)

    def _admit_content(self, owner: int, now: datetime) -> None:
        minute = self._window(owner, "content/min", 60)
        hour = self._window(owner, "content/h", 3600)
        full = minute.total(now) >= self.limits.content_per_minute
        full = full or hour.total(now) >= self.limits.content_per_hour
        if self.limits.content and full:
            raise self.secondary()
        minute.note(now, 1)
        hour.note(now, 1)

    def primary(self, owner: int, resource: str) -> Refusal:
        """The refusal when nothing remains."""
        message = f"API rate limit exceeded for installation ID {owner}."
        return Refusal(self.limits.status, message, headers=self.headers(owner, resource))

    def secondary(self) -> Refusal:
        """The refusal for going too fast, in the form that is switched on."""
        if self.limits.abuse_422:
            error = {"resource": "Issue", "code": "abuse", "field": "base"}
            return Refusal(422, "Validation Failed", errors=[error])
        wait = self.limits.retry_after
        headers = {} if wait is None else {"Retry-After": str(wait)}
        return Refusal(self.limits.status, _SECONDARY + " again.", headers=headers)


def makes_content(method: str, path: str) -> bool:
    """Whether GitHub counts the call as creating content."""
    words: Iterable[str] = ("/comments", "/replies", "/requested_reviewers", "/reactions")
    return method == "POST" and any(path.endswith(word) for word in words)
