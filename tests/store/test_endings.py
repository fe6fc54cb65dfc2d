"""Only our own failures count; limits and outages never park, and lose no wake."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bot.model.arrival import Control
from bot.model.claim import Blocked, Done, Fenced, LimitedUntil, Ours, Outcome, Retry
from bot.model.wake import Lane, Subject
from tests.store.shop import HOME, REPO, control, head, judged, said, shop
from tests.support.clock import START

BROKEN = Ours("ValueError: x", "01J")
UNTIL = START + timedelta(minutes=10)


async def test_our_own_failure_is_tried_five_times_then_parked(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await here.deliver()
        waits = []
        for _ in range(5):
            await here.run(BROKEN)
            due = (await here.dirty())["due_at"]
            waits.append(due and (due - here.ms()) // 1000)
            here.clock.advance(waits[-1] or 0)
        await here.deliver()

        assert waits == [5, 30, 120, 600, None]
        assert await here.take() == []
        assert (await here.dirty())["parked"] == "failed"


async def test_our_failure_to_send_is_tried_as_soon_and_as_often(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await here.deliver()
        claim = await here.one()
        assert await here.ledger.commit(claim, judged())
        waits = []
        for _ in range(5):
            await here.claims.finish(claim, BROKEN)
            due = (await here.dirty())["due_at"]
            waits.append(due and (due - here.ms()) // 1000)
            here.clock.advance(waits[-1] or 0)
            claim = await here.one()

        assert waits == [5, 5, 30, 120, 600]


async def test_after_three_failures_the_claim_says_so(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await here.deliver()
        for _ in range(3):
            await here.run(BROKEN)
            here.clock.advance(600)
        claim = await here.one()

        assert (claim.failed, claim.reason) == (3, "ValueError: x (01J)")


@pytest.mark.parametrize(
    "outcome",
    [
        Retry(timedelta(seconds=1), "502"),
        LimitedUntil(UNTIL, "core"),
        LimitedUntil(UNTIL, "write"),
        LimitedUntil(UNTIL, "content"),
    ],
)
async def test_n8_limits_and_outages_are_no_attempts(outcome: Outcome, tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await here.deliver()
        for _ in range(8):
            await here.run(outcome)
            here.clock.advance(700)
        row = await here.dirty()

        assert (row["attempts"], row["parked"], row["seq"] > row["evaluated_seq"]) == (
            0,
            "no",
            True,
        )
        assert len(await here.take()) == 1


async def test_outages_are_waited_out_longer_each_time_up_to_five_minutes(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await here.deliver()
        waits = []
        for _ in range(12):
            await here.run(Retry(timedelta(), "502"))
            waits.append(((await here.dirty())["due_at"] - here.ms()) / 1000)
            here.clock.advance(400)

        steps = (1, 2, 4, 8, 16, 32, 64, 128, 300, 300, 300, 300)
        assert waits[:3] == [1, 2, 4]
        assert [
            one for one, wait in zip(steps, waits, strict=True) if abs(one - wait) > one / 5
        ] == []
        assert len(set(waits[9:])) > 1


async def test_lane_and_first_moment_outlive_a_retry(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await here.deliver(lane=Lane.VERDICT)
        await here.run(Retry(timedelta(), "502"))
        here.clock.advance(5)
        claim = await here.one()

        assert (claim.lane, claim.first_at) == (Lane.VERDICT, START)


async def test_a_longer_limit_is_not_shortened_by_a_later_one(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await here.deliver(1)
        await here.deliver(2)
        one, two = await here.take()
        await here.claims.finish(one, LimitedUntil(UNTIL, "core"))
        await here.claims.finish(two, LimitedUntil(START + timedelta(seconds=5), "core"))
        here.clock.advance(6)

        assert await here.take() == []


async def test_a_new_head_tries_a_parked_one_again(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await here.deliver()
        await here.write("UPDATE dirty SET attempts = 4")
        await here.run(BROKEN)
        await here.deliver(lane=Lane.UPDATE)
        parked = await here.take()
        await here.deliver(lane=Lane.VERDICT)
        here.clock.advance(1)

        assert parked == []
        assert (await here.one()).attempts == 1


async def test_a_new_head_tries_again_what_the_process_died_with(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await here.deliver()
        await here.write("UPDATE dirty SET parked = 'deadly', crashes = 3")
        await here.deliver(lane=Lane.VERDICT)

        # It may die three times again.
        assert (await here.one()).failed == 0


async def test_a_new_head_during_the_last_try_is_not_parked_with_it(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await here.deliver()
        await here.write("UPDATE dirty SET attempts = 4")
        claim = await here.one()
        await here.deliver(lane=Lane.VERDICT)
        await here.claims.finish(claim, BROKEN)
        here.clock.advance(1)

        assert (await here.one()).failed == 0


async def test_a_new_head_does_not_wait_for_our_own_failures_end(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await here.deliver()
        await here.write("UPDATE dirty SET attempts = 3")
        await here.run(BROKEN)
        here.clock.advance(2)
        await here.deliver(lane=Lane.UPDATE)
        held = await here.take()
        await here.deliver(lane=Lane.VERDICT)
        await here.deliver(lane=Lane.UPDATE)

        assert held == []
        assert len(await here.take()) == 1


async def test_resume_tries_a_parked_one_at_once_and_nobody_else(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await here.deliver()
        await here.write("UPDATE dirty SET attempts = 4")
        await here.run(BROKEN)

        assert await here.claims.resume(Subject(REPO, 1))
        claim = await here.one()
        assert (claim.evaluate, claim.attempts, claim.lane) == (True, 1, Lane.COMMAND)
        assert not await here.claims.resume(Subject(REPO, 1))


async def test_a_check_that_github_refuses_parks_its_pull_request(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await here.deliver()
        await here.run(Done(refused="GitHub refuses the check: no"))
        (one,) = await here.claims.waiting()

        assert (one.word, one.why) == ("parked because", "GitHub refuses the check: no")


async def test_n9_a_suspended_one_waits_and_all_is_judged_anew_on_return(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await here.deliver(1, head=head(here, "1", 1))
        await here.deliver(2, head=head(here, "2", 2))
        first, second = await here.take()
        await here.claims.finish(second, Done())
        await here.claims.finish(first, Blocked("suspended"))
        here.clock.advance(1000)
        away = await here.take()
        await here.deliver(**control(Control.UNSUSPEND))
        here.clock.advance(1)

        assert away == []
        assert {claim.subject.number for claim in await here.take()} == {1, 2}
        assert here.rows("SELECT key FROM timer") == [(f"reconcile:i{HOME}",)]


async def test_n2_a_fenced_run_changes_nothing(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await here.deliver()
        old = await here.one()
        await here.claims.recover()
        new = await here.one()
        before = await here.dirty()
        await here.claims.finish(old, BROKEN)
        unchanged = await here.dirty()
        await here.claims.finish(new, Fenced())

        assert unchanged == before
        assert (await here.dirty())["run_owner"] is None
        assert len(await here.take()) == 1


async def test_a_command_while_limited_is_tried_again_at_its_own_urgency(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await here.deliver(lane=Lane.SWEEP)
        claim = await here.one()
        await here.deliver(**said(here, "/handoff why"))
        await here.claims.finish(claim, LimitedUntil(UNTIL, "lane"))

        assert (await here.one()).lane is Lane.COMMAND
