"""Switches that no other test turns; every oddity has a switch, a source and a test."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from bot.simulator import quirks
from bot.simulator.acme import Acme
from bot.simulator.git import Files
from bot.simulator.quirks import Limits, Quirks
from bot.simulator.server import Simulator
from bot.simulator.things import Pull
from tests.simulator.conftest import REPO, Hub

FILES_OF = f"{REPO}/pulls/1/files"
NOTE = {
    "path": "a.py",
    "start_line": 1,
    "end_line": 1,
    "annotation_level": "failure",
    "message": "m",
}


@pytest.fixture
def pull(sim: Simulator, at: Acme) -> Pull:
    text = "".join(f"line {number}\n" for number in range(10))
    sim.world.push_default(at.repo, at["maria"], {"old.py": text})
    files: Files = {"old.py": None, "new.py": text, "a.py": "1\n2\n3\n"}
    return sim.world.open_pull_request(at.repo, at["ana"], files=files)


def test_every_switch_is_turned_by_a_test() -> None:
    here = Path(__file__).parent
    text = "".join(one.read_text() for one in here.glob("test_*.py"))
    names = [one.name for kind in (Quirks, Limits) for one in fields(kind)]

    untouched = [name for name in names if not re.search(rf"\b(quirks|limits)\.{name}\b", text)]

    assert untouched == []


def test_every_oddity_names_its_source() -> None:
    text = Path(quirks.__file__).read_text().partition("class Limits:")[0]
    # A comment with the fields below it.
    blocks = re.findall(r"((?:^    #.*\n)+)((?:^    \w+: .*\n)+)", text, re.MULTILINE)
    bare = [names for above, names in blocks if not re.search(r"\([^()]{3,}\)", above)]

    assert sum(names.count("\n") for _, names in blocks) == len(fields(Quirks))
    assert bare == []


async def test_a_completed_run_may_go_without_a_conclusion(
    sim: Simulator, hub: Hub, pull: Pull
) -> None:
    strict = await hub.check(pull.head_sha, status="completed")
    sim.quirks.completed_needs_conclusion = False
    loose = await hub.check(pull.head_sha, status="completed")

    assert (strict[0], loose[0]) == (422, 201)


async def test_more_annotations_may_be_taken_at_once(sim: Simulator, hub: Hub, pull: Pull) -> None:
    output = {"title": "t", "summary": "s", "annotations": [NOTE] * 51}
    strict = await hub.check(pull.head_sha, conclusion="failure", output=output)
    sim.quirks.annotations_per_request = 51
    loose = await hub.check(pull.head_sha, conclusion="failure", output=output)

    assert (strict[0], loose[0]) == (422, 201)


async def test_a_rerequest_may_leave_the_suite_as_it_is(
    sim: Simulator, at: Acme, hub: Hub, pull: Pull
) -> None:
    await hub.check(pull.head_sha, conclusion="success")
    suite = sim.world.our_runs(pull)[0].suite
    before = suite.conclusion
    sim.quirks.rerequest_resets_suite = False
    sim.world.rerequest_suite(suite, at["ana"])
    kept = suite.conclusion
    sim.quirks.rerequest_resets_suite = True
    sim.world.rerequest_suite(suite, at["ana"])

    assert (kept, suite.conclusion, suite.status) == (before, None, "queued")


async def test_a_run_grows_stale_after_as_many_days_as_are_set(
    sim: Simulator, hub: Hub, pull: Pull
) -> None:
    sim.quirks.stale_after_days = 1
    _, run = await hub.check(pull.head_sha, status="in_progress")
    hub.clock.advance(86_400)
    await hub.login(next(iter(sim.world.installations)))
    _, found = await hub.call("GET", f"{REPO}/check-runs/{run['id']}")

    assert found["conclusion"] == "stale"


async def test_no_page_is_larger_than_the_cap(sim: Simulator, hub: Hub, pull: Pull) -> None:
    sim.quirks.page_cap = 1

    assert len((await hub.call("GET", f"{FILES_OF}?per_page=100"))[1]) == 1


async def test_a_patch_of_too_many_bytes_is_left_out(sim: Simulator, hub: Hub, pull: Pull) -> None:
    whole = (await hub.call("GET", FILES_OF))[1]
    sim.quirks.patch_bytes_cap = 5
    cut = (await hub.call("GET", FILES_OF))[1]

    assert "patch" in whole[0]
    assert [(one["changes"], "patch" in one) for one in cut if one["filename"] == "a.py"] == [
        (3, False)
    ]


async def test_a_rename_may_be_an_addition_and_a_removal(
    sim: Simulator, hub: Hub, at: Acme, pull: Pull
) -> None:
    renamed = (await hub.call("GET", FILES_OF))[1]
    sim.quirks.renames_detected = False
    sim.world.push(pull, at["ana"], {"b.py": "1\n"})
    apart = (await hub.call("GET", FILES_OF))[1]

    assert {one["status"] for one in renamed} == {"added", "renamed"}
    assert {one["filename"]: one["status"] for one in apart}["old.py"] == "removed"


async def test_events_of_forks_may_name_their_pull_request(
    sim: Simulator, at: Acme, hub: Hub
) -> None:
    sim.quirks.forks_have_no_pulls_in_checks = sim.quirks.forks_request_no_suite = False
    pull = sim.world.open_pull_request(at.repo, at["kim"], fork=True, files={"k": "1\n"})
    sim.world.run_ci(pull, "ci", "success")
    told = {(one.event, one.action): one.payload for one in sim.deliveries.log}
    run = told["check_run", "completed"]["check_run"]

    assert [one["number"] for one in run["pull_requests"]] == [pull.number]
    assert ("check_suite", "requested") in told


async def test_a_stranger_may_not_even_read(sim: Simulator, at: Acme, hub: Hub) -> None:
    sim.world.person("stranger")
    sim.world.publish(at.repo, at["maria"])
    sim.quirks.public_read_for_all = False
    _, found = await hub.call("GET", f"{REPO}/collaborators/stranger/permission")

    assert found["permission"] == "none"


async def test_an_author_may_be_asked_for_a_review(sim: Simulator, hub: Hub, pull: Pull) -> None:
    body = {"reviewers": ["ana"]}
    path = f"{REPO}/pulls/1/requested_reviewers"
    strict = (await hub.call("POST", path, body))[0]
    sim.quirks.author_as_reviewer_refused = False

    assert (strict, (await hub.call("POST", path, body))[0]) == (422, 201)


async def test_a_key_and_a_token_live_as_long_as_is_set(sim: Simulator, hub: Hub, at: Acme) -> None:
    sim.quirks.jwt_minutes, sim.quirks.token_minutes = 5, 2
    refused = await hub.call("GET", "/app", token=hub.app_token(minutes=6))
    taken = await hub.call("GET", "/app", token=hub.app_token(minutes=4))
    path = f"/app/installations/{at.installation.id}/access_tokens"
    _, made = await hub.call("POST", path, {}, token=hub.app_token(minutes=4))
    early = await hub.call("GET", REPO, token=made["token"])
    hub.clock.advance(121)
    late = await hub.call("GET", REPO, token=made["token"])

    assert [one[0] for one in (refused, taken, early, late)] == [401, 200, 200, 401]


async def test_any_version_may_be_withdrawn(sim: Simulator, hub: Hub) -> None:
    sim.quirks.withdrawn_versions = ("2022-11-28",)

    assert (await hub.call("GET", REPO))[0] == 410


async def test_statuses_may_be_left_out_where_they_may_not_be_seen(
    sim: Simulator, at: Acme, hub: Hub, pull: Pull
) -> None:
    sim.world.status(pull, "ci", "failure")
    del at.installation.permissions["statuses"]
    sim.quirks.statuses_fail_rollup = False
    answer = await hub.ask(
        """{ repository(owner: "acme", name: "orders-api") { pullRequest(number: 1) {
             commits(last: 1) { nodes { commit { statusCheckRollup { contexts(first: 9) {
               totalCount } } } } } } } }"""
    )

    assert "errors" not in answer


async def test_text_in_no_known_encoding_is_neither_binary_nor_not(
    sim: Simulator, at: Acme, hub: Hub
) -> None:
    sim.world.push_default(at.repo, at["maria"], {"latin": b"caf\xe9\n"})
    query = """{ repository(owner: "acme", name: "orders-api") {
      object(expression: "HEAD:latin") { ... on Blob { isBinary } } } }"""
    undetermined = (await hub.ask(query))["data"]["repository"]["object"]
    sim.quirks.undetermined_encoding = False

    assert undetermined == {"isBinary": None}
    assert (await hub.ask(query))["data"]["repository"]["object"] == {"isBinary": False}


async def test_an_old_name_may_be_forgotten(sim: Simulator, at: Acme, hub: Hub) -> None:
    sim.world.rename_repository(at.repo, at["maria"], "orders")
    sim.quirks.renamed_redirects = False

    assert (await hub.call("GET", REPO))[0] == 404


async def test_a_comment_may_be_as_long_as_is_set(sim: Simulator, hub: Hub, pull: Pull) -> None:
    sim.quirks.comment_cap = 3
    path = f"{REPO}/issues/1/comments"

    got = [(await hub.call("POST", path, {"body": "x" * size}))[0] for size in (3, 4)]

    assert got == [201, 422]


async def test_answers_may_come_without_a_tag(sim: Simulator, hub: Hub) -> None:
    await hub.call("GET", REPO)
    tag = hub.last["ETag"]
    again = (await hub.call("GET", REPO, If_None_Match=tag))[0]
    sim.quirks.etags = False
    untagged = (await hub.call("GET", REPO, If_None_Match=tag))[0]

    assert (again, untagged, "ETag" in hub.last) == (304, 200, False)


async def test_queries_have_points_of_their_own(sim: Simulator, hub: Hub) -> None:
    sim.limits.points, sim.limits.query_points_per_minute = True, 1
    query: dict[str, Any] = {"query": "{ viewer { login } }"}
    got = [(await hub.call("POST", "/graphql", query))[0] for _ in range(2)]

    assert got == [200, 403]
    assert (await hub.call("GET", REPO))[0] == 200
