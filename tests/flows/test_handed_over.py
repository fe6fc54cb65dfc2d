"""A handover from the telling to the answer, to the return after the merge."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

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
        assert acme.title.startswith("Told · waiting for QA (li) · due Tue 11:0")
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


EARLY = POLICY.replace("after: [list handoff, merged] }", "answer: none }")
GONE = "; what you were told will not come."
CLOSED = f"closed without being merged{GONE}"
TOLD = "li (QA), operations, for information: this was "


async def test_who_was_told_hears_once_that_it_was_closed(tmp_path: Path) -> None:
    async with crew(tmp_path, EARLY) as acme:
        await acme.opens(FILES, BODY)
        await acme.waits(seconds=61)
        said = acme.said
        assert "@li (QA): Known limitations: none" in said[-1]
        await acme.waits(hours=8)
        acme.world.close(acme.pull, acme.demo.stage.people["maria"])
        await acme.waits(minutes=1)
        assert acme.said == said
        await acme.waits(hours=15)
        assert acme.said == [*said, f"@{TOLD}{CLOSED}"]
        acme.world.edit_body(acme.pull, acme.demo.stage.people["ana"], "words")
        await acme.waits(hours=24)
        assert len(acme.said) == len(said) + 1


async def test_what_was_closed_and_comes_after_all_is_told_again(tmp_path: Path) -> None:
    async with crew(tmp_path, POLICY) as acme:
        await acme.opens(FILES, BODY)
        await acme.waits(seconds=61)
        said, maria = acme.said, acme.demo.stage.people["maria"]
        for seconds in (5, 61):
            acme.world.close(acme.pull, maria)
            await acme.waits(seconds=1)
            await acme.waits(seconds=seconds)
            assert acme.said[2:] == ([] if seconds < 60 else [f"@li (QA): this was {CLOSED}"])
            acme.world.reopen(acme.pull, maria)
            await acme.waits(minutes=1)
        assert acme.said[3].startswith("QA: changed since you were told: it comes after all. ")
        assert len(acme.said) == len(said) + 2
        await acme.waits(minutes=1)
        assert await acme.types("li", "/handoff accept") == ("+1",)
        assert acme.title == "Ready · 1 of 1 · operations is told after merge"


@pytest.mark.parametrize(
    ("body", "into", "heard"),
    [
        ("Reverts acme/orders-api#118", "main", True),
        ("It failed.\r\nReverts Acme/Orders-API#118\r\n", "main", True),
        ("Reverts acme/orders-api#118", "release", False),
        ("Reverts acme/other#118", "main", False),
        ("This Reverts acme/orders-api#118", "main", False),
        ("Reverts acme/orders-api#1", "main", False),
    ],
)
async def test_who_was_told_hears_once_that_it_was_taken_back(
    tmp_path: Path, body: str, into: str, *, heard: bool
) -> None:
    async with crew(tmp_path, EARLY) as acme:
        await acme.opens(FILES, BODY)
        await acme.waits(seconds=61)
        maria = acme.demo.stage.people["maria"]
        assert await acme.types("li", "/handoff accept") == ("+1",)
        acme.world.merge(acme.pull, maria)
        await acme.waits(minutes=1)
        said = acme.said
        stage = acme.demo.stage
        if into != "main":
            stage.repo.branches[into] = stage.repo.branches["main"]
        back = acme.world.open_pull_request(
            stage.repo,
            maria,
            number=119,
            title='Revert "Refunds"',
            files={"app/refunds.py": "x = 0\n"},
            body=body,
            base=into,
        )
        await acme.waits(minutes=2)
        assert acme.said == said
        acme.world.merge(back, maria)
        await acme.waits(minutes=2)
        acme.world.edit_body(back, maria, body + "\n")
        await acme.waits(minutes=2)
        assert acme.said[len(said) :] == [f"@{TOLD}taken back, as #119 says{GONE}"] * heard


async def test_a_question_about_what_was_closed_is_withdrawn(tmp_path: Path) -> None:
    policy = EARLY + (
        "escalate:\n  ask: qa\n"
        "  new-dependency: { when: { adds: [service] }, block: until-decided }\n"
    )
    redis = {"compose.yaml": "services:\n  redis:\n    image: redis:7\n"}
    async with crew(tmp_path, policy) as acme:
        await acme.opens(redis)
        await acme.waits(seconds=61)
        said = acme.said
        acme.world.close(acme.pull, acme.demo.stage.people["maria"])
        await acme.waits(minutes=1)
        with closing(sqlite3.connect(acme.demo.bot.settings.database)) as store:
            kinds = [kind for (kind,) in store.execute("SELECT kind FROM act ORDER BY kind")]
        assert kinds == ["ask", "raise", "withdraw"]
        assert acme.said == said
