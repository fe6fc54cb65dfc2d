"""The loop that deliveries are sent from."""

from __future__ import annotations

import asyncio
import fcntl
import resource
import socket

import pytest

from benchmarks import punctual

BEYOND = 1_500


@pytest.fixture
def room() -> None:
    """As many open files as a busy server is given."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2 * BEYOND), hard))


@pytest.mark.usefixtures("room")
def test_it_hears_connections_of_any_number_and_wakes_for_what_is_due() -> None:
    near, far = socket.socketpair()
    number = fcntl.fcntl(near, fcntl.F_DUPFD, BEYOND)

    async def hear() -> None:
        loop = asyncio.get_running_loop()
        heard, due = asyncio.Event(), asyncio.Event()
        loop.add_reader(number, heard.set)
        loop.call_later(0.001, due.set)
        await due.wait()
        assert not heard.is_set()
        far.send(b"x")
        await heard.wait()
        loop.remove_reader(number)

    with near, far, socket.socket(fileno=number):
        punctual.play(hear())
