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

from dataclasses import dataclass

from bot.linking.operations import operation_needs, promises
from bot.model.area import Area
from bot.model.facts import Changes, Facts
from bot.model.known import Unknown
from bot.model.need import Need
from bot.model.rule import Rule
from bot.model.verdict import Kind, Says, Tier, Verdict, passed, skipped, undecided

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
SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`file`: the one contract, else all of the area."""

    file: str = ""
    contract: Area = Area("contract", ())

    @property
    def area(self) -> Area:
        """Where the contract is."""
        return Area(self.file, (self.file,)) if self.file else self.contract


def needs(options: Options, changes: Changes) -> frozenset[Need]:
    return frozenset({operation_needs(options.area)})


def prove(facts: Facts, options: Options) -> Verdict:
    found = promises(facts, options.area)
    if isinstance(found, Unknown):
        return undecided(found)
    if not found.heads:
        return skipped("no contract file changed")
    known = {one.name for _, held in found.bases for one in held.inputs}
    fresh = [(path, one) for path, held in found.heads for one in held.inputs]
    fresh = [(path, one) for path, one in fresh if one.name not in known]
    loose = [
        KINDS[one.loose].at(
            f"{one.name.strip()} is {_LACKS.get(one.loose, 'a whole number of any size')}"[:200],
            path,
            one.line or None,
        )
        for path, one in fresh
        if one.loose
    ]
    if not loose:
        return passed(f"{len(fresh)} new input(s), none without an end")
    loose.sort(key=lambda one: one.kind.tier is Tier.HINT)
    return passed(f"{len(loose)} new input(s) have no end: limit them", advice=tuple(loose[:SHOWN]))


RULE = Rule(
    id="inputs-are-bounded",
    title="New inputs have an end",
    word=None,
    items=frozenset({"input-validation"}),
    watch=True,
    kinds=tuple(KINDS.values()),
    version=1,
    options=Options,
    needs=needs,
    prove=prove,
)
