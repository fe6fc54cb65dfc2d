"""The running bot: store, runner, GitHub and the listening sockets, made and ended in order."""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from aiohttp import web

from bot import __version__
from bot.door import Door
from bot.errors import Misnamed
from bot.github.addresses import web_url
from bot.logs import get_logger
from bot.metrics import COMMIT, COMMIT_BATCH, HEARTBEAT_AGE, LEADER, Metrics
from bot.notify.channels import Channels
from bot.store.ballast import Ballast
from bot.store.estate import estate
from bot.store.ids import ulid
from bot.store.inbox import Inbox
from bot.store.moment import to_ms
from bot.store.schema import Newer
from bot.store.sweeps import SweepStore
from bot.web.app import admin_app, app_runner, public_app
from bot.web.live import Health
from bot.web.webhook import Hook, Webhook
from bot.wiring.ground import Means, open_ground

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

    from bot.clock import Clock
    from bot.durable.embedded import EmbeddedRunner
    from bot.logs import Redactor
    from bot.model.effect import TimerKind
    from bot.settings import Settings
    from bot.store.claims import Claims
    from bot.store.estate import Facts
    from bot.store.ledger import StoreLedger
    from bot.store.port import Store
    from bot.wiring.ground import Ground
    from bot.wiring.works import Works

_log = get_logger()
SCHEMAS = {
    "handoff.schema.json": "policy",
    "handoff-organisation.schema.json": "organisation",
    "handoff-report-1.json": "report",
}


def _schema(kind: str) -> object:
    from bot.wiring.catalogue import json_schema  # noqa: PLC0415

    return json_schema(kind)


@dataclass(slots=True)
class Probe:
    """Whether the store commits: by committing."""

    database: Store

    async def commit(self) -> None:
        """A real one-row commit; raises StoreTrouble."""
        await self.database.tx(
            lambda tx: tx.execute(
                "INSERT INTO meta (key, value) VALUES ('probe', '1') "
                "ON CONFLICT (key) DO UPDATE SET value = '1'"
            )
        )


@dataclass(slots=True)
class Bot:
    """`async with Bot(...) as bot:` listens and works; leaving it drains and ends it.

    `opened` is called when the store is open, for which it may have to wait; `died` when nothing
    will be judged any more: leaving then raises the reason.
    `ballast`: how many bytes of the disk are kept back for when it is full. `forced`: use a store
    that was moved elsewhere. `recover`: the store is new for an App that is not, or was put back by
    other means than ours. `channels`: parsed from the settings' text.
    """

    settings: Settings
    clock: Clock
    redactor: Redactor | None = None
    channels: Channels = field(default_factory=Channels)
    entropy: Callable[[int], bytes] = os.urandom
    opened: Callable[[], None] = lambda: None
    died: Callable[[], None] = lambda: None
    port: int = 0
    ballast: int = 0
    forced: bool = False
    recover: bool = False
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    _doors: AsyncExitStack = field(default_factory=AsyncExitStack)
    _stop: asyncio.Event = field(default_factory=asyncio.Event)
    _works: Works | None = None
    runner: EmbeddedRunner = field(init=False)
    claims: Claims = field(init=False)
    ledger: StoreLedger = field(init=False)
    health: Health = field(init=False)
    metrics: Metrics = field(init=False)

    async def __aenter__(self) -> Bot:
        """Own the store, bring it up to date, listen, then work; all or nothing."""
        async with AsyncExitStack() as stack:
            self._stack = stack
            await self._start()
            self._stack = stack.pop_all()
        return self

    async def _start(self) -> None:
        settings = self.settings
        self.metrics = Metrics(role=self.settings.role, build=__version__)
        means = Means(
            settings=settings,
            clock=self.clock,
            metrics=self.metrics,
            new_id=self._id,
            timed=self._timed,
            ballast=Ballast(settings.database.parent, self.ballast),
            version=__version__,
        )
        ground = await open_ground(means, self._stack)
        self.opened()
        database = ground.database
        await self._refuse_moved(database)
        inbox = Inbox(database, self.clock)
        await inbox.load()
        self.claims = ground.claims
        released = await self.claims.recover()
        if released:
            _log.warning("runs_released", count=released)
        # Before the first delivery: what is refused from now on is asked for again.
        sweeps = SweepStore(database, self.clock)
        await (sweeps.recover() if self.recover else sweeps.accept_since())
        self.health = Health(Probe(database), self.clock, self.metrics)
        # Deliveries are taken from now on; ready is who also judges.
        self.health.supervised = False
        self.runner = ground.runner(self._sweep, self._heard)
        self.health.able = lambda: self.runner.able
        hook = Hook(
            app_id=settings.app_id,
            secrets=tuple(secret.reveal() for secret in settings.webhook_secrets),
            host=urlsplit(web_url(settings.github_api_url)).hostname or "",
        )
        webhook = Webhook(inbox, self.runner, hook, clock=self.clock, metrics=self.metrics)
        async with AsyncExitStack() as doors:
            self._doors = doors
            await self._listen(webhook, database)
            # Beside the loop, which answers deliveries meanwhile.
            await asyncio.to_thread(_load_works)
            await self._work(ground, inbox, means.ballast)
            self.health.supervised = True
            await self._socket(database)
            # Opened first, and closed first.
            self._stack.push_async_callback(doors.pop_all().aclose)

    async def _refuse_moved(self, database: Store) -> None:
        place = await SweepStore(database, self.clock).meta("moved_to")
        if place is not None and not self.forced:
            raise Newer(f"the store was moved to {place}: say so in HANDOFF_DATABASE_URL")

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop listening, give what runs its time, fold the store."""
        self.health.draining = True
        # Nothing new is begun while the sockets close: what runs has 20 s of the 25.
        self._stop.set()
        await self._stack.aclose()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{self.settings.host}:{self.port}"

    async def _work(self, ground: Ground, inbox: Inbox, ballast: Ballast) -> None:
        from bot.wiring.works import Base, assemble  # noqa: PLC0415

        base = Base(
            settings=self.settings,
            channels=self.channels,
            clock=self.clock,
            metrics=self.metrics,
            database=ground.database,
            inbox=inbox,
            ballast=ballast,
            entropy=self.entropy,
            new_id=self._id,
            woken=self.runner.awake,
            tell=self.runner.tell,
            together=ground.together,
            on_secret=self.redactor.add if self.redactor is not None else None,
        )
        self._works = works = await assemble(base, self._stack)
        self.ledger = works.ledger
        if self.settings.role != "web":
            await works.sweeps.start()
        pump = asyncio.get_running_loop().create_task(self.runner.run(works.handle, self._stop))
        pump.add_done_callback(self._ended)

        async def ended() -> None:
            self._stop.set()
            await pump

        self._stack.push_async_callback(ended)

    async def _sweep(self, kind: TimerKind, key: str) -> None:
        assert self._works is not None  # noqa: S101  the pump starts after it
        await self._works.sweeps(kind, key)

    def _heard(self, what: str) -> None:
        """Another process has learnt what this one may remember otherwise."""
        if self._works is not None:
            self._works.forget(what)

    def _ended(self, pump: asyncio.Task[None]) -> None:
        """Deliveries that nobody will judge are better refused: GitHub keeps them for later."""
        if not pump.cancelled() and pump.exception() is not None:
            self.health.supervised = False
            _log.error("runner_died", exc_info=pump.exception())
            self.died()

    @contextmanager
    def _timed(self, count: int) -> Iterator[None]:
        began = self.clock.monotonic()
        yield
        self.metrics.observe(COMMIT, self.clock.monotonic() - began)
        self.metrics.observe(COMMIT_BATCH, count)

    async def _look(self, database: Store) -> None:
        from bot.wiring import measure  # noqa: PLC0415

        settings = self.settings
        # Its server's disk is that server's to watch.
        folder = settings.database.parent if settings.postgres is None else None
        await measure.look(self.metrics, database, folder, self.clock.now())
        self.metrics.set(LEADER, int(self.runner.leading))
        self.metrics.set(HEARTBEAT_AGE, self.runner.heartbeat_age)
        if self._works is not None:
            measure.budgets(self.metrics, self._works.github)

    async def _listen(self, webhook: Webhook, database: Store) -> None:
        settings = self.settings
        watch = asyncio.get_running_loop().create_task(self.health.watch())
        self._doors.callback(watch.cancel)
        schemas = {name: partial(_schema, kind) for name, kind in SCHEMAS.items()}
        public = app_runner(public_app(webhook, self.health, schemas))
        await self._site(public, settings.port, "HANDOFF_PORT")
        self.port = public.addresses[0][1]
        if settings.admin_port is not None:
            from bot.web.ops import Ops  # noqa: PLC0415

            version = {"name": "handoff", "version": __version__}
            look = partial(self._look, database)
            ops = Ops(self.claims, partial(self._survey, database), self.clock)
            admin = app_runner(admin_app(self.health, self.metrics, version, look, ops))
            await self._site(admin, settings.admin_port, "HANDOFF_ADMIN_PORT")

    async def _site(self, runner: web.AppRunner, port: int, name: str) -> None:
        host = self.settings.host
        await runner.setup()
        self._doors.push_async_callback(runner.cleanup)
        try:
            await Door(runner, host, port, backlog=1024).start()
        except OSError as error:
            why = f"cannot listen on {host}, port {port}: {error.strerror}"
            raise Misnamed(f"{why} (HANDOFF_HOST, {name})") from error

    async def _survey(self, database: Store) -> Facts:
        return await estate(database, self.clock.now())

    async def _socket(self, database: Store) -> None:
        """The control socket, for this machine's own user only."""
        from bot.web.control import control_app  # noqa: PLC0415

        path = self.settings.data_dir / "handoff.sock"
        path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX)
        try:
            listener.bind(str(path))
        except OSError as error:
            # Longer than the 107 characters that a socket's path may have.
            _log.warning("control_socket_missing", why=str(error))
            listener.close()
            return
        path.chmod(0o600)
        survey = partial(self._survey, database)
        runner = web.AppRunner(control_app(self.claims, self.ledger, survey), access_log=None)
        await runner.setup()
        self._doors.push_async_callback(runner.cleanup)
        self._doors.callback(path.unlink, missing_ok=True)
        await web.SockSite(runner, listener).start()

    def _id(self) -> str:
        return ulid(to_ms(self.clock.now()), self.entropy(10))


def _load_works() -> None:
    """Load what judges, with all rules and commands."""
    import_module("bot.wiring.works")
    catalogue = import_module("bot.wiring.catalogue")
    catalogue.registry()
    catalogue.all_commands()
