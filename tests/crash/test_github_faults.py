"""Each way in which GitHub fails one of two installations: nothing passes on doubt, nobody is
charged, few calls are wasted, the other one notices nothing, and in the end all is right."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple, TypeAlias

import aiohttp
import pytest

from bot.github import transport
from bot.simulator import faults
from bot.simulator.faults import Fault, answer, cut, html_502, partial, secondary_limit
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
QUERY, FILES_OF, CHECK = "POST /graphql", "GET .*/files", "POST .*/check-runs"
ANYTHING = "."
ROLLUP = ("repository", "pullRequest", "head", "nodes", 0, "commit", "statusCheckRollup")
WRONG = {"errors": [{"message": "Something went wrong while executing your query."}]}
DENIED = {"message": "Resource not accessible by integration"}
BAD_TOKEN = {"message": "Bad credentials"}


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
            await quiet(demo)
            journal.heads(demo.stage.world.repositories.values())
    assert broken(lines_of(folder / "github.log")) == []


Order: TypeAlias = Callable[[Street], object]


class Case(NamedTuple):
    """`order`: the trouble. `lasts`: virtual seconds until it is over. `blind`: nothing can be
    judged meanwhile. `limited`: how many calls may be turned away for a limit."""

    name: str
    order: Order
    lasts: float = 90.0
    blind: bool = True
    limited: int = 0


def failing(where: str, fault: Fault, times: int = ALWAYS) -> Order:
    return lambda here: here.fails(where, fault, times)


def used_up(status: int) -> Order:
    """The hourly limit until ten minutes from now, on whatever is asked."""

    def order(here: Street) -> None:
        reset = here.demo.clock.now() + timedelta(minutes=10)
        here.fails(QUERY, faults.primary_limit(reset, status=status))
        here.fails("(GET|POST|PATCH) /repos", faults.primary_limit(reset, status=status))

    return order


def queries_used_up(here: Street) -> None:
    here.fails(QUERY, faults.graphql_limit(here.demo.clock.now() + timedelta(minutes=10)))


def tokenless(here: Street) -> None:
    here.demo.simulator.access.revoke()
    here.fails("access_tokens", answer(500))


CASES = [
    Case("the hourly limit, 403", used_up(403), 540.0, limited=5),
    Case("the hourly limit, 429", used_up(429), 540.0, limited=5),
    Case("the hourly limit of queries, 200", queries_used_up, 540.0, limited=5),
    Case("too fast, 60 s", failing(QUERY, secondary_limit(60)), 70.0, limited=5),
    Case("too fast, 429, 60 s", failing(QUERY, secondary_limit(60, status=429)), 70.0, limited=5),
    Case("too fast, no time told", failing(QUERY, secondary_limit(None)), 70.0, limited=5),
    Case("too fast writing", failing(CHECK, secondary_limit(60)), 70.0, limited=5),
    Case("too fast writing, no time told", failing(CHECK, secondary_limit(None)), 70.0, limited=5),
    Case("too fast, said as a 422", failing(CHECK, faults.abuse()), 70.0, limited=5),
    Case("a query fails with 200", failing(QUERY, answer(200, WRONG))),
    Case("a query is answered in part", failing(QUERY, partial(ROLLUP)), blind=False),
    Case("500 on queries", failing(QUERY, answer(500))),
    Case("500 on files", failing(FILES_OF, answer(500))),
    Case("502 in HTML on queries", failing(QUERY, html_502())),
    Case("502 in HTML on the check", failing(CHECK, html_502())),
    Case("504 on queries", failing(QUERY, answer(504))),
    Case("the query is cut", failing(QUERY, cut())),
    Case("the query is cut after its headers", failing(QUERY, faults.half())),
    Case("the files are cut after their headers", failing(FILES_OF, faults.half())),
    Case("the answer to the check is cut", failing(CHECK, faults.half(), 1), blind=False),
    Case("half a JSON on queries", failing(QUERY, faults.truncated())),
    Case("half a JSON on files", failing(FILES_OF, faults.truncated())),
    Case("half a JSON on the check", failing(CHECK, faults.truncated(), 1), blind=False),
    Case("no answer to queries", failing(QUERY, faults.hang())),
    Case("no answer to files", failing(FILES_OF, faults.hang())),
    Case("no answer to the check", failing(CHECK, faults.hang(done=True), 1), blind=False),
    Case("tokens are dead", failing("(/graphql|/repos)", answer(401, BAD_TOKEN))),
    Case("no tokens are given", tokenless),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_github_fails_one_installation(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Real seconds: a call that gets no answer is given up after these.
    soon = aiohttp.ClientTimeout(total=0.05)
    monkeypatch.setattr(transport, "REST_TIMEOUT", soon)
    monkeypatch.setattr(transport, "GRAPHQL_TIMEOUT", soon)
    async with street(tmp_path) as here:
        await quiet(here.demo)
        case.order(here)
        good, bad = here.open("acme/orders-api", 102, GOOD), here.open("acme/orders-api", 103, BAD)
        other = here.open("umbrella/orders-api", 102, GOOD)
        await here.passes(case.lasts)
        meanwhile, elsewhere = here.shows(good), here.shows(other)
        limited = [one for one in here.demo.simulator.calls if one.status in {403, 422, 429}]
        charged = await here.charged()
        here.demo.simulator.heal()
        await here.passes(330.0)

        assert elsewhere == "success"
        assert not (case.blind and meanwhile == "success")
        assert charged == []
        assert len(limited) <= case.limited
        assert (here.shows(good), here.shows(bad)) == ("success", "failure")
        assert await here.charged() == []
