"""The description says what may go wrong.

Why it matters       The author knows where the change is thin; who releases it finds out at night.
What it looks at     The section "Risks" of the description; "none" is an answer.
How to satisfy it    Name what may break, how it would be noticed, what to do; or write "none".
What it cannot see   Whether the risks are the real ones.
Examples             Ready: "Old clients send no currency: watch the 422s". Not ready: no words.
"""

from dataclasses import dataclass

from bot.linking.description import body_needs, lack
from bot.model.facts import Facts
from bot.model.known import Unknown
from bot.model.rule import Rule
from bot.model.verdict import Kind, Says, Tier, Verdict, passed, undecided

LACKING = Kind(
    id="risks-not-named",
    tier=Tier.LIKELY,
    says=Says.ABSENT,
    because="The description was read, but risks may be named elsewhere.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`heading`: the section to look for."""

    heading: str = "Risks"


def prove(facts: Facts, options: Options) -> Verdict:
    note = lack(facts, options.heading, none=True)
    if isinstance(note, Unknown):
        return undecided(note)
    if note:
        return passed(f"{note}: name what may break, or write none", advice=(LACKING.at(note),))
    return passed("the description names the risks")


RULE = Rule(
    id="risks-are-named",
    title="Risks are named",
    watch=True,
    kinds=(LACKING,),
    options=Options,
    needs=body_needs,
    prove=prove,
    guide="plan",
)
