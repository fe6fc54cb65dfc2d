"""Limits, poison, lost deliveries and a disk that refuses: said while it lasts, right after it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.failpoint import disable, enable
from bot.simulator.faults import graphql_limit, html_502
from bot.simulator.scenario import REFUNDS
from bot.simulator.things import Pull
from bot.wiring.demo import Demo
from tests.support.hurried import hurried, quiet

STICKY = "<!-- handoff:1 "
GOOD = {"app/api/refunds.py": REFUNDS, "docs/refunds.md": "Refunds.\n"}
READY = ("success", "Ready · 3 of 3")


@pytest.fixture(autouse=True)
def no_failpoints() -> Iterator[None]:
    yield
    disable()


def opened(demo: Demo, number: int, branch: str = "") -> Pull:
    """A pull request that is ready as soon as its CI has passed."""
    stage = demo.stage
    pull = stage.world.open_pull_request(
        stage.repo,
        stage.people["ana"],
        number=number,
        title="Refunds",
        files={} if branch and stage.pulls.get(number - 1) else dict(GOOD),
        branch=branch or f"change-{number}",
    )
    stage.pulls[number] = pull
    return pull


async def judged(demo: Demo, number: int) -> Pull:
    """A pull request that shows that it is ready."""
    pull = opened(demo, number)
    demo.stage.world.run_ci(pull, "ci / unit", "success")
    await quiet(demo, 10.0)
    assert shown(demo, number)[-1] == READY
    return pull


def shown(demo: Demo, number: int) -> list[tuple[str | None, str]]:
    return [(run.conclusion, run.title or "") for run in demo.stage.runs(number)]


def evaluations(demo: Demo) -> list[str]:
    text = demo.bot.metrics.render().decode()
    return [line for line in text.splitlines() if line.startswith("handoff_evaluations_total")]


async def words(demo: Demo) -> dict[int, tuple[str, str]]:
    return {one.subject.number: (one.word, one.why) for one in await demo.bot.claims.waiting()}


async def test_n8_who_is_limited_for_long_says_so_with_a_time_and_is_judged_then(
    tmp_path: Path,
) -> None:
    async with hurried(tmp_path) as demo:
        await judged(demo, 102)
        reset = demo.clock.now() + timedelta(minutes=10)
        demo.simulator.fault("POST .*graphql", graphql_limit(reset))
        for number in (103, 104):
            demo.stage.world.run_ci(opened(demo, number), "ci / unit", "success")
        await quiet(demo, 200.0)
        meanwhile, queue = [shown(demo, number) for number in (103, 104)], await words(demo)
        limited = [one for one in demo.simulator.calls if one.status in {403, 429}]
        await quiet(demo, 700.0)

        for checks in meanwhile:
            ((conclusion, title),) = checks
            assert conclusion == "failure"
            assert title.startswith("Could not evaluate")
            assert "next try" in title
        assert {queue[number][0] for number in (103, 104)} == {"limited until"}
        assert len(limited) <= 5
        assert [shown(demo, number)[-1] for number in (103, 104)] == [READY, READY]


async def test_n8_a_verdict_that_stands_is_not_taken_away_by_an_outage(tmp_path: Path) -> None:
    async with hurried(tmp_path) as demo:
        pull = await judged(demo, 102)
        demo.simulator.fault("POST .*graphql", html_502(), 60)
        demo.stage.world.edit_body(pull, demo.stage.people["ana"], "More words.")
        await quiet(demo, 300.0)

        assert shown(demo, 102) == [READY]


async def test_n7_n17_what_fails_again_and_again_says_so_and_is_parked_until_a_new_head(
    tmp_path: Path,
) -> None:
    async with hurried(tmp_path) as demo:
        await judged(demo, 102)
        enable("claimed:raise:0")
        pull = opened(demo, 103)
        await quiet(demo, 900.0)
        queue, failed = await words(demo), shown(demo, 103)
        disable()
        demo.stage.world.push(pull, demo.stage.people["ana"], {"docs/more.md": "More.\n"})
        demo.stage.world.run_ci(pull, "ci / unit", "success")
        await quiet(demo, 20.0)

        assert queue[103][0] == "parked because"
        assert "Broken: claimed" in queue[103][1]
        assert failed == [("failure", "Could not evaluate · it fails again and again")]
        assert shown(demo, 103)[-1] == READY
        assert shown(demo, 102) == [READY]


async def test_n12_a_disk_that_refuses_is_answered_503_and_all_is_recovered_by_itself(
    tmp_path: Path,
) -> None:
    async with hurried(tmp_path) as demo:
        await judged(demo, 102)
        enable("before-commit:raise:0")
        demo.stage.world.run_ci(opened(demo, 103), "ci / unit", "success")
        await demo.simulator.settle()
        refused = {one.status_code for one in demo.simulator.deliveries.log[-2:]}
        disable()
        await quiet(demo, 90.0)

        assert refused == {503}
        assert shown(demo, 103) == [READY]


async def test_n16_what_the_log_never_delivers_is_found_by_looking(tmp_path: Path) -> None:
    async with hurried(tmp_path) as demo:
        await judged(demo, 102)
        demo.simulator.deliveries.switches.drop = lambda _: True
        demo.stage.world.run_ci(opened(demo, 103), "ci / unit", "success")
        await quiet(demo, 1200.0)

        assert shown(demo, 103) == [READY]


async def test_n9_what_changed_while_suspended_is_judged_anew_on_return(tmp_path: Path) -> None:
    async with hurried(tmp_path) as demo:
        pull = opened(demo, 102)
        await quiet(demo, 5.0)
        before = shown(demo, 102)
        (installation,) = demo.stage.world.installations.values()
        demo.stage.world.suspend(installation)
        await quiet(demo)
        calls = len(demo.simulator.calls)
        demo.stage.world.run_ci(pull, "ci / unit", "success")
        await quiet(demo, 300.0)
        silent = [one.line for one in demo.simulator.calls[calls:] if "/app/" not in one.path]
        demo.stage.world.unsuspend(installation)
        await quiet(demo, 30.0)

        assert before[-1][0] is None
        assert silent == []
        assert shown(demo, 102)[-1] == READY


async def test_n4_two_pull_requests_opened_at_once_on_one_head_share_one_check(
    tmp_path: Path,
) -> None:
    async with hurried(tmp_path) as demo:
        stage = demo.stage
        opened(demo, 102, "shared")
        second = opened(demo, 103, "shared")
        stage.world.run_ci(second, "ci / unit", "success")
        await quiet(demo, 40.0)

        assert stage.pulls[102].head_sha == second.head_sha
        (run,) = stage.runs(103)
        assert (run.conclusion, run.title) == (READY[0], f"#102: {READY[1]}")
        assert "#102, #103" in (run.summary or "")


async def test_n6_what_the_policy_does_not_name_costs_nothing(tmp_path: Path) -> None:
    async with hurried(tmp_path) as demo:
        pull = await judged(demo, 102)
        calls = len(demo.simulator.calls)
        evaluated = evaluations(demo)
        for name in ("lint", "e2e", "deploy"):
            demo.stage.world.run_ci(pull, name, "failure")
        await quiet(demo, 5.0)

        assert [one.line for one in demo.simulator.calls[calls:] if "/app/" not in one.path] == []
        assert evaluations(demo) == evaluated


async def test_the_comment_waits_for_a_check_that_does_not_get_through(tmp_path: Path) -> None:
    async with hurried(tmp_path) as demo:
        stage, number = demo.stage, 102
        demo.simulator.fault("POST .*/check-runs", html_502(), 1_000)
        pull = stage.world.open_pull_request(
            stage.repo,
            stage.people["ana"],
            number=number,
            title="Refunds",
            files={"app/api/refunds.py": REFUNDS},
        )
        stage.pulls[number] = pull
        stage.world.run_ci(pull, "ci / unit", "success")
        await quiet(demo, 20.0)
        # The minute that a comment waits by itself is long over, and a person is answered.
        await demo.clock.sleep(150.0)
        stage.world.comment(pull, stage.people["ana"], "/handoff why")
        await quiet(demo, 10.0)
        meanwhile = [one.body for one in pull.comments if one.user.kind == "Bot"]
        checks = shown(demo, number)
        demo.simulator.heal()
        await quiet(demo, 400.0)
        ours = [one.body for one in pull.comments if one.user.kind == "Bot"]

        assert checks == []
        assert [STICKY in body for body in meanwhile] == [False]
        assert [STICKY in body for body in ours] == [False, True]
        assert [conclusion for conclusion, _ in shown(demo, number)] == ["failure"]


async def test_a_check_of_a_head_that_is_left_keeps_no_comment_back(tmp_path: Path) -> None:
    async with hurried(tmp_path) as demo:
        stage, number = demo.stage, 102
        demo.simulator.fault("POST .*/check-runs", html_502(), 1_000)
        files = {"app/api/refunds.py": REFUNDS}
        pull = stage.world.open_pull_request(
            stage.repo, stage.people["ana"], number=number, title="Refunds", files=files
        )
        stage.pulls[number] = pull
        stage.world.run_ci(pull, "ci / unit", "success")
        # By now it is tried again every five minutes.
        while demo.simulator.count("check-runs") < 24:
            await demo.clock.sleep(1.0)
        demo.simulator.heal()
        stage.world.push(pull, stage.people["ana"], {"app/api/more.py": REFUNDS})
        stage.world.run_ci(pull, "ci / unit", "success")
        await quiet(demo, 70.0)
        ours = [one.body for one in pull.comments if one.user.kind == "Bot"]

        assert [conclusion for conclusion, _ in shown(demo, number)] == ["failure"]
        assert [STICKY in body for body in ours] == [True]
