"""What reports of tests and of coverage say, reduced to what a pull request is judged by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.model.known import Known
from bot.model.reading import Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """The cases that count, recounted; names are examples, the numbers are all of them.

    `files`: reports of tests that were found; none: it holds no such report. `idle`: cases that
    were skipped, with what they say of it. `flaky`: cases that passed only when they were run
    again. `unclear`: cases that one file calls both passed and failed. `told`: what cases that
    passed say they are of, as `POST /refunds validation`. `says`: where a report's own numbers
    differ from its cases.
    """

    files: int = 0
    cases: int = 0
    failed: int = 0
    skipped: int = 0
    failing: tuple[str, ...] = ()
    idle: tuple[str, ...] = ()
    flaky: tuple[str, ...] = ()
    unclear: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    says: str = ""

    @property
    def ran(self) -> int:
        """How many were executed: a skipped case proves nothing."""
        return self.cases - self.skipped


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One changed file: which of its changed lines ran, and which could have and did not.

    `branches`: (line, ways out of it that were never taken). `unsure`: why these may be lines of
    something else, "" where they are not.
    """

    path: str
    ran: tuple[int, ...] = ()
    missed: tuple[int, ...] = ()
    branches: tuple[tuple[int, int], ...] = ()
    unsure: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """`measured`: the changed files that it names. `lines`, `covered`: of everything in it."""

    files: int = 0
    measured: tuple[Measured, ...] = ()
    lines: int = 0
    covered: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What one artifact holds. `over`: its workflow run has ended, so that it is the last word."""

    artifact: str
    value: Known[Results | Coverage]
    workflow: str = ""
    over: bool = True
    link: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """The newest artifact of each run and name; `running`: a run is not over and may bring one.

    `last`: when CI was last heard of on the head.
    """

    reports: tuple[Report, ...] = ()
    running: bool = False
    last: datetime | None = None


RESULTS = Reading(id="results", value=Results, version=2)
COVERED = Reading(id="coverage", value=Coverage)


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """An artifact that a workflow run of the head left behind, not yet opened.

    `size`: bytes as packed. `over`: the run has ended.
    """

    id: int
    name: str
    run: int
    size: int
    workflow: str = ""
    over: bool = True
    link: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AllLeft:
    """Everything that is there and has not expired; `running`: more may come."""

    left: tuple[Left, ...] = ()
    running: bool = False
