"""Claims that several processes share: granted fairly, fenced when silent, never lost."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from bot.errors import StoreTrouble
from bot.failpoint import disable, enable
from bot.model.claim import Done, Ours, Retry
from bot.model.wake import Lane, Subject
from bot.store.moment import to_ms
from bot.store.shared import LEASE_MS, SharedClaims
from bot.store.sweeps import SweepStore
from tests.store import shop as store
from tests.store.shop import HOME, REPO, SILENCED, Shop, judged, said, shop

if TYPE_CHECKING:
    from bot.store.port import Tx

ONE = Subject(REPO, 1)


@pytest.fixture(autouse=True)
def on_postgres(database: str) -> Iterator[None]:
    """Only there several processes share a store."""
    store.POSTGRES.append(database)
    yield
    disable()


def process(here: Shop, owner: str) -> SharedClaims:
    """Another process on the same store."""
    return SharedClaims(here.database, here.clock, owner)


@pytest.mark.one_file
async def test_a_job_is_claimed_once_and_never_beside_a_running_one(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        one, two = process(here, "one"), process(here, "two")
        for each in (one, two):
            await each.beat("worker")
        await here.deliver(1)

        granted = await one.grant(40)
        again = await two.grant(40)
        claim = await two.claim_one(ONE, 7)
        beside = await one.claim_one(ONE, 8)
        assert claim is not None
        await two.finish(claim, Done())

        assert granted == [(ONE, Lane.UPDATE)]
        assert (again, beside) == ([], None)
        assert (await here.dirty())["run_owner"] is None


@pytest.mark.one_file
@pytest.mark.parametrize(
    "change",
    [
        *SILENCED,
        f"INSERT INTO budget VALUES ({HOME}, 'core', 9000000000000, 'slow')",
    ],
)
async def test_n8_n9_a_job_that_was_granted_before_is_not_begun(
    change: str, tmp_path: Path
) -> None:
    async with shop(tmp_path) as here:
        one = process(here, "one")
        await one.beat("worker")
        await here.deliver(1)
        granted = await one.grant(40)
        await here.write(change)

        assert granted == [(ONE, Lane.UPDATE)]
        assert await one.claim_one(ONE, 7) is None
        assert (await here.dirty())["attempts"] == 0


@pytest.mark.one_file
async def test_a_job_that_was_lost_is_granted_again(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        one = process(here, "one")
        await one.beat("worker")
        await here.deliver(1)
        first = await one.grant(40)
        here.clock.advance(9)
        soon = await one.grant(40)
        here.clock.advance(2)

        assert (len(first), soon, len(await one.grant(40))) == (1, [], 1)


@pytest.mark.one_file
async def test_the_backlog_stays_where_it_is_shared_out(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        one = process(here, "one")
        await one.beat("worker")
        for number in range(1, 8):
            await here.deliver(number)
        await here.deliver(9, **said(here, "/handoff why"))

        granted, more = await one.grant(2), await one.grant(2)
        nobody = await process(here, "web").grant(0)

        # Two jobs a place, of which one is kept for commands, which go first.
        assert next(subject.number for subject, _ in granted) == 9
        assert len(granted) == 3
        assert (more, nobody) == ([], [])


@pytest.mark.one_file
async def test_who_was_silent_finds_the_claim_under_another_epoch(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        silent, other = process(here, "silent"), process(here, "other")
        await here.deliver(1)
        claim = await silent.claim_one(ONE, 7)
        assert claim is not None

        ran = await other.fence(ONE, 7)
        twice = await other.fence(ONE, 7)
        stored = await here.ledger.commit(claim, judged())
        await silent.finish(claim, Done())
        row = await here.dirty()

        assert (ran, twice, stored) == (True, False, False)
        assert (row["crashes"], row["attempts"], row["due_at"]) == (1, 0, here.ms())
        assert await other.claim_one(ONE, 8) is not None


@pytest.mark.one_file
async def test_the_runs_of_a_process_that_says_nothing_any_more_are_taken(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        dead, other = process(here, "dead"), process(here, "other")
        await dead.beat("worker")
        await other.beat("worker")
        await here.deliver(1)
        await dead.claim_one(ONE, 7)
        kept = await other.recover()
        await here.write("UPDATE process SET seen_at = seen_at - 61000 WHERE id = 'dead'")

        assert (kept, await other.recover()) == (0, 1)


@pytest.mark.one_file
async def test_who_says_that_it_lives_throws_away_what_is_long_past(tmp_path: Path) -> None:
    spent = "INSERT INTO spent SELECT 5, 'core', seen_at - ?, 1 FROM process WHERE id = 'one'"
    async with shop(tmp_path) as here:
        for owner in ("one", "gone"):
            await process(here, owner).beat("worker")
        await here.write("UPDATE process SET seen_at = seen_at - 86400001 WHERE id = 'gone'")
        for past in (3_600_001, 60_000):
            await here.write(spent, past)
        await process(here, "one").beat("worker")

        assert here.rows("SELECT id FROM process") == [("one",)]
        assert here.rows("SELECT count(*) FROM spent") == [(1,)]


@pytest.mark.one_file
async def test_nobody_is_charged_for_a_time_in_which_the_server_heard_nobody(
    tmp_path: Path,
) -> None:
    async with shop(tmp_path) as here:
        one, two = process(here, "one"), process(here, "two")
        for each in (one, two):
            await each.beat("worker")
        await here.deliver(1)
        assert await two.claim_one(ONE, 7) is not None
        # As after such a time: neither could say anything.
        await here.write("UPDATE process SET seen_at = seen_at - 65000")
        here.clock.advance(65)
        fair, charged = await one.beat("worker"), await one.recover()
        here.clock.advance(15)
        fair_again, charged_then = await one.beat("worker"), await one.recover()

        assert (fair, charged) == (False, 0)
        # By then it would have said so.
        assert (fair_again, charged_then) == (True, 1)


@pytest.mark.one_file
async def test_a_claim_whose_commit_was_not_heard_of_is_given_back(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        one = process(here, "one")
        await here.deliver(1)
        enable("after-commit:raise:1")
        with pytest.raises(StoreTrouble):
            await one.claim_one(ONE, 7)
        owned = (await here.dirty())["run_owner"]
        await one.beat("worker")

        assert owned == "one"
        assert (await here.dirty())["run_owner"] is None
        assert await one.claim_one(ONE, 8) is not None


@pytest.mark.one_file
async def test_a_claim_that_nobody_waits_for_any_more_is_given_back(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        one, gate = process(here, "one"), threading.Event()
        await here.deliver(1)
        before = asyncio.ensure_future(here.database.tx(lambda _: gate.wait()))
        claiming = asyncio.ensure_future(one.claim_one(ONE, 7))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        claiming.cancel()
        with pytest.raises(asyncio.CancelledError):
            await claiming
        gate.set()
        await before
        await one.beat("worker")

        assert (await here.dirty())["run_owner"] is None
        assert await one.claim_one(ONE, 8) is not None


@pytest.mark.one_file
async def test_what_waits_as_a_sweeps_job_is_granted_again_for_a_command(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        one = process(here, "one")
        await one.beat("worker")
        await here.deliver(1, lane=Lane.SWEEP)
        first, again = await one.grant(40), await one.grant(40)
        await here.deliver(1, **said(here, "/handoff why"))

        assert (first, again) == ([(ONE, Lane.SWEEP)], [])
        assert await one.grant(40) == [(ONE, Lane.COMMAND)]


@pytest.mark.one_file
@pytest.mark.parametrize("away", [False, True])
async def test_what_is_committed_by_itself_is_not_run_again(tmp_path: Path, away: bool) -> None:
    async with shop(tmp_path) as here:
        runs, gate = Counter[str](), threading.Event()

        def work(name: str, *errors: Exception | None) -> Callable[[Tx], None]:
            raised = iter(errors)

            def run(_: Tx) -> None:
                runs[name] += 1
                if error := next(raised, None):
                    raise error

            return run

        # The second spoils the group; then, by itself, the third meets somebody else's lock.
        trouble = psycopg.OperationalError() if away else psycopg.errors.LockNotAvailable()
        works = [
            work("first"),
            work("second", ValueError(), ValueError()),
            work("third", trouble),
            work("fourth"),
        ]
        before = asyncio.ensure_future(here.database.tx(lambda _: gate.wait()))
        waiting = [
            asyncio.ensure_future(here.database.tx(one, frozenset((str(nth),))))
            for nth, one in enumerate(works)
        ]
        await asyncio.sleep(0)
        gate.set()
        await before
        ended = await asyncio.gather(*waiting, return_exceptions=True)

        lost = StoreTrouble if away else type(None)
        assert [type(one) for one in ended] == [type(None), ValueError, lost, lost]
        rest = Counter(third=1) if away else Counter(third=2, fourth=1)
        assert runs == Counter(first=2, second=2) + rest


@pytest.mark.one_file
async def test_one_leads_until_its_lease_ends_or_it_leaves(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        one, two = process(here, "one"), process(here, "two")
        led = [await one.lead(), await two.lead(), await one.lead()]
        now = to_ms(here.clock.now())
        await here.sweeps.arm("redelivery", timedelta())
        await here.sweeps.began("redelivery")
        due = "SELECT due_at FROM timer WHERE key = 'redelivery'"
        asking = here.rows(due)
        past = f"UPDATE meta SET value = 'one ' || {now - LEASE_MS} WHERE key = 'leader'"
        await here.write(past)
        taken = [await two.lead(), await one.lead()]
        # Whoever asked may have died over it.
        again = here.rows(due)
        await two.end()

        assert (led, taken, await one.lead()) == ([True, False, True], [True, False], True)
        assert asking[0][0] > now == again[0][0]


@pytest.mark.one_file
async def test_what_postgres_cannot_hold_is_kept_without_it(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await here.deliver(1)
        await here.run(Retry(timedelta(seconds=1), "GitHub said \0 and more"))
        await SweepStore(here.database, here.clock).remember("a", "b\0c")

        assert (await here.dirty())["reason"] == "GitHub said \ufffd and more"


@pytest.mark.one_file
async def test_how_a_run_ended_is_kept_until_the_store_takes_it(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        one = process(here, "one")
        await one.beat("worker")
        await here.deliver(1)
        claim = await one.claim_one(ONE, 7)
        assert claim is not None
        enable("before-commit:raise:1")
        with pytest.raises(StoreTrouble):
            await one.finish(claim, Ours("ValueError: x", "01J"))
        await one.beat("worker")
        await one.finish(claim, Ours("ValueError: x", "01J"))
        row = await here.dirty()

        assert (row["run_owner"], row["attempts"], row["due_at"]) == (None, 1, here.ms(5))
