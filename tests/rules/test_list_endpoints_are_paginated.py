"""A table of what the rule on pages says of the lists of a contract."""

from __future__ import annotations

import pytest

from bot.rules.list_endpoints_are_paginated import RULE
from tests.rules.tables import P, case, table, verdicts, words
from tests.support.contracts import (
    AREA,
    answering,
    api,
    contract_near_misses,
    operation,
    rewritten,
    schemas,
)

OLD = operation("get /a")
BASE = api(OLD)
LIST = "{ type: array, items: { type: object } }"
BOUND = "{ type: array, maxItems: 7, items: { type: object } }"
PAGE = f"{{ type: object, properties: {{ items: {LIST}, next: {{ type: string }} }} }}"
NAMED = "{ $ref: '#/components/schemas/Orders' }"
TEXT = "{ type: string }"
BAD = api(OLD, answering("get /orders", LIST))


def taking(parameter: str) -> str:
    return api(OLD, answering("get /orders", LIST, parameters={parameter: TEXT}))


TABLE = table(
    RULE.id,
    case("a whole list", rewritten(BASE, BAD), P),
    case("in a contract of its own", rewritten("", BAD), P),
    case(
        "a list by its name",
        rewritten(BASE, api(OLD, answering("get /orders", NAMED), more=schemas(Orders=LIST))),
        P,
    ),
    case("filtered alone", rewritten(BASE, taking("status")), P),
    case("below another thing", rewritten(BASE, api(OLD, answering("get /o/{id}/l", LIST))), P),
    case("with a limit", rewritten(BASE, taking("limit")), P),
    case("a page of it", rewritten(BASE, api(OLD, answering("get /orders", PAGE))), P),
    case("one of them", rewritten(BASE, api(OLD, answering("get /orders", "{ type: object }"))), P),
    case("seven at most", rewritten(BASE, api(OLD, answering("get /days", BOUND))), P),
    case("sent, not asked for", rewritten(BASE, api(OLD, answering("post /orders", LIST))), P),
    case("says nothing of its answer", rewritten(BASE, api(OLD, operation("get /orders"))), P),
    case(
        "only where it fails",
        rewritten(
            BASE,
            api(
                OLD,
                operation(
                    "get /orders",
                    errors={
                        "400": f"{{ description: no, content: {{ a/b: {{ schema: {LIST} }} }} }}"
                    },
                ),
            ),
        ),
        P,
    ),
    case("commented out", rewritten(BASE, BASE + "#  " + answering("get /orders", LIST)), P),
    *contract_near_misses(BAD),
    contract=AREA,
)
test_verdicts = verdicts(TABLE)
test_golden_words = words(TABLE)

PAGING = (
    "page pageNumber per_page perPage page[size] $top $skip offset cursor after pageable _start"
)
OTHER = "status lastName customer pages_read startled topic afternoon sort q limitation"


@pytest.mark.parametrize(
    ("name", "shown"), [(one, 0) for one in PAGING.split()] + [(one, 1) for one in OTHER.split()]
)
def test_which_parameters_ask_for_a_part(name: str, shown: int) -> None:
    facts = rewritten(BASE, taking(f"'{name}'"))

    assert len(RULE.prove(facts, RULE.options(contract=AREA)).advice) == shown
