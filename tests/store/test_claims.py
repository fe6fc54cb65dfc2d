"""What is due is claimed once, in its turn, fairly between installations."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.model.arrival import RepoSeen
from bot.model.claim import Claim, Done, GoneForGood, LimitedUntil, Ours, Retry, Room
from bot.model.effect import SetLabel
from bot.model.wake import Lane, Subject
from tests.store.shop import HOME, REPO, SILENCED, Shop, head, judged, said, shop


async def fill(here: Shop, home: int, numbers: range, lane: Lane = Lane.UPDATE) -> None:
    repo = RepoSeen(id=home * 10, full_name=f"acme/{home}", default_branch="main")
    for number in numbers:
        await here.deliver(number, installation_id=home, repo=repo, lane=lane)


def homes(claims: list[Claim]) -> Counter[int]:
    return Counter(claim.installation_id for claim in claims)


async def test_a_delivery_sent_four_times_raises_seq_by_one(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        for _ in range(4):
            await here.deliver(guid="the same")

        assert (await here.dirty())["seq"] == 1


async def test_what_comes_before_the_claim_is_one_run_as_urgent_and_as_old_as_its_most(
    tmp_path: Path,
) -> None:
    async with shop(tmp_path) as here:
        first = here.clock.now()
        await here.deliver(lane=Lane.VERDICT, action="synchronize", head=head(here, "a"))
        here.clock.advance(5)
        await here.deliver(lane=Lane.UPDATE, head=head(here, "a"))
        claim = await here.one()

        assert (claim.lane, claim.first_at) == (Lane.VERDICT, first)
        assert claim.expect["head_since"] == first.isoformat()
        assert claim.expect["at"] == here.clock.now().isoformat()


async def test_a_quiet_one_is_due_at_once_then_a_second_apart(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await here.deliver()
        await here.run()
        here.clock.advance(0.4)
        await here.deliver()

        assert await here.take() == []
        here.clock.advance(0.6)
        assert (await here.one()).seq == 2


async def test_what_comes_after_the_claim_leads_to_a_second_run(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await here.deliver()
        claim = await here.one()
        await here.deliver()
        await here.deliver()
        await here.claims.finish(claim, Done())
        here.clock.advance(1)

        assert (await here.one()).seq == 3


async def test_of_two_heads_in_one_second_that_of_the_event_during_the_run_stays(
    tmp_path: Path,
) -> None:
    async with shop(tmp_path) as here:
        await here.deliver(1, head=head(here, "1"))
        claim = await here.one()
        await here.deliver(1, head=head(here, "2"))
        assert await here.ledger.commit(claim, judged(head=head(here, "1")))
        await here.claims.finish(claim, Done())
        during = here.rows("SELECT sha FROM head_index WHERE current = 1")
        here.clock.advance(2)
        claim = await here.one()
        assert await here.ledger.commit(claim, judged(head=head(here, "3")))
        after = here.rows("SELECT sha FROM head_index WHERE current = 1")

    # What was looked at after all that came is the newest there is, in whichever second.
    assert (during, after) == ([("2" * 40,)], [("3" * 40,)])


async def test_nobody_is_claimed_twice(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await here.deliver()
        await here.one()
        here.clock.advance(500)
        await here.deliver()

        assert await here.take() == []


async def test_a_command_does_not_wait_for_the_gap_between_runs(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await here.deliver()
        await here.run()
        await here.deliver(**said(here, "/handoff why"))

        assert (await here.one()).lane is Lane.COMMAND


async def test_a_flood_of_commands_is_heard_once_a_gap(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await here.deliver(**said(here, "/handoff why"))
        await here.run()
        await here.deliver(**said(here, "/handoff status"))

        assert await here.take() == []
        here.clock.advance(1.0)
        claim = await here.one()
        await here.deliver(**said(here, "/handoff help"))
        await here.claims.finish(claim, Done())

        assert await here.take() == []


async def test_a_command_during_a_run_is_heard_right_after_it(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await here.deliver()
        claim = await here.one()
        await here.deliver(**said(here, "/handoff why"))
        await here.claims.finish(claim, Retry(timedelta(minutes=4), "502"))

        again = await here.one()

        assert (again.lane, [one.body for one in again.said]) == (Lane.COMMAND, ["/handoff why"])


async def test_an_edit_during_a_run_is_not_taken_for_heard(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await here.deliver(**said(here, "/handoff why"))
        claim = await here.one()
        await here.deliver(**said(here, "/handoff status", before="/handoff why"))
        heard = tuple(one.key for one in claim.said)
        await here.ledger.commit(claim, judged(heard=heard))
        await here.claims.finish(claim, Done())
        here.clock.advance(1.0)

        assert [one.body for one in (await here.one()).said] == ["/handoff status"]


async def test_many_runs_in_a_minute_widen_the_gap(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        for _ in range(9):
            await here.deliver(lane=Lane.UPDATE)
            await here.run()
            here.clock.advance(1.1)
        await here.deliver(lane=Lane.UPDATE)
        soon = await here.take()
        here.clock.advance(3.9)

        assert soon == []
        assert len(await here.take()) == 1


async def test_the_more_run_at_once_the_longer_each_waits_for_its_next_turn(
    tmp_path: Path,
) -> None:
    numbers = range(1, 4)
    async with shop(tmp_path) as here:
        for number in numbers:
            await here.deliver(number)
        claims = await here.take()
        for number, claim in zip(numbers, claims, strict=True):
            await here.deliver(number)
            await here.claims.finish(claim, Done())
        waits = [(await here.dirty(number))["due_at"] - here.ms() for number in numbers]

        assert waits == [1000, 1060, 1120]


async def test_each_installation_gets_its_share_whoever_came_first(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await fill(here, 11, range(400))
        here.clock.advance(5)
        for home in (12, 13, 14):
            await fill(here, home, range(30))
        claims = await here.take(Room(40, 40, Counter()))

        assert all(count >= 10 for count in homes(list(claims)).values())
        assert len(homes(list(claims))) == 4


async def test_what_others_leave_idle_is_lent(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await fill(here, 11, range(100))
        await fill(here, 12, range(2))

        assert homes(list(await here.take())) == {11: 34, 12: 2}


async def test_with_one_place_the_installations_take_turns(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await fill(here, 11, range(10))
        await fill(here, 12, range(10))
        served = []
        for _ in range(6):
            (claim,) = await here.take(Room(1, 1, Counter()))
            served.append(claim.installation_id)
            await here.claims.finish(claim, Done())

        assert served in ([11, 12] * 3, [12, 11] * 3)


async def test_who_runs_much_already_comes_last(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await fill(here, 11, range(10))
        await fill(here, 12, range(10))
        claims = await here.take(Room(6, 6, Counter({11: 5})))

        assert homes(list(claims)) == {12: 6} or homes(list(claims)) == {12: 5, 11: 1}


async def test_commands_have_places_of_their_own(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await fill(here, 11, range(5))
        await here.deliver(9, **said(here, "/handoff why"))
        claims = await here.take(Room(0, 4, Counter()))

        assert [claim.lane for claim in claims] == [Lane.COMMAND]


@pytest.mark.parametrize(("waits", "first"), [(30, Lane.VERDICT), (100, Lane.UPDATE)])
async def test_who_waits_long_is_lifted_above_the_more_urgent(
    waits: int, first: Lane, tmp_path: Path
) -> None:
    async with shop(tmp_path) as here:
        await fill(here, 11, range(1), Lane.UPDATE)
        here.clock.advance(waits)
        await fill(here, 11, range(1, 2), Lane.VERDICT)
        (claim,) = await here.take(Room(1, 1, Counter()))

        assert claim.lane is first


async def test_a_command_goes_before_whoever_waits_longest(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await here.deliver(1)
        here.clock.advance(900)
        await here.deliver(2, **said(here, "/handoff why"))
        (claim,) = await here.take(Room(1, 1, Counter()))

        assert claim.lane is Lane.COMMAND


async def test_a_limited_installation_is_left_alone_and_holds_up_no_other(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await fill(here, 11, range(2))
        await fill(here, 12, range(1))
        until = here.clock.now() + timedelta(minutes=1)
        claims = {claim.installation_id: claim for claim in await here.take(Room(2, 2, Counter()))}
        await here.claims.finish(claims[11], LimitedUntil(until, "graphql"))

        assert await here.take() == []
        here.clock.advance(61)
        assert homes(list(await here.take())) == {11: 2}


async def test_a_limit_on_writing_holds_no_evaluation(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await here.deliver()
        claim = await here.one()
        await here.deliver()
        until = here.clock.now() + timedelta(hours=1)
        await here.claims.finish(claim, LimitedUntil(until, "write"))
        here.clock.advance(1)

        assert (await here.one()).evaluate


async def test_a_head_that_waits_two_minutes_for_a_limit_is_claimed_once_to_say_so(
    tmp_path: Path,
) -> None:
    async with shop(tmp_path) as here:
        await here.deliver(1)
        until = here.clock.now() + timedelta(minutes=30)
        await here.claims.finish(await here.one(), LimitedUntil(until, "graphql"))
        await here.deliver(2)
        here.clock.advance(119)
        early = await here.take()
        here.clock.advance(2)
        claim = await here.one()
        await here.claims.finish(claim, LimitedUntil(until, "graphql"))
        here.clock.advance(300)
        # It has said so.
        await here.deliver(2)

        assert early == []
        assert claim.subject == Subject(REPO, 2)
        assert await here.take() == []


@pytest.mark.parametrize(
    "change",
    SILENCED,
)
async def test_nothing_is_claimed_where_nothing_may_be_said(change: str, tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await here.deliver()
        await here.write(change)

        assert await here.take() == []
        assert [one.word for one in await here.claims.waiting()] == ["suspended"]


async def test_what_is_gone_is_closed_with_all_that_was_planned(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await here.deliver(**said(here, "/handoff why"))
        await here.write("INSERT INTO timer VALUES ('grace:7#1', 9, 'grace', '7#1', 1)")
        claim = await here.one()
        assert await here.ledger.plan(claim, SetLabel(repo_id=REPO, number=1, stage="waits"))
        await here.claims.finish(claim, GoneForGood("no such pull request"))
        # Nor is it taken for work that was forgotten.
        here.clock.advance(61)
        await here.claims.fire()

        assert await here.claims.waiting() == []
        assert here.rows("SELECT * FROM timer") == here.rows("SELECT * FROM outbox") == []
        assert here.rows("SELECT hear, facts FROM delivery") == [(2, None)]


async def test_what_was_gone_for_a_while_has_not_failed(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        for _ in range(6):
            await here.deliver(lane=Lane.VERDICT)
            here.clock.advance(60)
            await here.claims.finish(await here.one(), GoneForGood("404"))

        assert (await here.dirty())["attempts"] == 0


async def test_many_timers_that_are_due_at_once_do_not_keep_everybody_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with shop(tmp_path) as here:
        sizes, asked = list[int](), here.database.tx

        def counted(work: Any, about: frozenset[str] = frozenset()) -> Any:
            sizes.append(len(about))
            return asked(work, about)

        await here.deliver()
        await here.run()
        monkeypatch.setattr(here.database, "tx", counted)
        rows = ", ".join(f"('grace:{nth}', 9, 'grace', '7#{nth}', 1)" for nth in range(1, 252))
        await asked(lambda tx: tx.execute(f"INSERT INTO timer VALUES {rows}"))
        await here.claims.fire()

        assert here.rows("SELECT * FROM timer") == []
        assert (sum(sizes), max(sizes)) == (251, 100)
        assert (await here.dirty())["due_at"] is not None


async def test_every_unsettled_one_has_its_word(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        for number in range(1, 6):
            await here.deliver(number)
        claims = {claim.subject.number: claim for claim in await here.take()}
        await here.claims.finish(claims[1], Retry(timedelta(seconds=30), "502"))
        await here.write("UPDATE dirty SET attempts = 5 WHERE pr = '7#2'")
        await here.claims.finish(claims[2], Ours("ValueError: x", "01J"))
        await here.claims.finish(claims[4], Retry(timedelta(), "lag"))
        await here.claims.finish(claims[5], Done())
        here.clock.advance(2)
        words = {one.subject.number: one for one in await here.claims.waiting()}

        assert {number: one.word for number, one in words.items()} == {
            1: "waiting",
            2: "parked because",
            3: "running",
            4: "due",
        }
        assert words[1].until is not None
        assert words[2].why == "ValueError: x (01J)"
        await here.write(
            "INSERT INTO budget VALUES (?, 'core', ?, 'slow')", HOME, here.ms(seconds=60)
        )
        limited = {one.subject.number: one.word for one in await here.claims.waiting()}
        assert limited[4] == "limited until"


async def test_a_delivery_sent_four_times_counts_once(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        for _ in range(4):
            await here.deliver(guid="the same")

        assert (await here.dirty())["seq"] == 1
