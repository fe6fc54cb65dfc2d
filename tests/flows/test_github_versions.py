"""The same script under the newer version of GitHub's API, and tokens that show nowhere."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from bot import logs
from bot.simulator.faults import answer, cut
from bot.simulator.scenario import REFUNDS
from bot.wiring.demo import Played
from tests.support.hurried import hurried, quiet

NEWER = "2026-03-10"


async def test_every_promise_of_the_script_comes_true_under_the_newer_version(
    tmp_path: Path,
) -> None:
    played: list[Played] = []

    async with hurried(tmp_path, NEWER) as demo:
        await demo.play(played.append)
        asked = {one.headers.get("x-github-api-version") for one in demo.simulator.calls}

    assert [(one.step.what, one.differs) for one in played if one.differs] == []
    assert asked == {NEWER}


def files(folder: Path) -> list[Path]:
    """What the bot has left on the disk."""
    return list(folder.glob("handoff.sqlite*"))


@pytest.mark.parametrize("length", [40, 520, 4_000])
async def test_a_token_of_any_length_shows_in_no_log_metric_or_store(
    length: int, tmp_path: Path
) -> None:
    said = io.StringIO()
    logs.configure(logs.Redactor(), form="json", level="debug", stream=said)

    async with hurried(tmp_path) as demo:
        demo.simulator.quirks.token_length = length
        demo.simulator.access.tokens.clear()
        demo.simulator.fault("POST .*graphql", cut(), 2)
        demo.simulator.fault("GET .*/files", answer(500, {"message": "Bad"}), 6)
        pull = demo.stage.world.open_pull_request(
            demo.stage.repo,
            demo.stage.people["ana"],
            title="Refunds",
            files={"app/api/refunds.py": REFUNDS},
        )
        await quiet(demo, 30.0)
        shown = demo.stage.world.our_runs(pull)
        tokens = [one for one in demo.simulator.access.tokens if len(one) >= length]
        metrics = demo.bot.metrics.render().decode()
    logs.silence()

    store = b"".join(map(Path.read_bytes, files(tmp_path)))
    assert shown != []
    assert tokens != []
    places = said.getvalue() + metrics + store.decode(errors="replace")
    assert [one for one in tokens if one in places] == []
