"""An API contract at both sides, compared where nothing of it can do harm."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.model.contract import Change, Comparison, Impact
from bot.model.known import Known, Unknown
from bot.readers.openapi.compare import compare
from bot.readers.openapi.side import Contract, referenced_files

if TYPE_CHECKING:
    from bot.sandbox.frame import Job

# The rest is counted: nobody reads further, and a reading stays small.
CHANGES_AT_MOST = 200
_GRAVITY = (Impact.BREAKING, Impact.RISKY, Impact.HARMLESS)


def read(job: Job) -> Known[Comparison]:
    """What changed for whom; Unknown where the file is no contract, or refers to other files."""
    if job.head is None:
        known = _trouble(job, job.base or b"")
        return Comparison(gone=True) if known is None else known
    trouble = _trouble(job, job.head)
    if job.base is None:
        return Comparison(first=True) if trouble is None else trouble
    changes = compare(Contract(job.base, job.path), Contract(job.head, job.path))
    if not isinstance(changes, Unknown):
        ordered = sorted(changes, key=lambda one: _GRAVITY.index(one.severity))
        kept = tuple(ordered[:CHANGES_AT_MOST])
        return Comparison(changes=kept, more=len(ordered) - len(kept))
    was_read = _trouble(job, job.base) is None
    if was_read and trouble is not None and not referenced_files(job.head, job.path):
        return Comparison(unreadable=trouble.reason)
    return changes


def _trouble(job: Job, data: bytes) -> Unknown | None:
    """Why the bytes are no contract by themselves, None where they are."""
    same: Known[tuple[Change, ...]] = compare(Contract(data, job.path), Contract(data, job.path))
    return same if isinstance(same, Unknown) else None
