"""The author has read the change before others do, and says so.

Why it matters       Most of what a reviewer finds first, the author finds in one reading.
What it looks at     The section "Self-review" of the description: at least three own words.
How to satisfy it    Read the whole difference once; write down what you checked, ran or left.
What it cannot see   Whether it was read; and the author's own comments on the lines.
Examples             Ready: "Read it twice, ran the suite". Not ready: "- [ ] reviewed".
"""

from dataclasses import dataclass

from bot.linking.description import body_needs, lack
from bot.model.facts import Facts
from bot.model.known import Unknown
from bot.model.rule import Rule
from bot.model.verdict import Kind, Says, Tier, Verdict, passed, undecided

LACKING = Kind(
    id="self-review-not-noted",
    tier=Tier.LIKELY,
    says=Says.ABSENT,
    because="The description was read; the note may stand in a comment.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`heading`: the section to look for."""

    heading: str = "Self-review"


def prove(facts: Facts, options: Options) -> Verdict:
    note = lack(facts, options.heading, words=3)
    if isinstance(note, Unknown):
        return undecided(note)
    if note:
        return passed(f"{note}: say what you checked", advice=(LACKING.at(note),))
    return passed("the author notes a review of their own")


RULE = Rule(
    id="self-review-is-noted",
    title="The self-review is noted",
    watch=True,
    kinds=(LACKING,),
    options=Options,
    needs=body_needs,
    prove=prove,
    guide="review",
)
