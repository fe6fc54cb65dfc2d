"""The stage as a label: one at a time, and what people did to it stays until it changes."""

from __future__ import annotations

from pathlib import Path

from tests.flows.test_handed_over import BACK, BODY, FILES
from tests.flows.test_handed_over import POLICY as WITHOUT
from tests.support.crew import Crew, crew

POLICY = WITHOUT + "labels: true\n"


def labels(acme: Crew) -> list[str]:
    return sorted(acme.pull.labels)


async def test_the_label_follows_the_stage(tmp_path: Path) -> None:
    async with crew(tmp_path, POLICY) as acme:
        await acme.opens({"app/refunds.py": "x = 1\n"}, draft=True)
        assert labels(acme) == ["handoff: draft"]
        acme.world.label(acme.pull, acme.demo.stage.people["maria"], "bug")
        acme.world.ready_for_review(acme.pull, acme.demo.stage.people["ana"])
        await acme.waits(seconds=1)
        assert labels(acme) == ["bug", "handoff: self-check"]
        await acme.pushes(FILES)
        assert labels(acme) == ["bug", "handoff: in review"]
        await acme.edits("ana", BODY)
        assert labels(acme) == ["bug", "handoff: ready"]
        await acme.waits(seconds=61)
        assert labels(acme) == ["bug", "handoff: told"]
        await acme.waits(minutes=1)
        await acme.types("li", BACK)
        assert labels(acme) == ["bug", "handoff: returned"]


async def test_a_label_that_a_person_took_off_comes_back_with_another_stage(tmp_path: Path) -> None:
    async with crew(tmp_path, POLICY) as acme:
        await acme.opens(FILES)
        acme.world.unlabel(acme.pull, acme.demo.stage.people["maria"], "handoff: in review")
        await acme.types("ana", "/handoff recheck")
        await acme.edits("ana", "Two of them.")
        assert labels(acme) == []
        await acme.edits("ana", BODY)
        assert labels(acme) == ["handoff: ready"]
        await acme.edits("ana", "")
        assert labels(acme) == ["handoff: in review"]
        acme.world.label(acme.pull, acme.demo.stage.people["maria"], "handoff: accepted")
        await acme.edits("ana", BODY)
        # The next stage comes a minute later, which a slow machine may have seen go by.
        assert labels(acme) in (["handoff: ready"], ["handoff: told"])


async def test_what_has_no_stage_has_no_label(tmp_path: Path) -> None:
    async with crew(tmp_path, POLICY + "exempt: { only-changed: [docs] }\n") as acme:
        await acme.opens({"docs/refunds.md": "Refunds are paid.\n"})
        assert labels(acme) == []
        await acme.pushes({"app/refunds.py": "x = 1\n"})
        assert labels(acme) == ["handoff: in review"]
        await acme.pushes({"app/refunds.py": None})
        assert labels(acme) == []


async def test_what_was_closed_unmerged_keeps_its_last_one(tmp_path: Path) -> None:
    async with crew(tmp_path, POLICY) as acme:
        await acme.opens(FILES)
        acme.world.close(acme.pull, acme.demo.stage.people["ana"])
        await acme.edits("ana", BODY)
        assert await acme.types("ana", "/handoff why docs") == ("+1",)
        assert labels(acme) == ["handoff: in review"]


async def test_nobody_is_labelled_where_the_policy_does_not_ask_for_it(tmp_path: Path) -> None:
    for name, policy in (("off", WITHOUT), ("observe", POLICY.replace("enforce", "observe"))):
        async with crew(tmp_path / name, policy) as acme:
            await acme.opens(FILES)
            assert labels(acme) == []
