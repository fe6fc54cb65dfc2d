"""Whether a server answers that it lives while it judges what was made to stop it.

A process of its own asks, so that neither the simulated GitHub nor this one is what is measured.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from http.client import HTTPConnection
from pathlib import Path
from threading import Event, Thread
from time import perf_counter, sleep

from bot.simulator.git import Files
from tests.crash.house import House, house
from tests.hostile.test_contracts import BOMBS as CONTRACTS
from tests.hostile.test_sources import BOMBS as SOURCES
from tests.hostile.test_sources import PATHS

POLICY = "version: 1\npreset: backend-dev@1\nmode: enforce\n"
FIRST, EVERY, PATIENCE = 500, 0.005, 600.0


def hostile() -> dict[str, float]:
    """Milliseconds of the longest answer of `/healthz`, while every hostile file is judged."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_judged(Path(folder)))


async def _judged(folder: Path) -> dict[str, float]:
    async with house(folder) as home:
        home.patience = PATIENCE
        stage, proposals = home.stage, dict(enumerate(_proposals(), FIRST))
        stage.world.push_default(stage.repo, stage.people["maria"], _files(0))
        await home.start()
        async with _watch(home.port) as watch:
            for number, files in proposals.items():
                stage.pulls[number] = stage.world.open_pull_request(
                    stage.repo, stage.people["ana"], number=number, files=files
                )
            await home.until(
                lambda: _all_judged(home, proposals), "every hostile pull request is judged"
            )
            said, _ = await watch.communicate(b"")
        await home.stop()
    longest, asked = map(float, said.split())
    return {"pull_requests": len(proposals), "asked": asked, "healthz_longest_ms": longest}


@asynccontextmanager
async def _watch(port: int) -> AsyncIterator[asyncio.subprocess.Process]:
    """The process that asks, until its input ends."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.hostile", str(port)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _all_judged(home: House, numbers: Iterable[int]) -> bool:
    return all(
        bool(runs) and runs[-1].conclusion is not None for runs in map(home.stage.runs, numbers)
    )


def _files(side: int) -> Files:
    """The policy, and a contract for each way to make one hard to compare."""
    contracts = {f"api/{n}/openapi.yaml": both()[side] for n, both in enumerate(CONTRACTS.values())}
    return {".github/handoff.yml": POLICY, **contracts}


def _proposals() -> list[Files]:
    """Each kind of source text in every language, all of the contracts, and many files."""
    sources: list[Files] = [
        {f"app/{n}/{path}": text for path in PATHS} for n, text in enumerate(SOURCES.values())
    ]
    many: Files = {f"app/many/{n}.py": f"def f{n}():\n    return {n}\n" * 50 for n in range(300)}
    wide: Files = {
        "app/wide.py": "x = 1\n" * 30_000,
        "web/wide.ts": "let x = fetch(`/a`);\n" * 9_000,
    }
    return [*sources, _files(1), many, wide]


def _ask(port: int, done: Event) -> None:
    """Ask again and again; prints the longest answer and how many there were."""
    longest, asked, line = 0.0, 0, HTTPConnection("127.0.0.1", port)
    while not done.is_set():
        began = perf_counter()
        line.request("GET", "/healthz")
        line.getresponse().read()
        longest, asked = max(longest, perf_counter() - began), asked + 1
        sleep(EVERY)
    print(longest * 1000, asked)


if __name__ == "__main__":
    over = Event()
    asking = Thread(target=_ask, args=(int(sys.argv[1]), over))
    asking.start()
    sys.stdin.read()
    over.set()
    asking.join()
