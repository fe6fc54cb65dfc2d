"""What a sweep sees of GitHub: open pull requests, installations, deliveries that we lack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.model.arrival import HeadSeen, RepoSeen


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckSeen:
    """The newest check run of ours on a head; `status` and `conclusion` in lower case."""

    id: int
    status: str
    conclusion: str | None
    external_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPullRequest:
    """An open pull request; `check` None: no check run of ours stands on its head."""

    head: HeadSeen
    draft: bool
    check: CheckSeen | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallationSeen:
    """An installation as the App's list shows it; `repositories` None: could not be listed.
    `changed`: it grants something else than before."""

    id: int
    account: str
    permissions: Mapping[str, str] = field(default_factory=dict)
    changed: bool = False
    suspended_at: datetime | None = None
    repositories: tuple[RepoSeen, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """What one pass over GitHub's delivery log found and did.

    `asked`: guids that GitHub was asked to send again. `given_up`: guids for which that is over.
    `reconcile`: (installation id, repository id) whose pull requests have to be compared, 0 for
    all repositories. `watermark`: where the next pass may begin.
    """

    asked: tuple[str, ...] = ()
    given_up: tuple[str, ...] = ()
    reconcile: frozenset[tuple[int, int]] = frozenset()
    watermark: datetime | None = None
