"""An App as gidgethub's documentation has one written: each delivery is worked off before it is
answered, with a new token each time, and nothing is kept. `make peers` measures it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from gidgethub import ValidationFailure, apps
from gidgethub.aiohttp import GitHubAPI
from gidgethub.routing import Router
from gidgethub.sansio import Event

MARK = "<!-- plain -->"
router = Router()


@router.register("pull_request", action="opened")
@router.register("pull_request", action="synchronize")
@router.register("pull_request", action="edited")
async def about_pull(event: Event, gh: GitHubAPI) -> None:
    """Judge its head."""
    await judge(gh, event.data["repository"]["full_name"], event.data["number"])


@router.register("check_run", action="completed")
async def about_check(event: Event, gh: GitHubAPI) -> None:
    """Judge the pull requests that it names."""
    for pull in event.data["check_run"]["pull_requests"]:
        await judge(gh, event.data["repository"]["full_name"], pull["number"])


@router.register("issue_comment", action="created")
async def about_comment(event: Event, gh: GitHubAPI) -> None:
    """Judge the pull request that it is on."""
    await judge(gh, event.data["repository"]["full_name"], event.data["issue"]["number"])


async def judge(gh: GitHubAPI, name: str, number: int) -> None:
    """Policy, pull request, files, checks of the head; a check run; its comment, found or new."""
    repo = f"/repos/{name}"
    await gh.getitem(f"{repo}/contents/.github/handoff.yml")
    pull = await gh.getitem(f"{repo}/pulls/{number}")
    files = await gh.getitem(f"{repo}/pulls/{number}/files")
    sha = pull["head"]["sha"]
    await gh.getitem(f"{repo}/commits/{sha}/check-runs")
    verdict = {"name": "plain", "head_sha": sha, "status": "completed", "conclusion": "success"}
    await gh.post(f"{repo}/check-runs", data=verdict)
    text = f"{len(files)} files\n{MARK}"
    spoken = [one async for one in gh.getiter(f"{repo}/issues/{number}/comments")]
    if mine := [one for one in spoken if MARK in one["body"]]:
        await gh.patch(f"{repo}/issues/comments/{mine[0]['id']}", data={"body": text})
    else:
        await gh.post(f"{repo}/issues/{number}/comments", data={"body": text})


async def hook(request: web.Request) -> web.Response:
    """`POST /webhook`."""
    try:
        secret = os.environ["WEBHOOK_SECRET"]
        event = Event.from_http(request.headers, await request.read(), secret=secret)
    except ValidationFailure as failure:
        return web.Response(status=401, text=str(failure))
    if event.event == "ping":
        return web.Response(status=200)
    session: aiohttp.ClientSession = request.app["session"]
    root = os.environ["GITHUB_API_URL"]
    gh = GitHubAPI(session, "plain", base_url=root)
    about: dict[str, Any] = await apps.get_installation_access_token(
        gh,
        installation_id=str(event.data["installation"]["id"]),
        app_id=os.environ["APP_ID"],
        private_key=request.app["key"],
    )
    gh = GitHubAPI(session, "plain", oauth_token=about["token"], base_url=root)
    await router.dispatch(event, gh)
    return web.Response(status=200)


async def made(key: str) -> web.Application:
    """The server."""
    app = web.Application(client_max_size=2**25)
    app["session"] = aiohttp.ClientSession()
    app["key"] = key
    app.router.add_post("/webhook", hook)
    return app


if __name__ == "__main__":
    private = Path(os.environ["PRIVATE_KEY_PATH"]).read_text(encoding="utf-8")
    web.run_app(made(private), host="127.0.0.1", port=int(os.environ["PORT"]), print=None)
