"""The straightforward story, over real HTTP."""

from __future__ import annotations

import hmac
import json
from hashlib import sha256

from bot.simulator.acme import Acme
from bot.simulator.server import Simulator
from tests.simulator.conftest import REPO, Hub, Inbox

FACTS = """
query Facts($owner: String!, $name: String!, $number: Int!) {
  rateLimit { cost remaining }
  repository(owner: $owner, name: $name) {
    defaultBranchRef { target { ... on Commit { file(path: ".github/handoff.yml") {
      type mode object { ... on Blob { text } } } } } }
    pullRequest(number: $number) {
      title state author { __typename login }
      files(first: 100) { totalCount nodes { path additions changeType } }
      commits(last: 1) { nodes { commit { oid statusCheckRollup { state contexts(first: 50) {
        nodes { ... on CheckRun { name conclusion checkSuite { app { slug } } } } } } } } }
    }
  }
}
"""


async def test_a_pull_request_is_told_read_checked_and_commented(
    sim: Simulator, at: Acme, hub: Hub, inbox: Inbox
) -> None:
    pull = sim.world.open_pull_request(
        at.repo, at["ana"], title="Refunds", files={"app/refunds.py": "a\nb\n"}
    )
    sim.world.run_ci(pull, "ci / unit", "success")
    await sim.settle()
    asked = await hub.ask(FACTS, owner="acme", name="orders-api", number=pull.number)
    _, files = await hub.call("GET", f"{REPO}/pulls/{pull.number}/files")
    made, run = await hub.check(pull.head_sha, status="completed", conclusion="success")
    said, comment = await hub.call(
        "POST", f"{REPO}/issues/{pull.number}/comments", {"body": "Ready"}
    )
    await sim.settle()

    assert asked["data"] == {
        "rateLimit": {"cost": 1, "remaining": 4999},
        "repository": {
            "defaultBranchRef": {
                "target": {
                    "file": {"type": "blob", "mode": 0o100644, "object": {"text": "version: 1\n"}}
                }
            },
            "pullRequest": {
                "title": "Refunds",
                "state": "OPEN",
                "author": {"__typename": "User", "login": "ana"},
                "files": {
                    "totalCount": 1,
                    "nodes": [{"path": "app/refunds.py", "additions": 2, "changeType": "ADDED"}],
                },
                "commits": {
                    "nodes": [
                        {
                            "commit": {
                                "oid": pull.head_sha,
                                "statusCheckRollup": {
                                    "state": "SUCCESS",
                                    "contexts": {
                                        "nodes": [
                                            {
                                                "name": "ci / unit",
                                                "conclusion": "SUCCESS",
                                                "checkSuite": {"app": {"slug": "github-actions"}},
                                            }
                                        ]
                                    },
                                },
                            }
                        }
                    ]
                },
            },
        },
    }
    assert [(one["filename"], one["patch"]) for one in files] == [
        ("app/refunds.py", "@@ -0,0 +1,2 @@\n+a\n+b")
    ]
    assert (made, run["conclusion"], run["app"]["id"]) == (201, "success", sim.app_id)
    assert (said, comment["performed_via_github_app"]["slug"]) == (201, "handoff")
    assert inbox.events() == [
        *("push", "check_suite", "pull_request", "check_run", "check_run", "check_suite"),
        *("check_run", "check_run", "check_suite", "issue_comment"),
    ]
    assert sim.unknown == []


async def test_a_delivery_carries_all_headers_and_a_good_signature(
    sim: Simulator, at: Acme, inbox: Inbox
) -> None:
    sim.world.open_pull_request(at.repo, at["ana"], files={"a": "1\n"})
    await sim.settle()
    headers, body = next(one for one in inbox.got if one[0]["X-GitHub-Event"] == "pull_request")
    digest = hmac.new(sim.webhook_secret.encode(), body, sha256).hexdigest()

    assert headers["X-Hub-Signature-256"] == f"sha256={digest}"
    assert headers["X-GitHub-Hook-Installation-Target-ID"] == str(sim.app_id)
    assert headers["X-GitHub-Hook-Installation-Target-Type"] == "integration"
    assert headers["User-Agent"].startswith("GitHub-Hookshot/")
    assert headers["Content-Type"] == "application/json"
    payload = json.loads(body)
    assert (payload["action"], payload["installation"]["id"]) == ("opened", at.installation.id)
    assert payload["pull_request"]["head"]["repo"]["id"] == at.repo.id


async def test_every_exchange_is_logged_and_shown_to_watchers(sim: Simulator, hub: Hub) -> None:
    seen: list[str] = []
    sim.observe(lambda one: seen.append(f"{one.line} {one.status}"))
    await hub.call("GET", "/api/v3/users/ana")
    await hub.call("GET", "/no/such/thing")
    await hub.ask("{ viewer { login } }")

    assert seen == ["GET /users/ana 200", "GET /no/such/thing 404", "POST /graphql 200"]
    assert sim.unknown == ["GET /no/such/thing"]
    assert sim.calls[-1].data == {"viewer": {"login": "handoff"}}
    assert sim.count("/users/") == 1
    assert [one.writes for one in sim.calls] == [False, False, False, False]
