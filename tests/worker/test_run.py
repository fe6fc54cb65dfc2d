"""What is told of an evaluation that another process has overtaken."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from bot.model.claim import Claim, Done, Fenced, Outcome
from bot.worker.run import Worker
from tests.support.clock import FakeClock
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


async def done(_: Claim) -> Done:
    return Done()


async def judged(_: Claim) -> Any:
    return SimpleNamespace(report=None)
