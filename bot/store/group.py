"""One writer thread with group commit: waiting functions are committed together. Where one of them
fails each has a transaction of its own, so that it takes no other with it."""

from __future__ import annotations

import asyncio
import queue
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from bot.errors import StoreTrouble
from bot.failpoint import failpoint

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from bot.store.port import Rows, Tx, Values

A = TypeVar("A")
T = TypeVar("T")
# Statements with their values.
Begin: TypeAlias = "Sequence[tuple[str, Values]]"
_Result: TypeAlias = tuple[Any, BaseException | None]

GROUP_AT_MOST = 500
# Seconds, the first and the fifth time and from then on; then the others wait with it.
PUT_OFF, PUT_OFF_LONGEST, PUT_OFF_AT_MOST = 0.002, 0.01, 60
# The result of one that is put off.
LATER: _Result = (None, None)


@dataclass(slots=True)
class Job:
    """A function that waits for its transaction, and where its result is told. `ask`: what it asks
    before, `about` which things; about nothing, where it may be about all of them. `put_off`: how
    often others went before it, as somebody else was about one of the same."""

    about: frozenset[str]
    ask: Callable[[Tx], Any]
    work: Callable[[Tx, Any], Any]
    done: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop
    put_off: int = 0


class Writer(ABC):
    """Commits what waits, in one thread on one connection; its subclass says of which engine.

    Each commit is made under `timed`, which hears of how many it is, on the writer's thread. Work
    may be run again: what it does beside its transaction has to bear that.
    """

    def __init__(
        self, timed: Callable[[int], AbstractContextManager[None]] = lambda _: nullcontext()
    ) -> None:
        self._timed = timed
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    async def tx(self, work: Callable[[Tx], T], about: frozenset[str] = frozenset()) -> T:
        """Run `work` in a transaction that is committed when this returns; raises StoreTrouble."""
        return await self.ask(about, lambda _: None, lambda tx, _: work(tx))

    async def ask(
        self, about: frozenset[str], ask: Callable[[Tx], A], work: Callable[[Tx, A], T]
    ) -> T:
        """The same for `work` that goes by what `ask` asked for, which changes nothing; those who
        ask about different things may ask together, before any of them works."""
        loop = asyncio.get_running_loop()
        job = Job(about, ask, work, loop.create_future(), loop)
        self._jobs.put(job)
        done: T = await job.done
        return done

    def start(self) -> None:
        """Start the thread."""
        self._thread = threading.Thread(target=self._write, name="store-writer", daemon=True)
        self._thread.start()

    def join(self) -> None:
        """Commit what waits, and end the thread."""
        if self._thread is not None:
            self._jobs.put(None)
            self._thread.join()

    @abstractmethod
    def _commit(self, group: list[Job], *, patient: bool) -> list[_Result]:
        """Commit a group; each one's result, or the trouble of all. Raises what is not the store's.
        `patient`: wait for whoever is about one of the same; else those that would have to are put
        off."""

    @abstractmethod
    def _take_back(self) -> None:
        """End the transaction, if there is one, as if it had not been begun. Never raises."""

    @abstractmethod
    def _close(self) -> None:
        """The thread ends."""

    def _kept_from(self, begun: Rows) -> Callable[[Job], bool]:
        """Who is put off, by what the last statement of the beginning found; to be asked once all
        have asked what they go by."""
        del begun
        return lambda _: False

    def _write(self) -> None:
        late = list[Job]()
        while True:
            group = self._group(late)
            if group is None:
                self._close()
                return
            pairs = list(zip(group, self._settled(group), strict=True))
            late = [job for job, result in pairs if result is LATER]
            for job in late:
                job.put_off += 1
            for loop in {job.loop for job in group}:
                told = [pair for pair in pairs if pair[0].loop is loop and pair[1] is not LATER]
                _tell(loop, told)

    def _group(self, late: list[Job]) -> list[Job] | None:
        """Those that were put off, and all that wait now or come before these have their turn; at
        least one. None when the store is closing."""
        group = list(late)
        times = max((job.put_off for job in late), default=0)
        try:
            job = self._jobs.get(timeout=min(times * PUT_OFF, PUT_OFF_LONGEST) or None)
            while job is not None:
                group.append(job)
                if len(group) >= GROUP_AT_MOST:
                    return group
                job = self._jobs.get_nowait()
        except queue.Empty:
            return group
        if group:
            self._jobs.put(None)
        return group or None

    def _parts(self, group: list[Job]) -> list[list[Job]]:
        """Who may ask before any of them works: those whose works do not change what another one
        asks for."""
        return [[job] for job in group]

    def _settled(self, group: list[Job]) -> list[_Result]:
        """Each one's result. Whatever is raised, the thread goes on: all who come later would wait
        for ever."""
        patient = any(job.put_off >= PUT_OFF_AT_MOST for job in group)
        try:
            return self._commit(group, patient=patient)
        except BaseException as error:  # noqa: BLE001  catch-all 5 of 7: handed to the caller
            self._take_back()
            return [(None, error)] if len(group) == 1 else self._each(group)

    def _run(self, connection: Tx, group: list[Job], begin: Begin) -> list[_Result]:
        """Run a group in one transaction that `begin` begins; each job's result."""
        begun = [connection.execute(statement, values) for statement, values in begin]
        kept = self._kept_from(begun[-1])
        parts = self._parts(group)
        results = [one for part in parts for one in _together(connection, part, kept)]
        failpoint("before-commit")
        connection.execute("COMMIT")
        failpoint("after-commit")
        return results

    def _each(self, group: list[Job]) -> list[_Result]:
        """Each by itself, which is not run again with others once it is committed."""
        results = list[_Result]()
        for job in group:
            before = results[-1][1] if results else None
            # Where the store is away the others need not find out.
            known = isinstance(before, StoreTrouble)
            results += [(None, before)] if known else self._settled([job])
        return results


def _together(connection: Tx, part: list[Job], kept: Callable[[Job], bool]) -> list[_Result]:
    asked = [(job, job.ask(connection)) for job in part]
    return [LATER if kept(job) else (job.work(connection, one), None) for job, one in asked]


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
