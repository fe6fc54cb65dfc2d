"""The benchmarks still run: every scenario with a hundredth of its load, no time judged."""

from __future__ import annotations

import asyncio
import tomllib

import pytest

from benchmarks import full
from benchmarks.__main__ import ALONE, GOALS, judged, middle
from benchmarks.figures import Figures
from benchmarks.product import Setup
from benchmarks.recorded import Recording
from benchmarks.scenarios import SCENARIOS


@pytest.mark.timeout(300)
async def test_every_scenario_measures_all_that_it_has_a_goal_for(
    recordings: dict[str, Recording],
) -> None:
    setup, found = Setup(pinned=False), dict[str, Figures]()

    async def play(name: str) -> None:
        one = SCENARIOS[name]
        found[name] = await one.run(recordings[one.policy], setup, n=0.01)

    async with asyncio.TaskGroup() as group:
        for name in SCENARIOS:
            group.create_task(play(name))

    goals = tomllib.loads(GOALS.read_text())
    assert goals.keys() - ALONE.keys() == found.keys()
    assert [name for name in found if goals[name].keys() - found[name].keys()] == []
    asked_in_vain = {name: figures.get("unknown_calls", 0) for name, figures in found.items()}
    assert set(asked_in_vain.values()) == {0}, asked_in_vain
    assert found["trickle"]["calls_first"] == 3
    assert found["trickle"]["calls_unchanged"] == 1
    assert found["enforce"]["verdict_share"] == found["drain"]["accepted_share"] == 1
    assert found["burst1"]["comments"] == 1
    assert found["crash"]["lost"] == found["burst200"]["stale"] == found["rate"]["doubled"] == 0
    assert found["burst1"]["overlaps"] == 0


def test_a_miss_is_told_from_a_hit() -> None:
    figures = middle([{"lost": 0, "recovered_share": 0.9, "kept": n} for n in (1, 9, 5)])

    rows = {row.measure: row for row in judged("crash", Setup(), figures)}

    assert [rows["lost"].verdict, rows["recovered_share"].verdict] == ["ok", "MISSED"]
    assert (rows["kept"].value, rows["kept"].verdict) == (5, "")
    other = judged("startup", Setup(store="postgres"), {"start_ms": 900, "idle_mb": 85})
    assert [row.verdict for row in other] == ["", "ok"]


def test_a_walk_is_seen_under_whatever_name_the_statement_has_for_the_table() -> None:
    names = full.names("SELECT 1 FROM dirty d JOIN repository r ON r.id = d.repo_id")

    assert names == {"dirty", "d"}
    assert [full.walks(f"SCAN {step}", names) for step in ("d", "r", "d USING INDEX x")] == [
        True,
        False,
        False,
    ]
