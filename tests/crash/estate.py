"""The same house on Postgres, with workers beside the process that takes deliveries."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.store.schema import ENGINE
from tests.crash.house import PATIENCE, House, count_death, house
from tests.support.ports import free_port

Process = asyncio.subprocess.Process


class Estate:
    """A house whose own process is `web`, and workers by name."""

    def __init__(self, home: House, url: str) -> None:
        self.home = home
        self.workers: dict[str, Process] = {}
        self.ports: dict[str, int] = {}
        home.more |= {"HANDOFF_DATABASE_URL": url, "HANDOFF_ROLE": "web"}

    async def hire(self, name: str, failpoint: str | None = None) -> Process:
        """Start a worker."""
        home = self.home
        self.ports[name] = free_port()
        environ = home.environ(failpoint) | {
            "HANDOFF_ROLE": "worker",
            "HANDOFF_PORT": str(self.ports[name]),
            "HANDOFF_DATA_DIR": str(home.folder / name),
        }
        with (home.folder / "log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "tests.crash.quick",
                "serve",
                env=environ,
                stdout=log,
                stderr=log,
            )
        self.workers[name] = process
        return process

    async def at_work(self, many: int) -> None:
        """Until so many workers say that they live, and can be handed something."""
        alive = "SELECT count(*) FROM process WHERE role = 'worker'"
        able = f"SELECT count(*) FROM {ENGINE}.procrastinate_workers"

        async def there() -> bool:
            return self.home.rows(alive) == [(many,)] and self.home.rows(able)[0][0] >= many

        await self.home.until(there, f"{many} workers are at work")

    def strike(self, name: str, number: signal.Signals) -> None:
        """Send a worker a signal."""
        self.workers[name].send_signal(number)

    async def stopped(self, name: str) -> None:
        """Until a worker has stopped itself."""
        status = Path(f"/proc/{self.workers[name].pid}/status")

        async def so() -> bool:
            return "State:\tT" in await asyncio.to_thread(status.read_text)

        await self.home.until(so, f"{name} has stopped")

    async def bury(self, name: str) -> None:
        """`kill -9` of a worker, and wait for its end."""
        await self._kill(name)
        count_death()

    async def _kill(self, name: str) -> None:
        process = self.workers.pop(name)
        if process.returncode is None:
            process.send_signal(signal.SIGKILL)
        await process.wait()

    async def dismiss(self, name: str) -> int:
        """SIGTERM to a worker, and its exit code."""
        process = self.workers.pop(name)
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(PATIENCE):
            return await process.wait()

    async def end(self) -> None:
        """Nobody is left behind."""
        for name in list(self.workers):
            if self.workers[name].returncode is None:
                os.kill(self.workers[name].pid, signal.SIGCONT)
            await self._kill(name)


@asynccontextmanager
async def estate(folder: Path, url: str) -> AsyncIterator[Estate]:
    """A GitHub with the organisation of the demo, and nobody at work yet."""
    async with house(folder) as home:
        here = Estate(home, url)
        try:
            yield here
        finally:
            await here.end()
