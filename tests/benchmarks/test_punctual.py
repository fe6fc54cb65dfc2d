"""The loop that deliveries are sent from."""

from __future__ import annotations

import asyncio
import fcntl
import gc
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


def test_it_does_not_look_over_all_that_it_remembers_while_it_plays() -> None:
    before, begun = gc.get_threshold(), list[int]()

    def seen(phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            begun.append(info["generation"])

    async def remember() -> list[list[int]]:
        gc.callbacks.append(seen)
        return [[nth] for nth in range(300_000)]

    try:
        kept = punctual.play(remember())
    finally:
        gc.callbacks.remove(seen)

    assert len(kept) == 300_000
    assert set(begun) == {0, 1}
    assert gc.get_threshold() == before
