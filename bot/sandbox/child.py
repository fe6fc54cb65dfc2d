"""The loop inside a killable process: one job in, one reply out, until the input ends."""

from __future__ import annotations

import gc
import resource
import sys
from typing import TYPE_CHECKING, Any, BinaryIO

from bot.sandbox.frame import LENGTH, body_size, reply, unpacked

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.sandbox.frame import Job

# Backstops; the parent kills long before on time and memory.
_CPU_SECONDS, _FILE_BYTES, _ADDRESS_BYTES = 60, 1024 * 1024, 4 * 1024**3


def serve(read: Callable[[Job], Any]) -> None:
    """Answer jobs from standard input; `read` gives JSON data and may fail in any way."""
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_FILE_BYTES, _FILE_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_BYTES, _ADDRESS_BYTES))
    take, give = sys.stdin.buffer, sys.stdout.buffer
    # Whatever a parser prints must not be taken for a reply.
    sys.stdout = sys.stderr
    while (job := _next(take)) is not None:
        try:
            # What is being built is no garbage: to look for it takes a fourth of the time.
            gc.disable()
            answer = reply(read(job))
            gc.enable()
        except BaseException as error:  # noqa: BLE001  catch-all 6 of 7: the child's loop
            # A native parser may be in any state after a panic: answer and end.
            name = type(error).__name__
            give.write(reply({"unknown": f"the reader failed: {name}", "ended": True}))
            give.flush()
            return
        give.write(answer)
        give.flush()


def _next(take: BinaryIO) -> Job | None:
    prefix = take.read(LENGTH.size)
    if len(prefix) < LENGTH.size:
        return None
    head = take.read(LENGTH.unpack(prefix)[0])
    return unpacked(head, take.read(body_size(head)))
