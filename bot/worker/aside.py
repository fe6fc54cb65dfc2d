"""Work that may take long, beside the loop that answers webhooks."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from bot.model.known import Unknown

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.model.facts import Facts

T = TypeVar("T")
# To judge as many readings takes about 10 ms.
INLINE = 60
# One: of several that want the interpreter, each makes the loop wait for its turn.
_THREAD = ThreadPoolExecutor(1, "aside")


async def aside(facts: Facts, do: Callable[..., T], *given: Any, more: int = 0) -> T:
    """What it does with these facts, and `more` readings: in a thread if there is much to read in
    them, so that no webhook waits for it."""
    if _much(facts) + more <= INLINE:
        return do(*given)
    return await asyncio.get_running_loop().run_in_executor(_THREAD, partial(do, *given))


def _much(facts: Facts) -> int:
    """About how many readings are as much work as these facts."""
    files = () if isinstance(facts.changes, Unknown) else facts.changes
    body = "" if isinstance(facts.body, Unknown) else facts.body
    lines = sum(file.additions + file.deletions for file in files)
    return len(facts.readings) + len(files) + lines // 100 + len(body) // 500
