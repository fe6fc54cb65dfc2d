"""Merge groups: their members as the queue shows them, or cannot tell."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.errors import Gone, Stale
from bot.github.client import GraphAnswer, GraphError
from bot.github.groups import CANNOT_TELL
from bot.github.source import GitHubSource
from bot.model.known import Known, Unknown
from bot.model.look import GroupMember, GroupOutline
from tests.github.double import (
    APP,
    BASE,
    REPO,
    REPO_ID,
    FakeClient,
    FakeGitHub,
    claim,
    connection,
    error,
    run,
)
from tests.support.clock import FakeClock

SHA = "9" * 40
REF = f"refs/heads/gh-readonly-queue/release/1.x/pr-12-{BASE}"


def entry(position: int, number: int, head: str | None = None) -> dict[str, Any]:
    return {
        "position": position,
        "headCommit": {"oid": head or f"{number:040x}"},
        "pullRequest": {"number": number, "headRefOid": f"{number:x}" * 20},
    }


def queue(*entries: Any) -> dict[str, Any]:
    return {"entries": connection(*entries)}


FULL = queue(entry(2, 12, SHA), entry(1, 11), entry(3, 13))


def answer(merge_queue: Any = FULL, *errors: GraphError, **group: Any) -> GraphAnswer:
    commit = {
        "__typename": "Commit",
        "oid": SHA,
        "committedDate": "2026-03-02T08:50:00Z",
        "statusCheckRollup": {"contexts": connection(run())},
    } | group
    repository = {
        "databaseId": REPO_ID,
        "nameWithOwner": REPO,
        "defaultBranchRef": {"name": "main", "target": {"oid": BASE}},
        "policy": None,
        "mergeQueue": merge_queue,
        "group": commit,
    }
    return GraphAnswer(
        data={"repository": repository, "organisation": {"policy": None}}, errors=errors
    )


async def outline(found: Any, clock: FakeClock | None = None, **expect: str) -> GroupOutline:
    asked: list[Any] = []

    def told(variables: Any) -> Any:
        asked.append(variables)
        return found

    github: Any = FakeGitHub(FakeClient(graph={"MergeGroup": told}))
    eyes = GitHubSource(github, clock or FakeClock(), APP)
    group = await eyes.group(claim(SHA, **({"ref": REF} | expect)))
    assert [one["branch"] for one in asked] == ["release/1.x"]
    return group


async def test_members_are_the_entries_up_to_the_one_whose_head_the_group_is() -> None:
    found = await outline(answer())

    assert found.members == (
        GroupMember(number=11, head_sha="b" * 20),
        GroupMember(number=12, head_sha="c" * 20),
    )


async def test_entries_below_the_base_of_a_group_are_a_group_of_their_own() -> None:
    below = f"{11:040x}"
    found = await outline(answer(), None, **{"from": below})

    assert found.members == (GroupMember(number=12, head_sha="c" * 20),)


async def test_the_facts_are_of_the_groups_own_head() -> None:
    facts = (await outline(answer(), base="refs/heads/release/1.x")).facts

    assert not isinstance(facts.checks, Unknown)
    assert (facts.number, facts.head_sha, facts.base_sha) == (None, SHA, BASE)
    assert (facts.base_ref, facts.default_branch) == ("release/1.x", "main")
    assert facts.head_since == datetime(2026, 3, 2, 8, 50, tzinfo=UTC)
    assert [one.name for one in facts.checks] == ["ci"]
    assert isinstance(facts.changes, Unknown)


@pytest.mark.parametrize(
    "merge_queue",
    [
        None,
        queue(),
        queue(entry(1, 12, "8" * 40)),
        queue(entry(1, 11, SHA)),
        queue(entry(1, 11) | {"headCommit": None}, entry(2, 13, SHA)),
    ],
)
async def test_a_group_that_the_queue_does_not_explain_cannot_be_told(merge_queue: Any) -> None:
    assert (await outline(answer(merge_queue))).members == CANNOT_TELL


@pytest.mark.parametrize(
    "found",
    [
        answer(None, error("repository", "mergeQueue")),
        answer(queue(entry(1, 11) | {"pullRequest": None}, entry(2, 12, SHA))),
        answer({"entries": None}),
    ],
)
async def test_a_queue_that_is_not_whole_is_unknown(found: GraphAnswer) -> None:
    assert isinstance((await outline(found)).members, Unknown)


async def test_a_group_whose_branch_is_not_named_cannot_be_told() -> None:
    found = await outline(answer(), ref="refs/heads/x", base="refs/heads/release/1.x")

    assert found.members == CANNOT_TELL


@pytest.mark.parametrize(
    ("rollup", "expected"),
    [(None, ()), ({"contexts": None}, Unknown), ({"contexts": connection(total=2)}, Unknown)],
)
async def test_checks_of_a_group_are_whole_or_unknown(rollup: Any, expected: Any) -> None:
    checks: Known[Any] = (await outline(answer(statusCheckRollup=rollup))).facts.checks

    assert isinstance(checks, Unknown) if expected is Unknown else checks == expected


async def test_a_group_that_is_not_visible_yet_is_awaited_before_it_is_gone() -> None:
    clock = FakeClock()

    with pytest.raises(Stale):
        await outline(answer(oid="7" * 40), clock)
    clock.advance(timedelta(seconds=9).total_seconds())
    with pytest.raises(Gone):
        await outline(answer(oid="7" * 40), clock)


async def test_further_checks_of_a_group_are_paged() -> None:
    first = {"contexts": connection(run("a"), total=2, after="c")}
    page = {"contexts": connection(run("b"), total=2)}
    client = FakeClient(
        graph={
            "MergeGroup": answer(statusCheckRollup=first),
            "MoreGroupContexts": {"repository": {"group": {"statusCheckRollup": page}}},
        }
    )
    github: Any = FakeGitHub(client)
    eyes = GitHubSource(github, FakeClock(), APP)

    whole = (await eyes.group(claim(SHA, ref=REF))).facts.checks
    broken = client.graph["MoreGroupContexts"]
    client.graph["MoreGroupContexts"] = GraphAnswer(data=broken, errors=(error("repository"),))

    assert not isinstance(whole, Unknown)
    assert [one.name for one in whole] == ["a", "b"]
    assert isinstance((await eyes.group(claim(SHA, ref=REF))).facts.checks, Unknown)
