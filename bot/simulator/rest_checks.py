"""REST for check runs: made, changed, listed, with all that GitHub insists on."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.simulator import shapes_checks, shapes_pull
from bot.simulator.answers import Answer, Refusal, invalid, not_found, unprocessable
from bot.simulator.rest_repo import resolve
from bot.simulator.route import Call, Route
from bot.simulator.things import Json, Run

_STATUSES = ("queued", "in_progress", "completed")
_CONCLUSIONS = (
    "action_required",
    "cancelled",
    "failure",
    "neutral",
    "success",
    "skipped",
    "timed_out",
)
_TEXT_CAP = 65_535


def create_run(call: Call) -> Answer:
    """`POST /repos/{owner}/{repo}/check-runs`."""
    repo, sha, name = call.repo(), call.body.get("head_sha"), call.body.get("name")
    if not name or not isinstance(name, str):
        raise invalid("CheckRun", "name", "missing_field")
    if sha not in repo.objects.commits:
        raise unprocessable(f"No commit found for SHA: {sha}")
    _check(call)
    suite = call.world.suite(repo, call.world.app, str(sha))
    run = call.world.new_run(suite, name)
    _write(call, run)
    if run.status != "completed":
        suite.status, suite.conclusion = "in_progress", None
    call.world.run_event(run, "created", call.bot())
    _finished(call, run)
    return Answer(status=201, json=shapes_checks.run(call.world, run))


def update_run(call: Call) -> Answer:
    """`PATCH /repos/{owner}/{repo}/check-runs/{id}`."""
    run = _run(call)
    if run.suite.app is not call.world.app:
        raise Refusal(
            403,
            "Invalid app_id - check run can only be modified by the GitHub App that created it.",
        )
    _check(call)
    was = run.status
    _write(call, run)
    if was != "completed" or "conclusion" in call.body:
        _finished(call, run)
    return Answer(json=shapes_checks.run(call.world, run))


def _finished(call: Call, run: Run) -> None:
    if run.status == "completed":
        call.world.run_event(run, "completed", call.bot())
        call.world.conclude(run.suite)


def _check(call: Call) -> None:
    """Refuse what GitHub refuses. Raises Refusal."""
    body, quirks = call.body, call.world.quirks
    status, conclusion = body.get("status"), body.get("conclusion")
    if status is not None and status not in _STATUSES:
        raise invalid("CheckRun", "status")
    if conclusion is not None and conclusion not in _CONCLUSIONS:
        raise invalid("CheckRun", "conclusion")
    finished = status == "completed" or "completed_at" in body
    if finished and not conclusion and quirks.completed_needs_conclusion:
        message = 'No subschema in "anyOf" matched. "conclusion" was not supplied.'
        raise unprocessable(f"Invalid request.\n\n{message}")
    _check_output(body.get("output"), quirks.annotations_per_request)
    _check_actions(body.get("actions", []))


def _check_output(output: Json | None, most: int) -> None:
    if output is None:
        return
    if not output.get("title") or not output.get("summary"):
        raise unprocessable('Invalid request.\n\n"summary" was not supplied.')
    for name in ("summary", "text"):
        if len((output.get(name) or "").encode()) > _TEXT_CAP:
            raise invalid("CheckRun", name, "custom", message=f"{name} exceeds a maximum length")
    annotations = output.get("annotations", [])
    if len(annotations) > most:
        message = f"No more than {most} items are allowed; {len(annotations)} were supplied."
        raise unprocessable(f"Invalid request.\n\n{message}")
    for one in annotations:
        _check_annotation(one)


def _check_annotation(one: Json) -> None:
    for name in ("path", "start_line", "end_line", "annotation_level", "message"):
        if one.get(name) in (None, ""):
            raise unprocessable(f'Invalid request.\n\n"{name}" was not supplied.')
    columns = "start_column" in one or "end_column" in one
    if columns and one["start_line"] != one["end_line"]:
        raise invalid("CheckRun", "annotations")
    if one["annotation_level"] not in ("notice", "warning", "failure"):
        raise invalid("CheckRun", "annotations")
    if len(one.get("title", "")) > 255 or len(one["message"].encode()) > 64 * 1024:
        raise invalid("CheckRun", "annotations", "custom", message="annotation is too large")


def _check_actions(actions: list[Json]) -> None:
    caps = {"label": 20, "description": 40, "identifier": 20}
    if len(actions) > 3:
        raise unprocessable("Invalid request.\n\nNo more than 3 items are allowed.")
    for one in actions:
        for name, cap in caps.items():
            if not one.get(name) or len(one[name]) > cap:
                raise unprocessable(f"Invalid request.\n\nOnly {cap} characters are allowed.")


def _time(body: Json, name: str) -> datetime | None:
    text = body.get(name)
    return datetime.fromisoformat(text).astimezone(UTC) if text else None


def _write(call: Call, run: Run) -> None:
    body, now = call.body, call.world.now()
    for name in ("name", "external_id", "details_url", "actions"):
        if name in body:
            setattr(run, name, body[name])
    run.started_at = _time(body, "started_at") or run.started_at or now
    conclusion = body.get("conclusion")
    final = run.status == "completed" and call.world.quirks.completed_is_final
    if conclusion:
        run.status, run.conclusion = "completed", conclusion
        run.completed_at = _time(body, "completed_at") or now
    elif "status" in body and not final:
        run.status, run.conclusion, run.completed_at = body["status"], None, None
    output = body.get("output")
    if output:
        run.title, run.summary = output["title"], output["summary"]
        run.text = output.get("text", run.text)
        if not call.world.quirks.annotations_append:
            run.annotations.clear()
        run.annotations += output.get("annotations", [])


def _run(call: Call) -> Run:
    wanted, repo = call.integer("run"), call.repo()
    call.world.age_checks(repo)
    for suite in repo.suites:
        for one in suite.runs:
            if one.id == wanted:
                return one
    raise not_found()


def get_run(call: Call) -> Answer:
    """`GET /repos/{owner}/{repo}/check-runs/{id}`."""
    return Answer(json=shapes_checks.run(call.world, _run(call)))


def list_runs(call: Call) -> Answer:
    """`GET /repos/{owner}/{repo}/commits/{ref}/check-runs`, newest first."""
    repo, query = call.repo(), call.query
    call.world.age_checks(repo)
    sha = resolve(repo, call.params["ref"]).sha
    rows = repo.runs(sha)
    if query.get("filter", "latest") == "latest":
        rows = call.world.latest_runs(repo, sha)
    rows = [
        one
        for one in rows
        if query.get("check_name") in (None, one.name)
        and query.get("status") in (None, one.status)
        and query.get("app_id") in (None, str(one.suite.app.id))
    ]
    rows = sorted(rows, key=lambda one: one.id, reverse=True)
    return call.counted("check_runs", rows, lambda one: shapes_checks.run(call.world, one))


def list_commit_pulls(call: Call) -> Answer:
    """`GET /repos/{owner}/{repo}/commits/{sha}/pulls`; fork heads are not found."""
    repo = call.repo()
    sha = resolve(repo, call.params["ref"]).sha
    hidden = call.world.quirks.forks_have_no_commit_pulls
    rows = [
        one
        for one in repo.pulls.values()
        if not (one.fork and hidden) and sha in [each.sha for each in call.world.commits_of(one)]
    ]
    return call.listing(rows, lambda one: shapes_pull.simple_pull(call.world, one))


BASE = "/repos/{owner}/{repo}"
READ = ("checks=read",)
WRITE = ("checks=write",)
PULLS = ("pull_requests=read", "contents=read")
ROUTES = (
    Route("POST", BASE + "/check-runs", create_run, WRITE),
    Route("GET", BASE + "/check-runs/{run}", get_run, READ),
    Route("PATCH", BASE + "/check-runs/{run}", update_run, WRITE),
    Route("GET", BASE + "/commits/{ref+}/check-runs", list_runs, READ),
    Route("GET", BASE + "/commits/{ref}/pulls", list_commit_pulls, PULLS),
)
