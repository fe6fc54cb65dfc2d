"""What GitHub lists is believed as far as its lists can be: they shift while they are paged."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.github.client import GitHub, GitHubSettings
from bot.github.sweep import in_either
from bot.metrics import Metrics
from bot.model.arrival import RepoSeen
from bot.model.effect import TimerKind
from bot.model.seen import InstallationSeen
from bot.simulator.acme import acme
from bot.simulator.exchange import Exchange
from bot.simulator.server import Simulator
from bot.simulator.things import Installation
from bot.store.ballast import Ballast
from bot.wiring.sweeps import Sweeps
from tests.github.little import QuickClock
from tests.store.shop import Shop, never, shop

GONE = "SELECT id FROM {} WHERE removed_at IS NOT NULL"


class Town:
    """Three installations, the last of three repositories, listed two by two."""

    def __init__(self, here: Shop, sim: Simulator, github: GitHub) -> None:
        self.sim, self.world, self.github = sim, sim.world, github
        acme(self.world)
        self.places: list[Installation] = list(self.world.installations.values())
        for name in ("b", "c"):
            owner = self.world.organisation(name)
            self.places.append(self.world.install(owner))
        self.repos = [self.world.repository(owner, f"r{at}", {"a": "a"}) for at in range(3)]
        self.world.quirks.page_cap = 2
        nothing: Any = None
        self.sweeps = Sweeps(
            github=github,
            store=here.sweeps,
            ballast=Ballast(here.folder, 0, lambda _: 0.5),
            policies=nothing,
            clock=here.clock,
            metrics=Metrics(),
            app_id=1,
            report_days=30,
            woken=lambda: None,
            tell=lambda _: never(),
        )

    async def list(self) -> None:
        await self.sweeps(TimerKind.INSTALLATIONS, "installations")

    def while_paging(self, path: str, act: Callable[[], None]) -> None:
        """Do it once, as soon as the first page of the list has been shown."""
        waiting = [act]

        def watch(exchange: Exchange) -> None:
            more = 'rel="next"' in exchange.answer_headers.get("Link", "")
            if waiting and more and exchange.path == path:
                waiting.pop()()

        self.sim.observe(watch)


@asynccontextmanager
async def town(folder: Path) -> AsyncIterator[tuple[Shop, Town]]:
    async with shop(folder) as here, Simulator(clock=here.clock) as sim:
        settings = GitHubSettings(
            api_url=sim.api_url, app_id=str(sim.app_id), private_keys=(sim.private_key_pem,)
        )
        async with GitHub(settings, QuickClock()) as github:
            yield here, Town(here, sim, github)


@pytest.mark.parametrize("table", ["repository", "installation"])
async def test_what_slid_to_a_page_that_was_read_is_not_thought_gone(
    table: str, tmp_path: Path
) -> None:
    async with town(tmp_path) as (here, one):
        await one.list()
        if table == "repository":
            gone = lambda: setattr(one.repos[0], "deleted", True)  # noqa: E731
            one.while_paging("/installation/repositories", gone)
        else:
            gone = lambda: one.world.uninstall(one.places[0])  # noqa: E731
            one.while_paging("/app/installations", gone)
        await one.list()
        shifted = here.rows(GONE.format(table))
        await one.list()
        after = here.rows(GONE.format(table))

    first = one.repos[0].id if table == "repository" else one.places[0].id
    assert (shifted, after) == ([], [(first,)])


async def test_what_is_listed_is_compared_at_once_and_policies_are_looked_at(
    tmp_path: Path,
) -> None:
    async with town(tmp_path) as (here, one):
        await one.list()
        due = here.rows("SELECT kind FROM timer WHERE due_at <= ?", here.ms())
        looked = await here.sweeps.meta("policies")

    assert (due, looked) == ([("reconcile",)], str(here.ms()))


def test_what_was_transferred_between_two_lists_is_where_the_newer_one_shows_it() -> None:
    moved, left = (RepoSeen(id=at, full_name=f"a/r{at}", default_branch="main") for at in (1, 2))

    def seen(home: int, *repos: RepoSeen) -> InstallationSeen:
        return InstallationSeen(id=home, account=f"o{home}", repositories=repos)

    before = [seen(5), seen(6, moved, left), seen(7, left)]

    assert in_either(before, [seen(5, moved), seen(6, left)]) == (
        *(seen(5, moved), seen(6, left)),
        seen(7),
    )
