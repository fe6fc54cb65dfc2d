"""What is closed or merged: who speaks there is heard, and nothing else is said or judged."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.crew import Crew, crew
from tests.support.hurried import quiet

POLICY = """
version: 1
mode: enforce
areas: { code: ["app/**"], docs: ["docs/**"] }
roles: { qa: { people: [li] } }
checklist:
  docs:
    title: Docs
    when: { changed: [code] }
    proof: { changed: { areas: [docs], lines-at-least: 1 } }
lists: { handoff: [docs], quality: [docs] }
handoff: { after: [list handoff, merged], qa: { to: qa, answer: none } }
"""
# Longer than sweeps are apart.
A_WHILE = 70.0
FILES = {"app/refunds.py": "x = 1\n", "docs/refunds.md": "Refunds are paid.\n"}


def end(acme: Crew, how: str) -> None:
    """ana's pull request is closed or merged by maria."""
    maria = acme.demo.stage.people["maria"]
    if how == "merged":
        acme.world.merge(acme.pull, maria)
    else:
        acme.world.close(acme.pull, maria)


@pytest.mark.parametrize("how", ["merged", "closed"])
async def test_people_are_still_answered(tmp_path: Path, how: str) -> None:
    async with crew(tmp_path, POLICY) as acme:
        await acme.opens(FILES)
        assert acme.title == "Ready · 1 of 1 · QA is told after merge"
        end(acme, how)
        await acme.waits(minutes=1)

        assert await acme.types("ana", "/handoff why docs") == ("+1",)
        assert "docs (block) is proved" in acme.said[-1].replace("\\", "")
        assert await acme.types("ana", "/handoff ready") == ("confused",)
        assert "this pull request is closed" in acme.said[-1]
        # What was merged is told then; what was not is nobody's.
        accepted = await acme.types("li", "/handoff accept")
        assert accepted == (("+1",) if how == "merged" else ("confused",))


async def test_n16_who_is_told_after_a_merge_is_told_though_nobody_heard_of_it(
    tmp_path: Path,
) -> None:
    async with crew(tmp_path, POLICY) as acme:
        await acme.opens(FILES)
        switches = acme.demo.simulator.deliveries.switches
        switches.drop = lambda _: True
        end(acme, "merged")
        # For so long it is asked for again.
        await acme.waits(hours=2)
        await quiet(acme.demo, A_WHILE)

        assert [one.split(",")[0] for one in acme.said] == ["Refunds (#118) is ready for you"]


async def test_an_answer_can_be_taken_back_for_a_week(tmp_path: Path) -> None:
    async with crew(tmp_path, POLICY) as acme:
        await acme.opens(FILES)
        end(acme, "merged")
        await acme.waits(minutes=1)

        found = [
            await acme.types("li", line)
            for line in ("/handoff accept", "/handoff undo", "/handoff accept")
        ]
        await acme.waits(days=8)
        found.append(await acme.types("li", "/handoff undo"))

        assert found == [("+1",)] * 3 + [("confused",)]
        assert "an answer can be taken back for 5 working days" in acme.said[-1]
        assert await acme.types("li", "/handoff return because it does not start") == ("+1",)


async def test_what_was_closed_unmerged_is_judged_no_more(tmp_path: Path) -> None:
    async with crew(tmp_path, POLICY) as acme:
        await acme.opens(FILES)
        end(acme, "closed")
        await acme.waits(minutes=1)
        since = len(acme.demo.simulator.calls)
        acme.world.edit_body(acme.pull, acme.demo.stage.people["ana"], "words")
        await acme.waits(minutes=1)

        assert [one.line for one in acme.demo.simulator.calls[since:] if one.writes] == []
