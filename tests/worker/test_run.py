"""What is told of an evaluation that was overtaken, and when what was not told is asked again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from bot.errors import Gone, Stale, StoreTrouble, Suspended, Transient, Trouble
from bot.model.claim import Blocked, Claim, Done, Fenced, GoneForGood, Outcome, Retry
from bot.model.known import Unknown
from bot.model.wake import Subject
from bot.worker.run import Worker, _looked_at_again
from tests.support import judging
from tests.support.clock import START, FakeClock
from tests.support.pulls import NOW, check, pull
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


@pytest.mark.parametrize(
    ("trouble", "ends"),
    [
        (Transient("502"), Retry(timedelta(seconds=2), "502")),
        (Transient("503", again_after=timedelta(minutes=3)), Retry(timedelta(minutes=3), "503")),
        (Stale("an older head"), Retry(timedelta(seconds=1), "an older head")),
        (StoreTrouble("away"), Retry(timedelta(seconds=2), "away")),
        (Suspended("by its owner"), Blocked("by its owner")),
    ],
    ids=repr,
)
async def test_trouble_is_met_again_when_it_may_be_over(
    trouble: Trouble, ends: Outcome, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def troubled(_: Claim) -> bool:
        raise trouble

    tools: Any = SimpleNamespace(clock=FakeClock())
    worker = Worker(tools)
    monkeypatch.setattr(worker, "_evaluated", troubled)

    assert await worker.handle(claim()) == ends


@pytest.mark.parametrize(
    ("seconds", "known", "shown"),
    [(0, object(), []), (1, object(), ["eyes"]), (9, None, [])],
    ids=["at once", "waits", "no policy"],
)
async def test_who_has_to_wait_and_nobody_else_is_shown_that_they_were_seen(
    seconds: int, known: object, shown: list[str]
) -> None:
    said = list[str]()

    async def newest(_: Subject) -> object:
        return known

    async def say(_: Claim, effect: str) -> None:
        said.append(effect)

    tools: Any = SimpleNamespace(
        clock=FakeClock(START + timedelta(seconds=seconds)),
        hearing=SimpleNamespace(seen=lambda _: ("eyes",)),
        ledger=SimpleNamespace(newest=newest),
        sender=SimpleNamespace(say=say),
    )
    await Worker(tools)._seen(replace(claim(), first_at=START))

    assert said == shown


@pytest.mark.parametrize(("seconds", "kept"), [(8, {"sha", "at", "forced"}), (9, {"forced"})])
def test_a_head_that_github_never_shows_is_waited_for_some_seconds(
    seconds: int, kept: set[str]
) -> None:
    tools: Any = SimpleNamespace(clock=FakeClock(START + timedelta(seconds=seconds)))
    wake = {"sha": "c" * 40, "at": START.isoformat(), "forced": "1"}

    looked_for = Worker(tools)._impatient(replace(claim(), expect=wake, first_at=START))

    assert looked_for.expect == {name: wake[name] for name in kept}


UNTOLD = Unknown("GitHub answered 502")
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("old", "about", "after"),
    [
        (timedelta(minutes=1), {}, timedelta(minutes=5)),
        (timedelta(minutes=20), {}, timedelta(minutes=20)),
        (timedelta(days=3), {}, HOUR),
        (HOUR, {"open": False}, None),
        (HOUR, {"checks": replace(UNTOLD, by_content=True)}, None),
        (HOUR, {"checks": (check("ci"),)}, None),
    ],
    ids=["soon", "later", "hourly", "closed", "by-its-content", "told"],
)
def test_what_github_did_not_tell_is_asked_again_ever_later(
    old: timedelta, about: dict[str, Any], after: timedelta | None
) -> None:
    known = {"head_since": NOW - old, "checks": UNTOLD} | about
    facts = pull(judging.CODE, **known)

    again = _looked_at_again(facts, judging.judged(judging.BASIC, facts))

    assert again == (after and NOW + after)


async def done(_: Claim) -> Done:
    return Done()


async def judged(_: Claim) -> Any:
    return SimpleNamespace(report=None)
