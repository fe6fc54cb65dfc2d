"""Webhooks: what arrives, what fails, and what the log says."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web

from bot.simulator.acme import Acme
from bot.simulator.server import Simulator
from tests.simulator.conftest import Hub, Inbox
from tests.support.clock import FakeClock, until


async def test_a_failed_delivery_is_not_repeated_but_can_be_asked_for(
    sim: Simulator, at: Acme, hub: Hub, inbox: Inbox
) -> None:
    await sim.settle()
    inbox.got.clear()
    inbox.status = 503
    pull = sim.world.open_pull_request(at.repo, at["ana"], files={"a": "1\n"})
    sim.world.label(pull, at["ana"], "x")
    await sim.settle()
    _, failed = await hub.app("GET", "/app/hook/deliveries?per_page=100&status=failure")
    labelled = next(one for one in failed if one["action"] == "labeled")
    inbox.status = 202
    status, _ = await hub.app("POST", f"/app/hook/deliveries/{labelled['id']}/attempts")
    await sim.settle()
    _, newest = await hub.app("GET", "/app/hook/deliveries?per_page=1")

    assert inbox.events().count("pull_request") == 3
    assert (status, newest[0]["guid"], newest[0]["redelivery"]) == (202, labelled["guid"], True)
    assert (labelled["status_code"], newest[0]["status_code"]) == (503, 202)
    assert (await hub.app("POST", "/app/hook/deliveries/1/attempts"))[0] == 404


async def test_the_log_is_paged_by_cursor(sim: Simulator, at: Acme, hub: Hub) -> None:
    pull = sim.world.open_pull_request(at.repo, at["ana"], files={"a": "1\n"})
    for name in ("x", "y", "z"):
        sim.world.label(pull, at["ana"], name)
    await sim.settle()
    seen = []
    path = "/app/hook/deliveries?per_page=2"
    while path:
        _, rows = await hub.app("GET", path)
        seen += [one["id"] for one in rows]
        link = hub.last.get("Link", "")
        path = link.partition(">")[0].removeprefix(f"<{sim.api_url}")

    assert seen == sorted((one.id for one in sim.deliveries.log), reverse=True)


async def test_a_full_delivery_shows_request_and_answer(
    sim: Simulator, at: Acme, hub: Hub, inbox: Inbox
) -> None:
    await sim.settle()
    one = sim.deliveries.log[0]
    _, found = await hub.app("GET", f"/app/hook/deliveries/{one.id}")

    assert found["request"]["payload"] == one.payload
    assert found["request"]["headers"]["X-GitHub-Delivery"] == one.guid
    assert found["url"] == inbox.url


async def test_without_anybody_listening_deliveries_fail_to_connect(
    sim: Simulator, at: Acme
) -> None:
    sim.hook_url = "http://127.0.0.1:1/webhook"
    sim.world.open_pull_request(at.repo, at["ana"], files={"a": "1\n"})
    await sim.settle()

    assert {one.status_code for one in sim.deliveries.log} == {502}


async def test_an_unanswered_delivery_is_cut_and_missed_by_the_failure_filter(
    sim: Simulator, at: Acme, hub: Hub
) -> None:
    async def never(_: web.Request) -> web.Response:
        await asyncio.Event().wait()
        return web.Response()

    await sim.settle()
    app = web.Application()
    app.router.add_post("/", never)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    sim.deliveries.switches.cut = 0.05
    sim.hook_url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    sim.world.suspend(at.installation)
    await sim.settle()
    await runner.cleanup()
    _, failed = await hub.app("GET", "/app/hook/deliveries?status=failure")
    _, every = await hub.app("GET", "/app/hook/deliveries")

    assert (every[0]["action"], every[0]["status_code"]) == ("suspend", 504)
    assert every[0]["id"] not in [one["id"] for one in failed]


async def test_deliveries_are_held_shuffled_doubled_and_dropped(
    sim: Simulator, at: Acme, inbox: Inbox
) -> None:
    pull = sim.world.open_pull_request(at.repo, at["ana"], files={"a": "1\n"})
    await sim.settle()
    inbox.got.clear()
    switches = sim.deliveries.switches
    switches.hold = switches.shuffle = switches.double = True
    switches.drop = lambda one: one.action == "unlabeled"
    sim.world.label(pull, at["ana"], "x")
    sim.world.unlabel(pull, at["ana"], "x")
    sim.world.comment(pull, at["ana"], "hello")
    await sim.settle()
    before = list(inbox.got)
    sim.deliveries.release()
    await sim.settle()
    guids = [headers["X-GitHub-Delivery"] for headers, _ in inbox.got]

    assert before == []
    assert sorted(inbox.events()) == [*["issue_comment"] * 2, *["pull_request"] * 2]
    assert len(set(guids)) == 2


async def test_deliveries_wait_for_their_delay(
    sim: Simulator, at: Acme, inbox: Inbox, clock: FakeClock
) -> None:
    await sim.settle()
    inbox.got.clear()
    sim.deliveries.switches.delay = 30
    sim.world.suspend(at.installation)
    await until(lambda: clock.sleeping == 1)
    waiting = list(inbox.got)
    clock.advance(30)
    await sim.settle()

    assert (waiting, inbox.events()) == ([], ["installation"])


@pytest.mark.parametrize(
    ("permission", "event"),
    [
        ("issues", "issue_comment"),
        ("checks", "check_run"),
        ("statuses", "status"),
        ("merge_queues", "merge_group"),
        ("pull_requests", "pull_request"),
        ("contents", "push"),
    ],
)
async def test_an_event_without_its_permission_is_not_sent(
    sim: Simulator, at: Acme, permission: str, event: str
) -> None:
    del at.installation.permissions[permission]
    pull = sim.world.open_pull_request(at.repo, at["ana"], files={"a": "1\n"})
    sim.world.comment(pull, at["ana"], "x")
    sim.world.run_ci(pull, "ci", "success")
    sim.world.status(pull, "ci", "success")
    sim.world.enqueue([pull], at["maria"])
    sent = {one.event for one in sim.deliveries.log}

    assert event not in sent
    assert len(sent & {"issue_comment", "check_run", "status", "pull_request", "push"}) >= 4


async def test_what_is_too_large_is_not_sent_at_all(sim: Simulator, at: Acme) -> None:
    pull = sim.world.open_pull_request(at.repo, at["ana"], files={"a": "1\n"})
    sim.quirks.payload_cap = 20_000
    before = len(sim.deliveries.log)
    sim.world.edit_body(pull, at["ana"], "x" * 20_000)

    assert len(sim.deliveries.log) == before


async def test_the_same_seed_gives_the_same_ids(clock: FakeClock) -> None:
    from bot.simulator.acme import acme

    told = []
    for _ in range(2):
        sim = Simulator(clock=clock, seed=3)
        at = acme(sim.world)
        pull = sim.world.open_pull_request(at.repo, at["ana"], files={"a": "1\n"})
        told.append((pull.id, pull.head_sha, [one.guid for one in sim.deliveries.log]))

    assert told[0] == told[1]
