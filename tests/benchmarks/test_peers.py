"""Other Apps get the same load, and what they do with it is told beside ours."""

from __future__ import annotations

import asyncio
import sys

import pytest

from benchmarks.figures import Figures
from benchmarks.peers import PLAIN, PLAYS, peers, played, rows
from benchmarks.recorded import Recording


@pytest.mark.timeout(120)
async def test_a_plain_app_and_ours_are_measured_by_the_same(
    recordings: dict[str, Recording],
) -> None:
    found: dict[str, list[Figures]] = {name: [{}, {}] for name in PLAYS}

    async def play(name: str, column: int) -> None:
        peer = PLAIN if column else None
        found[name][column] = await played(recordings["small"], name, peer, n=0.01)

    async with asyncio.TaskGroup() as group:
        for name in PLAYS:
            for column in range(2):
                group.create_task(play(name, column))

    ours, plain = found["trickle"]
    assert (ours["verdicts of 30"], plain["verdicts of 30"]) == (30, 30)
    # A token, four questions, a check run, a look for its comment, and that.
    assert plain["calls each"] == 8
    assert {figures["unknown calls"] for pair in found.values() for figures in pair} == {0}
    assert [figures["accepted"] for figures in (*found["flood"], *found["burst1"])] == [1] * 4
    lines = [*rows(found)]
    assert len(lines) == sum(len(pair[0]) for pair in found.values())
    assert lines[5].split() == [
        "trickle",
        "calls",
        "each",
        f"{ours['calls each']:.2f}".removesuffix(".00"),
        "8",
    ]


def test_another_app_is_whatever_command_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PEER", f"{sys.executable} -m other --flag 'two words'")
    monkeypatch.setenv("PEER_PATH", "/api/github/webhooks")

    *_, other = peers()

    assert other is not None
    assert other.command == (sys.executable, "-m", "other", "--flag", "two words")
    assert other.path == "/api/github/webhooks"
