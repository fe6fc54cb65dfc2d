"""GraphQL's checks: the rollup of a commit, runs, suites, workflow runs, statuses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from bot.simulator import gql_people
from bot.simulator.gql_code import Args, CommitAt
from bot.simulator.gql_pull import head_of
from bot.simulator.gql_types import (
    Context,
    Fields,
    Spec,
    attr,
    calc,
    fixed,
    forbidden,
    from_world,
    paged,
)
from bot.simulator.things import Deployment, Pull, Repository, Run, Status, Suite

_BAD = ("failure", "timed_out", "cancelled", "action_required", "startup_failure", "stale", "error")


@dataclass(frozen=True, slots=True)
class StatusAt:
    """A status with the repository whose it is."""

    repo: Repository
    status: Status


Check: TypeAlias = Run | StatusAt


@dataclass(frozen=True, slots=True)
class Rollup:
    """All newest checks of a commit."""

    at: CommitAt
    contexts: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class WorkflowRun:
    """The run of a workflow behind a suite of Actions."""

    suite: Suite


def rollup(context: Context, one: CommitAt, _args: Args) -> Rollup | None:
    """`statusCheckRollup`: one status that may not be read fails all of it. Raises GraphError."""
    world, repo = context.world, one.repo
    context.need("checks", repo)
    world.age_checks(repo)
    statuses = world.latest_statuses(repo, one.oid)
    if statuses and not context.token.allows("statuses", "read"):
        if world.quirks.statuses_fail_rollup:
            raise forbidden()
        statuses = []
    runs = world.latest_runs(repo, one.oid)
    if not world.quirks.check_and_status_both_count:
        names = {run.name for run in runs}
        statuses = [each for each in statuses if each.context not in names]
    found: tuple[Check, ...] = (*runs, *(StatusAt(repo, each) for each in statuses))
    return Rollup(one, found) if found else None


def _rollup_of_pull(context: Context, pull: Pull, args: Args) -> Rollup | None:
    head = head_of(context, pull)
    return rollup(context, CommitAt(pull.repo, pull.objects.commits[head]), args)


def _state(one: Rollup) -> str:
    words = {_word(each) for each in one.contexts}
    if words & set(_BAD):
        return "FAILURE"
    return "PENDING" if "pending" in words else "SUCCESS"


def _word(one: Check) -> str:
    if isinstance(one, StatusAt):
        return one.status.state
    return (one.conclusion or "pending") if one.status == "completed" else "pending"


def _workflow(context: Context, suite: Suite, _args: Args) -> WorkflowRun | None:
    if suite.workflow is None:
        return None
    context.need("actions", suite.repo)
    return WorkflowRun(suite)


def _is_required(_context: Context, one: Check, _args: Args) -> bool:
    if isinstance(one, StatusAt):
        return any(each.context == one.status.context for each in one.repo.required)
    return any(
        each.context == one.name and each.app in (None, one.suite.app.id)
        for each in one.suite.repo.required
    )


def _runs(_context: Context, suite: Suite, args: Args) -> list[Run]:
    chosen = args.get("filterBy") or {}
    runs = suite.runs
    if chosen.get("checkType", "LATEST") == "LATEST":
        runs = list({one.name: one for one in runs}.values())
    return [one for one in runs if chosen.get("checkName") in (None, one.name)]


def _suites(context: Context, one: CommitAt, args: Args) -> list[Suite]:
    context.need("checks", one.repo)
    chosen = args.get("filterBy") or {}
    return [
        each
        for each in one.repo.suites
        if each.head_sha == one.oid and chosen.get("appId") in (None, each.app.id)
    ]


def _deployments(context: Context, one: CommitAt, _args: Args) -> list[Deployment]:
    context.need("deployments", one.repo)
    return [each for each in one.repo.deployments if each.sha == one.oid]


def _commit(one: Suite) -> CommitAt:
    return CommitAt(one.repo, one.repo.objects.commits[one.head_sha])


def _upper(name: str) -> Spec:
    def read(one: Any) -> str | None:
        word = getattr(one, name)
        return word.upper() if word else None

    kind = {"status": "CheckStatusState", "conclusion": "CheckConclusionState"}[name]
    return calc(kind, read)


def _of_status(kind: str, name: str) -> Spec:
    return calc(kind, lambda one: getattr(one.status, name))


def _level(one: Mapping[str, Any]) -> str:
    return str(one["annotation_level"]).upper()


REQUIRED = Spec("Boolean", _is_required, ("pullRequestNumber", "pullRequestId"))
RUN_URL = from_world("URI", lambda w, one: f"{w.web}/{one.suite.repo.full_name}/runs/{one.id}")
SUITE_URL = from_world("URI", lambda w, one: f"{w.web}/{one.repo.full_name}/suites/{one.id}")

TYPES: Mapping[str, Fields] = {
    "Deployment": {
        **gql_people.THING,
        "environment": attr("String", "environment"),
        "latestEnvironment": attr("String", "environment"),
        "latestStatus": calc("DeploymentStatus", lambda one: one.statuses[-1]),
    },
    "DeploymentStatus": {
        "id": attr("ID", "node_id"),
        "createdAt": attr("DateTime", "created_at"),
        "state": calc("DeploymentStatusState", lambda one: one.state.upper()),
        "environmentUrl": calc("URI", lambda one: one.url or None),
        "updatedAt": attr("DateTime", "created_at"),
    },
    "StatusCheckRollup": {
        "id": calc("ID", lambda one: f"SCR_kwDO{one.at.oid}"),
        "state": calc("StatusState", _state),
        "commit": attr("Commit", "at"),
        "contexts": paged("StatusCheckRollupContext", lambda _c, one, _a: list(one.contexts)),
    },
    "CheckRun": {
        "id": attr("ID", "node_id"),
        "databaseId": attr("Int", "id"),
        "name": attr("String", "name"),
        "status": _upper("status"),
        "conclusion": _upper("conclusion"),
        "startedAt": attr("DateTime", "started_at"),
        "completedAt": attr("DateTime", "completed_at"),
        "externalId": calc("String", lambda one: one.external_id or None),
        "detailsUrl": Spec("URI", lambda c, one, a: one.details_url or RUN_URL.read(c, one, a)),
        "url": RUN_URL,
        "permalink": RUN_URL,
        "title": attr("String", "title"),
        "summary": attr("String", "summary"),
        "text": attr("String", "text"),
        "isRequired": REQUIRED,
        "checkSuite": attr("CheckSuite", "suite"),
        "repository": calc("Repository", lambda one: one.suite.repo),
        "annotations": paged("CheckAnnotation", lambda _c, one, _a: one.annotations),
    },
    "CheckAnnotation": {
        "path": calc("String", lambda one: one["path"]),
        "message": calc("String", lambda one: one["message"]),
        "title": calc("String", lambda one: one.get("title")),
        "annotationLevel": calc("CheckAnnotationLevel", _level),
    },
    "CheckSuite": {
        **gql_people.THING,
        "app": attr("App", "app"),
        "status": _upper("status"),
        "conclusion": _upper("conclusion"),
        "updatedAt": attr("DateTime", "updated_at"),
        "url": SUITE_URL,
        "commit": calc("Commit", _commit),
        "repository": attr("Repository", "repo"),
        "workflowRun": Spec("WorkflowRun", _workflow),
        "checkRuns": paged("CheckRun", _runs, "filterBy"),
    },
    "WorkflowRun": {
        "id": calc("ID", lambda one: f"WFR_kwDO{one.suite.id + 1}"),
        "databaseId": calc("Int", lambda one: one.suite.id + 1),
        "event": calc("String", lambda one: one.suite.event),
        "runNumber": fixed("Int", 1),
        "createdAt": calc("DateTime", lambda one: one.suite.created_at),
        "file": calc("WorkflowRunFile", lambda one: one.suite),
        "workflow": calc("Workflow", lambda one: one.suite),
        "checkSuite": attr("CheckSuite", "suite"),
    },
    "WorkflowRunFile": {
        "id": calc("ID", lambda one: f"WFRF_kwDO{one.id}"),
        "path": attr("String", "workflow"),
    },
    "Workflow": {
        "id": calc("ID", lambda one: f"W_kwDO{one.id}"),
        "name": calc("String", lambda one: one.workflow.rpartition("/")[2].partition(".")[0]),
    },
    "StatusContext": {
        "id": _of_status("ID", "node_id"),
        "context": _of_status("String", "context"),
        "state": calc("StatusState", lambda one: one.status.state.upper()),
        "description": _of_status("String", "description"),
        "targetUrl": _of_status("URI", "target_url"),
        "creator": _of_status("Actor", "creator"),
        "createdAt": _of_status("DateTime", "created_at"),
        "isRequired": REQUIRED,
    },
}

ON_COMMIT: Fields = {
    "deployments": paged("Deployment", _deployments),
    "statusCheckRollup": Spec("StatusCheckRollup", rollup),
    "checkSuites": paged("CheckSuite", _suites, "filterBy"),
}

ON_PULL: Fields = {"statusCheckRollup": Spec("StatusCheckRollup", _rollup_of_pull)}
