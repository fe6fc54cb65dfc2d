"""Every test of the shop runs on SQLite and on Postgres."""

from __future__ import annotations

import os
from collections.abc import Iterator

import psycopg
import pytest

from tests.store import shop

SERVER = os.environ.get("PGSERVER", "postgresql://handoff@127.0.0.1:5544")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Tests that open a shop are for both kinds of store."""
    if hasattr(metafunc.module, "shop"):
        metafunc.fixturenames.append("engine")
        metafunc.parametrize("engine", ["sqlite", "postgres"], indirect=True)


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> Iterator[str]:
    """Has the shop open a database of that kind."""
    if request.param == "postgres":
        with psycopg.connect(f"{SERVER}/postgres", autocommit=True) as server:
            server.execute("DROP DATABASE IF EXISTS shop WITH (FORCE)")
            server.execute("CREATE DATABASE shop")
        shop.POSTGRES.append(f"{SERVER}/shop")
    yield request.param
    shop.POSTGRES.clear()
