"""No two added endpoints catch the same error of the domain.

Why it matters       Where two handlers word the same error, a client gets two answers to it.
What it looks at     Handlers in Python that are added with their endpoints: types of errors, other
                     than Python's own, that two or more of them catch.
How to satisfy it    Turn the error into an answer at one place, such as an exception handler.
What it cannot see   Handlers that were there before, and whether each has a reason of its own.
Examples             Ready: one place catches `NoSuchOrder`. Not ready: two handlers catch it.
"""

from collections import defaultdict

from bot.linking.news import answer
from bot.linking.route_changes import Places, route_needs
from bot.linking.touched import added_handlers
from bot.model.facts import Facts
from bot.model.rule import Rule
from bot.model.signal import Sign
from bot.model.verdict import Kind, Says, Tier, Verdict

TWICE = Kind(
    id="error-translated-twice",
    tier=Tier.HINT,
    says=Says.BROKEN,
    because="Each of the handlers may make something else of the error.",
)


def prove(facts: Facts, options: Places) -> Verdict:
    added, read = added_handlers(facts, options)
    caught: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for route, one, value in added:
        names = {
            each.name
            for each in value.signals
            if each.sign is Sign.CAUGHT and one.line <= each.line <= one.end
        }
        for name in sorted(names):
            caught[name].append((route.path, one.line))
    shown = [
        TWICE.at(f"{len(places)} added handlers catch {name}", *places[0])
        for name, places in caught.items()
        if len(places) > 1
    ]
    what = "{n} error(s) are caught in several added handlers: translate them at one place"
    return answer(read, shown, "no error is caught by two added handlers", what)


RULE = Rule(
    id="domain-errors-are-translated-once",
    title="Domain errors are translated once",
    watch=True,
    kinds=(TWICE,),
    options=Places,
    needs=route_needs,
    prove=prove,
    guide="service-layer",
)
