"""A store of claims in memory, and a handler that holds them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.model.claim import Claim, Done, Outcome, Room
from bot.model.effect import TimerKind
from bot.model.wake import Lane, Subject
from tests.support.clock import START


@dataclass
class MemoryClaims:
    """Subjects that are due until they are taken."""

    due: list[int]

    async def take(self, room: Room) -> Sequence[Claim]:
        taken, self.due = self.due[: room.free], self.due[room.free :]
        return [claim(number) for number in taken]

    async def finish(self, claim: Claim, outcome: Outcome) -> None:
        pass

    async def give_back(self, claim: Claim) -> None:
        pass

    async def next_due(self) -> int | None:
        return None

    async def fire(self) -> Sequence[tuple[str, str]]:
        return ()


def claim(number: int) -> Claim:
    return Claim(
        subject=Subject(7, number),
        installation_id=5,
        repo="acme/shop",
        epoch=1,
        seq=1,
        lane=Lane.VERDICT,
        attempts=1,
        started_at=START,
        first_at=START,
        expect={},
        evaluate=True,
        said=(),
        delivery=None,
    )


@dataclass
class Bench:
    """A handler that holds every claim until `release`."""

    running: list[Subject] = field(default_factory=list)
    done: list[Subject] = field(default_factory=list)
    release: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, claim: Claim) -> Outcome:
        self.running.append(claim.subject)
        await self.release.wait()
        self.done.append(claim.subject)
        return Done()


async def no_sweep(kind: TimerKind, key: str) -> None:
    raise AssertionError(f"no timer is due, and yet {kind} {key}")
