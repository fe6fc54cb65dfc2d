"""Reports of CI from the front door: a signed webhook in, the verdict on the check out."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.simulator.base import PERMISSIONS
from bot.simulator.faults import Fault
from bot.simulator.things import Pull
from bot.wiring.demo import Demo
from tests.support.hurried import hurried, quiet
from tests.support.reports import packed, suite

POLICY = """
version: 1
areas: { code: ["app/**"] }
checklist:
  tests:
    title: Tests pass
    when: { changed: [code] }
    proof:
      - junit: { artifact: unit-results, ran-at-least: 2 }
      - coverage: { artifact: "cov*", in: [code], uncovered-lines-at-most: 1 }
lists: { handoff: [tests], quality: [tests] }
"""
CODE = "def refund(one):\n    if one:\n        return 1\n    return 2\n"
GOOD = packed({"r.xml": suite("test_one", "test_two")})


def lcov(*hits: int) -> bytes:
    rows = "".join(f"DA:{at},{times}\n" for at, times in enumerate(hits, 1))
    return packed({"lcov.info": f"SF:/home/runner/work/x/x/app/pay.py\n{rows}end_of_record\n"})


COVERED = lcov(1, 1, 1, 1)


async def under(demo: Demo, policy: str = POLICY) -> None:
    """The repository's policy from now on."""
    stage = demo.stage
    files = {".github/handoff.yml": policy}
    stage.world.push_default(stage.repo, stage.people["maria"], files)
    await quiet(demo, 7.0)


def opened(demo: Demo, number: int = 102, **about: Any) -> Pull:
    """A pull request of one new file, whose CI has begun."""
    stage, code = demo.stage, {"app/pay.py": CODE.replace("one", f"one{number}")}
    pull = stage.world.open_pull_request(
        stage.repo, stage.people["ana"], number=number, title="Refunds", files=dict(code), **about
    )
    stage.pulls[number] = pull
    stage.world.run_ci(pull, "ci / unit", None)
    return pull


def left(demo: Demo, pull: Pull, *artifacts: tuple[str, bytes]) -> None:
    """CI leaves these behind and ends."""
    run = demo.stage.world.run_ci(pull, "ci / unit", None)
    for name, body in artifacts:
        demo.stage.world.upload(run, name, body)
    demo.stage.world.run_ci(pull, "ci / unit", "success")


def shown(demo: Demo, number: int = 102) -> tuple[str | None, str]:
    """What our check says."""
    run = demo.stage.runs(number)[-1]
    return run.conclusion, f"{run.title}\n{run.summary}\n{run.text}".replace("\\", "")


CASES = [
    ("both as asked", (("unit-results", GOOD), ("cov", COVERED)), "success", "2 cases ran"),
    (
        "a case failed",
        (("unit-results", packed({"r.xml": suite("a!", "b")})), ("cov", COVERED)),
        "failure",
        "a failed (unit-results)",
    ),
    (
        "all skipped",
        (("unit-results", packed({"r.xml": suite("a?", "b?")})), ("cov", COVERED)),
        "failure",
        "0 of 2 cases executed",
    ),
    (
        "two lines never ran",
        (("unit-results", GOOD), ("cov", lcov(1, 1, 0, 0))),
        "failure",
        "2 of 4 changed lines not executed",
    ),
    (
        "two cells of a matrix ran one each",
        (("unit-results", GOOD), ("cov-1", lcov(1, 1, 0, 1)), ("cov-2", lcov(1, 1, 1, 0))),
        "success",
        "4 of 4 changed lines executed",
    ),
    ("no archive", (("unit-results", b"PK\x03\x04"), ("cov", COVERED)), "failure", "no whole"),
    ("one is not there", (("unit-results", GOOD),), None, "waiting for the report cov"),
]


async def test_what_ci_left_is_judged_when_it_has_ended(tmp_path: Path) -> None:
    async with hurried(tmp_path) as demo:
        await under(demo)
        pulls = [opened(demo, 102 + at) for at in range(len(CASES))]
        await quiet(demo, 7.0)
        assert {shown(demo, pull.number)[0] for pull in pulls} == {None}

        for pull, (_, artifacts, _, _) in zip(pulls, CASES, strict=True):
            left(demo, pull, *artifacts)
        await quiet(demo, 7.0)

        found = [shown(demo, pull.number) for pull in pulls]
        for (why, _, conclusion, says), (got, text) in zip(CASES, found, strict=True):
            assert (why, got, says in text) == (why, conclusion, True), text


async def test_an_artifact_that_never_comes_is_undecided_after_the_deadline(tmp_path: Path) -> None:
    async with hurried(tmp_path) as demo:
        await under(demo)
        left(demo, opened(demo))
        await quiet(demo, 7.0)

        demo.clock.forward(timedelta(minutes=61))
        await quiet(demo, 90.0)

        conclusion, text = shown(demo)
        assert conclusion == "failure"
        assert "no artifact has such a report" in text
        # Where the head left no report the merge base is not looked for.
        assert demo.simulator.count("/compare/") == 0


async def test_what_was_read_is_not_fetched_again(tmp_path: Path) -> None:
    async with hurried(tmp_path) as demo:
        await under(demo)
        pull = opened(demo, fork=True)
        left(demo, pull, ("unit-results", GOOD), ("cov", COVERED))
        await quiet(demo, 7.0)
        before = len(demo.simulator.calls)

        demo.stage.world.comment(pull, demo.stage.people["maria"], "/handoff recheck")
        await quiet(demo, 7.0)

        again = [one.path for one in demo.simulator.calls[before:]]
        assert again
        assert [path for path in again if "/actions/" in path] == []
        assert shown(demo)[0] == "success"


async def test_without_the_permission_the_check_says_what_to_grant(tmp_path: Path) -> None:
    async with hurried(tmp_path) as demo:
        installation = demo.stage.world.installation_of(demo.stage.repo)
        assert installation is not None
        granted = {name: level for name, level in PERMISSIONS.items() if name != "actions"}
        demo.stage.world.accept_permissions(installation, granted)
        await under(demo)

        left(demo, opened(demo), ("unit-results", GOOD))
        await quiet(demo, 7.0)

        conclusion, text = shown(demo)
        assert conclusion == "failure"
        assert "the app may not read artifacts; grant actions: read" in text


async def test_what_has_expired_or_lies_in_a_private_place_is_not_read(tmp_path: Path) -> None:
    away = Fault(status=302, headers={"Location": "http://169.254.169.254/latest"})
    async with hurried(tmp_path) as demo:
        await under(demo)
        old, strange = opened(demo, 102), opened(demo, 103)
        run = demo.stage.world.run_ci(old, "ci / unit", None)
        demo.stage.world.upload(run, "unit-results", GOOD).expired = True
        left(demo, old, ("cov", COVERED))
        await quiet(demo, 7.0)
        demo.simulator.fault("GET .*/zip$", away, times=9)
        left(demo, strange, ("unit-results", GOOD), ("cov", COVERED))
        await quiet(demo, 7.0)

        conclusion, text = shown(demo, 102)
        assert (conclusion, "waiting for the report unit-results" in text) == (None, True)
        conclusion, text = shown(demo, 103)
        assert (conclusion, "an address that is not followed" in text) == ("failure", True)


async def test_a_policy_that_asks_for_no_report_costs_no_call(tmp_path: Path) -> None:
    text = POLICY.partition("    proof:")[0] + "    proof: { check: ci / unit }\n"
    async with hurried(tmp_path) as demo:
        await under(demo, text + "lists: { handoff: [tests], quality: [tests] }\n")

        left(demo, opened(demo), ("unit-results", GOOD))
        await quiet(demo, 7.0)

        assert shown(demo)[0] == "success"
        assert demo.simulator.count("/actions/") == 0


LIGHT = POLICY.replace(
    '      - coverage: { artifact: "cov*", in: [code], uncovered-lines-at-most: 1 }\n', ""
)
QUIET = LIGHT.replace("at-least: 2 }", "at-least: 2, kinds: { fewer-cases: off } }")
FEWER = "unit-results: 60 cases executed, on the merge base 100"
BASES = [
    ("40 % fewer", LIGHT, 100, 60, True),
    ("a tenth fewer", LIGHT, 100, 90, False),
    ("the merge base left none", LIGHT, 0, 60, False),
    ("the policy takes the finding out", QUIET, 100, 60, False),
]


def many(cases: int) -> bytes:
    return packed({"r.xml": suite(*(f"test_{at}" for at in range(cases)))})


@pytest.mark.parametrize(("why", "policy", "was", "now", "told"), BASES)
async def test_fewer_cases_than_on_the_merge_base_are_told(
    tmp_path: Path, why: str, policy: str, was: int, now: int, told: bool
) -> None:
    async with hurried(tmp_path) as demo:
        await under(demo, policy)
        world, repo = demo.stage.world, demo.stage.repo
        run = world.run_ci(repo, "ci / unit", None, event="push")
        if was:
            world.upload(run, "unit-results", many(was))
        world.run_ci(repo, "ci / unit", "success", event="push")
        pulls = [opened(demo), opened(demo, 103)]
        for pull in pulls:
            left(demo, pull, ("unit-results", many(now)))
            await quiet(demo, 7.0)

        texts = [shown(demo, pull.number) for pull in pulls]
        assert [(one[0], FEWER in one[1]) for one in texts] == [("success", told)] * 2, texts
        asked = policy is LIGHT
        assert demo.simulator.count("/compare/") == 2 * asked
        # What the base left is listed and fetched once for both pull requests.
        assert demo.simulator.count(f"/actions/runs/{run.suite.id + 1}/") == asked
        zips = [f"/actions/artifacts/{one.id}/" for one in run.suite.artifacts]
        assert [demo.simulator.count(one) for one in zips] == [asked] * (was > 0)


async def test_a_merge_base_that_is_not_shown_is_compared_with_nothing(tmp_path: Path) -> None:
    async with hurried(tmp_path) as demo:
        await under(demo, LIGHT)
        demo.simulator.fault("GET .*/compare/", Fault(status=404), times=9)
        left(demo, opened(demo), ("unit-results", many(60)))
        await quiet(demo, 7.0)

        conclusion, text = shown(demo)
        assert (conclusion, "merge base" in text) == ("success", False), text
