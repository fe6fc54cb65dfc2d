"""The GraphQL API: one schema over the world, and the answer to a posted document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.simulator import gql_checks, gql_code, gql_people, gql_pull, gql_talk
from bot.simulator.gql_code import Args
from bot.simulator.gql_parse import BadDocument, Document, Operation, parse
from bot.simulator.gql_people import could_not
from bot.simulator.gql_run import Reading, Schema, run
from bot.simulator.gql_types import Context, Fields, GraphError, Spec, calc, fixed
from bot.simulator.things import (
    Account,
    Comment,
    Happening,
    Issue,
    Json,
    Label,
    LineComment,
    Organisation,
    Pull,
    Repository,
    Review,
    Run,
    Suite,
    Team,
    Thing,
)

_NAMES: Mapping[type, str] = {
    Organisation: "Organization",
    Team: "Team",
    Repository: "Repository",
    Pull: "PullRequest",
    Comment: "IssueComment",
    LineComment: "PullRequestReviewComment",
    Review: "PullRequestReview",
    Run: "CheckRun",
    Suite: "CheckSuite",
    Label: "Label",
    Issue: "Issue",
    gql_checks.StatusAt: "StatusContext",
    gql_code.CommitAt: "Commit",
    gql_code.BlobAt: "Blob",
    gql_code.TreeAt: "Tree",
}


def type_of(value: Any) -> str:
    """GraphQL's name of a value's type."""
    if isinstance(value, Happening):
        return value.type
    if type(value) is Account:
        return value.kind
    return _NAMES[type(value)]


def _node(context: Context, _one: Any, args: Args) -> Thing:
    found = context.world.nodes.get(str(args["id"]))
    if found is None or type(found) not in _NAMES or not _reachable(context, found):
        raise could_not("node", f"with the global id of '{args['id']}'")
    return found


def _reachable(context: Context, found: Any) -> bool:
    pull = found if isinstance(found, Pull) else getattr(found, "pull", None)
    suite = found if isinstance(found, Suite) else getattr(found, "suite", None)
    inside = pull or suite
    repo = found if isinstance(found, Repository) else getattr(inside, "repo", None)
    if repo is None or repo.visibility == "public":
        return True
    return context.access.covers(context.token, repo)


def _nodes(context: Context, _one: Any, args: Args) -> list[Thing | GraphError]:
    found: list[Thing | GraphError] = []
    for one in args["ids"]:
        try:
            found.append(_node(context, None, {"id": one}))
        except GraphError as error:
            found.append(error)
    return found


def _limit(context: Context, _one: Any, _args: Args) -> Json:
    numbers = context.meter.budget(context.token.installation.id, "graphql")
    left = max(0, numbers.limit - numbers.used - context.cost)
    return {
        "cost": context.cost,
        "limit": numbers.limit,
        "remaining": left,
        "used": numbers.limit - left,
        "resetAt": numbers.reset,
        "nodeCount": context.nodes,
    }


def _part(kind: str, name: str) -> Spec:
    return calc(kind, lambda one: one[name])


_ROOT: Mapping[str, Fields] = {
    "Query": {
        "repository": Spec("Repository", gql_code.repository, ("owner", "name", "followRenames")),
        "organization": Spec("Organization", gql_people.organisation, ("login",)),
        "user": Spec("User", gql_people.user, ("login",)),
        "viewer": Spec("User", lambda c, _o, _a: c.world.app.bot),
        "node": Spec("Node", _node, ("id",)),
        "nodes": Spec("[Node]", _nodes, ("ids",)),
        "rateLimit": Spec("RateLimit", _limit, ("dryRun",)),
    },
    "Node": {"id": calc("ID", lambda one: one.node_id)},
    "RateLimit": {
        "cost": _part("Int", "cost"),
        "limit": _part("Int", "limit"),
        "remaining": _part("Int", "remaining"),
        "used": _part("Int", "used"),
        "nodeCount": _part("Int", "nodeCount"),
        "resetAt": _part("DateTime", "resetAt"),
    },
    "PageInfo": {
        "hasNextPage": _part("Boolean", "hasNextPage"),
        "hasPreviousPage": _part("Boolean", "hasPreviousPage"),
        "startCursor": _part("String", "startCursor"),
        "endCursor": _part("String", "endCursor"),
    },
    "RequestedReviewer": {},
    "StatusCheckRollupContext": {},
    "PullRequestTimelineItems": {},
    "Comment": {one: gql_talk.SPOKEN[one] for one in ("lastEditedAt", "includesCreatedEdit")},
    "RequirableByPullRequest": {"isRequired": gql_checks.REQUIRED},
    "UniformResourceLocatable": {"url": fixed("URI", "")},
}

_TYPES: dict[str, Fields] = {
    **gql_people.TYPES,
    **gql_code.TYPES,
    **gql_pull.TYPES,
    **gql_checks.TYPES,
    **gql_talk.TYPES,
    **_ROOT,
}
_TYPES["Commit"] = {**_TYPES["Commit"], **gql_checks.ON_COMMIT}
_TYPES["PullRequest"] = {
    **_TYPES["PullRequest"],
    **gql_checks.ON_PULL,
    "reactions": gql_talk.SPOKEN["reactions"],
    "reactionGroups": gql_talk.SPOKEN["reactionGroups"],
}

_SPOKEN = ("IssueComment", "PullRequestReview", "PullRequestReviewComment")
_ABSTRACT: Mapping[str, Sequence[str]] = {
    "Actor": ("User", "Bot", "Organization", "Mannequin", "EnterpriseUserAccount"),
    "RepositoryOwner": ("User", "Organization"),
    "GitObject": ("Commit", "Blob", "Tree", "Tag"),
    "RequestedReviewer": ("User", "Team", "Bot", "Mannequin"),
    "StatusCheckRollupContext": ("CheckRun", "StatusContext"),
    "RequirableByPullRequest": ("CheckRun", "StatusContext"),
    "PullRequestTimelineItems": (*gql_pull.EVENTS, *gql_pull.NEVER),
    "Reactable": ("PullRequest", "Issue", *_SPOKEN),
    "Minimizable": _SPOKEN,
    "Comment": ("PullRequest", "Issue", *_SPOKEN),
    "Node": tuple(sorted(_TYPES.keys() - {"Query", "Mutation", "PageInfo", "RateLimit"})),
}

SCHEMA = Schema(types=_TYPES, abstract=_ABSTRACT, type_of=type_of)


def _chosen(document: Document, name: str | None) -> Operation | None:
    found = [one for one in document.operations if name in (None, one.name)]
    return found[0] if len(found) == 1 else None


def answer(context: Context, body: Json) -> Json:
    """The whole answer to a posted query; sets the context's cost."""
    text = body.get("query")
    if not isinstance(text, str) or not text.strip():
        return {"message": "A query attribute must be specified and must be a string."}
    try:
        document = parse(text)
    except BadDocument as error:
        return {"errors": [{"message": str(error)}]}
    operation = _chosen(document, body.get("operationName"))
    if operation is None:
        return {"errors": [{"message": "An operation name is required"}]}
    reading = Reading(SCHEMA, document, dict(body.get("variables") or {}))
    return run(reading, operation, context)
