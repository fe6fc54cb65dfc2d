"""No check of tests ended both ways on this very commit.

Why it matters
    A test that fails and then passes on the same code proves neither.
What it looks at
    All runs of each check on the head that GitHub still shows, of the App that runs the tests:
    checks whose names speak of tests. Cancelled and timed out runs do not count.
How to satisfy it
    Find out which test it was and mend it; push, or have a person say that the runner was at fault.
What it cannot see
    Attempts that GitHub no longer shows, which test it was, and whether the runner or the network
    failed rather than a test: so it asks and never accuses.
Examples
    Ready: `ci / unit` passed at once. Not ready: it failed, was run again and passed.
"""

import re
from dataclasses import dataclass

from bot.model.facts import Changes, CheckRun, Facts
from bot.model.known import Unknown
from bot.model.need import Need, Part
from bot.model.rule import Rule
from bot.model.verdict import Kind, Says, Tier, Verdict, passed, skipped, undecided

FLAKED = Kind(
    id="check-flaked",
    tier=Tier.LIKELY,
    says=Says.BROKEN,
    because="An outage of the runner looks the same.",
    withholds=True,
)
_TESTS = re.compile(r"test|spec|unit|integration|e2e|cypress|playwright", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`app`: slug of the App whose checks are looked at."""

    app: str = "github-actions"


def needs(options: Options, changes: Changes) -> frozenset[Need]:
    return frozenset({Part.CHECKS})


def prove(facts: Facts, options: Options) -> Verdict:
    if isinstance(facts.checks, Unknown):
        return undecided(facts.checks)
    runs = [run for run in facts.checks if run.app_slug == options.app and _TESTS.search(run.name)]
    flaked = [run for run in runs if _both_ways(run)]
    if flaked:
        shown = [FLAKED.at(f"{run.name} failed and passed here"[:200]) for run in flaked]
        why = f"can't tell: {flaked[0].name} - it failed and passed on this commit. Attest why"
        return undecided(Unknown(why), *shown)
    if not runs:
        return skipped("no check of tests ran")
    return passed(f"{len(runs)} check(s) of tests, none ended both ways")


def _both_ways(run: CheckRun) -> bool:
    return {"success", "failure"} <= {run.conclusion, *run.earlier}


RULE = Rule(
    id="tests-did-not-flake",
    title="Tests did not flake",
    word=None,
    items=frozenset({"deterministic-tests"}),
    watch=True,
    kinds=(FLAKED,),
    version=1,
    options=Options,
    needs=needs,
    prove=prove,
)
