"""Every test of the shop runs on SQLite and on Postgres."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.durable.engine import engine_schema
from bot.store.postgres_schema import upgrade
from tests.store import shop
from tests.support.postgres import Postgres


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Tests that open a shop are for both kinds of store."""
    alone = metafunc.definition.get_closest_marker("one_file")
    if hasattr(metafunc.module, "shop") and alone is None:
        metafunc.parametrize("engine", ["sqlite", "postgres"], indirect=True)


@pytest.fixture(scope="session")
def database(postgres: Postgres) -> str:
    """The address of a database at the newest revision."""
    url = postgres.create("shop")
    upgrade(url, engine_schema())
    return url


@pytest.fixture(autouse=True)
def engine(request: pytest.FixtureRequest) -> Iterator[str]:
    """Has the shop open a database of that kind."""
    kind = getattr(request, "param", "sqlite")
    if kind == "postgres":
        shop.POSTGRES.append(request.getfixturevalue("database"))
    yield kind
    shop.POSTGRES.clear()
