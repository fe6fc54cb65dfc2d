from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.clock import SystemClock
from bot.errors import Gone, Limited, Transient, Trouble
from bot.github.client import GitHub, GitHubSettings
from bot.github.reconcile import open_heads, open_pull_requests
from bot.github.sweep import Logged, Memory, grouped, installations, missed_deliveries, planned
from bot.model.arrival import RepoSeen
from bot.model.seen import CheckSeen, Missed
from bot.simulator.acme import Acme, acme
from bot.simulator.faults import Fault, answer
from bot.simulator.server import Simulator
from tests.contract.published import Contract
from tests.github.little import INSTALLATION, REPO_ID, Bench, Reply, Seen, reply
from tests.support.clock import START

LOG = "GET /app/hook/deliveries"
FLIGHT = timedelta(seconds=12)
SLOW = {"message": "You have exceeded a secondary rate limit."}
LONG_AGO = START - timedelta(days=30)


def row(number: int, event: str = "pull_request", *, age: float = 60, **more: Any) -> Any:
    at = START - timedelta(seconds=age)
    return {
        "id": number,
        "guid": f"g{number}",
        "delivered_at": at.isoformat(),
        "redelivery": False,
        "status_code": 502,
        "event": event,
        "action": "opened",
        "installation_id": INSTALLATION,
        "repository_id": REPO_ID,
    } | more


def log(bench: Bench, *rows: Any) -> None:
    bench.server.on(LOG, reply(200, sorted(rows, key=lambda one: one["delivered_at"])[::-1]))
    for one in rows:
        bench.server.on(f"POST /app/hook/deliveries/{one['id']}/attempts", reply(202, {}))


async def sweep(
    bench: Bench, *, held: tuple[str, ...] = (), since: datetime = LONG_AGO, **more: Any
) -> Missed:
    async def ours(guids: frozenset[str]) -> set[str]:
        return set(held) & guids

    memory = more.get("memory") or Memory()
    return await missed_deliveries(bench.github, bench.clock, ours, since, memory)


async def test_what_we_do_not_hold_is_asked_for_whatever_github_says_became_of_it(
    bench: Bench,
) -> None:
    log(bench, row(1), row(2, status_code=200), row(3, status_code=504), row(4))

    missed = await sweep(bench, held=("g4",))

    assert missed == Missed(asked=("g1", "g2", "g3"), watermark=START - timedelta(seconds=60))


async def test_what_is_in_flight_or_older_than_the_store_is_left_alone(bench: Bench) -> None:
    pending: Any = {"status_code": 0}
    ci = row(5, "status", age=11, **pending)
    young, old = row(1, age=11, **pending), row(2, age=13, **pending)
    log(bench, young, old, row(3, age=7300), row(4, age=7100), ci)

    missed = await sweep(bench, since=START - timedelta(hours=2))

    assert (missed.asked, missed.reconcile) == (("g4", "g2"), frozenset())
    assert missed.watermark == START - timedelta(seconds=7100)


async def test_what_was_refused_a_moment_ago_is_asked_for_at_once(bench: Bench) -> None:
    log(bench, row(1, age=0.2), row(2, age=1, status_code=504))

    missed = await sweep(bench)

    assert missed.asked == ("g2", "g1")


async def test_the_second_in_which_the_store_was_made_counts_as_after_it(bench: Bench) -> None:
    log(bench, row(1, age=1))

    missed = await sweep(bench, since=START - timedelta(seconds=1) + timedelta(milliseconds=900))

    assert missed.asked == ("g1",)


async def test_ci_events_are_compared_and_buttons_are_asked_for(bench: Bench) -> None:
    pressed = row(4, "check_run", action="requested_action")
    log(bench, row(1, "check_run", action="completed"), row(2, "status", repository_id=9), pressed)

    memory = Memory()
    missed = await sweep(bench, memory=memory)

    assert missed.asked == ("g4",)
    assert missed.reconcile == {(INSTALLATION, REPO_ID), (INSTALLATION, 9)}
    assert (await sweep(bench, memory=memory)).reconcile == frozenset()


async def test_pings_events_we_do_not_know_and_broken_rows_are_passed_over(bench: Bench) -> None:
    odd: list[Any] = [{"guid": "x", "delivered_at": "never"}, 5, row(1, "ping"), row(2, "fork")]
    bench.server.on(LOG, reply(200, odd))

    assert (await sweep(bench)).asked == ()


async def test_an_attempt_is_repeated_after_one_and_five_minutes_and_given_up_after_thirty(
    bench: Bench,
) -> None:
    log(bench, row(1))
    memory = Memory()
    asked: list[int] = []
    given_up: list[int] = []
    for minute in range(45):
        missed = await sweep(bench, memory=memory)
        asked += [minute] if missed.asked else []
        given_up += [minute] if missed.given_up else []
        bench.clock.advance(60)

    assert (asked, given_up) == ([0, 1, 6], [36])


async def test_the_last_of_the_apps_own_calls_are_left_to_tokens(bench: Bench) -> None:
    reset = str(int(bench.clock.now().timestamp()) + 600)
    told = {"X_RateLimit_Limit": "100", "X_RateLimit_Remaining": "12", "X_RateLimit_Reset": reset}
    bench.server.on(LOG, reply(200, [], **told))
    await sweep(bench)

    with pytest.raises(Limited):
        await sweep(bench)


async def test_giving_up_leads_to_a_look_at_the_repository(bench: Bench) -> None:
    tries = [row(9, guid="g", age=7200 - at, redelivery=at > 0) | {"id": at} for at in range(4)]
    log(bench, *tries)

    missed = await sweep(bench)

    assert missed.given_up == ("g",)
    assert missed.reconcile == {(INSTALLATION, REPO_ID)}


async def test_a_delivery_that_github_no_longer_has_is_given_up(bench: Bench) -> None:
    log(bench, row(1), row(2))
    bench.server.on("POST /app/hook/deliveries/1/attempts", reply(404, {"message": "Not Found"}))

    missed = await sweep(bench)

    assert (missed.asked, missed.given_up) == (("g2",), ("g1",))
    assert missed.reconcile == {(INSTALLATION, REPO_ID)}


async def test_the_log_is_read_down_to_the_watermark_and_no_further(bench: Bench) -> None:
    async def pages(seen: Seen) -> Reply:
        page = int(seen.query.rpartition("cursor=")[2] if "cursor" in seen.query else 0)
        link = f'<{bench.server.url}/app/hook/deliveries?cursor={page + 1}>; rel="next"'
        return reply(200, [row(page, age=page * 300 + 60)], Link=link)

    bench.server.script[LOG] = pages
    memory = Memory(watermark=START)
    await sweep(bench, memory=memory, held=("g0", "g1", "g2"))

    assert bench.server.lines() == [LOG] * 3
    assert memory.watermark == START - timedelta(seconds=60)


async def test_a_log_that_leads_to_itself_is_read_once_and_not_believed(bench: Bench) -> None:
    link = f'<{bench.server.url}/app/hook/deliveries?cursor=1>; rel="next"'
    bench.server.on(LOG, reply(200, [row(1)], Link=link))

    with pytest.raises(Transient, match="no end"):
        await sweep(bench)

    assert len(bench.server.lines()) == 2


@pytest.mark.parametrize("broken", [[row(0, age=30), {"guid": "x"}], [5], {}, None])
async def test_a_broken_page_is_not_taken_for_the_end_of_the_log(bench: Bench, broken: Any) -> None:
    async def pages(seen: Seen) -> Reply:
        if "cursor" in seen.query:
            return reply(200, [row(1, age=1200), row(2, age=4000)])
        link = f'<{bench.server.url}/app/hook/deliveries?cursor=1>; rel="next"'
        return reply(200, whole.pop(0), Link=link)

    whole: list[Any] = [broken, [row(0, age=30)]]
    bench.server.script[LOG] = pages
    bench.server.on("POST /app/hook/deliveries/1/attempts", reply(202, {}))
    memory = Memory(watermark=START - timedelta(hours=1))
    if not isinstance(broken, list):
        with pytest.raises(Transient):
            await sweep(bench, memory=memory)

    assert (await sweep(bench, memory=memory, held=("g0", "g2"))).asked == ("g1",)


async def test_a_pass_reads_what_is_new_and_each_tenth_what_may_have_been_logged_late(
    bench: Bench,
) -> None:
    given_up = row(9, age=250, attempts=4, redelivery=True)

    async def pages(seen: Seen) -> Reply:
        """A delivery each half a minute, ten of them a page, all of them held but one."""
        page = int(seen.query.rpartition("cursor=")[2] if "cursor" in seen.query else 0)
        now = (bench.clock.now() - START).total_seconds()
        rows = [row(100 + nth, age=nth * 30 - now) for nth in range(page * 10, page * 10 + 10)]
        link = f'<{bench.server.url}/app/hook/deliveries?cursor={page + 1}>; rel="next"'
        return reply(200, [*rows[:9], given_up, rows[9]] if page == 0 else rows, Link=link)

    bench.server.script[LOG] = pages
    bench.server.on("POST /app/hook/deliveries/9/attempts", reply(404))
    memory, read, gave_up = Memory(watermark=START), list[int](), list[str]()
    for _ in range(22):
        before = len(bench.server.lines())
        missed = await sweep(bench, memory=memory, held=tuple(f"g{nth}" for nth in range(100, 200)))
        read.append(bench.server.lines()[before:].count(LOG))
        gave_up += missed.given_up
        bench.clock.advance(60)

    assert read == [3, *[1] * 9, 3, *[1] * 9, 3, 1]
    assert gave_up == ["g9"]


@pytest.mark.parametrize("status", [401, 403, 408, 409, 500])
async def test_a_pass_that_breaks_off_is_made_up_for_by_the_next(bench: Bench, status: int) -> None:
    log(bench, row(1), row(2))
    bench.server.on("POST /app/hook/deliveries/2/attempts", reply(status))
    memory = Memory()
    with pytest.raises(Trouble):
        await sweep(bench, memory=memory)
    bench.server.on("POST /app/hook/deliveries/2/attempts", reply(202, {}))

    assert (await sweep(bench, memory=memory)).asked == ("g2",)


def logged(number: int, event: str = "pull_request", **more: Any) -> Logged:
    return grouped([row(number, event, **more)])[f"g{number}"]


def test_at_most_a_hundred_are_asked_for_in_one_pass_oldest_first() -> None:
    missing = [logged(number, age=1000 - number) for number in range(150)]

    plan = planned(missing, {}, START, FLIGHT)

    assert [one.guid for one in plan.ask] == [f"g{number}" for number in range(100)]
    assert len(plan.later) == 50


def test_after_a_restore_only_what_may_carry_acts_is_asked_for_again() -> None:
    good = [logged(number, age=900 - number, status_code=200) for number in range(501)]
    acts = [
        logged(1000, "issue_comment", status_code=200),
        logged(1001, "pull_request", action="edited", status_code=200),
        logged(1002, "pull_request_review", status_code=200),
        logged(1003, "push", status_code=502),
    ]

    plan = planned([*good, *acts], {}, START, FLIGHT)

    assert [one.guid for one in plan.ask] == ["g1000", "g1001", "g1002", "g1003"]
    assert plan.compared == tuple(good)


class LaterClock(SystemClock):
    """A minute later than it is: nothing is in flight any more."""

    def now(self) -> datetime:
        return super().now() + timedelta(minutes=1)


@dataclass(kw_only=True)
class Town:
    """acme on a simulated GitHub, and a door to it."""

    sim: Simulator
    acme: Acme
    github: GitHub


@pytest.fixture
async def town() -> AsyncIterator[Town]:
    clock = SystemClock()
    async with Simulator(clock=clock) as sim:
        settings = GitHubSettings(
            api_url=sim.api_url, app_id=str(sim.app_id), private_keys=(sim.private_key_pem,)
        )
        async with GitHub(settings, clock) as github:
            contract = Contract()
            watcher: Any = contract.observe
            sim.observe(watcher)
            yield Town(sim=sim, acme=acme(sim.world), github=github)
            assert contract.violations == []


async def test_installations_are_seen_with_what_they_grant_and_cover(town: Town) -> None:
    other = town.sim.world.install(town.sim.world.organisation("other"))
    town.sim.world.suspend(other)

    first, second = await installations(town.github)

    assert (first.id, first.account, first.suspended_at) == (
        town.acme.installation.id,
        "acme",
        None,
    )
    assert first.permissions == town.acme.installation.permissions
    assert first.repositories == (
        RepoSeen(id=town.acme.repo.id, full_name="acme/orders-api", default_branch="main"),
    )
    assert second.suspended_at is not None
    assert second.repositories is None


@pytest.mark.parametrize("fault", [answer(502), answer(403, SLOW, Retry_After="3600")])
async def test_an_installation_in_trouble_keeps_none_of_the_others_from_being_seen(
    town: Town, fault: Fault
) -> None:
    other = town.sim.world.install(town.sim.world.organisation("other"))
    town.sim.fault("GET /installation/repositories", fault, 100, only=town.acme.installation)

    first, second = await installations(town.github)

    assert (first.id, first.repositories) == (town.acme.installation.id, None)
    assert (second.id, second.repositories) == (other.id, ())


async def test_a_list_of_installations_that_breaks_off_is_none(bench: Bench) -> None:
    link = f'<{bench.server.url}/app/installations?page=2>; rel="next"'
    bench.server.on("GET /app/installations", reply(200, [], Link=link))

    with pytest.raises(Transient):
        await installations(bench.github)


async def test_a_missed_delivery_arrives_after_it_was_asked_for(town: Town) -> None:
    world, home = town.sim.world, town.acme
    world.open_pull_request(home.repo, home["ana"], files={"a.txt": "a"})
    await town.sim.settle()
    refused = [one for one in town.sim.deliveries.log if one.event == "pull_request"]

    async def nothing(guids: frozenset[str]) -> set[str]:
        return set()

    clock = LaterClock()
    missed = await missed_deliveries(town.github, clock, nothing, LONG_AGO, Memory())

    assert {one.guid for one in refused} <= set(missed.asked)
    again = [one for one in town.sim.deliveries.log if one.redelivery]
    assert {one.guid for one in again} == set(missed.asked)


async def test_open_pull_requests_are_seen_with_our_check(town: Town) -> None:
    world, home = town.sim.world, town.acme
    ours = world.open_pull_request(home.repo, home["ana"], files={"a.txt": "a"})
    theirs = world.open_pull_request(
        home.repo, home["kim"], files={"b.txt": "b"}, fork=True, draft=True
    )
    client = town.github.installation(home.installation.id)
    path = "/repos/acme/orders-api/check-runs"
    body = {
        "name": "handoff",
        "head_sha": ours.head_sha,
        "external_id": "h1.1.x",
        "status": "completed",
        "conclusion": "failure",
    }
    run = (await client.send("POST", path, body, repo_id=home.repo.id)).data

    seen, _ = await open_pull_requests(
        client, "acme/orders-api", home.repo.id, check="handoff", app_id=town.sim.app_id
    )
    cost = town.sim.calls[-1].cost
    heads = await open_heads(client, "acme/orders-api", home.repo.id)

    assert cost == 2
    assert [(one.head.number, one.head.fork, one.draft) for one in seen] == [
        (ours.number, False, False),
        (theirs.number, True, True),
    ]
    assert [one.check for one in seen] == [
        CheckSeen(id=run["id"], status="completed", conclusion="failure", external_id="h1.1.x"),
        None,
    ]
    assert sorted(heads, key=lambda one: one.number) == [one.head for one in seen]


PULL = {
    "number": 1,
    "headRefOid": "a" * 40,
    "baseRefName": "main",
    "baseRefOid": "b" * 40,
    "isDraft": False,
    "isCrossRepository": False,
    "updatedAt": "2026-03-02T09:00:00Z",
    "commits": {"nodes": [{"commit": {"checkSuites": None}}]},
}


def page(number: int, *, more: bool, **changes: Any) -> Reply:
    pulls = {
        "pageInfo": {"hasNextPage": more, "endCursor": f"c{number}"},
        "nodes": [PULL | {"number": number}, None],
    }
    repository = {"databaseId": REPO_ID, "pullRequests": pulls} | changes
    return reply(200, {"data": {"repository": repository}})


async def reconcile(bench: Bench) -> tuple[list[int], bool]:
    seen, whole = await open_pull_requests(
        bench.client, "acme/api", REPO_ID, check="handoff", app_id=None
    )
    return [one.head.number for one in seen], whole


async def test_open_pull_requests_are_read_page_by_page(bench: Bench) -> None:
    bench.server.on("POST /graphql", page(1, more=True), page(2, more=False))

    assert await reconcile(bench) == ([1, 2], True)
    assert [one["variables"]["after"] for one in bench.server.bodies("POST /graphql")] == [
        None,
        "c1",
    ]


async def test_open_pull_requests_without_an_end_are_no_list(bench: Bench) -> None:
    """Nor is it followed for long."""
    bench.server.on("POST /graphql", page(1, more=True))

    with pytest.raises(Transient, match="no end"):
        await reconcile(bench)

    assert len(bench.server.bodies("POST /graphql")) == 2


async def test_of_too_many_open_pull_requests_the_first_are_seen(bench: Bench) -> None:
    """Else they would all be read again a minute later, and none of them compared."""
    bench.server.on("POST /graphql", *(page(nth, more=True) for nth in range(201)))

    assert await reconcile(bench) == (list(range(200)), False)


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        (reply(200, {"data": {"repository": None}, "errors": [{"type": "NOT_FOUND"}]}), Gone),
        (reply(200, {"data": {"repository": None}}), Transient),
        (page(1, more=False, databaseId=8), Gone),
        (page(1, more=False, pullRequests=None), Transient),
    ],
)
async def test_a_listing_that_cannot_be_trusted_is_none(
    bench: Bench, answer: Reply, trouble: type[Exception]
) -> None:
    bench.server.on("POST /graphql", answer)

    with pytest.raises(trouble):
        await reconcile(bench)
