"""When nothing is to be said, nothing is done: no call, no write, no comment."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.simulator.scenario import POLICY, REFUNDS
from bot.wiring.demo import Demo
from tests.support.hurried import hurried, quiet
from tests.support.talk import POLICY as TALK
from tests.support.talk import talking

HASTY = {"app/api/refunds.py": REFUNDS.replace("return {}", "print('x')\n    return {}")}


def writes(demo: Demo, since: int = 0) -> list[str]:
    """What the bot changed on GitHub."""
    return [
        one.line
        for one in demo.simulator.calls[since:]
        if one.writes and "/app/" not in one.path and "access_tokens" not in one.path
    ]


def evaluations(demo: Demo, since: int) -> list[str]:
    """Calls that are not the sweeps' own."""
    return [one.line for one in demo.simulator.calls[since:] if "/app/" not in one.path]


async def open_hasty(demo: Demo, number: int = 102) -> None:
    """A pull request that a person must mend."""
    stage = demo.stage
    stage.pulls[number] = stage.world.open_pull_request(
        stage.repo, stage.people["ana"], number=number, title="Hasty", files=dict(HASTY)
    )
    await quiet(demo)


async def test_a_repository_without_policy_is_never_written_to(tmp_path: Path) -> None:
    async with hurried(tmp_path) as demo:
        stage = demo.stage
        branch = (stage.repo, stage.repo.default_branch)
        stage.world.remove_file(branch, stage.people["maria"], ".github/handoff.yml")
        await quiet(demo)

        await open_hasty(demo)
        stage.world.comment(stage.pulls[102], stage.people["ana"], "/handoff help")
        await quiet(demo)

        assert writes(demo) == []


async def test_a_redelivery_of_what_was_accepted_costs_no_call(tmp_path: Path) -> None:
    async with hurried(tmp_path) as demo:
        demo.simulator.deliveries.switches.double = True
        await open_hasty(demo)
        first = evaluations(demo, 0)
        demo.simulator.deliveries.switches.double = False

        assert len([line for line in first if "check-runs" in line and "POST" in line]) == 1


async def test_checks_that_the_policy_does_not_name_cost_no_call(tmp_path: Path) -> None:
    async with hurried(tmp_path) as demo:
        await open_hasty(demo)
        before = len(demo.simulator.calls)

        demo.stage.world.run_ci(demo.stage.pulls[102], "ci / something else", "failure")
        await quiet(demo)

        assert evaluations(demo, before) == []


async def test_a_deleted_comment_is_never_posted_again(tmp_path: Path) -> None:
    async with hurried(tmp_path) as demo:
        await open_hasty(demo)
        await quiet(demo, 70.0)
        pull = demo.stage.pulls[102]
        (ours,) = [one for one in pull.comments if one.user.kind == "Bot"]

        demo.stage.world.delete_comment(ours, demo.stage.people["ana"])
        demo.stage.world.push(pull, demo.stage.people["ana"], {"app/api/x.py": "print(1)\n"})
        await quiet(demo, 70.0)

        assert [one for one in pull.comments if one.user.kind == "Bot"] == []


async def test_a_hidden_comment_is_left_as_it_is(tmp_path: Path) -> None:
    async with hurried(tmp_path) as demo:
        await open_hasty(demo)
        await quiet(demo, 70.0)
        pull = demo.stage.pulls[102]
        (ours,) = [one for one in pull.comments if one.user.kind == "Bot"]
        body = ours.body

        demo.stage.world.hide_comment(ours)
        files = {"docs/refunds.md": "Refunds.\n", "app/api/refunds.py": REFUNDS}
        demo.stage.world.push(pull, demo.stage.people["ana"], files)
        await quiet(demo, 70.0)

        assert [(one.body, one.id) for one in pull.comments if one.user.kind == "Bot"] == [
            (body, ours.id)
        ]


async def test_mode_observe_posts_the_check_and_nothing_else(tmp_path: Path) -> None:
    async with hurried(tmp_path) as demo:
        policy = {".github/handoff.yml": POLICY.replace("mode: enforce", "mode: observe")}
        demo.stage.world.push_default(demo.stage.repo, demo.stage.people["maria"], policy)
        await quiet(demo, 10.0)

        await open_hasty(demo)
        await quiet(demo, 70.0)

        (run,) = demo.stage.runs(102)
        assert run.conclusion == "neutral"
        assert (run.title or "").startswith("Would fail: ")
        assert [one for one in demo.stage.pulls[102].comments if one.user.kind == "Bot"] == []


async def test_a_suspended_installation_is_not_called_and_judged_anew_on_return(
    tmp_path: Path,
) -> None:
    async with hurried(tmp_path) as demo:
        (installation,) = demo.stage.world.installations.values()
        demo.stage.world.suspend(installation)
        await quiet(demo)
        before = len(demo.simulator.calls)
        await open_hasty(demo)
        silent = evaluations(demo, before)

        demo.stage.world.unsuspend(installation)
        await quiet(demo, 30.0)

        assert silent == []
        assert [run.conclusion for run in demo.stage.runs(102)] == ["failure"]


async def test_who_asks_again_for_what_stands_already_gets_no_second_answer(
    tmp_path: Path,
) -> None:
    async with hurried(tmp_path) as demo:
        stage = demo.stage
        ready = {"docs/rates.md": "One.\nTwo.\nThree.\n"}
        pull = stage.world.open_pull_request(
            stage.repo, stage.people["ana"], number=102, title="Rates", files=ready
        )
        stage.pulls[102] = pull
        await quiet(demo)

        # A third one would be too many for somebody whose standing nobody has asked for yet.
        for _ in range(2):
            stage.world.comment(pull, stage.people["ben"], "/handoff")
            await quiet(demo)
        once = [one.body for one in pull.comments if one.user.kind == "Bot"]
        stage.world.push(pull, stage.people["ana"], HASTY)
        await quiet(demo)
        stage.world.comment(pull, stage.people["ben"], "/handoff")
        await quiet(demo)

        assert len(once) == 1
        assert len([one for one in pull.comments if one.user.kind == "Bot"]) == 2


@pytest.mark.parametrize(
    ("line", "title"), [("exempt", "Not needed: every commit is by renovate[bot]"), ("quiet", "")]
)
async def test_the_policy_names_bots_as_everybody_does(
    line: str, title: str, tmp_path: Path
) -> None:
    policy = f'{TALK}{line}: {{ authors: ["renovate[bot]"] }}\n'
    async with talking(tmp_path, policy) as talk:
        stage = talk.demo.stage
        stage.people["renovate"] = stage.world.person("renovate[bot]", kind="Bot")
        pull = await talk.opened(by="renovate")
        await quiet(talk.demo, 70)

        assert (talk.run(pull).title or "").startswith(title)
        assert pull.comments == []


async def test_what_a_workflow_pushes_in_a_bots_name_is_not_exempt(tmp_path: Path) -> None:
    policy = f'{TALK}exempt: {{ authors: ["renovate[bot]"] }}\n'
    async with talking(tmp_path, policy) as talk:
        stage = talk.demo.stage
        renovate, runner = (
            stage.world.person(f"{one}[bot]", kind="Bot") for one in ("renovate", "github-actions")
        )
        stage.people["renovate"] = renovate
        pull = await talk.opened(by="renovate")
        stage.world.push(pull, renovate, {"app/more.py": "x = 1\n"})
        await quiet(talk.demo, 70)
        own = talk.run(pull).title or ""
        stage.world.push(pull, renovate, {"app/more.py": "x = 2\n"}, pusher=runner)
        await quiet(talk.demo, 70)

        assert own.startswith("Not needed: every commit is by renovate[bot]")
        assert not (talk.run(pull).title or "").startswith("Not needed")
