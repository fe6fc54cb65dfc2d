"""kill -9 at named places and at random: nothing that was acknowledged is lost, nothing doubled."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from tests.crash.house import House, house
from tests.crash.invariants import broken

POINTS = [
    "before-commit:exit:20",
    "after-commit:exit:1",
    "after-commit:exit:30",
    "claimed:exit:3",
    "judged:exit:2",
    "stored:exit:3",
    "sending:exit:2",
    "sent:exit:2",
    "published:exit:2",
]


def open_some(home: House, numbers: range) -> None:
    for number in numbers:
        home.open(number, good=number % 4 != 1)


@pytest.mark.parametrize("point", POINTS)
async def test_killed_at_a_named_place_it_goes_on_where_it_was(point: str, tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        await home.start(point, ready=False)
        await home.until(home.up_or_dead, "the server is up")
        open_some(home, range(201, 207))
        await home.until(home.dead, f"the process ends at {point}")

        await home.start()
        await home.settled()

        assert broken(home.simulator.calls) == []
        assert [home.comments(number) for number in (201, 205)] == [1, 1]
        assert await home.stop() == 0


@pytest.mark.parametrize("seed", [1])
async def test_killed_at_random_moments_nothing_is_lost(seed: int, tmp_path: Path) -> None:
    await _killed_often(tmp_path, random.Random(seed), times=3)


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(10, 35))
async def test_killed_at_random_moments_at_length(seed: int, tmp_path: Path) -> None:
    await _killed_often(tmp_path, random.Random(seed), times=8)


async def _killed_often(folder: Path, dice: random.Random, times: int) -> None:
    async with house(folder) as home:
        for life in range(times):
            await home.start()
            open_some(home, range(300 + 20 * life, 310 + 20 * life))
            await asyncio.sleep(dice.uniform(0.01, 0.9))
            await home.kill()

        await home.start()
        await home.settled()

        assert broken(home.simulator.calls) == []


async def test_a_second_process_on_the_same_store_is_refused(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        await home.start()
        first = home.process
        await home.start(ready=False)
        second = home.process
        assert second is not None
        code = await second.wait()
        home.process = first

        assert code == 3
        assert "pid" in (tmp_path / "log").read_text()
