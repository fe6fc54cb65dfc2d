"""A policy that rests on a file of another repository, which changes there alone."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from bot.simulator.scenario import POLICY
from bot.simulator.things import Repository
from bot.wiring.demo import Demo
from tests.flows.test_policy_in_force import LAYER, layer, opened, push, shown
from tests.support.hurried import hurried, quiet

SHARED = """\
version: 1
checklist:
  review:
    title: Somebody read it
    level: note
    proof: { approvals: { at-least: 1, of: this-commit } }
"""
EXTENDING = POLICY.replace(
    "version: 1\n", "version: 1\nextends: acme/policies:service.yml\n"
).replace("handoff: [", "handoff: [review, ")


def extending(demo: Demo) -> Repository:
    """The repository whose file the policy rests on from now on."""
    world, owner = demo.stage.world, demo.stage.repo.owner
    shared = world.repository(owner, "policies", {"service.yml": SHARED})
    push(demo, {".github/handoff.yml": EXTENDING})
    return shared


async def test_who_was_judged_by_the_older_text_is_judged_again(tmp_path: Path) -> None:
    async with hurried(tmp_path) as demo:
        shared = extending(demo)
        opened(demo, 102, {"notes/x.txt": "Words.\n"})
        opened(demo, 103, {"notes/y.txt": "Words.\n"})
        await quiet(demo, 60.0)
        before = shown(demo, 102)[0], shown(demo, 103)[0]

        push(demo, {"service.yml": SHARED.replace("note", "block")}, shared)
        await quiet(demo, 60.0)

        assert before == ("success", "success")
        assert [shown(demo, number)[0] for number in (102, 103)] == ["failure", "failure"]


async def test_nobody_is_judged_again_by_a_file_that_is_as_it_was(tmp_path: Path) -> None:
    async with hurried(tmp_path) as demo:
        shared = extending(demo)
        opened(demo, 102, {"notes/x.txt": "Words.\n"})
        await quiet(demo, 60.0)
        found = list[int]()

        # Each is looked at with a token of its own.
        for repo in (shared, None, shared, None):
            push(demo, {"README.md": f"{len(found)}\n"}, repo)
            await quiet(demo, 60.0)
            found.append(marked(tmp_path))

        assert found == found[:1] * 4


async def test_who_rests_on_a_file_that_never_was_good_is_judged_by_it_when_it_is(
    tmp_path: Path,
) -> None:
    async with hurried(tmp_path) as demo:
        world, owner = demo.stage.world, demo.stage.repo.owner
        shared = world.repository(owner, "policies", {"service.yml": "version: 1\nchecklist: 5\n"})
        # The one before had nothing to extend, so that it still judges.
        push(demo, {".github/handoff.yml": EXTENDING})
        opened(demo, 102, {"notes/x.txt": "Words.\n"})
        await quiet(demo, 60.0)
        before = shown(demo, 102)

        push(demo, {"service.yml": SHARED.replace("note", "block")}, shared)
        await quiet(demo, 60.0)

        assert before[0] == "success"
        assert shown(demo, 102)[0] == "failure"


async def test_the_organisations_own_repository_is_judged_anew_by_its_own_policy(
    tmp_path: Path,
) -> None:
    async with hurried(tmp_path) as demo:
        demo.stage.repo = home = layer(demo, LAYER.replace('["*"]', '["orders-*"]'))
        push(demo, {".github/handoff.yml": SHARED}, home)
        opened(demo, 1, {"b.txt": "y\n"})
        await quiet(demo, 60.0)
        before = shown(demo, 1)

        push(demo, {".github/handoff.yml": SHARED.replace("note", "block")}, home)
        await quiet(demo, 60.0)

        assert (before[0], shown(demo, 1)[0]) == ("success", "failure")


def marked(folder: Path) -> int:
    """How often the pull request was."""
    (data,) = folder.rglob("handoff.sqlite")
    with closing(sqlite3.connect(data)) as connection:
        (seq,) = connection.execute("SELECT seq FROM dirty WHERE number = 102").fetchone()
    return int(seq)
