"""The costly facts: each is asked for only where it is needed, and is whole or Unknown."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.errors import Denied, Limited
from bot.github.client import GraphAnswer
from bot.github.facts import GHOST
from bot.github.place import moment
from bot.model.arrival import Said
from bot.model.facts import Deployment, Facts, Owners, Person, Standing, Thread
from bot.model.known import NOT_ASKED, Unknown
from bot.model.need import Members, Part, Permissions
from bot.model.policy import Role
from tests.github.double import (
    ALL,
    BASE,
    HEAD,
    OPENED,
    FakeClient,
    blob,
    claim,
    connection,
    error,
    facts,
    user,
)
from tests.github.test_source import PULL, ROWS, paged_pull, serving, source
from tests.support.clock import START


async def loaded(client: FakeClient, *needs: Any, **roles: Role) -> Facts:
    eyes = source(client)
    outline = await eyes.outline(claim(), None)
    client.calls.clear()
    return await eyes.load(claim(), outline.facts, frozenset(needs), roles)


async def test_nothing_is_asked_where_nothing_is_needed() -> None:
    client = serving()

    found = await loaded(client, Part.CHECKS, Part.BODY)

    assert client.calls == []
    assert (found.tree, found.owners, found.label_setters) == (NOT_ASKED,) * 3


async def test_the_first_codeowners_file_counts_for_the_changed_paths() -> None:
    client = serving()
    second = blob("* @acme/backend @ana")
    client.graph["Codeowners"] = {"repository": {"o0": None, "o1": second, "o2": blob("* @x")}}

    found = await loaded(client, Part.OWNERS)

    assert found.owners == Owners(by_path={"a.py": ("@acme/backend", "@ana")})


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"repository": {"o0": None, "o1": None, "o2": None}}, Owners(by_path={})),
        ({"repository": {"o1": None, "o2": None}}, None),
        ({"repository": {"o0": blob("x", isTruncated=True)}}, None),
        (Denied("no"), None),
    ],
)
async def test_codeowners_that_cannot_be_read_are_unknown(answer: Any, expected: Any) -> None:
    client = serving()
    client.graph["Codeowners"] = answer

    found = (await loaded(client, Part.OWNERS)).owners

    assert isinstance(found, Unknown) if expected is None else found == expected


TREE = f"GET git/trees/{HEAD}"
LISTED = [{"path": "a.py", "type": "blob"}, {"path": "d", "type": "tree"}]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"truncated": False, "tree": [*LISTED, {"path": "s", "type": "commit"}]}, ("a.py",)),
        (
            {"truncated": True, "tree": LISTED},
            Unknown("the file tree is too large for GitHub to list whole"),
        ),
        ({"tree": LISTED}, Unknown("GitHub's answer about the file tree is not complete")),
        (Denied("no"), Unknown("the file tree cannot be read: no")),
    ],
)
async def test_the_tree_is_whole_or_unknown(answer: Any, expected: Any) -> None:
    client = serving()
    client.rest[TREE] = answer

    assert (await loaded(client, Part.TREE)).tree == expected


def labelling(*pairs: tuple[str, str], before: str | None = None) -> Any:
    nodes = [{"label": {"name": label}, "actor": user(ord(who), who)} for label, who in pairs]
    info = {"hasPreviousPage": before is not None, "startCursor": before}
    return paged_pull({"timelineItems": {"nodes": nodes, "pageInfo": info}})


async def test_who_set_a_label_is_whoever_set_it_last() -> None:
    client = serving()
    client.graph["LabelSetters"] = labelling(("hot", "a"), ("old", "c"), ("hot", "b"))

    assert (await loaded(client, Part.LABEL_SETTERS)).label_setters == {
        "hot": Person(id=98, login="b")
    }


async def test_who_set_a_label_is_unknown_after_three_pages_or_an_error() -> None:
    client = serving()
    client.graph["LabelSetters"] = labelling(("old", "c"), before="x")

    found = (await loaded(client, Part.LABEL_SETTERS)).label_setters

    assert found == Unknown("labels changed more than 300 times")
    assert client.calls == ["LabelSetters"] * 3


def talk(*nodes: Any, total: int | None = None) -> Any:
    return paged_pull({"reviewThreads": connection(*nodes, total=total)})


def thread(*last: Any, resolved: bool = False) -> dict[str, Any]:
    said = [{"author": one} for one in last]
    return {"path": "a.py", "isResolved": resolved, "comments": {"nodes": said}}


async def test_threads_are_read_with_their_last_word() -> None:
    client = serving()
    client.graph["ReviewThreads"] = talk(thread(user(98, "b")), thread(None, resolved=True))

    found = (await loaded(client, Part.THREADS)).threads

    assert found == (
        Thread(path="a.py", last_by=Person(id=98, login="b")),
        Thread(path="a.py", last_by=GHOST, resolved=True),
    )
    assert client.calls == ["ReviewThreads"]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (talk(thread(None), total=101), "100 of 101 review threads not read"),
        (talk(thread()), "GitHub's answer about the review threads is not complete"),
        (paged_pull({}), "GitHub's answer about the review threads is not complete"),
    ],
)
async def test_threads_that_are_not_all_there_are_unknown(answer: Any, why: str) -> None:
    client = serving()
    client.graph["ReviewThreads"] = answer

    assert (await loaded(client, Part.THREADS)).threads == Unknown(why)


MERGE = "f" * 40
DONE = "2026-03-02T08:30:00Z"


def placed(state: str | None, **about: Any) -> dict[str, Any]:
    """A deployment as the query tells of it; `state` None: it has no status yet."""
    status = {"state": state, "environmentUrl": about.pop("url", None), "updatedAt": DONE}
    node = {"environment": "old", "latestEnvironment": "staging", "createdAt": OPENED}
    return {**node, "latestStatus": status if state else None, **about}


def commit_with(oid: str, *deployments: Any) -> dict[str, Any]:
    return {"oid": oid, "deployments": {"nodes": list(deployments)}}


def shows(head: Any, merge: Any = None) -> Any:
    pull = {"head": {"nodes": [{"commit": head}]}, "mergeCommit": merge}
    return {"repository": {"pullRequest": pull}}


def permitted(**merged: Any) -> FakeClient:
    client = serving(facts(ROWS, **merged))
    client.granted = {**ALL, "deployments": "read"}
    return client


async def test_deployments_of_the_head_and_the_merge_are_told_by_their_newest_status() -> None:
    client = permitted(state="MERGED", mergeCommit={"oid": MERGE})
    client.graph["Deployments"] = shows(
        commit_with(HEAD, placed(None), placed("IN_PROGRESS", latestEnvironment=None, url="")),
        commit_with(MERGE, placed("SUCCESS", url="https://a.dev")),
    )

    found = await loaded(client, Part.DEPLOYMENTS)

    start, end = moment(OPENED), moment(DONE)
    assert (found.merged, found.merge_sha, found.open) == (True, MERGE, False)
    assert found.deployments == (
        Deployment(environment="staging", sha=HEAD, state="pending", updated_at=start),
        Deployment(environment="old", sha=HEAD, state="in_progress", updated_at=end),
        Deployment(
            environment="staging", sha=MERGE, state="success", url="https://a.dev", updated_at=end
        ),
    )


NONE = commit_with(HEAD)


@pytest.mark.parametrize(
    ("merged", "answer", "reason"),
    [
        ({}, shows(commit_with(BASE)), "of another commit"),
        ({}, shows({"oid": HEAD, "deployments": None}), "not complete"),
        ({"state": "MERGED"}, shows(NONE, commit_with(MERGE)), "of another commit"),
        ({"state": "MERGED", "mergeCommit": {"oid": MERGE}}, shows(NONE), "not complete"),
        ({}, GraphAnswer(data=shows(NONE), errors=(error(*PULL, "head"),)), "could not tell"),
    ],
)
async def test_deployments_that_are_not_all_there_are_unknown(
    merged: dict[str, Any], answer: Any, reason: str
) -> None:
    client = permitted(**merged)
    client.graph["Deployments"] = answer

    found = (await loaded(client, Part.DEPLOYMENTS)).deployments

    assert isinstance(found, Unknown)
    assert reason in found.reason


async def test_deployments_are_not_asked_for_without_the_permission() -> None:
    client = serving()

    found = (await loaded(client, Part.DEPLOYMENTS)).deployments

    assert isinstance(found, Unknown)
    assert found.reason.endswith("needs the optional permission deployments: read")
    assert client.calls == []


async def test_check_runs_are_listed_where_a_status_hides_the_rollup() -> None:
    answer = facts(ROWS, error(*PULL, "head", "nodes", 0, "commit", "statusCheckRollup"))
    client = serving(answer)
    client.rest[f"GET commits/{HEAD}/check-runs"] = [
        {"name": "ci", "status": "completed", "conclusion": "success", "id": 3}
    ]

    found = await loaded(client, Part.CHECKS)

    assert not isinstance(found.checks, Unknown)
    assert [one.name for one in found.checks] == ["ci"]
    assert found.unread == ("commit statuses: GitHub does not show them",)


@pytest.mark.parametrize("answer", [([], False), Denied("no"), [{"name": "ci"}]])
async def test_check_runs_that_are_not_all_there_are_unknown(answer: Any) -> None:
    client = serving(facts(ROWS, error(*PULL, "head")))
    client.rest[f"GET commits/{HEAD}/check-runs"] = answer

    assert isinstance((await loaded(client, Part.CHECKS)).checks, Unknown)


async def test_a_push_right_that_the_query_hides_is_asked_for() -> None:
    opinion = {
        "state": "APPROVED",
        "submittedAt": "2026-03-02T08:00:00Z",
        "authorCanPushToRepository": None,
        "author": user(2, "ben"),
        "commit": None,
    }
    client = serving(facts(ROWS, latestOpinionatedReviews=connection(opinion)))
    client.rest["GET collaborators/ben/permission"] = {"role_name": "triage"}

    found = (await loaded(client, Permissions())).reviews

    assert not isinstance(found, Unknown)
    assert found.opinions[0].may_write is False


async def test_roles_are_answered_for_everybody_in_the_facts_and_whoever_speaks() -> None:
    said = Said(
        key="comment:1",
        node_id="IC",
        body="/handoff recheck",
        by_id=9,
        by_login="Kim",
        by_type="User",
        created_at=START,
        updated_at=START,
    )
    client = serving()
    eyes = source(client)
    outline = await eyes.outline(claim(), None)
    roles = {"qa": Role(name="qa", people=("kim", "zoe"))}
    asked = frozenset({Members(role="qa"), Members(role="nobody")})

    found = await eyes.load(replace(claim(), said=(said,)), outline.facts, asked, roles)

    assert found.members == {
        "qa": frozenset({9}),
        "nobody": Unknown("the policy has no role nobody"),
    }


async def test_codeowners_are_read_for_a_role_that_consists_of_them() -> None:
    client = serving()
    client.graph["Codeowners"] = {"repository": {"o0": blob("* @ana"), "o1": None, "o2": None}}

    found = await loaded(client, Members(role="o"), o=Role(name="o", codeowners=True))

    assert found.members == {"o": frozenset({1})}


async def test_codeowners_are_read_once_an_evaluation() -> None:
    client, role = serving(), Role(name="o", codeowners=True)
    client.graph["Codeowners"] = {"repository": {"o0": blob("* @ana"), "o1": None, "o2": None}}
    client.rest["GET /users/ana"] = {"id": 1, "login": "ana"}
    client.rest["GET collaborators/ana/permission"] = {"role_name": "read"}
    eyes, ana = source(client), Person(id=1, login="ana")
    here = await eyes.outline(claim(), None)

    for epoch in (1, 2):
        run = replace(claim(), epoch=epoch)
        facts = await eyes.load(run, here.facts, frozenset({Members(role="o")}), {"o": role})
        assert await eyes.roles(run, ana, {"o": role}, facts) == {"o": True}
        assert await eyes.roster(run, role, facts) == (ana,)

    assert sum("Codeowners" in str(one) for one in client.calls) == 2


async def test_the_reserved_word_codeowner_needs_no_role_of_the_policy() -> None:
    client = serving()
    client.graph["Codeowners"] = {"repository": {"o0": blob("* @ana"), "o1": None, "o2": None}}

    found = await loaded(client, Members(role="codeowner"))

    assert found.members == {"codeowner": frozenset({1})}


async def test_a_limit_met_while_loading_is_raised_as_itself() -> None:
    client = serving()
    client.rest[TREE] = Limited("later", until=START, resource="core")

    with pytest.raises(Limited):
        await loaded(client, Part.TREE)


async def test_standing_is_asked_live_every_time() -> None:
    client = FakeClient(rest={"GET collaborators/ana/permission": {"role_name": "admin"}})
    eyes, ana = source(client), Person(id=1, login="ana")

    assert await eyes.standing(claim(), ana) is Standing.ADMIN
    await eyes.standing(claim(), ana)
    assert len(client.calls) == 2
