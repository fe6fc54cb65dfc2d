"""A named place breaks for whom it was armed, and for nobody else."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from bot.failpoint import Broken, disable, enable, failpoint


@pytest.fixture(autouse=True)
def disarmed() -> Iterator[None]:
    yield
    disable()


def test_it_breaks_for_the_one_it_was_armed_for() -> None:
    enable("claimed.5#7:raise:0")
    failpoint("claimed", "5#8")
    failpoint("claimed")
    failpoint("judged", "5#7")

    for _ in range(2):
        with pytest.raises(Broken, match="5#7"):
            failpoint("claimed", "5#7")


def test_without_a_name_it_breaks_for_everyone_at_that_turn() -> None:
    enable("sent:raise:2")
    failpoint("sent", "Reply")

    with pytest.raises(Broken):
        failpoint("sent", "SetCheck")
    failpoint("sent", "Reply")


def test_memory_ends_as_it_does_for_any_program() -> None:
    enable("claimed:memory:1")

    with pytest.raises(MemoryError):
        failpoint("claimed")


def test_what_is_stopped_goes_on_when_it_is_continued(monkeypatch: pytest.MonkeyPatch) -> None:
    struck = list[signal.Signals]()
    monkeypatch.setattr(os, "kill", lambda _, number: struck.append(number))
    enable("sent:stop:1")
    failpoint("sent")
    failpoint("sent")

    assert struck == [signal.SIGSTOP]


def test_another_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="not melt"):
        enable("claimed:melt:1")
