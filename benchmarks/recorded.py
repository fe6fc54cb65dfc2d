"""What GitHub says to the bot about one small pull request, recorded once from the simulator.

The simulator is held to GitHub's contract by the tests, but interprets every query: too slow to
stand for GitHub while the bot is measured. So one pull request is judged against it first, and the
answers and deliveries are kept as texts with gaps for whatever differs between pull requests.
"""

from __future__ import annotations

import asyncio
import json
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.judge.plan import GRACE
from bot.simulator.exchange import Exchange
from bot.simulator.scenario import Stage
from bot.simulator.world import World
from bot.wiring.demo import Demo, RunningDemo

NUMBER = 700700701
SPOKEN = 700700702
# A command, and who types it: whoever does so often is heard no more.
COMMAND, SPEAKER = "issue_comment.command", 700700703
# A push by somebody else than the author, which leaves an act.
HELPED, HELPER = "pull_request.helped", 700700704
BRANCH = "change-of-ana"
SMALL = """\
version: 1
mode: enforce
areas:
  endpoints: ["api/**"]
  logic: ["services/**"]
  migrations: ["migrations/**"]
  docs: ["docs/**"]
checklist:
  unit-tests:
    when: { changed: [endpoints, logic] }
    proof: { check: ci }
  integration-tests:
    when: { changed: [migrations] }
    proof: { check: integration }
  docs:
    when: { changed: [endpoints] }
    proof: { changed: { areas: [docs] } }
"""
PRESET = "version: 1\npreset: backend-dev@1\nmode: enforce\n"
# The preset's items, and one that waits for CI as those of the small one do.
BOTH = f"""\
{PRESET}checklist:
  built:
    title: CI is green
    when: {{ changed: [endpoints, logic] }}
    proof: {{ check: ci }}
lists: {{ quality: [inherited, built] }}
"""
POLICIES = {"small": SMALL, "preset": PRESET, "both": BOTH}
_USERS = "from fastapi import APIRouter\n\nrouter = APIRouter()\n"
_ROUTE = """

@router.get("/users/{key}")
def user(key: int) -> dict[str, str]:
    return find(key)
"""
_BEFORE = {"api/users.py": _USERS, "services/users.py": "USERS = {}\n", "README.md": "# Users\n"}
_AFTER = {
    "api/users.py": _USERS + _ROUTE,
    "services/users.py": "USERS = {}\n\n\ndef find(key):\n    return USERS[key]\n",
}
_CHECKED, _COMPARED = "a verdict on the newest head", "/contents/.github/handoff.yml"
_TALK = f"/issues/{NUMBER}/comments"
_MOMENT = re.compile(r"2026-11-23T10:\d\d:\d\dZ")


@dataclass(frozen=True, slots=True)
class Text:
    """A text with gaps: pull request, head, moments, names."""

    text: bytes

    def filled(self, gaps: Mapping[bytes, bytes]) -> bytes:
        """The text without gaps."""
        text = self.text
        for gap, what in gaps.items():
            text = text.replace(gap, what)
        return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """`queries`: answers by name and number of asked files. `reads`: lists by what follows the
    pull request's or repository's address. `check`, `comment`: what GitHub answers to a new one.
    `events`: name and body of a delivery by `event.action`. `base`: the commit they all build on.
    """

    app_id: int
    secret: str
    key: str
    installation: Any
    repository: Any
    base: str
    queries: dict[str, Text] = field(default_factory=dict)
    reads: dict[str, Text] = field(default_factory=dict)
    check: Any = None
    comment: Any = None
    events: dict[str, tuple[str, Text]] = field(default_factory=dict)
    shas: frozenset[str] = frozenset()

    def text(self, what: Any) -> Text:
        """Any answer with gaps where the recorded pull request's own things stand."""
        text = json.dumps(what, separators=(",", ":"))
        for sha in self.shas:
            text = text.replace(sha, "@SHA@")
        for one, gap in (
            (self.repository["full_name"], "@REPO@"),
            (str(self.repository["id"]), "@REPO-ID@"),
            (str(self.installation["id"]), "@INSTALLATION@"),
            (str(NUMBER), "@NUMBER@"),
            (str(SPOKEN), "@SPOKEN@"),
            (str(SPEAKER), "@SPEAKER@"),
        ):
            text = text.replace(one, gap)
        return Text(_MOMENT.sub("@NOW@", text).encode())


def query_key(document: str, variables: Mapping[str, Any]) -> str:
    """By what an answer to a query is found again: its name, and how many files it asks for."""
    name = document.lstrip().split("(", 1)[0].split(" ", 1)[1]
    return f"{name} {sum(re.fullmatch('[pe][0-9]+', one) is not None for one in variables)}"


def tail(path: str) -> str:
    """What follows the address of a repository, with all pull requests and commits alike."""
    return re.sub(r"(?<=/)(\d+|[0-9a-f]{40})(?=/|$)", "N", "/".join(path.split("/")[4:]))


async def record(policy: str = SMALL) -> Recording:
    """Judge the one pull request: opened, its CI green, edited, spoken about, pushed to, closed."""
    with tempfile.TemporaryDirectory() as name:
        async with RunningDemo(Path(name), seed=lambda world: _seed(world, policy)) as demo:
            seen: list[Exchange] = []
            demo.simulator.observe(seen.append)
            shas = await _play(demo)
            known = [one for one in seen if one.status < 300]
            demo.stage.world.close(demo.stage.pulls[NUMBER], demo.stage.people["ana"])
            return _made(demo, known, shas)


def _seed(world: World, policy: str) -> Stage:
    ana, acme = world.person("ana"), world.organisation("acme")
    world.join(acme, ana)
    repo = world.repository(acme, "shop", {".github/handoff.yml": policy, **_BEFORE})
    world.grant(repo, ana, "write")
    world.install(acme)
    return Stage(world=world, repo=repo, people={"ana": ana})


async def _play(demo: Demo) -> frozenset[str]:
    world, ana, repo = demo.stage.world, demo.stage.people["ana"], demo.stage.repo
    # After a push to the default branch the policy's file is compared.
    world.push_default(repo, ana, {"README.md": "# Users of the shop\n"})
    demo.clock.forward(GRACE)
    demo.bot.runner.awake()
    await _until(demo, _COMPARED)
    pull = world.open_pull_request(
        repo, ana, number=NUMBER, title="Find users", files=_AFTER, branch=BRANCH
    )
    world.run_ci(pull, "ci", "success")
    demo.stage.pulls[NUMBER], first = pull, pull.head_sha
    await _until(demo, _CHECKED)
    demo.clock.forward(GRACE)
    demo.bot.runner.awake()
    await _until(demo, _CHECKED)
    world.edit_title(pull, ana, "Find a user")
    world.comment(pull, ana, "A word about it.")
    world.comment(pull, ana, "/handoff status")
    await _until(demo, _CHECKED)
    world.push(pull, ana, {"services/users.py": _AFTER["services/users.py"] + "\n# later\n"})
    world.run_ci(pull, "ci", "success")
    await _until(demo, _CHECKED)
    return frozenset({first, pull.head_sha})


async def _until(demo: Demo, said: str) -> None:
    """Until this GitHub was asked so, or told so, and nothing has moved for half a second."""
    still = 0
    while still < 10:
        await demo.simulator.settle()
        calls = len(demo.simulator.calls)
        await asyncio.sleep(0.05)
        quiet = calls == len(demo.simulator.calls) and not demo.bot.runner.busy
        runs = demo.stage.runs(NUMBER) if said == _CHECKED else []
        done = bool(runs and runs[-1].conclusion) or demo.simulator.count(said) > 0
        still = still + 1 if quiet and done else 0


def _made(demo: Demo, seen: list[Exchange], shas: frozenset[str]) -> Recording:
    simulator = demo.simulator
    made = next(one.payload for one in simulator.deliveries.log if one.event == "installation")
    account, since = made["installation"]["account"], made["installation"]["created_at"]
    # In a list the account is described like an enterprise, too.
    account |= {"name": account["login"], "slug": account["login"]}
    account |= {"created_at": since, "updated_at": since}
    opened = [one for one in simulator.deliveries.log if one.event == "pull_request"]
    recording = Recording(
        app_id=simulator.app_id,
        secret=simulator.webhook_secret,
        key=simulator.private_key_pem,
        installation=made["installation"],
        repository=opened[0].payload["repository"],
        base=opened[0].payload["pull_request"]["base"]["sha"],
        check=next(one.json for one in seen if one.line.endswith("/check-runs")),
        comment=next(one.json for one in seen if one.method == "POST" and one.path.endswith(_TALK)),
        shas=shas,
    )
    for one in seen:
        if one.document is not None:
            _keep_query(recording, one)
        elif one.method == "GET" and one.path.startswith("/repos/"):
            recording.reads[tail(one.path)] = recording.text(one.json)
    for delivery in simulator.deliveries.log:
        _keep_event(recording, delivery.event, delivery.payload)
    return recording


def _keep_query(recording: Recording, one: Exchange) -> None:
    answer = json.loads(json.dumps(one.json))
    pull = (answer["data"].get("repository") or {}).get("pullRequest") or {}
    if "createdAt" in pull:
        pull["createdAt"] = "@OPENED@"
    answer["data"].pop("sticky", None)
    if one.variables.get("wantSticky"):
        answer["data"]["sticky"] = "@STICKY@"
    key = query_key(one.document or "", one.variables)
    recording.queries[key] = recording.text(answer)


def _keep_event(recording: Recording, event: str, payload: Any) -> None:
    name = f"{event}.{payload.get('action', '')}"
    app = (payload.get("check_run") or payload.get("check_suite") or {}).get("app") or {}
    said_by = (payload.get("comment") or {}).get("performed_via_github_app")
    if app.get("id") == recording.app_id or said_by:
        return
    payload = json.loads(json.dumps(payload))
    if "comment" in payload:
        comment = payload["comment"]
        comment |= {"id": SPOKEN, "node_id": f"IC_{NUMBER}_{SPOKEN}"}
        if comment["body"].startswith("/handoff"):
            name, comment["user"]["id"] = COMMAND, SPEAKER
    recording.events[name] = (event, recording.text(payload))
    if name == "pull_request.synchronize":
        payload["sender"] |= {"login": "ben", "id": HELPER}
        recording.events[HELPED] = (event, recording.text(payload))


if __name__ == "__main__":
    for which, text in POLICIES.items():
        done = asyncio.run(record(text))
        print(which, sorted(done.queries), sorted(done.reads), sorted(done.events))
