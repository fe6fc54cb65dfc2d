"""No question to be answered before the work is left open in it.

Why it matters
    A question that is open at the handover is answered by whoever meets it first, by guessing.
What it looks at
    Entries of the section "Open questions" that are a box without a tick, and added lines that say
    `TODO(architect)`.
How to satisfy it
    Get the answer, write it down and tick the box; take the mark out of the code.
What it cannot see
    Questions in other words, and whether an answer answers.
Examples
    Ready: "- [x] Which currency? That of the order". Not ready: "- [ ] Which currency?".
"""

import re
from dataclasses import dataclass

from bot.linking.description import body_needs, section_of
from bot.model.area import Area
from bot.model.facts import Facts
from bot.model.known import Unknown
from bot.model.rule import Rule
from bot.model.verdict import Kind, Says, Tier, Verdict, passed, undecided

OPEN = Kind(
    id="question-open",
    tier=Tier.LIKELY,
    says=Says.BROKEN,
    because="The box has no tick, but it may be meant for later.",
)
MARKED = Kind(
    id="question-marked",
    tier=Tier.LIKELY,
    says=Says.BROKEN,
    because="The mark names who has to answer, but the line may only speak of it.",
)
_BOX = re.compile(r"^\s*(?:[-*+]|\d+[.)]) \[ \]\s*(.+)")
_MARK = re.compile(r"\bTODO\(architect\)")
SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`heading`: the section to look for."""

    heading: str = "Open questions"
    generated: Area = Area("generated", ())


def prove(facts: Facts, options: Options) -> Verdict:
    found = section_of(facts, options.heading)
    if isinstance(found, Unknown):
        return undecided(found)
    if isinstance(facts.changes, Unknown):
        return undecided(facts.changes)
    boxes = [_BOX.match(line) for line in found.lines] if found else []
    shown = [OPEN.at(f"not answered: {one.group(1)}"[:200]) for one in boxes if one]
    for file in facts.changes:
        if options.generated.has(file.path):
            continue
        if isinstance(file.added, Unknown):
            return undecided(file.added, *shown[:SHOWN])
        marks = [line.number for line in file.added if _MARK.search(line.text)]
        shown += [MARKED.at("marked for the architect", file.path, line) for line in marks]
    if not shown:
        return passed("no question is left open")
    what = f"{len(shown)} open question(s): write the answer down, or ask"
    return passed(what, advice=tuple(shown[:SHOWN]))


RULE = Rule(
    id="open-questions-are-answered",
    title="Open questions are answered",
    watch=True,
    kinds=(OPEN, MARKED),
    options=Options,
    needs=body_needs,
    prove=prove,
    guide="plan",
)
