"""The demo's script as a test: signed webhook in, what stands on GitHub out."""

from __future__ import annotations

from pathlib import Path

from bot.simulator.scenario_people import people
from bot.wiring.demo import Played
from bot.wiring.replay import replayed
from tests.support.hurried import hurried, quiet


async def test_every_promise_of_the_script_comes_true(tmp_path: Path) -> None:
    played: list[Played] = []

    async with hurried(tmp_path) as demo:
        await demo.play(played.append)

    assert [(one.step.what, one.differs) for one in played if one.differs] == []
    assert len(played) >= 16


async def test_every_promise_of_the_peoples_script_comes_true(tmp_path: Path) -> None:
    played: list[Played] = []

    async with hurried(tmp_path) as demo:
        await demo.play(played.append, people())

    assert [(one.step.what, one.differs) for one in played if one.differs] == []
    assert len(played) == 15


async def test_a_stored_judgement_replays_to_the_same_bytes(tmp_path: Path) -> None:
    async with hurried(tmp_path) as demo:
        await demo.play(lambda _: None)
        report, matter = await demo.bot.ledger.find("acme/orders-api", 102, None)

    assert matter
    assert replayed(matter) == report


async def test_an_unchanged_verdict_is_read_and_not_written(tmp_path: Path) -> None:
    async with hurried(tmp_path) as demo:
        await demo.play(lambda _: None)
        await quiet(demo)
        before, head = len(demo.simulator.calls), demo.stage.pulls[102].head_sha
        demo.stage.world.edit_body(demo.stage.pulls[102], demo.stage.people["ana"], "More words.")
        await quiet(demo)
        about = [
            one
            for one in demo.simulator.calls[before:]
            if one.variables.get("number") == 102 or "/102/" in one.path or head in str(one.body)
        ]

    # How many reads, the calls' own tests count: a sweep may look in between.
    assert {one.line for one in about} == {"POST /graphql"}
    assert not any(one.writes for one in about)
