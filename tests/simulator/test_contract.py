"""The simulator held to GitHub's published schemas: every act, every route, every query."""

from __future__ import annotations

from bot.github.queries import documents
from bot.simulator.acme import Acme
from bot.simulator.gql_parse import parse
from bot.simulator.gql_run import _HOLDS
from bot.simulator.graphql import SCHEMA
from bot.simulator.server import Simulator
from bot.simulator.things import Comment, Pull
from tests.contract.published import Contract, Exchange, graph, hook_problems
from tests.simulator.conftest import REPO, Hub

NOTE = {
    "path": "a",
    "start_line": 1,
    "end_line": 1,
    "annotation_level": "failure",
    "message": "m",
}
CHECK = {
    "status": "completed",
    "conclusion": "failure",
    "output": {"title": "t", "summary": "s", "annotations": [NOTE]},
    "actions": [{"label": "Go", "description": "d", "identifier": "go"}],
}


def talk(sim: Simulator, at: Acme, pull: Pull) -> Comment:
    """Everything that people say on a pull request."""
    world = sim.world
    said = world.comment(pull, at["ben"], "hi")
    world.edit_comment(said, at["maria"], "ho")
    review = world.review(pull, at["ben"], "approve", "fine")
    world.edit_review(review, at["ben"], "very fine")
    world.dismiss_review(review, at["maria"])
    world.comment_line(pull, at["ben"], "app/x.py", "here")
    world.request_review(pull, at["ana"], at["sam"])
    world.request_review(pull, at["ana"], at.org.teams["qa"])
    return said


def change(sim: Simulator, at: Acme, pull: Pull) -> None:
    """Everything that people change on a pull request."""
    world = sim.world
    world.push(pull, at["ana"], {"app/x.py": "b\n"})
    world.push(pull, at["ana"], {"app/x.py": "c"}, force=True)
    world.edit_body(pull, at["ana"], "new")
    world.edit_title(pull, at["ana"], "new")
    world.label(pull, at["ana"], "y")
    world.unlabel(pull, at["ana"], "y")
    world.convert_to_draft(pull, at["ana"])
    world.ready_for_review(pull, at["ana"])
    at.repo.branches["release"] = at.repo.branches["main"]
    world.retarget(pull, at["ana"], "release")
    world.retarget(pull, at["ana"], "main")
    world.close(pull, at["ana"])
    world.reopen(pull, at["ana"])


def run_checks(sim: Simulator, at: Acme, pull: Pull) -> None:
    """Everything that CI systems do, and what people ask of checks."""
    world = sim.world
    for conclusion in (None, "failure"):
        world.run_ci(pull, "ci / unit", conclusion)
    world.run_ci(pull, "lint", "success", app="other-ci", summary="fine")
    world.status(pull, "jenkins", "pending")
    world.deploy(pull, "staging", "in_progress")
    world.deploy(pull, "staging", "success", "https://staging.acme.dev")
    run = world.our_runs(pull)[-1]
    world.press_button(run, at["ana"], "go")
    world.rerequest_check(run, at["ana"])
    world.rerequest_suite(run.suite, at["ana"])


def end(sim: Simulator, at: Acme, pull: Pull, said: Comment) -> None:
    """The queue, the merge, and what administrators do."""
    world, repo = sim.world, at.repo
    entry = world.enqueue([pull], at["maria"])
    world.dequeue(entry, at["maria"])
    world.merge(pull, at["maria"])
    world.delete_comment(said, at["ben"])
    world.remove_file((repo, "main"), at["maria"], "README.md")
    world.lock(pull, at["maria"])
    world.rename_repository(repo, at["maria"], "orders")
    world.archive(repo, at["maria"])
    world.unarchive(repo, at["maria"])
    world.change_default_branch(repo, at["maria"], "trunk")
    world.publish(repo, at["maria"])
    world.add_to_team(at.org.teams["qa"], at["kim"])
    world.remove_from_team(at.org.teams["qa"], at["kim"])
    other = world.repository(at.org, "other", {"a": "1\n"})
    world.select(at.installation, [repo], [other])
    world.suspend(at.installation)
    world.unsuspend(at.installation)
    world.accept_permissions(at.installation, at.installation.permissions)
    world.ping(at.installation)
    world.delete_repository(repo, at["maria"])
    world.uninstall(at.installation)


async def test_every_webhook_satisfies_its_published_schema(
    sim: Simulator, at: Acme, hub: Hub
) -> None:
    files = {"app/x.py": "a\n", "docs/orders.md": "x\n"}
    at.installation.permissions["deployments"] = "read"
    sim.world.app.events += ("deployment_status",)
    pull = sim.world.open_pull_request(at.repo, at["ana"], files=files, labels=("x",))
    sim.world.open_pull_request(at.repo, at["kim"], fork=True, files={"k": "1\n"})
    change(sim, at, pull)
    said = talk(sim, at, pull)
    await hub.check(pull.head_sha, **CHECK)
    await hub.call("POST", f"{REPO}/issues/{pull.number}/comments", {"body": "x"})
    run_checks(sim, at, pull)
    end(sim, at, pull, said)
    problems = [
        problem for one in sim.deliveries.log for problem in hook_problems(one.event, one.payload)
    ]
    told = {f"{one.event}.{one.action}" for one in sim.deliveries.log}

    assert problems == []
    assert told == {
        *(f"check_run.{one}" for one in ("completed", "created", "requested_action")),
        *("check_run.rerequested", "check_suite.completed", "check_suite.requested"),
        "deployment_status.created",
        *("check_suite.rerequested", "installation.created", "installation.deleted"),
        *("installation.new_permissions_accepted", "installation.suspend"),
        *("installation.unsuspend", "installation_repositories.added"),
        *("installation_repositories.removed", "issue_comment.created"),
        *("issue_comment.deleted", "issue_comment.edited", "membership.added"),
        *("membership.removed", "merge_group.checks_requested", "merge_group.destroyed"),
        *("ping.None", "pull_request.closed", "pull_request.converted_to_draft"),
        *("pull_request.dequeued", "pull_request.edited", "pull_request.enqueued"),
        *("pull_request.labeled", "pull_request.locked", "pull_request.opened"),
        *("pull_request.ready_for_review", "pull_request.reopened"),
        *("pull_request.review_requested", "pull_request.synchronize"),
        *("pull_request.unlabeled", "pull_request_review.dismissed"),
        *("pull_request_review.edited", "pull_request_review.submitted"),
        *("pull_request_review_comment.created", "push.None", "repository.archived"),
        *("repository.deleted", "repository.edited", "repository.publicized"),
        *("repository.renamed", "repository.unarchived", "status.None"),
    }


async def test_every_answer_satisfies_its_published_schema(
    sim: Simulator, at: Acme, hub: Hub
) -> None:
    contract = Contract()
    pull = sim.world.open_pull_request(at.repo, at["ana"], files={"app/x.py": "a\n"})
    talk(sim, at, pull)
    sim.world.require(at.repo, "handoff", app=sim.app_id)
    hub.headers = {"User-Agent": "test", "X-GitHub-Api-Version": "2022-11-28"}
    sim.observe(lambda one: contract.observe(_seen(one)))
    _, run = await hub.check(pull.head_sha, **CHECK)
    _, said = await hub.call("POST", f"{REPO}/issues/{pull.number}/comments", {"body": "x"})
    line, blob = pull.line_comments[0].id, at.repo.tip.files["README.md"].oid
    run_checks(sim, at, pull)
    ran = sim.world.run_ci(pull, "ci / unit")
    sim.world.upload(ran, "unit", b"PK")
    at_pull, delivery = f"{REPO}/pulls/{pull.number}", sim.deliveries.log[0].id
    writes = {
        f"PATCH {REPO}/check-runs/{run['id']}": {"conclusion": "success"},
        f"PATCH {REPO}/issues/comments/{said['id']}": {"body": "y"},
        f"POST {at_pull}/requested_reviewers": {"reviewers": ["jo"], "team_reviewers": ["qa"]},
        f"POST {at_pull}/comments/{line}/replies": {"body": "r"},
    }
    paths = (
        *("", "/contents/app", "/contents/README.md", "/pulls?state=all", "/commits"),
        *("/rules/branches/main", f"/compare/main...{pull.head_sha}", f"/git/blobs/{blob}"),
        *(f"/git/trees/{pull.head_sha}", f"/commits/{pull.head_sha}/check-runs"),
        *(f"/commits/{pull.head_sha}/pulls", f"/check-runs/{run['id']}"),
        *(f"/issues/{pull.number}/comments", f"/issues/comments/{said['id']}"),
        *(f"/issues/{pull.number}/labels", "/collaborators/sam/permission"),
        *(f"/pulls/{pull.number}", f"/pulls/{pull.number}/files"),
        f"/pulls/{pull.number}/requested_reviewers",
        f"/actions/runs/{ran.suite.id + 1}/artifacts",
    )
    as_app = (
        *("/app", "/app/hook/config", "/app/installations", f"{REPO}/installation"),
        *(f"/app/installations/{at.installation.id}", "/app/hook/deliveries"),
        f"/app/hook/deliveries/{delivery}",
    )
    others = (
        *("/installation/repositories", "/orgs/acme/teams/qa", "/orgs/acme/teams/qa/members"),
        *("/orgs/acme/teams/qa/memberships/li", "/users/sam", "/rate_limit", "/meta"),
    )
    for words, body in writes.items():
        method, path = words.split(" ")
        assert (await hub.call(method, path, body))[0] in (200, 201), words
    for path in (*(REPO + one for one in paths), *others):
        assert (await hub.call("GET", path))[0] == 200, path
    for path in as_app:
        assert (await hub.app("GET", path))[0] == 200, path
    await hub.app("POST", f"/app/hook/deliveries/{delivery}/attempts")
    await hub.app("POST", f"/app/installations/{at.installation.id}/access_tokens", {})

    assert contract.violations == []


async def test_every_query_of_the_bot_is_answered_by_the_published_types(
    sim: Simulator, at: Acme, hub: Hub
) -> None:
    contract = Contract()
    sim.world.repository(at.org, ".github", {"handoff.yml": "version: 1\n"})
    pull = sim.world.open_pull_request(at.repo, at["ana"], files={"app/x.py": "a\n"})
    talk(sim, at, pull)
    sim.world.run_ci(pull, "ci / unit", "failure")
    sim.world.status(pull, "jenkins", "pending")
    sim.world.label(pull, at["ana"], "q")
    said = sim.world.comment(pull, sim.world.app.bot, "x", app=sim.world.app)
    entry = sim.world.enqueue([pull], at["maria"])
    hub.headers = {"User-Agent": "test", "X-GitHub-Api-Version": "2022-11-28"}
    sim.observe(lambda one: contract.observe(_seen(one)))
    known = {"owner": "acme", "name": "orders-api", "number": pull.number, "workflow": True}
    known |= {"sticky": said.node_id, "wantSticky": True, "branch": "main", "content": "EYES"}
    known |= {"sha": entry.group_sha, "expression": "HEAD:README.md", "subject": said.node_id}
    known |= {"path": ".github/handoff.yml", "cursor": None}
    at.installation.permissions["deployments"] = "read"
    await hub.login(at.installation.id)
    sim.world.deploy(pull, "staging", "success", "https://staging.acme.dev")
    for text in documents():
        names = [one.name for one in parse(text).operations[0].variables]
        files = {one: "app/main.py" for one in names if one[1:].isdigit()}
        answer = await hub.ask(text, **{one: (known | files)[one] for one in names})
        assert "errors" not in answer, (text, answer["errors"])

    # Beneath an unnamed type the checker cannot tell a commit from another object.
    assert [one for one in contract.violations if "Abstract type" not in one] == []


def test_every_type_and_field_is_githubs_own() -> None:
    schema, wrong = graph(), []
    for name, fields in SCHEMA.types.items():
        theirs = getattr(schema.type_map[name], "fields", {})
        for field, spec in fields.items():
            kind = str(theirs[field].type).replace("!", "") if field in theirs else "nothing"
            args = set(theirs[field].args) if field in theirs else set()
            if kind != spec.type or set(spec.args) - args:
                wrong.append(f"{name}.{field}: {kind}, here {spec.type}")
            inner = _HOLDS.get(kind.removesuffix("Connection"), kind.removesuffix("Connection"))
            nodes = getattr(schema.type_map.get(kind.strip("[]")), "fields", {}).get("nodes")
            if spec.paged and nodes is not None and inner not in str(nodes.type):
                wrong.append(f"{name}.{field} holds {nodes.type}")

    assert wrong == []


def _seen(one: object) -> Exchange:
    return Exchange(**{name: getattr(one, name) for name in Exchange.__dataclass_fields__})
