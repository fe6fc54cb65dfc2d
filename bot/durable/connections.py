"""Connections of the distributed runner to Postgres, which notice when nobody answers any more."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.pq import TransactionStatus
from psycopg_pool import AsyncConnectionPool

from bot.idle import NOTICED, spoke_up

# Seconds: less than after which a worker that cannot say that it lives ends itself.
UNANSWERED = 8.0
ENGINE: dict[str, Any] = {"connect_timeout": 5, "client_encoding": "UTF8", **NOTICED}


class Answered(psycopg.AsyncConnection[Any]):
    """It is hung up where nothing is answered: a server that is frozen ends nothing by itself, and
    its machine goes on to say that it is there."""

    async def wait(self, gen: Any, *known: Any, **more: Any) -> Any:
        """Who says how long it may take is believed."""
        if known or more:
            return await super().wait(gen, *known, **more)
        try:
            return await super().wait(gen, timeout=UNANSWERED)
        except psycopg.OperationalError:
            if self.info.transaction_status is TransactionStatus.ACTIVE:
                self.pgconn.finish()
            raise


async def connected(url: str) -> Answered:
    """One that is spoken on seldom."""
    return await Answered.connect(url, autocommit=True, application_name="handoff watch", **ENGINE)


def pool(**arguments: Any) -> AsyncConnectionPool:
    """The engine's, each looked at before it is lent."""
    ours = {"check": _sound, "connection_class": Answered, "timeout": UNANSWERED}
    return AsyncConnectionPool(**{**arguments, **ours})


async def _sound(connection: psycopg.AsyncConnection[Any]) -> None:
    if spoke_up(connection.fileno()):
        await AsyncConnectionPool.check_connection(connection)
