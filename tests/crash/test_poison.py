"""One pull request that raises, uses up memory, hangs or ends the process: it is given up, visibly,
all others are judged, and it is tried again when somebody says so or it has a new head."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.crash.estate import Estate
from tests.crash.house import GOOD, House, frozen, house
from tests.crash.test_kill import open_some
from tests.crash.test_workers import working
from tests.support.postgres import Postgres

POISON = 203
NUMBERS = range(201, 209)
# How it fails, what is said of it then, and of how many deaths.
KINDS = [
    ("exit", "deadly", 3),
    pytest.param("raise", "failed", 0, marks=pytest.mark.long),
    pytest.param("memory", "failed", 0, marks=pytest.mark.long),
    pytest.param("hang", "deadly", 3, marks=pytest.mark.long),
]


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


async def _given_up_by_workers(here: Estate, failpoint: str) -> int:
    """The same for the one worker."""
    deaths = 0
    await here.hire("worker", failpoint)
    open_some(here.home, NUMBERS, asked=100)
    async with asyncio.timeout(90):
        while not here.home.parked():
            ended = here.workers["worker"].returncode is not None
            if ended or await frozen(here.ports["worker"]):
                await here.bury("worker")
                await here.hire("worker", failpoint)
                deaths += 1
            await asyncio.sleep(0.05)
    return deaths


@pytest.mark.parametrize(("kind", "word", "deaths"), KINDS)
async def test_n7_poison_is_given_up_alone(
    kind: str, word: str, deaths: int, tmp_path: Path
) -> None:
    async with house(tmp_path) as home:
        key = _key(home)
        died = await _given_up(home, f"claimed.{key}:{kind}:0")
        parked = await _others_are_judged(home)
        await home.kill()
        await home.start()
        still = home.parked()
        await _tried_again(home, word)

        assert died == deaths
        assert parked == still == {key: word}
        assert home.broken() == []


@pytest.mark.timeout(180)
@pytest.mark.parametrize(("kind", "word", "deaths"), KINDS)
async def test_n7_poison_in_a_worker_is_given_up_alone(
    kind: str, word: str, deaths: int, postgres: Postgres, tmp_path: Path
) -> None:
    async with working(postgres, tmp_path) as here:
        home, key = here.home, _key(here.home)
        died = await _given_up_by_workers(here, f"claimed.{key}:{kind}:0")
        parked = await _others_are_judged(home)
        await here.bury("worker")
        await here.hire("sound")
        still = home.parked()
        await _tried_again(home, word)

        assert died == deaths
        assert parked == still == {key: word}
        assert home.broken() == []


def _key(home: House) -> str:
    return f"{home.stage.repo.id}#{POISON}"


async def _others_are_judged(home: House) -> dict[str, str]:
    """Then: what is given up."""

    async def others() -> bool:
        return home.wrong() == [POISON] and home.left() == []

    await home.until(others, "all others are judged")
    assert [run.conclusion for run in home.stage.runs(POISON)] in ([], ["failure"])
    return home.parked()


async def _tried_again(home: House, word: str) -> None:
    """By a new head, or by hand where the process died of it."""
    if word == "failed":
        world, ana = home.stage.world, home.stage.people["ana"]
        world.push(home.stage.pulls[POISON], ana, dict(GOOD))
        world.run_ci(home.stage.pulls[POISON], "ci / unit", "success")
    else:
        await home.resume()
    await home.settled()
