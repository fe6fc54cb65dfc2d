"""What .gitattributes of the base branch calls generated is not judged; the head's says nothing."""

from __future__ import annotations

from pathlib import Path

from tests.support.crew import crew

POLICY = """\
version: 1
areas: { code: ["app/**"], docs: ["docs/**"] }
checklist:
  docs: { title: Docs, when: { changed: [code] }, proof: { changed: { areas: [docs] } } }
lists: { handoff: [docs], quality: [docs] }
"""
MARKS = {".gitattributes": "app/sdk/** linguist-generated=true\n"}
MADE = {"app/sdk/a.py": "x = 1\n"}


async def test_a_file_is_left_out_where_the_base_branch_marks_it(tmp_path: Path) -> None:
    async with crew(tmp_path, POLICY) as acme:
        stage = acme.demo.stage
        await acme.opens(MADE | MARKS)
        assert acme.conclusion == "failure"

        acme.world.push((stage.repo, "main"), stage.people["maria"], MARKS)
        await acme.types("ana", "/handoff recheck")
        assert acme.conclusion == "success"

        await acme.pushes({"app/refunds.py": "x = 1\n"})
        assert acme.conclusion == "failure"

        await acme.pushes({"app/refunds.py": None})
        assert acme.conclusion == "success"
