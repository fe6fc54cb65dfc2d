"""The bot as processes of its own, alone on one core, watched from outside."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import monotonic

from benchmarks.fake import Fake
from benchmarks.full import COUNTED, STATEMENTS, fill
from benchmarks.load import Maker, Sender
from tests.support.ports import free_port
from tests.support.postgres import Postgres

STARTS_WITHIN = 60.0
# The first one is the bot's.
CORES = sorted(os.sched_getaffinity(0))
# So many files of 16 MB has its log before the load, which fills one or two.
_LOG_FILES = 4
_TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """Another App, which is told of in the usual variables what to do."""

    name: str
    command: tuple[str, ...]
    path: str = "/webhook"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """How the bot is run: `store` sqlite or postgres, there with so many `workers`.

    `limits`: whether it keeps to GitHub's limits. `grace`: whether comments wait their minute.
    `pinned`: whether an embedded one has a core for itself. `rows`: how full its store is.
    `metrics`: whether it shows them. `peer`: who is run in its place.
    """

    store: str = "sqlite"
    workers: int = 1
    limits: bool = False
    grace: bool = False
    pinned: bool = True
    rows: int = 0
    metrics: bool = False
    peer: Peer | None = None

    @property
    def name(self) -> str:
        """As the table calls it."""
        return "embedded" if self.store == "sqlite" else f"postgres, {self.workers} workers"


@dataclass(slots=True)
class Usage:
    """Seconds of processor time: of the server's own processes, and of its rule workers."""

    server: float = 0.0
    rules: float = 0.0


@dataclass(slots=True)
class Product:
    """Started and ended at will; `port` is where deliveries go, `admin` where metrics are."""

    fake: Fake
    folder: Path
    setup: Setup
    database: str | None
    port: int = field(default_factory=free_port)
    admin: int = field(default_factory=free_port)
    started: float = 0.0
    _running: list[asyncio.subprocess.Process] = field(default_factory=list)

    @property
    def data(self) -> Path:
        """Its folder, but for a worker's."""
        return self.folder / "data"

    async def start(self) -> None:
        """Begin its processes; it does not answer yet."""
        self.started = monotonic()
        if self.setup.store == "sqlite":
            await self._begin("all", self.port)
        else:
            await self._begin("web", self.port)
            for _ in range(self.setup.workers):
                await self._begin("worker", free_port())

    async def ready(self, maker: Maker, sender: Sender) -> float:
        """Until a signed ping is answered: milliseconds since the start."""
        while True:
            ping = maker.ping()
            await sender.send(ping)
            if ping.kept:
                return (monotonic() - self.started) * 1000
            self.is_there()
            if monotonic() - self.started > STARTS_WITHIN:
                raise RuntimeError(f"the bot does not answer:\n{self._log()}")
            await asyncio.sleep(0.005)

    def is_there(self) -> None:
        """RuntimeError where one of its processes has ended, and nobody had it ended."""
        ended = [one.returncode for one in self._running if one.returncode is not None]
        if ended:
            raise RuntimeError(f"the bot ended by itself, {ended}:\n{self._log()}")

    def kill(self) -> None:
        """`kill -9` to all of it."""
        self._signal(signal.SIGKILL)

    @property
    def processes(self) -> int:
        """How many it is, rule workers apart."""
        return len(self._running)

    async def restart(self) -> None:
        """Start again what was killed."""
        await self._gone()
        await self.start()

    async def end(self) -> None:
        """SIGTERM, and wait; who does not end is killed."""
        self._signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(30):
                await self._gone()
        except TimeoutError:
            self.kill()
            await self._gone()

    def usage(self) -> Usage:
        """What it has taken so far; processes that have ended no longer count."""
        used = Usage()
        for one in self._alive():
            used.server += _seconds(one)
            used.rules += sum(map(_seconds, below(one)))
        return used

    def memory(self, what: str = "VmRSS") -> float:
        """MB of its largest process, rule workers apart: now, or at most (`VmHWM`)."""
        return max(self.memories(what), default=0.0)

    def memories(self, what: str = "VmRSS") -> list[float]:
        """The same of each of its processes."""
        return [_status(one, what) for one in self._alive()]

    def rules_memory(self) -> float:
        """MB of the rule workers together, now."""
        return sum(_status(low, "VmRSS") for one in self._alive() for low in below(one))

    async def _begin(self, role: str, port: int) -> None:
        counting = "full" if self.setup.rows else "quick"
        module = "bot" if self.setup.grace else f"benchmarks.{counting}"
        words = ("serve", "--role", role) if self.setup.store == "postgres" else ("serve",)
        pin = (
            None if self.setup.store == "postgres" else partial(os.sched_setaffinity, 0, CORES[:1])
        )
        command = (sys.executable, "-m", module, *words)
        if self.setup.peer is not None:
            command = self.setup.peer.command
        with (self.folder / "log").open("ab") as log:
            started = await asyncio.create_subprocess_exec(
                *command,
                env=self._environment(role, port),
                stdout=log,
                stderr=log,
                preexec_fn=pin,
            )
        self._running.append(started)

    def _environment(self, role: str, port: int) -> dict[str, str]:
        recording, key = self.fake.recording, self.folder / "key.pem"
        key.write_text(recording.key, encoding="utf-8")
        admin = str(self.admin) if self.setup.metrics and role != "worker" else ""
        data = self.data if role != "worker" else self.folder / f"worker-{port}"
        return {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
            "HANDOFF_GITHUB_API_URL": self.fake.root,
            "HANDOFF_APP_ID": str(recording.app_id),
            "HANDOFF_PRIVATE_KEY_FILE": str(key),
            "HANDOFF_WEBHOOK_SECRET": recording.secret,
            "HANDOFF_DATA_DIR": str(data),
            STATEMENTS: str(data / "statements.json"),
            "HANDOFF_PORT": str(port),
            "HANDOFF_ADMIN_PORT": admin,
            "HANDOFF_LOG_FORMAT": "json",
            "HANDOFF_GITHUB_LIMITS": "on" if self.setup.limits else "off",
            "HANDOFF_DATABASE_URL": self.database or "",
            # As other Apps call it.
            "GITHUB_API_URL": self.fake.root,
            "APP_ID": str(recording.app_id),
            "PRIVATE_KEY_PATH": str(key),
            "WEBHOOK_SECRET": recording.secret,
            "PORT": str(port),
        }

    def _alive(self) -> list[int]:
        return [one.pid for one in self._running if one.returncode is None]

    def _log(self) -> str:
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")[-3000:]

    def _signal(self, which: signal.Signals) -> None:
        for one in self._running:
            if one.returncode is None:
                one.send_signal(which)

    async def _gone(self) -> None:
        await asyncio.gather(*(one.wait() for one in self._running))
        self._running.clear()


@asynccontextmanager
async def running(fake: Fake, folder: Path, setup: Setup) -> AsyncIterator[Product]:
    """The bot, not started yet, with an empty store of its own; all of it ends with the block."""
    with ExitStack() as stack:
        database = server = None
        if setup.store == "postgres":
            more = COUNTED if setup.rows else {}
            server = stack.enter_context(Postgres(max_connections="200", **more))
            database = server.create("handoff", socket=True)
        product = Product(fake, folder, setup, database)
        if setup.rows:
            await asyncio.to_thread(fill, product.data, database, setup.rows)
        if server is not None:
            await asyncio.to_thread(_settle, server)
        try:
            yield product
        finally:
            await product.end()


def _settle(server: Postgres) -> None:
    """Make it one that has been in use for a while: a new one zeroes a file for its log in the
    middle of the load, and the machine still has to write what it was made of."""
    for _ in range(_LOG_FILES):
        server.ask("SELECT pg_create_restore_point('settle')")
        server.ask("SELECT pg_switch_wal()")
    server.ask("CHECKPOINT")
    os.sync()


def take_cores(setup: Setup) -> None:
    """Where this process runs, which is GitHub and all who deliver: off the core of an embedded
    bot, where there are two. Beside a server and its workers all share what there is."""
    apart = CORES[1:] if setup.store == "sqlite" else []
    os.sched_setaffinity(0, apart or CORES)


def below(pid: int) -> Iterable[int]:
    """The processes that a process started, and those that they did."""
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in map(int, task.read_text(encoding="ascii").split()):
                yield child
                yield from below(child)


def _seconds(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / _TICK


def _status(pid: int, what: str) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(what)), 0.0)
