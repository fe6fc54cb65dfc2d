"""A return after the merge is one issue, or one comment where issues may not be written."""

from __future__ import annotations

from typing import Any

import pytest

from bot.errors import Gone, Invalid, Transient
from bot.github.publish import GitHubPublisher
from bot.model.effect import OpenIssue, Published, PutBoard, SetLabel
from bot.model.keeping import Receipt
from bot.store.outbox import kind_of
from tests.github.double import ALL, APP, NUMBER, REPO, REPO_ID, FakeClient, FakeGitHub, claim
from tests.support.clock import FakeClock

ISSUE = OpenIssue(
    repo_id=REPO_ID, number=NUMBER, cause="comment:9", title="QA returned", body="Why", assignee="a"
)
MARK = f"<!-- handoff:issue:{REPO_ID}#{NUMBER}:comment:9 -->"
TALK = f"issues/{NUMBER}/comments"
OURS = {"performed_via_github_app": {"id": APP}}


def publisher(client: FakeClient) -> GitHubPublisher:
    github: Any = FakeGitHub(client)
    return GitHubPublisher(github, FakeClock(), APP)


async def opened(client: FakeClient, before: Published | None = None) -> Receipt:
    return await publisher(client).publish(claim(), ISSUE, before, "")


async def test_an_issue_is_opened_once_for_the_author() -> None:
    client = FakeClient(granted=ALL | {"issues": "write"}, rest={"POST issues": {"id": 8}})

    receipt = await opened(client)
    stands = Published(key=ISSUE.key, kind=kind_of(ISSUE), gen=0, digest="", remote_id=8)
    again = await opened(client, stands)

    assert receipt == again == Receipt(remote_id=8)
    assert client.bodies == [
        {"title": "QA returned", "body": f"Why\n{MARK}", "assignees": ["a"]},
    ]


async def test_who_cannot_be_assigned_is_left_out() -> None:
    def answer(body: Any) -> Any:
        return Invalid("assignees is invalid") if "assignees" in body else {"id": 8}

    client = FakeClient(granted=ALL | {"issues": "write"}, rest={"POST issues": answer})

    assert await opened(client) == Receipt(remote_id=8)
    assert client.bodies[-1] == {"title": "QA returned", "body": f"Why\n{MARK}"}


@pytest.mark.parametrize("level", ["read", ""])
async def test_without_permission_the_pull_request_is_told(level: str) -> None:
    client = FakeClient(granted=ALL | {"issues": level}, rest={f"POST {TALK}": {"id": 8}})

    assert await opened(client) == Receipt(remote_id=8)
    assert client.bodies == [{"body": f"Why\n{MARK}"}]


@pytest.mark.parametrize(
    ("comments", "issues", "receipt"),
    [
        ([], [{"id": 4, "body": f"Why\n{MARK}", **OURS}], Receipt(remote_id=4)),
        ([{"id": 3, "body": MARK, **OURS}], [], Receipt(remote_id=3)),
        ([], [{"id": 4, "body": MARK}], None),
    ],
)
async def test_a_lost_issue_is_found_by_its_mark(
    comments: list[Any], issues: list[Any], receipt: Receipt | None
) -> None:
    client = FakeClient(rest={f"GET {TALK}": comments, "GET issues": issues})

    assert await publisher(client).find(claim(), ISSUE, None, "") == receipt


# ── the board ─────────────────────────────────────────────────────────────────────────────────

BOARD = PutBoard(repo_id=REPO_ID, number=NUMBER, body="- One waits")
BOARD_MARK = f"<!-- handoff:board:{REPO_ID} -->"
SAYS = {"title": "Handoff: what waits for an answer", "body": f"- One waits\n{BOARD_MARK}"}
STANDS = Published(key=BOARD.key, kind=kind_of(BOARD), gen=0, digest="", remote_id=4)


@pytest.mark.parametrize(
    ("before", "issues", "calls", "receipt"),
    [
        # Made where there is none, and edited where it stands.
        (None, [], ["POST issues"], Receipt(remote_id=8)),
        (STANDS, [], ["PATCH issues/4"], Receipt(remote_id=4)),
        # One whose answer was lost is found by its mark and our App, and never by the mark alone.
        (
            None,
            [{"number": 5, "body": BOARD_MARK, **OURS}],
            ["PATCH issues/5"],
            Receipt(remote_id=5),
        ),
        (None, [{"number": 5, "body": BOARD_MARK}], ["POST issues"], Receipt(remote_id=8)),
    ],
)
async def test_a_board_is_one_issue(
    before: Published | None, issues: list[Any], calls: list[str], receipt: Receipt
) -> None:
    rest = {"GET issues": issues, "POST issues": {"number": 8}, "PATCH issues/4": {},
            "PATCH issues/5": {}}  # fmt: skip
    client = FakeClient(granted=ALL | {"issues": "write"}, rest=rest)

    assert await publisher(client).publish(claim(), BOARD, before, "") == receipt
    assert [one for one in client.calls if not one.startswith("GET")] == [
        one.replace(" ", f" /repos/{REPO}/") for one in calls
    ]
    assert client.bodies == [SAYS]


async def test_a_board_that_a_person_deleted_is_never_made_again() -> None:
    client = FakeClient(granted=ALL | {"issues": "write"}, rest={"PATCH issues/4": Gone("410")})

    receipt = await publisher(client).publish(claim(), BOARD, STANDS, "")
    assert receipt == Receipt(remote_id=4, suppressed=True)


@pytest.mark.parametrize("level", ["read", ""])
async def test_without_permission_there_is_no_board(level: str) -> None:
    client = FakeClient(granted=ALL | {"issues": level})

    assert await publisher(client).publish(claim(), BOARD, None, "") == Receipt(remote_id=None)
    assert client.bodies == []


async def test_a_board_without_a_number_is_looked_for_again() -> None:
    rest: dict[str, Any] = {"GET issues": [], "POST issues": {}}
    client = FakeClient(granted=ALL | {"issues": "write"}, rest=rest)

    with pytest.raises(Transient) as lost:
        await publisher(client).publish(claim(), BOARD, None, "")
    assert lost.value.sent
    assert await publisher(client).find(claim(), BOARD, None, "") is None


@pytest.mark.parametrize("label", [None, {}, "x"])
async def test_a_label_without_its_name_is_githubs_trouble(label: Any) -> None:
    client = FakeClient(rest={f"GET issues/{NUMBER}/labels": [label]}, granted=ALL)
    wish = SetLabel(repo_id=REPO_ID, number=NUMBER, stage="ready")

    with pytest.raises(Transient):
        await publisher(client).publish(claim(), wish, None, "")
