"""Troubles on order, and limits."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from aiohttp import ClientError

from bot.simulator import faults
from bot.simulator.acme import Acme
from bot.simulator.faults import Fault
from bot.simulator.server import Simulator
from bot.simulator.things import Pull
from tests.simulator.conftest import REPO, Hub
from tests.support.clock import START, until

COMMENTS = f"{REPO}/issues/1/comments"
QUERY = (
    '{ repository(owner: "acme", name: "orders-api") { name pullRequest(number: 1) { title } } }'
)


@pytest.fixture
def pull(sim: Simulator, at: Acme) -> Pull:
    return sim.world.open_pull_request(at.repo, at["ana"], title="T", files={"a.py": "1\n"})


@pytest.mark.parametrize(
    ("fault", "status", "header"),
    [
        (faults.html_502(), 502, ("Content-Type", "text/html")),
        (faults.primary_limit(START), 403, ("X-RateLimit-Remaining", "0")),
        (faults.primary_limit(START, status=429), 429, ("X-RateLimit-Remaining", "0")),
        (faults.secondary_limit(30), 403, ("Retry-After", "30")),
        (faults.secondary_limit(None, status=429), 429, ("Retry-After", None)),
        (faults.abuse(), 422, ("Retry-After", None)),
        (faults.answer(451, {"message": "no"}), 451, ("Retry-After", None)),
    ],
)
async def test_an_ordered_answer_comes_as_often_as_ordered(
    sim: Simulator, hub: Hub, fault: Fault, status: int, header: tuple[str, str | None]
) -> None:
    sim.fault(rf"GET {REPO}$", fault, times=2)
    got = []
    for _ in range(3):
        got.append((await hub.call("GET", REPO))[0])
        if len(got) == 1:
            assert hub.last.get(header[0]) == header[1]

    assert got == [status, status, 200]


@pytest.mark.parametrize(("done", "kept"), [(False, 0), (True, 1)])
async def test_a_cut_connection_may_or_may_not_have_done_it(
    sim: Simulator, hub: Hub, pull: Pull, done: bool, kept: int
) -> None:
    sim.fault("POST .*/comments", faults.cut(done=done))
    with pytest.raises(ClientError):
        await hub.call("POST", COMMENTS, {"body": "x"})

    assert len(pull.comments) == kept
    assert [one.status for one in sim.calls if one.fault] == [0]


async def test_a_hanging_call_ends_when_the_caller_gives_up(sim: Simulator, hub: Hub) -> None:
    sim.fault("GET", faults.hang())
    call = asyncio.ensure_future(hub.call("GET", REPO))
    await until(lambda: sim.calls[-1].line == f"GET {REPO}")
    call.cancel()
    await asyncio.wait([call])

    assert (await hub.call("GET", REPO))[0] == 200


async def test_a_query_is_answered_in_part(sim: Simulator, hub: Hub, pull: Pull) -> None:
    sim.fault("POST /graphql", faults.partial(("repository", "pullRequest"), ("no", 1, "such")))
    answer = await hub.ask(QUERY)

    assert answer["data"] == {"repository": {"name": "orders-api", "pullRequest": None}}
    assert [one["type"] for one in answer["errors"]] == ["RESOURCE_LIMITS_EXCEEDED"] * 2


async def test_an_ordered_limit_of_queries_comes_as_200(sim: Simulator, hub: Hub) -> None:
    sim.fault("POST /graphql", faults.graphql_limit(START))
    status, answer = await hub.call("POST", "/graphql", {"query": QUERY})

    assert (status, answer["errors"][0]["type"]) == (200, "RATE_LIMITED")
    assert hub.last["X-RateLimit-Reset"] == str(int(START.timestamp()))


async def test_faults_can_be_cancelled(sim: Simulator, hub: Hub) -> None:
    sim.fault(".", faults.html_502(), times=9)
    sim.heal()

    assert (await hub.call("GET", REPO))[0] == 200


async def test_a_gateway_error_may_cost_points_all_the_same(
    sim: Simulator, hub: Hub, pull: Pull
) -> None:
    await hub.ask(QUERY)
    before = int(hub.last["X-RateLimit-Remaining"])
    sim.fault("graphql", faults.html_502(done=True))
    await hub.call("POST", "/graphql", {"query": QUERY})
    await hub.ask(QUERY)

    assert int(hub.last["X-RateLimit-Remaining"]) == before - 2


@pytest.mark.parametrize("status", [403, 429])
async def test_the_primary_limit_refuses_until_its_reset(
    sim: Simulator, hub: Hub, at: Acme, status: int
) -> None:
    sim.limits.core = 1
    sim.limits.primary, sim.limits.status = True, status
    got = [(await hub.call("GET", REPO))[0] for _ in range(2)]
    left, reset = hub.last["X-RateLimit-Remaining"], int(hub.last["X-RateLimit-Reset"])
    hub.clock.advance(3_600)
    await hub.login(at.installation.id)

    assert (got, left) == ([200, status], "0")
    assert reset == int(START.timestamp()) + 3_600
    assert (await hub.call("GET", REPO))[0] == 200


async def test_the_limit_of_queries_comes_as_200(sim: Simulator, hub: Hub) -> None:
    sim.limits.graphql, sim.limits.primary = 1, True
    await hub.ask(QUERY)
    status, answer = await hub.call("POST", "/graphql", {"query": QUERY})
    _, numbers = await hub.call("GET", "/rate_limit")

    assert (status, answer["errors"][0]["type"]) == (200, "RATE_LIMITED")
    assert hub.last["X-RateLimit-Resource"] == "core"
    assert numbers["resources"]["graphql"]["remaining"] == 0


async def test_content_limits_refuse_and_let_go(sim: Simulator, hub: Hub, pull: Pull) -> None:
    sim.limits.content, sim.limits.content_per_minute = True, 2
    got = [(await hub.call("POST", COMMENTS, {"body": "x"}))[0] for _ in range(3)]
    wait = hub.last["Retry-After"]
    read = (await hub.call("GET", COMMENTS))[0]
    hub.clock.advance(61)
    after = (await hub.call("POST", COMMENTS, {"body": "x"}))[0]
    sim.limits.abuse_422, sim.limits.content_per_hour = True, 1
    abused, body = await hub.call("POST", COMMENTS, {"body": "x"})

    assert (got, wait, read, after) == ([201, 201, 403], "60", 200, 201)
    assert (abused, body["errors"][0]["code"]) == (422, "abuse")


async def test_points_count_writes_five_times(sim: Simulator, hub: Hub, pull: Pull) -> None:
    sim.limits.points, sim.limits.points_per_minute = True, 11
    sim.limits.retry_after = None
    got = [(await hub.call("POST", COMMENTS, {"body": "x"}))[0] for _ in range(2)]
    got += [(await hub.call("GET", REPO))[0] for _ in range(2)]

    assert got == [201, 201, 200, 403]
    assert "Retry-After" not in hub.last
    assert (await hub.ask(QUERY))["data"]["repository"]["name"] == "orders-api"


async def test_too_many_at_once_are_refused(sim: Simulator, hub: Hub) -> None:
    sim.limits.concurrency, sim.limits.concurrent = True, 1
    sim.fault("meta", faults.hang())
    call = asyncio.ensure_future(hub.call("GET", "/meta"))
    await until(lambda: sim.calls[-1].path == "/meta")
    status, _ = await hub.call("GET", REPO)
    call.cancel()
    await asyncio.wait([call])

    assert status == 403


async def test_an_answer_can_break_in_the_middle_of_its_body(sim: Simulator, hub: Hub) -> None:
    sim.fault("GET", faults.half())

    with pytest.raises(ClientError):
        await hub.call("GET", REPO)
    assert sim.calls[-1].status == 0


async def test_an_answer_can_end_early_as_if_it_were_whole(sim: Simulator, hub: Hub) -> None:
    sim.fault("GET", faults.truncated())

    with pytest.raises(ValueError, match=r"."):
        await hub.call("GET", REPO)
    assert (await hub.call("GET", REPO))[0] == 200


async def test_trouble_can_be_meant_for_one_installation(sim: Simulator, hub: Hub) -> None:
    home = next(iter(sim.world.installations.values()))
    other = replace(home, id=home.id + 1)
    sim.fault("GET", faults.html_502(), only=other)
    spared = (await hub.call("GET", REPO))[0]
    sim.fault("GET", faults.html_502(), only=home)

    assert (spared, (await hub.call("GET", REPO))[0]) == (200, 502)
