"""What GitHub charges for each query of the bot, by its published formula."""

from __future__ import annotations

import pytest

from bot.github.queries import (
    BATCH,
    DEPLOYMENTS,
    HANDOFF_CORE,
    HANDOFF_EVIDENCE,
    HANDOFF_FACTS,
    HEADS,
    MERGE_GROUP,
    base_files,
    documents,
    head_files,
)
from bot.github.reconcile import OPEN_PULL_REQUESTS
from bot.simulator.gql_parse import parse
from bot.simulator.gql_run import Reading, points, price
from bot.simulator.graphql import SCHEMA
from tests.contract.published import document_problems

# GitHub refuses more than this in one query; ours stay far below it.
NODES_AT_MOST = 500_000
EVERY = (*documents(), OPEN_PULL_REQUESTS)


def priced(text: str) -> tuple[int, int]:
    """Points and nodes of a query, with all that its variables may add."""
    parsed = parse(text)
    everything = {"workflow": True, "wantSticky": True}
    reading = Reading(SCHEMA, parsed, everything)
    requests, nodes = price(reading, parsed.operations[0].inside, 1)
    return points(requests), nodes


@pytest.mark.parametrize(
    ("text", "at_most"),
    [
        (HANDOFF_FACTS, 3),
        (HANDOFF_CORE, 1),
        (HANDOFF_EVIDENCE, 3),
        (head_files(BATCH), 1),
        (base_files(BATCH), 1),
        (OPEN_PULL_REQUESTS, 2),
        (MERGE_GROUP, 1),
        (HEADS, 1),
        (DEPLOYMENTS, 1),
    ],
)
def test_a_query_costs_no_more_points_than_planned(text: str, at_most: int) -> None:
    assert priced(text)[0] <= at_most


def test_the_facts_of_a_pull_request_are_two_thousand_nodes_at_most() -> None:
    assert priced(HANDOFF_FACTS)[1] <= 2_000


@pytest.mark.parametrize("text", EVERY)
def test_a_query_is_valid_and_far_from_the_limit_of_nodes(text: str) -> None:
    assert document_problems(text) == ()
    assert priced(text)[1] <= NODES_AT_MOST / 50
