"""The sandbox with the readers that this version has."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.readers.table import use_of
from bot.sandbox.frame import Job
from bot.sandbox.pool import Budget, Pool

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.clock import Clock
    from bot.model.known import Known

WORKERS_AT_MOST = 4
# What one pull request may take of the workers, which others wait for.
SECONDS_AT_MOST = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class InUse:
    """A reading's limits and type, as the worker asks for them."""

    value: type[Any]
    version: int
    bytes_at_most: int


class SandboxReaders:
    """Implements the worker's Readers: every content is read in a killable process."""

    def __init__(
        self, clock: Clock, workers: int | None = None, seconds: float = SECONDS_AT_MOST
    ) -> None:
        self._seconds = seconds
        size = workers or max(1, min((os.cpu_count() or 2) - 1, WORKERS_AT_MOST))
        self.pool, self.apart = Pool(clock, size), Pool(clock)

    def use(self, reading: str) -> InUse:
        """The reader of that reading."""
        one = use_of(reading)
        return InUse(
            value=one.reading.value, version=one.reading.version, bytes_at_most=one.bytes_at_most
        )

    async def read(
        self, jobs: Sequence[tuple[str, str, bytes | None, bytes | None]]
    ) -> Sequence[Known[Any]]:
        """JSON data for each (reading, path, base, head), or Unknown; raises nothing.

        Readings of the same text go to one process, which parses it once.
        """
        budget = Budget(self._seconds)
        groups: dict[tuple[Any, ...], list[int]] = {}
        for at, (reading, path, base, head) in enumerate(jobs):
            apart = use_of(reading.partition(" ")[0]).apart
            # By identity: to hash or compare megabytes would keep webhooks waiting.
            groups.setdefault((apart, path, id(base), id(head)), []).append(at)
        asked = ([jobs[at] for at in group] for group in groups.values())
        found = await asyncio.gather(*(self._in_turn(budget, some) for some in asked))
        places = [at for group in groups.values() for at in group]
        answers = dict(zip(places, (one for some in found for one in some), strict=True))
        return [answers[at] for at in range(len(jobs))]

    async def report(
        self, reading: str, name: str, bodies: tuple[bytes | None, bytes | None], asked: str
    ) -> Known[Any]:
        """JSON data for an artifact, with what an earlier attempt left; raises nothing."""
        job = Job(reading=reading, path=name, base=bodies[0], head=bodies[1], options=asked)
        return await self.pool.read(job, use_of(reading).seconds)

    async def _in_turn(
        self, budget: Budget, asked: Sequence[tuple[str, str, bytes | None, bytes | None]]
    ) -> list[Known[Any]]:
        jobs = []
        for reading, path, base, head in asked:
            name, _, options = reading.partition(" ")
            use = use_of(name)
            job = Job(reading=name, path=path, base=base, head=head, options=options)
            jobs.append((job, use.seconds))
        return await (self.apart if use.apart else self.pool).in_turn(jobs, budget)

    async def close(self) -> None:
        """End every process."""
        await self.pool.close()
        await self.apart.close()
