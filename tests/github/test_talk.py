"""What people wrote is read anew; what was touched since is left out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from bot.errors import Transient
from bot.github.client import GraphAnswer
from bot.github.talk import talk_of
from tests.github.double import APP, HEAD, NUMBER, FakeClient, error, place

AT = "2026-03-02T09:00:00Z"
LATER = "2026-03-02T10:00:00Z"


def wrote(number: int, body: str = "/handoff ready", **more: Any) -> dict[str, Any]:
    user = {"id": 5, "login": "ana", "type": more.pop("kind", "User")}
    made = {"id": number, "node_id": f"n{number}", "body": body, "user": user, "created_at": AT}
    return made | more


def seen(number: int, **more: Any) -> dict[str, Any]:
    return {"id": f"n{number}", "lastEditedAt": None, "isMinimized": False} | more


def reacted(content: str, *, ours: bool) -> dict[str, Any]:
    return {"reactionGroups": [{"content": content, "viewerHasReacted": ours}]}


def own(at: str | None, app: int = APP) -> dict[str, Any]:
    return {"started_at": at, "app": {"id": app}}


def client(
    comments: list[Any], nodes: Any, runs: list[Any], reviews: list[Any], lines: list[Any]
) -> FakeClient:
    return FakeClient(
        rest={
            f"GET commits/{HEAD}/check-runs": runs,
            f"GET issues/{NUMBER}/comments": comments,
            f"GET pulls/{NUMBER}/reviews": reviews,
            f"GET pulls/{NUMBER}/comments": lines,
        },
        graph={"Talk": nodes if isinstance(nodes, GraphAnswer) else {"nodes": nodes}},
    )


async def test_comments_reviews_and_line_comments_are_read_oldest_first() -> None:
    review = wrote(2, commit_id="d" * 40, submitted_at=AT) | {"created_at": None}
    some = client(
        [wrote(1, created_at=LATER), wrote(9, kind="Bot"), wrote(8, "Well.")],
        [seen(2), seen(3), seen(1)],
        [own(LATER), own(AT), own(None), own("2026-01-01T00:00:00Z", app=1)],
        [review, wrote(7, submitted_at=None) | {"created_at": None}],
        [wrote(3, original_commit_id="e" * 40, commit_id="d" * 40)],
    )

    talk = await talk_of(place(some), HEAD, APP)

    keys = [(one.key, one.commit_sha and one.commit_sha[0]) for one in talk.said]
    assert keys == [("line:3", "e"), ("review:2", "d"), ("comment:1", None)]
    assert talk.judged_since == datetime.fromisoformat(AT)
    assert talk.refused == frozenset()


@pytest.mark.parametrize(
    ("node", "kept", "refused"),
    [
        (seen(1), 1, 0),
        (seen(1, lastEditedAt=LATER), 0, 0),
        (seen(1, includesCreatedEdit=True), 0, 0),
        (seen(1, isMinimized=True), 0, 0),
        (None, 0, 0),
        (seen(1, **reacted("CONFUSED", ours=True)), 1, 1),
        (seen(1, **reacted("CONFUSED", ours=False)), 1, 0),
        (seen(1, **reacted("THUMBS_UP", ours=True)), 1, 0),
    ],
)
async def test_what_was_edited_hidden_or_deleted_is_left_out(
    node: Any, kept: int, refused: int
) -> None:
    gone = (error("nodes", 0, kind="NOT_FOUND"),) if node is None else ()
    some = client([wrote(1)], GraphAnswer(data={"nodes": [node]}, errors=gone), [], [], [])

    talk = await talk_of(place(some), HEAD, APP)

    assert (len(talk.said), len(talk.refused), talk.judged_since) == (kept, refused, None)


async def test_where_github_does_not_tell_what_was_edited_nothing_is_read() -> None:
    answer = GraphAnswer(data={"nodes": [None]}, errors=(error("nodes", 0),))

    with pytest.raises(Transient):
        await talk_of(place(client([wrote(1)], answer, [], [], [])), HEAD, APP)


async def test_many_are_asked_about_in_batches_and_none_in_no_request() -> None:
    asked: list[int] = []

    def nodes(about: Any) -> Any:
        asked.append(len(about["ids"]))
        return {"nodes": [seen(int(one[1:])) for one in about["ids"]]}

    some = client([wrote(one) for one in range(1, 251)], [], [], [], [])
    some.graph["Talk"] = nodes

    assert len((await talk_of(place(some), HEAD, APP)).said) == 250
    assert asked == [100, 100, 50]
    await talk_of(place(client([], [], [], [], [])), HEAD, APP)


async def test_an_answer_without_its_comments_is_githubs_trouble() -> None:
    answer = GraphAnswer(data={}, errors=(error("nodes", 0, kind="NOT_FOUND"),))

    with pytest.raises(Transient):
        await talk_of(place(client([wrote(1)], answer, [], [], [])), HEAD, APP)
