"""What people wrote at a pull request, read anew: the conversation, reviews and line comments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.errors import Refused, Transient
from bot.github.place import moment, together
from bot.github.queries import TALK
from bot.model.look import Talk
from bot.readers.events import said_by

if TYPE_CHECKING:
    from bot.github.place import Place

LISTED_AT_MOST, BATCH = 5_000, 100
_LISTS = {
    "comment": "issues/{}/comments",
    "review": "pulls/{}/reviews",
    "line": "pulls/{}/comments",
}


async def talk_of(place: Place, head_sha: str, app_id: int) -> Talk:
    """What may carry commands and is neither hidden nor edited. Raises errors.Trouble."""
    runs = {"check_name": "handoff", "app_id": str(app_id), "filter": "all"}
    rows, *lists = await together(
        _listed(place, f"commits/{head_sha}/check-runs", params=runs, key="check_runs"),
        *(_listed(place, tail.format(place.number)) for tail in _LISTS.values()),
    )
    said = [
        one
        for kind, things in zip(_LISTS, lists, strict=True)
        for one in (said_by(kind, thing) for thing in things)
        if one is not None
    ]
    seen = await _nodes(place, [one.node_id for one in said])
    standing = [one for one in said if _stands(seen.get(one.node_id))]
    began = [
        moment(row["started_at"])
        for row in rows
        if row.get("started_at") and (row.get("app") or {}).get("id") == app_id
    ]
    return Talk(
        said=tuple(sorted(standing, key=lambda one: (one.created_at, one.key))),
        refused=frozenset(one.key for one in standing if _refused(seen[one.node_id])),
        judged_since=min(began, default=None),
    )


async def _listed(place: Place, tail: str, **more: Any) -> list[Any]:
    """All of it. Raises Refused where that is more than anybody reads."""
    path, most = f"/repos/{place.repo}/{tail}", LISTED_AT_MOST
    lane, repo_id = place.lane, place.repo_id
    pages = place.client.pages
    rows, whole = await pages(path, lane=lane, repo_id=repo_id, at_most=most, **more)
    if not whole:
        raise Refused(f"{tail} has more than {most} rows")
    return rows


async def _nodes(place: Place, ids: list[str]) -> dict[str, Any]:
    """What only GraphQL tells of each; nothing of those that are gone by now."""
    seen: dict[str, Any] = {}
    for at in range(0, len(ids), BATCH):
        asked = {"ids": ids[at : at + BATCH]}
        answer = await place.client.graphql(TALK, asked, lane=place.lane, repo_id=place.repo_id)
        if any(error.type != "NOT_FOUND" for error in answer.errors):
            raise Transient(f"GitHub does not show comments: {answer.errors[0].message[:200]}")
        nodes = answer.data.get("nodes") or []
        seen |= {node["id"]: node for node in nodes if node is not None}
    return seen


def _stands(node: Any) -> bool:
    changed = ("lastEditedAt", "includesCreatedEdit", "isMinimized")
    return node is not None and not any(node.get(name) for name in changed)


def _refused(node: Any) -> bool:
    groups = node.get("reactionGroups") or ()
    return any(one["content"] == "CONFUSED" and one["viewerHasReacted"] for one in groups)
