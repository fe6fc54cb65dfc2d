"""Which policy judges: never the one that the pull request brings, and never none by accident."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from bot.settings import Secret, Settings
from bot.simulator.scenario import BROKEN_POLICY, FILES, POLICY, REFUNDS
from bot.simulator.things import Pull, Repository, Run
from bot.wiring.demo import Demo
from bot.wiring.server import Bot
from tests.support.hurried import hurried, quiet

HASTY = {"app/api/refunds.py": REFUNDS.replace("return {}", "print('x')\n    return {}")}
LEFT = "docs, no-debug-output left"
WEAK = "version: 1\nmode: observe\n"
LAYER = """\
version: 1
applies-to: { repositories: ["*"] }
checklist:
  review: { title: Somebody read it, proof: { approvals: { at-least: 1, of: this-commit } } }
"""


def opened(demo: Demo, number: int, files: dict[str, str], base: str = "main") -> Pull:
    stage = demo.stage
    pull = stage.world.open_pull_request(
        stage.repo, stage.people["ana"], number=number, title="Change", files=dict(files), base=base
    )
    stage.pulls[number] = pull
    return pull


def check(demo: Demo, number: int) -> Run:
    """The newest check of ours on the head."""
    return demo.stage.runs(number)[-1]


def shown(demo: Demo, number: int) -> tuple[str | None, str]:
    run = check(demo, number)
    return run.conclusion, run.title or ""


def push(demo: Demo, files: dict[str, str], repo: Repository | None = None) -> None:
    """A change of the default branch by its maintainer."""
    stage = demo.stage
    stage.world.push_default(repo or stage.repo, stage.people["maria"], dict(files))


def layer(demo: Demo, text: str = LAYER) -> Repository:
    """The organisation's own repository with its policy."""
    world, owner = demo.stage.world, demo.stage.repo.owner
    made = world.repository(owner, ".github", {"handoff.yml": text})
    world.grant(made, demo.stage.people["ana"], "write")
    return made


# ── what a pull request brings along ──────────────────────────────────────────────────────────


@pytest.mark.parametrize("by", ["ana", "kim"])
async def test_a_policy_that_a_pull_request_brings_never_judges_it(by: str, tmp_path: Path) -> None:
    async with hurried(tmp_path) as demo:
        stage = demo.stage
        files = {**HASTY, ".github/handoff.yml": WEAK}
        stage.pulls[102] = stage.world.open_pull_request(
            stage.repo, stage.people[by], number=102, title="Softer", files=files, fork=by == "kim"
        )
        await quiet(demo, 10.0)

        conclusion, title = shown(demo, 102)
        assert conclusion != "success"
        assert "docs, no-debug-output" in (check(demo, 102).summary or "") + title


async def test_a_side_branch_with_a_softer_policy_never_judges(tmp_path: Path) -> None:
    async with hurried(tmp_path) as demo:
        stage = demo.stage
        stage.world.push((stage.repo, "main"), stage.people["maria"], {"note.txt": "x\n"})
        stage.repo.branches["side"] = stage.repo.branches["main"]
        stage.world.push((stage.repo, "side"), stage.people["ana"], {".github/handoff.yml": WEAK})
        opened(demo, 102, HASTY, base="side")
        opened(demo, 103, {**HASTY, "app/api/more.py": "x = 1\n"})
        await quiet(demo, 10.0)
        before = shown(demo, 103)

        stage.world.retarget(stage.pulls[103], stage.people["ana"], "side")
        await quiet(demo, 10.0)

        assert shown(demo, 102)[0] == before[0] == "failure"
        assert LEFT in shown(demo, 102)[1]
        assert shown(demo, 103) == before


async def test_a_typing_mistake_is_annotated_and_fails_a_pull_request_that_is_good(
    tmp_path: Path,
) -> None:
    async with hurried(tmp_path) as demo:
        opened(demo, 102, {"docs/x.md": "Words.\n", ".github/handoff.yml": BROKEN_POLICY})
        await quiet(demo, 10.0)

        run = check(demo, 102)
        places = [(one["path"], one["start_line"], one["title"]) for one in run.annotations]
        assert run.conclusion == "failure"
        assert places[0] == (".github/handoff.yml", 2, "Policy E203")
        assert {title for path, _, title in places if path == ".github/handoff.yml"} >= {
            "Policy E203",
            "Policy E301",
        }


async def test_a_file_that_only_looks_like_a_policy_is_annotated(tmp_path: Path) -> None:
    async with hurried(tmp_path) as demo:
        opened(demo, 102, {"docs/x.md": "Words.\n", ".github/handoff.yaml": POLICY})
        await quiet(demo, 10.0)

        run = check(demo, 102)
        assert run.conclusion == "success"
        assert [(one["path"], one["title"]) for one in run.annotations] == [
            (".github/handoff.yaml", "Policy W501")
        ]


async def test_a_change_of_the_policy_waits_for_whom_the_policy_names(tmp_path: Path) -> None:
    async with hurried(tmp_path) as demo:
        stage = demo.stage
        push(demo, {".github/handoff.yml": POLICY + "policy-changes: { approved-by: lead }\n"})
        await quiet(demo, 10.0)
        pull = opened(demo, 102, {".github/handoff.yml": WEAK})
        await quiet(demo, 10.0)
        asked = shown(demo, 102)
        stage.world.review(pull, stage.people["ben"], "approve")
        await quiet(demo, 10.0)
        other = shown(demo, 102)

        stage.world.review(pull, stage.people["maria"], "approve")
        await quiet(demo, 10.0)

        assert (asked[0], other[0]) == ("failure", "failure")
        assert "policy-change" in asked[1]
        assert shown(demo, 102)[0] == "success"


async def test_the_organisations_own_file_is_previewed_where_it_is_changed(tmp_path: Path) -> None:
    async with hurried(tmp_path) as demo:
        home = layer(demo)
        demo.stage.repo = home
        wrong = LAYER + "extends: acme/x:y.yml\n"
        opened(demo, 5, {"handoff.yml": wrong})
        await quiet(demo, 10.0)

        run = check(demo, 5)
        assert run.conclusion == "failure"
        assert [(one["path"], one["start_line"], one["title"]) for one in run.annotations] == [
            ("handoff.yml", 5, "Policy E201")
        ]


# ── broken, gone, unreadable ──────────────────────────────────────────────────────────────────


async def test_after_the_store_is_lost_the_last_good_copy_is_found_in_the_history(
    tmp_path: Path,
) -> None:
    async with hurried(tmp_path) as demo, AsyncExitStack() as stack:
        push(demo, {".github/handoff.yml": BROKEN_POLICY})
        push(demo, {".github/handoff.yml": BROKEN_POLICY + "# still\n"})
        simulator = demo.simulator
        settings = Settings(
            app_id=simulator.app_id,
            private_keys=(Secret(simulator.private_key_pem),),
            webhook_secrets=(Secret(simulator.webhook_secret),),
            github_api_url=simulator.api_url,
            port=0,
            data_dir=tmp_path / "new",
            database=tmp_path / "new" / "handoff.sqlite",
        )
        await quiet(demo, 10.0)
        demo.bot = await stack.enter_async_context(Bot(settings, demo.clock))
        simulator.hook_url = f"{demo.bot.url}/webhook"
        opened(demo, 102, HASTY)
        await quiet(demo, 10.0)

        conclusion, title = shown(demo, 102)
        summary = check(demo, 102).summary or ""
        assert (conclusion, LEFT in title) == ("failure", True)
        assert "policy broken in " in summary
        assert "judged by " in summary


async def test_a_file_that_was_never_good_fails_and_says_where(tmp_path: Path) -> None:
    async with hurried(tmp_path) as demo:
        stage = demo.stage
        wrong = POLICY.replace("mode: enforce", "mode: enforced")
        files = {**FILES, ".github/handoff.yml": wrong}
        stage.repo = stage.world.repository(stage.repo.owner, "young", files)
        stage.world.grant(stage.repo, stage.people["ana"], "write")
        opened(demo, 1, HASTY)
        await quiet(demo, 10.0)

        conclusion, title = shown(demo, 1)
        assert conclusion == "failure"
        assert title == "Policy cannot be read · .github/handoff.yml:2"


async def test_when_the_policy_goes_a_check_that_waits_is_ended_as_neutral(tmp_path: Path) -> None:
    async with hurried(tmp_path) as demo:
        stage = demo.stage
        pull = opened(demo, 102, {"app/api/x.py": REFUNDS, "docs/x.md": "Words.\n"})
        stage.world.run_ci(pull, "ci / unit", None)
        await quiet(demo, 10.0)
        waiting = shown(demo, 102)[0]

        branch = (stage.repo, stage.repo.default_branch)
        stage.world.remove_file(branch, stage.people["maria"], ".github/handoff.yml")
        await quiet(demo, 20.0)

        assert waiting is None
        assert shown(demo, 102) == ("neutral", "No policy in this repository any more")


async def test_the_organisations_layer_holds_and_stays_after_it_is_out_of_sight(
    tmp_path: Path,
) -> None:
    async with hurried(tmp_path) as demo:
        stage = demo.stage
        home = layer(demo)
        opened(demo, 102, {"docs/x.md": "Words.\n"})
        await quiet(demo, 10.0)
        held = shown(demo, 102)

        (installation,) = stage.world.installations.values()
        stage.world.select(installation, added=(), removed=[home])
        opened(demo, 103, {"docs/y.md": "Words.\n"})
        await quiet(demo, 10.0)

        assert held[0] == shown(demo, 103)[0] == "failure"
        assert "review" in held[1]
        assert "last good copy" in (check(demo, 103).summary or "")


async def test_the_organisations_file_alone_is_a_policy_for_a_repository_without(
    tmp_path: Path,
) -> None:
    async with hurried(tmp_path) as demo:
        stage = demo.stage
        layer(demo)
        stage.repo = stage.world.repository(stage.repo.owner, "young", {"a.txt": "x\n"})
        stage.world.grant(stage.repo, stage.people["ana"], "write")
        opened(demo, 1, {"b.txt": "y\n"})
        await quiet(demo, 10.0)

        assert shown(demo, 1)[0] == "failure"
        assert "review" in shown(demo, 1)[1]


async def test_an_organisation_that_leaves_a_repository_out_leaves_it_in_silence(
    tmp_path: Path,
) -> None:
    async with hurried(tmp_path) as demo:
        stage = demo.stage
        layer(demo, LAYER.replace('["*"]', '["orders-*"]'))
        stage.repo = stage.world.repository(stage.repo.owner, "young", {"a.txt": "x\n"})
        stage.world.grant(stage.repo, stage.people["ana"], "write")
        opened(demo, 1, {"b.txt": "y\n"})
        await quiet(demo, 10.0)

        assert demo.stage.runs(1) == []
