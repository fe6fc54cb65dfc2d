"""Time slices: how long a process goes on before another one of its machine has its processor."""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys

# `sched_setattr`, which neither Python nor the C library offers, on 64-bit machines.
_SCHED_SETATTR = {"x86_64": 314, "aarch64": 274}
# Its argument: size, policy, flags, niceness, priority, slice in nanoseconds, and two of real time.
_ATTRIBUTES = struct.Struct("=IIQiIQQQ")


def ask_for(seconds: float) -> bool:
    """Have this thread, and those that it begins, go on for so long at a time (0.1 to 100 ms):
    whoever has a short slice need not wait, when it wakes, for the end of a long one.

    Linux goes by it from 6.12 on; before, and where one cannot ask, nothing changes. True when the
    kernel has taken it.
    """
    number = _SCHED_SETATTR.get(platform.machine())
    if sys.platform != "linux" or number is None or sys.maxsize < 2**32:
        return False
    if os.sched_getscheduler(0) != os.SCHED_OTHER:
        # Somebody has decided how it is scheduled, and asking would undo that.
        return False
    nice, slice_ = os.getpriority(os.PRIO_PROCESS, 0), round(seconds * 1e9)
    asked = _ATTRIBUTES.pack(_ATTRIBUTES.size, os.SCHED_OTHER, 0, nice, 0, slice_, 0, 0)
    call = ctypes.CDLL(None).syscall
    return bool(call(ctypes.c_long(number), ctypes.c_long(0), asked, ctypes.c_long(0)) == 0)
