"""Reads foreign content in processes that are killed when they take too long or too much.

A child starts on first need with an empty environment: it was never told a secret. What it
answers is JSON, checked by whoever asked; nothing of it is unpickled.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bot
from bot.model.known import TIME_USED_UP, Known, Unknown
from bot.sandbox.frame import LENGTH, REPLY_AT_MOST, packed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.clock import Clock
    from bot.sandbox.frame import Job

# A process that has read so much, or grown so large, is replaced by a fresh one.
JOBS_AT_MOST, KEEP_BYTES, KILL_BYTES = 500, 300 * 1024**2, 512 * 1024**2
LOOK_EVERY, IDLE_AT_MOST = 0.05, 60.0
_PAGE = os.sysconf("SC_PAGE_SIZE")
# Isolated (-I) from the environment and the folder it is started in; only our own root is added.
_START = (
    "import importlib, sys; sys.path.insert(0, sys.argv[1]); "
    "importlib.import_module(sys.argv[2]).main()"
)
_CRASHED = Unknown("the parser crashed", by_content=True)


class _Died(Exception):
    """The child ended before it answered."""


@dataclass(slots=True)
class Budget:
    """The seconds that are left to the readings of one pull request together."""

    left: float


@dataclass(slots=True)
class _Child:
    process: asyncio.subprocess.Process
    jobs: int = 0
    leaves: asyncio.TimerHandle | None = None

    @property
    def bytes(self) -> int:
        """What it holds in memory now."""
        try:
            statm = Path(f"/proc/{self.process.pid}/statm").read_text(encoding="ascii")
        except OSError:
            return 0
        return int(statm.split()[1]) * _PAGE

    async def answer(self, job: Job) -> Any:
        """Its reply as JSON data; raises _Died."""
        take, give = self.process.stdout, self.process.stdin
        assert take is not None  # noqa: S101  both are pipes
        assert give is not None  # noqa: S101
        try:
            give.write(packed(job))
            await give.drain()
            size = LENGTH.unpack(await take.readexactly(LENGTH.size))[0]
            if size > REPLY_AT_MOST + 1024:
                raise _Died
            self.jobs += 1
            return json.loads(await take.readexactly(size))
        except (OSError, EOFError, ValueError, RecursionError) as broken:
            raise _Died from broken

    async def end(self) -> None:
        """Kill it and wait for it to be gone."""
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()


@dataclass(slots=True)
class Pool:
    """At most `size` children; `read` waits for a free one.

    `entry`: the module that a child runs. `kills`: how many children were ended early, by reason.
    """

    clock: Clock
    size: int = 1
    entry: str = "bot.readers.__main__"
    _idle: list[_Child] = field(default_factory=list)
    _ending: set[asyncio.Future[None]] = field(default_factory=set)
    _places: asyncio.Semaphore = field(init=False)
    kills: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._places = asyncio.Semaphore(self.size)

    async def read(self, job: Job, seconds: float, budget: Budget | None = None) -> Known[Any]:
        """The reader's answer as JSON data, or Unknown with the reason; raises nothing."""
        return (await self.in_turn([(job, seconds)], budget or Budget(inf)))[0]

    async def in_turn(self, jobs: Sequence[tuple[Job, float]], budget: Budget) -> list[Known[Any]]:
        """Every answer, in order; by one child, which may keep what it made of a text."""
        async with self._places:
            return [await self._within(budget, *one) for one in jobs]

    async def _within(self, budget: Budget, job: Job, seconds: float) -> Known[Any]:
        if budget.left <= 0:
            return TIME_USED_UP
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            return await self._twice(job, seconds)
        finally:
            budget.left -= loop.time() - began

    async def warm(self) -> None:
        """Start a child that the first job will find ready."""
        self._idle.append(await self._started())

    async def read_all(self, jobs: Sequence[tuple[Job, float]]) -> list[Known[Any]]:
        """Every answer, in order."""
        return list(await asyncio.gather(*(self.read(job, seconds) for job, seconds in jobs)))

    async def close(self) -> None:
        """End every child."""
        await self._drop_idle()
        await asyncio.gather(*self._ending)

    async def _twice(self, job: Job, seconds: float) -> Known[Any]:
        for _ in range(2):
            try:
                return await self._once(job, seconds)
            except _Died:
                # Perhaps an earlier job had broken it: once more, alone in a fresh one.
                await self._drop_idle()
                self._count("crash")
        return _CRASHED

    async def _once(self, job: Job, seconds: float) -> Known[Any]:
        child = self._idle.pop() if self._idle else await self._started()
        if child.leaves is not None:
            child.leaves.cancel()
        watch = asyncio.ensure_future(self._outgrown(child))
        work = asyncio.ensure_future(child.answer(job))
        try:
            await asyncio.wait({watch, work}, timeout=seconds, return_when="FIRST_COMPLETED")
            if work.done():
                return await self._answered(child, work.result())
            await child.end()
            grown = watch.done()
            self._count("memory" if grown else "time")
            why = "needed too much memory" if grown else f"took over {seconds:g} s"
            return Unknown(f"reading {job.path} {why}", by_content=True)
        except _Died:
            await child.end()
            raise
        except asyncio.CancelledError:
            await child.end()
            raise
        finally:
            watch.cancel()
            work.cancel()
            await asyncio.gather(watch, work, return_exceptions=True)

    async def _outgrown(self, child: _Child) -> None:
        while child.bytes < KILL_BYTES:
            await self.clock.sleep(LOOK_EVERY)

    async def _answered(self, child: _Child, data: Any) -> Known[Any]:
        """The answer, and the child back in its place if it is fit for another job."""
        if isinstance(data, dict) and data.pop("ended", None):
            self._count("crash")
            await child.end()
        elif child.jobs >= JOBS_AT_MOST or child.bytes > KEEP_BYTES:
            await child.end()
        else:
            self._idle.append(child)
            loop = asyncio.get_running_loop()
            child.leaves = loop.call_later(IDLE_AT_MOST, self._retire, child)
        return _known(data)

    def _retire(self, child: _Child) -> None:
        """End a child that nobody has needed since."""
        if child in self._idle:
            self._idle.remove(child)
            ending = asyncio.ensure_future(child.end())
            self._ending.add(ending)
            ending.add_done_callback(self._ending.discard)

    async def _started(self) -> _Child:
        root = str(Path(bot.__file__).parents[1])
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            "-c",
            _START,
            root,
            self.entry,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={"LC_ALL": "C.UTF-8", "PATH": "/usr/local/bin:/usr/bin:/bin"},
            cwd="/",
            limit=2 * REPLY_AT_MOST,
        )
        return _Child(process)

    async def _drop_idle(self) -> None:
        idle, self._idle = self._idle, []
        for child in idle:
            await child.end()

    def _count(self, why: str) -> None:
        self.kills[why] = self.kills.get(why, 0) + 1


def _known(data: Any) -> Known[Any]:
    if isinstance(data, dict) and data.keys() == {"ok"}:
        return data["ok"]
    if isinstance(data, dict) and isinstance(data.get("unknown"), str):
        return Unknown(data["unknown"][:200], by_content=data.get("by_content", True) is True)
    return _CRASHED
