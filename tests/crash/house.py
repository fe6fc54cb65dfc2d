"""A simulated GitHub in this process, and `handoff serve` as a process that can be killed."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path
from typing import Any

import psycopg
from aiohttp import ClientError, ClientSession, UnixConnector

from bot.clock import SystemClock
from bot.simulator.journal import Journal
from bot.simulator.scenario import REFUNDS, Stage, set_up
from bot.simulator.server import Simulator
from tests.contract.published import Contract
from tests.crash.invariants import broken, lines_of
from tests.support.hurried import watch
from tests.support.ports import free_port

# By test, how often a server was killed or ended itself at a place where it was to die.
DEATHS: Counter[str] = Counter()
# Real seconds; what has not come true by then does not come.
PATIENCE = 40.0
FROZEN = 4.0
LOOK_EVERY = 0.02
STICKY = "<!-- handoff:1 "
ANSWER = "<!-- handoff:reply "
GOOD = {"app/api/refunds.py": REFUNDS, "docs/refunds.md": "Refunds.\n"}
BAD = {"app/api/refunds.py": REFUNDS.replace("return {}", "print('x')\n    return {}")}


class House:
    """The simulator, the server's address and folder, and the pull requests with what they earn."""

    def __init__(
        self, simulator: Simulator, stage: Stage, folder: Path, port: int, journal: Journal
    ) -> None:
        self.simulator = simulator
        self.journal = journal
        self.stage = stage
        self.folder = folder
        self.port = port
        self.more: dict[str, str] = {}
        self.words: tuple[str, ...] = ()
        self.earned: dict[int, str] = {}
        self.asked: list[int] = []
        self.patience = PATIENCE
        self.process: asyncio.subprocess.Process | None = None
        self._buried: list[asyncio.subprocess.Process | None] = []

    async def start(self, failpoint: str | None = None, *, ready: bool = True) -> None:
        """Start the server; with `ready`, until it says that it is."""
        self.journal.started()
        with (self.folder / "log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "tests.crash.quick",
                "serve",
                *self.words,
                env=self.environ(failpoint),
                stdout=log,
                stderr=log,
            )
        if ready:
            await self.until(self._is_ready, "the server is ready")

    def environ(self, failpoint: str | None = None) -> dict[str, str]:
        """What the server is told."""
        key = self.folder / "key.pem"
        key.write_text(self.simulator.private_key_pem)
        environ = {
            "PATH": os.environ["PATH"],
            "HANDOFF_GITHUB_API_URL": self.simulator.api_url,
            "HANDOFF_APP_ID": str(self.simulator.app_id),
            "HANDOFF_PRIVATE_KEY_FILE": str(key),
            "HANDOFF_WEBHOOK_SECRET": self.simulator.webhook_secret,
            "HANDOFF_DATA_DIR": str(self.folder / "data"),
            "HANDOFF_PORT": str(self.port),
            **self.more,
        }
        if failpoint is not None:
            environ |= {"HANDOFF_TESTING": "1", "HANDOFF_FAILPOINT": failpoint}
        return environ

    async def kill(self) -> None:
        """`kill -9`, and wait for its end."""
        assert self.process is not None
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGKILL)
        if await self.process.wait() == -signal.SIGKILL:
            self._died()

    async def stop(self) -> int:
        """SIGTERM, and its exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(PATIENCE):
            return await self.process.wait()

    def open(self, number: int, *, good: bool) -> None:
        """Open a pull request that earns success or failure, and let its CI pass."""
        world, stage = self.stage.world, self.stage
        pull = world.open_pull_request(
            stage.repo,
            stage.people["ana"],
            number=number,
            title=f"Refunds {number}",
            files={f"{path}.{number}.py": text for path, text in (GOOD if good else BAD).items()}
            | ({f"docs/{number}.md": "Refunds.\n"} if good else {}),
            branch=f"change-{number}",
        )
        stage.pulls[number] = pull
        self.earned[number] = "success" if good else "failure"
        world.run_ci(pull, "ci / unit", "success")

    def ask(self, number: int) -> None:
        """Ask about it, which earns exactly one answer, since the people take turns: who asks more
        than six times a minute, or without standing more than thrice an hour, is not answered."""
        people = list(self.stage.people.values())
        who = people[len(self.asked) % len(people)]
        self.stage.world.comment(self.stage.pulls[number], who, "/handoff why")
        self.asked.append(number)

    def wrong(self) -> list[int]:
        """The pull requests whose newest head does not show what they earn."""
        shown = {number: self.stage.runs(number) for number in self.earned}
        return [
            number
            for number, earned in self.earned.items()
            if not shown[number] or shown[number][-1].conclusion != earned
        ]

    async def settled(self, *, every_question: bool = True) -> None:
        """Every pull request shows what it earns, whoever earned a comment or an answer has it,
        and nothing is left to do. `every_question`: also those that GitHub could not hand over:
        not where it was refused more than once, for then it is asked again after minutes only, nor
        where the store is younger than the question."""

        async def good() -> bool:
            return (
                not self.wrong()
                and not self.unsaid()
                and not self.unanswered(self.asked if every_question else self.heard())
                and self.left() == []
            )

        await self.until(good, "every pull request shows what it earns")

    def unsaid(self) -> list[int]:
        """The pull requests that earned a comment and have none."""
        return [
            number
            for number, earned in self.earned.items()
            if earned != "success" and not self.comments(number)
        ]

    def unanswered(self, asked: list[int]) -> list[int]:
        """Those of the pull requests whose question has no answer."""
        return [number for number in asked if not self.comments(number, ANSWER)]

    def broken(self) -> list[str]:
        """What the log of this GitHub and that of the server break, once all is settled."""
        self.journal.heads([self.stage.repo])
        return broken(lines_of(self.folder / "github.log"), lines_of(self.folder / "log"))

    def comments(self, number: int, mark: str = STICKY) -> int:
        """How many comments of ours with that mark stand on it."""
        comments = self.stage.pulls[number].comments
        return sum(one.user.kind == "Bot" and mark in one.body for one in comments)

    def heard(self) -> list[int]:
        """The pull requests whose question has arrived."""
        return [
            int(pr.partition("#")[2])
            for (pr,) in self.rows("SELECT pr FROM delivery WHERE said IS NOT NULL")
        ]

    def accepts(self) -> bool:
        """Whether the store is old enough to ask for what GitHub could not hand over."""
        return self.rows("SELECT 1 FROM meta WHERE key = 'accept_since'") != []

    def left(self) -> list[tuple[Any, ...]]:
        """What the store has still to do."""
        return [
            *self.rows(
                "SELECT pr, due_at, run_owner FROM dirty WHERE parked = 'no' AND "
                "(due_at IS NOT NULL OR run_owner IS NOT NULL OR seq > evaluated_seq)"
            ),
            *self.rows("SELECT key, state FROM outbox WHERE state != 'dead'"),
            *self.rows("SELECT guid, pr FROM delivery WHERE hear = 1"),
        ]

    def charged(self) -> list[tuple[Any, ...]]:
        """Whom the store holds a failure against."""
        return self.rows("SELECT pr, attempts, crashes FROM dirty WHERE attempts + crashes > 0")

    def parked(self) -> dict[str, str]:
        """What is given up, and why: a word."""
        return dict(self.rows("SELECT pr, parked FROM dirty WHERE parked != 'no'"))

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What the store answers; nothing as long as it has no tables. The one place that knows
        what kind of store it is."""
        if url := self.more.get("HANDOFF_DATABASE_URL"):
            with psycopg.connect(url) as shared, suppress(psycopg.errors.UndefinedTable):
                return shared.execute(query.encode()).fetchall()
            return []
        path = self.folder / "data" / "handoff.sqlite"
        connected = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        with closing(connected) as store, suppress(sqlite3.OperationalError):
            return store.execute(query).fetchall()
        return []

    async def until(self, condition: Callable[[], Awaitable[bool]], what: str) -> None:
        """Look again and again; fails with the server's last words."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self.patience
        while not await condition():
            if loop.time() > deadline:
                last = (self.folder / "log").read_text()[-3000:]
                unanswered = self.unanswered(self.heard())
                state = f"{self.wrong()} {self.left()} {self.unsaid()} {unanswered}"
                raise AssertionError(
                    f"not true after {self.patience:.0f} s: {what}; {state}\n{last}"
                )
            await asyncio.sleep(LOOK_EVERY)

    async def resume(self) -> None:
        """Try again whatever was running at three deaths, as an operator would."""
        connector = UnixConnector(str(self.folder / "data" / "handoff.sock"))
        async with ClientSession(connector=connector) as session:
            for pr in self.parked():
                await session.post(f"http://here/resume/{pr.replace('#', '%23')}")

    async def compared(self, since: int) -> bool:
        """Whether the open pull requests were listed after so many calls."""
        return any("HandoffOpen" in str(one.body) for one in self.simulator.calls[since:])

    async def dead(self) -> bool:
        """Whether the process has ended by itself."""
        if self.process is None or self.process.returncode is None:
            return False
        if self.process.returncode == -signal.SIGKILL:
            self._died()
        return True

    def _died(self) -> None:
        if self.process not in self._buried:
            self._buried.append(self.process)
            count_death()

    async def frozen(self) -> bool:
        """Whether it lives and answers nothing any more."""
        return await frozen(self.port) and not await self.dead()

    async def up_or_dead(self) -> bool:
        """Whether it answers, or has ended before it could."""
        return await self.dead() or await self._is_ready()

    async def _is_ready(self) -> bool:
        assert self.process is not None
        if self.process.returncode is not None:
            raise AssertionError((self.folder / "log").read_text()[-3000:])
        try:
            async with (
                ClientSession() as session,
                session.get(f"http://127.0.0.1:{self.port}/readyz") as answer,
            ):
                return answer.status == 200
        except (ClientError, OSError):
            return False


@asynccontextmanager
async def house(folder: Path) -> AsyncIterator[House]:
    """A GitHub with the organisation of the demo, held to its contract; the server is not up."""
    contract = Contract()
    with (folder / "github.log").open("w") as log:
        async with Simulator(clock=SystemClock()) as simulator:
            watch(simulator, contract)
            journal = simulator.record(log)
            stage = set_up(simulator.world)
            home = House(simulator, stage, folder, free_port(), journal)
            simulator.hook_url = f"http://127.0.0.1:{home.port}/webhook"
            try:
                yield home
            finally:
                if home.process is not None and home.process.returncode is None:
                    home.process.kill()
                    await home.process.wait()
    assert not contract.violations, contract.violations


def count_death() -> None:
    """One more for the test that runs."""
    DEATHS[os.environ["PYTEST_CURRENT_TEST"].partition(" ")[0].partition("[")[0]] += 1


async def frozen(port: int) -> bool:
    """Whether a process listens there and answers nothing any more, not even that it lives."""
    with suppress(ClientError, OSError):
        try:
            async with asyncio.timeout(FROZEN), ClientSession() as session:
                await session.get(f"http://127.0.0.1:{port}/healthz")
        except TimeoutError:
            return True
    return False
