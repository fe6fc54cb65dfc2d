"""What a load came to, reckoned from what was delivered and what was called."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import TypeAlias

from benchmarks.fake import Call
from benchmarks.load import OPEN, PUSH, Event

Figures: TypeAlias = dict[str, float]


def part(values: Sequence[float], of: float) -> float:
    """The value below which that part of them lies."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * of), len(ordered) - 1)] if ordered else inf


def acks(events: Sequence[Event]) -> Figures:
    """How deliveries were answered."""
    lags = [one.lag * 1000 for one in events if one.kept]
    return {
        "accepted_share": len(lags) / max(len(events), 1),
        "ack_p50_ms": part(lags, 0.5),
        "ack_p99_ms": part(lags, 0.99),
    }


def first_verdicts(events: Sequence[Event], calls: Sequence[Call]) -> list[float]:
    """Milliseconds from each delivery with a new head to the first verdict on that head; a head
    that another one followed needs none."""
    last: dict[tuple[str, int], int] = {}
    for event in events:
        last[event.repo, event.number] = event.rev
    found: dict[str, float] = {}
    for one in calls:
        if one.conclusion:
            found.setdefault(_head(one), one.at)
    waits = [
        found.get(f"{one.repo}#{one.number}@{one.rev}", inf) - one.sent
        for one in events
        if one.kind in {OPEN, PUSH} and one.kept and one.rev == last[one.repo, one.number]
    ]
    return [wait * 1000 for wait in waits]


def reactions(typed: Sequence[Event], calls: Sequence[Call]) -> list[float]:
    """Seconds from the delivery of each command to the first reaction to it."""
    found: dict[int, float] = {}
    for one in calls:
        if one.what == "AddReaction":
            found.setdefault(one.number, one.at)
    return [found.get(one.number, inf) - one.sent for one in typed]


def _head(call: Call) -> str:
    return f"{call.repo}#{call.number}@{int(call.sha[8:16], 16)}"
