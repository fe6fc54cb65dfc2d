"""No check of tests ended both ways on this very commit.

Why it matters
    A test that fails and then passes on the same code proves neither.
What it looks at
    All runs of each check on the head that GitHub still shows, of the App that runs the tests:
    checks whose names speak of tests. Cancelled and timed out runs do not count. Where the policy
    names an artifact, its JUnit XML too: a case that passed only when it was run again, in one
    attempt or in the next attempt of the same workflow run.
How to satisfy it
    Find out which test it was and mend it; push, or have a person say that the runner was at fault.
What it cannot see
    Attempts that GitHub no longer shows; without a report which test it was, and whether the runner
    or the network failed rather than a test: so it asks of checks, and accuses by cases only.
Examples
    Ready: `ci / unit` passed at once. Not ready: it failed, was run again and passed.
"""

import re
from dataclasses import dataclass

from bot.linking.reports import reports_of
from bot.model.facts import Changes, CheckRun, Facts
from bot.model.known import Unknown
from bot.model.need import Artifact, Need, Part
from bot.model.results import RESULTS
from bot.model.rule import Rule
from bot.model.verdict import (
    Evidence,
    Kind,
    Says,
    Tier,
    Verdict,
    clip,
    failed,
    passed,
    skipped,
    undecided,
)

FLAKED = Kind(
    id="check-flaked",
    tier=Tier.LIKELY,
    says=Says.BROKEN,
    because="An outage of the runner looks the same.",
    withholds=True,
)
CASE = Kind(
    id="case-flaked",
    tier=Tier.SURE,
    says=Says.BROKEN,
    because="Reports of this one commit list the case as failed and, run again, as passed.",
)
SHOWN = 20
_TESTS = re.compile(r"test|spec|unit|integration|e2e|cypress|playwright", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`app`: slug of the App whose checks are looked at. `artifact`: name, or a glob, of the
    artifacts whose reports are looked at, none: no report."""

    app: str = "github-actions"
    artifact: str | None = None


def needs(options: Options, changes: Changes) -> frozenset[Need]:
    reports = frozenset({_wanted(options.artifact)} if options.artifact else ())
    return reports | {Part.CHECKS}


def _wanted(artifact: str) -> Artifact:
    return Artifact(reading=RESULTS.id, name=artifact, files="**/*.xml")


def prove(facts: Facts, options: Options) -> Verdict:
    cases, unread = _cases(facts, options)
    beyond = _by_checks(facts, options) if unread is None else undecided(unread)
    if cases:
        return failed(f"{cases[0].note} on this commit", *cases[:SHOWN], beyond=beyond)
    return beyond


def _by_checks(facts: Facts, options: Options) -> Verdict:
    if isinstance(facts.checks, Unknown):
        return undecided(facts.checks)
    runs = [run for run in facts.checks if run.app_slug == options.app and _TESTS.search(run.name)]
    flaked = [run for run in runs if _both_ways(run)]
    if not runs:
        return skipped("no check of tests ran")
    clean = passed(f"{len(runs)} check(s) of tests, none ended both ways")
    if flaked:
        shown = [FLAKED.at(f"{run.name} failed and passed here"[:200]) for run in flaked]
        why = f"can't tell: {flaked[0].name} - it failed and passed on this commit. Attest why"
        return undecided(Unknown(why), *shown, beyond=clean)
    return clean


def _cases(facts: Facts, options: Options) -> tuple[list[Evidence], Unknown | None]:
    """Cases that ended both ways, and a report that could not be read; no artifact shows none."""
    if options.artifact is None:
        return [], None
    read = reports_of(facts, _wanted(options.artifact), RESULTS)
    if isinstance(read, Unknown):
        return [], read
    found = [
        CASE.at(clip(f"{name} failed and passed", 200), link=one.link)
        for one, value in read.found
        for name in value.flaky
    ]
    return found, next(iter(read.unread), None)


def _both_ways(run: CheckRun) -> bool:
    return {"success", "failure"} <= {run.conclusion, *run.earlier}


RULE = Rule(
    id="tests-did-not-flake",
    title="Tests did not flake",
    word=None,
    items=frozenset({"deterministic-tests"}),
    watch=True,
    kinds=(FLAKED, CASE),
    version=2,
    options=Options,
    needs=needs,
    prove=prove,
)
