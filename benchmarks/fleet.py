"""`make fleet`: a day of many repositories against the running bot, on a clock that races.

REPOSITORIES=2000 INSTALLATIONS=20 HOURS=24 START=0 (the hour of the day) say how much of it;
without them, 200 repositories through the two hours of the rush. Printed beside the paper plan:
calls, points and content, the age of what waits, the growth of the store.
"""

from __future__ import annotations

import asyncio
import heapq
import os
import random
import sqlite3
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any, NamedTuple

from benchmarks.fake import CI, OPENED, PASSES, PUSHED, Call, Fake, Repo
from benchmarks.figures import part
from benchmarks.load import EDIT, SPEAK, Maker, Sender, serving
from benchmarks.racing import RacingClock, race
from benchmarks.recorded import Recording, record
from benchmarks.scenarios import ROUND_TRIP
from bot.settings import Secret, Settings
from bot.store.database import Database
from bot.wiring import ground, server

MONDAY = datetime.fromisoformat("2026-11-23T00:00:00+00:00")
# Of a hundred pull requests so many are opened in each hour, the rush from ten to twelve.
RUSH = (0, 0, 0, 0, 0, 0, 1, 2, 4, 9, 14, 20, 7, 8, 12, 9, 7, 4, 2, 1, 0, 0, 0, 0)
PULLS_A_DAY, PUSHES, HOURS_OPEN = 6, 3, 3.0
CLOSED, STARTED = "pull_request.closed", "check_run.created"
# Jobs of CI on each head: what the checklist asks about, in three parts, and what it does not.
JOBS = (CI, CI, CI, *(f"build {nth}" for nth in range(8)))
# Paper plan, for a repository and day: deliveries, evaluations, content, points of evaluations.
PAPER = {"deliveries": 600.0, "evaluations": 60.0, "content": 18.0, "points": 204.0}
SWEEP_POINTS_AN_HOUR = 8.0
# Bytes of a delivery's row on its first day, of a report, of what is published for a pull request.
ROWS = {"delivery": 600, "report": 8_000, "published": 200 * 12}


class Coming(NamedTuple):
    """Something that will come about."""

    at: float
    kind: str
    repo: str
    number: int
    job: str = ""


@dataclass(slots=True, kw_only=True)
class Plan:
    """What is played: `hours` from the hour `start` on, of that many repositories."""

    repositories: int = 200
    installations: int = 20
    start: int = 10
    hours: float = 2.0
    seed: int = 1

    @property
    def share(self) -> float:
        """Which part of the day's pull requests is opened in these hours."""
        whole = int(self.hours)
        full = sum(RUSH[(self.start + hour) % 24] for hour in range(whole))
        return (full + RUSH[(self.start + whole) % 24] * (self.hours - whole)) / sum(RUSH)


@dataclass(slots=True, kw_only=True)
class Day:
    """What was seen. `waits`: seconds from a delivery that matters to the facts read after it."""

    deliveries: int = 0
    refused: int = 0
    calls: Counter[str] = field(default_factory=Counter)
    hourly: Counter[tuple[str, int, int]] = field(default_factory=Counter)
    waits: list[float] = field(default_factory=list)
    unread: int = 0
    store: dict[str, float] = field(default_factory=dict)
    took: float = 0.0


def traffic(plan: Plan, repos: list[Repo]) -> Iterator[Coming]:
    """Everything that comes about, in order; each pull request lives some hours."""
    dice, coming = random.Random(plan.seed), list[Coming]()
    for moment, repo, number in sorted(_openings(plan, repos, dice)):
        while coming and coming[0].at <= moment:
            yield heapq.heappop(coming)
        for one in _life(moment, repo, number, dice):
            heapq.heappush(coming, one)
    while coming:
        yield heapq.heappop(coming)


def _openings(
    plan: Plan, repos: list[Repo], dice: random.Random
) -> Iterator[tuple[float, str, int]]:
    numbers: Counter[str] = Counter()
    for hour in range(-int(-plan.hours // 1)):
        length = min(plan.hours - hour, 1.0)
        part = RUSH[(plan.start + hour) % 24] / sum(RUSH) * length
        for _ in range(round(part * PULLS_A_DAY * len(repos))):
            repo = dice.choice(repos).name
            numbers[repo] += 1
            yield (hour + dice.random() * length) * 3600, repo, numbers[repo]


def _life(at: float, repo: str, number: int, dice: random.Random) -> Iterator[Coming]:
    """One pull request: heads, CI on each, an edit, a word, its end: 99 deliveries."""
    open_for = HOURS_OPEN * 3600 * (0.5 + dice.random())
    heads = [at, *sorted(at + dice.random() * open_for * 0.9 for _ in range(PUSHES))]
    for nth, moment in enumerate(heads):
        yield Coming(moment, PUSHED if nth else OPENED, repo, number)
        yield Coming(moment, "push.", repo, number)
        for job in JOBS:
            yield Coming(moment + 1 + dice.random() * 5, STARTED, repo, number, job)
            yield Coming(moment + 30 + dice.random() * 570, PASSES, repo, number, job)
    yield Coming(at + dice.random() * open_for, EDIT, repo, number)
    yield Coming(at + dice.random() * open_for, SPEAK, repo, number)
    yield Coming(at + open_for + 700, CLOSED, repo, number)


async def play(plan: Plan, clock: RacingClock, recording: Recording, folder: Path) -> Day:
    """The bot through those hours, and until nothing is left of them."""
    began = monotonic()
    async with serving(recording, ROUND_TRIP, clock) as fake:
        repos = _settle(fake, plan)
        day = Day()
        async with server.Bot(settings_for(fake, folder), clock) as bot:
            sender = Sender(fake, bot.port)
            clock.unsure = lambda: bot.runner.busy or sender.under_way > 0
            driver = Driver(plan, clock, fake, sender, day)
            await driver.drive(traffic(plan, repos), lambda: bot.runner.busy)
    day.store = _sizes(folder / "handoff.sqlite")
    day.took = monotonic() - began
    return day


def settings_for(fake: Fake, folder: Path) -> Settings:
    """What a bot in this process needs to know."""
    return Settings(
        app_id=fake.recording.app_id,
        private_keys=(Secret(fake.recording.key),),
        webhook_secrets=(Secret(fake.recording.secret),),
        github_api_url=fake.root,
        port=0,
        data_dir=folder,
        database=folder / "handoff.sqlite",
    )


def _settle(fake: Fake, plan: Plan) -> list[Repo]:
    fake.repos.clear()
    fake.slow_ci = True
    return [
        fake.add(f"org{nth % plan.installations}/r{nth}", 5_000_000 + nth, 6_000_000 + home)
        for nth in range(plan.repositories)
        for home in (nth % plan.installations,)
    ]


class Driver:
    """Lets things come about at their moments, and looks at what the bot makes of them."""

    def __init__(
        self, plan: Plan, clock: RacingClock, fake: Fake, sender: Sender, day: Day
    ) -> None:
        self.plan, self.clock, self.fake, self.sender, self.day = plan, clock, fake, sender, day
        self.maker = Maker(fake)
        self._began = clock.monotonic()
        self._heard: dict[tuple[str, int], list[float]] = {}

    async def drive(self, coming: Iterator[Coming], busy: Callable[[], bool]) -> None:
        """All of it; then as long as it takes to be judged."""
        ends = self.plan.hours * 3600
        again = asyncio.create_task(self.sender.repeat())
        async with asyncio.TaskGroup() as group:
            for one in coming:
                if one.at > ends:
                    break
                await self.clock.sleep(max(self._began + one.at - self.clock.monotonic(), 0.0))
                group.create_task(self._send(one))
                self._count()
        await self.clock.sleep(90)
        while busy():
            await self.clock.sleep(1)
        self._count(0)
        again.cancel()
        self.day.unread = sum(map(len, self._heard.values()))
        await self.sender.close()

    async def _send(self, one: Coming) -> None:
        event = self.maker.make(0, one.kind, one.number, self.fake.repos[one.repo], one.job)
        if one.job == CI or one.kind in {OPENED, PUSHED}:
            self._heard.setdefault((one.repo, one.number), []).append(self.clock.monotonic())
        await self.sender.send(event)
        self.day.deliveries += 1
        self.day.refused += not event.kept

    def _count(self, at_least: int = 1_000) -> None:
        """Take the log over: all of it would not fit into memory."""
        if len(self.fake.calls) < at_least:
            return
        for call in self.fake.calls:
            self._see(call)
        self.fake.calls.clear()

    def _see(self, call: Call) -> None:
        self.day.calls[call.what] += 1
        hour = int((call.at - self._began) // 3600)
        home = self.fake.repos[call.repo].installation if call.repo else 0
        self.day.hourly[call.what, home, hour] += 1
        if call.what.startswith("HandoffFacts"):
            heard = self._heard.get((call.repo, call.number), [])
            before = [at for at in heard if at <= call.at]
            self.day.waits += [call.at - at for at in before]
            heard[:] = heard[len(before) :]


def _sizes(path: Path) -> dict[str, float]:
    """Bytes of the store and of its tables, and how many rows they have."""
    found = {"bytes": float(path.stat().st_size)}
    with closing(sqlite3.connect(path)) as store:
        for table in ROWS:
            (rows,) = store.execute(f"SELECT count(*) FROM {table}").fetchone()
            found[f"{table} rows"] = rows
            size = (
                "SELECT sum(pgsize) FROM dbstat WHERE name IN "
                "(SELECT name FROM sqlite_schema WHERE tbl_name = ?)"
            )
            try:
                (found[f"{table} bytes"],) = store.execute(size, (table,)).fetchone()
            except sqlite3.OperationalError:
                found[f"{table} bytes"] = 0.0
    return found


# ── the table ────────────────────────────────────────────────────────────────────────────────


def table(plan: Plan, day: Day) -> Iterator[str]:
    """Each figure beside what the paper plan says of as many repositories and hours."""
    pulls = plan.repositories * plan.share * PULLS_A_DAY
    # Who is opened late lives on beyond these hours: by what came, not by what was planned.
    part_of_day = day.deliveries / PAPER["deliveries"]
    calls, evaluations = day.calls, day.calls["HandoffFacts"]
    content = calls["POST issues/N/comments"]
    points = evaluations + 2 * calls["HandoffOpen"]
    sweeps = SWEEP_POINTS_AN_HOUR * plan.repositories * plan.hours
    yield f"{'measure':<42}{'paper':>14}{'measured':>14}"
    yield _row("deliveries", PAPER["deliveries"] / PULLS_A_DAY * pulls, day.deliveries)
    yield _row("  refused or unanswered", 0, day.refused)
    yield _row("evaluations", PAPER["evaluations"] * part_of_day, evaluations)
    yield _row("points of queries", PAPER["points"] * part_of_day + sweeps, points)
    yield _row("comments made", PAPER["content"] * part_of_day, content)
    yield _row("calls, all", None, calls.total())
    for what, many in calls.most_common():
        yield _row(f"  {what}", None, many)
    yield _row("calls of the App itself, busiest hour", None, _busiest(day, _of_app))
    yield _row("points, busiest installation and hour", None, _busiest(day, _points))
    yield _row("content, busiest installation and hour", 400, _busiest(day, _content))
    for name, of in (("p50", 0.5), ("p99", 0.99), ("max", 1.0)):
        yield _row(f"heard to read, seconds, {name}", None, part(day.waits, of))
    yield _row("heard and never read", 0, day.unread)
    for name, size in ROWS.items():
        rows = max(day.store[f"{name} rows"], 1)
        per = rows if name != "published" else pulls
        yield _row(f"{name}: rows", None, day.store[f"{name} rows"])
        yield _row(f"{name}: bytes each", size, day.store[f"{name} bytes"] / max(per, 1))
    megabytes = day.store["bytes"] / 1e6
    yield _row("store, MB", None, megabytes)
    yield _row("store, kB for each pull request", None, megabytes * 1000 / max(pulls, 1))
    yield _row("real seconds", None, day.took)


def _row(what: str, paper: float | None, value: float) -> str:
    plan = "" if paper is None else f"{paper:,.0f}"
    shown = f"{value:,.2f}".removesuffix(".00")
    return f"{what:<42}{plan:>14}{shown:>14}"


def _busiest(day: Day, cost: Callable[[str], int]) -> int:
    found: Counter[tuple[int, int]] = Counter()
    for (what, home, hour), many in day.hourly.items():
        found[home, hour] += cost(what) * many
    return max(found.values(), default=0)


def _of_app(what: str) -> int:
    return int(what.startswith(("GET /app", "POST /app")))


def _points(what: str) -> int:
    return {"HandoffFacts": 1, "HandoffOpen": 2}.get(what, 0)


def _content(what: str) -> int:
    return int(what == "POST issues/N/comments")


class _Counted(Database):
    """A store of which the clock knows whether it is at work."""

    at_work = 0

    async def ask(
        self, about: frozenset[str], ask: Callable[[Any], Any], work: Callable[[Any, Any], Any]
    ) -> Any:
        _Counted.at_work += 1
        try:
            return await super().ask(about, ask, work)
        finally:
            _Counted.at_work -= 1


def run(plan: Plan, recording: Recording) -> Day:
    """Play it; the store is in memory where that is possible, so that no disk is measured."""
    clock = RacingClock(MONDAY + timedelta(hours=plan.start), lambda: _Counted.at_work > 0)
    shm = Path("/dev/shm")
    vars(ground)["Database"] = _Counted
    try:
        with tempfile.TemporaryDirectory(dir=shm if shm.is_dir() else None) as name:
            return race(play(plan, clock, recording, Path(name)), clock)
    finally:
        vars(ground)["Database"] = Database


def main() -> int:
    """As the environment says."""
    given = {name.lower(): os.environ.get(name) for name in ("REPOSITORIES", "INSTALLATIONS")}
    plan = Plan(**{name: int(value) for name, value in given.items() if value})
    plan.hours = float(os.environ.get("HOURS") or plan.hours)
    plan.start = int(os.environ.get("START") or plan.start)
    for line in table(plan, run(plan, asyncio.run(record()))):
        print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
