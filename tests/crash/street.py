"""Two installations beside each other on a racing clock, one of which is in for trouble."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.simulator.faults import Fault
from bot.simulator.scenario import FILES, REFUNDS, Stage, set_up
from bot.simulator.things import Installation, Pull
from bot.simulator.world import World
from bot.wiring.demo import Demo
from tests.crash.invariants import broken, lines_of
from tests.support.hurried import hurried, quiet

GOOD = {"app/api/refunds.py": REFUNDS, "docs/refunds.md": "Refunds.\n"}
BAD = {"app/api/refunds.py": REFUNDS.replace("return {}", "print('x')\n    return {}")}
# More than any of these troubles can use up.
ALWAYS = 100_000
HERE, THERE = "acme/orders-api", "umbrella/orders-api"


def two_homes(world: World) -> Stage:
    """A second organisation of the same kind beside the demo's."""
    stage = set_up(world)
    other = world.organisation("umbrella")
    world.join(other, stage.people["ana"])
    repo = world.repository(other, "orders-api", FILES)
    world.grant(repo, stage.people["ana"], "write")
    world.install(other)
    return stage


@dataclass
class Street:
    """Both homes; trouble is meant for the first."""

    demo: Demo

    @property
    def homes(self) -> list[Installation]:
        return list(self.demo.stage.world.installations.values())

    def open(self, home: str, number: int, files: dict[str, str]) -> Pull:
        world, ana = self.demo.stage.world, self.demo.stage.people["ana"]
        pull = world.open_pull_request(
            world.repo(home), ana, number=number, title="Refunds", files=dict(files)
        )
        world.run_ci(pull, "ci / unit", "success")
        return pull

    def fails(self, where: str, fault: Fault, times: int = ALWAYS) -> None:
        self.demo.simulator.fault(where, fault, times, only=self.homes[0])

    def shows(self, pull: Pull) -> str | None:
        runs = self.demo.stage.world.our_runs(pull)
        return runs[-1].conclusion if runs else "nothing"

    async def passes(self, seconds: float) -> None:
        """Time, whatever goes on meanwhile."""
        await self.demo.simulator.settle()
        await self.demo.clock.sleep(seconds)

    async def until(self, right: Callable[[], bool], seconds: float) -> None:
        """As long, or until it is right and all is quiet."""
        ends = self.demo.clock.monotonic() + seconds
        while self.demo.clock.monotonic() < ends and not right():
            await self.passes(1.0)
        await quiet(self.demo)

    async def charged(self) -> list[str]:
        """Who has paid for what GitHub did, or was given up."""
        return [
            f"{one.subject.key} {one.word} {one.attempts} {one.why}"
            for one in await self.demo.bot.claims.waiting()
            if one.word == "parked because" or (one.attempts and one.word != "running")
        ]


@asynccontextmanager
async def street(folder: Path) -> AsyncIterator[Street]:
    """Both judge already; at the end all invariants hold."""
    with (folder / "github.log").open("w") as log:
        async with hurried(folder, seed=two_homes) as demo:
            journal = demo.simulator.record(log)
            here = Street(demo)
            yield here
            journal.heads(demo.stage.world.repositories.values())
    assert broken(lines_of(folder / "github.log")) == []
