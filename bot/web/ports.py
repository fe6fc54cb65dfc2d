"""What the web side needs of the rest, with only the methods that it calls."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from bot.model.arrival import Arrival, Stored
from bot.model.wake import Subject


class Inbox(Protocol):
    """Where deliveries are kept for good."""

    async def receive(self, arrival: Arrival) -> tuple[Stored, tuple[Subject, ...]]:
        """Store it and mark what it may have changed, in one committed transaction; answer what
        became of it and which subjects are due. Raises errors.StoreTrouble."""
        ...


class Runner(Protocol):
    """Who evaluates."""

    def wake(self, subject: Subject) -> None:
        """A hint after a commit; losing it never loses work."""
        ...

    def answering(self) -> AbstractContextManager[None]:
        """Meanwhile a delivery waits for its answer: evaluations stand back."""
        ...


class Probe(Protocol):
    """The store as the health check sees it."""

    async def commit(self) -> None:
        """Commit one real row. Raises errors.StoreTrouble."""
        ...
