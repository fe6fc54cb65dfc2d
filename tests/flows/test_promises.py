"""What must always hold and has no other flow: newest wins, fair, missed is found, visible."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bot.cli.control import ask
from bot.simulator.faults import graphql_limit, html_502
from bot.simulator.scenario import FILES, Stage, set_up
from bot.simulator.things import Repository
from bot.simulator.world import World
from bot.store.moment import to_ms
from bot.text.ops import ops_page
from bot.wiring.demo import Demo
from bot.wiring.server import Bot
from tests.flows.test_durable_trouble import READY, judged, opened, shown
from tests.support.hurried import hurried, quiet

CHECKS = "/check-runs"
NOISY, QUIET = range(201, 217), range(301, 303)


async def within(demo: Demo, seconds: float, good: Callable[[], bool]) -> float:
    """How many virtual seconds it took until it was so."""
    began = demo.clock.now()
    while not good() and demo.clock.now() - began < timedelta(seconds=seconds):
        await demo.clock.sleep(0.2)
    assert good()
    return (demo.clock.now() - began).total_seconds()


async def test_n3_a_verdict_that_was_held_up_is_not_sent_once_there_is_a_newer_head(
    tmp_path: Path,
) -> None:
    async with hurried(tmp_path) as demo:
        stage = demo.stage
        demo.simulator.fault(f"POST .*{CHECKS}", html_502())
        pull = opened(demo, 102)
        await within(demo, 30, lambda: demo.simulator.count(CHECKS) > 0)
        old = pull.head_sha
        stage.world.push(pull, stage.people["ana"], {"docs/more.md": "More.\n"})
        stage.world.run_ci(pull, "ci / unit", "success")
        await quiet(demo, 30.0)

        assert stage.world.latest_runs(stage.repo, old) == []
        assert shown(demo, 102)[-1] == READY


def street(world: World) -> Stage:
    """A second organisation, with an installation of its own, beside the first one."""
    stage, other = set_up(world), world.organisation("globex")
    world.join(other, stage.people["ana"])
    repo = world.repository(other, "bills", FILES)
    world.grant(repo, stage.people["ana"], "write")
    world.install(other)
    stage.people["globex"] = other
    return stage


def beside(stage: Stage) -> Repository:
    (repo,) = (one for one in stage.world.repositories.values() if one.name == "bills")
    return repo


def open_all(stage: Stage, repo: Repository, numbers: range) -> None:
    for number in numbers:
        stage.world.open_pull_request(
            repo,
            stage.people["ana"],
            number=number,
            title="Refunds",
            files={f"docs/{number}.md": "Refunds.\n"},
            branch=f"change-{number}",
        )


async def test_n10_a_noisy_neighbour_does_not_keep_others_waiting(tmp_path: Path) -> None:
    async with hurried(tmp_path, seed=street) as demo:
        open_all(demo.stage, demo.stage.repo, NOISY)
        open_all(demo.stage, beside(demo.stage), QUIET)
        await quiet(demo)
        settings = replace(demo.bot.settings, runner_concurrency=2)
        await demo.bot.__aexit__(None, None, None)
        with closing(sqlite3.connect(settings.database)) as store:
            # All of them at once, the noisy one's first.
            due = to_ms(demo.clock.now()) - 1_000
            again = "UPDATE dirty SET seq = seq + 1, due_at = :due + number, first_at = :due"
            store.execute(again, {"due": due})
            store.commit()
            async with Bot(settings, demo.clock) as demo.bot:
                await quiet(demo)
            order = "SELECT number FROM dirty WHERE seq = evaluated_seq ORDER BY last_run_at"
            ran = [number for (number,) in store.execute(order)]

        assert sorted(ran) == [*NOISY, *QUIET]
        assert max(ran.index(number) for number in QUIET) < 4 * len(QUIET)


async def test_n16_what_came_while_nobody_listened_is_judged_half_a_minute_after_the_start(
    tmp_path: Path,
) -> None:
    async with hurried(tmp_path) as demo:
        await judged(demo, 102)
        settings = demo.bot.settings
        await demo.bot.__aexit__(None, None, None)
        demo.stage.world.run_ci(opened(demo, 103), "ci / unit", "success")
        await demo.simulator.settle()
        demo.clock.forward(timedelta(minutes=10))
        async with Bot(settings, demo.clock) as demo.bot:
            demo.simulator.hook_url = f"{demo.bot.url}/webhook"
            took = await within(demo, 60, lambda: READY in shown(demo, 103))

        assert took <= 30


async def seen(demo: Demo) -> dict[int, tuple[str, str | None]]:
    """Each pull request's word and time as the queue has them; the page has both as well."""
    folder = demo.bot.settings.data_dir
    _, data = await asyncio.to_thread(ask, folder, "GET", "/queue")
    page = ops_page(data, demo.clock.now())
    rows: list[dict[str, Any]] = data["rows"]
    cells = {cell for one in rows for cell in (one["word"], one["until"]) if cell}
    assert {one for one in cells if one not in page} == set()
    return {one["number"]: (one["word"], one["until"]) for one in rows}


async def word_of(demo: Demo, number: int, word: str) -> datetime | None:
    """The time that comes with the word, as soon as it is said of the pull request."""
    for _ in range(200):
        said, until = (await seen(demo)).get(number, ("", None))
        if said == word:
            return datetime.fromisoformat(until) if until else None
    raise AssertionError(await seen(demo))


async def test_n17_whoever_is_not_settled_has_a_word_and_where_there_is_one_a_time(
    tmp_path: Path,
) -> None:
    async with hurried(tmp_path) as demo:
        stage, now = demo.stage, demo.clock.now
        (installation,) = stage.world.installations.values()
        demo.simulator.fault("POST .*graphql", html_502(), 1_000)
        opened(demo, 103)
        away = await word_of(demo, 103, "waiting")
        demo.simulator.heal()
        # GitHub tells whole seconds.
        reset = (now() + timedelta(minutes=10)).replace(microsecond=0)
        demo.simulator.fault("POST .*graphql", graphql_limit(reset), 1_000)
        limited = await word_of(demo, 103, "limited until")
        stage.world.suspend(installation)
        suspended = await word_of(demo, 103, "suspended")
        demo.simulator.heal()

        assert away
        assert limited
        assert (limited >= reset, suspended) == (True, None)
