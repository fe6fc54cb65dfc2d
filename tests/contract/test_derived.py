"""Events of which GitHub ships no example: the nearest real one, changed as its schema allows."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeAlias

import pytest

from bot.model.arrival import Arrival, Control, HeadSeen
from bot.model.wake import Lane
from bot.readers.events import arrive
from tests.contract.published import examples, hook_problems

Data: TypeAlias = dict[str, Any]
Derive: TypeAlias = Callable[[Data], None]

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
APP = 99


def real(event: str, action: str) -> Data:
    """A copy of the first real payload that also satisfies its schema."""
    return copy.deepcopy(
        next(
            one
            for name, one in examples()
            if name == event and one.get("action") == action and not hook_problems(name, one)
        )
    )


def read(event: str, payload: Data) -> Arrival:
    return arrive(event, payload, guid="g", received_at=NOW, app_id=APP)


def edited(payload: Data) -> None:
    payload |= {"action": "edited", "changes": {"body": {"from": "- [ ] docs"}}}


def retargeted(payload: Data) -> None:
    base = {"ref": {"from": "main"}, "sha": {"from": "0" * 40}}
    payload |= {"action": "edited", "changes": {"base": base}}


def from_a_fork(payload: Data) -> None:
    repo = payload["pull_request"]["head"]["repo"]
    repo |= {"id": repo["id"] + 1, "fork": True, "full_name": "kim/Hello-World"}


def enqueued(payload: Data) -> None:
    payload["action"] = "enqueued"
    # The real payload is older than this field, which the schema of this action wants.
    for side in ("head", "base"):
        payload["pull_request"][side]["repo"]["has_discussions"] = False


def dequeued(payload: Data) -> None:
    enqueued(payload)
    payload |= {"action": "dequeued", "reason": "CI_FAILURE"}


@pytest.mark.parametrize(
    ("derive", "matters", "lane", "fork"),
    [
        (edited, "text", Lane.UPDATE, False),
        (retargeted, "always", Lane.VERDICT, False),
        (from_a_fork, "always", Lane.VERDICT, True),
        (enqueued, "always", Lane.UPDATE, False),
        (dequeued, "always", Lane.UPDATE, False),
    ],
)
def test_a_pull_request_is_woken(derive: Derive, matters: str, lane: Lane, fork: bool) -> None:
    payload = real("pull_request", "opened")
    derive(payload)

    found = read("pull_request", payload)

    assert hook_problems("pull_request", payload) == []
    assert (found.number, found.matters, found.lane) == (payload["number"], matters, lane)
    assert isinstance(found.head, HeadSeen)
    assert (found.head.fork, found.head.open) == (fork, True)


def test_a_head_whose_repository_was_deleted_is_a_forks() -> None:
    payload = real("pull_request", "opened")
    payload["pull_request"]["head"]["repo"] = None

    found = read("pull_request", payload)

    # GitHub sends null here all the same; its schema says that there is always a repository.
    assert [line for line in hook_problems("pull_request", payload) if "'head'" in line] != []
    assert isinstance(found.head, HeadSeen)
    assert found.head.fork


@pytest.mark.parametrize("action", ["created", "edited", "deleted"])
def test_a_comment_on_a_pull_request_is_told_from_one_on_an_issue(action: str) -> None:
    payload = real("issue_comment", action)
    on_issue = read("issue_comment", payload)
    address = payload["issue"]["url"].replace("/issues/", "/pulls/")
    page = payload["issue"]["html_url"].replace("/issues/", "/pull/")
    payload["issue"]["pull_request"] = {
        "url": address,
        "html_url": page,
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
        "merged_at": None,
    }

    assert hook_problems("issue_comment", payload) == []
    assert on_issue.number is None
    assert read("issue_comment", payload).number == payload["issue"]["number"]


def test_a_group_that_is_gone_is_forgotten() -> None:
    payload = real("merge_group", "checks_requested")
    payload |= {"action": "destroyed", "reason": "dequeued"}

    found = read("merge_group", payload)

    assert hook_problems("merge_group", payload) == []
    assert (found.group, found.control) == (
        payload["merge_group"]["head_sha"],
        Control.GROUP_GONE,
    )


@pytest.mark.parametrize("action", ["added", "removed"])
def test_a_change_of_a_team_is_told(action: str) -> None:
    payload = real("membership", action)

    found = read("membership", payload)

    assert hook_problems("membership", payload) == []
    assert found.control is Control.FORGET_PEOPLE


@pytest.mark.parametrize("event", sorted({name for name, _ in examples()}))
def test_an_event_that_names_no_installation_is_read_all_the_same(event: str) -> None:
    payload = copy.deepcopy(next(one for name, one in examples() if name == event))
    whole = read(event, payload)
    payload.pop("installation", None)

    found = read(event, payload)

    assert (found.installation_id, found.number, found.sha, found.group) == (
        None,
        whole.number,
        whole.sha,
        whole.group,
    )
