"""What grows in a bot that is kept busy for half an hour, and must not.

Fifty deliveries a second about two hundred pull requests of twenty installations, each of them
closed a minute and a half after it was opened, when another one is opened in its place. MINUTES
says for how long.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

import aiohttp

from benchmarks.fake import FAILS, Repo
from benchmarks.figures import Figures, acks
from benchmarks.load import CHECK, EDIT, OPEN, PUSH, SPEAK, Event
from benchmarks.product import Product
from benchmarks.recorded import COMMAND
from benchmarks.scenarios import AT_MOST, Scenario, Scene, spent, unread

MINUTES, RATE, ALIVE, INSTALLATIONS = 30.0, 50, 200, 20
STARTED, CLOSED, OTHER = "check_run.created", "pull_request.closed", "build"
# What is heard of a pull request, in order; of CI, and of another job that no item asks about.
LIFE = (
    *(OPEN, STARTED, OTHER, FAILS, SPEAK, PUSH, STARTED, OTHER, CHECK, EDIT),
    *(COMMAND, OTHER, PUSH, STARTED, OTHER, FAILS, SPEAK, PUSH, CHECK, CLOSED),
)
# So often it is looked at, and one look alone says little about memory: the garbage comes and goes.
LOOKS, PART, LOOK_EVERY = 360, 1 / 30, 0.1
_VALUE = re.compile(r"^handoff_(\w+)(?:\{.*\})? (\S+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """The bot at one moment: MB of each of its processes, of all rule workers, of SQLite's log and
    of the store; seconds that the oldest due pull request waits; how many are not settled or sent.
    """

    processes: Sequence[float]
    rules: float
    wal: float
    store: float
    due: float
    unsettled: float


def life(turns: int, alive: int) -> Iterator[tuple[str, int]]:
    """What comes about, and on which pull request: each in its turn, always as many at each step of
    their lives. In the last round CI agrees to all that are open, so that all get a verdict."""
    for turn in range(turns):
        at, place = divmod(turn, alive)
        age, step = divmod(at + place * len(LIFE) // alive, len(LIFE))
        number = age * alive + place + 1
        if turn < turns - alive:
            yield LIFE[step], number
        elif step:
            yield CHECK, number


def deliveries(scene: Scene, repos: Sequence[Repo], seconds: float) -> Iterator[Event]:
    """Each is made when it is due: all of them together would be gigabytes."""
    for nth, (kind, number) in enumerate(life(round(seconds * RATE), scene.many(ALIVE))):
        repo, job = repos[number % len(repos)], OTHER if kind == OTHER else ""
        # This GitHub knows comments that are reacted to in one repository only.
        mute = kind == COMMAND and repo is not scene.fake.home
        event = scene.maker.make(0, CHECK if job else SPEAK if mute else kind, number, repo, job)
        event.at = nth / RATE
        yield event


async def soak(scene: Scene) -> Figures:
    """Play it, and look again and again."""
    seconds = float(os.environ.get("MINUTES") or MINUTES) * 60 * scene.n
    homes = range(INSTALLATIONS - 1)
    added = [scene.fake.add(f"org{nth}/shop", 5_000_000 + nth, 6_000_000 + nth) for nth in homes]
    scene.fake.slow_ci = True
    events, looks, before = list[Event](), list[Look](), scene.product.usage()

    def remembered() -> Iterator[Event]:
        for event in deliveries(scene, [scene.fake.home, *added], seconds):
            events.append(event)
            yield event

    async with aiohttp.ClientSession() as session:
        watch = asyncio.create_task(_watch(scene.product, session, seconds, looks))
        await scene.sender.timed(remembered(), {})
        used = spent(before, scene.product.usage(), len(events))
        await watch
        end = await _settled(scene.product, session)
    # Who is closed soon after a push may be left without a verdict.
    closed = {(one.repo, one.number) for one in events if one.kind == CLOSED}
    left = [one for one in events if (one.repo, one.number) not in closed]
    return {
        **acks(events),
        **grown(looks),
        "store_grew_mb": end.store - looks[0].store,
        "unsettled": end.unsettled,
        "stale": unread(left, scene.calls()),
        "unknown_calls": len(scene.unknown()),
        **used,
    } | ({"wal_mb": max(one.wal for one in looks)} if scene.product.database is None else {})


def grown(looks: Sequence[Look]) -> Figures:
    """What was at the end beside what was once it had settled: after a sixth of the time. What
    waits is compared third by third."""
    few, sixth, third = max(round(len(looks) * PART), 1), len(looks) // 6, len(looks) // 3
    early, late = looks[sixth : sixth + few], looks[-few:]
    were, are = (
        [median(mb) for mb in zip(*(one.processes for one in some), strict=True)]
        for some in (early, late)
    )
    first, last = (median(one.due for one in some) for some in (looks[:third], looks[-third:]))
    return {
        "rss_mb": max(are),
        "rss_grew_mb": max(after - before for before, after in zip(were, are, strict=True)),
        "rules_grew_mb": median(one.rules for one in late) - median(one.rules for one in early),
        "due_first_s": first,
        "due_grew_s": last - first,
        "due_longest_s": max(one.due for one in looks),
    }


async def _watch(
    product: Product, session: aiohttp.ClientSession, seconds: float, looks: list[Look]
) -> None:
    """Look for as long as that; each is said, for whoever wonders when it began."""
    loop = asyncio.get_running_loop()
    ends, every = loop.time() + seconds, max(seconds / LOOKS, LOOK_EVERY)
    while loop.time() < ends:
        looks.append(await _look(product, session))
        if len(looks) % round(LOOKS * PART) == 1:
            print(f"  {round(loop.time() - ends + seconds)} s: {looks[-1]}", flush=True)
        await asyncio.sleep(every)


async def _settled(product: Product, session: aiohttp.ClientSession) -> Look:
    """The first look at which nothing is left to do, or the last that there was time for."""
    for _ in range(round(AT_MOST / LOOK_EVERY)):
        look = await _look(product, session)
        if not look.unsettled:
            break
        await asyncio.sleep(LOOK_EVERY)
    return look


async def _look(product: Product, session: aiohttp.ClientSession) -> Look:
    async with session.get(f"http://127.0.0.1:{product.admin}/metrics") as answer:
        said = _VALUE.findall(await answer.text())

    def values(name: str) -> list[float]:
        return [float(value) for one, value in said if one == name]

    wal = product.data / "handoff.sqlite-wal"
    return Look(
        processes=product.memories(),
        rules=product.rules_memory(),
        wal=wal.stat().st_size / 2**20 if wal.exists() else 0.0,
        store=values("store_bytes")[0] / 2**20,
        due=max(values("oldest_due_seconds")),
        unsettled=sum(values("dirty") + values("outbox")),
    )


SOAK = Scenario(play=soak, policy="both", once=True, metrics=True)
