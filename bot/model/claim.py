"""The right to evaluate one subject, and how an evaluation can end."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeAlias

from bot.model.arrival import Said
from bot.model.wake import Lane, Subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The right to evaluate one subject; void as soon as the store holds a higher epoch.

    `expect`: what the wake already knew (`sha` with `at`, merge group `ref` and `base`, `forced`).
    `attempts` counts this one. `evaluate` False: only effects are due, no facts are read.
    `said`: comments to hear, oldest first by GitHub's order. `failed`: how often it failed in a row
    until now, `reason`: how last.
    """

    subject: Subject
    installation_id: int
    repo: str
    epoch: int
    seq: int
    lane: Lane
    attempts: int
    started_at: datetime
    first_at: datetime
    expect: dict[str, str] = field(default_factory=dict)
    evaluate: bool = True
    said: tuple[Said, ...] = ()
    delivery: str | None = None
    failed: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """Judged, committed and sent, or nothing to do. `next_at`: effects still to be sent then.
    `refused`: why GitHub will not take the check, which parks the subject."""

    next_at: datetime | None = None
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Retry:
    """Not a failure: look again after that long (GitHub lags, or answered 5xx)."""

    after: timedelta
    why: str


@dataclass(frozen=True, slots=True)
class Ours:
    """Our own failure; counts as an attempt and parks the subject after five."""

    error: str
    fault: str


@dataclass(frozen=True, slots=True)
class LimitedUntil:
    """The installation's resource (core, graphql, write) is used up until then."""

    until: datetime
    resource: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Blocked:
    """The installation is suspended: stays due, is not tried before it returns."""

    why: str


@dataclass(frozen=True, slots=True)
class GoneForGood:
    """The pull request, repository or installation is no more: its rows are closed."""

    why: str


@dataclass(frozen=True, slots=True)
class Fenced:
    """Somebody else owns the subject by now; nothing was committed or sent."""


Outcome: TypeAlias = Done | Retry | Ours | LimitedUntil | Blocked | GoneForGood | Fenced


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One subject that is not settled, as people are shown it: `word` is due, running, waiting,
    limited until, suspended or parked because."""

    subject: Subject
    repo: str
    word: str
    since: datetime | None
    until: datetime | None
    why: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Unsent:
    """What could not be sent for good (`state` dead), or may have been (uncertain), and why."""

    subject: Subject
    repo: str
    key: str
    state: str
    since: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Room:
    """How many more runs fit: of any lane, and in all for commands; `running` per installation."""

    free: int
    commands: int
    running: Counter[int]
