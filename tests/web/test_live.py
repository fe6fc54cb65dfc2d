"""Health as balancers and containers ask for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession

from tests.support.clock import until
from tests.web.doubles import Served, serving


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    async with serving() as one:
        yield one


async def get(url: str) -> tuple[int, object]:
    async with ClientSession() as session, session.get(url) as answer:
        if answer.content_type == "application/json":
            return answer.status, await answer.json()
        return answer.status, await answer.text()


async def test_a_process_is_alive_whatever_the_store_does(served: Served) -> None:
    served.inbox.trouble = True

    answer = await get(served.url + "/healthz")

    assert answer == (200, {"state": "alive", "loop_lag_seconds": 0.0})


async def test_a_loop_that_does_not_keep_up_is_not_alive(served: Served) -> None:
    watch = asyncio.ensure_future(served.health.watch())
    await until(lambda: served.clock.sleeping == 1)
    served.clock.advance(6.0)
    await until(lambda: served.clock.sleeping == 1)
    lagging = await get(served.url + "/healthz")
    served.clock.advance(0.5)
    await until(lambda: served.clock.sleeping == 1)
    recovered = await get(served.url + "/healthz")
    watch.cancel()

    assert lagging == (503, {"state": "lagging", "loop_lag_seconds": 5.5})
    assert recovered == (200, {"state": "alive", "loop_lag_seconds": 0.0})
    assert served.counted("handoff_loop_lag_seconds 0.0")


async def test_a_server_is_ready_when_its_store_commits(served: Served) -> None:
    assert await get(served.url + "/readyz") == (200, {"state": "ready"})
    assert served.inbox.commits == 1


async def test_one_commit_answers_for_two_seconds(served: Served) -> None:
    await asyncio.gather(*(get(served.url + "/readyz") for _ in range(5)))
    within = served.inbox.commits
    served.clock.advance(2.0)
    await get(served.url + "/readyz")

    assert (within, served.inbox.commits) == (1, 2)


async def test_a_store_in_trouble_is_not_ready(served: Served) -> None:
    served.inbox.trouble = True

    assert await get(served.url + "/readyz") == (503, {"state": "store"})


async def test_a_draining_server_is_not_ready(served: Served) -> None:
    served.health.draining = True

    assert await get(served.url + "/readyz") == (503, {"state": "draining"})
    assert served.inbox.commits == 0


async def test_metrics_are_on_the_admin_port_only(served: Served) -> None:
    there = await get(served.admin_url + "/metrics")

    assert there[0] == 200
    assert 'handoff_process_info{build="b1",role="all"} 1.0' in str(there[1]).splitlines()
    assert (await get(served.url + "/metrics"))[0] == 404


async def test_the_version_is_on_the_admin_port_only(served: Served) -> None:
    assert await get(served.admin_url + "/version") == (200, {"name": "handoff"})
    assert (await get(served.url + "/version"))[0] == 404


async def test_the_admin_port_answers_for_health_too(served: Served) -> None:
    assert (await get(served.admin_url + "/healthz"))[0] == 200
    assert (await get(served.admin_url + "/readyz"))[0] == 200


async def test_a_server_in_which_nobody_judges_is_not_ready(served: Served) -> None:
    served.health.supervised = False

    assert await get(served.url + "/readyz") == (503, {"state": "supervisor"})


async def test_a_server_that_can_begin_nothing_is_not_ready(served: Served) -> None:
    served.health.able = lambda: False

    assert await get(served.url + "/readyz") == (503, {"state": "supervisor"})


async def test_schemas_are_for_everybody(served: Served) -> None:
    assert await get(served.url + "/schema/a.json") == (200, {"type": "object"})
    assert (await get(served.url + "/schema/b.json"))[0] == 404
