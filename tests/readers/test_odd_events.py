"""Deliveries that GitHub never sends, or sends mutilated, and every example that it publishes."""

from __future__ import annotations

import copy
import json
import lzma
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.arrival import Arrival
from bot.model.codec import canonical
from bot.readers.events import EVENTS
from tests.readers.test_events import read, sent

DATA = Path(__file__).parents[1] / "contract" / "data" / "webhook-examples.json.xz"
PUBLISHED: list[tuple[str, dict[str, Any]]] = [
    (group["name"], example)
    for group in json.loads(lzma.decompress(DATA.read_bytes()))
    for example in group["examples"]
]


@pytest.mark.parametrize(
    "repository",
    [
        {"id": 7, "full_name": "acme/../other"},
        {"id": 7, "full_name": "acme/shop?x=1"},
        {"id": True, "full_name": "acme/shop"},
        {"id": 2**63, "full_name": "acme/shop"},
        {"id": -1, "full_name": "acme/shop"},
        {"id": 7, "full_name": None},
        [],
    ],
)
def test_a_repository_that_cannot_be_one_is_missing(repository: object) -> None:
    found = read("pull_request", sent("opened", number=1, repository=repository))

    assert found.repo is None


@pytest.mark.parametrize(("event", "payload"), PUBLISHED)
def test_every_published_example_of_an_event_with_a_pull_request_wakes_it(
    event: str, payload: dict[str, Any]
) -> None:
    found = read(event, payload)

    assert event in EVENTS
    if event.startswith("pull_request"):
        assert found.number == payload["pull_request"]["number"]
    if event == "pull_request":
        assert found.head is not None


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


def holds(arrival: Arrival) -> None:
    """What routing and the store rely on, whatever came in."""
    assert sum(one is not None for one in (arrival.number, arrival.sha, arrival.group)) <= 1
    assert arrival.said is None or arrival.number is not None
    canonical(arrival).decode()


@given(st.sampled_from(sorted(EVENTS)) | st.text(), ANYTHING)
def test_no_json_makes_it_raise(event: str, payload: object) -> None:
    holds(read(event, payload))


def places(value: object, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where something stands in JSON data, three levels deep."""
    if len(at) == 3 or not isinstance(value, dict):
        return [at] if at else []
    return ([at] if at else []) + [
        one for key, item in value.items() for one in places(item, (*at, key))
    ]


@given(st.data())
def test_no_mutilated_delivery_makes_it_raise(data: st.DataObject) -> None:
    event, original = data.draw(st.sampled_from(PUBLISHED))
    payload = copy.deepcopy(original)
    for at in data.draw(st.lists(st.sampled_from(places(original)), min_size=1, max_size=4)):
        inside: Any = payload
        for key in at[:-1]:
            inside = inside[key] if isinstance(inside, dict) and key in inside else {}
        if isinstance(inside, dict):
            inside[at[-1]] = data.draw(ANYTHING)

    holds(read(event, payload))
