"""What the artifacts of a head say together, and how long they are waited for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from bot.model.known import Known, Unknown
from bot.model.verdict import clip, skipped, undecided, waiting

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime, timedelta

    from bot.model.facts import ChangedFile, Facts, Line
    from bot.model.need import Artifact
    from bot.model.reading import Reading
    from bot.model.results import Report
    from bot.model.verdict import Kind, Verdict

V = TypeVar("V")

# Fewer equal lines in a row are chance.
_BLOCK = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Read(Generic[V]):
    """`found`: each report with what it holds. `unread`: why another could not be read. `pending`:
    a run that made one of them, or could still make one, is not over. `last`: newest sign of CI."""

    found: tuple[tuple[Report, V], ...]
    unread: tuple[Unknown, ...]
    pending: bool
    last: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """What is waited for, how long, and what its absence means: unsure or skip."""

    artifact: str
    wait_at_most: timedelta
    if_absent: str
    kind: Kind


def reports_of(facts: Facts, need: Artifact, reading: Reading[V]) -> Known[Read[V]]:
    """Those artifacts of the need that hold such a report at all."""
    reported = facts.reported(need)
    if isinstance(reported, Unknown):
        return reported
    pairs = [(one, one.value) for one in reported.reports]
    found = tuple(
        (one, value)
        for one, value in pairs
        if isinstance(value, reading.value) and getattr(value, "files", False)
    )
    unread = tuple(value for _, value in pairs if isinstance(value, Unknown))
    runs = [one for one, _ in found] or [one for one, value in pairs if isinstance(value, Unknown)]
    pending = any(not one.over for one in runs) if runs else reported.running
    last = max(reported.last or facts.head_since, facts.head_since)
    return Read(found=found, unread=unread, pending=pending, last=last)


def not_yet(read: Read[V], now: datetime, patience: Patience) -> Verdict | None:
    """The answer where nothing is to be judged, or not yet; None where all reports are there."""
    name, until = patience.artifact, read.last + patience.wait_at_most
    if not read.found and patience.if_absent == "skip":
        return skipped(f"no such report in an artifact {name}")
    if not read.pending and read.found:
        return None
    if not read.pending and read.unread:
        return undecided(read.unread[0])
    if now < until:
        return waiting(f"waiting for the report {name}", until, patience.kind.at(clip(name, 200)))
    lacking = "the run that made it is not over" if read.found else "no artifact has such a report"
    return undecided(Unknown(f"can't tell: {name} - {lacking}. Run the workflow again"))


def last_ci(facts: Facts) -> datetime:
    """The last sign of life of any CI on the head, or the head itself."""
    checks = () if isinstance(facts.checks, Unknown) else facts.checks
    moments = [run.completed_at or run.started_at for run in checks]
    last = max((one for one in moments if one is not None), default=facts.head_since)
    return max(last, facts.head_since)


def moved_lines(facts: Facts) -> dict[str, frozenset[int]]:
    """Added lines of each file that stand in a block which the change takes away elsewhere."""
    files = () if isinstance(facts.changes, Unknown) else facts.changes
    gone = {text for file in files for text, _ in _blocks(file.removed)}
    return {file.path: _moved(file, gone) for file in files if gone}


def _moved(file: ChangedFile, gone: set[tuple[str, ...]]) -> frozenset[int]:
    return frozenset(at for text, numbers in _blocks(file.added) if text in gone for at in numbers)


def _blocks(lines: Known[tuple[Line, ...]]) -> Iterator[tuple[tuple[str, ...], tuple[int, ...]]]:
    """Every run of lines that stand together, by their text without the space around it."""
    if isinstance(lines, Unknown):
        return
    for at in range(len(lines) - _BLOCK + 1):
        some = lines[at : at + _BLOCK]
        text = tuple(one.text.strip() for one in some)
        if some[-1].number - some[0].number == _BLOCK - 1 and all(text):
            yield text, tuple(one.number for one in some)
