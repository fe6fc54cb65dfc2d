"""How many calls what happens on GitHub may cost."""

from __future__ import annotations

from pathlib import Path

from bot.simulator.exchange import Exchange
from bot.simulator.scenario import REFUNDS
from bot.simulator.things import Pull
from bot.wiring.demo import Demo
from tests.support.hurried import hurried, quiet

FILES = {"app/api/refunds.py": REFUNDS, "docs/refunds.md": "Refunds.\n"}


def opened(demo: Demo, number: int) -> Pull:
    stage = demo.stage
    files = dict(FILES)
    pull = stage.world.open_pull_request(
        stage.repo, stage.people["ana"], number=number, title="Refunds", files=files
    )
    stage.pulls[number] = pull
    return pull


def calls(demo: Demo, since: int) -> list[Exchange]:
    """What the bot asked, without the sweeps."""
    return [
        one
        for one in demo.simulator.calls[since:]
        if not one.path.startswith("/app/") and "query HandoffOpen" not in (one.document or "")
    ]


async def test_a_first_judgement_takes_three_calls_and_another_one_two(tmp_path: Path) -> None:
    async with hurried(tmp_path) as demo:
        await quiet(demo)
        before = len(demo.simulator.calls)
        pull = opened(demo, 102)
        await quiet(demo, 5.0)
        first = [one.line for one in calls(demo, before) if "access_tokens" not in one.path]
        before = len(demo.simulator.calls)
        demo.stage.world.run_ci(pull, "ci / unit", "failure")
        await quiet(demo, 5.0)
        writes = [one.method for one in calls(demo, before) if one.writes]
        reads = [one.path for one in calls(demo, before) if not one.writes]

    assert sorted(first) == [
        "GET /repos/acme/orders-api/pulls/102/files",
        "POST /graphql",
        "POST /repos/acme/orders-api/check-runs",
    ]
    assert (set(writes), set(reads)) == ({"PATCH"}, {"/graphql"})
    assert len(reads) <= 2


async def test_a_command_asks_once_what_the_person_may_do(tmp_path: Path) -> None:
    async with hurried(tmp_path) as demo:
        pull = opened(demo, 102)
        await quiet(demo)
        before = len(demo.simulator.calls)

        demo.stage.world.comment(pull, demo.stage.people["ben"], "/handoff recheck")
        await quiet(demo, 5.0)

        rest = [
            one.line for one in calls(demo, before) if one.path != "/graphql" and not one.writes
        ]
        assert rest.count("GET /repos/acme/orders-api/collaborators/ben/permission") == 1
        assert len(rest) <= 2


async def test_a_merge_group_takes_one_query_and_one_write(tmp_path: Path) -> None:
    async with hurried(tmp_path) as demo:
        stage = demo.stage
        pull = opened(demo, 102)
        stage.world.run_ci(pull, "ci / unit", "success")
        await quiet(demo, 5.0)
        stage.world.label(pull, stage.people["ana"], "queued")
        await quiet(demo, 5.0)
        before = len(demo.simulator.calls)

        entry = stage.world.enqueue([pull], stage.people["maria"])
        await quiet(demo, 5.0)

        asked = [one for one in calls(demo, before) if "MergeGroup" in (one.document or "")]
        written = [one for one in calls(demo, before) if one.writes]
        assert [one.cost for one in asked] == [1]
        assert [one.body["head_sha"] for one in written] == [entry.group_sha]


async def test_a_push_to_a_repository_without_policy_takes_one_call(tmp_path: Path) -> None:
    async with hurried(tmp_path) as demo:
        stage = demo.stage
        branch = (stage.repo, stage.repo.default_branch)
        stage.world.remove_file(branch, stage.people["maria"], ".github/handoff.yml")
        opened(demo, 102)
        await quiet(demo, 10.0)
        before = len(demo.simulator.calls)

        stage.world.push_default(stage.repo, stage.people["maria"], {"README.md": "Words.\n"})
        stage.world.run_ci(stage.pulls[102], "ci / unit", "success")
        stage.world.label(stage.pulls[102], stage.people["ana"], "x")
        await quiet(demo, 10.0)

        assert len(calls(demo, before)) <= 1
