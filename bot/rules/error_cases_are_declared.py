"""Every new operation of the API contract says how it fails.

Why it matters
    A client can only handle the errors that it knows of; the others end as "something went wrong".
What it looks at
    Operations that the API contract newly states and that declare no `4xx` and no `default` answer,
    although they take a body or a path parameter, or ask who is calling.
How to satisfy it
    Declare what is answered to a wrong body, to a caller without permission, and for a thing that
    is not there.
What it cannot see
    Whether the declared errors are those that the code answers, and errors of a gateway before it.
Examples
    Ready: `GET /orders/{id}` declares 200 and 404. Not ready: it declares 200 alone.
"""

from collections.abc import Iterator

from bot.linking.operations import ContractOptions, Promises, added, advised, contract_needs
from bot.model.facts import Facts
from bot.model.rule import Rule
from bot.model.verdict import Evidence, Kind, Says, Tier, Verdict

UNDECLARED = Kind(
    id="error-cases-undeclared",
    tier=Tier.LIKELY,
    says=Says.ABSENT,
    because="Such an operation can fail, but a gateway or the framework may say so elsewhere.",
)


def prove(facts: Facts, options: ContractOptions) -> Verdict:
    clean = "every new operation that can fail says so"
    what = "{n} new operation(s) declare no error: say what is answered when they fail"
    return advised(facts, options, _silent, (clean, what))


def _silent(found: Promises) -> Iterator[Evidence]:
    for one in added(found):
        head = one.head
        reasons = (
            (bool(head.asks), "asks who is calling"),
            (head.body, "takes a body"),
            ("{}" in head.template, "takes a path parameter"),
        )
        why = " and ".join(said for holds, said in reasons if holds)
        if why and not any(status[:1] in {"4", "d"} for status in head.statuses):
            note = f"{head.name} {why}, and declares no error of the client"
            yield UNDECLARED.at(note[:200], one.path, one.line)


RULE = Rule(
    id="error-cases-are-declared",
    title="Operations say how they fail",
    watch=True,
    kinds=(UNDECLARED,),
    options=ContractOptions,
    needs=contract_needs,
    prove=prove,
    guide="api-implementation",
)
