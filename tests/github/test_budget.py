from __future__ import annotations

from datetime import timedelta

import pytest

from bot.errors import Limited, Transient
from bot.github.budget import Breaker, Budget, Quota, Sort, Window
from bot.model.wake import Lane
from tests.github.little import QuickClock


def headers(remaining: int, *, limit: int = 1000, reset: float, **more: str) -> dict[str, str]:
    told = {
        "x-ratelimit-limit": str(limit),
        "x-ratelimit-remaining": str(remaining),
        "x-ratelimit-reset": str(int(reset)),
    }
    return told | {name.replace("_", "-"): value for name, value in more.items()}


def in_an_hour(clock: QuickClock) -> float:
    return (clock.now() + timedelta(hours=1)).timestamp()


async def many(budget: Budget, sort: Sort, count: int, lane: Lane = Lane.UPDATE) -> int:
    """How many of `count` calls are let through at this moment."""
    for done in range(count):
        try:
            await budget.admit(sort, lane)
        except Limited:
            return done
    return count


def test_a_window_slides() -> None:
    window = Window(3, 60.0)
    for at in (0.0, 10.0, 20.0):
        window.spend(at, 1)

    assert [window.wait(at, 1, 1.0) for at in (20.0, 59.0, 60.0)] == [40.0, 1.0, 0.0]


def test_a_share_of_a_window_is_full_earlier_and_one_call_always_fits() -> None:
    window = Window(10, 60.0)
    assert window.wait(0.0, 5, 0.1) == 0.0
    window.spend(0.0, 5)

    assert (window.wait(0.0, 5, 1.0), window.wait(0.0, 5, 0.6)) == (0.0, 60.0)


@pytest.mark.parametrize(
    ("remaining", "served"),
    [
        (401, {Lane.COMMAND, Lane.VERDICT, Lane.UPDATE, Lane.SWEEP}),
        (400, {Lane.COMMAND, Lane.VERDICT, Lane.UPDATE}),
        (150, {Lane.COMMAND, Lane.VERDICT}),
        (50, {Lane.COMMAND}),
        (0, set()),
    ],
)
async def test_the_less_urgent_stop_first(remaining: int, served: set[Lane]) -> None:
    clock = QuickClock()
    budget = Budget(clock)
    refused = {}
    for lane in Lane:
        budget.learn(headers(remaining, reset=in_an_hour(clock)))
        try:
            await budget.admit(Sort.READ, lane)
        except Limited as limited:
            refused[lane] = (limited.until, limited.resource)

    why = "core" if remaining == 0 else "lane"
    hour = clock.now() + timedelta(hours=1)
    assert refused == {lane: (hour, why) for lane in Lane if lane not in served}


async def test_what_is_left_of_one_resource_says_nothing_about_another() -> None:
    clock = QuickClock()
    budget = Budget(clock)
    budget.learn(headers(0, reset=in_an_hour(clock), x_ratelimit_resource="graphql"))

    await budget.admit(Sort.READ, Lane.SWEEP)
    with pytest.raises(Limited) as limited:
        await budget.admit(Sort.QUERY, Lane.COMMAND)

    assert limited.value.resource == "graphql"


async def test_after_the_reset_the_limit_counts_as_full() -> None:
    clock = QuickClock()
    budget = Budget(clock)
    budget.learn(headers(0, reset=in_an_hour(clock)))
    assert budget.left()["core"].remaining == 0
    clock.advance(3601)

    assert budget.left() == {}
    await budget.admit(Sort.READ, Lane.SWEEP)


def test_an_answer_of_the_hour_before_is_not_believed() -> None:
    clock = QuickClock()
    budget = Budget(clock)
    reset = in_an_hour(clock)
    budget.learn(headers(10, reset=reset))
    budget.learn(headers(900, reset=reset - 3600))
    budget.learn({"x-ratelimit-limit": "many"})
    budget.learn({})

    assert budget.left() == {"core": Quota(1000, 10, float(int(reset)))}


@pytest.mark.parametrize("reset", ["4102444800", "1796030000000", "9" * 5000, "nan", "inf", "1e9"])
async def test_a_reset_that_cannot_be_is_not_learnt(reset: str) -> None:
    clock = QuickClock()
    budget = Budget(clock)
    budget.learn(headers(0, reset=0.0) | {"x-ratelimit-reset": reset})

    assert await many(budget, Sort.READ, 3) == 3
    assert budget.left() == {}


async def test_points_are_spent_by_kind_and_talk_leaves_room_for_verdicts() -> None:
    reads, writes = Budget(QuickClock()), Budget(QuickClock())

    assert await many(reads, Sort.READ, 700) == 600
    assert await many(writes, Sort.CHECK, 200) == 120
    with pytest.raises(Limited) as limited:
        await writes.admit(Sort.WRITE, Lane.COMMAND)
    assert limited.value.resource == "write"


async def test_queries_have_points_of_their_own() -> None:
    budget = Budget(QuickClock())

    assert await many(budget, Sort.QUERY, 1300) == 1200
    await budget.admit(Sort.READ, Lane.SWEEP)


async def test_talk_is_one_second_apart_and_36_a_minute_so_that_60_are_left_for_checks() -> None:
    clock = QuickClock()
    budget = Budget(clock)

    assert await many(budget, Sort.TALK, 50) == 36
    assert clock.slept == [1.0] * 35


async def test_who_must_wait_for_talk_comes_back_one_after_the_other() -> None:
    clock = QuickClock()
    budget = Budget(clock)
    await many(budget, Sort.TALK, 36)
    until = []
    for _ in range(3):
        with pytest.raises(Limited) as limited:
            await budget.admit(Sort.TALK, Lane.UPDATE)
        until.append((limited.value.until - clock.now()).total_seconds())
        assert limited.value.resource == "content"

    assert until == [25.0, 26.0, 27.0]
    assert (budget.turn_away(Sort.TALK, Lane.UPDATE).until - clock.now()).seconds == 28


@pytest.mark.parametrize("sort", [Sort.MUTATION, Sort.TALK])
async def test_who_typed_a_command_is_answered_beside_any_amount_of_other_talk(sort: Sort) -> None:
    clock = QuickClock()
    budget = Budget(clock)
    await many(budget, Sort.TALK, 36)
    for _ in range(100):
        budget.turn_away(Sort.TALK, Lane.UPDATE)
    clock.slept.clear()

    await budget.admit(sort, Lane.COMMAND)

    assert sum(clock.slept) <= 1.0
    assert (budget.turn_away(sort, Lane.COMMAND).until - clock.now()).total_seconds() == 1.0
    assert await many(budget, sort, 60, Lane.COMMAND) == 11
    assert await many(budget, Sort.CHECK, 60) == 60


async def test_a_pause_up_to_a_second_is_waited_out_and_a_longer_one_is_not() -> None:
    clock = QuickClock()
    budget = Budget(clock)
    budget.pause("core", clock.now() + timedelta(seconds=1), "soon")
    await budget.admit(Sort.READ, Lane.UPDATE)
    assert clock.slept == [1.0]

    until = clock.now() + timedelta(seconds=2)
    budget.pause("core", until, "later")
    budget.pause("core", until - timedelta(seconds=1), "shorter: changes nothing")
    with pytest.raises(Limited) as limited:
        await budget.admit(Sort.READ, Lane.COMMAND)

    assert (limited.value.until, limited.value.what) == (until, "later")


async def test_a_secondary_limit_on_a_write_leaves_reading_alone_and_one_on_a_read_does_not() -> (
    None
):
    clock = QuickClock()
    wrote, read = Budget(clock), Budget(clock)
    wrote.secondary(Sort.TALK, None, "slow")
    read.secondary(Sort.QUERY, None, "slow")

    await wrote.admit(Sort.QUERY, Lane.UPDATE)
    for budget, sort in ((wrote, Sort.CHECK), (read, Sort.QUERY), (read, Sort.CHECK)):
        with pytest.raises(Limited):
            await budget.admit(sort, Lane.COMMAND)
    await read.admit(Sort.READ, Lane.UPDATE)


def test_secondary_limits_in_a_row_pause_longer_and_longer_but_answers_under_way_do_not() -> None:
    clock = QuickClock()
    budget = Budget(clock)
    waits = []
    for _ in range(6):
        first = budget.secondary(Sort.TALK, None, "slow")
        again = budget.secondary(Sort.TALK, None, "slow")
        assert again.until == first.until
        waits.append((first.until - clock.now()).total_seconds())
        clock.advance(waits[-1])
    clock.advance(600)

    assert waits == [60, 120, 240, 480, 900, 900]
    assert budget.secondary(Sort.TALK, None, "slow").until == clock.now() + timedelta(seconds=60)


def test_a_secondary_limit_halves_our_limits_which_come_back_slowly() -> None:
    clock = QuickClock()
    budget = Budget(clock)
    scales = [budget.scale]
    budget.secondary(Sort.TALK, None, "slow")
    clock.advance(60)
    for _ in range(7):
        scales.append(round(budget.scale, 1))
        clock.advance(600)

    assert scales == [1.0, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.0]


async def test_a_secondary_limit_met_on_a_check_run_makes_check_runs_content_for_an_hour() -> None:
    clock = QuickClock()
    budget = Budget(clock)
    budget.secondary(Sort.CHECK, None, "slow")
    clock.advance(61)

    assert budget.scale == 1.0
    assert await many(budget, Sort.CHECK, 100) == 60
    clock.advance(3600)
    assert await many(budget, Sort.CHECK, 200) == 120


async def test_only_the_next_limit_on_a_check_run_halves_the_scale() -> None:
    clock = QuickClock()
    budget = Budget(clock)
    budget.secondary(Sort.CHECK, None, "slow")
    clock.advance(61)
    budget.secondary(Sort.CHECK, None, "slow")
    clock.advance(121)

    assert budget.scale == 0.5
    assert await many(budget, Sort.CHECK, 100) == 30


async def test_without_limits_only_a_pause_that_the_server_asked_for_counts() -> None:
    clock = QuickClock()
    budget = Budget(clock, limits=False)
    budget.learn(headers(0, reset=in_an_hour(clock)))

    assert await many(budget, Sort.TALK, 1000) == 1000
    assert clock.slept == []
    budget.pause("write", clock.now() + timedelta(minutes=1), "asked")
    assert await many(budget, Sort.TALK, 1) == 0


def test_the_breaker_opens_when_most_calls_fail_and_closes_with_the_first_good_one() -> None:
    clock = QuickClock()
    breaker = Breaker(clock)
    for good in [True] * 9 + [False] * 10:
        breaker.count(good=good)
    breaker.admit()
    breaker.count(good=False)
    with pytest.raises(Transient):
        breaker.admit()
    clock.advance(15)
    breaker.admit()
    with pytest.raises(Transient):
        breaker.admit()
    breaker.count(good=True)

    breaker.admit()


def test_failures_of_another_minute_do_not_open_the_breaker() -> None:
    clock = QuickClock()
    breaker = Breaker(clock)
    for _ in range(3):
        for _ in range(15):
            breaker.count(good=False)
        clock.advance(60)

    breaker.admit()
