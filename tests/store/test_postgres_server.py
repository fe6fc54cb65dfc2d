"""The server that tests of the second store are given."""

from __future__ import annotations

import pytest

from tests.support.postgres import Postgres, missing

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing() or "there is one")


def test_a_private_server_keeps_what_it_committed_through_a_crash() -> None:
    with Postgres(max_connections="20") as server:
        assert server.ask("SELECT 1") == "1"
        assert server.ask("SHOW max_connections") == "20"
        url = server.create("shop")
        assert url == f"postgresql://handoff@127.0.0.1:{server.port}/shop"
        server.ask("CREATE TABLE kept AS SELECT 7 AS n", "shop")
        first = server.processes()[0]

        server.restart_immediate()

        assert server.ask("SELECT n FROM kept", "shop") == "7"
        assert server.processes()[0] != first
        with pytest.raises(RuntimeError, match="kept"):
            server.ask("CREATE TABLE kept (n int)", "shop")
        server.stop()
        with pytest.raises(RuntimeError, match="psql"):
            server.ask("SELECT 1")
        server.start()
        assert server.ask("SELECT n FROM kept", "shop") == "7"
