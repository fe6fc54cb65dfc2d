"""The distributed engine as it is used here: its tables, its connections, and its worker's word."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import psycopg
from procrastinate import PsycopgConnector
from procrastinate.exceptions import ProcrastinateException, UniqueViolation
from procrastinate.manager import JobManager
from procrastinate.schema import SchemaManager

from bot.durable.connections import ENGINE, pool
from bot.logs import get_logger

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterable

    from procrastinate.connector import BaseConnector
    from procrastinate.jobs import Job, Status

    from bot.clock import Clock

# Seconds between tries.
BACK = (0.2, 0.5, 1.0, 2.0, 5.0)
_log = get_logger()


def engine_schema() -> str:
    """The statements that make the engine's tables; they cannot be run twice."""
    return str(SchemaManager.get_schema())


class _Connector(PsycopgConnector):
    """The engine's own, for a server of any language."""

    async def execute_query_all_async(self, query: str, **arguments: Any) -> list[dict[str, Any]]:
        try:
            rows: list[dict[str, Any]] = await super().execute_query_all_async(query, **arguments)
        except (AssertionError, AttributeError) as error:
            # It reads which lock is taken in the server's words, and expects them in English.
            found = error.__context__
            if not isinstance(found, psycopg.errors.UniqueViolation):
                raise
            constraint = found.diag.constraint_name
            raise UniqueViolation(constraint_name=constraint, queueing_lock=None) from found
        return rows


def engine_connector(url: str, schema: str) -> PsycopgConnector:
    """The engine's own connections to its tables in `schema`, not yet opened."""

    async def alone(connection: psycopg.AsyncConnection[Any]) -> None:
        # All that the engine asks is one statement: a transaction around it is two ways more.
        await connection.set_autocommit(True)
        await connection.execute(settings.encode())

    # A worker that is frozen while it takes a job must not keep the rows from all others.
    settings = (
        f"SET search_path = {schema}; SET idle_in_transaction_session_timeout = 3000; "
        "SET default_transaction_isolation = 'read committed'"
    )
    return _Connector(
        conninfo=url, min_size=1, max_size=4, kwargs=ENGINE, configure=alone, pool_factory=pool
    )


class Jobs(JobManager):
    """What the engine's worker says of itself and of its jobs, said until it is heard.

    `beaten`: called when the server has heard that it lives; `fetched`: when it has said whether
    there is a job. `stuck`: that a job has ended was never heard; while it lives that job would
    keep all later ones of its subject.
    """

    def __init__(
        self,
        connector: BaseConnector,
        clock: Clock,
        beaten: Callable[[], None],
        stop: asyncio.Event,
        fetched: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(connector)
        self._fetched = fetched
        self.stuck = False
        self._clock = clock
        self._beaten = beaten
        self._stop = stop
        self._worker = 0

    async def register_worker(self) -> int:
        """As the engine's own."""
        self._worker = await super().register_worker()
        return self._worker

    async def fetch_job(self, queues: Iterable[str] | None, worker_id: int) -> Job | None:
        """As the engine's own."""
        job = await super().fetch_job(queues, worker_id)
        self._fetched()
        return job

    async def update_heartbeat(self, worker_id: int) -> None:
        """The engine does not notice when it fails."""
        await super().update_heartbeat(worker_id)
        self._beaten()

    async def keep_beating(self, every: float) -> None:
        """For as long as jobs are waited for, so that nobody takes them."""
        while True:
            with suppress(ProcrastinateException, psycopg.Error, OSError):
                await self.update_heartbeat(self._worker)
            await self._clock.sleep(every)

    async def finish_job(self, job: Job, status: Status, delete_job: bool) -> None:  # noqa: FBT001
        """The engine says it once. Who ends needs to say no more: others take what it leaves."""
        for wait in (*BACK, None):
            try:
                return await super().finish_job(job, status, delete_job)
            except ProcrastinateException as error:
                if isinstance(error.__cause__, psycopg.errors.RaiseException):
                    # There is no such job any more: the answer was lost, or a sweep was faster.
                    return None
                _log.warning("job_not_ended", why=why(error))
            if wait is None or self._stop.is_set():
                break
            await self._clock.sleep(wait)
        self.stuck = True
        return None


def why(error: BaseException) -> str:
    """What the server said, on one line: of itself the engine only says that it said something."""
    return " ".join(str(error.__cause__ or error).split())
