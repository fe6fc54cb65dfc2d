"""Each commit says one thing that it does.

Why it matters       A commit that does one thing can be read, found and taken back by itself.
What it looks at     First lines of commits: those that go on ("wip", "fixup!") and those that name
                     two deeds ("fix the total and add a column"). Merges are left out.
How to satisfy it    Split the commit, or fold it into the one that it mends.
What it cannot see   How much a commit changes, and whether all become one when they are merged.
Examples             Ready: "Round totals up". Not ready: "Round totals up and rename orders".
"""

import re

from bot.model.facts import Facts
from bot.model.known import Unknown
from bot.model.need import Part
from bot.model.rule import NoOptions, Rule
from bot.model.verdict import Kind, Says, Tier, Verdict, passed, undecided

BLURRED = Kind(
    id="commit-not-focused",
    tier=Tier.HINT,
    says=Says.BROKEN,
    because="Its first line was read, and all commits may become one on merging.",
)
_MERGE = re.compile(r"Merge (branch|branches|pull request|remote-tracking branch|tag|commit)\b")
_UNFINISHED = re.compile(r"(?i)\W*(wip\b|work in progress|(fixup|squash|amend)! )")
_TWO = re.compile(
    r"(?i)\w.*(?:\band|&|\+) (?:also )?(?:add|bump|change|clean|correct|create|delete|drop|extract"
    r"|fix|implement|improve|introduce|move|refactor|remove|rename|replace|rewrite|update)"
    r"(?:e?s|e?d)? \S"
)
SHOWN = 20


def prove(facts: Facts, options: NoOptions) -> Verdict:
    commits = facts.commits
    subjects = commits if isinstance(commits, Unknown) else commits.subjects
    if isinstance(subjects, Unknown):
        return undecided(subjects)
    own = [one for one in subjects if not _MERGE.match(one)]
    found = (one for one in own if _UNFINISHED.match(one) or _TWO.match(one))
    shown = [BLURRED.at(f"commit: {one}"[:200]) for one in found]
    if shown:
        what = f"{len(shown)} commit(s) are unfinished or do two things: fold or split them"
        return passed(what, advice=tuple(shown[:SHOWN]))
    return passed(f"{len(own)} commit(s) say one thing each")


RULE = Rule(
    id="commits-are-small-and-focused",
    title="Commits are small and focused",
    watch=True,
    kinds=(BLURRED,),
    options=NoOptions,
    needs=lambda _options, _changes: frozenset({Part.COMMITS}),
    prove=prove,
    guide="review",
)
