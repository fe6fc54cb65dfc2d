"""A change that moves much and alters behaviour as well says why it does both.

Why it matters       Among a hundred moved files the five lines that do something new are not seen.
What it looks at     Pull requests that move more than 40 % of their files and add 20 lines or more
                     to source files, tests and imports aside: the section "Why this refactor".
How to satisfy it    Move in one pull request and alter in another, or say why that cannot be.
What it cannot see   Whether the reason is good; moved files of which too little is left to tell.
Examples             Ready: "The price needs orders apart". Not ready: 12 files move, no word why.
"""

import re
from dataclasses import dataclass

from bot.linking.description import body_needs, lack
from bot.linking.news import TESTS, counts
from bot.model.area import Area
from bot.model.facts import Change, ChangedFile, Facts
from bot.model.known import Known, Unknown
from bot.model.rule import Rule
from bot.model.verdict import Kind, Says, Tier, Verdict, passed, skipped, undecided

UNSAID = Kind(
    id="refactor-without-reason",
    tier=Tier.LIKELY,
    says=Says.ABSENT,
    because="Moves and new lines were counted, but a reason may stand elsewhere.",
)
SHARE, MOVED, LINES = 0.4, 3, 20
_IDLE = re.compile(
    r"\s*(import|from|require|package|use|include)\b|\s*export\b.* from\b|\s*(//|#)|\W*\w*,?$"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`heading`: the section to look for. `tests`: where tests are."""

    heading: str = "Why this refactor"
    tests: Area = TESTS
    generated: Area = Area("generated", ())


def prove(facts: Facts, options: Options) -> Verdict:
    if isinstance(facts.changes, Unknown):
        return undecided(facts.changes)
    files = [one for one in facts.changes if not options.generated.has(one.path)]
    moved = sum(one.change is Change.RENAMED for one in files)
    if moved < MOVED or moved <= SHARE * len(files):
        return skipped("most files stay where they are")
    new = _new_lines(files, options)
    if isinstance(new, Unknown):
        return undecided(new)
    if new < LINES:
        return skipped("files move, and little else is new")
    note = lack(facts, options.heading)
    if isinstance(note, Unknown):
        return undecided(note)
    if note:
        what = f"{moved} of {len(files)} files move and {new:,} lines are new"
        return passed(f"{what}: say why together", advice=(UNSAID.at(f"{what}, {note}"[:200]),))
    return passed("the description says why files move and change at once")


def _new_lines(files: list[ChangedFile], options: Options) -> Known[int]:
    """Added lines of source text that are more than imports, comments and brackets."""
    new = 0
    for file in files:
        if options.tests.has(file.path) or not counts(file.path, options.generated):
            continue
        if isinstance(file.added, Unknown):
            return file.added
        new += sum(not _IDLE.match(line.text) for line in file.added)
    return new


RULE = Rule(
    id="refactor-has-a-reason",
    title="A refactor has a reason",
    watch=True,
    kinds=(UNSAID,),
    options=Options,
    needs=body_needs,
    prove=prove,
    guide="review",
)
