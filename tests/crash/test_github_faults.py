"""Each way in which GitHub fails one of two installations: nothing passes on doubt, nobody is
charged, few calls are wasted, the other one notices nothing, and in the end all is right."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple, TypeAlias

import aiohttp
import pytest

from bot.github import transport
from bot.simulator import faults
from bot.simulator.faults import Fault, answer, cut, html_502, partial, secondary_limit
from tests.crash.street import ALWAYS, BAD, GOOD, HERE, THERE, Street, street
from tests.support.hurried import quiet

QUERY, FILES_OF, CHECK = "POST /graphql", "GET .*/files", "POST .*/check-runs"
ROLLUP = ("repository", "pullRequest", "head", "nodes", 0, "commit", "statusCheckRollup")
WRONG = {"errors": [{"message": "Something went wrong while executing your query."}]}
BAD_TOKEN = {"message": "Bad credentials"}


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
        good, bad = here.open(HERE, 102, GOOD), here.open(HERE, 103, BAD)
        other = here.open(THERE, 102, GOOD)
        await here.passes(case.lasts)
        meanwhile, elsewhere = here.shows(good), here.shows(other)
        limited = [one for one in here.demo.simulator.calls if one.status in {403, 422, 429}]
        charged = await here.charged()
        here.demo.simulator.heal()
        verdicts = ("success", "failure")
        await here.until(lambda: (here.shows(good), here.shows(bad)) == verdicts, 330.0)

        assert elsewhere == "success"
        assert not (case.blind and meanwhile == "success")
        assert charged == []
        assert len(limited) <= case.limited
        assert (here.shows(good), here.shows(bad)) == verdicts
        assert await here.charged() == []
