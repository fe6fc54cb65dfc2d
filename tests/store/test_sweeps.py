"""Sweeps come back until they are done, and find what no event told of."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.model.arrival import RepoSeen
from bot.model.claim import Done, GoneForGood
from bot.model.effect import external_id_of
from bot.model.keeping import Receipt
from bot.model.relevance import Relevance
from bot.model.seen import CheckSeen, InstallationSeen, OpenPullRequest
from tests.store.shop import HOME, REPO, Shop, head, judged, shop
from tests.store.test_outbox import check, comment, plan

MINUTE = timedelta(minutes=1)


async def settled(here: Shop) -> CheckSeen:
    """A pull request that was judged and published; its check as GitHub shows it."""
    await here.deliver(head=head(here, "a"))
    claim = await here.one()
    await here.ledger.commit(claim, judged(check("1 of 2")))
    (row,) = await here.ledger.outbox(claim)
    await here.ledger.sending(claim, row)
    await here.ledger.sent(claim, row, Receipt(remote_id=77))
    await here.claims.finish(claim, Done())
    here.clock.advance(120)
    external = external_id_of(row.gen, row.digest)
    return CheckSeen(id=77, status="completed", conclusion="failure", external_id=external)


async def compare(
    here: Shop, *seen: OpenPullRequest, since: datetime | None = None, whole: bool = True
) -> list[str]:
    asked = since or here.clock.now()
    return list(await here.sweeps.compare(REPO, seen, asked, whole=whole))


def shown(here: Shop, sha: str, run: CheckSeen | None, at: float = -120) -> OpenPullRequest:
    return OpenPullRequest(head=head(here, sha, at=at), draft=False, check=run)


async def test_n16_what_is_as_we_know_it_is_left_alone(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        run = await settled(here)

        assert await compare(here, shown(here, "a", run)) == []
        assert await here.take() == []


@pytest.mark.parametrize(
    ("sha", "at", "check_is"),
    [("c", -1, "ours"), ("a", -1, "ours"), ("a", -120, "another"), ("a", -120, "none")],
    ids=["another head", "changed since", "another check", "no check"],
)
async def test_n16_what_no_event_told_of_is_found(
    sha: str, at: float, check_is: str, tmp_path: Path
) -> None:
    async with shop(tmp_path) as here:
        run = await settled(here)
        runs = {"ours": run, "another": replace(run, external_id="h1.9.0"), "none": None}
        drift = await compare(here, shown(here, sha, runs[check_is], at))

        assert drift == ["head" if check_is == "ours" else "check"]
        assert (await here.one()).evaluate


async def test_n16_a_check_that_is_not_ours_as_written_is_written_again(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        run = await settled(here)
        stale = replace(run, external_id="h1.9.0000")
        await compare(here, shown(here, "a", stale))
        claim = await here.one()
        await here.ledger.commit(claim, judged(check("1 of 2")))

        (row,) = await here.ledger.outbox(claim)
        # The check that stands was written by a store that was newer.
        assert row.gen == 10
        await here.ledger.sent(claim, row, Receipt(remote_id=77, gen=12))
        assert here.rows("SELECT gen FROM published") == [(12,)]


@pytest.mark.parametrize("shows", ["another check", "no check"])
@pytest.mark.parametrize(("asked", "drift"), [(-120, []), (-119, ["check"])])
async def test_n5_what_was_written_after_github_was_asked_is_not_written_again(
    shows: str, asked: float, drift: list[str], tmp_path: Path
) -> None:
    async with shop(tmp_path) as here:
        before = replace(await settled(here), external_id="h1.0.0000")
        told = shown(here, "a", before if shows == "another check" else None)
        since = here.clock.now() + timedelta(seconds=asked)

        assert await compare(here, told, since=since) == drift


async def test_n16_a_pull_request_that_nobody_knew_is_judged(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await settled(here)
        new = OpenPullRequest(head=head(here, "d", 8), draft=False)

        assert await compare(here, new) == ["head"]
        assert [claim.subject.number for claim in await here.take()] == [1, 8]


async def test_n16_one_that_was_wrongly_thought_gone_is_found(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await here.deliver(head=head(here, "a"))
        await here.claims.finish(await here.one(), GoneForGood("404"))
        here.clock.advance(60)

        assert await compare(here, shown(here, "a", None)) == ["head"]


async def test_n16_what_vanished_is_closed_and_looked_at(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await settled(here)
        drift = await compare(here)

        assert drift == []
        assert here.rows("SELECT open FROM head_index") == [(0,)]
        assert (await here.one()).evaluate


@pytest.mark.parametrize("shows", ["nothing", "another head"])
async def test_n16_who_shared_the_head_of_what_left_it_is_looked_at(
    shows: str, tmp_path: Path
) -> None:
    async with shop(tmp_path) as here:
        run = await settled(here)
        await here.deliver(9, head=head(here, "a", 9))
        await here.claims.finish(await here.one(), Done())
        here.clock.advance(120)
        moved = OpenPullRequest(head=head(here, "b", 9), draft=False)
        await compare(here, shown(here, "a", run, -300), *([moved] if shows != "nothing" else ()))

        assert [claim.subject.number for claim in await here.take()] == [1, 9]


async def test_n16_nothing_has_vanished_from_a_list_that_is_cut_off(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await settled(here)
        await here.deliver(9, head=head(here, "e", 9))
        here.clock.advance(120)
        drift = await compare(here, shown(here, "c", None), whole=False)

        assert drift == ["head"]
        assert here.rows("SELECT number FROM head_index WHERE open = 0 AND current = 1") == []


async def test_n1_one_that_was_opened_while_the_list_was_read_stays_open(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await settled(here)
        since = here.clock.now()
        here.clock.advance(3)
        await here.deliver(9, head=head(here, "e", 9))
        await compare(here, since=since)

        assert here.rows("SELECT number, open FROM head_index ORDER BY number") == [(1, 0), (9, 1)]


async def test_each_repository_comes_again_in_its_own_quarter_of_an_hour(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await here.deliver()
        waits = set()
        for _ in range(12):
            here.clock.advance(7)
            await here.sweeps.later(REPO)
            ((due,),) = here.rows("SELECT reconcile_at FROM repository")
            waits.add((due - here.ms()) // 1000)

        assert all(720 <= wait <= 1080 for wait in waits)
        assert len(waits) > 6


async def test_n11_a_sweep_that_was_cut_short_comes_back(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await here.sweeps.arm("policy:7", timedelta())
        first = await here.claims.fire()
        began = await here.sweeps.began("policy:7")
        here.clock.advance(61)
        meanwhile = await here.claims.fire()
        await here.sweeps.ended("policy:7", began, MINUTE)
        here.clock.advance(61)

        assert (first, meanwhile) == ([("policy", "policy:7")], [])
        assert await here.claims.fire() == [("policy", "policy:7")]


async def test_n1_a_sweep_that_died_comes_back_with_the_next_start(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await here.sweeps.arm("policy:7", timedelta())
        await here.claims.fire()
        await here.sweeps.began("policy:7")
        here.reopen()
        await here.claims.recover()
        await here.sweeps.look_at_all()

        assert await here.claims.fire() == [("policy", "policy:7")]


async def test_a_sweep_that_is_done_is_done(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await here.sweeps.arm("policy:7", timedelta())
        await here.claims.fire()
        await here.sweeps.ended("policy:7", await here.sweeps.began("policy:7"), None)
        here.clock.advance(86_400)

        assert await here.claims.fire() == []


async def test_whoever_asks_again_does_not_put_a_sweep_off(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await here.sweeps.arm("policy:7", timedelta(seconds=5))
        here.clock.advance(4)
        await here.sweeps.arm("policy:7", timedelta(seconds=5))
        here.clock.advance(1)

        assert await here.claims.fire() == [("policy", "policy:7")]


async def test_n1_what_is_asked_for_during_a_sweep_is_done_after_it(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await here.sweeps.arm("policy:7", timedelta())
        await here.claims.fire()
        began = await here.sweeps.began("policy:7")
        await here.sweeps.arm("policy:7", timedelta(seconds=5))
        await here.sweeps.ended("policy:7", began, None)
        here.clock.advance(6)

        assert await here.claims.fire() == [("policy", "policy:7")]


async def listed(
    here: Shop, *repos: int, suspended: datetime | None = None, changed: bool = False
) -> None:
    seen = [RepoSeen(id=one, full_name=f"acme/{one}", default_branch="main") for one in repos]
    one = InstallationSeen(
        id=HOME,
        account="acme",
        changed=changed,
        suspended_at=suspended,
        repositories=tuple(seen),
    )
    await here.sweeps.listed([one])


async def test_n9_a_return_that_was_never_told_wakes_everything(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await settled(here)
        await listed(here, REPO, suspended=here.clock.now())
        await here.deliver()
        silent = await here.take()
        await listed(here, REPO)
        here.clock.advance(1)

        assert silent == []
        assert len(await here.take()) == 1


async def test_what_grants_something_else_is_judged_anew(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await settled(here)
        await listed(here, REPO)
        same = await here.take()
        await listed(here, REPO, changed=True)
        here.clock.advance(1)

        assert (len(same), len(await here.take())) == (0, 1)


async def test_what_is_no_more_listed_left_at_the_first_time_it_was_missing(
    tmp_path: Path,
) -> None:
    async with shop(tmp_path) as here:
        await here.deliver()
        await listed(here, REPO, 8)
        here.clock.advance(3600)
        await listed(here, 8)
        gone = here.ms()
        here.clock.advance(3600)
        await listed(here, 8)
        await here.sweeps.listed([])
        left = here.ms()
        here.clock.advance(3600)
        await here.sweeps.listed([])

        assert here.rows("SELECT id, removed_at FROM repository ORDER BY id") == [
            (REPO, gone),
            (8, None),
        ]
        assert here.rows("SELECT removed_at FROM installation") == [(left,)]


async def test_what_was_never_listed_is_not_thought_gone(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await here.deliver()
        await here.sweeps.listed([])

        assert len(await here.take()) == 1


async def test_what_was_given_up_is_compared_at_once(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await here.deliver()
        await here.sweeps.later(REPO)
        early = await here.sweeps.due_for_reconcile()
        await here.sweeps.look_at({(HOME, 0)})

        assert early == []
        assert await here.sweeps.due_for_reconcile() == [REPO]
        assert await here.claims.fire() == [("reconcile", "reconcile")]


@pytest.mark.parametrize(("kind", "drift"), [("ci-deadline", []), ("grace", ["overdue"])])
async def test_a_check_that_waits_for_no_moment_is_found(
    kind: str, drift: list[str], tmp_path: Path
) -> None:
    async with shop(tmp_path) as here:
        run = replace(await settled(here), status="in_progress", conclusion=None)
        key, due = f"{kind}:7#1", here.ms(60)
        await here.write("INSERT INTO timer VALUES (?, ?, ?, '7#1', 9)", key, due, kind)

        assert await compare(here, shown(here, "a", run)) == drift


async def test_every_policy_is_looked_at_once_a_day(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await here.deliver()
        rule = Relevance(policy=True)
        await here.ledger.commit(await here.one(), judged(relevance=rule, policy_digest="d"))
        other = RepoSeen(id=8, full_name="acme/.github")
        await here.deliver(repo=other)
        await here.deliver(repo=RepoSeen(id=9, full_name="acme/without"))
        looked = []
        for hours in (0, 23, 2):
            here.clock.advance(hours * 3600)
            await here.sweeps.look_at_policies()
            looked.append([key for (key,) in here.rows("SELECT key FROM timer ORDER BY key")])
            await here.write("DELETE FROM timer")

        assert looked == [["policy:7", "policy:8"], [], ["policy:7", "policy:8"]]


@pytest.mark.parametrize(("known", "woken"), [(None, [1]), ("a", [1]), ("c", [])])
async def test_the_payload_names_pull_requests_of_which_no_head_is_known(
    known: str | None, woken: list[int], tmp_path: Path
) -> None:
    async with shop(tmp_path) as here:
        if known is not None:
            await here.deliver(head=head(here, known))
            await here.run()
            here.clock.advance(60)
        about: Any = {"event": "check_run", "number": None, "sha": "a" * 40, "beside": (1,)}
        await here.deliver(**about)

        assert [one.subject.number for one in await here.take()] == woken


async def test_a_store_that_was_put_back_looks_first_and_asks_for_all_that_is_logged(
    tmp_path: Path,
) -> None:
    async with shop(tmp_path) as here:
        await here.sweeps.accept_since()
        await here.sweeps.remember("watermark", "then")
        claim = await plan(here, check("1 of 2"), comment())
        (first, _) = await here.ledger.outbox(claim)
        await here.ledger.sent(claim, first, Receipt(remote_id=1))
        here.clock.advance(9)
        await here.sweeps.recover()

        assert here.rows("SELECT state FROM published") == [("unsure",)]
        assert here.rows("SELECT state FROM outbox") == [("uncertain",)]
        assert (await here.dirty())["run_owner"] is None
        assert await here.sweeps.meta("watermark") is None
        assert await here.sweeps.accept_since() == here.clock.now() - timedelta(days=7)
        assert await here.ledger.whole_since() == here.clock.now()
        here.clock.advance(9)
        await here.sweeps.recover()
        assert await here.sweeps.accept_since() == here.clock.now() - timedelta(days=7, seconds=9)
