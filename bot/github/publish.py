"""Effects become requests: checks, the sticky comment, replies and reactions."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, assert_never
from urllib.parse import quote

from bot.errors import Denied, Gone, Invalid, Limited, Refused, Transient
from bot.github.budget import GRAPHQL
from bot.github.checks import CheckWriter
from bot.github.place import Place
from bot.github.queries import ADD_REACTION, MINIMIZE, REMOVE_REACTION
from bot.model.effect import (
    AskReview,
    Effect,
    EffectClass,
    Hide,
    OpenIssue,
    Ping,
    PutBoard,
    PutComment,
    React,
    Reply,
    Send,
    SetCheck,
    SetLabel,
)
from bot.model.keeping import Receipt
from bot.text.comment import marker, ping_marker, reply_marker

if TYPE_CHECKING:
    from bot.clock import Clock
    from bot.github.client import GitHub
    from bot.model.claim import Claim
    from bot.model.effect import Published

LISTED_AT_MOST = 1_000
# GitHub takes 2,500 comments of a kind, and lists the oldest first.
COMMENTS_AT_MOST = 5_000
# The labels that begin so are ours: no other one is ever touched.
LABELS = "handoff: "
BOARD_TITLE = "Handoff: what waits for an answer"
# Below this part of the hourly limit nobody is only told that they were seen.
_TO_SPARE = 0.1
_REACTIONS = {"+1": "THUMBS_UP", "-1": "THUMBS_DOWN"}


class GitHubPublisher:
    """Implements the worker's Publisher."""

    def __init__(self, github: GitHub, clock: Clock, app_id: int) -> None:
        self._github = github
        self._clock = clock
        self._app_id = app_id

    async def publish(
        self, claim: Claim, effect: Effect, before: Published | None, external_id: str
    ) -> Receipt:
        """Make it so. `before`: what stands under the key. Raises errors.Trouble; Transient with
        `sent` when it may have taken effect."""
        place = self._place(claim, effect)
        _granted(place, "checks" if isinstance(effect, SetCheck) else "pull_requests")
        match effect:
            case SetCheck():
                return await self._writer(place, effect, external_id).put(before)
            case PutComment():
                return await self._sticky(place, effect, before)
            case Reply():
                return await self._reply(place, effect, before)
            case Ping():
                return await self._ping(place, effect, before)
            case Hide():
                return await self._hide(place, effect)
            case React() | AskReview() | SetLabel():
                return await _small(place, effect)
            case PutBoard():
                return await self._board(place, effect, before)
            case Send():
                raise Refused("GitHub carries no messages to channels")
            case _:
                assert_never(effect)

    async def find(
        self, claim: Claim, effect: Effect, before: Published | None, external_id: str
    ) -> Receipt | None:
        """Look for the effect after a lost answer; None when it is not there."""
        place = self._place(claim, effect)
        match effect:
            case SetCheck():
                rows = await self._own_runs(place, effect)
                return await self._writer(place, effect, external_id).found(rows, before)
            case PutComment():
                return await self._find_sticky(place, effect, before)
            case Reply():
                return await self._find_reply(place, effect)
            case Ping():
                return await self._find_ping(place, effect)
            case React() | Hide() | AskReview() | Send() | SetLabel() | PutBoard():
                return None
            case _:
                assert_never(effect)

    def _place(self, claim: Claim, effect: Effect) -> Place:
        return Place(
            client=self._github.installation(claim.installation_id),
            repo=claim.repo,
            repo_id=effect.repo_id,
            number=claim.subject.number if isinstance(effect, SetCheck) else effect.number,
            lane=claim.lane,
        )

    def _writer(self, place: Place, effect: SetCheck, external_id: str) -> CheckWriter:
        return CheckWriter(place, effect, external_id, self._clock.now())

    async def _own_runs(self, place: Place, effect: SetCheck) -> list[Mapping[str, Any]]:
        params = {
            "check_name": effect.name,
            "app_id": str(self._app_id),
            "filter": "all",
            "per_page": "100",
        }
        rows = await _listed(place, f"commits/{effect.head_sha}/check-runs", params, "check_runs")
        return [row for row in rows if (row.get("app") or {}).get("id") == self._app_id]

    async def _sticky(self, place: Place, effect: PutComment, before: Published | None) -> Receipt:
        """Edit the comment that stands; one that a person deleted is never made again."""
        known = before.remote_id if before is not None else None
        if before is not None and before.state == "suppressed":
            return Receipt(remote_id=known, suppressed=True)
        body = _marked(effect.body, marker(effect.repo_id, effect.number))
        if known is not None:
            try:
                await place.write("PATCH", f"issues/comments/{known}", {"body": body})
            except Gone:
                # Whoever takes a moment of nothing there for good leaves old words standing.
                if any(row["id"] == known for row in await _comments(place, effect.number)):
                    raise Transient("GitHub lists a comment that it does not find") from None
                return Receipt(remote_id=known, suppressed=True)
            return Receipt(remote_id=known, detail=before.detail if before is not None else "{}")
        if not effect.create:
            return Receipt(remote_id=None)
        return await self._post(place, f"issues/{effect.number}/comments", body)

    async def _reply(self, place: Place, effect: Reply, before: Published | None) -> Receipt:
        """Answer once; one that stands is left as it is, or says what is true anew."""
        body = _marked(effect.body, reply_marker(effect.comment_key))
        if before is not None and before.remote_id is not None:
            if effect.anew:
                await _edit_reply(place, effect, before.remote_id, body)
            return Receipt(remote_id=before.remote_id, detail=before.detail)
        if effect.in_thread is None:
            return await self._post(place, f"issues/{effect.number}/comments", body)
        tail = f"pulls/{effect.number}/comments/{effect.in_thread}/replies"
        return await self._post(place, tail, body)

    async def _ping(self, place: Place, effect: Ping, before: Published | None) -> Receipt:
        """Speak once; what was said is never said in other words."""
        if before is not None and before.remote_id is not None:
            return Receipt(remote_id=before.remote_id)
        body = _marked(effect.body, ping_marker(effect.key))
        granted = place.client.permissions().get("issues") in {"write", "admin"}
        if isinstance(effect, OpenIssue) and granted:
            return await self._issue(place, effect, body)
        return await self._post(place, f"issues/{effect.number}/comments", body)

    async def _issue(self, place: Place, effect: OpenIssue, body: str) -> Receipt:
        """Open it for the author; a comment says it where the repository has no issues."""
        issue = {"title": effect.title, "body": body}
        try:
            return await self._made(place, "issues", {**issue, "assignees": [effect.assignee]})
        except Invalid:
            # Whoever cannot be assigned is still the author of what was returned.
            return await self._made(place, "issues", issue)
        except Gone:
            return await self._post(place, f"issues/{effect.number}/comments", body)

    async def _find_ping(self, place: Place, effect: Ping) -> Receipt | None:
        mark = ping_marker(effect.key)
        rows = await _comments(place, effect.number)
        if isinstance(effect, OpenIssue):
            newest = {"state": "all", "sort": "created", "direction": "desc", "per_page": "100"}
            with suppress(Gone):
                rows = [*rows, *await _listed(place, "issues", newest)]
        found = [row["id"] for row in rows if self._ours(row) and mark in (row.get("body") or "")]
        return Receipt(remote_id=found[0]) if found else None

    async def _board(self, place: Place, effect: PutBoard, before: Published | None) -> Receipt:
        """Edit the issue that stands, looked for before one is made. One that a person deleted is
        never made again, and where issues may not be written there is none."""
        known = before.remote_id if before is not None else None
        if place.client.permissions().get("issues") not in {"write", "admin"}:
            return Receipt(remote_id=known)
        mark = ping_marker(effect.key)
        issue = {"title": BOARD_TITLE, "body": _marked(effect.body, mark)}
        if known is None:
            rows = await _listed(place, "issues", {"state": "open", "per_page": "100"})
            ours = [row for row in rows if self._ours(row) and mark in (row.get("body") or "")]
            known = ours[0]["number"] if ours else None
        if known is None and not effect.create:
            return Receipt(remote_id=None)
        if known is None:
            answer = await place.write("POST", "issues", issue, creates=True)
            made = answer.data.get("number") if isinstance(answer.data, dict) else None
            if not isinstance(made, int):
                raise Transient("GitHub's answer about what it made has no number", sent=True)
            return Receipt(remote_id=made)
        try:
            await place.write("PATCH", f"issues/{known}", issue)
        except Gone:
            return Receipt(remote_id=known, suppressed=True)
        return Receipt(remote_id=known)

    async def _hide(self, place: Place, effect: Hide) -> Receipt:
        """Fold our answer away, wherever it stands; one that is not there needs nothing."""
        mark = reply_marker(effect.comment_key)
        rows = await _comments(place, effect.number)
        for row in rows:
            if self._ours(row) and mark in (row.get("body") or ""):
                await place.client.graphql(
                    MINIMIZE, {"subject": row["node_id"]}, lane=place.lane, repo_id=place.repo_id
                )
        return Receipt(remote_id=None)

    async def _post(self, place: Place, tail: str, body: str) -> Receipt:
        return await self._made(place, tail, {"body": body})

    async def _made(self, place: Place, tail: str, what: Mapping[str, Any]) -> Receipt:
        answer = await place.write("POST", tail, what, creates=True)
        data = answer.data if isinstance(answer.data, dict) else {}
        made, node = data.get("id"), data.get("node_id")
        if not isinstance(made, int):
            raise Transient("GitHub's answer about what it made has no id", sent=True)
        # By it alone GitHub tells whether a comment is hidden: whoever looks next need not ask.
        return Receipt(remote_id=made, detail=json.dumps({"node": node} if node else {}))

    async def _find_sticky(
        self, place: Place, effect: PutComment, before: Published | None
    ) -> Receipt | None:
        """An edit is simply repeated; a comment just made is found by its mark and our App."""
        if before is not None and before.remote_id is not None:
            return None
        mark = marker(effect.repo_id, effect.number)
        rows = await _comments(place, effect.number)
        found = [row for row in rows if self._ours(row) and mark in (row.get("body") or "")]
        if not found:
            return None
        body, known = _marked(effect.body, mark), found[-1]["id"]
        if found[-1]["body"] != body:
            await place.write("PATCH", f"issues/comments/{known}", {"body": body})
        return Receipt(remote_id=known)

    async def _find_reply(self, place: Place, effect: Reply) -> Receipt | None:
        where = "issues" if effect.in_thread is None else "pulls"
        mark = reply_marker(effect.comment_key)
        rows = await _comments(place, effect.number, where)
        for row in rows:
            bot = (row.get("user") or {}).get("type") == "Bot"
            # GitHub does not name the App behind a line comment; people cannot post as a bot.
            ours = self._ours(row) or (effect.in_thread is not None and bot)
            if ours and mark in (row.get("body") or ""):
                if effect.anew:
                    await _edit_reply(place, effect, row["id"], _marked(effect.body, mark))
                return Receipt(remote_id=row["id"])
        return None

    def _ours(self, row: Mapping[str, Any]) -> bool:
        app = row.get("performed_via_github_app") or {}
        return bool(app.get("id") == self._app_id)


def _granted(place: Place, needs: str) -> None:
    granted = place.client.permissions()
    if granted and granted.get(needs) not in {"write", "admin"}:
        raise Denied(f"the installation does not grant {needs}: write", accepted=needs)


async def _listed(
    place: Place, tail: str, params: Mapping[str, str], key: str | None = None
) -> Sequence[Mapping[str, Any]]:
    rows, _ = await place.client.pages(
        f"/repos/{place.repo}/{tail}",
        params=params,
        key=key,
        lane=place.lane,
        repo_id=place.repo_id,
        at_most=LISTED_AT_MOST,
    )
    return rows


async def _comments(
    place: Place, number: int, where: str = "issues"
) -> Sequence[Mapping[str, Any]]:
    """All that was said. Raises Transient where some of it is not shown: what is not found then may
    be there."""
    rows, whole = await place.client.pages(
        f"/repos/{place.repo}/{where}/{number}/comments",
        lane=place.lane,
        repo_id=place.repo_id,
        at_most=COMMENTS_AT_MOST,
    )
    if not whole:
        raise Transient("GitHub does not show all comments")
    return rows


async def _edit_reply(place: Place, effect: Reply, known: int, body: str) -> None:
    """One that a person deleted is not made again."""
    where = "issues" if effect.in_thread is None else "pulls"
    with suppress(Gone):
        await place.write("PATCH", f"{where}/comments/{known}", {"body": body})


async def _small(place: Place, effect: React | AskReview | SetLabel) -> Receipt:
    """What nothing else depends on."""
    if isinstance(effect, React):
        return await _react(place, effect)
    if isinstance(effect, SetLabel):
        return await _label(place, effect)
    body = {"reviewers": [effect.login]}
    await place.write("POST", f"pulls/{effect.number}/requested_reviewers", body)
    return Receipt(remote_id=None)


async def _react(place: Place, effect: React) -> Receipt:
    """Add the reaction or take it away; one that is so already is no error. Where little is left
    nobody is only told that their comment was seen."""
    content = _REACTIONS.get(effect.content, effect.content.upper())
    seen, left = effect.order is EffectClass.SEEN, place.client.budget_left().get(GRAPHQL)
    if seen and left is not None and left.remaining < left.limit * _TO_SPARE:
        return Receipt(remote_id=None)
    try:
        answer = await place.client.graphql(
            REMOVE_REACTION if effect.gone else ADD_REACTION,
            {"subject": effect.node_id, "content": content},
            lane=place.lane,
            repo_id=place.repo_id,
        )
    except Limited:
        if seen:
            return Receipt(remote_id=None)
        raise
    for error in answer.errors:
        kinds = {"NOT_FOUND": Gone, "FORBIDDEN": Denied}
        raise kinds.get(error.type, Invalid)(f"reaction refused: {error.message[:200]}")
    return Receipt(remote_id=None)


async def _label(place: Place, effect: SetLabel) -> Receipt:
    """Of our labels this one alone stands afterwards; repeating it changes nothing."""
    tail, wanted = f"issues/{effect.number}/labels", LABELS + effect.stage if effect.stage else ""
    try:
        stands = {row["name"] for row in await _listed(place, tail, {"per_page": "100"})}
    except (KeyError, TypeError) as error:
        raise Transient("a label without its name") from error
    for name in sorted(one for one in stands - {wanted} if one.startswith(LABELS)):
        with suppress(Gone):
            await place.write("DELETE", f"{tail}/{quote(name, safe='')}", {})
    if wanted and wanted not in stands:
        await place.write("POST", tail, {"labels": [wanted]})
    return Receipt(remote_id=None)


def _marked(body: str, mark: str) -> str:
    """The body with its hidden mark, by which it is found again."""
    return body if mark in body else f"{body}\n{mark}"
