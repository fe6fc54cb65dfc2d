"""What the kernel says of time slices."""

from __future__ import annotations

import ctypes
import platform
import struct

_SCHED_GETATTR = {"x86_64": 315, "aarch64": 275}
_ATTRIBUTES = struct.Struct("=IIQiIQQQ")
# Older kernels take the question for a slice, and know of none.
KEPT = tuple(map(int, platform.release().split(".")[:2])) >= (6, 12)


def slice_of(pid: int) -> float:
    """The time slice of a process or thread in seconds; of 0, this one's own."""
    room = ctypes.create_string_buffer(_ATTRIBUTES.size)
    number = _SCHED_GETATTR[platform.machine()]
    words = (ctypes.c_long(one) for one in (_ATTRIBUTES.size, 0))
    asked = ctypes.CDLL(None).syscall(ctypes.c_long(number), ctypes.c_long(pid), room, *words)
    if asked:
        raise OSError(f"sched_getattr of {pid}")
    return float(_ATTRIBUTES.unpack(room.raw)[5] / 1e9)
