"""Named places at which a crash test can end, break or freeze the process."""

from __future__ import annotations

import os
import signal
import threading
from typing import NoReturn


class Broken(Exception):
    """Raised at a failpoint of kind `raise`; no other code raises or expects it."""


_armed: dict[str, tuple[str, int]] = {}


def enable(spec: str) -> None:
    """Arm `name:kind:nth`: exit, raise, hang, stop or run out of memory when the place is passed
    for the nth time, with 0 each time. `name.of`: only when it is passed by that one.

    Called from the settings, and only in tests; raises ValueError for any other form.
    """
    name, kind, nth = spec.split(":")
    if kind not in {"exit", "raise", "hang", "stop", "memory"}:
        raise ValueError(f"a failpoint can exit, raise, hang, stop or use up memory, not {kind}")
    _armed[name] = (kind, int(nth))


def disable() -> None:
    """Disarm every failpoint."""
    _armed.clear()


def failpoint(name: str, of: str = "") -> None:
    """Pass a named place; does nothing unless it is armed, for everyone or for this one."""
    if not _armed:
        return
    for one in (name, f"{name}.{of}"):
        if one in _armed:
            _passed(one)


def _passed(name: str) -> None:
    kind, left = _armed[name]
    if left > 1:
        _armed[name] = (kind, left - 1)
        return
    if left == 1:
        del _armed[name]
    if kind == "stop":
        # Whoever continues it decides for how long.
        os.kill(os.getpid(), signal.SIGSTOP)
        return
    _strike(name, kind)


def _strike(name: str, kind: str) -> NoReturn:
    if kind == "raise":
        raise Broken(name)
    if kind == "memory":
        # More than there can be: what an allocation says at the end of all memory.
        bytearray(1 << 60)
    if kind == "exit":
        # As `kill -9` does: nothing is flushed, closed or released.
        os.kill(os.getpid(), signal.SIGKILL)
    while True:
        threading.Event().wait()
