"""What the store's modules ask of a database, whichever engine it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeAlias, TypeVar

A = TypeVar("A")
T = TypeVar("T")
Values: TypeAlias = Sequence[Any] | Mapping[str, Any]


class Rows(Protocol):
    """What a statement found or changed."""

    @property
    def rowcount(self) -> int:
        """How many rows it changed."""
        ...

    def fetchone(self) -> Any:
        """The next row, None after the last."""
        ...

    def fetchall(self) -> list[Any]:
        """All rows that are left."""
        ...

    def __iter__(self) -> Iterator[Any]: ...


class Tx(Protocol):
    """A transaction: values are `?` or `:name`, moments are milliseconds UTC, truths 0 and 1."""

    def execute(self, sql: str, parameters: Values = ..., /) -> Rows:
        """Run one statement."""
        ...


class Store(Protocol):
    """A database with the store's tables. `shared`: other processes may be at work on it."""

    shared: bool

    async def tx(self, work: Callable[[Tx], T], about: frozenset[str] = ...) -> T:
        """Run `work` in a transaction that is committed when this returns, and that no other one
        overlaps which may be about the same; raises StoreTrouble. `about`: the keys of all that it
        goes by and changes, where that is known."""
        ...

    async def ask(
        self, about: frozenset[str], ask: Callable[[Tx], A], work: Callable[[Tx, A], T]
    ) -> T:
        """The same for `work` that goes by what `ask` asked for, which changes nothing and may be
        for nothing; those who are about different things may all ask before any of them works."""
        ...

    async def read(self, work: Callable[[Tx], T]) -> T:
        """Run `work` where it cannot write; raises StoreTrouble."""
        ...

    async def search(self, work: Callable[[Tx], T]) -> T:
        """The same for `work` that may walk whole tables, and holds up nobody; raises
        StoreTrouble."""
        ...

    def size(self, tx: Tx) -> int:
        """How large it is, in bytes."""
        ...

    def tidy(self, tx: Tx, pages: int) -> None:
        """Give room back to the disk, where the engine does not do so by itself."""
        ...

    def survey(self, tx: Tx) -> None:
        """Look at how the tables are filled, where the engine does not do so by itself."""
        ...

    def close(self) -> None:
        """Commit what waits and give the database up."""
        ...
