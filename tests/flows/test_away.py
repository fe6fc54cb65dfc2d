"""The bot is suspended or gone for a while: nobody's clock runs, and the record says so."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from pathlib import Path

import pytest

from bot.cli.main import main
from tests.flows.test_questions import POLICY, REDIS
from tests.support.crew import Crew, crew
from tests.support.hurried import quiet

Away = Callable[[Crew, float], AbstractAsyncContextManager[None]]
# Longer than sweeps are apart, and shorter than what counts.
A_WHILE = 70.0
APPROVE = "/handoff decide approve because one Redis per region"


@asynccontextmanager
async def gone(acme: Crew, hours: float) -> AsyncIterator[None]:
    """Its process ends, and starts again."""
    async with acme.restarted(hours=hours):
        yield


@asynccontextmanager
async def suspended(acme: Crew, hours: float) -> AsyncIterator[None]:
    """The installation is suspended, as its webhooks tell."""
    (installation,) = acme.world.installations.values()
    acme.world.suspend(installation)
    await acme.waits(hours=hours)
    acme.world.unsuspend(installation)
    await acme.waits(seconds=1)
    yield


@asynccontextmanager
async def uninstalled(acme: Crew, hours: float) -> AsyncIterator[None]:
    """The App is removed, and installed again under another number."""
    (installation,) = acme.world.installations.values()
    acme.world.uninstall(installation)
    await quiet(acme.demo)
    await acme.waits(hours=hours)
    acme.world.install(installation.account)
    await acme.waits(seconds=1)
    yield


@asynccontextmanager
async def unlisted(acme: Crew, hours: float) -> AsyncIterator[None]:
    """The repository is taken from the installation; only GitHub's list tells of its return."""
    (installation,) = acme.world.installations.values()
    acme.world.select(installation, [], [acme.demo.stage.repo])
    await quiet(acme.demo)
    await acme.waits(hours=hours - 1.1)
    switches = acme.demo.simulator.deliveries.switches
    switches.drop = lambda one: one.event == "installation_repositories"
    acme.world.select(installation, [acme.demo.stage.repo], [])
    await acme.waits(hours=1.1)
    await quiet(acme.demo, A_WHILE)
    yield


@asynccontextmanager
async def unheard(acme: Crew, hours: float) -> AsyncIterator[None]:
    """The same, and no webhook arrives: only GitHub's list of installations tells."""
    switches = acme.demo.simulator.deliveries.switches
    switches.drop = lambda _: True
    (installation,) = acme.world.installations.values()
    acme.world.suspend(installation)
    await acme.waits(hours=1.1)
    await quiet(acme.demo, A_WHILE)
    await acme.waits(hours=hours - 2.2)
    acme.world.unsuspend(installation)
    await acme.waits(hours=1.1)
    await quiet(acme.demo, A_WHILE)
    switches.drop = None
    yield


@pytest.mark.parametrize(
    ("away", "hours", "due", "asked", "paused"),
    [
        pytest.param(gone, 48, "Thu 11:", ["@sam: "], [48], id="gone"),
        pytest.param(gone, 0.2, "Tue 11:", ["@sam: "], [], id="gone for a moment"),
        pytest.param(suspended, 48, "Thu 11:", ["@sam: "], [48], id="suspended"),
        pytest.param(uninstalled, 48, "Thu 11:", ["@sam: "], [48], id="uninstalled"),
        pytest.param(unlisted, 48, "Thu 11:", ["@sam: "], [48], id="unlisted"),
        pytest.param(unheard, 48, "Thu 11:", ["@sam: "], [48], id="suspended unheard"),
    ],
)
async def test_no_clock_runs_while_the_bot_is_away(
    away: Away,
    hours: float,
    due: str,
    asked: list[str],
    paused: list[int],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    async with crew(tmp_path, POLICY) as acme:
        await acme.opens(REDIS)
        await acme.waits(seconds=61)
        async with away(acme, hours):
            assert f"waiting for architect (sam): redis · due {due}" in acme.title
            assert [one[:6] for one in acme.said if one.startswith("@")] == asked
            assert await acme.types("sam", APPROVE) == ("+1",)
            words = ["decisions", "acme/orders-api", "--data-dir", str(tmp_path), "--format"]
            assert await asyncio.to_thread(main, [*words, "json"]) == 0
            (row,) = json.loads(capsys.readouterr().out)["decisions"]
            assert await asyncio.to_thread(main, [*words, "md"]) == 0
            shown = capsys.readouterr().out

    assert [one["reason"] for one in row["pauses"]] == ["bot-paused"] * len(paused)
    spans = [[datetime.fromisoformat(one[end]) for end in ("from", "to")] for one in row["pauses"]]
    assert [round((b - a).total_seconds() / 3600) for a, b in spans] == paused
    assert row["working_minutes"] < 30
    assert ("paused: bot\\-paused 2026-11-23T" in shown) is bool(paused)


async def test_what_was_put_before_widens_when_its_working_time_is_over(tmp_path: Path) -> None:
    async with crew(tmp_path, POLICY) as acme:
        await acme.opens(REDIS)
        await acme.waits(seconds=61)
        async with acme.restarted(hours=48):
            await acme.waits(hours=23)
            early = [one[:6] for one in acme.said if one.startswith("@")]
            await acme.waits(hours=1)
            assert (early, acme.said[-1][:6]) == (["@sam: "], "@maria")
