"""One answer about a pull request, turned into facts part by part, paged to its end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from bot.errors import Stale, Transient
from bot.github.facts import (
    PULL,
    Json,
    checks_of,
    commits_of,
    counts_of,
    next_cursor,
    part,
    person_of,
    ready_since,
    reviews_of,
    whole,
)
from bot.github.place import Look, both, moment
from bot.github.queries import (
    HANDOFF_CORE,
    HANDOFF_EVIDENCE,
    HANDOFF_FACTS,
    MORE_COMMITS,
    MORE_CONTEXTS,
    MORE_REVIEWS,
)
from bot.github.transport import HeavyQuery
from bot.model.facts import CheckRun, Commits, Facts, Reviews
from bot.model.known import NOT_ASKED, Known, Unknown

if TYPE_CHECKING:
    from datetime import datetime

    from bot.github.facts import Counts
    from bot.github.place import Place
    from bot.model.claim import Claim

V = TypeVar("V")
More: TypeAlias = Callable[[str], Awaitable[Any]]

CHECKS_AT_MOST = 1_000
COMMITS_AT_MOST = 250
REVIEWS_AT_MOST = 500
ROLLUP = (*PULL, "head")
# One commit status makes the whole rollup fail for an App that may not read statuses.
CHECKS_REFUSED = Unknown("GitHub refuses to show the checks")


async def all_nodes(
    connection: Any, about: str, more: More | None = None, at_most: int = 100
) -> Known[list[Json]]:
    """Every node of a connection; Unknown where fewer can be had than it counts, or it changed
    between two pages."""
    try:
        total, nodes = connection["totalCount"], list(connection["nodes"])
        cursor, page, now = next_cursor(connection), nodes, total
        # Pages that bring nothing, or more than is counted, might never end.
        while cursor is not None and more is not None and page and len(nodes) < total <= at_most:
            backwards = not connection["pageInfo"].get("hasNextPage")
            connection = await more(cursor)
            page, now = list(connection["nodes"]), connection["totalCount"]
            nodes = page + nodes if backwards else nodes + page
            cursor = next_cursor(connection)
    except (KeyError, TypeError, AttributeError):
        return Unknown(f"GitHub's answer about the {about} is not complete")
    if now != total or len(nodes) > total or (cursor is not None and len(nodes) == total):
        return Unknown(f"the {about} changed while they were read")
    if len(nodes) != total:
        return Unknown(f"{total - len(nodes):,} of {total:,} {about} not read")
    return nodes


async def ask_facts(place: Place, comment: str) -> Look:
    """The facts query; in two halves of the same head where GitHub finds it too heavy as one.

    `comment`: node id of our sticky comment, empty where none is asked about.
    """
    asked = {"number": place.number, "sticky": comment, "wantSticky": bool(comment)}
    workflow = place.may("actions")
    try:
        look = await place.ask_widely(HANDOFF_FACTS, workflow=workflow, **asked)
        if not any(one.type == "RESOURCE_LIMITS_EXCEEDED" for one in look.errors):
            return look
    except HeavyQuery:
        pass
    core, evidence = await both(
        place.ask_widely(HANDOFF_CORE, **asked), place.ask(HANDOFF_EVIDENCE, workflow=workflow)
    )
    one, other = core.must(*PULL), evidence.must(*PULL)
    if any(one.get(key) != other.get(key) for key in ("headRefOid", "baseRefOid")):
        raise Stale("the pull request moved while it was read")
    repository = {**core.must("repository"), "pullRequest": {**one, **other}}
    return Look({**core.data, "repository": repository}, core.errors + evidence.errors)


class PullAnswer:
    """What the facts query said; `unread` collects what was cut and must be told."""

    def __init__(self, place: Place, look: Look, own_app: int) -> None:
        self._place = place
        self._look = look
        self._own_app = own_app
        self.repository = look.must("repository")
        self.pull = look.must(*PULL)
        self.unread: list[str] = []
        found = whole("the pull request", self._heads)
        if isinstance(found, Unknown):
            raise Transient(found.reason)
        self.head, self.base, self.counts, self.updated_at = found

    def _heads(self) -> tuple[str, str, Counts, datetime]:
        pull = self.pull
        head, base = str(pull["headRefOid"]), str(pull["baseRefOid"])
        return head, base, counts_of(pull), moment(pull["updatedAt"])

    @property
    def attributes(self) -> str:
        """.gitattributes of the base branch; "" where there is none, or none that is shown."""
        target = (self.pull.get("baseRef") or {}).get("target") or {}
        node = (target.get("attributes") or {}).get("object") or {}
        return node.get("text") or ""

    @property
    def consistent(self) -> bool:
        """Whether the newest commit of the list is the head."""
        nodes = (self.pull.get("head") or {}).get("nodes") or []
        return not nodes or self._newest.get("oid") == self.head

    @property
    def _newest(self) -> Json:
        nodes = (self.pull.get("head") or {}).get("nodes") or [{}]
        return nodes[0].get("commit") or {}

    async def facts(self, claim: Claim, now: datetime) -> Facts:
        """The facts without their changed files. Raises Transient where the core is missing."""
        parts = {
            "labels": await self._labels(),
            "checks": await self._checks(),
            "commits": await self._commits(),
            "reviews": await self._reviews(),
        }
        found = whole("the pull request", lambda: self._core(claim, now, parts))
        if isinstance(found, Unknown):
            raise Transient(found.reason)
        return found

    def _core(self, claim: Claim, now: datetime, parts: Mapping[str, Any]) -> Facts:
        pull = self.pull
        opened = moment(pull["createdAt"])
        told = claim.expect.get("head_since")
        since = max([moment(told) if told else opened, *ready_since(pull)])
        body = pull["body"]
        return Facts(
            repo_id=self._place.repo_id,
            repo=self.repository["nameWithOwner"],
            number=self._place.number,
            base_sha=self.base,
            head_sha=self.head,
            base_ref=pull["baseRefName"],
            default_branch=(self.repository.get("defaultBranchRef") or {}).get("name") or "",
            author=person_of(pull["author"]),
            title=pull["title"],
            draft=pull["isDraft"],
            open=pull["state"] == "OPEN",
            merged=pull["state"] == "MERGED",
            merge_sha=(pull.get("mergeCommit") or {}).get("oid"),
            from_fork=pull["isCrossRepository"],
            opened_at=opened,
            head_since=since,
            taken_at=now,
            made_at=self._made_at(),
            changes=NOT_ASKED,
            body=body if isinstance(body, str) else Unknown("GitHub does not show the body"),
            unread=tuple(self.unread),
            **parts,
        )

    def _made_at(self) -> datetime | None:
        commit = self._newest
        made = commit.get("committedDate") if commit.get("oid") == self.head else None
        return moment(made) if made else None

    async def _labels(self) -> Known[frozenset[str]]:
        nodes = self._noted(await all_nodes(self.pull.get("labels"), "labels"))
        return self._part(
            "the labels", "labels", nodes, lambda some: frozenset(one["name"] for one in some)
        )

    async def _checks(self) -> Known[tuple[CheckRun, ...]]:
        if not self.consistent:
            return Unknown("GitHub's list of commits lags behind the head")
        error = self._look.error(*PULL, "head")
        if error is not None and error.type == "FORBIDDEN":
            return CHECKS_REFUSED
        rollup = whole("the checks", lambda: self.pull["head"]["nodes"][0]["commit"])
        if isinstance(rollup, Unknown):
            return rollup
        if "statusCheckRollup" in rollup and rollup["statusCheckRollup"] is None:
            return part(self._look, "the checks", ROLLUP, lambda: ())
        asked = self._place.may("actions")
        nodes = await all_nodes(
            (rollup.get("statusCheckRollup") or {}).get("contexts"),
            "checks",
            lambda cursor: self._more(
                MORE_CONTEXTS, cursor, ("head", "nodes", 0, "commit", *_CONTEXTS), workflow=asked
            ),
            CHECKS_AT_MOST,
        )
        return self._part(
            "the checks",
            "head",
            self._noted(nodes),
            lambda some: checks_of(some, self._own_app, workflow=asked),
        )

    async def _commits(self) -> Known[Commits]:
        if not self.consistent:
            return Unknown("GitHub's list of commits lags behind the head")
        nodes = await all_nodes(
            self.pull.get("commits"),
            "commits",
            lambda cursor: self._more(MORE_COMMITS, cursor, ("commits",)),
            COMMITS_AT_MOST,
        )
        if isinstance(nodes, Unknown) and nodes.reason.endswith("not read"):
            nodes = replace(nodes, by_content=True)
        found = self._part("the commits", "commits", self._noted(nodes), commits_of)
        merges = (self._newest.get("parents") or {}).get("totalCount") or 1
        return found if isinstance(found, Unknown) else replace(found, merges=merges > 1)

    async def _reviews(self) -> Known[Reviews]:
        nodes = await all_nodes(
            self.pull.get("latestOpinionatedReviews"),
            "reviews",
            lambda cursor: self._more(MORE_REVIEWS, cursor, ("latestOpinionatedReviews",)),
            REVIEWS_AT_MOST,
        )
        requests = await all_nodes(self.pull.get("reviewRequests"), "review requests")
        if isinstance(requests, Unknown) or self._look.error(*PULL, "reviewRequests"):
            self.unread.append("who is asked for a review could not be read")
            requests = []
        latest = (self.pull.get("latestReviews") or {}).get("nodes") or []
        if self._look.error(*PULL, "latestReviews"):
            self.unread.append("who reviewed with comments alone could not be read")
        return self._part(
            "the reviews",
            "latestOpinionatedReviews",
            self._noted(nodes),
            lambda some: reviews_of(some, requests, latest),
        )

    def _part(
        self, about: str, field: str, nodes: Known[list[Json]], read: Callable[[list[Json]], V]
    ) -> Known[V]:
        error = self._look.error(*PULL, field)
        if error is not None:
            return Unknown(f"GitHub could not tell {about}: {error.message[:200]}")
        return nodes if isinstance(nodes, Unknown) else whole(about, lambda: read(nodes))

    def _noted(self, nodes: Known[list[Json]]) -> Known[list[Json]]:
        if isinstance(nodes, Unknown) and nodes.reason.endswith("not read"):
            self.unread.append(nodes.reason)
        return nodes

    async def _more(
        self, document: str, cursor: str, path: tuple[str | int, ...], **variables: Any
    ) -> Any:
        """The next page of a connection, of the same head. Raises Stale otherwise."""
        look = await self._place.ask(document, cursor=cursor, **variables)
        at: Any = look.must(*PULL)
        if (at.get("headRefOid"), at.get("baseRefOid")) != (self.head, self.base):
            raise Stale("the pull request moved while it was read")
        if look.errors:
            raise KeyError(look.errors[0].message)
        for key in path:
            at = at[key]
        return at


_CONTEXTS = ("statusCheckRollup", "contexts")
