"""The description leads to the plan that the change follows.

Why it matters       Without it a reviewer can judge how a change was written, not whether.
What it looks at     The section "Plan" of the description: a link, or words of its own.
How to satisfy it    Link the ticket or the design, or write in a sentence what was agreed.
What it cannot see   Whether the link leads to a plan, and whether the change follows it.
Examples             Ready: "ORD-118, agreed on Monday". Not ready: the template's own words.
"""

from dataclasses import dataclass

from bot.linking.description import body_needs, lack
from bot.model.facts import Facts
from bot.model.known import Unknown
from bot.model.rule import Rule
from bot.model.verdict import Kind, Says, Tier, Verdict, passed, undecided

LACKING = Kind(
    id="plan-not-linked",
    tier=Tier.LIKELY,
    says=Says.ABSENT,
    because="The description was read, but a plan may stand elsewhere.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`heading`: the section to look for."""

    heading: str = "Plan"


def prove(facts: Facts, options: Options) -> Verdict:
    note = lack(facts, options.heading)
    if isinstance(note, Unknown):
        return undecided(note)
    if note:
        return passed(f"{note}: link it, or say what was agreed", advice=(LACKING.at(note),))
    return passed("the description leads to the plan")


RULE = Rule(
    id="plan-is-linked",
    title="The plan is linked",
    watch=True,
    kinds=(LACKING,),
    options=Options,
    needs=body_needs,
    prove=prove,
    guide="plan",
)
