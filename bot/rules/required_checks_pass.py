"""A CI check ran on this very commit, by the right App, and concluded as asked.

Why it matters       A green tick of another commit, App or workflow proves nothing about this one.
What it looks at     The newest attempt of each check run or commit status of that name on the head.
How to satisfy it    Have the check run and pass on the head commit; skipped is not passed.
What it cannot see   What the check did: a check that tests nothing passes too.
Examples             Ready: `ci / unit` of GitHub Actions succeeded. Not ready: it was skipped.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

from bot.linking.checks import INCONCLUSIVE, is_made_by
from bot.linking.reports import last_ci
from bot.model.area import name_matches
from bot.model.facts import Changes, CheckRun, Facts
from bot.model.known import Unknown
from bot.model.need import Need, Part
from bot.model.rule import Rule
from bot.model.verdict import (
    Evidence,
    Kind,
    Outcome,
    Says,
    Tier,
    Verdict,
    failed,
    passed,
    skipped,
    undecided,
    waiting,
)

Shown: TypeAlias = tuple[Evidence, ...]

FAILED = Kind(
    id="check-failed",
    tier=Tier.SURE,
    says=Says.BROKEN,
    because="GitHub reports this conclusion for the newest attempt on the head commit.",
)
SKIPPED = Kind(
    id="check-skipped",
    tier=Tier.SURE,
    says=Says.ABSENT,
    because="GitHub reports that the run did not do its work.",
)
MISSING = Kind(
    id="check-missing",
    tier=Tier.SURE,
    says=Says.ABSENT,
    because="The list of checks was read completely and the deadline after the last one is past.",
)
AWAITED = Kind(
    id="check-awaited",
    tier=Tier.SURE,
    says=Says.ABSENT,
    because="The check is announced, or may still be.",
)
IMPOSTOR = Kind(
    id="check-impostor",
    tier=Tier.LIKELY,
    says=Says.ABSENT,
    because="A check of this name was made by another App or workflow than the policy names.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`name`: exact, or a glob. `app`: its slug. `workflow`: path of the workflow file.

    `if_absent`: fail, unsure or skip. `status_by`: login; reads a commit status instead.
    """

    name: str
    app: str = "github-actions"
    workflow: str | None = None
    if_absent: str = "fail"
    conclusions: tuple[str, ...] = ("success",)
    status_by: str | None = None
    wait_at_most: timedelta = timedelta(minutes=60)


def needs(options: Options, changes: Changes) -> frozenset[Need]:
    return frozenset({Part.CHECKS})


def prove(facts: Facts, options: Options) -> Verdict:
    checks = facts.checks
    if isinstance(checks, Unknown):
        return undecided(checks)
    named = [run for run in checks if name_matches(options.name, run.name)]
    maker = (options.app, options.workflow, options.status_by)
    owned = [(run, is_made_by(run, *maker)) for run in named]
    # One that passed proves nothing until its maker is known, and can refute nothing either.
    unsure = [
        known
        for run, known in owned
        if isinstance(known, Unknown) and run.conclusion not in options.conclusions
    ]
    unknown = [known for _, known in owned if isinstance(known, Unknown)]
    runs = [run for run, known in owned if known is True]
    others = tuple(
        IMPOSTOR.at(f"{run.name} of {_maker(run)} does not count", link=run.link)
        for run, known in owned
        if known is False
    )
    if not runs and unknown:
        return undecided(unknown[0])
    if not runs:
        return _absent(facts, options, checks, others)
    verdict = _ran(facts, options, runs)
    return undecided(unsure[0]) if unsure and verdict.outcome is Outcome.PASS else verdict


def _ran(facts: Facts, options: Options, runs: list[CheckRun]) -> Verdict:
    ended = [run for run in runs if run.conclusion is not None]
    wrong = [run for run in ended if run.conclusion not in options.conclusions]
    broken = [run for run in wrong if run.conclusion not in INCONCLUSIVE | {"skipped", "neutral"}]
    if broken:
        shown = [FAILED.at(_ended(run), link=run.link) for run in broken]
        return failed(_ended(broken[0]), *shown)
    going = [run for run in runs if run.conclusion is None]
    if going:
        return _awaited(facts, options, [run.name for run in going])
    idle = [run for run in wrong if run.conclusion in {"skipped", "neutral"}]
    if idle:
        shown = [SKIPPED.at(f"{run.name} was {run.conclusion}", link=run.link) for run in idle]
        return failed(f"{idle[0].name} was {idle[0].conclusion}: that is not passed", *shown)
    if wrong:
        run = wrong[0]
        return undecided(
            Unknown(f"can't tell: {run.name} - it ended as {run.conclusion}. Run it again")
        )
    return passed(", ".join(sorted({run.name for run in runs})) + " passed")


def _ended(run: CheckRun) -> str:
    failed_plainly = run.conclusion == "failure"
    return f"{run.name} failed" if failed_plainly else f"{run.name} ended as {run.conclusion}"


def _absent(facts: Facts, options: Options, checks: tuple[CheckRun, ...], others: Shown) -> Verdict:
    if options.if_absent == "skip":
        return skipped(f"no check {options.name} here")
    if facts.taken_at < last_ci(facts) + options.wait_at_most:
        return _awaited(facts, options, [options.name], others)
    if options.if_absent == "unsure":
        why = f"can't tell: {options.name} - no such check of {options.app} ran on this commit"
        return undecided(Unknown(why), *others)
    note = f"{options.name} never reported; {len(checks)} other check(s) did"
    return failed(f"{options.name} never reported", MISSING.at(note), *others)


def _awaited(facts: Facts, options: Options, names: list[str], others: Shown = ()) -> Verdict:
    until = last_ci(facts) + options.wait_at_most
    if facts.taken_at >= until:
        what = f"{names[0]} never ended"
        return failed(what, *(MISSING.at(f"{name} never ended") for name in names))
    shown = [AWAITED.at(name) for name in sorted(set(names))]
    verdict = waiting(f"waiting for {', '.join(sorted(set(names)))}", until, *shown)
    return (
        verdict
        if not others
        else Verdict(
            outcome=verdict.outcome,
            summary=verdict.summary,
            evidence=verdict.evidence,
            advice=others,
            recheck_at=verdict.recheck_at,
        )
    )


def _maker(run: CheckRun) -> str:
    if run.status_by is not None:
        return f"a status by {run.status_by}"
    workflow = run.workflow if isinstance(run.workflow, str) else ""
    return f"App {run.app_slug}" + (f", workflow {workflow}" if workflow else "")


RULE = Rule(
    id="required-checks-pass",
    title="Required checks pass",
    word="check",
    items=frozenset({"unit-tests", "integration-tests", "api-tests", "conventions"}),
    watch=False,
    kinds=(FAILED, SKIPPED, MISSING, AWAITED, IMPOSTOR),
    version=1,
    options=Options,
    needs=needs,
    prove=prove,
)
