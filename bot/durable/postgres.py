"""The distributed runner: procrastinate's jobs on the store's Postgres, pumped by one leader.

The truth stays in the store: a job names a subject that had its turn, and may be lost or come
twice. What procrastinate does badly is not used: it retries nothing (a retry with a queued sibling
ends in a violated index), schedules nothing (a later job holds its lock), and its workers are
watched from here (their heartbeat may fail unseen).
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING, Any, Protocol

import psycopg
from procrastinate import App
from procrastinate.exceptions import AlreadyEnqueued, ProcrastinateException
from procrastinate.jobs import Status

from bot.durable.connections import connected
from bot.durable.embedded import DRAIN_AT_MOST, LOOK_EVERY, ClaimStore, EmbeddedRunner
from bot.durable.engine import BACK, Jobs, engine_connector, why
from bot.errors import StoreTrouble
from bot.failpoint import failpoint
from bot.logs import get_logger
from bot.model.effect import TimerKind
from bot.model.wake import Lane, Subject

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Sequence

    from procrastinate import JobContext

    from bot.durable.port import Handler
    from bot.model.claim import Claim

# Old and new versions share the queue: neither name ever changes.
TASK, QUEUE = "handoff.evaluate", "evaluate"
CHANNEL, DUE = "handoff", "due"
BEAT_EVERY, SWEEP_EVERY, LEAD_EVERY = 3.0, 4.0, 2.0
# A worker whose heartbeat is older counts as dead; the longest request ends before.
STALLED = 15.0
# The leader looks so seldom at most: each look is some statements to the server.
LOOKS_APART = 0.03
# Without a heartbeat for so long nothing new is begun; later the worker ends itself, before others
# take its jobs.
QUIET_AFTER, END_AFTER = 6.0, 9.0
# Who has heard nothing for so long asks whether anybody is there.
QUIET_FOR = 30.0
_TROUBLE = (psycopg.Error, ProcrastinateException, StoreTrouble, OSError)
_log = get_logger()


class JobStore(ClaimStore, Protocol):
    """What the runner asks of a store that many processes share."""

    async def beat(self, role: str) -> bool:
        """Say that this process lives; whether those who say nothing may be judged by that."""
        ...

    async def end(self) -> None:
        """This process works no more."""
        ...

    async def lead(self) -> bool:
        """Whether this process hands out the work for the next seconds."""
        ...

    async def grant(self, places: int) -> Sequence[tuple[Subject, Lane]]:
        """What has its turn, to be put to work as jobs."""
        ...

    async def claim_one(self, subject: Subject, job: int) -> Claim | None:
        """Claim the subject of a job; None when there is nothing to do now."""
        ...

    async def fence(self, subject: Subject, job: int) -> bool:
        """Take from a silent worker what the job was running; whether it ran."""
        ...


@dataclass(slots=True, kw_only=True)
class Watch:
    """One connection that hears what is told to all processes.

    `heard`: with what was told, or with nothing after a time in which it could not hear.
    """

    url: str
    heard: Callable[[str], None]
    sleep: Callable[[float], Awaitable[None]]

    async def run(self) -> None:
        """Listen until cancelled; a server that is away is asked again."""
        while True:
            try:
                await self._listen()
            except (psycopg.Error, OSError) as error:
                _log.warning("watch_lost", why=str(error))
            await self.sleep(1.0)

    async def _listen(self) -> None:
        async with await connected(self.url) as connection:
            await connection.execute(f"LISTEN {CHANNEL}".encode())
            self.heard("")
            while True:
                async for note in connection.notifies(timeout=QUIET_FOR):
                    self.heard(note.payload)
                # Nothing was told, or the server is frozen: then this raises.
                await connection.execute(b"SELECT 1")


@dataclass(kw_only=True)
class PostgresRunner(EmbeddedRunner):
    """Runs jobs, and while it leads hands them out. `url`: of the database; `schema`: where the
    engine's tables are; `heard`: what another process told, nothing where something may have been
    missed. `leading` holds of at most one process, but for moments: what leaders do bears
    repetition. `stalled` is called for each job that is taken from a silent worker."""

    store: JobStore
    url: str
    schema: str
    role: str = "all"
    leading: bool = False
    stalled: Callable[[], None] = lambda: None
    _watch: Watch = field(init=False)
    _app: App | None = None
    _handler: Handler | None = None
    _beat_at: float = 0.0
    _failing_since: float = inf
    _look_at: float = 0.0
    _bell: psycopg.AsyncConnection[Any] | None = None
    _hung: asyncio.Lock = field(default_factory=asyncio.Lock)
    _ringing: bool = False
    _rung_at: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._watch = Watch(url=self.url, heard=self._told, sleep=self.clock.sleep)

    def wake(self, subject: Subject) -> None:
        """A hint to the leader, whichever process that is: look at the store now."""
        del subject
        self.awake()

    def awake(self) -> None:
        """The same hint where many subjects were marked."""
        self._awake.set()
        if not self._ringing and not self.leading:
            self._ringing = True
            self._own(self._ring(DUE))

    @property
    def heartbeat_age(self) -> float:
        """Since when the engine's worker has not said that it lives, or has been given no job
        because it ends again and again, in seconds; of one that has not begun yet nobody expects
        it."""
        if self._handler is None or self.role == "web":
            return 0.0
        return self.clock.monotonic() - min(self._beat_at, self._failing_since)

    @property
    def able(self) -> bool:
        """Who takes deliveries, too, is there for these."""
        return self.role != "worker" or self.heartbeat_age < STALLED

    def tell(self, what: str) -> None:
        """Have every process hear it, this one too."""
        self._own(self._ring(what))

    def _told(self, what: str) -> None:
        self._awake.set()
        if what != DUE:
            self.heard(what)

    async def run(self, handler: Handler, stop: asyncio.Event) -> None:
        """Work until `stop`; then give running evaluations 20 s and cancel the rest."""
        self._handler = handler
        self._beat_at = self.clock.monotonic()
        beside = [self._watch.run(), self._every(stop)]
        if self.role != "web":
            beside += [self._lead(stop), self._supervised(stop)]
        failed: list[BaseException] = []
        tasks = [self._beside(one, stop, failed) for one in beside]
        try:
            await super().run(handler, stop)
        finally:
            stop.set()
            await asyncio.gather(*tasks[3:], return_exceptions=True)
            for one in tasks:
                one.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            if self._bell is not None:
                await self._bell.close()
            with suppress(StoreTrouble):
                await self.store.end()
        if failed:
            raise failed[0]

    def _beside(
        self, work: Coroutine[Any, Any, None], stop: asyncio.Event, failed: list[BaseException]
    ) -> asyncio.Task[None]:
        """Begin it; should it fail, all ends: nobody would hand out or take over any more."""

        def ended(task: asyncio.Task[None]) -> None:
            if not task.cancelled() and (error := task.exception()) is not None:
                failed.append(error)
                stop.set()

        task = asyncio.get_running_loop().create_task(work)
        task.add_done_callback(ended)
        return task

    async def _look(self, handler: Handler) -> float:
        """Only who leads hands out."""
        if not self.leading:
            return LOOK_EVERY
        await self.clock.sleep(max(self._look_at - self.clock.monotonic(), 0.0))
        self._awake.clear()
        self._look_at = self.clock.monotonic() + LOOKS_APART
        return await super()._look(handler)

    async def _pump(self, handler: Handler) -> None:
        del handler
        # The engine may be gone before the store has answered.
        app = self._app
        if app is None:
            return
        for kind, key in await self.store.fire():
            self._start_sweep(TimerKind(kind), key)
        if granted := await self.store.grant(self.concurrency):
            failpoint("granted")
            await self._defer(app, granted)
            failpoint("deferred")

    async def _defer(self, app: App, granted: Sequence[tuple[Subject, Lane]]) -> None:
        """Put subjects to work, all at once. One that waits as a job already has its turn with
        that; those that cannot be put to work now are granted again."""
        jobs = [
            app.configure_task(
                TASK, lock=one.key, queueing_lock=one.key, queue=QUEUE, priority=-int(lane)
            ).make_new_job(pr=one.key)
            for one, lane in granted
        ]
        try:
            await app.job_manager.batch_defer_jobs_async(jobs)
        except AlreadyEnqueued:
            # One of them, and with it none.
            for one in granted if len(granted) > 1 else ():
                await self._defer(app, [one])
            if len(granted) == 1:
                await self._hurry(app, *granted[0])
        except _TROUBLE as error:
            _log.warning("jobs_not_deferred", prs=[one.key for one, _ in granted], why=why(error))

    async def _hurry(self, app: App, subject: Subject, lane: Lane) -> None:
        """It waits as a job of a time when it was less urgent."""
        with suppress(*_TROUBLE):
            await app.connector.execute_query_async(
                "UPDATE procrastinate_jobs SET priority = greatest(priority, %(priority)s) "
                "WHERE queueing_lock = %(pr)s AND status = 'todo'",
                priority=-int(lane),
                pr=subject.key,
            )

    async def _evaluate(self, context: JobContext, pr: str) -> None:
        """The task: claim the subject and run the handler; never raises."""
        silent = self.clock.monotonic() - self._beat_at > QUIET_AFTER
        if self._handler is None or silent or context.job.id is None:
            return
        try:
            claim = await self.store.claim_one(Subject.parse(pr), context.job.id)
        except StoreTrouble as trouble:
            _log.error("store_asked_again", why=trouble.what)
            return
        if claim is None:
            return
        self._running[claim.subject] = claim
        work = self._own(self._handle(self._handler, claim))
        try:
            await asyncio.wait([work])
        finally:
            # The engine ends its jobs at a stop; what ran gives itself back.
            work.cancel()
        self.awake()

    async def _lead(self, stop: asyncio.Event) -> None:
        """Lead if nobody does, and say so in time; without the engine nothing can be handed out,
        and another one has its turn."""
        while not stop.is_set():
            before, able = self.leading, self._app is not None
            try:
                self.leading = able and await self.store.lead()
            except StoreTrouble:
                self.leading = False
            if self.leading and not before:
                _log.info("leading")
                self._awake.set()
            await self.clock.sleep(LEAD_EVERY if able else BACK[0])

    async def _supervised(self, stop: asyncio.Event) -> None:
        """Keep a worker of the engine running until `stop`, whatever becomes of the server."""
        nth = 0
        while not stop.is_set():
            try:
                await self._until_stopped(self._work(stop), stop)
                nth = 0
            except _TROUBLE as error:
                _log.warning("worker_ended", why=why(error))
                self._failing_since = min(self._failing_since, self.clock.monotonic())
            if not stop.is_set():
                await self.clock.sleep(BACK[min(nth, len(BACK) - 1)])
                nth += 1

    async def _until_stopped(self, work: Coroutine[Any, Any, None], stop: asyncio.Event) -> None:
        """What has not reached the server by the time it is told to stop is not waited for."""
        working, stopped = asyncio.ensure_future(work), asyncio.ensure_future(stop.wait())
        try:
            await asyncio.wait([working, stopped], return_when=asyncio.FIRST_COMPLETED)
            if self._app is None:
                working.cancel()
            with suppress(asyncio.CancelledError):
                await working
        finally:
            working.cancel()
            stopped.cancel()

    async def _work(self, stop: asyncio.Event) -> None:
        app = App(connector=engine_connector(self.url, self.schema))
        app.job_manager = jobs = Jobs(app.connector, self.clock, self._beaten, stop, self._fetched)
        app.task(name=TASK, queue=QUEUE, pass_context=True)(self._evaluate)
        try:
            await app.open_async()
            self._app = app
            self._beat_at = self.clock.monotonic()
            self._awake.set()
            work = asyncio.ensure_future(
                app.run_worker_async(
                    queues=[QUEUE],
                    concurrency=self.concurrency,
                    install_signal_handlers=False,
                    fetch_job_polling_interval=1.0,
                    shutdown_graceful_timeout=DRAIN_AT_MOST,
                    delete_jobs="always",
                    update_heartbeat_interval=BEAT_EVERY,
                    stalled_worker_timeout=STALLED,
                )
            )
            await self._watched(work, jobs, stop)
        finally:
            self._app = None
            # Also where opening was cut short: its tasks go on when they are cancelled.
            await app.close_async()

    def _beaten(self) -> None:
        self._beat_at = self.clock.monotonic()

    def _fetched(self) -> None:
        self._failing_since = inf

    async def _watched(self, work: asyncio.Future[None], jobs: Jobs, stop: asyncio.Event) -> None:
        """Until the worker ends, is told to, has lost its heartbeat or cannot end a job."""
        stopped = asyncio.ensure_future(stop.wait())
        saying = None
        try:
            while not work.done() and not stopped.done():
                if jobs.stuck or self.clock.monotonic() - self._beat_at > END_AFTER:
                    _log.error("job_never_ended" if jobs.stuck else "heartbeat_lost")
                    self._cut_off()
                    break
                either: list[asyncio.Future[Any]] = [work, stopped]
                await asyncio.wait(either, timeout=1.0, return_when=asyncio.FIRST_COMPLETED)
            if stopped.done():
                # The engine says no more that it lives, and waits for its jobs.
                saying = asyncio.ensure_future(jobs.keep_beating(BEAT_EVERY))
        finally:
            stopped.cancel()
            if not work.done():
                work.cancel()
            try:
                with suppress(asyncio.CancelledError):
                    await work
            finally:
                if saying is not None:
                    saying.cancel()

    def _cut_off(self) -> None:
        """Others are about to take what runs here: end it first. Sweeps bear to be done twice, and
        one that is cut off would keep its turn from all others."""
        for task in self._tasks.difference(self._sweeping.values()):
            task.cancel()
        # One that had not begun to ring does not say so.
        self._ringing = False

    async def _every(self, stop: asyncio.Event) -> None:
        """Beside the work: say that we live, and take what dead workers were running."""
        while not stop.is_set():
            try:
                if await self.store.beat(self.role) and self._app is not None:
                    await self._sweep_stalled(self._app)
            except _TROUBLE as error:
                _log.warning("sweep_cut_short", sweep="stalled", why=why(error))
            await self.clock.sleep(SWEEP_EVERY)

    async def _sweep_stalled(self, app: App) -> None:
        """First fence our own row, then end the job: killed between the two, both are repeated."""
        stalled = await app.job_manager.get_stalled_jobs(
            queue=QUEUE, seconds_since_heartbeat=STALLED
        )
        for job in stalled:
            if job.id is None:
                continue
            ran = await self.store.fence(Subject.parse(str(job.task_kwargs["pr"])), job.id)
            failpoint("fenced")
            _log.warning("job_stalled", job=job.id, ran=ran)
            self.stalled()
            # Not found: another sweep was faster.
            with suppress(ProcrastinateException):
                await app.job_manager.finish_job_by_id_async(job.id, Status.FAILED, delete_job=True)
            self._awake.set()

    async def _ring(self, what: str) -> None:
        try:
            async with self._hung:
                if self._bell is None or self._bell.closed:
                    self._bell = await connected(self.url)
            bell = self._bell
            if what == DUE and (early := self._rung_at + LOOKS_APART - self.clock.monotonic()) > 0:
                # Who hears it has just looked, and looks no more often.
                await self.clock.sleep(early)
            # Cleared before: what is marked from now on rings anew.
            self._ringing, self._rung_at = False, self.clock.monotonic()
            await bell.execute("SELECT pg_notify(%s, %s)", (CHANNEL, what))
        except (psycopg.Error, OSError) as error:
            # The leader looks every second anyway.
            _log.warning("bell_not_rung", why=str(error))
        finally:
            self._ringing = False
