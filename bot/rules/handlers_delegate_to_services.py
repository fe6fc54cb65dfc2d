"""No added endpoint does its work in its handler.

Why it matters       What a handler does by itself is had and tested by calling the endpoint alone.
What it looks at     Handlers that are added with their endpoint and hold more than 40 lines of
                     code: comments, docstrings, brackets and inner functions are not counted.
How to satisfy it    Let the handler read what was sent, call one function and answer.
What it cannot see   Whether the lines are of the business, and handlers that have no name.
Examples             Ready: `refund` calls `pay(order)`. Not ready: it has 60 lines of rules.
"""

from bot.linking.news import answer
from bot.linking.route_changes import Places, route_needs
from bot.linking.touched import added_handlers
from bot.model.facts import Facts
from bot.model.rule import Rule
from bot.model.verdict import Kind, Says, Tier, Verdict

LONG = Kind(
    id="handler-does-much",
    tier=Tier.HINT,
    says=Says.BROKEN,
    because="A long handler may only translate much.",
)


def prove(facts: Facts, options: Places) -> Verdict:
    added, read = added_handlers(facts, options)
    shown = [
        LONG.at(f"{route.name} does {one.statements} lines of work"[:200], route.path, one.line)
        for route, one, _ in added
        if one.statements > 40
    ]
    what = "{n} added handler(s) do much by themselves: let a service do it"
    return answer(read, shown, "no added handler is long", what)


RULE = Rule(
    id="handlers-delegate-to-services",
    title="Handlers delegate to services",
    watch=True,
    kinds=(LONG,),
    options=Places,
    needs=route_needs,
    prove=prove,
    guide="api-implementation",
)
