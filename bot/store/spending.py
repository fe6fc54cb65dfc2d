"""What all processes spend together of an installation's limits: one window, not one each."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from bot.store.shared import server_ms

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.store.port import Store, Tx

_LATELY = "SELECT coalesce(sum(cost), 0)::bigint, min(at) FROM spent "
_MINE = "WHERE installation_id = ? AND name = ? AND at > ?"


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
        return await self.database.tx(lambda tx: self._spend(tx, wants))

    def _spend(self, tx: Tx, wants: Sequence[Wish]) -> float:
        now = server_ms(tx)
        wait = max((self._wait(tx, one, now) for one in wants), default=0.0)
        if wait > 0:
            return wait
        for one in wants:
            tx.execute(
                "INSERT INTO spent (installation_id, name, at, cost) VALUES (?, ?, ?, ?)",
                (self.installation, one.name, now, one.cost),
            )
        return 0.0

    def _wait(self, tx: Tx, want: Wish, now: int) -> float:
        length = int(want.seconds * 1000)
        mine = (self.installation, want.name, now - length)
        spent, first = tx.execute(_LATELY + _MINE, mine).fetchone()
        if spent + want.cost <= want.most:
            return 0.0
        # The oldest goes first; whoever then still finds no room asks again.
        return max(float(first + length - now), 1.0) / 1000
