"""Tests ran on this very commit, and the report of them lists no failure.

Why it matters
    A green check proves that a job ended well, not that it ran a single test.
What it looks at
    JUnit XML in the artifacts of the workflow runs of the head: every case, counted anew; what a
    report says of its own numbers is only compared. Of several attempts the newest counts.
    What the same workflows left under the same names on the merge base is counted likewise.
How to satisfy it
    Upload the report from the job that runs the tests, under the name that the policy gives; mend
    the cases that fail, and let those that are skipped run.
What it cannot see
    Whether a test asserts anything, and whether the workflow writes the report honestly: an
    artifact is worth what the workflow file of this head is worth. Why fewer cases ran than on the
    merge base: a workflow may run only what a change touches. Where that commit's report is not
    there any more, not whole or under other names, as of another number of shards, and in a
    checkout, nothing is compared.
Examples
    Ready: 412 cases ran and none failed. Not ready: 38 cases, all of them skipped.
"""

from dataclasses import dataclass
from datetime import timedelta

from bot.linking.reports import Patience, Read, not_yet, reports_of
from bot.model.facts import Changes, Facts
from bot.model.known import Unknown
from bot.model.need import Artifact, Need
from bot.model.results import RESULTS, Report, Results
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
    undecided,
)

SHOWN = 20

FAILED = Kind(
    id="cases-failed",
    tier=Tier.SURE,
    says=Says.BROKEN,
    because="The report of this commit lists the case with a failure, in no other way.",
)
NONE_RAN = Kind(
    id="no-cases",
    tier=Tier.SURE,
    says=Says.BROKEN,
    because="Every case of the report was counted and none of those that count was executed.",
)
TOO_FEW = Kind(
    id="too-few-cases",
    tier=Tier.SURE,
    says=Says.BROKEN,
    because="Every case of the report was counted, and the policy gives the number.",
)
AWAITED = Kind(
    id="report-awaited",
    tier=Tier.SURE,
    says=Says.ABSENT,
    because="A workflow run is not over, or may still begin.",
)
UNCLEAR = Kind(
    id="case-unclear",
    tier=Tier.LIKELY,
    says=Says.BROKEN,
    because="One file calls it failed and passed: run again, or two cases of one name.",
    withholds=True,
)
FEWER = Kind(
    id="fewer-cases",
    tier=Tier.LIKELY,
    says=Says.BROKEN,
    because="Counted alike, a fifth or more fewer cases ran than on the merge base.",
)
IDLE = Kind(
    id="case-skipped",
    tier=Tier.HINT,
    says=Says.ABSENT,
    because="The report says that it was not executed.",
)
MISCOUNTED = Kind(
    id="report-miscounted",
    tier=Tier.LIKELY,
    says=Says.BROKEN,
    because="The report's own number is another than that of its cases.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`artifact`: its name, or a glob. `workflow`: path of the workflow file. `files`: which files
    in it. `cases`: globs of files, classes or suites that count, none: all.

    `if_absent`: unsure, or skip: where there is no report, or none that can be read.
    """

    artifact: str
    workflow: str | None = None
    files: str = "**/*.xml"
    cases: tuple[str, ...] = ()
    ran_at_least: int = 1
    failed_at_most: int = 0
    skipped_at_most: int | None = None
    if_absent: str = "unsure"
    wait_at_most: timedelta = timedelta(minutes=60)


def wanted(options: Options, base_for: str = "") -> Artifact:
    return Artifact(
        reading=RESULTS.id,
        name=options.artifact,
        workflow=options.workflow,
        files=options.files,
        cases=options.cases,
        base_for=base_for,
    )


def needs(options: Options, changes: Changes) -> frozenset[Need]:
    return frozenset({wanted(options), wanted(options, FEWER.id)})


def prove(facts: Facts, options: Options) -> Verdict:
    read = reports_of(facts, wanted(options), RESULTS)
    if isinstance(read, Unknown):
        return undecided(read)
    patience = Patience(
        artifact=options.artifact,
        wait_at_most=options.wait_at_most,
        if_absent=options.if_absent,
        kind=AWAITED,
    )
    before = reports_of(facts, wanted(options, FEWER.id), RESULTS)
    fewer = () if isinstance(before, Unknown) else _fewer(options, before, read)
    return not_yet(read, facts.taken_at, patience) or _counted(options, read, fewer)


def _counted(options: Options, read: Read[Results], fewer: tuple[Evidence, ...]) -> Verdict:
    results = [value for _, value in read.found]
    ran, cases = sum(one.ran for one in results), sum(one.cases for one in results)
    broken, idle = sum(one.failed for one in results), sum(one.skipped for one in results)
    advice = (*fewer, *_advice(read))[:SHOWN]
    if broken > options.failed_at_most:
        shown = [piece for one, value in read.found for piece in _failing(one, value)]
        more = f" and {broken - 1} more" if broken > 1 else ""
        return failed(f"{shown[0].note}{more}", *shown[:SHOWN], advice=advice)
    if not ran or ran < options.ran_at_least:
        asked = f", at least {options.ran_at_least} should be" if ran else _excuse(results)
        note = f"{options.artifact}: {ran} of {cases} cases executed{asked}"
        kind = TOO_FEW if ran else NONE_RAN
        return failed(note, kind.at(clip(note, 200)), advice=advice)
    if options.skipped_at_most is not None and idle > options.skipped_at_most:
        note = f"{options.artifact}: {idle} cases skipped, at most {options.skipped_at_most} may be"
        return failed(note, TOO_FEW.at(clip(note, 200)), advice=advice)
    if read.unread and options.if_absent != "skip":
        return undecided(read.unread[0])
    unclear = [UNCLEAR.at(name) for one in results for name in one.unclear]
    if unclear:
        why = f"can't tell: {unclear[0].note} - the report says failed and passed. Read it there"
        return undecided(Unknown(why), *unclear[:SHOWN])
    names = ", ".join(dict.fromkeys(one.artifact for one, _ in read.found))
    return passed(f"{ran} cases ran, {idle} skipped ({names})", advice=advice)


def _fewer(options: Options, before: Read[Results], now: Read[Results]) -> tuple[Evidence, ...]:
    """Like is compared with like: all reports are there, and have the same names."""
    old, new = _ran(before), _ran(now)
    was, ran = sum(old.values()), sum(new.values())
    if old.keys() != new.keys() or ran >= was or ran * 5 > was * 4:
        return ()
    note = f"{options.artifact}: {ran} cases executed, on the merge base {was}"
    return (FEWER.at(clip(note, 200)),)


def _ran(read: Read[Results]) -> dict[tuple[str, str], int]:
    """How many cases ran by workflow and artifact; none where that is not sure."""
    counts = {(one.workflow, one.artifact, value.ran) for one, value in read.found}
    ran = {(workflow, name): many for workflow, name, many in counts}
    return ran if len(ran) == len(counts) and not read.unread and not read.pending else {}


def _failing(report: Report, value: Results) -> list[Evidence]:
    notes = [f"{name} failed ({report.artifact})" for name in value.failing]
    return [FAILED.at(clip(note, 200), link=report.link) for note in notes]


def _excuse(results: list[Results]) -> str:
    idle = next((name for one in results for name in one.idle), "")
    return f", the first skipped is {idle}" if idle else ""


def _advice(read: Read[Results]) -> tuple[Evidence, ...]:
    said = [MISCOUNTED.at(clip(value.says, 200)) for _, value in read.found if value.says]
    idle = [IDLE.at(clip(name, 200)) for _, value in read.found for name in value.idle]
    return tuple(said + idle)


RULE = Rule(
    id="tests-ran",
    title="Tests ran",
    word="junit",
    items=frozenset({"unit-tests", "integration-tests", "deterministic-tests"}),
    watch=False,
    kinds=(FAILED, NONE_RAN, TOO_FEW, AWAITED, UNCLEAR, FEWER, IDLE, MISCOUNTED),
    version=2,
    options=Options,
    needs=needs,
    prove=prove,
)
