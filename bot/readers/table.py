"""Which module reads what, and how much it may take; a reader is imported where it runs."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from bot.model.reading import (
    COMMIT_SECRETS,
    CONTRACT,
    ENDPOINTS,
    EVIDENCE,
    MANIFEST,
    MIGRATION,
    MODELS,
    OPERATIONS,
    SECRETS,
    SIGNALS,
    SYNTAX,
    Reading,
)
from bot.model.results import COVERED, RESULTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.sandbox.frame import Job

KB, MB = 1_000, 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderUse:
    """A reading with the module that makes it: its function `read` takes the job.

    `apart`: it needs so much memory that one process reads it for all.
    """

    reading: Reading[Any]
    module: str
    bytes_at_most: int = 200 * KB
    seconds: float = 2.0
    apart: bool = False


READERS: dict[str, ReaderUse] = {
    use.reading.id: use
    for use in (
        ReaderUse(reading=ENDPOINTS, module="endpoints"),
        ReaderUse(reading=EVIDENCE, module="evidence", bytes_at_most=MB),
        ReaderUse(reading=MANIFEST, module="manifests", bytes_at_most=MB),
        ReaderUse(reading=MIGRATION, module="migrations"),
        ReaderUse(
            reading=SECRETS, module="secrets", bytes_at_most=4 * MB, seconds=30.0, apart=True
        ),
        ReaderUse(
            reading=COMMIT_SECRETS,
            module="commit_secrets",
            bytes_at_most=4 * MB,
            seconds=30.0,
            apart=True,
        ),
        ReaderUse(reading=CONTRACT, module="contracts", bytes_at_most=16 * MB, seconds=10.0),
        ReaderUse(reading=COVERED, module="reports.lines", bytes_at_most=20 * MB, seconds=10.0),
        ReaderUse(reading=RESULTS, module="reports.cases", bytes_at_most=20 * MB, seconds=10.0),
        ReaderUse(reading=MODELS, module="models"),
        ReaderUse(reading=OPERATIONS, module="operations", bytes_at_most=16 * MB, seconds=10.0),
        ReaderUse(reading=SIGNALS, module="signals"),
        ReaderUse(reading=SYNTAX, module="syntax"),
    )
}


def use_of(reading: str) -> ReaderUse:
    """The use of a reading, whatever its reader is told; KeyError for one that nobody makes."""
    return READERS[reading.partition("/")[0]]


def reader_of(reading: str) -> Callable[[Job], Any]:
    """The function that reads; KeyError for a reading that nobody makes."""
    module = import_module(f"bot.readers.{use_of(reading).module}")
    return cast("Callable[[Job], Any]", module.read)
