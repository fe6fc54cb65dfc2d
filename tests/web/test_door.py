"""A server that closes leaves nobody inside alone."""

from __future__ import annotations

import asyncio
import socket

import pytest
from aiohttp import web

from bot.door import Door
from bot.web.app import app_runner


@pytest.mark.parametrize("turns", range(5))
async def test_who_was_let_in_as_the_door_shut_hears_that_it_is_over(turns: int) -> None:
    runner = app_runner(web.Application(), drain_seconds=0.1)
    await runner.setup()
    await Door(runner, "127.0.0.1", 0).start()
    with socket.create_connection(runner.addresses[0]) as there:
        for _ in range(turns):
            await asyncio.sleep(0)
        await runner.cleanup()
        there.settimeout(2)
        try:
            heard = await asyncio.to_thread(there.recv, 1)
        except ConnectionResetError:
            # It had not been let in.
            heard = b""

    assert heard == b""
