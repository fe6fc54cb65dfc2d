"""REST for artifacts of workflow runs: listed below the API, their bytes on another server."""

from __future__ import annotations

from datetime import timedelta

from bot.simulator.answers import Answer, Refusal, not_found
from bot.simulator.route import Call, Route
from bot.simulator.shapes import stamp
from bot.simulator.things import Artifact, Json, Suite
from bot.simulator.world import World

BASE = "/repos/{owner}/{repo}/actions"
BYTES = "/artifact-bytes/"
_KEPT = timedelta(days=90)


def _shape(call: Call, suite: Suite, one: Artifact) -> Json:
    url = f"{call.world.api}/repos/{suite.repo.full_name}/actions/artifacts/{one.id}"
    return {
        "id": one.id,
        "node_id": one.node_id,
        "name": one.name,
        "size_in_bytes": len(one.body),
        "url": url,
        "archive_download_url": f"{url}/zip",
        "expired": one.expired,
        "created_at": stamp(one.created_at),
        "expires_at": stamp(one.created_at + _KEPT),
        "updated_at": stamp(one.created_at),
        "workflow_run": {
            "id": suite.id + 1,
            "repository_id": suite.repo.id,
            "head_repository_id": suite.repo.id,
            "head_branch": suite.head_branch or "",
            "head_sha": suite.head_sha,
        },
    }


def list_artifacts(call: Call) -> Answer:
    """`GET /repos/{owner}/{repo}/actions/runs/{run_id}/artifacts`, of every attempt."""
    run = call.integer("run")
    suite = next((one for one in call.repo().suites if one.id + 1 == run), None)
    if suite is None:
        raise not_found()
    return call.counted("artifacts", suite.artifacts, lambda one: _shape(call, suite, one))


def get_zip(call: Call) -> Answer:
    """`GET /repos/{owner}/{repo}/actions/artifacts/{id}/zip`: a redirect."""
    wanted = call.integer("artifact")
    found = [one for suite in call.repo().suites for one in suite.artifacts if one.id == wanted]
    if not found:
        raise not_found()
    if found[0].expired:
        raise Refusal(410, "Artifact has expired")
    return Answer(status=302, headers={"Location": f"{call.world.web}{BYTES}{wanted}"})


def bytes_of(world: World, path: str, authorization: str) -> Answer | None:
    """What the other server answers; it knows no token of ours and takes none."""
    if not path.startswith(BYTES):
        return None
    if authorization:
        return Answer(status=401)
    every = (
        one
        for repo in world.repositories.values()
        for suite in repo.suites
        for one in suite.artifacts
    )
    found = next((one for one in every if path == f"{BYTES}{one.id}"), None)
    headers = {"Content-Type": "application/zip"}
    return Answer(status=404) if found is None else Answer(raw=found.body, headers=headers)


READ = ("actions=read",)
ROUTES = (
    Route("GET", BASE + "/runs/{run}/artifacts", list_artifacts, READ),
    Route("GET", BASE + "/artifacts/{artifact}/zip", get_zip, READ),
)
