"""A handover from the telling to the answer, to the return after the merge."""

from __future__ import annotations

from pathlib import Path

from tests.support.crew import crew

POLICY = """
version: 1
mode: enforce
areas: { code: ["app/**"], docs: ["docs/**"] }
roles:
  qa: { people: [li] }
  operations: { people: [sam] }
hours: { days: mon-fri, from: "09:00", to: "17:30", zone: Europe/Berlin }
checklist:
  docs:
    title: Docs
    when: { changed: [code] }
    proof: { changed: { areas: [docs], lines-at-least: 1 } }
lists: { handoff: [docs], quality: [docs] }
handoff:
  after: [list handoff]
  qa: { to: qa, answer: before-merge, tell: { known-limitations: { from: section } } }
  operations: { to: operations, after: [list handoff, merged] }
"""
FILES = {"app/refunds.py": "x = 1\n", "docs/refunds.md": "Refunds are paid.\n"}
BODY = "## QA handoff\nKnown limitations: none\n"
BACK = "/handoff return qa bug docs because a refund of 0 answers 500"


async def test_a_handover_is_told_returned_told_again_and_accepted(tmp_path: Path) -> None:
    async with crew(tmp_path, POLICY) as acme:
        await acme.opens(FILES)
        assert acme.title == "1 of 1 · QA notes left · ana"
        await acme.edits("ana", BODY)
        assert acme.title == "1 of 1 · next: the telling, then QA answers before merge"
        await acme.waits(seconds=61)
        assert acme.title == "Told · waiting for QA (li) · due Tue 11:01"
        assert acme.said[-1].startswith("Refunds (#118) is ready for you, at ")
        assert "@li (QA): Known limitations: none" in acme.said[-1]
        assert await acme.types("jo", "/handoff accept") == ("confused",)
        await acme.waits(minutes=1)
        assert await acme.types("li", BACK) == ("+1",)
        assert acme.title == "Returned by QA: docs · a refund of 0 answers 500 · ana"
        assert acme.conclusion == "failure"
        await acme.pushes({"app/refunds.py": "x = 2\n"})
        await acme.waits(seconds=61)
        assert acme.title == "Told · waiting for QA (li) · due Tue 11:03"
        assert "you returned docs" in acme.said[-1]
        await acme.waits(minutes=1)
        assert await acme.types("li", "/handoff accept") == ("+1",)
        assert acme.conclusion == "success"
        assert acme.title == "Ready · 1 of 1 · operations is told after merge"
        acme.world.merge(acme.pull, acme.demo.stage.people["maria"])
        await acme.waits(minutes=1)
        assert acme.title == "Handed over · accepted by QA · 1 of 1"
        assert "operations, for information" in acme.said[-1]
        await acme.waits(minutes=1)
        back = "/handoff return bug because it is slow with many refunds"
        assert await acme.types("li", back) == ("+1",)
        assert acme.title == "Handed over · returned by QA · 1 of 1"
        assert acme.said[-1].startswith("li (QA) returned Refunds, pull request 118, revision 2")
