"""What was true of one pull request at one moment: all that a judgement may look at."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, TypeVar

from bot.model.known import NOT_ASKED, Known, Unknown
from bot.model.need import Artifact, Members, Need, Part, Permissions
from bot.model.reading import EVERY, Read, ReadValue, Side, reading_key
from bot.model.results import Reported
from bot.model.same import Same

if TYPE_CHECKING:
    from bot.model.area import Area
    from bot.model.reading import Reading

V = TypeVar("V")


class Change(StrEnum):
    """How a file changed; GitHub's words, `copied` counted as added and `changed` as modified."""

    ADDED = "added"
    REMOVED = "removed"
    MODIFIED = "modified"
    RENAMED = "renamed"


class Line(NamedTuple):
    """One changed line; `number` counts from 1 on the side it stands on.

    A pull request has thousands: a tuple is made and written in a fifth of what a dataclass takes.
    """

    number: int
    text: str


_NUMBER = attrgetter("number")


def between(lines: tuple[Line, ...], first: int, last: int) -> tuple[Line, ...]:
    """Those with these numbers, of lines in their order: thousands are asked of thousands."""
    at = bisect_left(lines, first, key=_NUMBER)
    return lines[at : bisect_right(lines, last, at, key=_NUMBER)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedFile:
    """One row of the diff between merge base and head; blob ids are git's 40 hex digits."""

    path: str
    change: Change
    previous_path: str | None = None
    base_blob: str | None = None
    head_blob: str | None = None
    additions: int = 0
    deletions: int = 0
    added: Known[tuple[Line, ...]] = ()
    removed: Known[tuple[Line, ...]] = ()

    @property
    def paths(self) -> tuple[str, ...]:
        """The new path and, after a rename, the old one: both count."""
        return (self.path,) if self.previous_path is None else (self.path, self.previous_path)


Changes: TypeAlias = Known[tuple[ChangedFile, ...]]


class Standing(StrEnum):
    """What a person may do in a repository, weakest first; custom roles count by their base."""

    NONE = "none"
    READ = "read"
    TRIAGE = "triage"
    WRITE = "write"
    MAINTAIN = "maintain"
    ADMIN = "admin"

    def at_least(self, other: Standing) -> bool:
        """Whether this standing allows all that `other` allows."""
        ranks = list(Standing)
        return ranks.index(self) >= ranks.index(other)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """An account; the id decides, the login is how it was called then."""

    id: int
    login: str
    bot: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRun:
    """The newest attempt of one check, or one commit status (`app_slug` None, `status_by` set).

    `status`: queued, in_progress, completed (and GitHub's waiting, requested, pending).
    `conclusion`: GitHub's word in lower case, None while it runs. `earlier`: conclusions of other
    runs of the same check on the same head, where GitHub shows them. `run`: id of the workflow run
    that it is a job of, `run_over`: whether all of that run has ended.
    """

    name: str
    status: str
    conclusion: str | None = None
    id: int | None = None
    app_id: int | None = None
    app_slug: str | None = None
    workflow: Known[str | None] = None
    status_by: str | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    link: str | None = None
    earlier: tuple[str, ...] = ()
    run: int | None = None
    run_over: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A person's newest opinion; `state`: approved, changes_requested, commented, dismissed."""

    by: Person
    state: str
    commit_sha: str | None
    submitted_at: datetime
    may_write: Known[bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviews:
    """Newest opinions, one per person, and who is asked for one. `spoke`: ids of those who have
    reviewed in whatever way, comments alone included."""

    opinions: tuple[Review, ...]
    requested: tuple[Person, ...]
    requested_teams: tuple[str, ...]
    spoke: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Commits:
    """Who wrote, co-wrote or pushed the commits of the pull request.

    `contributors`: account ids; Unknown when a commit names nobody GitHub knows. `authors`: those
    of them who did not only co-write. `subjects`: the first lines of their messages. `parts`: who
    had a part in each of `shas`, where all are known; `merges`: whether the head is a merge.
    """

    shas: tuple[str, ...]
    contributors: Known[frozenset[int]]
    subjects: Known[tuple[str, ...]] = NOT_ASKED
    authors: Known[frozenset[int]] = NOT_ASKED
    parts: tuple[frozenset[int], ...] = ()
    merges: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """A conversation about a line of the file; `last_by`: who wrote last."""

    path: str
    last_by: Person
    resolved: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """A deployment of one commit; `state`: GitHub's word for its newest status in lower case,
    pending where it has none yet. `url`: where it can be looked at."""

    environment: str
    sha: str
    state: str
    url: str | None = None
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Owners:
    """CODEOWNERS of the default branch: owners per changed path (`@login`, `@org/team`)."""

    by_path: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """A frozen snapshot; what could not be learnt is Unknown, what nobody asked for NOT_ASKED.

    `taken_at` is the only clock a rule has. `head_since`: when the head was pushed or the pull
    request became ready, whichever is later. `made_at`: when the head says that it was made, which
    is no proof. `last_ci_at`: newest start or end of a check on the head, else `head_since`.
    `deployments`: of the head and of `merge_sha`, the commit that it was
    merged as; oldest first. `generated`: changed paths that .gitattributes of the base branch marks
    as written by a machine or by others.
    """

    repo_id: int
    repo: str
    number: int | None
    base_sha: str
    head_sha: str
    base_ref: str
    default_branch: str
    author: Person
    title: str
    labels: Known[frozenset[str]]
    draft: bool
    open: bool
    from_fork: bool
    opened_at: datetime
    head_since: datetime
    taken_at: datetime
    changes: Known[tuple[ChangedFile, ...]]
    body: Known[str] = NOT_ASKED
    checks: Known[tuple[CheckRun, ...]] = NOT_ASKED
    reviews: Known[Reviews] = NOT_ASKED
    commits: Known[Commits] = NOT_ASKED
    deployments: Known[tuple[Deployment, ...]] = NOT_ASKED
    owners: Known[Owners] = NOT_ASKED
    tree: Known[tuple[str, ...]] = NOT_ASKED
    label_setters: Known[Mapping[str, Person]] = NOT_ASKED
    threads: Known[tuple[Thread, ...]] = NOT_ASKED
    members: Mapping[str, Known[frozenset[int]]] = field(default_factory=dict)
    readings: Mapping[str, Known[ReadValue]] = field(default_factory=dict)
    artifacts: Mapping[str, Known[Reported]] = field(default_factory=dict)
    unread: tuple[str, ...] = ()
    generated: tuple[str, ...] = ()
    merged: bool = False
    merge_sha: str | None = None
    made_at: datetime | None = None

    def changed_in(self, area: Area) -> Known[tuple[ChangedFile, ...]]:
        """The changed files of an area; a rename counts by its old and its new path."""
        if isinstance(self.changes, Unknown):
            return self.changes
        return tuple(file for file in self.changes if any(area.has(path) for path in file.paths))

    def read(self, reading: Reading[V], path: str, side: Side = Side.HEAD) -> Known[V]:
        """What the reader made of that side of the file; Unknown where it could not."""
        found = self.readings.get(reading_key(reading.id, side, path), NOT_ASKED)
        if isinstance(found, reading.value | Unknown):
            return found
        return Unknown(f"{path} was read as something else")

    def read_all(
        self, reading: Reading[V], area: Area, side: Side = Side.HEAD
    ) -> Known[dict[str, Known[V]]]:
        """Every reading of that side in the area by path, those of unchanged files among them;
        Unknown where it could not be learnt which files there are."""
        unlisted = self.readings.get(reading_key(reading.id, side, EVERY))
        if isinstance(unlisted, Unknown):
            return unlisted
        start = reading_key(reading.id, side, "")
        paths = [key.removeprefix(start) for key in self.readings if key.startswith(start)]
        found: dict[str, Known[V]] = {}
        for path in paths:
            if area.has(path):
                value: Known[V] = self.read(reading, path, side)
                found[path] = value
        return found

    def reported(self, need: Artifact) -> Known[Reported]:
        """What the artifacts of that need hold."""
        return self.artifacts.get(need.key, NOT_ASKED)

    def role_members(self, role: str) -> Known[frozenset[int]]:
        """Account ids of those of the people in these facts who are in `role`."""
        return self.members.get(role, NOT_ASKED)

    def only(self, needs: frozenset[Need]) -> Facts:
        """The same facts with everything that was not asked for turned into NOT_ASKED."""
        asked = {need.role for need in needs if isinstance(need, Members)}
        keys = {need.key for need in needs if isinstance(need, Artifact)}
        reviews = self.reviews if Part.REVIEWS in needs else NOT_ASKED
        if not isinstance(reviews, Unknown) and Permissions() not in needs:
            reviews = replace(
                reviews,
                opinions=tuple(replace(one, may_write=NOT_ASKED) for one in reviews.opinions),
            )
        return replace(
            self,
            body=self.body if Part.BODY in needs else NOT_ASKED,
            checks=self.checks if Part.CHECKS in needs else NOT_ASKED,
            reviews=reviews,
            commits=self.commits if Part.COMMITS in needs else NOT_ASKED,
            deployments=self.deployments if Part.DEPLOYMENTS in needs else NOT_ASKED,
            owners=self.owners if Part.OWNERS in needs else NOT_ASKED,
            tree=self.tree if Part.TREE in needs else NOT_ASKED,
            label_setters=self.label_setters if Part.LABEL_SETTERS in needs else NOT_ASKED,
            threads=self.threads if Part.THREADS in needs else NOT_ASKED,
            members={role: who for role, who in self.members.items() if role in asked},
            readings=self._readings(needs),
            artifacts={key: value for key, value in self.artifacts.items() if key in keys},
        )

    def _readings(self, needs: frozenset[Need]) -> Mapping[str, Known[ReadValue]]:
        reads = sorted((need for need in needs if isinstance(need, Read)), key=_order)
        held = Same(self, (self.changes, self.readings))
        found: dict[str, Known[ReadValue]] = {}
        for read in reads:
            found |= _selected(held, read) if read.listed else self._of_changed(read)
        return found

    def _of_changed(self, read: Read) -> Mapping[str, Known[ReadValue]]:
        """What was read of changed files: a file is where it was and where it is now."""
        files = () if isinstance(self.changes, Unknown) else self.changes
        keys = (
            reading_key(read.reading, side, path)
            for file in files
            if any(map(read.area.has, file.paths))
            for path in file.paths
            for side in sorted(read.sides)
        )
        return {key: self.readings[key] for key in keys if key in self.readings}


def _order(read: Read) -> tuple[bool, str, str, tuple[str, ...], list[Side], bool]:
    """A set has no order of its own."""
    area, sides = read.area, sorted(read.sides)
    return not read.unchanged, read.reading, area.name, area.globs, sides, read.pair


@lru_cache(maxsize=32)
def _selected(held: Same, read: Read) -> Mapping[str, Known[ReadValue]]:
    """All of an area. Cached: every rule about endpoints asks for all files that may have some."""
    facts: Facts = held.held
    files = () if isinstance(facts.changes, Unknown) else facts.changes
    names = {path: file.paths for file in files for path in file.paths}
    starts = tuple(reading_key(read.reading, side, "") for side in read.sides)
    found = {}
    for key, value in facts.readings.items():
        if key.startswith(starts):
            path = key.split(":", 2)[2]
            paths = names.get(path)
            inside = read.area.has(path) if paths is None else any(map(read.area.has, paths))
            if inside or path == EVERY:
                found[key] = value
    return found
