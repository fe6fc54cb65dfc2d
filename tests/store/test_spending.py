"""Processes that share a store spend one budget together."""

from __future__ import annotations

from itertools import count

import pytest

from bot.durable.engine import engine_schema
from bot.errors import Limited
from bot.github.budget import Budget, Sort
from bot.model.wake import Lane
from bot.store import postgres_schema
from bot.store.postgres import PostgresDatabase, connect
from bot.store.spending import Together
from tests.support.clock import FakeClock
from tests.support.postgres import Postgres

NAMES = count(1)


@pytest.fixture
def url(postgres: Postgres) -> str:
    """The address of a store."""
    url = postgres.create(f"spending{next(NAMES)}")
    postgres_schema.upgrade(url, engine_schema())
    return url


async def made(budgets: list[Budget], sort: Sort, at_most: int) -> int:
    """How many calls are admitted before one is told to come later, in turn."""
    for nth in range(at_most):
        try:
            await budgets[nth % len(budgets)].admit(sort, Lane.COMMAND)
        except Limited:
            return nth
    return at_most


async def test_two_processes_spend_no_more_than_one(url: str) -> None:
    database = PostgresDatabase(url)
    database.open()
    clock = FakeClock()
    budgets = [Budget(clock, together=Together(database, 5)) for _ in range(2)]
    other = Budget(clock, together=Together(database, 6))

    assert await made(budgets, Sort.CHECK, 200) == 120
    assert await made([other], Sort.CHECK, 1) == 1
    database.close()


async def test_what_was_spent_long_ago_is_free_again(url: str) -> None:
    database = PostgresDatabase(url)
    database.open()
    budgets = [Budget(FakeClock(), together=Together(database, 5)) for _ in range(2)]
    full = await made(budgets, Sort.CHECK, 200)
    with connect(url) as connection:
        connection.execute(b"UPDATE spent SET at = at - 60000")
    fresh = [Budget(FakeClock(), together=Together(database, 5)) for _ in range(2)]

    assert (full, await made(fresh, Sort.CHECK, 7)) == (120, 7)
    database.close()


async def test_without_limits_nothing_is_counted(url: str) -> None:
    database = PostgresDatabase(url)
    database.open()
    budget = Budget(FakeClock(), limits=False, together=Together(database, 5))

    assert await made([budget], Sort.CHECK, 300) == 300
    assert await database.read(lambda tx: tx.execute("SELECT count(*) FROM spent").fetchone()) == (
        0,
    )
    database.close()
