"""GraphQL's comments, reviews, edits and reactions, and the mutations on them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.simulator import gql_people
from bot.simulator.gql_code import Args, CommitAt
from bot.simulator.gql_people import could_not
from bot.simulator.gql_pull import may_push
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
from bot.simulator.things import Pull, Reaction, Review, Spoken, Team

# GraphQL's names of the reactions, and REST's.
REACTIONS = {
    "THUMBS_UP": "+1",
    "THUMBS_DOWN": "-1",
    "LAUGH": "laugh",
    "CONFUSED": "confused",
    "HEART": "heart",
    "HOORAY": "hooray",
    "EYES": "eyes",
    "ROCKET": "rocket",
}
_WORDS = {word: name for name, word in REACTIONS.items()}


def _association(context: Context, one: Spoken, _args: Args) -> str:
    return context.world.association(one.pull.repo, one.user)


def _reactions(_context: Context, one: Pull | Spoken, args: Args) -> list[Reaction]:
    wanted = REACTIONS.get(str(args.get("content")))
    return [each for each in one.reactions if wanted in (None, each.content)]


def _groups(context: Context, one: Pull | Spoken, _args: Args) -> list[dict[str, Any]]:
    ours = {each.content for each in one.reactions if each.user is context.world.app.bot}
    return [{"content": name, "ours": word in ours} for name, word in REACTIONS.items()]


SPOKEN: Fields = {
    **gql_people.THING,
    **gql_people.FULL_ID,
    "body": attr("String", "body"),
    "bodyText": attr("String", "body"),
    "author": attr("Actor", "user"),
    "authorAssociation": Spec("CommentAuthorAssociation", _association),
    "updatedAt": attr("DateTime", "updated_at"),
    "editor": calc("Actor", lambda one: one.edits[-1].editor if one.edits else None),
    "lastEditedAt": calc("DateTime", lambda one: one.edits[-1].created_at if one.edits else None),
    "includesCreatedEdit": calc("Boolean", lambda one: bool(one.edits)),
    "isMinimized": calc("Boolean", lambda one: one.hidden is not None),
    "minimizedReason": attr("String", "hidden"),
    "viewerDidAuthor": Spec("Boolean", lambda c, one, _a: one.app is c.world.app),
    "pullRequest": attr("PullRequest", "pull"),
    "reactions": paged("Reaction", _reactions, "content", "orderBy"),
    "reactionGroups": Spec("[ReactionGroup]", _groups),
    "url": from_world(
        "URI", lambda w, o: f"{w.web}/{o.pull.repo.full_name}/pull/{o.pull.number}#{o.id}"
    ),
}


def _reviewed(_context: Context, one: Review, _args: Args) -> CommitAt:
    return CommitAt(one.pull.repo, one.pull.objects.commits[one.commit_sha])


def _teams(context: Context, one: Review, _args: Args) -> list[Team]:
    context.need("members")
    org = one.pull.repo.owner
    teams: Mapping[str, Team] = getattr(org, "teams", {})
    return [team for team in teams.values() if one.user.id in team.members]


def _subject(context: Context, args: Args, level: str = "write") -> Pull | Spoken:
    node = context.world.nodes.get(str(args["input"]["subjectId"]))
    if not isinstance(node, Pull | Spoken):
        raise could_not("node", f"with the global id of '{args['input']['subjectId']}'")
    repo = node.repo if isinstance(node, Pull) else node.pull.repo
    allowed = context.token.allows("issues", level) or context.token.allows("pull_requests", level)
    if not allowed or not context.access.covers(context.token, repo):
        raise GraphError("FORBIDDEN", "Resource not accessible by integration")
    return node


def _content(args: Args) -> str:
    word = REACTIONS.get(str(args["input"].get("content")))
    if word is None:
        raise GraphError("UNPROCESSABLE", "content is not a ReactionContent")
    return word


def _react(context: Context, _one: Any, args: Args) -> dict[str, Any]:
    subject = _subject(context, args)
    pull = subject if isinstance(subject, Pull) else subject.pull
    if pull.locked and context.world.quirks.locked_refuses:
        raise GraphError("FORBIDDEN", "Unable to create reaction because issue is locked.")
    made = context.world.react(subject, context.world.app.bot, _content(args))
    return {"reaction": made, "subject": subject, **_client(args)}


def _unreact(context: Context, _one: Any, args: Args) -> dict[str, Any]:
    subject = _subject(context, args)
    gone = context.world.unreact(subject, context.world.app.bot, _content(args))
    return {"reaction": gone, "subject": subject, **_client(args)}


def _minimise(context: Context, _one: Any, args: Args) -> dict[str, Any]:
    subject = _subject(context, args)
    if not isinstance(subject, Spoken):
        raise GraphError("UNPROCESSABLE", "Subject is not minimizable")
    context.world.hide_comment(subject, str(args["input"]["classifier"]))
    return {"minimized": subject, **_client(args)}


def _client(args: Args) -> dict[str, Any]:
    return {"client": args["input"].get("clientMutationId")}


def _part(kind: str, name: str) -> Spec:
    return calc(kind, lambda one: one[name])


PAYLOAD: Fields = {
    "clientMutationId": _part("String", "client"),
    "reaction": _part("Reaction", "reaction"),
    "subject": _part("Reactable", "subject"),
}

TYPES: Mapping[str, Fields] = {
    "IssueComment": SPOKEN,
    "PullRequestReviewComment": {
        **SPOKEN,
        "path": attr("String", "path"),
        "line": attr("Int", "line"),
        "pullRequestReview": attr("PullRequestReview", "review"),
    },
    "PullRequestReview": {
        **SPOKEN,
        "state": attr("PullRequestReviewState", "state"),
        "submittedAt": attr("DateTime", "created_at"),
        "commit": Spec("Commit", _reviewed),
        "authorCanPushToRepository": Spec("Boolean", lambda c, one, _a: may_push(c, one)),
        "onBehalfOf": paged("Team", _teams),
    },
    "UserContentEdit": {
        "id": attr("ID", "node_id"),
        "createdAt": attr("DateTime", "created_at"),
        "editedAt": attr("DateTime", "created_at"),
        "updatedAt": attr("DateTime", "created_at"),
        "editor": attr("Actor", "editor"),
        "diff": attr("String", "body"),
        "deletedAt": fixed("DateTime", None),
        "deletedBy": fixed("Actor", None),
    },
    "Reaction": {
        "id": attr("ID", "node_id"),
        "databaseId": attr("Int", "id"),
        "content": calc("ReactionContent", lambda one: _WORDS[one.content]),
        "user": calc("User", lambda one: one.user if one.user.kind == "User" else None),
        "createdAt": attr("DateTime", "created_at"),
    },
    "ReactionGroup": {
        "content": _part("ReactionContent", "content"),
        "viewerHasReacted": _part("Boolean", "ours"),
    },
    "Reactable": {name: SPOKEN[name] for name in ("id", "reactions", "reactionGroups")},
    "Minimizable": {
        "isMinimized": SPOKEN["isMinimized"],
        "minimizedReason": SPOKEN["minimizedReason"],
    },
    "AddReactionPayload": PAYLOAD,
    "RemoveReactionPayload": PAYLOAD,
    "MinimizeCommentPayload": {
        "clientMutationId": _part("String", "client"),
        "minimizedComment": _part("Minimizable", "minimized"),
    },
    "Mutation": {
        "addReaction": Spec("AddReactionPayload", _react, ("input",)),
        "removeReaction": Spec("RemoveReactionPayload", _unreact, ("input",)),
        "minimizeComment": Spec("MinimizeCommentPayload", _minimise, ("input",)),
    },
}
