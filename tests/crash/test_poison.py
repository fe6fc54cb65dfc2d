"""One pull request that raises, uses up memory, hangs or ends the process: it is given up, visibly,
all others are judged, and it is tried again when somebody says so or it has a new head."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.crash.house import GOOD, House, house
from tests.crash.test_kill import open_some

POISON = 203
NUMBERS = range(201, 209)


async def _given_up(home: House, failpoint: str) -> int:
    """Start it again as often as it dies or freezes, as a supervisor does; how often."""
    lives = 1
    await home.start(failpoint, ready=False)
    await home.until(home.up_or_dead, "the server is up")
    open_some(home, NUMBERS, asked=100)
    async with asyncio.timeout(90):
        while not home.parked():
            if await home.dead() or await home.frozen():
                await home.kill()
                await home.start(failpoint, ready=False)
                lives += 1
            await asyncio.sleep(0.05)
    return lives - 1


@pytest.mark.parametrize(
    ("kind", "word", "deaths"),
    [
        ("exit", "deadly", 3),
        pytest.param("raise", "failed", 0, marks=pytest.mark.long),
        pytest.param("memory", "failed", 0, marks=pytest.mark.long),
        pytest.param("hang", "deadly", 3, marks=pytest.mark.long),
    ],
)
async def test_n7_poison_is_given_up_alone(
    kind: str, word: str, deaths: int, tmp_path: Path
) -> None:
    async with house(tmp_path) as home:
        key = f"{home.stage.repo.id}#{POISON}"
        died = await _given_up(home, f"claimed.{key}:{kind}:0")

        async def others() -> bool:
            return home.wrong() == [POISON] and home.left() == []

        await home.until(others, "all others are judged")
        parked, shown = home.parked(), home.stage.runs(POISON)
        await home.kill()
        await home.start()
        still = home.parked()
        if word == "failed":
            world, ana = home.stage.world, home.stage.people["ana"]
            world.push(home.stage.pulls[POISON], ana, dict(GOOD))
            world.run_ci(home.stage.pulls[POISON], "ci / unit", "success")
        else:
            await home.resume()
        await home.settled()

        assert died == deaths
        assert parked == still == {key: word}
        assert [run.conclusion for run in shown] in ([], ["failure"])
        assert home.broken() == []
