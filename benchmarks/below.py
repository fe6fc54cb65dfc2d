"""What all processes below this one took of the processors."""

from __future__ import annotations

import os
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from time import process_time

from benchmarks.product import below


def spent() -> float:
    """Seconds of this process and of all below it, those that have ended too."""
    ended = getrusage(RUSAGE_CHILDREN)
    running = sum(_ran(pid) for pid in below(os.getpid()))
    return process_time() + ended.ru_utime + ended.ru_stime + running


def _ran(pid: int) -> float:
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9
    except OSError:
        return 0.0
