"""What everything stands on: the store and who hands out its work, on SQLite or on Postgres."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from bot.durable.embedded import EmbeddedRunner
from bot.store.ballast import Ballast
from bot.store.claims import Claims
from bot.store.database import Database, fit
from bot.store.schema import upgrade

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager, AsyncExitStack

    from bot.clock import Clock
    from bot.durable.port import TimerSweep
    from bot.github.budget import Spending
    from bot.metrics import Metrics
    from bot.settings import Settings
    from bot.store.port import Store


class Ground(Protocol):
    """A store that is open, and how its work is handed out."""

    @property
    def database(self) -> Store:
        """The store."""
        ...

    @property
    def claims(self) -> Claims:
        """What is due in it."""
        ...

    @property
    def together(self) -> Callable[[int], Spending] | None:
        """What all processes spend on an installation, where there are several."""
        ...

    def runner(self, sweep: TimerSweep, heard: Callable[[str], None]) -> EmbeddedRunner:
        """Who hands it out. `heard`: what another process told, or nothing where something may
        have been missed."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What a store is opened with; `ballast`: bytes kept back on its disk."""

    settings: Settings
    clock: Clock
    metrics: Metrics
    new_id: Callable[[], str]
    timed: Callable[[int], AbstractContextManager[None]]
    ballast: Ballast
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OneFile:
    """A file of this process alone."""

    means: Means
    database: Database
    claims: Claims
    together: None = None

    def runner(self, sweep: TimerSweep, heard: Callable[[str], None]) -> EmbeddedRunner:
        """Of this process; nobody else has anything to tell it."""
        means = self.means
        return EmbeddedRunner(
            store=self.claims,
            clock=means.clock,
            sweep=sweep,
            new_id=means.new_id,
            concurrency=means.settings.runner_concurrency,
            heard=heard,
        )


async def open_ground(means: Means, stack: AsyncExitStack) -> Ground:
    """Own the store, bring it up to date and open it; the stack closes it. Raises Trouble."""
    with fit(means.settings.data_dir):
        means.settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    if means.settings.postgres is not None:
        # A store of one file needs no driver.
        from bot.wiring.shared import open_shared  # noqa: PLC0415

        return await open_shared(means, means.settings.postgres.reveal(), stack)
    settings = means.settings
    database = Database(settings.database, full=means.ballast.drop, timed=means.timed)
    database.lock(f"handoff {means.version}")
    stack.callback(database.close)
    upgrade(settings.database)
    database.open()
    claims = Claims(database, means.clock, means.new_id(), means.metrics)
    return OneFile(means=means, database=database, claims=claims)
