"""GitHub fails, people re-run, heads are shared, the bot was away: what stands in the end."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bot.simulator.faults import Fault, answer, cut, html_502, partial, primary_limit
from bot.simulator.faults import secondary_limit as secondary
from bot.simulator.scenario import POLICY, REFUNDS
from bot.simulator.things import Pull
from bot.wiring.demo import Demo
from tests.support.clock import START
from tests.support.hurried import hurried, quiet

GOOD = {"app/api/refunds.py": REFUNDS, "docs/refunds.md": "Refunds.\n"}
RESET = START + timedelta(minutes=2)


def opened(demo: Demo, number: int, files: dict[str, str], **about: str) -> Pull:
    stage = demo.stage
    pull = stage.world.open_pull_request(
        stage.repo,
        stage.people["ana"],
        number=number,
        title="Refunds",
        files=dict(files),
        branch=about.get("branch", f"change-{number}"),
    )
    stage.pulls[number] = pull
    return pull


def shown(demo: Demo, number: int) -> list[tuple[str | None, str]]:
    return [(run.conclusion, run.title or "") for run in demo.stage.runs(number)]


@pytest.mark.parametrize(
    ("what", "where", "fault", "times"),
    [
        ("a front that gives up on the query", "POST .*graphql", html_502(), 2),
        ("a cut connection on the files", "GET .*/files", cut(), 2),
        ("a server error on the files", "GET .*/files", answer(500), 2),
        ("the hourly limit", "POST .*graphql", primary_limit(RESET), 1),
        ("a secondary limit on the check", "POST .*check-runs", secondary(30), 1),
        ("a secondary limit without a time", "POST .*check-runs", secondary(None), 1),
        ("a server error on the check", "POST .*check-runs", html_502(), 2),
        ("a lost answer to the check", "POST .*check-runs", html_502(done=True), 1),
        ("a cut connection after the check", "POST .*check-runs", cut(done=True), 1),
        ("a dead token", "POST .*graphql", answer(401, {"message": "Bad credentials"}), 1),
        ("dead tokens of the check", "POST .*check-runs", answer(401, {"message": "Bad"}), 4),
        ("a head not yet there", "POST .*check-runs", answer(404, {"message": "Not Found"}), 1),
        ("nor its commit", "POST .*check-runs", answer(422, {"message": "No commit found"}), 1),
        ("a closed list of addresses", "POST .*check-runs", answer(403, {"message": "IP"}), 2),
        ("a slow server", "POST .*check-runs", answer(408, {"message": "Timed out"}), 1),
    ],
)
async def test_after_trouble_exactly_one_right_check_stands(
    what: str, where: str, fault: Fault, times: int, tmp_path: Path
) -> None:
    async with hurried(tmp_path) as demo:
        demo.simulator.fault(where, fault, times)

        pull = opened(demo, 102, GOOD)
        demo.stage.world.run_ci(pull, "ci / unit", "success")
        await quiet(demo, 200.0)

        assert shown(demo, 102) == [("success", "Ready · 3 of 3")]


async def test_a_partial_answer_is_never_a_pass(tmp_path: Path) -> None:
    async with hurried(tmp_path) as demo:
        hidden = ("repository", "pullRequest", "head", "nodes", 0, "commit", "statusCheckRollup")
        demo.simulator.fault("POST .*graphql", partial(hidden), 100)

        pull = opened(demo, 102, GOOD)
        demo.stage.world.run_ci(pull, "ci / unit", "success")
        await quiet(demo, 60.0)

        assert "success" not in [conclusion for conclusion, _ in shown(demo, 102)]


async def test_a_rerun_of_our_check_writes_again(tmp_path: Path) -> None:
    async with hurried(tmp_path) as demo:
        pull = opened(demo, 102, GOOD)
        demo.stage.world.run_ci(pull, "ci / unit", "success")
        await quiet(demo, 10.0)
        before = demo.simulator.count("PATCH")

        (run,) = demo.stage.runs(102)
        demo.stage.world.rerequest_check(run, demo.stage.people["ana"])
        await quiet(demo, 10.0)

        assert demo.simulator.count("PATCH") == before + 1
        assert shown(demo, 102)[-1] == ("success", "Ready · 3 of 3")


async def test_ci_that_runs_again_takes_the_green_away(tmp_path: Path) -> None:
    async with hurried(tmp_path) as demo:
        pull = opened(demo, 102, GOOD)
        demo.stage.world.run_ci(pull, "ci / unit", "success")
        await quiet(demo, 10.0)

        demo.stage.world.run_ci(pull, "ci / unit", None)
        await quiet(demo, 10.0)
        waiting = shown(demo, 102)[-1][0]
        demo.stage.world.run_ci(pull, "ci / unit", "failure")
        await quiet(demo, 10.0)

        assert waiting is None
        assert shown(demo, 102)[-1][0] == "failure"


async def test_two_pull_requests_on_one_head_show_the_worst_and_name_both(
    tmp_path: Path,
) -> None:
    async with hurried(tmp_path) as demo:
        stage = demo.stage
        first = opened(demo, 102, {"migrations/2.sql": "alter table a;\n"}, branch="shared")
        stage.world.run_ci(first, "ci / unit", "success")
        await quiet(demo, 10.0)
        stage.pulls[103] = stage.world.open_pull_request(
            stage.repo,
            stage.people["ana"],
            number=103,
            title="The same",
            branch="shared",
            body="## Rollback\nDrop it all again.\n",
        )
        await quiet(demo, 10.0)

        (run,) = stage.runs(103)
        assert run.conclusion == "failure"
        assert (run.title or "").startswith("#102: ")
        assert "#102, #103" in (run.summary or "")


async def test_what_could_not_be_delivered_is_asked_for_again(tmp_path: Path) -> None:
    async with hurried(tmp_path) as demo:
        demo.simulator.deliveries.switches.drop = lambda _: True
        pull = opened(demo, 102, GOOD)
        demo.stage.world.run_ci(pull, "ci / unit", "success")
        await demo.simulator.settle()
        demo.simulator.deliveries.switches.drop = None

        await quiet(demo, 150.0)

        assert shown(demo, 102) == [("success", "Ready · 3 of 3")]


async def test_a_renamed_repository_is_judged_under_its_new_name(tmp_path: Path) -> None:
    async with hurried(tmp_path) as demo:
        stage = demo.stage
        pull = opened(demo, 102, GOOD)
        await quiet(demo)
        stage.world.rename_repository(stage.repo, stage.people["maria"], "orders")
        stage.world.run_ci(pull, "ci / unit", "success")
        await quiet(demo, 20.0)

        assert shown(demo, 102)[-1] == ("success", "Ready · 3 of 3")


async def test_a_policy_that_was_never_good_fails_the_check_with_its_problems(
    tmp_path: Path,
) -> None:
    async with hurried(tmp_path) as demo:
        stage = demo.stage
        other = stage.world.repository(
            stage.repo.owner, "fresh", {".github/handoff.yml": "version: 1\nmode: of\n"}
        )
        stage.world.grant(other, stage.people["ana"], "write")
        pull = stage.world.open_pull_request(
            other, stage.people["ana"], title="First", files={"a.py": "x = 1\n"}
        )
        await quiet(demo, 10.0)

        (run,) = stage.world.our_runs(pull)
        assert run.conclusion == "failure"
        assert (run.title or "").startswith("Policy cannot be read · .github/handoff.yml:2")
        assert "is not a mode" in (run.summary or "").replace("\u200b", "")


async def test_a_policy_that_goes_ends_its_running_check_as_neutral(tmp_path: Path) -> None:
    async with hurried(tmp_path) as demo:
        stage = demo.stage
        opened(demo, 102, GOOD)
        await quiet(demo, 5.0)
        branch = (stage.repo, stage.repo.default_branch)

        stage.world.remove_file(branch, stage.people["maria"], ".github/handoff.yml")
        await quiet(demo, 20.0)

        assert shown(demo, 102)[-1] == ("neutral", "No policy in this repository any more")


async def test_a_changed_policy_judges_every_open_pull_request_again(tmp_path: Path) -> None:
    async with hurried(tmp_path) as demo:
        stage = demo.stage
        opened(demo, 102, {"app/api/a.py": "print(1)\n", "docs/a.md": "A.\n"})
        await quiet(demo, 5.0)

        looser = POLICY.replace("pattern: '\\bprint\\('", "pattern: 'never'")
        stage.world.push_default(stage.repo, stage.people["maria"], {".github/handoff.yml": looser})
        await quiet(demo, 20.0)

        assert shown(demo, 102)[-1][0] is None


async def test_comments_that_wait_for_their_turn_come_though_all_is_judged_again(
    tmp_path: Path,
) -> None:
    async with hurried(tmp_path) as demo:
        numbers = range(110, 116)
        pulls = [opened(demo, number, {f"app/api/{number}.py": "x = 1\n"}) for number in numbers]
        await quiet(demo, 62.0)

        _ = [demo.stage.world.run_ci(pull, "ci / unit", "success") for pull in pulls]
        await quiet(demo, 30.0)

        ours = [[one for one in pull.comments if one.user.kind == "Bot"] for pull in pulls]
        assert [len(comments) for comments in ours] == [1] * len(pulls)


async def test_nobody_is_written_to_for_an_item_that_only_advises(tmp_path: Path) -> None:
    async with hurried(tmp_path) as demo:
        pull = opened(demo, 102, GOOD)
        demo.stage.world.run_ci(pull, "ci / unit", "success")
        await quiet(demo, 90.0)

        assert shown(demo, 102) == [("success", "Ready · 3 of 3")]
        assert pull.comments == []
