"""A process that has never seen a head costs no more calls than the one that judged it first."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.simulator.faults import answer
from bot.simulator.scenario import REFUNDS
from tests.flows.test_github_calls import calls
from tests.support.crew import Crew, crew
from tests.support.hurried import quiet

POLICY = """
version: 1
mode: enforce
checklist:
  unit-tests:
    level: block
    proof: { check: "ci / unit" }
"""
FILES = {"app/api/refunds.py": REFUNDS, "docs/refunds.md": "Refunds.\n"}
LISTS = "GET /repos/acme/orders-api/pulls/118/files"


@asynccontextmanager
async def judged_elsewhere(folder: Path) -> AsyncIterator[Crew]:
    """The head was judged by a process that is gone; another goes on with its store."""
    async with crew(folder, POLICY) as acme:
        await acme.opens(FILES)
        async with acme.restarted():
            yield acme


async def ci(acme: Crew, conclusion: str) -> list[str]:
    """CI ends, and this is asked of GitHub because of it."""
    before = len(acme.demo.simulator.calls)
    acme.world.run_ci(acme.pull, "ci / unit", conclusion)
    await quiet(acme.demo)
    seen = calls(acme.demo, before)
    return [one.line for one in seen if "access_tokens" not in one.path]


async def test_the_same_head_is_judged_without_its_files_being_listed_again(tmp_path: Path) -> None:
    async with judged_elsewhere(tmp_path) as acme:
        lines = await ci(acme, "failure")

        assert acme.conclusion == "failure"
    assert LISTS not in lines


async def test_a_recheck_has_them_listed_again(tmp_path: Path) -> None:
    async with judged_elsewhere(tmp_path) as acme:
        before = len(acme.demo.simulator.calls)

        await acme.types("ana", "/handoff recheck")

        assert [one.line for one in calls(acme.demo, before)].count(LISTS) == 1


async def test_a_base_that_moved_has_them_listed_again(tmp_path: Path) -> None:
    async with judged_elsewhere(tmp_path) as acme:
        stage = acme.demo.stage
        acme.world.push_default(stage.repo, stage.people["maria"], {"README.md": "Words.\n"})
        acme.pull.base_sha = stage.repo.branches["main"]

        assert LISTS in await ci(acme, "failure")


async def test_what_was_not_known_is_listed_again(tmp_path: Path) -> None:
    async with crew(tmp_path, POLICY) as acme:
        acme.demo.simulator.fault(LISTS, answer(404))
        await acme.opens(FILES)
        async with acme.restarted():
            assert LISTS in await ci(acme, "failure")
