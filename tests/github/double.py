"""A client that answers from memory and counts its calls, and the answers of a small repository."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.errors import Gone
from bot.github.budget import Quota
from bot.github.client import Answer, GraphAnswer, GraphError
from bot.github.place import Place
from bot.model.claim import Claim
from bot.model.wake import Lane, Subject
from tests.support.clock import START

REPO_ID, NUMBER, APP = 7, 118, 99
HEAD, BASE, OLD = "a" * 40, "b" * 40, "c" * 40
REPO = "acme/orders"
OPENED = "2026-03-02T08:00:00Z"
ALL = {
    "actions": "read",
    "members": "read",
    "statuses": "read",
    "checks": "write",
    "pull_requests": "write",
}


@dataclass
class FakeClient:
    """Answers by `METHOD path` or by a query's name; a value may be data, a function or trouble."""

    granted: Mapping[str, str] = field(default_factory=lambda: dict(ALL))
    rest: dict[str, Any] = field(default_factory=dict)
    graph: dict[str, Any] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)
    installation_id: int | None = 42
    left: int = 5000

    def permissions(self) -> Mapping[str, str]:
        return self.granted

    def budget_left(self) -> Mapping[str, Quota]:
        return {"graphql": Quota(limit=5000, remaining=self.left, reset=0.0)}

    async def get(self, path: str, *, params: Any = None, **_: Any) -> Answer:
        self.calls.append(f"GET {path}")
        return Answer(status=200, data=self._answer(f"GET {path}", params or {}), headers={})

    async def pages(
        self, path: str, *, params: Any = None, key: str | None = None, **_: Any
    ) -> tuple[list[Any], bool]:
        self.calls.append(f"GET {path}")
        rows = self._answer(f"GET {path}", params or {})
        return (rows, True) if isinstance(rows, list) else rows

    async def download(self, path: str, at_most: int, **_: Any) -> bytes:
        self.calls.append(f"GET {path}")
        found: bytes = self._answer(f"GET {path}", {})
        return found

    async def send(self, method: str, path: str, body: Mapping[str, Any], **how: Any) -> Answer:
        self.calls.append(f"{method} {path}")
        self.bodies.append(body)
        found = self._answer(f"{method} {path}", body)
        return Answer(status=200, data=found, headers={})

    async def graphql(self, query: str, variables: Mapping[str, Any], **_: Any) -> GraphAnswer:
        name = re.findall(r"(?:query|mutation) (\w+)", query)[0]
        self.calls.append(name)
        found = self._found(self.graph, name, variables)
        return found if isinstance(found, GraphAnswer) else GraphAnswer(data=found, errors=())

    def _answer(self, line: str, about: Any) -> Any:
        return self._found(self.rest, line.replace(f"/repos/{REPO}/", ""), about)

    @staticmethod
    def _found(known: dict[str, Any], key: str, about: Any) -> Any:
        found = known.get(key, Gone(f"{key}: Not Found"))
        if isinstance(found, Callable):  # type: ignore[arg-type]
            found = found(about)
        if isinstance(found, Exception):
            raise found
        return found


@dataclass
class FakeGitHub:
    client: FakeClient

    def installation(self, _id: int) -> Any:
        return self.client


def place(client: FakeClient) -> Place:
    made: Any = client
    return Place(client=made, repo=REPO, repo_id=REPO_ID, number=NUMBER, lane=Lane.UPDATE)


def claim(group: str = "", **expect: str) -> Claim:
    return Claim(
        subject=Subject(REPO_ID, 0 if group else NUMBER, group),
        installation_id=42,
        repo=REPO,
        epoch=1,
        seq=1,
        lane=Lane.VERDICT,
        attempts=1,
        started_at=START,
        first_at=START,
        expect=expect,
    )


def error(*path: str | int, kind: str = "FORBIDDEN") -> GraphError:
    return GraphError(type=kind, path=path, message="Resource not accessible by integration")


def connection(*nodes: Any, total: int | None = None, after: str | None = None) -> dict[str, Any]:
    return {
        "totalCount": len(nodes) if total is None else total,
        "pageInfo": {"hasNextPage": after is not None, "endCursor": after},
        "nodes": list(nodes),
    }


def user(number: int, login: str) -> dict[str, Any]:
    return {"__typename": "User", "login": login, "databaseId": number}


def run(name: str = "ci", **changed: Any) -> dict[str, Any]:
    app = changed.pop("app", {"databaseId": 15368, "slug": "github-actions"})
    workflow = changed.pop("workflow", ".github/workflows/ci.yml")
    suite = {"databaseId": changed.pop("suite", 5), "app": app}
    return {
        "__typename": "CheckRun",
        "databaseId": 1,
        "name": name,
        "status": "COMPLETED",
        "conclusion": "SUCCESS",
        "startedAt": OPENED,
        "completedAt": OPENED,
        "permalink": "https://github.test/run/1",
        "checkSuite": suite | {"workflowRun": {"file": {"path": workflow}}},
    } | changed


def commit(oid: str = HEAD, *authors: int | None, web: bool = False) -> dict[str, Any]:
    ids = authors or (1,)
    people = [{"user": {"databaseId": one} if one else None} for one in ids]
    return {
        "commit": {
            "oid": oid,
            "committedViaWeb": web,
            "messageHeadline": f"Change {oid[:1]}",
            "authors": {"totalCount": len(people), "nodes": people},
            "committer": {"user": None if web else {"databaseId": ids[0]}},
        }
    }


def rolled(*contexts: Any, oid: str = HEAD) -> dict[str, Any]:
    return {
        "nodes": [
            {"commit": {"oid": oid, "statusCheckRollup": {"contexts": connection(*contexts)}}}
        ]
    }


def blob(text: str, oid: str = "d" * 40, **changed: Any) -> dict[str, Any]:
    return {
        "__typename": "Blob",
        "oid": oid,
        "byteSize": len(text),
        "isBinary": False,
        "isTruncated": False,
        "text": text,
    } | changed


def pull(rows: list[dict[str, Any]], **changed: Any) -> dict[str, Any]:
    counts = [
        {"path": one["filename"], "additions": one["additions"], "deletions": one["deletions"]}
        for one in rows
    ]
    return {
        "title": "Refunds",
        "body": "Why",
        "state": "OPEN",
        "isDraft": False,
        "isCrossRepository": False,
        "createdAt": OPENED,
        "updatedAt": OPENED,
        "changedFiles": len(rows),
        "additions": sum(one["additions"] for one in rows),
        "deletions": sum(one["deletions"] for one in rows),
        "headRefOid": HEAD,
        "baseRefName": "main",
        "baseRefOid": BASE,
        "author": user(1, "ana"),
        "labels": connection({"name": "hot"}),
        "commits": connection(commit()),
        "head": rolled(run()),
        "files": connection(*counts[:100]),
        "reviewRequests": connection(),
        "latestOpinionatedReviews": connection(),
        "timelineItems": {"nodes": []},
    } | changed


def facts(
    rows: list[dict[str, Any]], *errors: GraphError, policy: Any = None, **changed: Any
) -> GraphAnswer:
    organisation = changed.pop("organisation", {"databaseId": 8, "policy": None})
    sticky = changed.pop("sticky", None)
    repository = {
        "databaseId": REPO_ID,
        "nameWithOwner": REPO,
        "defaultBranchRef": {"name": "main", "target": {"oid": BASE, "entry": None}},
        "policy": policy,
        "pullRequest": pull(rows, **changed),
    }
    data = {"repository": repository, "organisation": organisation, "sticky": sticky}
    return GraphAnswer(data=data, errors=errors)


def row(path: str, patch: str | None = "@@ -0,0 +1 @@\n+one", **changed: Any) -> dict[str, Any]:
    added = sum(line.startswith("+") for line in (patch or "").split("\n"))
    removed = sum(line.startswith("-") for line in (patch or "").split("\n"))
    found: dict[str, Any] = {
        "sha": "e" * 40,
        "filename": path,
        "status": "modified",
        "additions": added,
        "deletions": removed,
        "contents_url": f"https://api.test/repos/acme/orders/contents/{path}?ref={HEAD}",
    }
    return found | ({} if patch is None else {"patch": patch}) | changed


def paged(rows: list[dict[str, Any]]) -> Callable[[Mapping[str, str]], list[dict[str, Any]]]:
    """Rows as GitHub pages them."""

    def page(params: Mapping[str, str]) -> list[dict[str, Any]]:
        size, number = int(params["per_page"]), int(params["page"])
        return rows[(number - 1) * size : number * size]

    return page
