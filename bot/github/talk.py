"""What people wrote at a pull request, read anew: the conversation, reviews and line comments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.errors import Transient
from bot.github.place import moment, together
from bot.github.queries import TALK
from bot.model.look import Talk
from bot.readers.events import said_by

if TYPE_CHECKING:
    from bot.github.place import Place

LISTED_AT_MOST, BATCH = 5_000, 100  # GitHub takes 2,500 comments of a kind
_LISTS = {
    "comment": "issues/{}/comments",
    "review": "pulls/{}/reviews",
    "line": "pulls/{}/comments",
}
# What was refused counts, whatever else was done.
_ANSWERS = {"CONFUSED": "confused", "THUMBS_UP": "+1"}
_CHANGED = ("lastEditedAt", "includesCreatedEdit", "isMinimized")


async def talk_of(place: Place, head_sha: str, app_id: int) -> Talk:
    """What may carry commands and is neither hidden nor edited. Raises errors.Trouble."""
    runs = {"check_name": "handoff", "app_id": str(app_id), "filter": "all"}
    rows, *lists = await together(
        _listed(place, f"commits/{head_sha}/check-runs", params=runs, key="check_runs"),
        *(_listed(place, tail.format(place.number)) for tail in _LISTS.values()),
    )
    read = (said_by(kind, one) for kind, some in zip(_LISTS, lists, strict=True) for one in some)
    said = [one for one in read if one is not None]
    seen = await _nodes(place, [one.node_id for one in said])
    said = [one for one in said if one.node_id in seen]
    ours = [row["started_at"] for row in rows if (row.get("app") or {}).get("id") == app_id]
    return Talk(
        said=tuple(sorted(said, key=lambda one: (one.created_at, one.key))),
        refused=frozenset(one.key for one in said if answer_to(seen[one.node_id]) == "confused"),
        judged_since=min((moment(at) for at in ours if at), default=None),
    )


async def _listed(place: Place, tail: str, **more: Any) -> list[Any]:
    path, lane, repo_id = f"/repos/{place.repo}/{tail}", place.lane, place.repo_id
    pages = place.client.pages
    return (await pages(path, lane=lane, repo_id=repo_id, at_most=LISTED_AT_MOST, **more))[0]


async def _nodes(place: Place, ids: list[str]) -> dict[str, Any]:
    """What only GraphQL tells of those that stand as they were written."""
    seen: dict[str, Any] = {}
    for at in range(0, len(ids), BATCH):
        asked = {"ids": ids[at : at + BATCH]}
        answer = await place.client.graphql(TALK, asked, lane=place.lane, repo_id=place.repo_id)
        if any(error.type != "NOT_FOUND" for error in answer.errors):
            raise Transient(f"GitHub does not show comments: {answer.errors[0].message[:200]}")
        if not isinstance(answer.data.get("nodes"), list):
            raise Transient("GitHub does not show comments")
        nodes = [node for node in answer.data["nodes"] if node is not None]
        seen |= {one["id"]: one for one in nodes if not any(one.get(name) for name in _CHANGED)}
    return seen


def answer_to(node: Any) -> str:
    """How this App has answered to a comment: "confused" where it refused something."""
    groups = node.get("reactionGroups") or ()
    ours = {one["content"] for one in groups if one["viewerHasReacted"]}
    return next((word for name, word in _ANSWERS.items() if name in ours), "")
