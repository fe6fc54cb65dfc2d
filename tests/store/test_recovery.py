"""After a death everything goes on, whoever died again and again is set apart."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from bot.errors import StoreTrouble
from bot.failpoint import disable, enable
from bot.model.claim import Done, LimitedUntil, Ours, Retry, Room
from bot.model.wake import Lane
from tests.store.shop import Shop, judged, said, shop
from tests.support.clock import START


async def die(here: Shop) -> int:
    """The process dies and starts again."""
    here.reopen()
    await here.database.read(lambda _: None)
    return await here.claims.recover()


async def test_what_ran_when_the_process_died_runs_again_as_urgent_as_before(
    tmp_path: Path,
) -> None:
    async with shop(tmp_path) as here:
        comment = said(here, "x") | {"lane": Lane.VERDICT}
        await here.deliver(**comment)
        await here.one()
        here.clock.advance(3)
        released = await die(here)
        claim = await here.one()

        assert released == 1
        assert (claim.lane, claim.first_at, claim.attempts) == (Lane.VERDICT, START, 1)
        assert [one.body for one in claim.said] == ["x"]


async def test_a_committed_run_is_not_evaluated_again_after_a_death(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await here.deliver()
        await here.ledger.commit(await here.one(), judged())
        await die(here)

        assert not (await here.one()).evaluate


async def test_who_died_three_times_is_parked_alone(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await here.deliver(1)
        for _ in range(3):
            await here.one()
            await die(here)
        await here.deliver(2)
        words = {one.subject.number: one.word for one in await here.claims.waiting()}

        assert words == {1: "parked because", 2: "due"}
        assert [claim.subject.number for claim in await here.take()] == [2]


async def test_a_success_clears_the_suspicion(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await here.deliver()
        for _ in range(2):
            await here.one()
            await die(here)
        # What it dies of while it sends is not held against what was judged before.
        assert await here.ledger.commit(await here.one(), judged())
        await die(here)
        claim = await here.run()

        assert claim.failed == 1
        assert (await here.dirty())["crashes"] == 0


async def test_of_those_that_ran_at_a_death_four_run_at_once_of_twice_one(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        for number in range(1, 21):
            await here.deliver(number)
        await here.take()
        await die(here)
        await here.deliver(30)
        suspects = await here.take()
        more = await here.take()
        await die(here)
        twice = [claim for claim in await here.take() if claim.failed == 2]

        assert sorted(claim.failed for claim in suspects) == [0, 1, 1, 1, 1]
        assert more == []
        assert len(twice) == 1
        assert [claim.failed for claim in await here.take() if claim.failed == 2] == []


async def test_all_others_go_on_beside_the_suspects(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        for number in range(1, 41):
            await here.deliver(number)
        await here.take(Room(40, 40, Counter()))
        await die(here)
        await here.take()
        for number in range(50, 60):
            await here.deliver(number)

        assert len(await here.take()) == 10


async def test_n7_many_suspects_that_waited_longer_keep_nobody_else_out(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        for number in range(100):
            await here.deliver(number)
        await here.write("UPDATE dirty SET crashes = 1")
        here.clock.advance(60)
        await here.deliver(100)
        first, then = await here.take(), await here.take()

        assert len(first) == 4
        assert [claim.subject.number for claim in then] == [100]


@pytest.mark.parametrize(("parked", "counts"), [("failed", (5, 0)), ("deadly", (1, 2))])
async def test_a_new_build_tries_what_was_parked_once(
    parked: str, counts: tuple[int, int], tmp_path: Path
) -> None:
    async with shop(tmp_path) as here:
        await here.claims.recover()
        await here.deliver()
        await here.write("UPDATE dirty SET parked = ?", parked)
        await die(here)
        same = await here.take()
        await here.write("UPDATE meta SET value = 'older' WHERE key = 'build'")
        await die(here)
        claim = await here.one()
        row = await here.dirty()
        await here.claims.finish(claim, Ours("ValueError: x", "01J"))

        assert same == []
        assert (claim.attempts, row["crashes"]) == counts
        assert (await here.dirty())["parked"] == ("failed" if parked == "failed" else "no")


async def test_work_that_has_no_moment_is_found_at_the_start_and_every_minute(
    tmp_path: Path,
) -> None:
    async with shop(tmp_path) as here:
        await here.deliver(1)
        await here.write("UPDATE dirty SET due_at = NULL")
        await die(here)
        await here.run()
        here.clock.advance(2)
        await here.deliver(1)
        await here.write("UPDATE dirty SET due_at = NULL")
        lost = await here.take()
        here.clock.advance(60)
        await here.claims.fire()

        assert lost == []
        assert len(await here.take()) == 1


async def test_a_run_that_nobody_has_is_released_within_a_minute(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await here.deliver(1)
        await here.deliver(2)
        cancelled, _ = await here.take()
        enable("before-commit:raise:1")
        with pytest.raises(StoreTrouble):
            await here.claims.give_back(cancelled)
        disable()
        here.clock.advance(61)
        await here.claims.fire()

        assert [claim.subject.number for claim in await here.take()] == [1]


async def test_n2_who_was_silent_until_its_row_was_made_anew_is_fenced(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await here.deliver()
        silent = await here.one()
        await here.write("DELETE FROM dirty")
        here.clock.advance(60)
        await here.deliver()
        claim = await here.one()
        stored = await here.ledger.commit(silent, judged())
        await here.claims.finish(silent, Done())

        assert not stored
        assert await here.ledger.commit(claim, judged())


async def test_n2_a_run_that_began_while_the_last_one_ended_is_not_taken_for_lost(
    tmp_path: Path,
) -> None:
    async with shop(tmp_path) as here:
        await here.deliver(1)
        claim = await here.one()
        await here.deliver(1)
        here.clock.advance(2)
        ending = asyncio.ensure_future(here.claims.finish(claim, Done()))
        taking = asyncio.ensure_future(here.claims.take(Room(1, 1, Counter())))
        (again,) = (await asyncio.gather(ending, taking))[1]
        here.claims._out.discard((claim.subject.key, claim.epoch))
        here.clock.advance(61)
        await here.claims.fire()

        assert again.epoch == claim.epoch + 1
        assert (await here.dirty())["run_owner"] == "me"


async def test_n11_a_timer_fires_once_at_its_moment_and_late_only_once(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await here.deliver()
        await here.run()
        await here.write(
            "INSERT INTO timer VALUES ('grace:7#1', ?, 'grace', '7#1', ?)", here.ms(60), here.ms()
        )
        here.clock.advance(59)
        await here.claims.fire()
        early = await here.take()
        here.clock.advance(3 * 86_400)
        await die(here)
        await here.claims.fire()
        claim = await here.run()
        await here.claims.fire()
        here.clock.advance(5)

        assert early == []
        assert claim.evaluate
        assert await here.take() == []


@pytest.mark.parametrize("back", [7_200, 40, 90_000])
async def test_n11_a_clock_set_back_holds_nobody_up(back: int, tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await here.deliver(1)
        await here.deliver(2)
        await here.claims.fire()
        one, two = await here.take()
        await here.claims.finish(one, Done())
        await here.claims.finish(two, Ours("ValueError: x", "01J"))
        await here.sweeps.arm("reconcile", timedelta(seconds=60))
        here.clock.jump(-back)
        await here.claims.fire()
        await here.deliver(1)
        here.clock.advance(62)

        assert await here.claims.fire() == [("reconcile", "reconcile")]
        assert 1 in {claim.subject.number for claim in await here.take()}


async def test_n11_a_clock_set_back_brings_far_moments_near(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await here.deliver()
        await here.claims.fire()
        claim = await here.one()
        await here.claims.finish(claim, LimitedUntil(here.clock.now() + timedelta(hours=1), "core"))
        here.clock.jump(-86_400)
        await here.claims.fire()

        assert len(await here.take()) == 1


async def test_n11_a_clock_set_back_while_nobody_ran_holds_nobody_up(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await here.deliver()
        far = here.ms(3 * 3600)
        await here.write("UPDATE dirty SET due_at = ?, hold_until = ?", far, far)
        here.reopen()
        await here.claims.recover()
        await here.run(Retry(timedelta(), "502"))
        await here.deliver(lane=Lane.UPDATE)
        held = await here.take()
        here.clock.advance(600)

        # Longer than that nothing is held for a failure of our own.
        assert held == []
        assert len(await here.take()) == 1


async def test_n11_a_clock_set_forward_fires_what_is_due_then(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await here.sweeps.arm("redelivery", timedelta(seconds=60))
        await here.claims.fire()
        here.clock.jump(3 * 86_400)

        assert await here.claims.fire() == [("redelivery", "redelivery")]
