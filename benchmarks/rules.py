"""How long readers, linking and judging take on real pull requests, as a server that is warm would.

`HANDOFF_CORPUS_DIR=FOLDER make bench ONLY=rules` judges the newest commits of every repository of
the corpus that stands in FOLDER (a clone, bare or not) with the preset `backend-dev`; COMMITS=20
says how many of each. Facts and texts are at hand, the readings of unchanged files are kept, and
one more commit of each repository was judged before; changed files are read anew on both sides.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles
from time import perf_counter
from typing import Any, NamedTuple
from zlib import crc32

from benchmarks.below import spent
from benchmarks.growth import growth
from bot import __version__
from bot.cli.serve import settle_memory
from bot.clock import SystemClock
from bot.judge.evaluate import evaluate, needs_of
from bot.local.contents import Contents
from bot.local.git import CannotEvaluate, Git
from bot.local.source import Checkout, Range
from bot.model.facts import Facts
from bot.model.known import Known, Unknown
from bot.model.need import Need
from bot.model.policy import Policy
from bot.model.report import Matter, Report
from bot.wiring.catalogue import registry
from bot.wiring.readers import SandboxReaders
from bot.worker.desk import Desk
from tests.corpus.precision import commits, preset

CORPUS = Path(__file__).parents[1] / "tests" / "corpus" / "repositories.json"
FILES_AT_MOST, WORKERS = 50, 2
TAKEN_AT = datetime(2026, 1, 1, tzinfo=UTC)


class Cost(NamedTuple):
    """What one commit took in milliseconds, `cpu` of all processes together, and what was said."""

    wall: float
    cpu: float
    report: Report


@dataclass(slots=True)
class _Held:
    """The contents of one commit, fetched once."""

    source: Contents | None = None
    known: dict[Any, Known[bytes]] = field(default_factory=dict)
    listed: dict[Any, Known[Mapping[str, str]]] = field(default_factory=dict)

    def hold(self, source: Contents) -> None:
        """Those of another one."""
        self.source, self.known, self.listed = source, {}, {}

    async def texts(self, claim: Any, facts: Facts, places: Sequence[Any]) -> Any:
        assert self.source
        missing = [one for one in places if one not in self.known]
        self.known |= await self.source.texts(claim, facts, missing) if missing else {}
        return {one: self.known[one] for one in places}

    async def files(self, claim: Any, facts: Facts, area: Any, side: Any) -> Any:
        assert self.source
        if (area, side) not in self.listed:
            self.listed[area, side] = await self.source.files(claim, facts, area, side)
        return self.listed[area, side]


def rules() -> dict[str, float]:
    """Middle and 95th of a hundred, of the clock and of all processors, and how the cost grows with
    the repository; that alone without a folder."""
    grown = {"growth": asyncio.run(_growth())}
    folder = os.environ.get("HANDOFF_CORPUS_DIR", "")
    if not folder:
        print("rules      no real commits: name a folder of clones, HANDOFF_CORPUS_DIR=FOLDER")
        return grown
    costs = asyncio.run(_all(Path(folder), int(os.environ.get("COMMITS") or 20)))
    walls, cpus = [one.wall for one in costs], [one.cpu for one in costs]
    return grown | {
        "commits": len(costs),
        "p50_ms": quantiles(walls, n=20)[9],
        "p95_ms": quantiles(walls, n=20)[18],
        "cpu_p50_ms": quantiles(cpus, n=20)[9],
        "cpu_p95_ms": quantiles(cpus, n=20)[18],
    }


async def _growth() -> float:
    policy = preset("backend-dev")
    settle_memory()
    readers = SandboxReaders(SystemClock(), WORKERS)
    try:
        return await growth(readers, policy)
    finally:
        await readers.close()


async def _all(folder: Path, newest: int) -> list[Cost]:
    policy = preset("backend-dev")
    settle_memory()
    readers = SandboxReaders(SystemClock(), WORKERS)
    try:
        return [
            cost
            for one in json.loads(CORPUS.read_text())
            for path in [folder / one["repo"].replace("/", "+")]
            if path.exists()
            async for cost in costs(readers, policy, path, one, newest)
        ]
    finally:
        await readers.close()


async def costs(
    readers: SandboxReaders, policy: Policy, path: Path, about: Mapping[str, str], newest: int
) -> AsyncIterator[Cost]:
    """The newest commits of a clone that are small enough, without the very first."""
    git = Git(path / "repo" if (path / "repo").exists() else path)
    desk, warm = Desk(readers, held := _Held()), False
    repo_id = crc32(about["repo"].encode())
    for base, head in commits(git, about["head"], newest + 1):
        compared = Range(base=base, tip=base, base_ref="main", head=head, tree=head)
        given = {"repo": about["repo"], "default_branch": "main"}
        checkout = Checkout(git=git, compared=compared, policy_at=base, given=given)
        try:
            facts = checkout.outline(TAKEN_AT).facts
            if not isinstance(facts.changes, Unknown) and len(facts.changes) <= FILES_AT_MOST:
                needs = needs_of(facts, policy, registry())
                facts = checkout.load(facts, needs, policy.roles)
                held.hold(checkout.contents())
                cost = await _cost(desk, policy, replace(facts, repo_id=repo_id), needs)
                if warm:
                    yield cost
                warm = True
        except CannotEvaluate:
            continue


async def _cost(
    desk: Desk,
    policy: Policy,
    facts: Facts,
    needs: frozenset[Need],
) -> Cost:
    known = None
    # Some hundred files at a time are read for one pull request; those around it are read by now.
    while known != (known := await desk.fill(None, facts, needs)):
        pass
    _forget(desk, facts)
    began, before = perf_counter(), spent()
    facts = await desk.fill(None, facts, needs)
    report = evaluate(Matter(facts=facts, policy=policy), registry(), __version__)
    return Cost((perf_counter() - began) * 1000, (spent() - before) * 1000, report)


def _forget(desk: Desk, facts: Facts) -> None:
    """What was made of changed files, on either side."""
    assert not isinstance(facts.changes, Unknown)
    changed = {path for file in facts.changes for path in file.paths}
    kept = desk._kept  # noqa: SLF001  nobody else has to forget
    for key in [one for one in kept if one[2] in changed]:
        del kept[key]
    desk._seen.clear()  # noqa: SLF001
