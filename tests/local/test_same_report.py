"""A checkout and GitHub give the same judgement, byte for byte, when they know the same."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from bot.wiring.demo import Demo
from tests.local.exported import export
from tests.support.hurried import hurried, quiet
from tests.text.test_report_schema import OPEN

HANDOFF = Path(sys.executable).parent / "handoff"
GIT_HOLDS = ("changes", "base_sha", "head_sha", "owners", "tree")


async def reports(demo: Demo) -> dict[int, tuple[bytes, dict[str, Any]]]:
    """(report, facts) of every pull request, as the bot stored them last."""
    found = {}
    for number in demo.stage.pulls:
        report, matter = await demo.bot.ledger.find("acme/orders-api", number, None)
        found[number] = (report, json.loads(matter)["facts"])
    return found


def checked(folder: Path, facts: dict[str, Any]) -> bytes:
    """What the executable prints of the same pull request in a checkout."""
    given = {name: value for name, value in facts.items() if name not in GIT_HOLDS}
    (folder / ".git" / "facts.json").write_text(json.dumps(given))
    words = ["--base", facts["base_sha"], "--head", facts["head_sha"], "--layer", "none"]
    words += ["--facts", str(folder / ".git" / "facts.json"), "--format", "json"]
    done = subprocess.run([HANDOFF, "check", *words], cwd=folder, capture_output=True, check=False)
    return done.stdout or done.stderr


async def test_with_all_facts_given_the_json_is_the_bots_on_each_pull_request_of_the_demo(
    tmp_path: Path,
) -> None:
    async with hurried(tmp_path / "bot") as demo:
        await demo.play(lambda _: None)
        await quiet(demo)
        kept = await reports(demo)
    folder = tmp_path / "checkout"
    export(demo.stage.repo, folder)

    said = {number: checked(folder, facts) for number, (_, facts) in kept.items()}

    assert said == {number: report + b"\n" for number, (report, _) in kept.items()}
    assert sorted(said) == [101, 102, 107, 108, 109, 110, 111, 112]
    assert [one for one in said.values() if not OPEN.is_valid(json.loads(one))] == []
