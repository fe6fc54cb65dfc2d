"""The ledger only grows, and what a person said wakes the merge groups that it may stop."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from bot.model.act import NOBODY, PAUSED, Act, ActKind
from bot.model.arrival import Control
from bot.model.claim import Done
from bot.model.wake import Subject
from tests.store.shop import REPO, Shop, control, head, judged, shop
from tests.support.clock import START
from tests.support.pulls import BEN

GROUP = "c" * 40


def act(kind: ActKind, here: Shop, key: str = "comment:9:1-abc") -> Act:
    return Act(
        key=key,
        kind=kind,
        by=NOBODY if kind.own else BEN,
        subjects=("h1",),
        head_sha="a" * 40,
        said_at=here.clock.now(),
        data={"pinged": "Sam li"} if kind.own else {},
    )


async def judging_a_group(here: Shop) -> None:
    group: dict[str, Any] = {"number": None, "group": GROUP}
    await here.deliver(**group)
    await here.run()
    here.clock.advance(60)
    await here.deliver()


async def due(here: Shop) -> list[str]:
    return sorted(claim.subject.key for claim in await here.take())


async def test_what_is_said_of_a_pull_request_wakes_the_queue(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await judging_a_group(here)
        claim = await here.one()
        assert await here.ledger.commit(claim, judged(acts=(act(ActKind.HOLD, here),)))
        here.clock.advance(2)

        assert await due(here) == [f"{REPO}@{GROUP}"]


async def test_what_the_app_itself_does_wakes_nobody(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await judging_a_group(here)
        claim = await here.one()
        assert await here.ledger.commit(claim, judged(acts=(act(ActKind.ASK, here, "ask:e1:1"),)))
        here.clock.advance(2)

        assert await due(here) == []


async def test_an_act_is_kept_once_and_who_was_asked_is_known(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await here.deliver()
        claim = await here.one()
        asked, hold = act(ActKind.ASK, here, "ask:e1:1"), act(ActKind.HOLD, here)
        assert await here.ledger.commit(claim, judged(acts=(asked, hold, hold)))

        assert await here.ledger.acts(Subject(REPO, 1)) == (asked, hold)
        found = await here.ledger.asked(["sam", "LI", "jo"], here.clock.now())
        assert {login: one.lately for login, one in found.items()} == {"sam": 1, "li": 1}


async def pauses(here: Shop) -> list[tuple[int, float, float]]:
    """Pull request, and the moments of its pauses in seconds since the beginning."""
    found = []
    for number in (1, 2, 3):
        for one in await here.ledger.acts(Subject(REPO, number)):
            if one.detail == PAUSED and one.ends_at is not None:
                both = [(at - START).total_seconds() for at in (one.said_at, one.ends_at)]
                found.append((number, both[0], both[1]))
    return found


async def test_an_absence_is_remarked_once_where_a_question_is_open(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        kinds = {1: ActKind.ESCALATE, 2: ActKind.HOLD, 3: ActKind.RAISE}
        for number, kind in kinds.items():
            opened = {"head": head(here, "abc"[number - 1], number, opened=number != 3)}
            await here.deliver(number, **opened)
            claim = await here.one()
            await here.ledger.commit(claim, judged(acts=(act(kind, here),)))
            await here.claims.finish(claim, Done())
        await here.deliver(**control(Control.UNSUSPEND))
        here.clock.advance(10)
        await here.deliver(**control(Control.SUSPEND))
        here.clock.advance(10)
        for _ in range(2):
            await here.deliver(**control(Control.UNSUSPEND))
        assert await pauses(here) == [(1, 10, 20)]

        for away, kept in ((900, []), (901, [(1, 920, 1821)]), (0, [(1, 920, 1821)])):
            await here.sweeps.arm("redelivery", timedelta())
            here.clock.advance(away)
            await here.sweeps.resumed()
            assert (await pauses(here))[1:] == kept
