"""Deliveries that come several times, late and in any order leave what one of each in order leaves;
fifty at once are judged a few times."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from bot.simulator.deliveries import Delivery
from bot.simulator.scenario import Stage
from bot.simulator.things import Pull
from bot.wiring.demo import Demo
from tests.crash.house import ANSWER
from tests.crash.invariants import broken, lines_of
from tests.crash.street import BAD, GOOD
from tests.crash.test_kill import open_some
from tests.crash.test_workers import working
from tests.support import hurried
from tests.support.hurried import quiet
from tests.support.postgres import Postgres

NUMBERS = range(101, 105)
DAYS = 2 * 86_400.0


def opened(stage: Stage, number: int, files: dict[str, str]) -> Pull:
    pull = stage.world.open_pull_request(
        stage.repo, stage.people["ana"], number=number, title="Refunds", files=dict(files)
    )
    stage.pulls[number] = pull
    return pull


def played(demo: Demo) -> None:
    """Four pull requests: pushed to, retitled, asked about, attested to; one is closed again."""
    stage = demo.stage
    world, people = stage.world, stage.people
    for number in NUMBERS:
        opened(stage, number, BAD if number % 2 else GOOD)
    # What is said within seconds of a push may be about what was before.
    demo.clock.forward(timedelta(minutes=1))
    for number in NUMBERS:
        pull = stage.pulls[number]
        world.run_ci(pull, "ci / unit", "failure")
        world.run_ci(pull, "ci / unit", "success")
        world.edit_title(pull, people["ana"], f"Refunds, part {number}")
        world.comment(pull, people["ana"], "/handoff why")
        world.comment(pull, people["ben"], "/handoff ready")
        world.comment(pull, people["ben"], "Just words.")
    last = stage.pulls[102]
    world.push(last, people["ana"], {"docs/more.md": "More.\n"})
    world.run_ci(last, "ci / unit", "success")
    world.close(stage.pulls[104], people["ana"])


def left(demo: Demo, folder: Path) -> dict[str, Any]:
    """What stands on GitHub and what is remembered of people's words, without times and ids."""
    stage = demo.stage
    shown = {n: [(r.conclusion, r.title) for r in stage.runs(n)][-1:] for n in NUMBERS}
    said = {n: len([c for c in stage.pulls[n].comments if c.user.kind == "Bot"]) for n in NUMBERS}
    with closing(sqlite3.connect(folder / "handoff.sqlite")) as store:
        acts = store.execute("SELECT number, kind, actor_id FROM act ORDER BY 1, 2, 3").fetchall()
        heard = store.execute("SELECT pr, hear FROM delivery WHERE hear > 0 ORDER BY 1").fetchall()
    return {"shown": shown, "said": said, "acts": acts, "heard": heard}


async def told(folder: Path, disturb: Callable[[Demo], Any] | None) -> dict[str, Any]:
    """Play it, told in order or as `disturb` will have it; what is left in the end."""
    with (folder / "github.log").open("w") as log:
        async with hurried.hurried(folder / "data") as demo:
            journal = demo.simulator.record(log)
            await quiet(demo)
            demo.simulator.deliveries.switches.hold = disturb is not None
            played(demo)
            if disturb is not None:
                await disturb(demo)
            await quiet(demo, 90.0)
            journal.heads([demo.stage.repo])
            found = left(demo, folder / "data")
    assert broken(lines_of(folder / "github.log")) == []
    return found


def mixed(seed: int) -> Callable[[Demo], Any]:
    """Each one to four times, in any order, in handfuls up to two days apart."""

    async def disturb(demo: Demo) -> None:
        dice, deliveries = Random(seed), demo.simulator.deliveries
        held: list[Delivery] = deliveries.take_held()
        copies = [one for one in held for _ in range(dice.randint(1, 4))]
        dice.shuffle(copies)
        while copies:
            some, copies = copies[:40], copies[40:]
            for one in some:
                deliveries.send(one)
            await demo.simulator.settle()
            await demo.clock.sleep(dice.choice([0.5, 60.0, DAYS / 6]))

    return disturb


@pytest.mark.parametrize(
    "seed", [1, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(2, 12))]
)
async def test_n1_deliveries_in_disorder_leave_what_order_leaves(
    seed: int, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hurried, "STRIDE", 20.0)
    in_order = await told(tmp_path_factory.mktemp("order"), None)

    assert await told(tmp_path_factory.mktemp("disorder"), mixed(seed)) == in_order


async def test_fifty_events_in_three_seconds_are_judged_a_few_times(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with hurried.hurried(tmp_path) as demo:
        pull = opened(demo.stage, 101, GOOD)
        demo.stage.world.run_ci(pull, "ci / unit", "success")
        await quiet(demo, 10.0)
        since = len(demo.simulator.calls)
        monkeypatch.setattr(hurried, "TICK", 0.005)
        monkeypatch.setattr(hurried, "STRIDE", 0.005)
        for nth in range(50):
            ended = ("failure", "success")[nth % 2]
            demo.stage.world.run_ci(pull, "ci / unit", ended)
            await demo.clock.sleep(0.06)
        await demo.simulator.settle()
        monkeypatch.undo()
        await quiet(demo, 10.0)
        calls = [one for one in demo.simulator.calls[since:] if "/app" not in one.path]
        looks = [one for one in calls if "HandoffFacts" in (one.document or "")]

        assert [run.conclusion for run in demo.stage.runs(101)][-1] == "success"
        assert len(looks) <= 8
        assert len(calls) <= 30


@pytest.mark.timeout(180)
@pytest.mark.parametrize(
    "seed", [1, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(2, 8))]
)
async def test_n1_what_comes_in_disorder_is_judged_once_by_several_processes(
    seed: int, postgres: Postgres, tmp_path: Path
) -> None:
    async with working(postgres, tmp_path, "one", "two") as here:
        home, dice = here.home, Random(seed)
        world, people, pulls = home.stage.world, home.stage.people, home.stage.pulls
        deliveries = home.simulator.deliveries
        deliveries.switches.hold = True
        open_some(home, range(201, 213), asked=3)
        for number in (202, 208, 211):
            world.comment(pulls[number], people["ben"], "/handoff ready")
            world.push(pulls[number], people["ana"], {f"docs/{number}.more.md": "More.\n"})
            world.run_ci(pulls[number], "ci / unit", "success")
        held = deliveries.take_held()
        deliveries.switches.hold = False
        copies = [one for one in held for _ in range(dice.randint(1, 4))]
        dice.shuffle(copies)
        for one in copies:
            deliveries.send(one)
        await home.settled()

        assert home.broken() == []
        assert home.charged() == []
        assert [home.comments(number, ANSWER) for number in home.asked] == [1] * len(home.asked)
        assert home.rows("SELECT count(*) FROM delivery WHERE said IS NOT NULL AND hear = 2") == [
            (len(home.asked) + 3,)
        ]
