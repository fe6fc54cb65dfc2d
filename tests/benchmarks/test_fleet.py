"""The simulated fleet still runs, a few repositories for some virtual minutes."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from benchmarks.fake import Repo
from benchmarks.fleet import PULLS_A_DAY, Plan, run, table, traffic
from benchmarks.racing import RacingClock, race

START = datetime(2026, 11, 23, 10, tzinfo=UTC)


def test_time_leaps_where_everybody_sleeps() -> None:
    clock, woken = RacingClock(START), list[str]()

    async def sleeper(name: str, seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append(name)

    async def all_of_them() -> None:
        async with asyncio.TaskGroup() as group:
            for name, seconds in (("c", 86_400), ("a", 1), ("b", 3_600)):
                group.create_task(sleeper(name, seconds))

    race(all_of_them(), clock)

    assert woken == ["a", "b", "c"]
    assert 86_400 <= clock.monotonic() < 90_000
    assert clock.now().day == START.day + 1


def test_a_day_of_a_repository_is_what_the_plan_says() -> None:
    repos = [Repo(f"acme/r{nth}", nth, 1) for nth in range(50)]

    coming = list(traffic(Plan(repositories=50, start=0, hours=24), repos))

    assert len(coming) == 50 * PULLS_A_DAY * 99
    assert coming == sorted(coming, key=lambda one: one.at)
    rush = sum(10 * 3600 <= one.at < 12 * 3600 for one in coming)
    assert rush > len(coming) / 5


def test_the_fleet_reads_all_that_it_hears() -> None:
    plan = Plan(repositories=4, installations=2, start=11, hours=0.5)

    day = run(plan)

    assert day.refused == day.unread == 0
    assert not [what for what in day.calls if what.startswith("unknown")]
    assert day.calls["HandoffFacts"] >= len(day.waits) / 10
    lines = list(table(plan, day))
    assert any(line.startswith("heard to read, seconds, p99") for line in lines)
    assert day.store["delivery rows"] == day.deliveries > 50
