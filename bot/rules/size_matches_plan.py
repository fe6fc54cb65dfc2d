"""The change takes no more than twice what was estimated.

Why it matters       What outgrows its estimate met something unplanned: a reviewer asks what.
What it looks at     A line of the description such as "Estimate: 3 days" or "Estimate: 200 lines":
                     working days since the pull request was opened, or lines added and removed.
How to satisfy it    Split off what was not planned, or say what was found and estimate anew.
What it cannot see   Holidays, days without work, and work before the pull request was opened.
Examples             Ready: "Estimate: 3 days", on day 4. Not ready: "Estimate: 50 lines", now 400.
"""

import re
from dataclasses import dataclass

from bot.linking.description import body_needs, body_of
from bot.model.area import Area
from bot.model.facts import Facts
from bot.model.known import Known, Unknown
from bot.model.rule import Rule
from bot.model.verdict import Kind, Says, Tier, Verdict, passed, skipped, undecided

OUTGROWN = Kind(
    id="estimate-outgrown",
    tier=Tier.HINT,
    says=Says.BROKEN,
    because="An estimate is a guess, and days pass while nobody works.",
)
_ESTIMATE = re.compile(
    r"(?im)^[ \t>*_#-]*estimate[*_]* *:[ *_~]*(\d{1,5}(?:\.\d)?)\s*(d|days?|weeks?|lines?|loc)\b"
)
_DAYS = {"d": 1, "day": 1, "days": 1, "week": 5, "weeks": 5}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`generated`: what nobody writes by hand."""

    generated: Area = Area("generated", ())


def prove(facts: Facts, options: Options) -> Verdict:
    body = body_of(facts)
    if isinstance(body, Unknown):
        return undecided(body)
    said = _ESTIMATE.search(body)
    if said is None:
        return skipped("the description gives no estimate")
    number, word = float(said.group(1)), said.group(2).lower()
    per = _DAYS.get(word)
    spent = _lines(facts, options) if per is None else _worked(facts)
    if isinstance(spent, Unknown):
        return undecided(spent)
    unit = "changed lines" if per is None else "working days"
    note = f"{spent:,} {unit}, {number:g} {word} were estimated"
    if spent > 2 * number * (per or 1):
        return passed(f"{note}: say what came up", advice=(OUTGROWN.at(note),))
    return passed(note)


def _lines(facts: Facts, options: Options) -> Known[int]:
    if isinstance(facts.changes, Unknown):
        return facts.changes
    files = (one for one in facts.changes if not options.generated.has(one.path))
    return sum(one.additions + one.deletions for one in files)


def _worked(facts: Facts) -> int:
    """Days from Monday to Friday since that of the opening."""
    ends = [divmod(one.toordinal(), 7) for one in (facts.opened_at, facts.taken_at)]
    first, last = (weeks * 5 + min(rest, 5) for weeks, rest in ends)
    return last - first


RULE = Rule(
    id="size-matches-plan",
    title="The size matches the plan",
    watch=True,
    kinds=(OUTGROWN,),
    options=Options,
    needs=body_needs,
    prove=prove,
    guide="plan",
)
