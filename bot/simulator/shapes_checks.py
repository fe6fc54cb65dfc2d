"""REST's and the webhooks' JSON of checks, statuses and merge groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.simulator import shapes
from bot.simulator.shapes import stamp
from bot.simulator.shapes_pull import minimal_pull
from bot.simulator.things import (
    Deployment,
    Json,
    Pull,
    QueueEntry,
    Repository,
    Run,
    Status,
    Suite,
)

if TYPE_CHECKING:
    from bot.simulator.base import Ground


def _pulls_at(world: Ground, repo: Repository, sha: str) -> list[Pull]:
    """The open pull requests that check events name: those of forks are left out."""
    hidden = world.quirks.forks_have_no_pulls_in_checks
    return [
        one
        for one in repo.pulls.values()
        if one.head_sha == sha and one.state == "open" and not (one.fork and hidden)
    ]


def run(world: Ground, one: Run) -> Json:
    """`check-run`, in the form that also satisfies the webhooks."""
    suite = one.suite
    repo = suite.repo
    url = f"{world.api}/repos/{repo.full_name}/check-runs/{one.id}"
    html = f"{world.web}/{repo.full_name}/runs/{one.id}"
    return {
        "id": one.id,
        "node_id": one.node_id,
        "name": one.name,
        "head_sha": suite.head_sha,
        "external_id": one.external_id,
        "url": url,
        "html_url": html,
        "details_url": one.details_url or html,
        "status": one.status,
        "conclusion": one.conclusion,
        "started_at": stamp(one.started_at or one.created_at),
        "completed_at": stamp(one.completed_at),
        "output": {
            "title": one.title,
            "summary": one.summary,
            "text": one.text,
            "annotations_count": len(one.annotations),
            "annotations_url": url + "/annotations",
        },
        "check_suite": {"id": suite.id},
        "app": shapes.app(world, suite.app),
        "pull_requests": [
            minimal_pull(world, pull) for pull in _pulls_at(world, repo, suite.head_sha)
        ],
    }


def run_event(world: Ground, one: Run) -> Json:
    """`check-run-with-simple-check-suite`."""
    return run(world, one) | {"check_suite": _simple_suite(world, one.suite)}


def _simple_suite(world: Ground, one: Suite) -> Json:
    pulls = _pulls_at(world, one.repo, one.head_sha)
    return {
        "id": one.id,
        "node_id": one.node_id,
        "head_branch": one.head_branch,
        "head_sha": one.head_sha,
        "status": one.status,
        "conclusion": one.conclusion,
        "url": f"{world.api}/repos/{one.repo.full_name}/check-suites/{one.id}",
        "before": one.before,
        "after": one.head_sha,
        "pull_requests": [minimal_pull(world, pull) for pull in pulls],
        "app": shapes.app(world, one.app),
        "created_at": stamp(one.created_at),
        "updated_at": stamp(one.updated_at),
    }


def suite_event(world: Ground, one: Suite) -> Json:
    """The suite as its own events carry it."""
    url = f"{world.api}/repos/{one.repo.full_name}/check-suites/{one.id}"
    app = shapes.app(world, one.app)
    # The published schema of this event does not know the newest event names.
    app["events"] = [name for name in app["events"] if name != "merge_group"]
    return _simple_suite(world, one) | {
        "app": app,
        "rerequestable": True,
        "runs_rerequestable": True,
        "latest_check_runs_count": len({each.name for each in one.runs}),
        "check_runs_url": url + "/check-runs",
        "head_commit": shapes.simple_commit(one.repo.objects.commits[one.head_sha]),
    }


def status_event(world: Ground, repo: Repository, one: Status) -> Json:
    """The fields of a `status` event."""
    commit = shapes.commit(world, repo, repo.objects.commits[one.sha])
    at_tip = [name for name, sha in repo.branches.items() if sha == one.sha]
    tip = {"sha": one.sha, "url": commit["url"]}
    return {
        "id": one.id,
        "sha": one.sha,
        "name": repo.full_name,
        "target_url": one.target_url,
        "avatar_url": f"{world.web}/avatars/u/{one.creator.id}",
        "context": one.context,
        "description": one.description,
        "state": one.state,
        "commit": commit,
        "branches": [{"name": name, "commit": tip, "protected": False} for name in at_tip],
        "created_at": stamp(one.created_at),
        "updated_at": stamp(one.created_at),
    }


def deployment_event(world: Ground, repo: Repository, one: Deployment) -> Json:
    """The fields of a `deployment_status` event about the newest status."""
    status, api = one.statuses[-1], f"{world.api}/repos/{repo.full_name}"
    url = f"{api}/deployments/{one.id}"
    about = {
        "creator": shapes.user(world, one.creator),
        "environment": one.environment,
        "repository_url": api,
    }
    deployment = {
        "url": url,
        "id": one.id,
        "node_id": one.node_id,
        "sha": one.sha,
        "ref": one.sha,
        "task": "deploy",
        "payload": {},
        "original_environment": one.environment,
        "description": None,
        "created_at": stamp(one.created_at),
        "updated_at": stamp(status.created_at),
        "statuses_url": f"{url}/statuses",
    }
    told = {
        "url": f"{url}/statuses/{status.id}",
        "id": status.id,
        "node_id": status.node_id,
        "state": status.state,
        "description": "",
        "environment_url": status.url,
        "target_url": "",
        "created_at": stamp(status.created_at),
        "updated_at": stamp(status.created_at),
        "deployment_url": url,
    }
    more = {"action": "created", "check_run": None, "workflow": None, "workflow_run": None}
    return more | {"deployment": about | deployment, "deployment_status": about | told}


def merge_group(entry: QueueEntry) -> Json:
    """`merge-group`, as it is built for the last pull request in it."""
    repo = entry.pull.repo
    return {
        "head_sha": entry.group_sha,
        "head_ref": f"refs/heads/{entry.group_ref}",
        "base_sha": entry.base_sha,
        "base_ref": f"refs/heads/{entry.pull.base_ref}",
        "head_commit": shapes.simple_commit(repo.objects.commits[entry.group_sha]),
    }
