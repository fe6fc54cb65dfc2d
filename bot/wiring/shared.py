"""A store that many processes share; loaded only where the settings name one."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.durable.engine import engine_schema
from bot.durable.postgres import PostgresRunner
from bot.errors import StoreTrouble
from bot.metrics import STALLED
from bot.store.postgres import SPENDING, PostgresDatabase
from bot.store.postgres_schema import upgrade
from bot.store.schema import ENGINE
from bot.store.shared import SharedClaims
from bot.store.spending import Together

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AsyncExitStack

    from bot.durable.port import TimerSweep
    from bot.wiring.ground import Means


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """A Postgres database, and this process's part of the work."""

    means: Means
    url: str
    database: PostgresDatabase
    spending: PostgresDatabase
    claims: SharedClaims

    def together(self, installation: int) -> Together:
        """What all processes spend on it."""
        return Together(self.spending, installation)

    def runner(self, sweep: TimerSweep, heard: Callable[[str], None]) -> PostgresRunner:
        """Runs what the leader of all processes hands out."""
        means = self.means
        return PostgresRunner(
            store=self.claims,
            clock=means.clock,
            sweep=sweep,
            new_id=means.new_id,
            concurrency=means.settings.runner_concurrency,
            url=self.url,
            schema=ENGINE,
            role=means.settings.role,
            heard=heard,
            stalled=lambda: means.metrics.count(STALLED),
        )


async def open_shared(means: Means, url: str, stack: AsyncExitStack) -> Shared:
    """Bring the database up to date and open it; the stack closes it. Raises Trouble."""
    upgrade(url, engine_schema())
    database = PostgresDatabase(url, means.timed)
    # Each call of GitHub is counted: nothing else has to wait for that.
    spending = PostgresDatabase(url, lock=SPENDING)
    for one in (database, spending):
        stack.callback(one.close)
        one.open()
    claims = SharedClaims(database, means.clock, means.new_id(), means.metrics)

    async def leave() -> None:
        with suppress(StoreTrouble):
            await claims.end()

    stack.push_async_callback(leave)
    # Before anything is taken: who would move the store elsewhere sees that it is in use.
    await claims.beat(means.settings.role)
    return Shared(means=means, url=url, database=database, spending=spending, claims=claims)
