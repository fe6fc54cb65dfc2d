"""The running bot: store, runner, GitHub and the listening sockets, made and ended in order."""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from aiohttp import web
from cachetools import LRUCache

from bot import __version__
from bot.durable.embedded import EmbeddedRunner
from bot.github.client import GitHub, GitHubSettings
from bot.github.publish import GitHubPublisher
from bot.github.source import GitHubSource
from bot.logs import get_logger
from bot.metrics import Metrics
from bot.store.claims import Claims
from bot.store.database import Database
from bot.store.ids import ulid
from bot.store.inbox import Inbox
from bot.store.ledger import SqliteLedger
from bot.store.moment import to_ms
from bot.store.schema import upgrade
from bot.store.sweeps import SweepStore
from bot.web.app import admin_app, app_runner, public_app
from bot.web.control import control_app
from bot.web.live import Health
from bot.web.webhook import Hook, Webhook
from bot.wiring import measure
from bot.wiring.catalogue import all_commands, registry
from bot.wiring.policy import PolicyLoader
from bot.wiring.readers import SandboxReaders
from bot.wiring.sweeps import Sweeps
from bot.worker.desk import Desk
from bot.worker.groups import Groups
from bot.worker.hearing import Hearing
from bot.worker.policies import PolicyBook
from bot.worker.reports import ReportDesk
from bot.worker.run import Tools, Worker
from bot.worker.send import Sender

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from types import TracebackType

    from bot.clock import Clock
    from bot.logs import Redactor
    from bot.settings import Settings

_log = get_logger()
COMMENTS_KNOWN = 10_000


@dataclass(slots=True)
class Probe:
    """Whether the store commits: by committing."""

    database: Database

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

    `died` is called when nothing will be judged any more; leaving then raises the reason.
    """

    settings: Settings
    clock: Clock
    redactor: Redactor | None = None
    entropy: Callable[[int], bytes] = os.urandom
    died: Callable[[], None] = lambda: None
    port: int = 0
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    _stop: asyncio.Event = field(default_factory=asyncio.Event)
    runner: EmbeddedRunner = field(init=False)
    claims: Claims = field(init=False)
    ledger: SqliteLedger = field(init=False)
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
        self.metrics = Metrics(build=__version__)
        database = Database(settings.database)
        database.lock(f"handoff {__version__}")
        self._stack.callback(database.close)
        upgrade(settings.database)
        database.open()
        inbox = Inbox(database, self.clock)
        await inbox.load()
        self.claims = Claims(database, self.clock, self._id())
        released = await self.claims.recover()
        if released:
            _log.warning("runs_released", count=released)
        self.ledger = SqliteLedger(database, inbox, self.clock, self.entropy)
        github = await self._stack.enter_async_context(self._github())
        self.health = Health(Probe(database), self.clock, self.metrics)
        await self._assemble(database, github)
        hook = Hook(
            app_id=settings.app_id,
            secrets=tuple(secret.reveal() for secret in settings.webhook_secrets),
        )
        webhook = Webhook(inbox, self.runner, hook, clock=self.clock, metrics=self.metrics)
        self.runner.pressed = webhook.pressed
        await self._listen(webhook, partial(self._look, database))

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

    async def _assemble(self, database: Database, github: GitHub) -> None:
        settings, clock = self.settings, self.clock
        comments: LRUCache[int, str] = LRUCache(COMMENTS_KNOWN)
        source = GitHubSource(github, clock, settings.app_id, comments)
        publisher = GitHubPublisher(github, clock, settings.app_id, comments)
        mode = settings.default_mode.value
        loader = PolicyLoader(settings.default_preset, mode)
        policies = PolicyBook(loader, source, self.ledger)
        commands = {command.verb: command for command in all_commands()}
        readers = SandboxReaders(clock, settings.sandbox_workers)
        self._stack.push_async_callback(readers.close)
        tools = Tools(
            source=source,
            ledger=self.ledger,
            policies=policies,
            hearing=Hearing(source=source, commands=commands, clock=clock),
            sender=Sender(self.ledger, publisher, clock),
            groups=Groups(
                source=source,
                ledger=self.ledger,
                policies=policies,
                registry=registry(),
                code=__version__,
            ),
            desk=Desk(readers, source, ReportDesk(readers, source)),
            registry=registry(),
            clock=clock,
            log=measure.RunLog(self.metrics),
            code=__version__,
            page=lambda _: None,
            new_id=self._id,
        )
        sweeps = Sweeps(
            github=github,
            store=SweepStore(database, clock),
            policies=policies,
            clock=clock,
            app_id=settings.app_id,
            report_days=settings.retention_report_days,
            removed_days=settings.retention_removed_days,
            woken=self._woken,
            forget_people=source.forget_people,
        )
        worker = Worker(tools)
        self.runner = EmbeddedRunner(
            self.claims, clock, sweeps, self._id, settings.runner_concurrency
        )
        await sweeps.start()
        handle = measure.counted(worker.handle, self.metrics, clock)
        pump = asyncio.get_running_loop().create_task(self.runner.run(handle, self._stop))
        pump.add_done_callback(self._ended)

        async def ended() -> None:
            self._stop.set()
            await pump

        self._stack.push_async_callback(ended)

    def _ended(self, pump: asyncio.Task[None]) -> None:
        """Deliveries that nobody will judge are better refused: GitHub keeps them for later."""
        if not pump.cancelled() and pump.exception() is not None:
            self.health.supervised = False
            _log.error("runner_died", exc_info=pump.exception())
            self.died()

    def _woken(self) -> None:
        self.runner.awake()

    async def _look(self, database: Database) -> None:
        path, now = self.settings.database, self.clock.now()
        await measure.look(self.metrics, self.claims, database, path, now)

    async def _listen(self, webhook: Webhook, look: Callable[[], Awaitable[None]]) -> None:
        settings = self.settings
        watch = asyncio.get_running_loop().create_task(self.health.watch())
        self._stack.callback(watch.cancel)
        public = app_runner(public_app(webhook, self.health))
        await self._site(public, settings.host, settings.port)
        self.port = public.addresses[0][1]
        if settings.admin_port is not None:
            version = {"name": "handoff", "version": __version__}
            admin = app_runner(admin_app(self.health, self.metrics, version, look))
            await self._site(admin, settings.host, settings.admin_port)
        await self._socket()

    async def _site(self, runner: web.AppRunner, host: str, port: int) -> None:
        await runner.setup()
        self._stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, host, port, backlog=1024).start()

    async def _socket(self) -> None:
        """The control socket, for this machine's own user only."""
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
        runner = web.AppRunner(control_app(self.claims, self.ledger), access_log=None)
        await runner.setup()
        self._stack.push_async_callback(runner.cleanup)
        self._stack.callback(path.unlink, missing_ok=True)
        await web.SockSite(runner, listener).start()

    def _github(self) -> GitHub:
        settings = self.settings
        return GitHub(
            GitHubSettings(
                api_url=settings.github_api_url,
                app_id=str(settings.app_id),
                private_keys=tuple(key.reveal() for key in settings.private_keys),
                api_version=settings.github_api_version,
                limits=settings.github_limits,
                concurrency=settings.github_concurrency,
            ),
            self.clock,
            on_call=self.metrics.called,
            on_secret=self.redactor.add if self.redactor is not None else None,
        )

    def _id(self) -> str:
        return ulid(to_ms(self.clock.now()), self.entropy(10))
