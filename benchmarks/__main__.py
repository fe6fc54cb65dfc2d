"""`make bench`: plays the scenarios, prints each goal beside what was measured, fails on a miss.

ONLY=trickle,burst1 plays only these (`rules` wants HANDOFF_CORPUS_DIR), STORE=sqlite or postgres
only that store, WORKERS=1,2,4 both of them with so many workers, RUNS=3 how often each is played.
`soak` is played only where it is named, for MINUTES=30.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from math import isinf
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from benchmarks import punctual
from benchmarks.figures import Figures
from benchmarks.hostile import hostile
from benchmarks.product import Setup, take_cores
from benchmarks.recorded import POLICIES, Recording, record
from benchmarks.rules import rules
from benchmarks.scenarios import SCENARIOS
from benchmarks.soak import SOAK
from benchmarks.texts import texts
from tests.support.postgres import missing

GOALS = Path(__file__).with_name("budgets.toml")
# Measured without a recorded GitHub.
ALONE = {"texts": texts, "rules": rules, "hostile": hostile}
ALL = {**SCENARIOS, "soak": SOAK}


class Row(NamedTuple):
    """A measure; `verdict` empty where nothing is aimed at."""

    scenario: str
    setup: str
    measure: str
    goal: str
    value: float
    verdict: str


def main() -> int:
    """Measure, print, judge."""
    wanted = [one for one in os.environ.get("ONLY", "").split(",") if one]
    unknown = set(wanted) - {*ALL, *ALONE}
    if unknown:
        names = ", ".join([*ALONE, *ALL])
        print(f"no such scenario: {', '.join(sorted(unknown))}; there are {names}")
        return 2
    rows: list[Row] = []
    print(f"{'scenario':<11}{'setup':<21}{'measure':<27}{'goal':>9}{'measured':>12}")
    for name in wanted or [*ALONE, *SCENARIOS]:
        for row in play(name):
            rows.append(row)
            print(_line(row), flush=True)
    missed = sum(row.verdict == "MISSED" for row in rows)
    print(f"{missed} of {sum(bool(row.verdict) for row in rows)} goals missed")
    return int(missed > 0)


def play(name: str) -> Iterator[Row]:
    """The rows of a scenario, under each setup that is wanted."""
    if name in ALONE:
        yield from judged(name, Setup(), ALONE[name]())
        return
    scenario = ALL[name]
    recording = asyncio.run(_recorded(scenario.policy))
    runs = 1 if scenario.once else int(os.environ.get("RUNS") or 3)
    for setup in setups():
        # What is started from here runs where this does.
        take_cores(setup)
        found = [punctual.play(scenario.run(recording, setup)) for _ in range(runs)]
        yield from judged(name, setup, middle(found))


async def _recorded(policy: str) -> Recording:
    return await record(POLICIES[policy])


def setups() -> Iterator[Setup]:
    """The stores, and how many workers each is played with."""
    store = os.environ.get("STORE", "")
    if store in {"", "sqlite"}:
        yield Setup()
    if store == "postgres" or (not store and os.environ.get("WORKERS")):
        if missing():
            raise SystemExit(missing())
        for workers in (os.environ.get("WORKERS") or "2").split(","):
            yield Setup(store="postgres", workers=int(workers))


def middle(found: Sequence[Figures]) -> Figures:
    """Of each figure the median over all runs."""
    return {name: median(one[name] for one in found) for name in found[0]}


def judged(scenario: str, setup: Setup, figures: Figures) -> Iterator[Row]:
    """Each figure beside its goal."""
    goals = tomllib.loads(GOALS.read_text(encoding="utf-8"))[scenario]
    for measure, value in figures.items():
        most, least = _bounds(goals.get(measure, {}), setup.store)
        bounds = (f"{sign} {one:g}" for sign, one in (("≥", least), ("≤", most)) if one is not None)
        goal = f"= {most:g}" if most is not None and most == least else " ".join(bounds)
        good = (most is None or value <= most) and (least is None or value >= least)
        verdict = ("ok" if good else "MISSED") if goal else ""
        yield Row(scenario, setup.name, measure, goal, value, verdict)


def _bounds(goal: Mapping[str, Any], store: str) -> tuple[float | None, float | None]:
    own: Any = goal.get(store, goal)
    return (None, None) if own == "none" else (own.get("at_most"), own.get("at_least"))


def _line(row: Row) -> str:
    value = "never" if isinf(row.value) else f"{row.value:,.2f}".rstrip("0").rstrip(".")
    place = f"{row.scenario:<11}{row.setup:<21}{row.measure:<27}"
    return f"{place}{row.goal:>9}{value:>12}  {row.verdict}".rstrip()


if __name__ == "__main__":
    sys.exit(main())
