"""GitHub is away for an hour, or takes from the App what it needs: nothing passes meanwhile, little
is asked, and what changed is judged as soon as it can be."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.simulator.exchange import Exchange
from bot.simulator.faults import html_502
from tests.crash.street import ALWAYS, BAD, GOOD, HERE, THERE, Street, street, two_homes
from tests.support import hurried
from tests.support.hurried import quiet

HOUR = 3600.0
MORE = {"docs/more.md": "More.\n"}


def calls(here: Street, since: int = 0) -> list[str]:
    """What the App asked for in the name of an installation; of a query where it says so, too."""
    return [_of(one) for one in here.demo.simulator.calls[since:] if "/app" not in one.path]


def _of(one: Exchange) -> str:
    asked = one.variables
    return f"{one.line} {asked['owner']}/{asked['name']}" if "owner" in asked else one.line


@pytest.fixture(autouse=True)
def long_strides(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hours pass here: what a tenth of a second decides is looked at elsewhere."""
    monkeypatch.setattr(hurried, "STRIDE", 3.0)
    monkeypatch.setattr(hurried, "TICK", 0.3)


async def test_an_outage_of_an_hour_costs_nobody_anything(tmp_path: Path) -> None:
    async with street(tmp_path) as here:
        standing = here.open(HERE, 101, GOOD)
        await quiet(here.demo, 10.0)
        since = len(here.demo.simulator.calls)
        here.demo.simulator.fault(".", html_502(), ALWAYS)
        pulls = [here.open(home, 102, GOOD) for home in (HERE, THERE)]
        bad = here.open(HERE, 103, BAD)
        here.demo.stage.world.push(standing, here.demo.stage.people["ana"], MORE)
        for _ in range(6):
            await here.passes(HOUR / 6)
            here.demo.stage.world.edit_title(bad, here.demo.stage.people["ana"], "Words")
        asked, charged = len(here.demo.simulator.calls) - since, await here.charged()
        during = [here.shows(one) for one in (*pulls, bad, standing)]
        here.demo.simulator.heal()
        here.demo.stage.world.run_ci(standing, "ci / unit", "success")
        wanted = ["success", "success", "failure", "success"]
        await here.until(
            lambda: [here.shows(one) for one in (*pulls, bad, standing)] == wanted, 600.0
        )

        assert during == ["nothing"] * 4
        assert charged == []
        # Four pull requests that try ever more rarely, a few sweeps a minute, and the breaker.
        assert asked <= 600
        assert [here.shows(one) for one in (*pulls, bad, standing)] == wanted


@pytest.mark.parametrize("told", [True, False], ids=["told of it", "not told of it"])
async def test_suspended_in_the_middle_it_is_silent_and_judges_anew_on_return(
    told: bool, tmp_path: Path
) -> None:
    async with street(tmp_path) as here:
        good, other = here.open(HERE, 102, GOOD), here.open(THERE, 102, GOOD)
        switches, world = here.demo.simulator.deliveries.switches, here.demo.stage.world
        home = here.homes[0]
        switches.drop = None if told else lambda one: one.event == "installation"
        world.suspend(home)
        await here.until(lambda: here.shows(other) == "success", 60.0)
        since = len(here.demo.simulator.calls)
        await here.passes(600.0)
        silent, elsewhere = calls(here, since), here.shows(other)
        charged = await here.charged()
        world.unsuspend(home)
        await here.until(lambda: here.shows(good) == "success", 1.2 * HOUR)

        assert [line for line in silent if HERE in line or line == "POST /graphql"] == []
        assert charged == []
        assert (elsewhere, here.shows(good)) == ("success", "success")


@pytest.mark.parametrize("told", [True, False], ids=["told of it", "not told of it"])
async def test_removed_in_the_middle_it_is_silent_and_begins_anew_when_installed_again(
    told: bool, tmp_path: Path
) -> None:
    async with street(tmp_path) as here:
        good, other = here.open(HERE, 102, GOOD), here.open(THERE, 102, GOOD)
        switches, world = here.demo.simulator.deliveries.switches, here.demo.stage.world
        switches.drop = None if told else lambda one: one.event == "installation"
        home = here.homes[0]
        world.uninstall(home)
        await here.passes(600.0)
        shown, elsewhere, charged = here.shows(good), here.shows(other), await here.charged()
        switches.drop = None
        world.install(home.account)
        await here.until(lambda: here.shows(good) == "success", 1200.0)

        assert shown in {"nothing", None}
        assert charged == []
        assert (elsewhere, here.shows(good)) == ("success", "success")


@pytest.mark.parametrize("lost", ["checks", "pull_requests", "contents"])
async def test_what_may_no_longer_be_read_or_written_is_never_green(
    lost: str, tmp_path: Path
) -> None:
    async with street(tmp_path) as here:
        world, home = here.demo.stage.world, here.homes[0]
        granted = dict(home.permissions)
        world.accept_permissions(home, {key: granted[key] for key in granted if key != lost})
        await quiet(here.demo)
        good, other = here.open(HERE, 102, GOOD), here.open(THERE, 102, GOOD)
        await here.passes(300.0)
        shown, elsewhere = here.shows(good), here.shows(other)
        world.accept_permissions(home, granted)
        await here.until(lambda: here.shows(good) == "success", 1200.0)

        assert shown != "success"
        assert (elsewhere, here.shows(good)) == ("success", "success")


async def test_files_that_come_without_their_lines_are_never_green(tmp_path: Path) -> None:
    async with street(tmp_path) as here:
        quirks = here.demo.simulator.quirks
        quirks.silent_zeros_after = 1
        bad, other = here.open(HERE, 103, BAD), here.open(THERE, 102, GOOD)
        await here.passes(120.0)
        shown = here.shows(bad)
        quirks.silent_zeros_after = 20_000
        await here.until(lambda: here.shows(other) == "success", 600.0)

        assert shown != "success"
        assert (here.shows(bad), here.shows(other)) == ("failure", "success")


async def test_a_repository_renamed_behind_our_back_is_judged_under_its_new_name(
    tmp_path: Path,
) -> None:
    async with hurried.hurried(tmp_path, seed=two_homes) as demo:
        here = Street(demo)
        good = here.open(HERE, 102, GOOD)
        await quiet(demo, 10.0)
        demo.simulator.deliveries.switches.drop = lambda one: one.event == "repository"
        world, ana = demo.stage.world, demo.stage.people["ana"]
        world.rename_repository(demo.stage.repo, demo.stage.people["maria"], "orders")
        since = len(demo.simulator.calls)
        world.push(good, ana, MORE)
        bad = here.open("acme/orders", 103, BAD)
        world.run_ci(good, "ci / unit", "success")
        await quiet(demo, 30.0)
        moved = [one for one in demo.simulator.calls[since:] if one.status in {301, 307}]

        assert (here.shows(good), here.shows(bad)) == ("success", "failure")
        assert [one.line for one in moved if one.writes and one.status == 301] == []
        assert await here.charged() == []
