"""Each oddity, switched on and off."""

from __future__ import annotations

from typing import Any

import pytest

from bot.simulator.acme import Acme
from bot.simulator.git import Files, Submodule
from bot.simulator.server import Simulator
from bot.simulator.things import Pull
from tests.simulator.conftest import REPO, Hub

ROLLUP = """{ repository(owner: "acme", name: "orders-api") { pullRequest(number: 1) {
  commits(last: 1) { nodes { commit { statusCheckRollup { state contexts(first: 9) {
    nodes { __typename } } } } } } } } }"""


@pytest.fixture
def pull(sim: Simulator, at: Acme) -> Pull:
    return sim.world.open_pull_request(at.repo, at["ana"], files={"a.py": "1\n2\n3\n"})


def note(number: int) -> dict[str, Any]:
    place = {"path": "a.py", "start_line": number, "end_line": number}
    return {**place, "annotation_level": "failure", "message": "m"}


def output(count: int) -> dict[str, Any]:
    return {"title": "t", "summary": "s", "annotations": [note(n + 1) for n in range(count)]}


async def patch(hub: Hub, run: int, **body: Any) -> Any:
    return await hub.call("PATCH", f"{REPO}/check-runs/{run}", body)


async def files_of(hub: Hub, pull: Pull, query: str = "") -> Any:
    return (await hub.call("GET", f"{REPO}/pulls/{pull.number}/files{query}"))[1]


# Checks.


@pytest.mark.parametrize(
    "body",
    [
        {"status": "completed"},
        {"status": "done"},
        {"conclusion": "stale"},
        {"conclusion": "success", "output": {"title": "t"}},
        {"conclusion": "success", "output": output(51)},
        {"output": {"title": "t", "summary": "x" * 65_536}},
        {"output": {"title": "t", "summary": "s", "annotations": [{"path": "a"}]}},
        {"output": {"title": "t", "summary": "s", "annotations": [note(1) | {"title": "x" * 256}]}},
        {
            "output": {
                "title": "t",
                "summary": "s",
                "annotations": [note(1) | {"end_line": 2, "start_column": 1}],
            }
        },
        {"actions": [{"label": "x" * 21, "description": "d", "identifier": "i"}]},
        {"actions": [{"label": "l", "description": "d", "identifier": "i"}] * 4},
        {"head_sha": "0" * 40},
        {"name": ""},
    ],
)
async def test_a_run_that_breaks_the_contract_is_422(
    hub: Hub, pull: Pull, body: dict[str, Any]
) -> None:
    status, answer = await hub.check(**{"sha": pull.head_sha, **_renamed(body)})

    assert (status, bool(answer["message"])) == (422, True)
    assert pull.repo.runs(pull.head_sha) == []


def _renamed(body: dict[str, Any]) -> dict[str, Any]:
    return {("sha" if key == "head_sha" else key): value for key, value in body.items()}


async def test_a_completed_run_stays_completed(sim: Simulator, hub: Hub, pull: Pull) -> None:
    _, run = await hub.check(pull.head_sha, conclusion="success")
    _, again = await patch(hub, run["id"], status="in_progress")
    sim.quirks.completed_is_final = False
    _, reopened = await patch(hub, run["id"], status="in_progress")

    assert (run["status"], again["status"], again["conclusion"]) == (
        "completed",
        "completed",
        "success",
    )
    assert (reopened["status"], reopened["conclusion"]) == ("in_progress", None)


async def test_annotations_are_appended(sim: Simulator, hub: Hub, pull: Pull) -> None:
    _, run = await hub.check(pull.head_sha, conclusion="failure", output=output(50))
    _, more = await patch(hub, run["id"], output=output(50))
    sim.quirks.annotations_append = False
    _, fresh = await patch(hub, run["id"], output=output(1))

    assert [one["output"]["annotations_count"] for one in (run, more, fresh)] == [50, 100, 1]


async def test_the_oldest_of_too_many_runs_is_deleted(sim: Simulator, hub: Hub, pull: Pull) -> None:
    sim.quirks.runs_per_suite = 2
    made = [(await hub.check(pull.head_sha, conclusion="success"))[1]["id"] for _ in range(3)]

    assert (await hub.call("GET", f"{REPO}/check-runs/{made[0]}"))[0] == 404
    assert [one.id for one in sim.world.our_runs(pull)] == made[1:]


async def test_a_rerequest_resets_the_suite_and_not_the_run(
    sim: Simulator, at: Acme, hub: Hub, pull: Pull
) -> None:
    await hub.check(pull.head_sha, conclusion="success")
    run = sim.world.our_runs(pull)[0]
    sim.world.rerequest_check(run, at["ana"])
    last = sim.deliveries.log[-1]
    sim.world.rerequest_suite(run.suite, at["ana"])

    assert (run.suite.status, run.suite.conclusion, run.conclusion) == ("queued", None, "success")
    assert (last.event, last.action) == ("check_run", "rerequested")
    assert sim.deliveries.log[-1].event == "check_suite"


async def test_a_run_of_two_weeks_is_stale(sim: Simulator, hub: Hub, pull: Pull) -> None:
    _, run = await hub.check(pull.head_sha, status="in_progress")
    hub.clock.advance(14 * 86_400)
    await hub.login(next(iter(sim.world.installations)))
    _, found = await hub.call("GET", f"{REPO}/check-runs/{run['id']}")

    assert (found["status"], found["conclusion"]) == ("completed", "stale")


async def test_a_button_is_told_to_its_app(sim: Simulator, at: Acme, hub: Hub, pull: Pull) -> None:
    button = {"label": "Re-evaluate", "description": "d", "identifier": "recheck"}
    await hub.check(pull.head_sha, conclusion="failure", actions=[button])
    run = sim.world.our_runs(pull)[0]
    sim.world.press_button(run, at["ben"], "recheck")
    told = sim.deliveries.log[-1]

    assert (told.action, told.payload["requested_action"], told.payload["sender"]["login"]) == (
        "requested_action",
        {"identifier": "recheck"},
        "ben",
    )
    with pytest.raises(LookupError):
        sim.world.press_button(run, at["ben"], "other")


async def test_only_its_own_app_may_change_a_run(
    sim: Simulator, at: Acme, hub: Hub, pull: Pull
) -> None:
    theirs = sim.world.run_ci(pull, "ci", "success")

    assert (await patch(hub, theirs.id, conclusion="failure"))[0] == 403


async def test_a_status_without_permission_fails_the_whole_rollup(
    sim: Simulator, at: Acme, hub: Hub, pull: Pull
) -> None:
    sim.world.run_ci(pull, "ci", "success")
    sim.world.status(pull, "ci", "failure")
    both = await hub.ask(ROLLUP)
    sim.quirks.check_and_status_both_count = False
    one = await hub.ask(ROLLUP)
    del at.installation.permissions["statuses"]
    none = await hub.ask(ROLLUP)

    def rollup(answer: Any) -> Any:
        commits = answer["data"]["repository"]["pullRequest"]["commits"]
        return commits["nodes"][0]["commit"]["statusCheckRollup"]

    assert (rollup(both)["state"], len(rollup(both)["contexts"]["nodes"])) == ("FAILURE", 2)
    assert (rollup(one)["state"], rollup(none)) == ("SUCCESS", None)
    assert none["errors"][0]["type"] == "FORBIDDEN"


# Files.


async def test_rows_beyond_twenty_thousand_lines_are_silently_empty(
    sim: Simulator, at: Acme, hub: Hub
) -> None:
    sim.quirks.silent_zeros_after = 100
    files = {f"f{number}": "x\n" * 60 for number in range(3)}
    pull = sim.world.open_pull_request(at.repo, at["ana"], files=files)
    rows = await files_of(hub, pull)
    alone = await files_of(hub, pull, "?per_page=1&page=2")

    assert [(one["changes"], "patch" in one) for one in rows] == [
        (60, True),
        (0, False),
        (0, False),
    ]
    assert [(one["additions"], "patch" in one) for one in alone] == [(60, True)]


async def test_large_and_binary_files_and_submodules_lack_what_they_lack(
    sim: Simulator, at: Acme, hub: Hub
) -> None:
    sim.quirks.patch_lines_cap = 10
    files: Files = {"bin": b"\0", "big": "x\n" * 20, "sub": Submodule("b" * 40), "empty": ""}
    pull = sim.world.open_pull_request(at.repo, at["ana"], files=files)
    rows = {one["filename"]: one for one in await files_of(hub, pull)}

    assert {name: (one["changes"], "patch" in one) for name, one in rows.items()} == {
        "bin": (0, False),
        "big": (20, False),
        "sub": (1, True),
        "empty": (0, False),
    }
    assert rows["sub"]["sha"] is None


async def test_a_listing_ends_at_three_thousand_rows(
    sim: Simulator, hub: Hub, pull: Pull, at: Acme
) -> None:
    sim.quirks.files_cap = 2
    sim.world.push(pull, at["ana"], {"b": "1\n", "c": "1\n"})
    query = """{ repository(owner: "acme", name: "orders-api") { pullRequest(number: 1) {
        changedFiles files(first: 9) { nodes { path } } } } }"""
    _, answer = await hub.call("POST", "/graphql", {"query": query})
    counted = answer["data"]["repository"]["pullRequest"]

    assert len(await files_of(hub, pull)) == len(counted["files"]["nodes"]) == 2
    assert counted["changedFiles"] == 3


async def test_renames_keep_the_old_name(sim: Simulator, at: Acme, hub: Hub) -> None:
    text = "".join(f"line {number}\n" for number in range(10))
    sim.world.push_default(at.repo, at["maria"], {"old.py": text})
    files = {"old.py": None, "new.py": text.replace("line 3", "line three")}
    pull = sim.world.open_pull_request(at.repo, at["ana"], files=files)
    rows = await files_of(hub, pull)

    assert [(one["status"], one["filename"], one["previous_filename"]) for one in rows] == [
        ("renamed", "new.py", "old.py")
    ]
    assert (rows[0]["additions"], rows[0]["deletions"]) == (1, 1)


async def test_old_rows_are_served_for_a_moment(
    sim: Simulator, at: Acme, hub: Hub, pull: Pull
) -> None:
    sim.quirks.old_rows_seconds = sim.quirks.old_head_seconds = 1
    before = pull.head_sha
    sim.world.push(pull, at["ana"], {"b.py": "1\n"})
    query = '{ repository(owner: "acme", name: "orders-api") { pullRequest(number: 1) { \
      headRefOid } } }'
    early, asked = await files_of(hub, pull), await hub.ask(query)
    hub.clock.advance(1)
    late = await files_of(hub, pull)

    assert [len(early), len(late)] == [1, 2]
    assert early[0]["contents_url"].endswith(before)
    assert asked["data"]["repository"]["pullRequest"]["headRefOid"] == before


async def test_the_diff_media_type_refuses_too_many_files(
    sim: Simulator, hub: Hub, pull: Pull
) -> None:
    diff = {"Accept": "application/vnd.github.diff"}
    status, text = await hub.call("GET", f"{REPO}/pulls/1", **diff)
    sim.quirks.diff_media_cap = 0

    assert (status, text.splitlines()[0]) == (200, "diff --git a/a.py b/a.py")
    assert (await hub.call("GET", f"{REPO}/pulls/1", **diff))[0] == 406


# Forks, events, people.


async def test_forks_are_invisible_to_checks(sim: Simulator, at: Acme, hub: Hub) -> None:
    pull = sim.world.open_pull_request(at.repo, at["kim"], fork=True, files={"k": "1\n"})
    run = sim.world.run_ci(pull, "ci", "success")
    told = next(one for one in sim.deliveries.log if one.event == "check_run").payload["check_run"]
    suites = [one for one in sim.deliveries.log if one.action == "requested"]
    _, listed = await hub.call("GET", f"{REPO}/commits/{pull.head_sha}/pulls")
    sim.quirks.forks_have_no_commit_pulls = False
    _, shown = await hub.call("GET", f"{REPO}/commits/{pull.head_sha}/pulls")

    assert (told["pull_requests"], told["check_suite"]["head_branch"]) == ([], None)
    assert (suites, listed, [one["number"] for one in shown]) == ([], [], [pull.number])
    assert run.suite.head_sha == pull.head_sha


async def test_a_deleted_fork_leaves_null(sim: Simulator, at: Acme, hub: Hub) -> None:
    pull = sim.world.open_pull_request(at.repo, at["kim"], fork=True, files={"k": "1\n"})
    sim.world.delete_fork(pull)
    _, found = await hub.call("GET", f"{REPO}/pulls/{pull.number}")

    assert (found["head"]["repo"], found["head"]["sha"]) == (None, pull.head_sha)


async def test_odd_payloads_are_sent_on_request(sim: Simulator, at: Acme, pull: Pull) -> None:
    sim.quirks.zero_head_sha = sim.quirks.stacked_action = True
    other = sim.world.open_pull_request(at.repo, at["ana"], base=pull.head_ref, files={"b": "1\n"})
    last = sim.deliveries.log[-1]

    assert (last.action, last.payload["pull_request"]["head"]["sha"]) == ("stacked", "0" * 40)
    assert sim.world.pull_rows(other)[0].path == "b"


async def test_merge_group_needs_its_permission(sim: Simulator, at: Acme, pull: Pull) -> None:
    del at.installation.permissions["merge_queues"]
    entry = sim.world.enqueue([pull], at["maria"])
    sim.quirks.merge_group_needs_permission = False
    sim.world.dequeue(entry, at["maria"])
    told = [one.action for one in sim.deliveries.log if one.event == "merge_group"]

    assert told == ["destroyed"]


async def test_the_queue_merges_its_group(sim: Simulator, at: Acme, pull: Pull) -> None:
    other = sim.world.open_pull_request(at.repo, at["ben"], files={"b": "1\n"})
    entry = sim.world.enqueue([pull, other], at["maria"])
    sim.world.merge_queued(entry, at["maria"])

    assert {"a.py", "b"} <= at.repo.tip.files.keys()
    assert [one.merged_at is not None for one in (pull, other)] == [True, True]
    assert at.repo.queues["main"] == []


async def test_private_members_look_like_contributors(
    sim: Simulator, at: Acme, hub: Hub, pull: Pull
) -> None:
    at["ana"].private_member = True
    shown = (await hub.call("GET", f"{REPO}/pulls/1"))[1]["author_association"]
    sim.quirks.private_members_as_contributors = False

    assert shown == "CONTRIBUTOR"
    assert (await hub.call("GET", f"{REPO}/pulls/1"))[1]["author_association"] == "MEMBER"


async def test_everybody_reads_a_public_repository(sim: Simulator, at: Acme, hub: Hub) -> None:
    sim.world.person("stranger")
    path = f"{REPO}/collaborators/stranger/permission"
    private = (await hub.call("GET", path))[1]["permission"]
    sim.world.publish(at.repo, at["maria"])

    assert (private, (await hub.call("GET", path))[1]["permission"]) == ("none", "read")


@pytest.mark.parametrize(
    "body",
    [
        {"reviewers": ["ana"]},
        {"reviewers": ["sam", "ana"]},
        {"reviewers": ["nobody"]},
        {"team_reviewers": ["nobody"]},
        {"reviewers": ["ben", "sam", "maria"]},
    ],
)
async def test_one_bad_reviewer_fails_the_whole_request(
    sim: Simulator, hub: Hub, pull: Pull, body: dict[str, Any]
) -> None:
    sim.quirks.reviewers_cap = 2
    status, _ = await hub.call("POST", f"{REPO}/pulls/1/requested_reviewers", body)

    assert (status, pull.reviewers) == (422, {})


# The rest.


async def test_a_renamed_repository_redirects(
    sim: Simulator, at: Acme, hub: Hub, pull: Pull
) -> None:
    sim.world.rename_repository(at.repo, at["maria"], "orders")
    read, body = await hub.call("GET", f"{REPO}/pulls?state=all")
    written, _ = await hub.call("POST", f"{REPO}/issues/1/comments", {"body": "x"})
    target = f"{sim.api_url}/repositories/{at.repo.id}"
    query = '{ repository(owner: "acme", name: "orders-api", followRenames: %s) { name } }'
    followed, not_followed = await hub.ask(query % "true"), await hub.ask(query % "false")

    assert (read, written, body["url"]) == (301, 307, f"{target}/pulls?state=all")
    assert hub.last is not None
    assert (await hub.call("GET", f"/repositories/{at.repo.id}/pulls"))[1][0]["number"] == 1
    assert followed["data"]["repository"] == {"name": "orders"}
    assert not_followed["errors"][0]["type"] == "NOT_FOUND"


@pytest.mark.parametrize(("size", "status"), [(65_536, 201), (65_537, 422), (0, 422)])
async def test_a_comment_has_a_largest_size(hub: Hub, pull: Pull, size: int, status: int) -> None:
    body = {"body": "x" * size}

    assert (await hub.call("POST", f"{REPO}/issues/1/comments", body))[0] == status


async def test_locked_and_archived_take_no_comment(
    sim: Simulator, at: Acme, hub: Hub, pull: Pull
) -> None:
    path = f"{REPO}/issues/1/comments"
    sim.world.lock(pull, at["maria"])
    locked = (await hub.call("POST", path, {"body": "x"}))[0]
    sim.quirks.locked_refuses = False
    written = (await hub.call("POST", path, {"body": "x"}))[0]
    sim.world.archive(at.repo, at["maria"])
    archived = (await hub.call("POST", path, {"body": "x"}))[0]

    assert (locked, written, archived) == (403, 201, 403)


async def test_fields_removed_in_the_new_version_are_absent(
    sim: Simulator, hub: Hub, pull: Pull
) -> None:
    new = {"X_GitHub_Api_Version": "2026-03-10"}
    _, lean = await hub.call("GET", f"{REPO}/pulls/1", **new)
    sim.quirks.removed_since_2026_03_10 = False
    _, whole = await hub.call("GET", f"{REPO}/pulls/1", **new)

    assert whole.keys() - lean.keys() == {"merge_commit_sha", "assignee"}
    assert "has_downloads" not in lean["base"]["repo"]


async def test_a_query_that_needs_too_much_is_answered_in_part(
    sim: Simulator, hub: Hub, pull: Pull
) -> None:
    sim.quirks.resource_limit_nodes = 1
    answer = await hub.ask(
        """{ repository(owner: "acme", name: "orders-api") { pullRequest(number: 1) {
             title files(first: 9) { nodes { path } } commits(last: 9) { nodes { id } } } } }"""
    )
    found = answer["data"]["repository"]["pullRequest"]

    assert (found["files"]["nodes"], found["commits"]) == ([{"path": "a.py"}], None)
    assert answer["errors"][0]["type"] == "RESOURCE_LIMITS_EXCEEDED"
