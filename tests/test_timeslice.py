from __future__ import annotations

import os
import platform
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest

from bot import timeslice
from tests.support.timeslices import KEPT, slice_of

T = TypeVar("T")


def alone(work: Callable[[], T]) -> T:
    """In a thread of its own, which nothing else runs in afterwards."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()


def asked() -> tuple[bool, float, float, int]:
    """Whether the kernel took it, the slices of this thread and of one that it begins, and the
    niceness."""
    os.nice(3)
    took = timeslice.ask_for(0.01)
    return took, slice_of(0), alone(lambda: slice_of(0)), os.getpriority(os.PRIO_PROCESS, 0)


def test_a_thread_and_those_it_begins_have_the_slice_and_are_as_nice_as_before() -> None:
    nice = os.getpriority(os.PRIO_PROCESS, 0)
    slice_ = 0.01 if KEPT else 0.0

    assert alone(asked) == (True, slice_, slice_, nice + 3)
    assert slice_of(0) != 0.01


def test_who_is_scheduled_in_another_way_stays_so() -> None:
    def batch() -> tuple[bool, int]:
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
        return timeslice.ask_for(0.01), os.sched_getscheduler(0)

    assert alone(batch) == (False, os.SCHED_BATCH)


def test_nothing_is_asked_of_a_machine_whose_number_is_not_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "i686")

    assert timeslice.ask_for(0.01) is False


def test_a_slice_that_the_kernel_does_not_take_is_no_trouble(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # There is no such call.
    monkeypatch.setattr(timeslice, "_SCHED_SETATTR", {platform.machine(): 100_000})

    assert alone(lambda: timeslice.ask_for(0.01)) is False
