"""REST: what is served, to whom, and in which pages."""

from __future__ import annotations

from base64 import b64decode
from hashlib import sha1

import pytest

from bot.simulator.acme import Acme
from bot.simulator.git import Files, Submodule, Symlink
from bot.simulator.server import Simulator
from tests.simulator.conftest import REPO, Hub


async def test_reading_the_repository_gives_real_git_objects(
    sim: Simulator, at: Acme, hub: Hub
) -> None:
    files: Files = {"l": Symlink("README.md"), "sub": Submodule("a" * 40), "d/x": "x\n"}
    pull = sim.world.open_pull_request(at.repo, at["ana"], files=files)
    _, tree = await hub.call("GET", f"{REPO}/git/trees/{pull.head_sha}?recursive=1")
    _, contents = await hub.call("GET", f"{REPO}/contents/README.md")
    _, blob = await hub.call("GET", f"{REPO}/git/blobs/{contents['sha']}")
    _, folder = await hub.call("GET", f"{REPO}/contents/app")
    rows = {one["path"]: (one["mode"], one["type"]) for one in tree["tree"]}
    data = b64decode(blob["content"])

    assert sha1(b"blob %d\0" % len(data) + data).hexdigest() == contents["sha"] == blob["sha"]
    assert (rows["l"], rows["sub"], rows["d"]) == (
        ("120000", "blob"),
        ("160000", "commit"),
        ("040000", "tree"),
    )
    assert {one["name"]: one["type"] for one in folder}["api"] == "dir"
    assert [
        (await hub.call("GET", f"{REPO}/contents/{path}?ref={pull.head_sha}"))[1]["type"]
        for path in ("l", "sub", "d/x")
    ] == ["symlink", "submodule", "file"]


async def test_comparison_names_the_merge_base(sim: Simulator, at: Acme, hub: Hub) -> None:
    before = at.repo.tip.sha
    pull = sim.world.open_pull_request(at.repo, at["ana"], files={"a": "1\n"})
    sim.world.push_default(at.repo, at["maria"], {"b": "2\n"})
    _, found = await hub.call("GET", f"{REPO}/compare/main...{pull.head_sha}?per_page=1&page=2")

    assert found["merge_base_commit"]["sha"] == before
    assert (found["status"], found["ahead_by"], found["behind_by"]) == ("diverged", 1, 1)
    assert found["commits"] == found["files"] == []


async def test_history_of_a_file_lists_only_its_changes(sim: Simulator, at: Acme, hub: Hub) -> None:
    sim.world.push_default(at.repo, at["maria"], {"other": "1\n"})
    made = sim.world.push_default(at.repo, at["maria"], {".github/handoff.yml": "version: 1\n#\n"})
    _, found = await hub.call("GET", f"{REPO}/commits?path=.github/handoff.yml")

    assert [one["sha"] for one in found] == [made.sha, at.repo.objects.ancestors(made.sha)[-1]]


async def test_files_come_in_pages_of_at_most_a_hundred(sim: Simulator, at: Acme, hub: Hub) -> None:
    files = {f"f/{number:03}": "x\n" for number in range(150)}
    pull = sim.world.open_pull_request(at.repo, at["ana"], files=files)
    path = f"{REPO}/pulls/{pull.number}/files"
    _, first = await hub.call("GET", f"{path}?per_page=500")
    link = hub.last["Link"]
    _, second = await hub.call("GET", f"{path}?per_page=100&page=2")

    assert (len(first), len(second)) == (100, 50)
    assert f'{sim.api_url}{path}?per_page=500&page=2>; rel="next"' in link


@pytest.mark.parametrize(
    ("login", "permission", "role"),
    [("maria", "admin", "admin"), ("sam", "write", "maintain"), ("kim", "read", "read")],
)
async def test_permission_is_the_live_role(
    hub: Hub, login: str, permission: str, role: str
) -> None:
    _, found = await hub.call("GET", f"{REPO}/collaborators/{login}/permission")

    assert (found["permission"], found["role_name"]) == (permission, role)


async def test_teams_and_memberships_are_listed(hub: Hub) -> None:
    _, members = await hub.call("GET", "/orgs/acme/teams/backend/members")

    assert [one["login"] for one in members] == ["ana", "ben"]
    assert (await hub.call("GET", "/orgs/acme/teams/backend/memberships/ana"))[1]["state"] == (
        "active"
    )
    assert (await hub.call("GET", "/orgs/acme/teams/backend/memberships/kim"))[0] == 404
    assert (await hub.call("GET", "/orgs/acme/teams/none"))[0] == 404


async def test_required_checks_name_the_app_they_are_bound_to(
    sim: Simulator, at: Acme, hub: Hub
) -> None:
    sim.world.require(at.repo, "handoff", app=sim.app_id)
    _, rules = await hub.call("GET", f"{REPO}/rules/branches/main")

    assert rules[0]["parameters"]["required_status_checks"] == [
        {"context": "handoff", "integration_id": sim.app_id}
    ]
    assert (await hub.call("GET", f"{REPO}/rules/branches/other"))[1] == []


async def test_a_comment_is_made_edited_found_and_deleted_by_its_app_only(
    sim: Simulator, at: Acme, hub: Hub
) -> None:
    pull = sim.world.open_pull_request(at.repo, at["ana"], files={"a": "1\n"})
    theirs = sim.world.comment(pull, at["ben"], "hello")
    path = f"{REPO}/issues/{pull.number}/comments"
    _, made = await hub.call("POST", path, {"body": "one"})
    mine = f"{REPO}/issues/comments/{made['id']}"
    edited, _ = await hub.call("PATCH", mine, {"body": "two"})
    _, listed = await hub.call("GET", path)

    assert (edited, [one["body"] for one in listed]) == (200, ["hello", "two"])
    assert (await hub.call("PATCH", f"{REPO}/issues/comments/{theirs.id}", {"body": "x"}))[0] == 403
    assert (await hub.call("DELETE", mine))[0] == 204
    assert (await hub.call("GET", mine))[0] == 404


async def test_line_comments_are_answered_in_their_thread(
    sim: Simulator, at: Acme, hub: Hub
) -> None:
    pull = sim.world.open_pull_request(at.repo, at["ana"], files={"a": "1\n"})
    line = sim.world.comment_line(pull, at["ben"], "a", "/handoff ack")
    path = f"{REPO}/pulls/{pull.number}/comments/{line.id}/replies"
    status, made = await hub.call("POST", path, {"body": "done"})

    assert (status, made["in_reply_to_id"], made["path"]) == (201, line.id, "a")


async def test_check_runs_are_filtered_by_name_app_and_attempt(
    sim: Simulator, at: Acme, hub: Hub
) -> None:
    pull = sim.world.open_pull_request(at.repo, at["ana"], files={"a": "1\n"})
    sim.world.run_ci(pull, "ci / unit", "failure")
    for name in ("one", "two"):
        await hub.check(pull.head_sha, status="completed", conclusion="success", external_id=name)
    path = f"{REPO}/commits/{pull.head_sha}/check-runs"
    ours = f"{path}?check_name=handoff&app_id={sim.app_id}"
    _, latest = await hub.call("GET", ours)
    _, every = await hub.call("GET", ours + "&filter=all")

    assert [one["external_id"] for one in latest["check_runs"]] == ["two"]
    assert [one["external_id"] for one in every["check_runs"]] == ["two", "one"]
    assert (await hub.call("GET", path))[1]["total_count"] == 2


async def test_review_requests_are_made_and_read(sim: Simulator, at: Acme, hub: Hub) -> None:
    pull = sim.world.open_pull_request(at.repo, at["ana"], files={"a": "1\n"})
    path = f"{REPO}/pulls/{pull.number}/requested_reviewers"
    status, _ = await hub.call("POST", path, {"reviewers": ["sam"], "team_reviewers": ["qa"]})
    _, found = await hub.call("GET", path)

    assert status == 201
    assert [one["login"] for one in found["users"]] == ["sam"]
    assert [one["slug"] for one in found["teams"]] == ["qa"]


async def test_an_unchanged_answer_is_304_and_free(hub: Hub) -> None:
    await hub.call("GET", REPO)
    tag, left = hub.last["ETag"], hub.last["X-RateLimit-Remaining"]
    status, _ = await hub.call("GET", REPO, If_None_Match=tag)

    assert (status, hub.last["X-RateLimit-Remaining"]) == (304, left)


async def test_the_date_header_is_the_simulators_own(hub: Hub) -> None:
    hub.clock.advance(86_400)
    await hub.call("GET", "/meta")

    assert hub.last["Date"] == "Tue, 03 Mar 2026 09:00:00 GMT"


async def test_the_bytes_of_an_artifact_are_elsewhere_and_take_no_token(
    sim: Simulator, at: Acme, hub: Hub
) -> None:
    pull = sim.world.open_pull_request(at.repo, at["ana"], files={"a": "1\n"})
    run = sim.world.run_ci(pull, "ci / unit")
    made = sim.world.upload(run, "unit", b"PK and more")
    _, found = await hub.call("GET", f"{REPO}/actions/runs/{run.suite.id + 1}/artifacts")
    status, _ = await hub.call("GET", f"{REPO}/actions/artifacts/{made.id}/zip")
    away = hub.last["Location"]

    assert [one["name"] for one in found["artifacts"]] == ["unit"]
    assert status == 302
    async with hub.http.get(away) as answer:
        assert (answer.status, await answer.read()) == (200, b"PK and more")
    async with hub.http.get(away, headers={"Authorization": "Bearer x"}) as answer:
        assert answer.status == 401
    made.expired = True
    assert (await hub.call("GET", f"{REPO}/actions/artifacts/{made.id}/zip"))[0] == 410
    assert (await hub.call("GET", f"{REPO}/actions/runs/1/artifacts"))[0] == 404
