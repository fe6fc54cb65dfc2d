"""Who gets in: JWTs, tokens, permissions, suspension, versions."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import ClientSession
from aiohttp.hdrs import USER_AGENT

from bot.simulator.acme import Acme
from bot.simulator.server import Simulator
from tests.simulator.conftest import REPO, Hub


@pytest.mark.parametrize(
    ("claims", "status", "message"),
    [
        ({}, 200, ""),
        ({"minutes": 11}, 401, "'Expiration time' claim ('exp') is too far in the future"),
        ({"minutes": -1}, 401, "'Expiration time' claim ('exp') must be a numeric value"),
        ({"iat": 99_999_999_999}, 401, "'Issued at' claim ('iat') must be an Integer"),
        ({"iss": "1"}, 404, "Integration not found"),
    ],
)
async def test_the_claims_of_the_app_are_checked(
    hub: Hub, claims: dict[str, Any], status: int, message: str
) -> None:
    got, answer = await hub.call("GET", "/app", token=hub.app_token(**claims))

    assert got == status
    assert answer.get("message", "").startswith(message)


@pytest.mark.parametrize("token", ["", "nonsense", "a.b.c", "ghs_gone"])
async def test_a_wrong_token_is_401_everywhere(hub: Hub, token: str) -> None:
    calls = [("GET", "/app", None), ("GET", REPO, None), ("POST", "/graphql", {"query": "{x}"})]
    got = [(await hub.call(*one, token=token))[0] for one in calls]

    assert got == [401, 401, 401]


async def test_tokens_are_long_and_die_after_an_hour(sim: Simulator, at: Acme, hub: Hub) -> None:
    sizes = []
    for size in (40, 520, 4000):
        sim.quirks.token_length = size
        sizes.append(len((await hub.login(at.installation.id))["token"]))
    before = (await hub.call("GET", REPO))[0]
    hub.clock.advance(3_600)

    assert sizes == [40, 520, 4000]
    assert (before, (await hub.call("GET", REPO))[0]) == (200, 401)


async def test_a_token_reaches_only_what_was_asked_for(sim: Simulator, at: Acme, hub: Hub) -> None:
    other = sim.world.repository(at.org, "other", {"a": "1\n"})
    granted = await hub.login(
        at.installation.id, repository_ids=[other.id], permissions={"contents": "read"}
    )
    refused, _ = await hub.check("0" * 40)
    foreign = (await hub.call("GET", REPO))[0]
    inside = (await hub.call("GET", "/repos/acme/other/contents/a"))[0]
    denied, body = await hub.call("GET", "/repos/acme/other/pulls")

    assert granted["permissions"] == {"metadata": "read", "contents": "read"}
    assert [one["id"] for one in granted["repositories"]] == [other.id]
    assert (refused, foreign, inside, denied) == (404, 404, 200, 403)
    assert body["message"] == "Resource not accessible by integration"
    assert hub.last["X-Accepted-GitHub-Permissions"] == "pull_requests=read"


@pytest.mark.parametrize(
    "body",
    [
        {"permissions": {"administration": "read"}},
        {"permissions": {"checks": "admin"}},
        {"permissions": {"checks": "maybe"}},
        {"repository_ids": [1]},
        {"repositories": ["nowhere"]},
    ],
)
async def test_a_token_for_more_than_is_granted_is_refused(
    at: Acme, hub: Hub, body: dict[str, Any]
) -> None:
    path = f"/app/installations/{at.installation.id}/access_tokens"

    assert (await hub.app("POST", path, body))[0] == 422


async def test_a_suspended_installation_can_do_nothing(sim: Simulator, at: Acme, hub: Hub) -> None:
    sim.world.suspend(at.installation)
    status, answer = await hub.call("GET", REPO)
    path = f"/app/installations/{at.installation.id}"
    minted, _ = await hub.app("POST", path + "/access_tokens", {})
    _, shown = await hub.app("GET", path)
    sim.world.unsuspend(at.installation)

    assert (status, answer["message"]) == (403, "This installation has been suspended")
    assert (minted, shown["suspended_at"]) == (403, "2026-03-02T09:00:00Z")
    assert (await hub.call("GET", REPO))[0] == 200


async def test_an_uninstalled_app_sees_nothing(sim: Simulator, at: Acme, hub: Hub) -> None:
    sim.world.uninstall(at.installation)

    assert (await hub.call("GET", REPO))[0] == 401
    assert (await hub.app("GET", f"/app/installations/{at.installation.id}"))[0] == 404
    assert (await hub.app("GET", f"{REPO}/installation"))[0] == 404


@pytest.mark.parametrize(
    ("version", "status"),
    [("2022-11-28", 200), ("2026-03-10", 200), ("2020-01-01", 410), ("1", 400)],
)
async def test_versions_are_known_withdrawn_or_nonsense(
    hub: Hub, version: str, status: int
) -> None:
    assert (await hub.call("GET", REPO, X_GitHub_Api_Version=version))[0] == status


async def test_a_call_without_user_agent_is_refused(sim: Simulator, hub: Hub) -> None:
    async with ClientSession(skip_auto_headers=[USER_AGENT]) as http:
        bare = Hub(sim=sim, http=http, clock=hub.clock, token=hub.token)
        refused = (await bare.call("GET", REPO))[0]
        sim.quirks.user_agent_needed = False

        assert (refused, (await bare.call("GET", REPO))[0]) == (403, 200)


async def test_a_public_repository_is_read_but_not_written_from_outside(
    sim: Simulator, at: Acme, hub: Hub
) -> None:
    someone = sim.world.person("someone")
    repo = sim.world.repository(someone, "public", {"a": "1\n"}, visibility="public")
    pull = sim.world.open_pull_request(repo, someone, files={"b": "1\n"})
    path = f"/repos/someone/public/issues/{pull.number}/comments"

    assert (await hub.call("GET", "/repos/someone/public/contents/a"))[0] == 200
    assert (await hub.call("POST", path, {"body": "x"}))[0] == 403


async def test_graphql_says_forbidden_where_a_permission_is_missing(
    sim: Simulator, at: Acme, hub: Hub
) -> None:
    pull = sim.world.open_pull_request(at.repo, at["ana"], files={"a": "1\n"})
    sim.world.run_ci(pull, "ci", "success")
    sim.world.request_review(pull, at["ana"], at.org.teams["qa"])
    for name in ("actions", "members", "merge_queues"):
        del at.installation.permissions[name]
    answer = await hub.ask(
        """{ repository(owner: "acme", name: "orders-api") { mergeQueue(branch: "main") { id }
             pullRequest(number: 1) {
               reviewRequests(first: 1) { nodes { requestedReviewer { ... on Team { slug } } } }
               commits(last: 1) { nodes { commit { statusCheckRollup { contexts(first: 1) { nodes {
                 ... on CheckRun { checkSuite { workflowRun { event } } } } } } } } } } } }"""
    )
    paths = {one["path"][-1]: one["type"] for one in answer["errors"]}

    assert paths == dict.fromkeys(("mergeQueue", "requestedReviewer", "workflowRun"), "FORBIDDEN")
    assert answer["data"]["repository"]["mergeQueue"] is None


async def test_revoked_tokens_are_401_until_a_new_one_is_minted(
    sim: Simulator, at: Acme, hub: Hub
) -> None:
    sim.access.revoke()
    before = (await hub.call("GET", REPO))[0]
    await hub.login(at.installation.id)

    assert (before, (await hub.call("GET", REPO))[0]) == (401, 200)
