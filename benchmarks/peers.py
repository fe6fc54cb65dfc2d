"""`make peers`: the same load against Handoff and against other Apps, one column each.

Without more, against the App of `benchmarks/plain.py`. PEER="command line" adds another one, which
is started with PORT, GITHUB_API_URL, APP_ID, PRIVATE_KEY_PATH and WEBHOOK_SECRET in its environment
and gets its deliveries at PEER_PATH=/webhook. What it does about a head must end in a check run.
"""

from __future__ import annotations

import asyncio
import os
import shlex
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from statistics import median
from time import monotonic

from benchmarks import punctual
from benchmarks.figures import Figures, acks, first_verdicts, part
from benchmarks.load import OPEN, Event, burst, mixed
from benchmarks.product import Peer, Setup, take_cores
from benchmarks.recorded import POLICIES, Recording, record
from benchmarks.scenarios import AT_MOST, ROUND_TRIP, Scene, scene, spent

PLAIN = Peer(name="plain App", command=(sys.executable, "-m", "benchmarks.plain"))
# How long a closed loop is played: some need minutes for what others do in a second.
FLOOD = 400


def peers() -> Iterator[Peer | None]:
    """Handoff, the plain App, and whoever else is wanted."""
    yield None
    yield PLAIN
    if command := os.environ.get("PEER", ""):
        path = os.environ.get("PEER_PATH") or "/webhook"
        yield Peer(name=shlex.split(command)[0], command=tuple(shlex.split(command)), path=path)


async def trickle(made: Scene) -> Figures:
    """Thirty pull requests are opened, five a second."""
    events = [made.maker.make(nth / 5, OPEN, nth + 1) for nth in range(made.many(30))]
    await made.sender.timed(events, {})
    # Who is slow is silent for a while, too.
    await made.until(lambda: isfinite(sum(first_verdicts(events, made.calls()))), AT_MOST)
    await made.quiet()
    waits = [one for one in first_verdicts(events, made.calls()) if isfinite(one)]
    return {
        "ack p50, ms": acks(events)["ack_p50_ms"],
        "ack p99, ms": acks(events)["ack_p99_ms"],
        "verdict p50, ms": part(waits, 0.5),
        "verdict p99, ms": part(waits, 0.99),
        "verdicts of 30": len(waits) * 30 / len(events),
        "calls each": len(made.fake.calls) / len(events),
    }


async def flood(made: Scene) -> Figures:
    """As many as it takes on 32 connections; GitHub answers at once."""
    events, before, began = mixed(made.maker, made.many(FLOOD)), made.product.usage(), monotonic()
    await made.sender.closed(events, 32)
    took = monotonic() - began
    await made.quiet()
    used = spent(before, made.product.usage(), len(events))
    kept = sum(one.kept for one in events)
    return {"accepted": kept / len(events), "accepted a second": kept / took, **used}


async def one(made: Scene) -> Figures:
    """Five hundred events about one pull request in five seconds."""
    events = burst(made.maker, made.many(500), 1, 5 * made.n)
    await _played(made, events)
    calls, last = made.fake.calls, max(event.sent for event in events)
    said = Counter(call.what for call in calls)
    return {
        "accepted": sum(event.kept for event in events) / len(events),
        "verdicts written": sum(call.conclusion != "" for call in calls),
        "calls": len(calls),
        "settled after, s": max((call.at for call in calls), default=last) - last,
        "comments": said["POST issues/N/comments"],
    }


async def _played(made: Scene, events: Sequence[Event]) -> None:
    await made.sender.timed(events, {})
    await made.quiet()


PLAYS = {"trickle": (trickle, ROUND_TRIP), "flood": (flood, 0.0), "burst1": (one, ROUND_TRIP)}


async def played(recording: Recording, name: str, peer: Peer | None, n: float = 1.0) -> Figures:
    """The figures of one of them in one play; with the calls that this GitHub does not know."""
    play, latency = PLAYS[name]
    setup = Setup(peer=peer, pinned=n == 1)
    async with scene(recording, setup, latency, n) as made:
        await _played(made, made.warming())
        made.fake.forget()
        return {**await play(made), "unknown calls": len(made.unknown())}


def rows(found: Mapping[str, Sequence[Figures]]) -> Iterator[str]:
    """A line for each measure of each play, with a column for each program."""
    for name, figures in found.items():
        for measure in figures[0]:
            values = "".join(f"{one[measure]:>14,.2f}".replace(".00", "   ") for one in figures)
            yield f"{name:<10}{measure:<22}{values}"


def main() -> int:
    """Measure and print; nothing is judged."""
    runs, wanted = int(os.environ.get("RUNS") or 3), [*peers()]
    take_cores(Setup())
    recording = asyncio.run(record(POLICIES["small"]))
    print(f"{'':<32}" + "".join(f"{one.name if one else 'Handoff':>14}" for one in wanted))
    for name in PLAYS:
        found = [_middle(recording, name, one, runs) for one in wanted]
        for line in rows({name: found}):
            print(line, flush=True)
    return 0


def _middle(recording: Recording, name: str, peer: Peer | None, runs: int) -> Figures:
    found = [punctual.play(played(recording, name, peer)) for _ in range(runs)]
    return {measure: median(one[measure] for one in found) for measure in found[0]}


if __name__ == "__main__":
    sys.exit(main())
