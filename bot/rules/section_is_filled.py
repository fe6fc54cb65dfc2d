"""A section of the description says something of its own.

Why it matters       What only the author knows, such as how to roll back, stands nowhere else.
What it looks at     The named heading of the description, its text and its `Key: value` lines.
How to satisfy it    Write the section; "none" is an answer where the policy accepts it.
What it cannot see   Whether what it says is true.
Examples             Ready: "Rollback: drop the column". Not ready: the template's own words.
"""

from dataclasses import dataclass

from bot.model.body import BODY_LIMIT, section
from bot.model.facts import Changes, Facts
from bot.model.known import Unknown
from bot.model.need import Need, Part
from bot.model.rule import Rule
from bot.model.verdict import Kind, Says, Tier, Verdict, failed, passed, undecided

EMPTY = Kind(
    id="section-empty",
    tier=Tier.SURE,
    says=Says.ABSENT,
    because="The whole description was read.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`keys`: lines `Key: value` that must be filled. `accept_none`: "none" is an answer."""

    heading: str
    keys: tuple[str, ...] = ()
    words_at_least: int = 1
    accept_none: bool = False


def needs(options: Options, changes: Changes) -> frozenset[Need]:
    return frozenset({Part.BODY})


def prove(facts: Facts, options: Options) -> Verdict:
    body = facts.body
    if isinstance(body, Unknown):
        return undecided(body)
    if len(body) > BODY_LIMIT:
        return undecided(Unknown("the description is too long to read", by_content=True))
    found = section(body, options.heading)
    if found is None:
        return _lacks(f"the description has no section {options.heading}")
    empty = [key for key in options.keys if not found.value(key)]
    if empty:
        return _lacks(f"section {options.heading} does not say: {', '.join(empty)}")
    if options.accept_none and found.says_none:
        return passed(f"section {options.heading} says none")
    words = found.own_words
    if words < options.words_at_least:
        return _lacks(
            f"section {options.heading} has {words} of {options.words_at_least} word(s) of its own"
        )
    return passed(f"section {options.heading} is filled")


def _lacks(note: str) -> Verdict:
    return failed(note, EMPTY.at(note[:200]))


RULE = Rule(
    id="section-is-filled",
    title="A section of the description is filled",
    word="section",
    items=frozenset({"migrations"}),
    watch=False,
    kinds=(EMPTY,),
    version=1,
    options=Options,
    needs=needs,
    prove=prove,
)
