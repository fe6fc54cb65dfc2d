"""REST for issues: listed with the pull requests, opened, changed, closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.simulator import shapes, shapes_pull
from bot.simulator.answers import Answer, Refusal, invalid, not_found
from bot.simulator.base import Missing
from bot.simulator.rest_pulls import BASE, LISTEN
from bot.simulator.route import Call, Route
from bot.simulator.shapes import stamp

if TYPE_CHECKING:
    from bot.simulator.things import Account, Issue, Json, Pull, Repository

WRITE = ("issues=write",)


def list_issues(call: Call) -> Answer:
    """`GET …/issues`: to GitHub every pull request is one as well."""
    repo, state = _repo(call), call.query.get("state", "open")
    both: list[Issue | Pull] = [*repo.issues.values(), *repo.pulls.values()]
    rows = [one for one in both if state in ("all", one.state)]
    rows.sort(key=lambda one: one.number, reverse=call.query.get("direction", "desc") == "desc")
    return call.listing(rows, lambda one: _shape(call, one))


def _repo(call: Call) -> Repository:
    """Raises Refusal where it has no issues (OpenAPI, issues/create: 410)."""
    if not call.repo().has_issues:
        raise Refusal(410, "Issues are disabled for this repo")
    return call.repo()


def open_issue(call: Call) -> Answer:
    """`POST …/issues`."""
    body = call.body
    title = _text(call, "title")
    who = [_assignee(call, login) for login in body.get("assignees") or ()]
    app = call.world.app
    made = call.world.issue(
        _repo(call), title, by=app.bot, app=app, body=body.get("body") or "", assignees=who
    )
    return Answer(status=201, json=_shape(call, made))


def update_issue(call: Call) -> Answer:
    """`PATCH …/issues/{number}`; of a deleted one GitHub says that it is gone."""
    number = call.integer("number")
    if number in call.repo().deleted_issues:
        raise Refusal(410, "This issue was deleted")
    one = call.repo().issues.get(number)
    if one is None:
        raise not_found()
    title = _text(call, "title") if "title" in call.body else one.title
    state = call.body.get("state", one.state)
    if state not in ("open", "closed"):
        raise invalid("Issue", "state")
    call.world.change_issue(one, title=title, body=call.body.get("body", one.body), state=state)
    return Answer(json=_shape(call, one))


def _text(call: Call, name: str) -> str:
    text = call.body.get(name)
    if not isinstance(text, str) or not text.strip():
        raise invalid("Issue", name, "missing_field")
    return text


def _assignee(call: Call, login: str) -> Account:
    try:
        who = call.world.account(login)
    except Missing:
        raise invalid("Issue", "assignees") from None
    if call.world.role(call.repo(), who) == "none":
        raise invalid("Issue", "assignees")
    return who


def _shape(call: Call, one: Issue | Pull) -> Json:
    """`issue`."""
    world, repo = call.world, call.repo()
    if one.number in repo.pulls:
        return shapes_pull.issue(world, repo.pulls[one.number])
    found = repo.issues[one.number]
    api = f"{world.api}/repos/{repo.full_name}/issues/{one.number}"
    tails = {"labels": "/labels{/name}"}
    tails |= {name: f"/{name}" for name in ("comments", "events", "timeline")}
    who = [shapes.user(world, each) for each in found.assignees]
    return {
        "id": found.id,
        "node_id": found.node_id,
        "number": found.number,
        "title": found.title,
        "body": found.body or None,
        "state": found.state,
        "state_reason": "completed" if found.state == "closed" else None,
        "locked": False,
        "active_lock_reason": None,
        "user": shapes.user(world, found.user),
        "author_association": world.association(repo, found.user),
        "labels": [],
        "assignee": who[0] if who else None,
        "assignees": who,
        "milestone": None,
        "comments": 0,
        "performed_via_github_app": shapes.app(world, found.app) if found.app else None,
        "url": api,
        "html_url": f"{world.web}/{repo.full_name}/issues/{one.number}",
        "repository_url": f"{world.api}/repos/{repo.full_name}",
        **{f"{name}_url": api + tail for name, tail in tails.items()},
        "reactions": shapes_pull.rollup(api, []),
        "created_at": stamp(found.created_at),
        "updated_at": stamp(found.updated_at),
        "closed_at": stamp(found.closed_at),
    }


ROUTES = (
    Route("GET", BASE + "/issues", list_issues, LISTEN),
    Route("POST", BASE + "/issues", open_issue, WRITE),
    Route("PATCH", BASE + "/issues/{number}", update_issue, WRITE),
)
