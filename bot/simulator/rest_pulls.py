"""REST for pull requests: lists, one, reviewers, comments, labels."""

from __future__ import annotations

from bot.simulator import shapes, shapes_pull
from bot.simulator.answers import Answer, Refusal, invalid, not_found
from bot.simulator.base import Missing
from bot.simulator.rest_files import diff_text, list_files
from bot.simulator.route import Call, Route
from bot.simulator.shapes import stamp
from bot.simulator.things import Account, Comment, Organisation, Pull, Team

READ = ("pull_requests=read",)
WRITE = ("pull_requests=write",)
TALK = ("issues=write", "pull_requests=write")
LISTEN = ("issues=read", "pull_requests=read")


def list_pulls(call: Call) -> Answer:
    """`GET /repos/{owner}/{repo}/pulls`, newest first."""
    state, base = call.query.get("state", "open"), call.query.get("base")
    head = call.query.get("head")
    rows = [
        one
        for one in call.repo().pulls.values()
        if state in ("all", one.state)
        and base in (None, one.base_ref)
        and head in (None, f"{one.head_owner.login}:{one.head_ref}")
    ]
    rows.sort(key=lambda one: one.number, reverse=call.query.get("direction", "desc") == "desc")
    return call.listing(rows, lambda one: shapes_pull.simple_pull(call.world, one))


def get_pull(call: Call) -> Answer:
    """`GET /repos/{owner}/{repo}/pulls/{number}`, also as a diff."""
    pull = call.pull()
    if "diff" in call.accept:
        return diff_text(call, pull)
    return Answer(json=call.world.full_pull(pull))


def get_reviewers(call: Call) -> Answer:
    """`GET …/requested_reviewers`."""
    pull = call.pull()
    users = [shapes.user(call.world, one) for one in pull.reviewers.values()]
    teams = [shapes.team(call.world, one) for one in pull.team_reviewers.values()]
    return Answer(json={"users": users, "teams": teams})


def request_reviewers(call: Call) -> Answer:
    """`POST …/requested_reviewers`: all or nothing."""
    pull = call.pull()
    people = [_reviewer(call, pull, login) for login in call.body.get("reviewers", [])]
    teams = [_team(call, pull, slug) for slug in call.body.get("team_reviewers", [])]
    asked = {one.id for one in people} | {one.id for one in teams}
    asked |= pull.reviewers.keys() | pull.team_reviewers.keys()
    if len(asked) > call.world.quirks.reviewers_cap:
        cap = call.world.quirks.reviewers_cap
        raise Refusal(422, f"Reviewers: You can request at most {cap} reviewers.")
    new: list[Account | Team] = [*people, *teams]
    for whom in new:
        if whom.id not in pull.reviewers and whom.id not in pull.team_reviewers:
            call.world.request_review(pull, call.bot(), whom)
    return Answer(status=201, json=shapes_pull.simple_pull(call.world, pull))


def _reviewer(call: Call, pull: Pull, login: str) -> Account:
    try:
        who = call.world.account(login)
    except Missing:
        who = None
    if who is pull.user and call.world.quirks.author_as_reviewer_refused:
        raise Refusal(422, "Review cannot be requested from pull request author.")
    if who is None or call.world.role(pull.repo, who) == "none":
        raise Refusal(
            422,
            "Reviews may only be requested from collaborators. One or more of the users or "
            f"teams you specified is not a collaborator of the {pull.repo.full_name} repository.",
        )
    return who


def _team(call: Call, pull: Pull, slug: str) -> Team:
    org = pull.repo.owner
    found = org.teams.get(slug) if isinstance(org, Organisation) else None
    if not call.bearer().allows("members", "read"):
        raise call.access.denied(("members=read",))
    if found is None or f"team:{found.id}" not in pull.repo.roles:
        raise Refusal(422, "Could not resolve to a node with the global id of the team.")
    return found


def list_comments(call: Call) -> Answer:
    """`GET …/issues/{number}/comments`, oldest first, optionally since a moment."""
    since = call.query.get("since", "")
    rows = [one for one in call.pull().comments if (stamp(one.updated_at) or "") >= since]
    return call.listing(rows, lambda one: shapes_pull.comment(call.world, one))


def create_comment(call: Call) -> Answer:
    """`POST …/issues/{number}/comments`."""
    pull = call.pull()
    _check_body(call)
    _writable(call, pull)
    made = call.world.comment(pull, call.bot(), call.body["body"], app=call.world.app)
    return Answer(status=201, json=shapes_pull.comment(call.world, made))


def _check_body(call: Call) -> None:
    body = call.body.get("body")
    if not isinstance(body, str) or not body.strip():
        raise invalid("IssueComment", "body", "missing_field")
    cap = call.world.quirks.comment_cap
    if len(body) > cap:
        message = f"body is too long (maximum is {cap} characters)"
        raise invalid("IssueComment", "data", "unprocessable", message=message)


def _writable(call: Call, pull: Pull) -> None:
    if pull.repo.archived:
        raise Refusal(403, "Repository was archived so is read-only.")
    if pull.locked and call.world.quirks.locked_refuses:
        raise Refusal(403, "Unable to create comment because issue is locked.")


def _comment(call: Call) -> Comment:
    wanted = call.integer("comment")
    for pull in call.repo().pulls.values():
        for one in pull.comments:
            if one.id == wanted:
                return one
    raise not_found()


def get_comment(call: Call) -> Answer:
    """`GET …/issues/comments/{id}`."""
    return Answer(json=shapes_pull.comment(call.world, _comment(call)))


def update_comment(call: Call) -> Answer:
    """`PATCH …/issues/comments/{id}`: an App may only change its own."""
    one = _comment(call)
    _check_body(call)
    _writable(call, one.pull)
    if one.app is not call.world.app:
        raise call.access.denied(("issues=write", "pull_requests=write"))
    call.world.edit_comment(one, call.bot(), call.body["body"])
    return Answer(json=shapes_pull.comment(call.world, one))


def delete_comment(call: Call) -> Answer:
    """`DELETE …/issues/comments/{id}`: an App may only delete its own."""
    one = _comment(call)
    if one.app is not call.world.app:
        raise call.access.denied(("issues=write", "pull_requests=write"))
    call.world.delete_comment(one, call.bot())
    return Answer(status=204)


def list_line_comments(call: Call) -> Answer:
    """`GET …/pulls/{number}/comments`, oldest first."""
    rows = call.pull().line_comments
    return call.listing(rows, lambda one: shapes_pull.line_comment(call.world, one))


def update_line_comment(call: Call) -> Answer:
    """`PATCH …/pulls/comments/{id}`: an App may only change its own."""
    wanted = call.integer("comment")
    lines = (one for pull in call.repo().pulls.values() for one in pull.line_comments)
    one = next((each for each in lines if each.id == wanted), None)
    if one is None:
        raise not_found()
    _check_body(call)
    _writable(call, one.pull)
    if one.user is not call.bot():
        raise call.access.denied(("pull_requests=write",))
    call.world.edit_line(one, call.bot(), call.body["body"])
    return Answer(json=shapes_pull.line_comment(call.world, one))


def list_reviews(call: Call) -> Answer:
    """`GET …/pulls/{number}/reviews`, oldest first."""
    world, shape = call.world, shapes_pull.review
    own = {one.id: {"state": one.state, "body": one.body} for one in call.pull().reviews}
    return call.listing(call.pull().reviews, lambda one: shape(world, one) | own[one.id])


def reply_to_line(call: Call) -> Answer:
    """`POST …/pulls/{number}/comments/{id}/replies`."""
    pull, wanted = call.pull(), call.integer("comment")
    _check_body(call)
    _writable(call, pull)
    first = next((one for one in pull.line_comments if one.id == wanted), None)
    if first is None:
        raise not_found()
    if first.in_reply_to is not None:
        raise Refusal(422, "Replies to replies are not supported.")
    text = call.body["body"]
    made = call.world.comment_line(pull, call.bot(), first.path, text, answers=first)
    return Answer(status=201, json=shapes_pull.line_comment(call.world, made))


def list_labels(call: Call) -> Answer:
    """`GET …/issues/{number}/labels`."""
    pull = call.pull()
    rows = list(pull.labels.values())
    return call.listing(rows, lambda one: shapes_pull.label(call.world, pull.repo, one))


def add_labels(call: Call) -> Answer:
    """`POST …/issues/{number}/labels`: one that is new is made."""
    for name in call.body["labels"]:
        call.world.label(call.pull(), call.bot(), name)
    return list_labels(call)


def remove_label(call: Call) -> Answer:
    """`DELETE …/issues/{number}/labels/{name}`."""
    name = call.params["name"]
    if name not in call.pull().labels:
        raise not_found()
    call.world.unlabel(call.pull(), call.bot(), name)
    return list_labels(call)


BASE = "/repos/{owner}/{repo}"
PULL = BASE + "/pulls/{number}"
ROUTES = (
    Route("GET", BASE + "/pulls", list_pulls, READ),
    Route("GET", PULL, get_pull, READ),
    Route("GET", PULL + "/files", list_files, READ),
    Route("GET", PULL + "/requested_reviewers", get_reviewers, READ),
    Route("POST", PULL + "/requested_reviewers", request_reviewers, WRITE),
    Route("GET", PULL + "/comments", list_line_comments, READ),
    Route("PATCH", BASE + "/pulls/comments/{comment}", update_line_comment, WRITE),
    Route("GET", PULL + "/reviews", list_reviews, READ),
    Route("POST", PULL + "/comments/{comment}/replies", reply_to_line, WRITE),
    Route("GET", BASE + "/issues/{number}/comments", list_comments, LISTEN),
    Route("POST", BASE + "/issues/{number}/comments", create_comment, TALK),
    Route("GET", BASE + "/issues/comments/{comment}", get_comment, LISTEN),
    Route("PATCH", BASE + "/issues/comments/{comment}", update_comment, TALK),
    Route("DELETE", BASE + "/issues/comments/{comment}", delete_comment, TALK),
    Route("GET", BASE + "/issues/{number}/labels", list_labels, LISTEN),
    Route("POST", BASE + "/issues/{number}/labels", add_labels, TALK),
    Route("DELETE", BASE + "/issues/{number}/labels/{name}", remove_label, TALK),
)
