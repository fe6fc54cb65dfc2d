"""The demo's script as a test: signed webhook in, what stands on GitHub out."""

from __future__ import annotations

from pathlib import Path

from bot.wiring.demo import Played
from bot.wiring.replay import replayed
from tests.support.hurried import hurried, quiet


async def test_every_promise_of_the_script_comes_true(tmp_path: Path) -> None:
    played: list[Played] = []

    async with hurried(tmp_path) as demo:
        await demo.play(played.append)

    assert [(one.step.what, one.differs) for one in played if one.differs] == []
    assert len(played) >= 16


async def test_a_stored_judgement_replays_to_the_same_bytes(tmp_path: Path) -> None:
    async with hurried(tmp_path) as demo:
        await demo.play(lambda _: None)
        report, matter = await demo.bot.ledger.find("acme/orders-api", 102, None)

    assert matter
    assert replayed(matter) == report


async def test_an_unchanged_verdict_costs_one_read_and_no_write(tmp_path: Path) -> None:
    async with hurried(tmp_path) as demo:
        await demo.play(lambda _: None)
        await quiet(demo)
        before = len(demo.simulator.calls)
        demo.stage.world.edit_body(demo.stage.pulls[102], demo.stage.people["ana"], "More words.")
        await quiet(demo)
        calls = [
            one.line
            for one in demo.simulator.calls[before:]
            if one.writes or one.variables.get("number") == 102
        ]

    assert [line.split(" ")[0] for line in calls] == ["POST"], calls
    assert "graphql" in calls[0]
