"""One writer thread with group commit: waiting functions are committed together, each in its own
savepoint, so a failing one takes no other with it. Which engine it is for, its subclass says."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from bot.errors import StoreTrouble
from bot.failpoint import Broken, failpoint

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from bot.store.port import Tx

T = TypeVar("T")
_Result: TypeAlias = tuple[Any, BaseException | None]

GROUP_AT_MOST = 500


@dataclass(slots=True)
class Job:
    """A function that waits for its transaction, and where its result is told."""

    work: Callable[[Tx], Any]
    done: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop


class Writer:
    """Commits what waits, in one thread on one connection.

    Each commit is made under `timed`, which hears of how many it is, on the writer's thread.
    """

    # What the engine raises, beside what a failpoint does.
    errors: tuple[type[BaseException], ...] = (Broken,)

    def __init__(
        self, timed: Callable[[int], AbstractContextManager[None]] = lambda _: nullcontext()
    ) -> None:
        self._timed = timed
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    async def tx(self, work: Callable[[Tx], T]) -> T:
        """Run `work` in a transaction that is committed when this returns; raises StoreTrouble."""
        loop = asyncio.get_running_loop()
        job = Job(work, loop.create_future(), loop)
        self._jobs.put(job)
        result: T = await job.done
        return result

    def start(self) -> None:
        """Start the thread."""
        self._thread = threading.Thread(target=self._write, name="store-writer", daemon=True)
        self._thread.start()

    def join(self) -> None:
        """Commit what waits, and end the thread."""
        if self._thread is not None:
            self._jobs.put(None)
            self._thread.join()

    def _commit(self, group: list[Job]) -> list[_Result]:
        """Commit a group; each one's result, or the trouble of all. Never raises."""
        raise NotImplementedError

    def _close(self) -> None:
        """The thread ends."""
        raise NotImplementedError

    def _spoils(self, error: BaseException) -> bool:
        """Whether the whole transaction is lost with it."""
        raise NotImplementedError

    def _write(self) -> None:
        while True:
            group = self._group()
            if group is None:
                self._close()
                return
            results = self._commit(group)
            for loop in {job.loop for job in group}:
                mine = [pair for pair in zip(group, results, strict=True) if pair[0].loop is loop]
                _tell(loop, mine)

    def _group(self) -> list[Job] | None:
        """All jobs that wait now, at least one; None when the store is closing."""
        first = self._jobs.get()
        if first is None:
            return None
        group = [first]
        while len(group) < GROUP_AT_MOST:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                break
            if job is None:
                self._jobs.put(None)
                break
            group.append(job)
        return group

    def _run(self, connection: Tx, group: list[Job], begin: str) -> list[_Result]:
        """Run a group in one transaction that `begin` begins; each job's result or its error.
        Raises what lost all of it."""
        results: list[_Result] = []
        connection.execute(begin)
        for job in group:
            connection.execute("SAVEPOINT job")
            try:
                results.append((job.work(connection), None))
            except BaseException as error:  # catch-all 5 of 6: handed to the caller
                if self._spoils(error):
                    raise
                connection.execute("ROLLBACK TO job")
                results.append((None, error))
            connection.execute("RELEASE job")
        failpoint("before-commit")
        connection.execute("COMMIT")
        failpoint("after-commit")
        return results


def lost(group: list[Job], trouble: StoreTrouble | None) -> list[_Result]:
    """The same trouble for all."""
    return [(None, trouble)] * len(group)


def _tell(loop: asyncio.AbstractEventLoop, pairs: list[tuple[Job, _Result]]) -> None:
    def tell() -> None:
        for job, (value, error) in pairs:
            if job.done.done():
                continue
            if error is None:
                job.done.set_result(value)
            else:
                job.done.set_exception(error)

    try:
        loop.call_soon_threadsafe(tell)
    except RuntimeError:
        # The loop that asked has ended; its result is committed and nobody waits for it.
        return
