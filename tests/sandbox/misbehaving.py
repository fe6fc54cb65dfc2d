"""A child that does to its parent what the job's path names."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable
from typing import Any

from bot.sandbox.child import serve
from bot.sandbox.frame import Job


def _loop() -> None:
    while True:
        pass


def _raise() -> None:
    raise RecursionError


def _garble() -> None:
    os.write(1, b"\xff" * 64)


_DEEDS: dict[str, Callable[[], object]] = {
    "loop": _loop,
    "eat": lambda: [bytearray(b"x" * 8 * 1024**2) for _ in range(200)],
    "die": lambda: os._exit(9),
    "fault": lambda: ctypes.string_at(0),
    "raise": _raise,
    "garble": _garble,
    "print": lambda: sys.stdout.write("not an answer"),
}
_ANSWERS: dict[str, dict[str, Any]] = {"much": {"ok": "x" * 300_000}, "odd": {"neither": 1}}


def read(job: Job) -> dict[str, Any]:
    """What the path says."""
    _DEEDS.get(job.path, list)()
    known = {"ok": [os.getpid(), sorted(os.environ), (job.head or b"").decode()]}
    return _ANSWERS.get(job.path, known)


def main() -> None:
    """Serve until the input ends."""
    serve(read)
