"""What all processes spend together of an installation's limits: one window, not one each."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from bot.store.postgres import MS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.store.port import Store, Tx

_LATELY = f"""
SELECT coalesce(sum(cost), 0)::bigint, min(at) FROM spent
WHERE installation_id = ? AND name = ? AND at > ({MS}) - ? * 1000
"""


class Wish(Protocol):
    """`cost` of at most `most` in any stretch of `seconds`."""

    @property
    def name(self) -> str:
        """Of the window."""
        ...

    @property
    def cost(self) -> int:
        """What it takes."""
        ...

    @property
    def most(self) -> float:
        """What fits."""
        ...

    @property
    def seconds(self) -> float:
        """How long the window is."""
        ...


class Together(NamedTuple):
    """One installation's windows in a store that processes share."""

    database: Store
    installation: int

    async def spend(self, wants: Sequence[Wish]) -> float:
        """Count them all, or none: seconds until they fit; 0 when they were counted. Raises
        StoreTrouble."""
        about = frozenset((str(self.installation),))
        return await self.database.tx(lambda tx: self._spend(tx, wants), about)

    def _spend(self, tx: Tx, wants: Sequence[Wish]) -> float:
        clock = tx.execute(MS)
        asked = [tx.execute(_LATELY, (self.installation, one.name, one.seconds)) for one in wants]
        now = int(clock.fetchone()[0])
        found = (one.fetchone() for one in asked)
        wait = max((_wait(*pair, now) for pair in zip(wants, found, strict=True)), default=0.0)
        if wait > 0:
            return wait
        for one in wants:
            tx.execute(
                "INSERT INTO spent (installation_id, name, at, cost) VALUES (?, ?, ?, ?)",
                (self.installation, one.name, now, one.cost),
            )
        return 0.0


def _wait(want: Wish, found: tuple[int, int], now: int) -> float:
    spent, first = found
    if spent + want.cost <= want.most:
        return 0.0
    # The oldest goes first; whoever then still finds no room asks again.
    return max(first + want.seconds * 1000 - now, 1.0) / 1000
