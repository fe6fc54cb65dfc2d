"""Processes at work on one database at once: nothing that one of them stores passes another by."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from bot.model.act import ActKind
from bot.model.arrival import Control
from bot.model.claim import Claim, Done, Retry
from bot.model.keeping import StoredPolicy
from bot.model.relevance import Relevance
from bot.model.seen import OpenPullRequest
from bot.model.wake import Lane, Subject
from bot.store import group
from bot.store.inbox import Inbox
from bot.store.ledger import StoreLedger
from bot.store.postgres import connect
from bot.store.shared import SharedClaims
from bot.store.sweeps import SweepStore
from tests.store import shop as store
from tests.store.shop import POLICY, REPO, Shop, head, judged, said, shop
from tests.store.test_acts import act

HEADS = {1: "1", 2: "2", 3: "3", 4: "3"}
ONE = Subject(REPO, 1)
ON_BASE = Relevance(matters=frozenset({"base"}))
# Evidence names a commit, and so nothing that a run of the pull request is about.
EVIDENCE: dict[str, Any] = {"event": "check_run", "number": None, "sha": "1" * 40}


@pytest.fixture(autouse=True)
def on_postgres(database: str) -> None:
    """Only there several processes share a store."""
    store.POSTGRES.append(database)


@dataclass
class Process(Shop):
    """One of several with the same clock: its own connections, and what it heard."""

    owner: str = "me"
    heard: list[str] = field(default_factory=list)

    def open(self) -> None:
        """Open what a worker opens."""
        self.database = self._opened()
        self.inbox = Inbox(self.database, self.clock)
        self.ledger = StoreLedger(self.database, self.inbox, self.clock, self.entropy)
        self.jobs = SharedClaims(self.database, self.clock, self.owner)

    async def work(self) -> int:
        """Run all that has its turn, as jobs; how many."""
        ran = 0
        for subject, _ in await self.jobs.grant(40):
            claim = await self.jobs.claim_one(subject, next(self.guids))
            if claim is None:
                continue
            keys = tuple(one.key for one in claim.said)
            if claim.evaluate:
                assert await self.ledger.commit(claim, judged(heard=keys))
            await self.jobs.finish(claim, Done())
            self.heard += keys
            ran += 1
        return ran


@asynccontextmanager
async def processes(here: Shop, *owners: str) -> AsyncIterator[list[Process]]:
    """Others on the same store."""
    opened = [Process(here.folder, here.clock, here.guids, owner=one) for one in owners]
    for one in opened:
        one.open()
        await one.jobs.beat("worker")
    try:
        yield opened
    finally:
        for one in opened:
            one.database.close()


@pytest.mark.one_file
async def test_what_comes_in_while_others_claim_commit_and_end_is_heard_once(
    tmp_path: Path,
) -> None:
    comments = count(1)
    async with shop(tmp_path) as here, processes(here, "web", "web 2", "one", "two") as running:
        for number, sha in HEADS.items():
            await here.deliver(number, head=head(here, sha, number))

        async def receive(web: Process) -> None:
            web.inbox.learn(store.REPO, POLICY)
            for nth in range(120):
                sha = str(nth % 3 + 1) * 40
                seen = EVIDENCE | {"sha": sha}
                word = said(here, "/handoff why", next(comments))
                moved = {"head": head(here, str(nth % 3 + 4), 4, at=nth)}
                about = [word, seen, moved if nth % 20 == 0 else seen][nth % 3]
                number = 4 if about is moved else nth % 4 + 1
                await web.deliver(**{"number": number, **about})

        async def work(worker: Process, until: asyncio.Event) -> None:
            while await worker.work() or not until.is_set():
                here.clock.advance(2)

        stop = asyncio.Event()
        webs = [asyncio.create_task(receive(one)) for one in running[:2]]
        workers = [asyncio.create_task(work(one, stop)) for one in running[2:]]
        await asyncio.gather(*webs)
        stop.set()
        await asyncio.gather(*workers)
        for _ in range(3):
            here.clock.advance(20)
            await running[2].work()

        heard = [key for one in running for key in one.heard]
        unheard = here.rows("SELECT said FROM delivery WHERE hear = 1")
        behind = here.rows(
            "SELECT pr FROM dirty WHERE seq > evaluated_seq OR run_owner IS NOT NULL"
        )
    assert (sorted(heard), unheard, behind) == (sorted(set(heard)), [], [])
    assert len(heard) == 80


class Pause:
    """Where a transaction stops until it may go on."""

    def __init__(self) -> None:
        self.reached, self.over = threading.Event(), threading.Event()

    def __call__(self) -> None:
        self.reached.set()
        assert self.over.wait(30)

    async def while_in(self, here: Shop, work: asyncio.Task[Any], other: asyncio.Task[Any]) -> None:
        """Begin the other work when the first one is here; then let this one end."""
        await has_to_wait(here, other)
        self.over.set()
        await asyncio.gather(work, other)


async def has_to_wait(here: Shop, other: asyncio.Task[Any]) -> bool:
    """Whether it does, or ends without."""
    waits = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    for _ in range(2_000):
        if other.done() or here.rows(waits):
            break
        await asyncio.sleep(0)
    return not other.done()


class SlowClaims(SharedClaims):
    """Stops between what it reads of a row and what it writes there."""

    def stop_in(self, pause: Pause) -> None:
        self.pause = pause

    def claim(self, *about: Any, **more: Any) -> Claim:
        self.pause()
        return super().claim(*about, **more)


class SlowWait(timedelta):
    """Stops where it is looked at, which is in the middle of the end of a run."""

    pause: Pause

    def __floordiv__(self, other: Any) -> Any:
        self.pause()
        return super().__floordiv__(other)


async def reached(pause: Pause, work: Any) -> asyncio.Task[Any]:
    """Begin it, and come back where it stopped."""
    task = asyncio.create_task(work)
    assert await asyncio.to_thread(pause.reached.wait, 5)
    return task


async def ending(here: Shop, worker: Process, late: SlowWait) -> asyncio.Task[Any]:
    """A worker in the middle of the end of a run."""
    await here.deliver(1, head=head(here, "1"))
    claim = await worker.jobs.claim_one(ONE, 7)
    assert claim is not None
    return await reached(late.pause, worker.jobs.finish(claim, Retry(late, "GitHub is away")))


@pytest.mark.one_file
async def test_what_comes_in_the_middle_of_a_claim_is_looked_at_after_the_run(
    tmp_path: Path,
) -> None:
    pause = Pause()
    async with shop(tmp_path) as here, processes(here, "one") as (one,):
        await here.deliver(1, head=head(here, "1"))
        one.jobs = slow = SlowClaims(one.database, here.clock, "one")
        slow.stop_in(pause)

        work = await reached(pause, slow.claim_one(ONE, 7))
        await pause.while_in(here, work, asyncio.create_task(here.deliver(**EVIDENCE)))
        claim = await work
        await here.ledger.commit(claim, judged())
        await slow.finish(claim, Done())
        row = await here.dirty()

    assert (claim.seq, row["seq"], row["evaluated_seq"]) == (1, 2, 1)
    assert row["due_at"] is not None


@pytest.mark.one_file
async def test_what_comes_in_the_middle_of_the_end_of_a_run_is_due_in_its_turn(
    tmp_path: Path,
) -> None:
    late = SlowWait(hours=1)
    late.pause = Pause()
    async with shop(tmp_path) as here, processes(here, "one") as (one,):
        work = await ending(here, one, late)
        await late.pause.while_in(here, work, asyncio.create_task(here.deliver(**EVIDENCE)))
        row = await here.dirty()

    assert row["due_at"] <= here.ms(2)


@pytest.mark.one_file
async def test_what_the_release_before_marks_in_the_middle_of_the_end_is_due_too(
    tmp_path: Path,
) -> None:
    late = SlowWait(hours=1)
    late.pause = Pause()
    async with shop(tmp_path) as here, processes(here, "one") as (one,):
        work = await ending(here, one, late)
        # It does not know that it has to name the pull request.
        with connect(store.POSTGRES[0]) as other:
            other.execute("UPDATE dirty SET seq = seq + 1")
        late.pause.over.set()
        await work
        row = await here.dirty()

    assert (row["seq"], row["due_at"]) == (2, here.ms(1))


@pytest.mark.one_file
async def test_a_delivery_waits_for_nobody_who_is_about_something_else(tmp_path: Path) -> None:
    pause = Pause()
    async with shop(tmp_path) as here, processes(here, "one") as (one,):
        await here.deliver(1)
        one.jobs = slow = SlowClaims(one.database, here.clock, "one")
        slow.stop_in(pause)

        work = await reached(pause, slow.claim_one(ONE, 7))
        await here.deliver(2)
        between = here.rows("SELECT run_owner FROM dirty ORDER BY pr")
        pause.over.set()
        await work

    assert between == [(None,), (None,)]


@pytest.mark.one_file
async def test_no_worker_waits_for_one_that_is_about_something_else(tmp_path: Path) -> None:
    pause = Pause()
    async with shop(tmp_path) as here, processes(here, "one", "two") as (one, two):
        await here.deliver(1)
        await here.deliver(2)
        await here.write(f"INSERT INTO timer VALUES ('grace:2', 0, 'grace', '{REPO}#2', 0)")
        one.jobs = slow = SlowClaims(one.database, here.clock, "one")
        slow.stop_in(pause)

        work = await reached(pause, slow.claim_one(ONE, 7))
        await two.jobs.beat("worker")
        led = await two.jobs.lead()
        await two.jobs.fire()
        claim = await two.jobs.claim_one(Subject(REPO, 2), 8)
        between = here.rows("SELECT pr, run_owner, seq FROM dirty ORDER BY pr")
        pause.over.set()
        await work

    assert led
    assert claim is not None
    assert between == [(ONE.key, None, 1), (f"{REPO}#2", "two", 2)]


QUEUED: dict[str, Any] = {"number": None, "group": "c" * 40, "control": Control.GROUP}


def push(branch: str) -> dict[str, Any]:
    """What makes an arrival a push to a branch."""
    what = Control.POLICY_PUSH if branch == "main" else Control.NONE
    about = {"event": "push", "number": None, "base_ref": branch, "matters": "base"}
    return about | {"control": what, "lane": Lane.SWEEP}


async def committed(at: Process, number: int, **more: Any) -> None:
    """What an evaluation of the pull request leaves behind."""
    claim = await at.jobs.claim_one(Subject(REPO, number), number)
    assert claim is not None
    assert await at.ledger.commit(claim, judged(**more))


async def swept(at: Process) -> None:
    """What sweeps do all the time, where nothing is amiss."""
    sweeps = SweepStore(at.database, at.clock)
    seen = head(at, "2", 2)
    assert not await sweeps.compare(REPO, [OpenPullRequest(head=seen, draft=False)], at.clock.now())
    assert await sweeps.found(REPO, [seen]) == 0
    await sweeps.later(REPO)
    await sweeps.arm("policy:7", timedelta())
    await sweeps.ended("policy:7", await sweeps.began("policy:7"), timedelta(hours=1))
    await sweeps.remember("watermark", "now")


ELSEWHERE: dict[str, Callable[[Process], Awaitable[None]]] = {
    "the App's own acts": lambda at: committed(at, 2, acts=(act(ActKind.RAISE, at),)),
    "what a person said": lambda at: committed(at, 2, acts=(act(ActKind.HOLD, at),)),
    "news of a revert": lambda at: committed(at, 2, reverted={3: act(ActKind.REMARK, at)}),
    "a push to a branch": lambda at: at.deliver(**push("topic")),
    "a push to the default branch": lambda at: at.deliver(**push("main")),
    "a merge group": lambda at: at.deliver(**QUEUED),
    "sweeps": swept,
}


@pytest.mark.one_file
@pytest.mark.parametrize("what", ELSEWHERE)
async def test_nobody_waits_for_what_is_done_elsewhere(what: str, tmp_path: Path) -> None:
    pause = Pause()
    async with shop(tmp_path) as here, processes(here, "one", "two") as (one, two):
        for number in (1, 2, 3):
            await here.deliver(number, head=head(here, str(number), number))
        two.inbox.learn(REPO, ON_BASE if what == "a push to a branch" else POLICY)
        one.jobs = slow = SlowClaims(one.database, here.clock, "one")
        slow.stop_in(pause)

        work = await reached(pause, slow.claim_one(ONE, 7))
        await ELSEWHERE[what](two)
        between = await here.dirty()
        pause.over.set()
        await work

    assert between["run_owner"] is None


@pytest.mark.one_file
async def test_a_merge_group_whose_judgement_begins_hears_what_is_said_meanwhile(
    tmp_path: Path,
) -> None:
    pause, queued = Pause(), Subject(REPO, 0, "c" * 40)
    async with shop(tmp_path) as here, processes(here, "one", "two") as (one, two):
        await here.deliver(**QUEUED)
        await here.deliver(2, head=head(here, "2", 2))
        one.jobs = slow = SlowClaims(one.database, here.clock, "one")
        slow.stop_in(pause)

        work = await reached(pause, slow.claim_one(queued, 7))
        word = asyncio.create_task(committed(two, 2, acts=(act(ActKind.HOLD, here),)))
        await pause.while_in(here, work, word)
        claim = await work
        await one.ledger.commit(claim, judged())
        await slow.finish(claim, Done())
        rows = here.rows("SELECT seq, evaluated_seq, due_at FROM dirty WHERE pr = ?", queued.key)

    assert rows == [(2, 1, here.ms(1))]


@pytest.mark.one_file
async def test_who_is_judged_by_a_known_policy_waits_for_nobody_who_writes_there(
    tmp_path: Path,
) -> None:
    policies = [StoredPolicy(scope=one, blob="b" * 40, text="x") for one in ("repo:7", "org:acme")]
    known = {"policies": policies, "relevance": POLICY, "policy_digest": "d"}
    async with shop(tmp_path) as here, processes(here, "one") as (one,):
        for number in (1, 2):
            await here.deliver(number)
        await committed(one, 1, **known)
        with connect(store.POSTGRES[0]) as other:
            other.execute("BEGIN")
            assert len(other.execute("SELECT scope FROM policy FOR UPDATE").fetchall()) == 2
            await committed(one, 2, **known)
            other.execute("ROLLBACK")

        assert here.rows("SELECT evaluated_seq FROM dirty") == [(1,), (1,)]


async def stopped_in_one(here: Shop, worker: Process, pause: Pause) -> asyncio.Task[Any]:
    """Two pull requests with heads into main; a worker in the middle of the claim of the first."""
    for number in (1, 2):
        await here.deliver(number, head=head(here, str(number), number))
    worker.jobs = slow = SlowClaims(worker.database, here.clock, worker.owner)
    slow.stop_in(pause)
    return await reached(pause, slow.claim_one(ONE, 7))


@pytest.mark.one_file
async def test_who_comes_with_one_that_has_to_wait_does_not_wait(tmp_path: Path) -> None:
    pause = Pause()
    async with shop(tmp_path) as here, processes(here, "one", "web") as (one, web):
        work = await stopped_in_one(here, one, pause)
        late = asyncio.create_task(web.deliver(**EVIDENCE))
        await asyncio.gather(*(web.deliver(**EVIDENCE | {"sha": "2" * 40}) for _ in range(3)))
        between = (late.done(), (await here.dirty(2))["seq"])
        pause.over.set()
        await asyncio.gather(work, late)
        after = await here.dirty()

    assert (between, after["seq"]) == ((False, 4), 2)


@pytest.mark.one_file
async def test_who_was_put_off_again_and_again_has_the_others_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pause = Pause()
    monkeypatch.setattr(group, "PUT_OFF_AT_MOST", 2)
    async with shop(tmp_path) as here, processes(here, "one") as (one,):
        work = await stopped_in_one(here, one, pause)
        late = asyncio.create_task(here.deliver(1))
        waited = await has_to_wait(here, late)
        pause.over.set()
        await asyncio.gather(work, late)
        row = await here.dirty()

    assert (waited, row["seq"]) == (True, 2)


@pytest.mark.one_file
@pytest.mark.parametrize("branch", ["main", "release"])
async def test_a_push_waits_for_those_alone_that_rest_on_it(branch: str, tmp_path: Path) -> None:
    pause = Pause()
    async with shop(tmp_path) as here, processes(here, "one") as (one,):
        await here.deliver(3, head=replace(head(here, "3", 3), base_ref="release"))
        here.inbox.learn(REPO, ON_BASE)
        work = await stopped_in_one(here, one, pause)
        moved = asyncio.create_task(here.deliver(**push(branch)))
        waited = await has_to_wait(here, moved)
        pause.over.set()
        await asyncio.gather(work, moved)
        seqs = here.rows("SELECT number, seq FROM dirty ORDER BY number")

    assert waited == (branch == "main")
    assert seqs == ([(1, 2), (2, 2), (3, 1)] if branch == "main" else [(1, 1), (2, 1), (3, 2)])


@pytest.mark.one_file
async def test_whose_head_a_commit_became_elsewhere_is_reached(tmp_path: Path) -> None:
    async with shop(tmp_path) as here, processes(here, "web") as (web,):
        await web.deliver(**EVIDENCE)
        await here.deliver(1, head=head(here, "1"))
        await web.deliver(**EVIDENCE)
        await here.deliver(4, head=head(here, "1", 4))
        await web.deliver(**EVIDENCE)
        seqs = here.rows("SELECT number, seq FROM dirty ORDER BY number")

    assert seqs == [(1, 3), (4, 2)]


@pytest.mark.one_file
async def test_more_things_than_a_server_has_locks_for_are_locked_as_one(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await asyncio.gather(*(here.deliver(number) for number in range(1, 402)))

        assert here.rows("SELECT count(*) FROM dirty WHERE due_at IS NOT NULL") == [(401,)]
