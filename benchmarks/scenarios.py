"""What is measured: each scenario plays some load against a fresh bot and returns its figures."""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from math import inf, isinf
from pathlib import Path
from time import monotonic

from benchmarks.fake import FAILS, Call, Fake
from benchmarks.figures import Figures, acks, first_verdicts, part, reactions
from benchmarks.full import ROWS, stored, watched
from benchmarks.load import (
    CHECK,
    OPEN,
    PUSH,
    SPEAK,
    Event,
    Maker,
    Sender,
    asked,
    burst,
    mixed,
    opened,
    serving,
)
from benchmarks.product import Product, Setup, Usage, running
from benchmarks.recorded import Recording

ROUND_TRIP = 0.08
# Nothing has been called for so long: it is over.
QUIET, AT_MOST, LOOK_EVERY = 2.0, 60.0, 0.1
# What the clock alone brings about; a burst is not charged with it.
_BY_CLOCK = ("HandoffOpen", "GET /", "POST /app", "GET contents")
_WAKES = {OPEN, PUSH, CHECK, FAILS}


@dataclass(slots=True, kw_only=True)
class Scene:
    """A running bot with its GitHub. `n`: how much of the usual load, from 0 to 1."""

    fake: Fake
    maker: Maker
    sender: Sender
    product: Product
    ready_ms: float
    n: float

    def many(self, usual: int) -> int:
        """The usual number, or the part of it that is wanted; at least three."""
        return max(round(usual * self.n), 3)

    def warming(self) -> list[Event]:
        """What brings tokens, imports and caches."""
        return [self.maker.make(nth / 5, OPEN, 900_000 + nth) for nth in range(self.many(5))]

    async def warm(self) -> None:
        """Play that; then a clean log."""
        await self.play(self.warming())
        self.fake.forget()

    async def play(
        self, events: Sequence[Event], at: dict[int, Callable[[], None]] | None = None
    ) -> None:
        """Deliver at each one's moment, then wait until it is over."""
        await self.sender.timed(events, at or {})
        await self.over(events)

    async def over(self, events: Sequence[Event]) -> None:
        """Until all that was heard is read and judged, and nothing is called any more."""
        await self.until(lambda: not unread(events, self.calls()), AT_MOST)
        await self.quiet()

    async def quiet(self) -> None:
        """Until nothing has been called for a while."""
        began, quiet = monotonic(), QUIET * max(self.n, 0.5)

        def still() -> bool:
            last = max((one.at for one in self.calls()), default=began)
            return monotonic() - max(last, began) > quiet and not self.fake.under_way

        await self.until(still, AT_MOST)

    async def until(self, condition: Callable[[], bool], at_most: float) -> None:
        """Look again and again, for at most so many seconds."""
        for _ in range(round(at_most / LOOK_EVERY)):
            if condition():
                return
            await asyncio.sleep(LOOK_EVERY)

    def calls(self) -> list[Call]:
        """What was called, without what the clock brought about."""
        return [one for one in self.fake.calls if _counts(one)]

    def unknown(self) -> list[str]:
        """Calls that this GitHub has no answer to, printed, too: figures with any are worth
        nothing."""
        found = [one.what for one in self.fake.calls if one.what.startswith("unknown")]
        for what in sorted(set(found)):
            print(f"  {what}")
        return found


def _counts(call: Call) -> bool:
    return not call.what.startswith(_BY_CLOCK)


@asynccontextmanager
async def scene(
    recording: Recording, setup: Setup, latency: float, n: float
) -> AsyncIterator[Scene]:
    """A bot that has just answered its first ping. RuntimeError where it has ended by itself."""
    with tempfile.TemporaryDirectory(prefix="handoff-bench-") as name:
        async with serving(recording, latency) as fake, running(fake, Path(name), setup) as product:
            path = setup.peer.path if setup.peer else "/webhook"
            maker, sender = Maker(fake, path), Sender(fake, product.port)
            await product.start()
            try:
                ready = await product.ready(maker, sender)
                yield Scene(
                    fake=fake,
                    maker=maker,
                    sender=sender,
                    product=product,
                    ready_ms=ready,
                    n=n,
                )
                product.is_there()
            finally:
                await sender.close()


# ── figures ──────────────────────────────────────────────────────────────────────────────────


def unread(events: Sequence[Event], calls: Sequence[Call]) -> int:
    """Pull requests that nobody has looked at since the last that was heard of them, or whose
    newest head has no verdict."""
    heard: dict[tuple[str, int], float] = {}
    for one in events:
        if one.kept and one.kind in _WAKES:
            heard[one.repo, one.number] = one.sent
    read = {(one.repo, one.number): one.at for one in calls if one.what.startswith("Handoff")}
    late = sum(read.get(key, 0.0) < sent for key, sent in heard.items())
    return late or sum(isinf(wait) for wait in first_verdicts(events, calls))


def overlaps(calls: Sequence[Call]) -> int:
    """How often a pull request was read anew before what was read or written there before was
    answered."""
    last: dict[tuple[str, int], float] = {}
    found = 0
    for one in calls:
        reads = one.what == "HandoffFacts"
        found += reads and one.at - last.get((one.repo, one.number), -inf) < ROUND_TRIP
        if reads or one.writes:
            last[one.repo, one.number] = one.at
    return found


def work(scene: Scene, events: Sequence[Event]) -> Figures:
    """What a load came to once it was over."""
    calls = scene.calls()
    last = max((one.sent for one in events), default=0.0)
    checks = Counter((one.sha, one.conclusion) for one in calls if one.what == "POST check-runs")
    talk = Counter(one.number for one in calls if one.what == "POST issues/N/comments")
    return {
        "evaluations": sum(one.what == "HandoffFacts" for one in calls),
        "calls": len(calls),
        "settle_s": max((one.at for one in calls), default=last) - last,
        "comments": sum(talk.values()),
        "doubled": sum(n - 1 for n in checks.values()) + sum(n - 1 for n in talk.values()),
        "stale": unread(events, calls),
        "overlaps": overlaps(calls),
        "at_once": scene.fake.most_under_way,
        "unknown_calls": len(scene.unknown()),
        "peak_mb": scene.product.memory("VmHWM"),
    }


def spent(before: Usage, after: Usage, events: int) -> Figures:
    """Processor time for each delivery."""
    return {
        "cpu_ms": (after.server - before.server) * 1000 / events,
        "rules_cpu_ms": (after.rules - before.rules) * 1000 / events,
    }


# ── scenarios ────────────────────────────────────────────────────────────────────────────────


async def startup(scene: Scene) -> Figures:
    """From the start of the process to the first answer; then nothing happens."""
    await asyncio.sleep(3 * scene.n)
    before, idle = scene.product.usage(), 5 * max(scene.n, 0.1)
    await asyncio.sleep(idle)
    used = scene.product.usage().server - before.server
    return {
        "start_ms": scene.ready_ms,
        "idle_mb": scene.product.memory(),
        "idle_cpu_percent": used * 100 / idle / scene.product.processes,
    }


async def _flood(scene: Scene, events: Sequence[Event]) -> Figures:
    before, began = scene.product.usage(), monotonic()
    await scene.sender.closed(events, 32)
    took, after = monotonic() - began, scene.product.usage()
    await scene.over([one for one in events if one.kind in {OPEN, PUSH}])
    return {
        **acks(events),
        "accepted_per_s": sum(one.kept for one in events) / took,
        "cpu_ms_meanwhile": spent(before, after, len(events))["cpu_ms"],
        **spent(before, scene.product.usage(), len(events)),
        "evaluations": sum(one.what == "HandoffFacts" for one in scene.calls()),
        "rules_mb": scene.product.rules_memory(),
        "unknown_calls": len(scene.unknown()),
    }


async def ack(scene: Scene) -> Figures:
    """As many as it takes, of all kinds, each about a pull request of its own."""
    await scene.warm()
    return await _flood(scene, mixed(scene.maker, scene.many(2000)))


async def inbox(scene: Scene) -> Figures:
    """As many as it takes of what matters to nobody."""
    await scene.warm()
    words = [scene.maker.make(0, SPEAK, nth + 1) for nth in range(scene.many(3000))]
    return await _flood(scene, words)


async def trickle(scene: Scene) -> Figures:
    """Five a second: opened, then CI turns red, then it is red once more."""
    await scene.warm()
    pulls, figures = scene.many(30), Figures()
    for name, kind in (("first", OPEN), ("again", FAILS), ("unchanged", FAILS)):
        events = [scene.maker.make(nth / 5, kind, nth + 1) for nth in range(pulls)]
        await scene.play(events)
        calls = [one for one in scene.calls() if "comments" not in one.what]
        figures[f"calls_{name}"] = len(calls) / pulls
        if kind == OPEN:
            waits = first_verdicts(events, calls)
            figures |= {"check_p50_ms": part(waits, 0.5), "check_p99_ms": part(waits, 0.99)}
            figures |= acks(events)
        # Who is not told, or does not look, needs few calls.
        kept = min(figures["accepted_share"], acks(events)["accepted_share"])
        figures |= {
            "accepted_share": kept,
            "stale": figures.get("stale", 0) + unread(events, calls),
        }
        if name == "unchanged":
            figures["writes_unchanged"] = sum(one.writes for one in scene.fake.calls)
        figures["unknown_calls"] = figures.get("unknown_calls", 0) + len(scene.unknown())
        scene.fake.forget()
    return figures


async def queries(scene: Scene) -> Figures:
    """The trickle, on a store of a million rows; then what each statement took."""
    figures = await trickle(scene)
    product = scene.product
    await product.end()
    found = await asyncio.to_thread(watched, product.data, product.database)
    kept = ("accepted_share", "ack_p50_ms", "ack_p99_ms", "check_p50_ms", "stale", "unknown_calls")
    return {**{name: figures[name] for name in kept}, **found}


async def _burst(scene: Scene, events: Sequence[Event]) -> Figures:
    await scene.warm()
    before = scene.product.usage()
    await scene.play(events)
    used = spent(before, scene.product.usage(), len(events))
    return {**acks(events), **work(scene, events), **used}


async def burst1(scene: Scene) -> Figures:
    """Five hundred events about one pull request in five seconds."""
    return await _burst(scene, burst(scene.maker, scene.many(500), 1, 5 * scene.n))


async def burst200(scene: Scene) -> Figures:
    """Two thousand events about two hundred pull requests in ten seconds; on every tenth of them
    somebody types a command."""
    pulls = scene.many(200)
    events = burst(scene.maker, 10 * pulls, pulls, 10 * scene.n)
    typed = asked(scene.maker, range(1, pulls + 1, 10), 10 * scene.n)
    figures = await _burst(scene, sorted([*events, *typed], key=lambda one: one.at))
    return {**figures, "reaction_p95_s": part(reactions(typed, scene.calls()), 0.95)}


async def rate(scene: Scene) -> Figures:
    """Three hundred events a second about three hundred pull requests for ten seconds."""
    pulls = scene.many(300)
    events = burst(scene.maker, 10 * pulls, pulls, 10 * scene.n)
    figures = await _burst(scene, events)
    waits = first_verdicts(events, scene.calls())
    return {**figures, "check_p50_ms": part(waits, 0.5), "check_p99_ms": part(waits, 0.99)}


async def helped(scene: Scene) -> Figures:
    """The same, and it is somebody else who pushes, which leaves acts."""
    scene.maker.helped = True
    figures = await rate(scene)
    product = scene.product
    await product.end()
    return {
        **figures,
        "acts": await asyncio.to_thread(stored, "act", product.data, product.database),
    }


async def drain(scene: Scene) -> Figures:
    """Three hundred pull requests are opened within a second."""
    await scene.warm()
    events = opened(scene.maker, scene.many(300), 300)
    await scene.play(events)
    waits = first_verdicts(events, scene.calls())
    return {
        **acks(events),
        "check_p50_ms": part(waits, 0.5),
        "drain_s": part(waits, 1) / 1000,
        **work(scene, events),
    }


async def enforce(scene: Scene) -> Figures:
    """Two hundred pull requests are opened at once, and GitHub's limits are."""
    await scene.warm()
    scene.fake.enforce = True
    events = opened(scene.maker, scene.many(200), 300)
    await scene.sender.timed(events, {})
    kept = [one for one in events if one.kept]
    await scene.until(lambda: not _without(kept, scene.calls()), 300 * max(scene.n, 0.2))
    calls = scene.calls()
    waits = first_verdicts(events, calls)
    first: dict[int, float] = {}
    for one in calls:
        if one.conclusion:
            first.setdefault(one.number, one.at)
    talk = [one for one in calls if one.what == "POST issues/N/comments" and one.number < 900_000]
    return {
        "accepted_share": acks(events)["accepted_share"],
        "verdict_share": sum(wait < inf for wait in waits) / len(events),
        "limited": sum(one.status == 403 for one in calls),
        "took_s": part(waits, 1) / 1000,
        "comments_before_check": sum(one.at < first.get(one.number, inf) for one in talk),
        "unknown_calls": len(scene.unknown()),
    }


async def crash(scene: Scene) -> Figures:
    """A hundred are opened a second; half-way the bot is killed and started again."""
    await scene.warm()
    events = opened(scene.maker, scene.many(400), 100)
    restarts: list[asyncio.Task[None]] = []

    def kill() -> None:
        scene.product.kill()
        restarts.append(asyncio.create_task(scene.product.restart()))

    hub = asyncio.create_task(scene.sender.repeat())
    await scene.sender.timed(events, {len(events) // 2: kill})
    await restarts[0]
    refused = [one for one in events if not one.kept]
    back = scene.product.started
    kept = [one for one in events if one.kept]
    await scene.until(lambda: not _without(kept, scene.calls()), AT_MOST)
    await scene.until(lambda: not _without(events, scene.calls()), 45 * scene.n)
    hub.cancel()
    with suppress(asyncio.CancelledError):
        await hub
    calls = scene.calls()
    missing = _without(events, calls)
    lost = sum(one.kept for one in missing)
    mine = {one.number for one in refused}
    done = [one.at for one in calls if one.conclusion and one.number in mine]
    return {
        "kept": len(kept),
        "lost": lost,
        "refused": len(refused),
        "recovered_share": 1 - (len(missing) - lost) / max(len(refused), 1),
        "recovered_s": max(done, default=back) - back,
        "doubled": work(scene, events)["doubled"],
        "overlaps": overlaps(calls),
        "unknown_calls": len(scene.unknown()),
    }


def _without(events: Sequence[Event], calls: Sequence[Call]) -> list[Event]:
    judged = {one.number for one in calls if one.conclusion}
    return [one for one in events if one.number not in judged]


async def neighbours(scene: Scene) -> Figures:
    """Twenty installations; then one of them has a hundred times what each of the others has."""
    await scene.warm()
    home = scene.fake.home
    quiet = [
        scene.fake.add(f"org{nth}/shop", 5_000_000 + nth, 6_000_000 + nth) for nth in range(19)
    ]
    seconds, each = 20 * scene.n, 0.2
    p99, told = list[float](), list[Event]()
    for turn in range(2):
        many = max(round(seconds * each), 1)
        events = [
            scene.maker.make((nth + at / len(quiet)) / each, OPEN, turn * 1000 + nth + 1, repo)
            for nth in range(many)
            for at, repo in enumerate(quiet)
        ]
        noise = [
            scene.maker.make(nth / (each * 100), OPEN, turn * 100_000 + nth + 1, home)
            for nth in range(round(seconds * each * 100) * turn)
        ]
        await scene.play(sorted([*events, *noise], key=lambda one: one.at))
        told += [*events, *noise]
        p99.append(part(first_verdicts(events, scene.calls()), 0.99))
    return {
        "alone_p99_ms": p99[0],
        "beside_p99_ms": p99[1],
        "ratio": p99[1] / p99[0],
        "accepted_share": acks(told)["accepted_share"],
        "stale": unread(told, scene.calls()),
        "unknown_calls": len(scene.unknown()),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """How one is played; `once`: it takes minutes, and is not repeated. `metrics`: of the bot."""

    play: Callable[[Scene], Awaitable[Figures]]
    latency: float = ROUND_TRIP
    policy: str = "small"
    once: bool = False
    limits: bool = False
    full: bool = False
    metrics: bool = False

    async def run(self, recording: Recording, setup: Setup, n: float = 1.0) -> Figures:
        """Its figures against a fresh bot."""
        setup = replace(setup, limits=self.limits, grace=self.limits, metrics=self.metrics)
        setup = replace(setup, rows=round(ROWS * n) if self.full else 0)
        async with scene(recording, setup, self.latency, n) as made:
            return await self.play(made)


SCENARIOS: Mapping[str, Scenario] = {
    "startup": Scenario(play=startup),
    "ack": Scenario(play=ack, latency=0),
    "preset": Scenario(play=ack, latency=0, policy="preset"),
    "inbox": Scenario(play=inbox, latency=0),
    "trickle": Scenario(play=trickle),
    "queries": Scenario(play=queries, once=True, full=True),
    "burst1": Scenario(play=burst1),
    "burst200": Scenario(play=burst200),
    "rate": Scenario(play=rate),
    "helped": Scenario(play=helped),
    "drain": Scenario(play=drain),
    "enforce": Scenario(play=enforce, once=True, limits=True),
    "crash": Scenario(play=crash),
    "neighbours": Scenario(play=neighbours),
}
