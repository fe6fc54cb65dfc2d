"""GraphQL's pull requests: their files, commits, reviewers, timeline and merge queue."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.simulator import gql_people
from bot.simulator.diff import Row
from bot.simulator.gql_code import Args, CommitAt, RefAt, state_of
from bot.simulator.gql_types import (
    Context,
    Fields,
    GraphError,
    Spec,
    attr,
    calc,
    fixed,
    from_world,
    paged,
)
from bot.simulator.rest_files import visible_head
from bot.simulator.things import (
    Account,
    Happening,
    Issue,
    LineComment,
    Pull,
    QueueEntry,
    Review,
    Spoken,
    Team,
    role_at_least,
)

CHANGE_TYPES = {
    "added": "ADDED",
    "removed": "DELETED",
    "modified": "MODIFIED",
    "renamed": "RENAMED",
}


@dataclass(frozen=True, slots=True)
class PullCommit:
    """A commit as part of a pull request."""

    pull: Pull
    at: CommitAt


@dataclass(frozen=True, slots=True)
class Asked:
    """A review request."""

    pull: Pull
    whom: Account | Team


def head_of(context: Context, pull: Pull) -> str:
    """The head that queries show now."""
    return visible_head(context.world, pull, context.world.quirks.old_head_seconds)


def _rows(context: Context, pull: Pull) -> list[Row]:
    return context.world.pull_rows(pull, head_of(context, pull))


def _listed(context: Context, pull: Pull, _args: Args) -> list[Row]:
    return _rows(context, pull)[: context.world.quirks.files_cap]


def _commits(context: Context, pull: Pull, _args: Args) -> list[PullCommit]:
    found = context.world.commits_of(pull, head_of(context, pull))
    return [PullCommit(pull, CommitAt(pull.repo, one)) for one in found]


def _asked(context: Context, pull: Pull, _args: Args) -> list[Asked | GraphError]:
    # A team that may not be seen is null beside the others.
    del context
    whom: list[Account | Team] = [*pull.reviewers.values(), *pull.team_reviewers.values()]
    return [Asked(pull, one) for one in whom]


def _whom(context: Context, one: Asked, _args: Args) -> Account | Team:
    if isinstance(one.whom, Team):
        context.need("members")
    return one.whom


def _reviews(_context: Context, pull: Pull, args: Args) -> list[Review]:
    states = args.get("states")
    states = [states] if isinstance(states, str) else states
    return [one for one in pull.reviews if states is None or one.state in states]


def _opinions(context: Context, pull: Pull, args: Args) -> list[Review]:
    newest = {one.user.id: one for one in pull.reviews if one.opinion != "COMMENTED"}
    found = list(newest.values())
    if args.get("writersOnly"):
        found = [one for one in found if may_push(context, one)]
    return found


def _latest(_context: Context, pull: Pull, _args: Args) -> list[Review]:
    return list({one.user.id: one for one in pull.reviews}.values())


def may_push(context: Context, one: Spoken) -> bool:
    """`authorCanPushToRepository`."""
    return role_at_least(context.world.role(one.pull.repo, one.user), "write")


def _threads(_context: Context, pull: Pull, _args: Args) -> list[list[LineComment]]:
    every = pull.line_comments
    starts = (one for one in every if one.in_reply_to is None)
    return [[one, *(other for other in every if other.in_reply_to == one.id)] for one in starts]


def _decision(context: Context, pull: Pull, _args: Args) -> str | None:
    states = [one.state for one in _opinions(context, pull, {}) if may_push(context, one)]
    if "CHANGES_REQUESTED" in states:
        return "CHANGES_REQUESTED"
    return "APPROVED" if "APPROVED" in states else None


def _upper(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).upper()


def _timeline(_context: Context, pull: Pull, args: Args) -> list[Happening]:
    wanted = args.get("itemTypes")
    return [one for one in pull.timeline if wanted is None or _upper(one.type) in wanted]


def _closes(_context: Context, pull: Pull, _args: Args) -> list[Issue]:
    numbers = re.findall(r"(?i)\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):?\s+#(\d+)", pull.body)
    known = pull.repo.issues
    return [known[int(one)] for one in dict.fromkeys(numbers) if int(one) in known]


def _entry(_context: Context, pull: Pull, _args: Args) -> QueueEntry | None:
    queue = pull.repo.queues.get(pull.base_ref, [])
    return next((one for one in queue if one.pull is pull), None)


def _position(one: QueueEntry) -> int:
    return one.pull.repo.queues[one.pull.base_ref].index(one) + 1


def _commit_at(pull: Pull, sha: str) -> CommitAt:
    return CommitAt(pull.repo, pull.objects.commits[sha])


def _before(one: QueueEntry) -> str:
    return one.pull.objects.commits[one.group_sha].parents[0]


def _head_ref(_context: Context, pull: Pull, _args: Args) -> RefAt | None:
    repo = pull.head_repo
    return RefAt(repo, pull.head_ref) if repo and pull.head_ref in repo.branches else None


def _base_ref(_context: Context, pull: Pull, _args: Args) -> RefAt | None:
    return RefAt(pull.repo, pull.base_ref) if pull.base_ref in pull.repo.branches else None


def _merge_commit(_context: Context, pull: Pull, _args: Args) -> CommitAt | None:
    return _commit_at(pull, pull.merge_commit_sha) if pull.merge_commit_sha else None


def _url(path: str) -> Spec:
    return from_world("URI", lambda w, p: f"{w.web}/{p.repo.full_name}/pull/{p.number}{path}")


def _happened(kind: str, field: str) -> Spec:
    return calc(kind, lambda one: one.fields[field])


def _commit_of(field: str) -> Spec:
    def read(context: Context, one: Happening, _args: Args) -> CommitAt:
        for repo in context.world.repositories.values():
            if one.fields[field] in repo.objects.commits:
                return CommitAt(repo, repo.objects.commits[one.fields[field]])
        raise GraphError("NOT_FOUND", "Could not resolve to a Commit.")

    return Spec("Commit", read)


EVENT: Fields = {
    "id": attr("ID", "node_id"),
    "createdAt": attr("DateTime", "created_at"),
    "actor": attr("Actor", "actor"),
}

# Timeline events and what they tell besides who and when.
EVENTS: Mapping[str, Fields] = {
    "ReadyForReviewEvent": {},
    "ConvertToDraftEvent": {},
    "ReopenedEvent": {},
    "ClosedEvent": {},
    "MergedEvent": {},
    "ReviewRequestedEvent": {},
    "AddedToMergeQueueEvent": {},
    "RemovedFromMergeQueueEvent": {},
    "LabeledEvent": {"label": _happened("Label", "label")},
    "UnlabeledEvent": {"label": _happened("Label", "label")},
    "HeadRefForcePushedEvent": {
        "beforeCommit": _commit_of("beforeCommit"),
        "afterCommit": _commit_of("afterCommit"),
    },
    "BaseRefChangedEvent": {
        "databaseId": attr("Int", "id"),
        "previousRefName": _happened("String", "previousRefName"),
        "currentRefName": _happened("String", "currentRefName"),
    },
    "ReviewDismissedEvent": {
        "databaseId": attr("Int", "id"),
        "previousReviewState": _happened("PullRequestReviewState", "previousReviewState"),
        "review": _happened("PullRequestReview", "review"),
        "dismissalMessage": fixed("String", None),
    },
}

# Events that GitHub has and this simulator never makes: known, so that they may be asked for.
NEVER = (
    "AutomaticBaseChangeSucceededEvent",
    "ReviewRequestRemovedEvent",
    "HeadRefRestoredEvent",
    "HeadRefDeletedEvent",
    "RenamedTitleEvent",
)


def _sum(name: str) -> Spec:
    return Spec("Int", lambda c, pull, _a: sum(getattr(row, name) for row in _rows(c, pull)))


TYPES: Mapping[str, Fields] = {
    "PullRequest": {
        **gql_people.THING,
        **gql_people.FULL_ID,
        "number": attr("Int", "number"),
        "title": attr("String", "title"),
        "body": attr("String", "body"),
        "bodyText": attr("String", "body"),
        "state": calc("PullRequestState", state_of),
        "closed": calc("Boolean", lambda one: one.state == "closed"),
        "merged": calc("Boolean", lambda one: one.merged_at is not None),
        "isDraft": attr("Boolean", "draft"),
        "locked": attr("Boolean", "locked"),
        "url": _url(""),
        "permalink": _url(""),
        "resourcePath": calc("URI", lambda one: f"/{one.repo.full_name}/pull/{one.number}"),
        "author": attr("Actor", "user"),
        "authorAssociation": from_world(
            "CommentAuthorAssociation", lambda world, one: world.association(one.repo, one.user)
        ),
        "editor": calc("Actor", lambda one: one.edits[-1].editor if one.edits else None),
        "lastEditedAt": calc("DateTime", lambda o: o.edits[-1].created_at if o.edits else None),
        "includesCreatedEdit": calc("Boolean", lambda one: bool(one.edits)),
        "updatedAt": attr("DateTime", "updated_at"),
        "publishedAt": attr("DateTime", "created_at"),
        "closedAt": attr("DateTime", "closed_at"),
        "mergedAt": attr("DateTime", "merged_at"),
        "mergedBy": attr("Actor", "merged_by"),
        "mergeCommit": Spec("Commit", _merge_commit),
        "mergeable": fixed("MergeableState", "MERGEABLE"),
        "headRefName": attr("String", "head_ref"),
        "headRefOid": Spec("GitObjectID", lambda c, pull, _a: head_of(c, pull)),
        "headRef": Spec("Ref", _head_ref),
        "headRepository": attr("Repository", "head_repo"),
        "headRepositoryOwner": attr("RepositoryOwner", "head_owner"),
        "baseRefName": attr("String", "base_ref"),
        "baseRefOid": attr("GitObjectID", "base_sha"),
        "baseRef": Spec("Ref", _base_ref),
        "baseRepository": attr("Repository", "repo"),
        "repository": attr("Repository", "repo"),
        "isCrossRepository": attr("Boolean", "fork"),
        "changedFiles": Spec("Int", lambda c, pull, _a: len(_rows(c, pull))),
        "additions": _sum("additions"),
        "deletions": _sum("deletions"),
        "reviewDecision": Spec("PullRequestReviewDecision", _decision),
        "isInMergeQueue": Spec("Boolean", lambda c, one, a: _entry(c, one, a) is not None),
        "mergeQueueEntry": Spec("MergeQueueEntry", _entry),
        "labels": paged("Label", lambda _c, one, _a: list(one.labels.values()), "orderBy"),
        "commits": paged("PullRequestCommit", _commits),
        "files": paged("PullRequestChangedFile", _listed),
        "reviewRequests": paged("ReviewRequest", _asked),
        "reviews": paged("PullRequestReview", _reviews, "states", "author"),
        "latestReviews": paged("PullRequestReview", _latest),
        "latestOpinionatedReviews": paged("PullRequestReview", _opinions, "writersOnly"),
        "reviewThreads": paged("PullRequestReviewThread", _threads),
        "comments": paged("IssueComment", lambda _c, one, _a: one.comments, "orderBy"),
        "timelineItems": paged("PullRequestTimelineItems", _timeline, "itemTypes", "since"),
        "userContentEdits": paged("UserContentEdit", lambda _c, one, _a: _newest(one.edits)),
        "closingIssuesReferences": paged("Issue", _closes, "orderBy", "userLinkedOnly"),
    },
    "PullRequestCommit": {
        "id": calc("ID", lambda one: f"PRC_kwDO{one.pull.id}/{one.at.oid}"),
        "commit": attr("Commit", "at"),
        "pullRequest": attr("PullRequest", "pull"),
    },
    "PullRequestChangedFile": {
        "path": attr("String", "path"),
        "additions": attr("Int", "additions"),
        "deletions": attr("Int", "deletions"),
        "changeType": calc("PatchStatus", lambda one: CHANGE_TYPES[one.status]),
    },
    "PullRequestReviewThread": {
        "id": calc("ID", lambda one: f"PRRT_kwDO{one[0].id}"),
        "isResolved": calc("Boolean", lambda one: one[0].resolved),
        "path": calc("String", lambda one: one[0].path),
        "comments": paged("PullRequestReviewComment", lambda _c, one, _a: one),
    },
    "ReviewRequest": {
        "id": calc("ID", lambda one: f"RR_kwDO{one.pull.id}/{one.whom.id}"),
        "databaseId": calc("Int", lambda one: one.whom.id),
        "asCodeOwner": fixed("Boolean", value=False),
        "requestedReviewer": Spec("RequestedReviewer", _whom),
    },
    "Issue": {
        **gql_people.THING,
        **gql_people.FULL_ID,
        "number": attr("Int", "number"),
        "title": attr("String", "title"),
        "state": fixed("IssueState", "OPEN"),
    },
    "MergeQueue": {
        "id": calc("ID", lambda one: f"MQ_kwDO{one[0].id if one else 0}"),
        "entries": paged("MergeQueueEntry", lambda _c, one, _a: one),
    },
    "MergeQueueEntry": {
        "id": attr("ID", "node_id"),
        "position": calc("Int", _position),
        "state": attr("MergeQueueEntryState", "state"),
        "enqueuedAt": attr("DateTime", "created_at"),
        "enqueuer": attr("Actor", "by"),
        "solo": fixed("Boolean", value=False),
        "jump": fixed("Boolean", value=False),
        "pullRequest": attr("PullRequest", "pull"),
        "baseCommit": calc("Commit", lambda one: _commit_at(one.pull, _before(one))),
        "headCommit": calc("Commit", lambda one: _commit_at(one.pull, one.group_sha)),
    },
    **{name: {**EVENT, **more} for name, more in EVENTS.items()},
    **dict.fromkeys(NEVER, EVENT),
}


def _newest(items: Sequence[Any]) -> list[Any]:
    return list(reversed(items))
