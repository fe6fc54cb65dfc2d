"""Whose head a commit is: forks, shared heads, events that come late, and commits of nobody."""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

import pytest

from bot.simulator.acts_code import Proposal
from bot.simulator.deliveries import Delivery
from bot.simulator.faults import answer
from bot.simulator.scenario import BROKEN_POLICY, POLICY, REFUNDS
from bot.simulator.things import Pull
from bot.wiring.demo import Demo
from tests.support.hurried import hurried, quiet

FILES = {"app/api/refunds.py": REFUNDS, "docs/refunds.md": "Refunds.\n"}


def opened(demo: Demo, **about: Unpack[Proposal]) -> Pull:
    stage = demo.stage
    made: Proposal = {"title": "Refunds", "files": dict(FILES), **about}
    who = stage.people["kim" if about.get("fork") else "ana"]
    pull = stage.world.open_pull_request(stage.repo, who, **made)
    stage.pulls[pull.number] = pull
    return pull


def calls(demo: Demo, since: int) -> list[str]:
    """What the bot asked, without the sweeps over deliveries and installations."""
    return [one.line for one in demo.simulator.calls[since:] if "/app/" not in one.path]


def conclusion(demo: Demo, number: int) -> str | None:
    return demo.stage.runs(number)[-1].conclusion


async def test_ci_of_a_fork_wakes_its_pull_request_though_it_names_none(tmp_path: Path) -> None:
    async with hurried(tmp_path) as demo:
        pull = opened(demo, number=102, fork=True)
        await quiet(demo)
        waiting = conclusion(demo, 102)

        demo.stage.world.run_ci(pull, "ci / unit", "success")
        await quiet(demo)

        told = [one for one in demo.simulator.deliveries.log if one.event == "check_run"]
        assert [one.payload["check_run"]["pull_requests"] for one in told[-1:]] == [[]]
        assert (waiting, conclusion(demo, 102)) == (None, "success")


async def test_a_fork_whose_opening_was_never_told_is_found_by_its_commit(tmp_path: Path) -> None:
    async with hurried(tmp_path) as demo:
        opened(demo, number=101)
        await quiet(demo)
        demo.simulator.deliveries.switches.drop = lambda one: one.event == "pull_request"
        pull = opened(demo, number=102, fork=True)

        demo.stage.world.run_ci(pull, "ci / unit", "success")
        await quiet(demo, 20.0)

        assert conclusion(demo, 102) == "success"


async def test_a_commit_that_is_nobodys_head_is_looked_up_once(tmp_path: Path) -> None:
    async with hurried(tmp_path) as demo:
        pull = opened(demo, number=102)
        before_push = pull.head_sha
        await quiet(demo)
        demo.stage.world.push(pull, demo.stage.people["ana"], {"docs/refunds.md": "More.\n"})
        await quiet(demo)
        before = len(demo.simulator.calls)

        for _ in range(4):
            demo.stage.world.run_ci(pull, "ci / unit", "success", sha=before_push)
            await quiet(demo, 30.0)

        assert calls(demo, before).count("GET /repos/acme/orders-api/pulls") == 1


async def test_ci_on_the_default_branch_costs_no_call(tmp_path: Path) -> None:
    async with hurried(tmp_path) as demo:
        opened(demo, number=102)
        await quiet(demo)
        before = len(demo.simulator.calls)

        demo.stage.world.run_ci(demo.stage.repo, "ci / unit", "failure")
        await quiet(demo)

        assert calls(demo, before) == []


async def test_a_push_that_was_never_told_does_not_keep_its_verdict_back(tmp_path: Path) -> None:
    async with hurried(tmp_path) as demo:
        stage = demo.stage
        pull = opened(demo, number=102)
        stage.world.run_ci(pull, "ci / unit", "success")
        await quiet(demo)

        def is_push(one: Delivery) -> bool:
            return one.event == "pull_request" and one.action == "synchronize"

        demo.simulator.deliveries.switches.drop = is_push
        stage.world.push(pull, stage.people["ana"], {"docs/more.md": "More.\n"})
        stage.world.comment(pull, stage.people["ana"], "/handoff status")
        await quiet(demo, 20.0)

        assert [run.conclusion for run in stage.runs(102)] == [None]


async def test_the_pull_request_that_keeps_a_shared_head_is_judged_by_itself_again(
    tmp_path: Path,
) -> None:
    async with hurried(tmp_path) as demo:
        stage = demo.stage
        bare = {"migrations/2.sql": "alter table a;\n"}
        first = opened(demo, number=102, files=bare, branch="shared")
        stage.world.run_ci(first, "ci / unit", "success")
        await quiet(demo, 5.0)
        body = "## Rollback\nDrop it all again.\n"
        opened(demo, number=103, files={}, branch="shared", body=body)
        await quiet(demo, 5.0)
        together = conclusion(demo, 103), stage.runs(103)[-1].title

        stage.world.close(first, stage.people["ana"])
        await quiet(demo, 5.0)

        assert together == ("failure", "#102: 1 of 2 · migrations left · ana")
        assert conclusion(demo, 103) == "success"


async def test_a_renamed_repository_whose_renaming_was_never_told_is_still_written_to(
    tmp_path: Path,
) -> None:
    async with hurried(tmp_path) as demo:
        stage = demo.stage
        demo.simulator.fault("POST .*check-runs", answer(500), 1)
        opened(demo, number=102)
        await quiet(demo, 2.0)
        demo.simulator.deliveries.switches.drop = lambda one: one.event == "repository"
        stage.world.rename_repository(stage.repo, stage.people["maria"], "orders")
        await quiet(demo, 30.0)

        posts = [one for one in demo.simulator.calls if one.line.endswith("/check-runs")]
        assert [(one.path, one.status) for one in posts if one.method == "POST"] == [
            ("/repos/acme/orders-api/check-runs", 500),
            ("/repos/acme/orders-api/check-runs", 307),
            ("/repos/acme/orders/check-runs", 201),
        ]
        assert [run.conclusion for run in stage.runs(102)] == [None]


async def test_an_archived_repository_is_left_alone_until_it_returns(tmp_path: Path) -> None:
    async with hurried(tmp_path) as demo:
        stage = demo.stage
        pull = opened(demo, number=102)
        await quiet(demo)
        stage.world.archive(stage.repo, stage.people["maria"])
        await quiet(demo)
        before = len(demo.simulator.calls)
        stage.world.run_ci(pull, "ci / unit", "success")
        await quiet(demo)
        silent = calls(demo, before)

        stage.world.unarchive(stage.repo, stage.people["maria"])
        await quiet(demo, 10.0)

        assert silent == []
        assert conclusion(demo, 102) == "success"


async def test_what_an_archived_repository_refused_is_written_on_its_return(tmp_path: Path) -> None:
    async with hurried(tmp_path) as demo:
        world, maria = demo.stage.world, demo.stage.people["maria"]
        switches = demo.simulator.deliveries.switches
        await quiet(demo)
        switches.drop = lambda one: one.event == "repository"
        world.archive(demo.stage.repo, maria)
        world.run_ci(opened(demo, number=102), "ci / unit", "success")
        await demo.clock.sleep(1200.0)
        given_up = [one.word for one in await demo.bot.claims.waiting()]
        switches.drop = None
        world.unarchive(demo.stage.repo, maria)
        await quiet(demo)

        assert given_up == ["parked because"]
        assert conclusion(demo, 102) == "success"


@pytest.mark.parametrize("way", ["selected", "listed", "transferred"])
async def test_what_was_out_of_sight_is_judged_anew_on_its_return(way: str, tmp_path: Path) -> None:
    async with hurried(tmp_path) as demo:
        world, repo, switches = (
            demo.stage.world,
            demo.stage.repo,
            demo.simulator.deliveries.switches,
        )
        (home,) = world.installations.values()
        world.select(home, [world.repository(repo.owner, "other", {})], [])
        pull = opened(demo, number=102)
        world.run_ci(pull, "ci / unit", "success")
        await quiet(demo)
        before = conclusion(demo, 102)

        world.select(home, [], [repo])
        world.run_ci(pull, "ci / unit", "failure")
        await quiet(demo)
        switches.drop = lambda one: way != "selected" and one.event == "installation_repositories"
        world.select(home, [repo], [])
        if way == "transferred":
            about = {"action": "transferred", "changes": {"owner": {"from": {}}}}
            world.emit("repository", repo, demo.stage.people["maria"], about)
        await quiet(demo)
        if way == "listed":
            await demo.clock.sleep(3700.0)
            await quiet(demo)

        assert (before, conclusion(demo, 102)) == ("success", "failure")


async def test_without_the_right_to_comment_the_check_alone_is_written(tmp_path: Path) -> None:
    async with hurried(tmp_path) as demo:
        (installation,) = demo.stage.world.installations.values()
        less = dict(installation.permissions) | {"pull_requests": "read"}
        demo.stage.world.accept_permissions(installation, less)
        await quiet(demo)

        opened(demo, number=102, files={"app/api/refunds.py": REFUNDS})
        await quiet(demo, 90.0)

        written = {
            one.path for one in demo.simulator.calls if one.writes and "/app/" not in one.path
        }
        assert written == {"/repos/acme/orders-api/check-runs"}


async def test_a_policy_that_could_not_be_looked_at_is_looked_at_again(tmp_path: Path) -> None:
    async with hurried(tmp_path) as demo:
        stage = demo.stage
        branch = (stage.repo, stage.repo.default_branch)
        stage.world.remove_file(branch, stage.people["maria"], ".github/handoff.yml")
        opened(demo, number=102)
        await quiet(demo, 20.0)
        nothing = stage.runs(102)

        demo.simulator.fault("GET .*/contents/", answer(500), 4)
        stage.world.push_default(stage.repo, stage.people["maria"], {".github/handoff.yml": POLICY})
        await quiet(demo, 90.0)

        assert nothing == []
        assert [run.title for run in stage.runs(102)] != []


async def test_where_no_policy_was_ever_seen_not_even_trouble_is_written(tmp_path: Path) -> None:
    async with hurried(tmp_path) as demo:
        stage = demo.stage
        demo.simulator.fault("POST .*graphql", answer(500), 200)
        other = stage.world.repository(stage.repo.owner, "fresh", {"a.py": "x = 1\n"})
        stage.world.grant(other, stage.people["ana"], "write")
        ana, files = stage.people["ana"], {"b.py": "1\n"}
        pull = stage.world.open_pull_request(other, ana, title="T", files=files)
        stage.world.comment(pull, ana, "/handoff why")
        await quiet(demo, 150.0)

        written = [
            one.line for one in demo.simulator.calls if one.writes and "/app/" not in one.path
        ]
        assert written == []


async def test_a_policy_that_breaks_leaves_the_good_one_in_force(tmp_path: Path) -> None:
    async with hurried(tmp_path) as demo:
        stage = demo.stage
        pull = opened(demo, number=102)
        stage.world.run_ci(pull, "ci / unit", "success")
        await quiet(demo, 5.0)

        broken = {".github/handoff.yml": BROKEN_POLICY}
        stage.world.push_default(stage.repo, stage.people["maria"], broken)
        await quiet(demo, 20.0)

        (run,) = stage.runs(102)
        assert run.conclusion == "success"
