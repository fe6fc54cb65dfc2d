"""Every input that the API contract newly takes has an end.

Why it matters
    A list or a text without an end is stored, sent and paid for at whatever length somebody sends.
What it looks at
    Parameters and parts of bodies that a changed contract of the area `contract` (or the one that
    `file` names) did not take at the merge base: lists without `maxItems`, texts without any of
    `maxLength`, `enum`, `format` or `pattern`, whole numbers without any limit. A named schema
    counts once, by its own name, and not at all where it was sent before.
How to satisfy it
    Give the input the limit that the code keeps to.
What it cannot see
    Limits that the server, a gateway or the database keeps and the contract does not state.
Examples
    Ready: `name: { type: string, maxLength: 80 }`. Not ready: `name: { type: string }`.
"""

from collections.abc import Iterator

from bot.linking.operations import ContractOptions, Promises, advised, contract_needs
from bot.model.facts import Facts
from bot.model.rule import Rule
from bot.model.verdict import Evidence, Kind, Says, Tier, Verdict

_WHY = "The server may keep a limit that the contract does not state."
KINDS = {
    loose: Kind(id=f"unbounded-{loose}", tier=tier, says=Says.BROKEN, because=_WHY)
    for loose, tier in (
        ("array", Tier.LIKELY),
        ("string", Tier.LIKELY),
        ("integer", Tier.HINT),
    )
}
_LACKS = {"array": "a list without maxItems", "string": "a text of any length"}


def prove(facts: Facts, options: ContractOptions) -> Verdict:
    return advised(
        facts,
        options,
        _loose,
        ("no new input is without an end", "{n} new input(s) have no end: limit them"),
    )


def _loose(found: Promises) -> Iterator[Evidence]:
    known = {one.name for _, held in found.bases for one in held.inputs}
    for path, held in found.heads:
        for one in held.inputs:
            if one.loose and one.name not in known:
                lacks = _LACKS.get(one.loose, "a whole number of any size")
                note = f"{one.name.strip()} is {lacks}"
                yield KINDS[one.loose].at(note[:200], path, one.line or None)


RULE = Rule(
    id="inputs-are-bounded",
    title="New inputs have an end",
    word=None,
    items=frozenset({"input-validation"}),
    watch=True,
    kinds=tuple(KINDS.values()),
    version=1,
    options=ContractOptions,
    needs=contract_needs,
    prove=prove,
)
