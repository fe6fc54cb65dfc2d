"""Every endpoint that is added or altered takes its body by a declared type.

Why it matters
    What no type describes is checked by nobody, or in each place in another way.
What it looks at
    Handlers of routes that are added or altered and that newly take the body as it comes:
    `request.json()` and its like, a bare `dict` or `Map`, `permit!`, a decoder into a map.
How to satisfy it
    Declare the body by a model, a class, a struct or a schema that the framework checks.
What it cannot see
    Checks by a gateway, by middleware, or in what the handler calls; types that check nothing;
    GraphQL.
Examples
    Ready: `def create(item: ItemCreate)`. Not ready: `data = await request.json()`.
"""

from bot.linking.route_changes import Places, route_needs
from bot.linking.touched import spot, touched
from bot.model.endpoint import Body
from bot.model.facts import Facts
from bot.model.known import Unknown
from bot.model.rule import Rule
from bot.model.verdict import Kind, Says, Tier, Verdict, passed, skipped, undecided

RAW = Kind(
    id="body-read-raw",
    tier=Tier.LIKELY,
    says=Says.BROKEN,
    because="What the handler calls may check it.",
)
SHOWN = 20


def prove(facts: Facts, options: Places) -> Verdict:
    found = touched(facts, options)
    if isinstance(found, Unknown):
        return undecided(found)
    raw, unseen = [], []
    for base, head in found.pairs:
        was = base.does.body if base and base.does else Body.NONE
        if head.does is None:
            unseen.append(head)
        elif head.does.body is Body.RAW and was is not Body.RAW:
            place = spot(facts, head.path, head.does.raw or head.line)
            raw.append(RAW.at(f"{head.name} takes its body as it comes"[:200], *place))
    if found.open:
        return undecided(found.open, *raw[:SHOWN])
    if unseen:
        why = f"can't tell: the body of {unseen[0].name} - its handler was not found"
        return undecided(Unknown(f"{why}. Read it there"), *raw[:SHOWN])
    if not found.pairs:
        return skipped("no endpoint was added or altered")
    if raw:
        return passed(
            f"{len(raw)} endpoint(s) take a body without a type: declare it",
            advice=tuple(raw[:SHOWN]),
        )
    return passed(f"{len(found.pairs)} changed endpoint(s), none takes its body as it comes")


RULE = Rule(
    id="bodies-are-typed",
    title="Bodies are taken by declared types",
    word=None,
    items=frozenset({"input-validation"}),
    watch=True,
    kinds=(RAW,),
    version=1,
    options=Places,
    needs=route_needs,
    prove=prove,
)
