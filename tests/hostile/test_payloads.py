"""GitHub's own payloads with keys missing, null or of another kind: taken, and never a fault."""

from __future__ import annotations

import copy
import io
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any, TypeAlias

import pytest

from bot.simulator.scenario import Stage
from tests.contract.published import examples
from tests.hostile.door import door, faults

Case: TypeAlias = tuple[str, Any]
Change: TypeAlias = Callable[[dict[str, Any], str, Random], None]

ODD: tuple[Any, ...] = (
    [],
    {},
    "",
    "\ud800",
    "a\x00b",
    "x" * 70_000,
    -1,
    0,
    2**63,
    10**40,
    1.5,
    True,
    [None, {"id": "1"}],
    {"id": []},
)


def places(payload: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    """The keys of the first and of the second level."""
    for name, value in payload.items():
        yield (name,)
        if isinstance(value, dict):
            yield from ((name, inner) for inner in value)


def mutants(change: Change, number: int) -> list[Case]:
    """So many payloads, each with one of its places changed, spread over all of them."""
    random, out = Random(7), list[Case]()
    every = [(event, one, place) for event, one in examples() for place in places(one)]
    for event, payload, (*above, last) in random.sample(every, number):
        mutant = copy.deepcopy(payload)
        change(mutant[above[0]] if above else mutant, last, random)
        out.append((event, mutant))
    return out


def delete(data: dict[str, Any], key: str, random: Random) -> None:
    del data[key]


def nullify(data: dict[str, Any], key: str, random: Random) -> None:
    data[key] = None


def confuse(data: dict[str, Any], key: str, random: Random) -> None:
    data[key] = random.choice(ODD)


def adopt(sample: list[Case], stage: Stage) -> None:
    """Have what still names a repository name ours, so that it is not put aside as a stranger's."""
    (installation,) = stage.world.installations.values()
    known = {"repository": stage.repo, "installation": installation}
    for _, payload in sample:
        for name, thing in known.items():
            if isinstance(payload.get(name), dict) and "id" in payload[name]:
                payload[name]["id"] = thing.id
        if isinstance(payload.get("repository"), dict):
            payload["repository"]["full_name"] = "acme/orders-api"


@pytest.mark.parametrize("change", [delete, nullify, confuse])
async def test_a_mutilated_payload_is_taken_without_a_fault(
    change: Change, tmp_path: Path, said: io.StringIO
) -> None:
    sample = mutants(change, 250)

    async with door(tmp_path) as front:
        adopt(sample, front.demo.stage)
        statuses = Counter([await front.send(payload, event) for event, payload in sample])

    assert set(statuses) <= {200, 202}
    assert faults(said.getvalue()) == []
