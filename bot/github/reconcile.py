"""Open pull requests as they are now, to be compared with what we believe."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bot.errors import Gone, Transient
from bot.model.arrival import HeadSeen
from bot.model.seen import CheckSeen, OpenPullRequest
from bot.model.wake import Lane

if TYPE_CHECKING:
    from bot.github.client import Client
    from bot.github.graph import GraphAnswer

# 151 requests by GitHub's formula: 2 points a page. Oldest first, so that nothing moves between
# pages while they are read.
OPEN_PULL_REQUESTS = """
query HandoffOpen($owner: String!, $name: String!, $after: String, $app: Int, $check: String!) {
  repository(owner: $owner, name: $name) {
    databaseId
    pullRequests(
      states: OPEN, first: 50, after: $after, orderBy: {field: CREATED_AT, direction: ASC}
    ) {
      pageInfo { hasNextPage endCursor }
      nodes {
        number headRefOid baseRefName baseRefOid isDraft isCrossRepository updatedAt
        commits(last: 1) {
          nodes {
            commit {
              checkSuites(last: 1, filterBy: {appId: $app, checkName: $check}) {
                nodes {
                  checkRuns(last: 1, filterBy: {checkName: $check, checkType: LATEST}) {
                    nodes { databaseId status conclusion externalId }
                  }
                }
              }
            }
          }
        }
      }
    }
  }
}
"""
_PAGES = 200


async def open_pull_requests(
    client: Client, repo: str, repo_id: int, *, check: str, app_id: int | None
) -> tuple[tuple[OpenPullRequest, ...], bool]:
    """The open pull requests with our check run on each head, and whether these are all. Raises
    Trouble; Gone: no such."""
    owner, _, name = repo.partition("/")
    asked: dict[str, Any] = {"owner": owner, "name": name, "app": app_id, "check": check}
    seen: list[OpenPullRequest] = []
    after: str | None = None
    for _ in range(_PAGES):
        answer = await client.graphql(
            OPEN_PULL_REQUESTS, asked | {"after": after}, lane=Lane.SWEEP, repo_id=repo_id
        )
        page = _page(answer, repo_id)
        seen += [_pull(node) for node in page["nodes"] if node is not None]
        if not page["pageInfo"]["hasNextPage"]:
            return tuple(seen), True
        if page["pageInfo"]["endCursor"] == after:
            raise Transient("the list of open pull requests has no end")
        after = page["pageInfo"]["endCursor"]
    return tuple(seen), False


async def open_heads(
    client: Client, repo: str, repo_id: int, *, lane: Lane = Lane.UPDATE
) -> tuple[HeadSeen, ...]:
    """The heads of all open pull requests, for finding those at a commit. Raises Trouble."""
    rows, _ = await client.pages(
        f"/repos/{repo}/pulls", params={"state": "open"}, lane=lane, repo_id=repo_id, at_most=3000
    )
    return tuple(_head(row) for row in rows)


def _page(answer: GraphAnswer, repo_id: int) -> Mapping[str, Any]:
    repository = answer.data.get("repository")
    if repository is None:
        if any(one.type == "NOT_FOUND" for one in answer.errors):
            raise Gone("the repository is not there, or not visible")
        raise Transient("the repository was not in the answer")
    if repository["databaseId"] != repo_id:
        raise Gone("another repository has the name now")
    pulls = repository["pullRequests"]
    # A half-read page would make pull requests look closed that are open.
    if pulls is None or answer.errors:
        raise Transient("open pull requests were not read completely")
    return dict(pulls)


def _pull(node: Mapping[str, Any]) -> OpenPullRequest:
    return OpenPullRequest(
        head=HeadSeen(
            number=node["number"],
            sha=node["headRefOid"],
            base_ref=node["baseRefName"],
            base_sha=node["baseRefOid"],
            fork=node["isCrossRepository"],
            open=True,
            updated_at=datetime.fromisoformat(node["updatedAt"]),
        ),
        draft=node["isDraft"],
        check=_check(node),
    )


def _check(node: Mapping[str, Any]) -> CheckSeen | None:
    runs = [
        run
        for commit in _nodes(node["commits"])
        for suite in _nodes(commit["commit"]["checkSuites"])
        for run in _nodes(suite["checkRuns"])
    ]
    if not runs:
        return None
    newest = max(runs, key=lambda run: run["databaseId"])
    conclusion = newest["conclusion"]
    return CheckSeen(
        id=newest["databaseId"],
        status=newest["status"].lower(),
        conclusion=conclusion.lower() if conclusion else None,
        external_id=newest["externalId"] or "",
    )


def _nodes(connection: Mapping[str, Any] | None) -> list[Any]:
    return [one for one in (connection or {}).get("nodes") or () if one is not None]


def _head(row: Mapping[str, Any]) -> HeadSeen:
    head, base = row["head"], row["base"]
    home = (head.get("repo") or {}).get("id")
    return HeadSeen(
        number=row["number"],
        sha=head["sha"],
        base_ref=base["ref"],
        base_sha=base["sha"],
        fork=home != (base.get("repo") or {}).get("id"),
        open=row["state"] == "open",
        updated_at=datetime.fromisoformat(row["updated_at"]),
    )
