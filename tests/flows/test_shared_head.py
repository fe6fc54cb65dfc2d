"""Two pull requests with one head, and one check for both."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.model.claim import Claim
from bot.model.keeping import Judged
from bot.worker.run import Worker
from tests.flows.test_handed_over import EARLY, FILES
from tests.support.crew import NUMBER, crew
from tests.support.hurried import quiet

PLAIN = EARLY.partition("handoff:\n  after")[0]


async def test_what_cannot_be_judged_is_not_green_by_another_ones_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge, fails = Worker._judge, True

    async def judged(self: Worker, claim: Claim) -> Judged:
        if fails and claim.subject.number == 119:
            raise RuntimeError
        return await judge(self, claim)

    monkeypatch.setattr(Worker, "_judge", judged)
    async with crew(tmp_path, PLAIN) as acme:
        await acme.opens(FILES)
        assert acme.conclusion == "success"
        stage, ben = acme.demo.stage, acme.demo.stage.people["ben"]
        stage.repo.branches["release"] = stage.repo.branches["main"]
        acme.world.open_pull_request(
            stage.repo, ben, number=119, branch=acme.pull.head_ref, base="release"
        )
        await quiet(acme.demo)
        await acme.types("ana", "/handoff recheck")
        stands = stage.runs(NUMBER)[-1]
        assert (stands.conclusion, stands.title) == (None, "#119: not judged yet")
        fails = False
        await acme.waits(hours=2)
        assert acme.conclusion == "success"
