"""A loop that wakes in time: by itself each delivery would leave up to a millisecond late, and some
fifty of them a tenth of a second, while it looks over all that it remembers; which then counts as
the bot's."""

from __future__ import annotations

import asyncio
import gc
import select
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
# What lives for long is not looked over while it plays, new garbage is.
_SELDOM = 100_000


class _Selector(selectors.EpollSelector):
    """Waits as exactly as select does, for as many connections as epoll can."""

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        # It has a low number of its own: select takes none above 1,023.
        select.select([self.fileno()], [], [], timeout if timeout is None else max(timeout, 0.0))
        return super().select(0)


def play(work: Coroutine[Any, Any, T]) -> T:
    """Run it to its end."""
    before = gc.get_threshold()
    gc.collect()
    gc.set_threshold(*before[:2], _SELDOM)
    try:
        with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(_Selector())) as loop:
            return loop.run(work)
    finally:
        gc.set_threshold(*before)
