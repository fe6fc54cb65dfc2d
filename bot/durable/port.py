"""What the worker asks of a runner, and what a runner asks of the store."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Protocol, TypeAlias

from bot.model.claim import Claim, Outcome, Waiting
from bot.model.effect import TimerKind
from bot.model.wake import Subject

Handler: TypeAlias = Callable[[Claim], Coroutine[Any, Any, Outcome]]


class Runner(Protocol):
    """Claims due subjects and runs the handler: leading edge, then at least 1 s apart, one
    evaluation in flight per subject."""

    def wake(self, subject: Subject) -> None:
        """A hint after a commit; losing it costs at most 1 s, never work."""
        ...

    async def run(self, handler: Handler, stop: asyncio.Event) -> None:
        """Claim and handle until `stop`; returns after running evaluations ended or were given
        20 s and cancelled."""
        ...


class TimerSweep(Protocol):
    """A timer without a subject fired: `kind` with its key."""

    async def __call__(self, kind: TimerKind, key: str) -> None:
        """Do the sweep; raise Trouble to have it come back later."""
        ...


class Queue(Protocol):
    """What is not settled, and the way back for what is parked."""

    async def waiting(self) -> Sequence[Waiting]:
        """Every subject that is due, running, limited, suspended or parked."""
        ...

    async def resume(self, subject: Subject) -> bool:
        """Try a parked subject again now; False if it was not parked."""
        ...
