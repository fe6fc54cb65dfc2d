"""How many command lines people may type; counted in this process, before any request."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from cachetools import TTLCache

if TYPE_CHECKING:
    from bot.clock import Clock
    from bot.model.arrival import Said
    from bot.model.wake import Subject

# Command lines per person and repository: enough to ask about each item, too few to flood. Of
# people without standing a few, and of all of them together on one pull request.
AN_HOUR, A_MINUTE = timedelta(hours=1), timedelta(minutes=1)
PER_HOUR, PER_MINUTE = 30, 6
STRANGERS_PER_HOUR, ALL_STRANGERS_PER_HOUR = 3, 10
# A person in a repository; all strangers on one of its pull requests count as one.
_Who: TypeAlias = tuple[int, int]
_SIZE = 10_000


class _Words(NamedTuple):
    """Lines of one comment: when they were said, when they were first heard, how many."""

    said_at: datetime
    heard_at: datetime
    lines: int


@dataclass(slots=True)
class Rates:
    """Who has said how much of late."""

    clock: Clock
    _known: TTLCache[_Who, bool] = field(init=False)
    _spoke: TTLCache[_Who, dict[str, _Words]] = field(init=False)
    _refused: TTLCache[_Who, int] = field(init=False)

    def __post_init__(self) -> None:
        an_hour = AN_HOUR.total_seconds()
        self._known = TTLCache(_SIZE, an_hour, self.clock.monotonic)
        self._spoke = TTLCache(_SIZE, an_hour, self.clock.monotonic)
        self._refused = TTLCache(_SIZE, an_hour, self.clock.monotonic)

    def know(self, repo_id: int, person_id: int) -> None:
        """The person has standing in the repository."""
        self._known[repo_id, person_id] = True

    def heard_at(self, subject: Subject, said: Said) -> datetime | None:
        """When it was first heard; None where it was not, or that is long ago."""
        words = self._spoke.get((subject.repo_id, said.by_id), {}).get(_told(said))
        return words.heard_at if words is not None else None

    def over(self, subject: Subject, said: Said, lines: int, *, standing: bool) -> int:
        """How many comments over a limit this one is.

        What counts is when they were said: after an outage those of hours are heard at once. One
        that is heard once more is not counted once more, and one without lines never is.
        """
        now, at = self.clock.now(), said.moment[0]
        person = (subject.repo_id, said.by_id)
        limits: list[tuple[_Who, timedelta, int]] = [
            (person, AN_HOUR, PER_HOUR),
            (person, A_MINUTE, PER_MINUTE),
        ]
        if not (person in self._known or standing):
            crowd = (subject.repo_id, -subject.number)
            limits = [(person, AN_HOUR, STRANGERS_PER_HOUR)]
            limits.append((crowd, AN_HOUR, ALL_STRANGERS_PER_HOUR))
        told = _told(said)
        if lines and told not in self._spoke.get(person, {}):
            for who, within, most in limits:
                spoke = self._spoke.get(who, {}).values()
                lately = (one.lines for one in spoke if timedelta() <= at - one.said_at < within)
                if sum(lately) >= most:
                    self._refused[person] = self._refused.get(person, 0) + 1
                    return self._refused[person]
        for who, _, _ in limits:
            spoken = self._spoke.get(who, {}).items()
            kept = {key: one for key, one in spoken if now - one.heard_at < AN_HOUR}
            self._spoke[who] = {
                told: _Words(at, now, lines if who == person else min(lines, 1))
            } | kept
        self._refused.pop(person, None)
        return 0


def _told(said: Said) -> str:
    return f"{said.key} {said.updated_at.isoformat()}"
