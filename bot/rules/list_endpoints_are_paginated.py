"""Every endpoint that newly answers a list answers it in parts.

Why it matters
    A list grows with the data: what took ten rows in a test takes a hundred thousand later, and by
    then clients rely on getting all of it at once.
What it looks at
    GET operations that the API contract newly states and that answer a bare list without
    `maxItems`, where none of their parameters names a page, a limit or a place to go on from.
How to satisfy it
    Take a limit and a page or a cursor, or answer an object that holds the part and what follows.
What it cannot see
    Lists that stay short by nature, such as the days of a week, and limits that only the code has.
Examples
    Ready: `GET /orders` takes `limit` and `cursor`. Not ready: it answers every order there is.
"""

import re
from collections.abc import Iterator

from bot.linking.operations import ContractOptions, Promises, added, advised, contract_needs
from bot.model.facts import Facts
from bot.model.rule import Rule
from bot.model.verdict import Evidence, Kind, Says, Tier, Verdict

WHOLE = Kind(
    id="list-not-paginated",
    tier=Tier.HINT,
    says=Says.BROKEN,
    because="Of the lists in real contracts every third was short by nature.",
)
# `last` alone asks for a part, `lastName` for somebody.
_PAGES = re.compile(
    r"^[$_]?(?i:page|per|limit|offset|cursor|size|skip|take|after|before|since|until|range"
    r"|continuation|marker|pageable|pagesize)(?![a-z])"
    r"|^[$_]?(?i:first|last|top|from|start|max|count|next) "
    r"|[_-](?i:limit|offset|cursor|page|size)(?![a-z])"
)


def prove(facts: Facts, options: ContractOptions) -> Verdict:
    clean = "no new endpoint answers a list without an end"
    what = "{n} new endpoint(s) answer a whole list: take a limit and a place to go on from"
    return advised(facts, options, _whole, (clean, what))


def _whole(found: Promises) -> Iterator[Evidence]:
    for one in added(found):
        paged = any(_PAGES.search(name) for name in one.head.parameters)
        if one.head.method == "GET" and one.head.lists and not paged:
            yield WHOLE.at(f"{one.head.name} answers a whole list"[:200], one.path, one.line)


RULE = Rule(
    id="list-endpoints-are-paginated",
    title="Lists are answered in parts",
    watch=True,
    kinds=(WHOLE,),
    options=ContractOptions,
    needs=contract_needs,
    prove=prove,
    guide="api-implementation",
)
