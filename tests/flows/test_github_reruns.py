"""Checks run again: ours in three ways, and CI's own, at no moment of which the old green shows."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from bot.simulator.acts_code import Proposal
from bot.simulator.exchange import Exchange
from bot.simulator.scenario import POLICY, REFUNDS
from bot.simulator.things import Pull, Run
from bot.wiring.demo import Demo
from tests.support.hurried import hurried, quiet

FILES = {"app/api/refunds.py": REFUNDS, "docs/refunds.md": "Refunds.\n"}
GREEN = {"success", "neutral", "skipped"}
READY = ("success", "Ready · 3 of 3")


async def opened(
    demo: Demo, conclusion: str | None = "success", number: int = 102, *, fork: bool = False
) -> Pull:
    """A pull request with its CI, judged."""
    stage = demo.stage
    about: Proposal = {"number": number, "title": "Refunds", "files": dict(FILES), "fork": fork}
    pull = stage.world.open_pull_request(stage.repo, stage.people["ana"], **about)
    stage.pulls[number] = pull
    stage.world.run_ci(pull, "ci / unit", conclusion)
    await quiet(demo, 10.0)
    return pull


def newest(demo: Demo) -> tuple[str | None, str | None]:
    run = demo.stage.runs(102)[-1]
    return run.conclusion, run.title


def again(demo: Demo, how: str, who: str) -> None:
    """Somebody asks for our check once more."""
    world, person = demo.stage.world, demo.stage.people[who]
    (run,) = demo.stage.runs(102)
    if how == "run":
        world.rerequest_check(run, person)
    elif how == "suite":
        world.rerequest_suite(run.suite, person)
    else:
        world.press_button(run, person, "recheck")


@pytest.mark.parametrize("fork", [False, True])
@pytest.mark.parametrize("how", ["run", "suite", "button"])
async def test_our_check_asked_for_again_is_written_once_more(
    how: str, fork: bool, tmp_path: Path
) -> None:
    async with hurried(tmp_path) as demo:
        await opened(demo, fork=fork)
        before = [one.line for one in demo.simulator.calls if one.writes]

        again(demo, how, "ana")
        await quiet(demo, 10.0)

        (run,) = demo.stage.runs(102)
        after = [one.line for one in demo.simulator.calls if one.writes][len(before) :]
        assert after == [f"PATCH /repos/acme/orders-api/check-runs/{run.id}"]
        assert newest(demo) == READY


@pytest.mark.parametrize("fork", [False, True])
@pytest.mark.parametrize("conclusion", ["success", "failure"])
async def test_a_merge_group_passes_or_fails_with_its_own_checks(
    conclusion: str, fork: bool, tmp_path: Path
) -> None:
    async with hurried(tmp_path) as demo:
        world, maria = demo.stage.world, demo.stage.people["maria"]
        pull = await opened(demo, fork=fork)
        before = len(demo.simulator.calls)

        entry = world.enqueue([pull], maria)
        await quiet(demo, 10.0)
        about = {"sha": entry.group_sha, "event": "merge_group"}
        world.run_ci(pull, "ci / unit", conclusion, **about)
        await quiet(demo, 10.0)

        first, *_, last = [one.body for one in demo.simulator.calls[before:] if one.writes]
        assert (first["head_sha"], first.get("conclusion")) == (entry.group_sha, None)
        assert last["conclusion"] == conclusion
        assert last["output"]["title"].startswith("#102")
        # The verdict about the pull request itself stays as it was.
        assert newest(demo) == READY


async def test_a_recheck_within_a_minute_of_another_is_none(tmp_path: Path) -> None:
    async with hurried(tmp_path) as demo:
        await opened(demo)
        pull, ana = demo.stage.pulls[102], demo.stage.people["ana"]
        written, reactions = [], []
        for seconds in (0, 10, 61):
            await quiet(demo, seconds + 0.5)
            before = demo.simulator.count("PATCH")
            said = demo.stage.world.comment(pull, ana, "/handoff recheck")
            await quiet(demo)
            written.append(demo.simulator.count("PATCH") - before)
            reactions.append([one.content for one in said.reactions])

        assert written == [1, 0, 1]
        assert reactions == [["+1"]] * 3


async def test_a_button_is_only_for_who_may_say_recheck(tmp_path: Path) -> None:
    async with hurried(tmp_path) as demo:
        await opened(demo)
        before = len(demo.simulator.calls)

        again(demo, "button", "kim")
        await quiet(demo, 10.0)

        calls = demo.simulator.calls[before:]
        asked = [one.path for one in calls if one.path.endswith("/permission")]
        assert asked == ["/repos/acme/orders-api/collaborators/kim/permission"]
        # Nobody can be answered below a button: the check says so, and nothing else.
        (run,) = demo.stage.runs(102)
        wrote = [one.line for one in calls if one.writes]
        assert wrote == [f"PATCH /repos/acme/orders-api/check-runs/{run.id}"]
        assert "- `/handoff recheck` (a button) by `kim`: this is for" in (run.text or "")
        assert newest(demo) == READY


async def test_ci_that_runs_again_gets_a_new_run_and_no_moment_is_green(tmp_path: Path) -> None:
    async with hurried(tmp_path) as demo:
        pull = await opened(demo)
        (old,) = demo.stage.runs(102)
        moments: list[list[str | None]] = []

        def look(seen: Exchange) -> None:
            if seen.writes:
                moments.append([run.conclusion for run in demo.stage.world.our_runs(pull)])

        demo.simulator.observe(look)
        demo.stage.world.run_ci(pull, "ci / unit", None)
        await quiet(demo, 10.0)
        waiting = list(demo.stage.world.our_runs(pull))
        demo.stage.world.run_ci(pull, "ci / unit", "failure")
        await quiet(demo, 10.0)

        runs = demo.stage.world.our_runs(pull)
        assert moments[0] == ["failure"]
        assert [one for shown in moments for one in shown if one in GREEN] == []
        assert [(run.id == old.id, run.conclusion) for run in waiting] == [
            (True, "failure"),
            (False, "failure"),
        ]
        assert len(runs) == 2
        assert newest(demo)[0] == "failure"


async def test_what_failed_for_a_push_is_not_hidden_by_what_passed_for_the_pull_request(
    tmp_path: Path,
) -> None:
    async with hurried(tmp_path) as demo:
        stage = demo.stage
        pull = await opened(demo, "success")

        stage.world.run_ci(pull, "ci / unit", "failure", event="push")
        await quiet(demo, 10.0)
        failed = newest(demo)[0]
        stage.world.run_ci(pull, "ci / unit", "success")
        await quiet(demo, 10.0)

        assert (failed, newest(demo)[0]) == ("failure", "failure")


async def test_a_run_of_the_same_suite_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    async with hurried(tmp_path) as demo:
        pull = await opened(demo, "failure")
        failed = newest(demo)[0]

        demo.stage.world.run_ci(pull, "ci / unit", "success")
        await quiet(demo, 10.0)

        assert (failed, newest(demo)) == ("failure", READY)


async def test_a_check_that_goes_on_waiting_is_not_rewritten_more_than_twice_a_minute(
    tmp_path: Path,
) -> None:
    async with hurried(tmp_path) as demo:
        world, people = demo.stage.world, demo.stage.people
        policy = POLICY.replace("[unit-tests, docs,", "[conventions, unit-tests, docs,")
        world.push_default(demo.stage.repo, people["maria"], {".github/handoff.yml": policy})
        pull = await opened(demo, None)
        before = len(demo.simulator.calls)
        (run,) = demo.stage.runs(102)

        for _ in range(2):
            review = world.review(pull, people["ben"], "approve")
            await quiet(demo, 2.0)
            world.dismiss_review(review, people["maria"])
            await quiet(demo, 2.0)
        world.review(pull, people["ben"], "approve")
        await quiet(demo, 31.0)
        written = written_since(demo, before, run)
        world.run_ci(pull, "ci / unit", "success")
        await quiet(demo, 5.0)

        gaps = [later.at - one.at for one, later in pairwise(written)]
        assert written != []
        assert [gap for gap in gaps if gap < timedelta(seconds=30)] == []
        assert newest(demo)[0] == "success"


def written_since(demo: Demo, before: int, run: Run) -> list[Exchange]:
    path = f"/repos/acme/orders-api/check-runs/{run.id}"
    return [one for one in demo.simulator.calls[before:] if one.writes and one.path == path]
