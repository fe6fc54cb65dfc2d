"""Deployments from the front door: a signed webhook in, the verdict on the check out."""

from __future__ import annotations

from pathlib import Path

from bot.simulator.base import PERMISSIONS
from bot.wiring.demo import Demo
from tests.flows.test_artifacts import opened, shown, under
from tests.support.hurried import hurried, quiet

POLICY = """
version: 1
areas: { code: ["app/**"] }
checklist:
  deployed:
    title: It runs somewhere
    when: { changed: [code] }
    proof: { deployment: { environment: staging, url: required } }
lists: { handoff: [deployed], quality: [deployed] }
"""


def allow(demo: Demo) -> None:
    """Grant the optional permission, with its event."""
    world = demo.stage.world
    (installation,) = world.installations.values()
    world.accept_permissions(installation, {**PERMISSIONS, "deployments": "read"})
    world.app.events = (*world.app.events, "deployment_status")


async def test_a_deployment_wakes_and_its_newest_status_decides(tmp_path: Path) -> None:
    async with hurried(tmp_path) as demo:
        allow(demo)
        await under(demo, POLICY)
        pull, fork = opened(demo, 102), opened(demo, 103, fork=True)
        await quiet(demo, 7.0)
        assert [shown(demo, one)[0] for one in (102, 103)] == [None, None], shown(demo)

        deploy, url = demo.stage.world.deploy, "https://staging.acme.dev/"
        deploy(pull, "staging", "in_progress")
        deploy(fork, "staging", "success", url)
        await quiet(demo, 7.0)
        assert [shown(demo, one)[0] for one in (102, 103)] == [None, "success"]

        deploy(pull, "staging", "failure")
        await quiet(demo, 7.0)
        assert shown(demo)[0] == "failure"
        assert "ended as failure" in shown(demo)[1]

        deploy(pull, "production", "failure")
        deploy(pull, "staging", "success", url)
        await quiet(demo, 7.0)
        assert shown(demo)[0] == "success"


async def test_without_the_permission_the_check_says_what_to_grant(tmp_path: Path) -> None:
    async with hurried(tmp_path) as demo:
        await under(demo, POLICY)
        demo.stage.world.deploy(opened(demo), "staging")
        await quiet(demo, 7.0)

        conclusion, text = shown(demo)
        assert conclusion == "failure"
        assert "needs the optional permission deployments: read" in text
