"""What is told of an evaluation that another process has overtaken."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from bot.errors import Gone
from bot.model.claim import Claim, Done, Fenced, GoneForGood, Outcome, Retry
from bot.worker.run import Worker
from tests.support.clock import START, FakeClock
from tests.worker.doubles import MemoryLedger, claim


@pytest.mark.parametrize(("fenced", "told", "ends"), [(True, [], Fenced()), (False, [118], Done())])
async def test_who_is_fenced_has_evaluated_nothing(
    fenced: bool, told: list[int], ends: Outcome, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = list[int]()
    log = SimpleNamespace(
        evaluated=lambda claim, *_: lines.append(claim.subject.number), took=lambda *_: None
    )
    tools: Any = SimpleNamespace(
        ledger=MemoryLedger(fenced=fenced),
        clock=FakeClock(),
        log=log,
        hearing=SimpleNamespace(seen=lambda _: ()),
        sender=SimpleNamespace(send=done),
    )
    worker = Worker(tools)
    monkeypatch.setattr(worker, "_judge", judged)

    assert (await worker.handle(claim()), lines) == (ends, told)


@pytest.mark.parametrize(
    ("said", "minutes", "before", "ends"),
    [
        (False, 0, "", GoneForGood("404")),
        (True, 0, "404", Retry(timedelta(seconds=2), "404")),
        (True, 9, "GitHub answered 502", Retry(timedelta(seconds=2), "404")),
        (True, 9, "404", GoneForGood("404")),
    ],
)
async def test_what_somebody_typed_outlives_a_moment_in_which_nothing_is_there(
    said: bool, minutes: int, before: str, ends: Outcome, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(_: Claim) -> bool:
        raise Gone("404")

    typed: Any = (object(),) if said else ()
    since = START - timedelta(minutes=minutes)
    tools: Any = SimpleNamespace(clock=FakeClock())
    worker = Worker(tools)
    monkeypatch.setattr(worker, "_evaluated", gone)

    outcome = await worker.handle(replace(claim(), said=typed, first_at=since, reason=before))

    assert outcome == ends


async def done(_: Claim) -> Done:
    return Done()


async def judged(_: Claim) -> Any:
    return SimpleNamespace(report=None)
