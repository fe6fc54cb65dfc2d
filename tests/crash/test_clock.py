"""Timers that were armed before the server stopped fire once, in time, wherever the clock stands
when it starts again: GitHub's clock jumps with ours, so CI that began in what is now the future has
its hour from there."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from bot.clock import SystemClock
from bot.settings import Secret, Settings
from bot.simulator.scenario import Stage, set_up
from bot.simulator.server import Simulator
from bot.wiring.demo import Demo
from bot.wiring.server import Bot
from tests.crash.invariants import broken, lines_of
from tests.crash.street import GOOD
from tests.crash.test_disorder import opened
from tests.support import hurried
from tests.support.clock import START
from tests.support.hurried import RacingClock, quiet
from tests.support.postgres import Postgres

HOUR = 3600.0
# The night in which Berlin's clocks go forward, and the one in which they go back.
SPRING, AUTUMN = datetime(2026, 3, 29, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def in_berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def settings_for(simulator: Simulator, folder: Path) -> Settings:
    """Those of a server that this GitHub knows."""
    return Settings(
        app_id=simulator.app_id,
        private_keys=(Secret(simulator.private_key_pem),),
        webhook_secrets=(Secret(simulator.webhook_secret),),
        github_api_url=simulator.api_url,
        port=0,
        data_dir=folder,
        database=folder / "handoff.sqlite",
    )


@pytest.mark.parametrize(
    ("start", "jump", "early", "by"),
    [
        pytest.param(START, 3 * 24 * HOUR, None, 120.0, id="three days later"),
        pytest.param(START, -2 * HOUR, 2.6 * HOUR, 3.3 * HOUR, id="two hours back"),
        pytest.param(SPRING, 0.0, 0.6 * HOUR, 1.3 * HOUR, id="summer begins"),
        pytest.param(AUTUMN, 0.0, 0.6 * HOUR, 1.3 * HOUR, id="summer ends"),
    ],
)
async def test_n11_a_timer_fires_once_through_a_restart_and_a_jump(
    start: datetime,
    jump: float,
    early: float | None,
    by: float,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hurried, "STRIDE", 5.0)
    clock = RacingClock(start)
    race = asyncio.get_running_loop().create_task(hurried._race(clock))
    with (tmp_path / "github.log").open("w") as log:
        async with Simulator(clock=clock) as simulator:
            journal = simulator.record(log)
            settings = settings_for(simulator, tmp_path)
            async with Bot(settings, clock) as bot:
                simulator.hook_url = f"{bot.url}/webhook"
                stage = set_up(simulator.world)
                demo = Demo(simulator=simulator, bot=bot, stage=stage, clock=clock)
                clock.busy = lambda: demo.bot.runner.busy
                stage.world.run_ci(opened(stage, 102, GOOD), "ci / unit", None)
                while not stage.runs(102):
                    await quiet(demo, 5.0)
                waiting = stage.runs(102)[-1].conclusion
            clock.jump(jump)
            journal.started()
            before = simulator.count("check-runs")
            async with Bot(settings, clock) as demo.bot:
                simulator.hook_url = f"{demo.bot.url}/webhook"
                await clock.sleep(early or 0.0)
                then = stage.runs(102)[-1].conclusion
                await clock.sleep(by - (early or 0.0))
                await quiet(demo, 5.0)
                ended = stage.runs(102)[-1].conclusion
            written = [one for one in simulator.calls if one.writes and "check-runs" in one.path]
            journal.heads([stage.repo])
    race.cancel()

    assert waiting is None
    assert early is None or then is None
    assert ended == "failure"
    assert len(written) - before == 1
    assert broken(lines_of(tmp_path / "github.log")) == []


class Jumping(SystemClock):
    """Real time, until somebody sets it."""

    def jump(self, seconds: float) -> None:
        self._offset += timedelta(seconds=seconds)


async def shown(stage: Stage, number: int, conclusion: str | None) -> None:
    """Until the check of a pull request says so."""
    while True:
        runs = stage.runs(number)
        if runs and runs[-1].conclusion == conclusion:
            return
        await asyncio.sleep(0.05)


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("jump", "early"), [(-2 * HOUR, 2.6 * HOUR), (3 * 24 * HOUR, 0.0)])
async def test_n11_a_timer_fires_on_postgres_when_it_is_due_by_whatever_clock(
    jump: float, early: float, postgres: Postgres, tmp_path: Path
) -> None:
    clock, url = Jumping(START), postgres.create(f"clock{early:.0f}")
    with (tmp_path / "github.log").open("w") as log:
        async with Simulator(clock=clock) as simulator:
            journal = simulator.record(log)
            settings = replace(settings_for(simulator, tmp_path), postgres=Secret(url))
            stage = set_up(simulator.world)
            async with Bot(settings, clock) as bot:
                simulator.hook_url = f"{bot.url}/webhook"
                stage.world.run_ci(opened(stage, 102, GOOD), "ci / unit", None)
                await shown(stage, 102, None)
            clock.jump(jump)
            journal.started()
            async with Bot(settings, clock) as bot:
                simulator.hook_url = f"{bot.url}/webhook"
                if early:
                    clock.jump(early)
                    # Who is judged now was handed out after a look at the timers.
                    stage.world.run_ci(opened(stage, 103, GOOD), "ci / unit", "success")
                    await shown(stage, 103, "success")
                    assert stage.runs(102)[-1].conclusion is None
                    clock.jump(0.7 * HOUR)
                await shown(stage, 102, "failure")
            journal.heads([stage.repo])

    assert broken(lines_of(tmp_path / "github.log")) == []
    with psycopg.connect(url) as store:
        left = store.execute("SELECT key FROM timer WHERE kind = 'ci-deadline'").fetchall()
    assert left == []
