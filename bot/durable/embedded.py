"""The in-process runner: one pump, a task a claim, everything it needs to know in the store."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

from bot.durable.courtesy import Courtesy
from bot.errors import StoreTrouble, Trouble
from bot.logs import get_logger
from bot.model.claim import Claim, Ours, Outcome, Retry, Room
from bot.model.effect import TimerKind
from bot.model.wake import Lane, Subject

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence
    from contextlib import AbstractContextManager

    from bot.clock import Clock
    from bot.durable.port import Handler, TimerSweep

RUN_AT_MOST = 120.0
DRAIN_AT_MOST = 20.0
LOOK_EVERY = 1.0
# Timers that fire a little late are still on time.
SHORTEST = 0.01
COMMANDS = 4
# A store that gives so many at once may have more.
BATCH = 50

_log = get_logger()


class ClaimStore(Protocol):
    """What the runner asks of the store."""

    async def take(self, room: Room) -> Sequence[Claim]:
        """Claim what is due and fits."""
        ...

    async def finish(self, claim: Claim, outcome: Outcome) -> None:
        """Give a subject back."""
        ...

    async def give_back(self, claim: Claim) -> None:
        """Give a cancelled one back, the attempt refunded."""
        ...

    async def next_due(self) -> int | None:
        """The earliest moment (ms since 1970) at which something is due."""
        ...

    async def fire(self) -> Sequence[tuple[str, str]]:
        """Take due timers; those without a subject as (kind, key)."""
        ...


@dataclass(slots=True)
class EmbeddedRunner:
    """Claims and runs until it is told to stop.

    `sweep`: does timers that have no subject. `heard` gets what is told. `leading`: whether this
    process hands out the work.
    """

    store: ClaimStore
    clock: Clock
    sweep: TimerSweep
    new_id: Callable[[], str]
    concurrency: int = 40
    heard: Callable[[str], None] = lambda _: None
    leading: bool = True
    _awake: asyncio.Event = field(default_factory=asyncio.Event)
    _running: dict[Subject, Claim] = field(default_factory=dict)
    _sweeping: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _once_more: set[str] = field(default_factory=set)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _courtesy: Courtesy = field(init=False)

    def __post_init__(self) -> None:
        self._courtesy = Courtesy(self.clock)

    def answering(self) -> AbstractContextManager[None]:
        """Meanwhile a delivery waits for its answer: work stands back."""
        return self._courtesy.answering()

    def wake(self, subject: Subject) -> None:
        """A hint: look at the store now."""
        del subject
        self._awake.set()

    def awake(self) -> None:
        """The same hint where many subjects were marked."""
        self._awake.set()

    def tell(self, what: str) -> None:
        """Have every process hear it: this one alone."""
        self.heard(what)

    @property
    def heartbeat_age(self) -> float:
        """For how many seconds nobody may know that this process lives."""
        return 0.0

    @property
    def able(self) -> bool:
        """Whether this process can begin what it is there for."""
        return True

    @property
    def busy(self) -> bool:
        """Whether something runs in this process."""
        return bool(self._running or self._sweeping)

    async def run(self, handler: Handler, stop: asyncio.Event) -> None:
        """Pump until `stop`; then give running evaluations 20 s and cancel the rest."""
        stopped = asyncio.ensure_future(stop.wait())
        try:
            while not stop.is_set():
                self._awake.clear()
                await self._pause(stopped, await self._look(handler))
        finally:
            stopped.cancel()
            await self._drain()

    async def _look(self, handler: Handler) -> float:
        """Start what is due; seconds until it is worth looking again. A store that does not commit
        is asked again: what is due stays due."""
        try:
            await self._pump(handler)
            due = await self.store.next_due()
        except StoreTrouble as trouble:
            if trouble.fatal:
                raise
            _log.error("store_asked_again", why=trouble.what)
            self._awake.clear()
            return LOOK_EVERY
        if due is None:
            return LOOK_EVERY
        now = self.clock.now().timestamp() * 1000
        return min(max((due - now) / 1000, 0.0), LOOK_EVERY)

    async def _pump(self, handler: Handler) -> None:
        for kind, key in await self.store.fire():
            self._start_sweep(TimerKind(kind), key)
        while True:
            room = self._room()
            claims = await self.store.take(room) if room.commands > 0 else ()
            for claim in claims:
                self._running[claim.subject] = claim
                self._own(self._handle(handler, claim))
            if len(claims) < BATCH:
                return

    def _room(self) -> Room:
        running = Counter(claim.installation_id for claim in self._running.values())
        commands = sum(claim.lane == Lane.COMMAND for claim in self._running.values())
        free = max(self.concurrency - len(self._running), 0)
        # Of few places not all are kept: something else must run, too.
        kept = min(COMMANDS, self.concurrency // 2)
        return Room(max(free - max(kept - commands, 0), 0), free, running)

    async def _handle(self, handler: Handler, claim: Claim) -> None:
        try:
            outcome = await self._outcome(handler, claim)
            self._running.pop(claim.subject, None)
            await self._finish(claim, outcome)
        except asyncio.CancelledError:
            self._running.pop(claim.subject, None)
            await self.store.give_back(claim)
            raise
        self._awake.set()

    async def _outcome(self, handler: Handler, claim: Claim) -> Outcome:
        try:
            async with asyncio.timeout(RUN_AT_MOST):
                return await self._courtesy(handler(claim))
        except TimeoutError:
            return Ours(error=f"took over {RUN_AT_MOST:.0f} s", fault=self.new_id())
        except StoreTrouble as trouble:
            return Retry(timedelta(seconds=2), trouble.what)

    async def _finish(self, claim: Claim, outcome: Outcome) -> None:
        """Until the store takes it: a subject that is not given back is never judged again."""
        while True:
            try:
                return await self.store.finish(claim, outcome)
            except StoreTrouble as trouble:
                if trouble.fatal:
                    raise
                _log.error("store_asked_again", why=trouble.what)
                await self.clock.sleep(LOOK_EVERY)

    def _start_sweep(self, kind: TimerKind, key: str) -> None:
        if key in self._sweeping:
            # Asked for anew while it runs: what it has read by then may be older.
            self._once_more.add(key)
            return
        self._sweeping[key] = self._own(self._swept(kind, key))

    async def _swept(self, kind: TimerKind, key: str) -> None:
        try:
            # In trouble it has set its own next moment; what it could not do waits for that.
            with suppress(Trouble):
                await self._courtesy(self.sweep(kind, key))
        finally:
            self._sweeping.pop(key, None)
            self._awake.set()
        if key in self._once_more:
            self._once_more.discard(key)
            self._start_sweep(kind, key)

    async def _pause(self, stopped: asyncio.Future[Any], wait: float) -> None:
        """Until a hint or the moment to look again, whichever is first."""
        if self._awake.is_set():
            await asyncio.sleep(0)  # noqa: TID251  only lets the others run
            return
        waits: list[asyncio.Future[Any]] = [
            asyncio.ensure_future(self._awake.wait()),
            asyncio.ensure_future(self.clock.sleep(max(wait, SHORTEST))),
        ]
        await asyncio.wait([*waits, stopped], return_when=asyncio.FIRST_COMPLETED)
        for one in waits:
            one.cancel()

    def _own(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _drain(self) -> None:
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=DRAIN_AT_MOST)
        left = list(self._tasks)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
