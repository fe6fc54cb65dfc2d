"""Each commit says one thing that it does.

Why it matters
    A commit that does one thing can be read, searched for and taken back by itself.
What it looks at
    The first lines of the commits: those that say that the work goes on (`wip`, `fixup!`), and
    those that name two deeds ("fix the total and add a column"). Merges are left out.
How to satisfy it
    Split the commit (`git rebase --interactive`), or fold it into the one that it mends.
What it cannot see
    How much a commit changes, and whether it does what it says; where all commits become one on
    merging, nothing of this matters.
Examples
    Ready: "Round totals up". Not ready: "Round totals up and rename orders".
"""

import re
from dataclasses import dataclass

from bot.model.facts import Changes, Facts
from bot.model.known import Unknown
from bot.model.need import Need, Part
from bot.model.rule import Rule
from bot.model.verdict import Kind, Says, Tier, Verdict, passed, undecided

UNFINISHED = Kind(
    id="commit-unfinished",
    tier=Tier.HINT,
    says=Says.BROKEN,
    because="It says of itself that it is not done, and may be folded on merging.",
)
MIXED = Kind(
    id="commit-names-two-deeds",
    tier=Tier.HINT,
    says=Says.BROKEN,
    because="Two words for a deed may stand for one.",
)
_MERGE = re.compile(r"Merge (branch|branches|pull request|remote-tracking branch|tag|commit)\b")
_UNFINISHED = re.compile(r"(?i)\W*(wip\b|work in progress|(fixup|squash|amend)! )")
_TWO = re.compile(
    r"(?i)\w.*(?:\band|&|\+) (?:also )?(?:add|bump|change|clean|correct|create|delete|drop|extract"
    r"|fix|implement|improve|introduce|move|refactor|remove|rename|replace|rewrite|update)"
    r"(?:e?s|e?d)? \S"
)
SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """None."""


def needs(options: Options, changes: Changes) -> frozenset[Need]:
    return frozenset({Part.COMMITS})


def prove(facts: Facts, options: Options) -> Verdict:
    if isinstance(facts.commits, Unknown):
        return undecided(facts.commits)
    own = [one for one in facts.commits.subjects if not _MERGE.match(one)]
    shown = [
        (UNFINISHED if _UNFINISHED.match(one) else MIXED).at(f"commit: {one}"[:200])
        for one in own
        if _UNFINISHED.match(one) or _TWO.match(one)
    ]
    if shown:
        what = f"{len(shown)} commit(s) are unfinished or do two things: fold or split them"
        return passed(what, advice=tuple(shown[:SHOWN]))
    return passed(f"{len(own)} commit(s) say one thing each")


RULE = Rule(
    id="commits-are-small-and-focused",
    title="Commits are small and focused",
    watch=True,
    kinds=(UNFINISHED, MIXED),
    options=Options,
    needs=needs,
    prove=prove,
    guide="review",
)
