"""Lines that this pull request changes were executed by its tests.

Why it matters
    An average hides the one branch that nobody ever ran; the changed lines are counted instead.
What it looks at
    Cobertura and JaCoCo XML, LCOV and coverage.py's JSON in the artifacts of the workflow runs of
    the head: added lines that could run and did not. What one of several reports ran counts as run.
    Lines that only moved, three or more in a row, are exempt. CI measures the file as merged with
    the base branch: where that has changed the file meanwhile, missing lines may be others.
How to satisfy it
    Add a test that reaches the lines, or take them out; upload the report of all test jobs.
What it cannot see
    Whether a test checks what it ran. A report is worth what the workflow file and the coverage
    settings of this head are worth. A file that no report names was not measured, which is not 0 %.
    Where several reports ran a line, each may have taken another way out of it: none is counted.
Examples
    Ready: 41 of 43 changed lines were executed. Not ready: a new branch of 12 lines never ran.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from bot.linking.news import TESTS, without
from bot.linking.reports import Patience, Read, moved_lines, not_yet, reports_of
from bot.model.area import Area
from bot.model.facts import Change, ChangedFile, Changes, Facts
from bot.model.known import Known, Unknown
from bot.model.need import Artifact, Need
from bot.model.results import COVERED, Coverage, Measured
from bot.model.rule import Rule
from bot.model.signal import SOURCE
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

SHOWN = 20

NOT_RUN = Kind(
    id="lines-not-executed",
    tier=Tier.SURE,
    says=Says.BROKEN,
    because="Every report of this commit that names the file lists the line with no hit.",
)
BRANCH = Kind(
    id="branch-not-taken",
    tier=Tier.SURE,
    says=Says.BROKEN,
    because="Every report of this commit that names the line lists a way out of it never taken.",
)
TOTAL = Kind(
    id="total-too-low",
    tier=Tier.SURE,
    says=Says.BROKEN,
    because="The lines of the one report were counted, and the policy gives the number.",
)
UNMEASURED = Kind(
    id="file-not-measured",
    tier=Tier.LIKELY,
    says=Says.ABSENT,
    because="No report names the file, or one that may as well mean another, or other lines.",
    withholds=True,
)
COVERAGE_AWAITED = Kind(
    id="coverage-awaited",
    tier=Tier.SURE,
    says=Says.ABSENT,
    because="A workflow run is not over, or may still begin.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`artifact`: its name, or a glob. `workflow`: path of the workflow file. `files`: which files
    in it. `areas`: where lines count, none: all source text but tests.

    `if_absent`: unsure, or skip: where no report names the file, or none can be read.
    """

    artifact: str
    workflow: str | None = None
    files: str = "**/*.{xml,json,info,lcov}"
    areas: tuple[Area, ...] = ()
    uncovered_lines_at_most: int = 5
    uncovered_branches_at_most: int | None = None
    total_at_least: int | None = None
    if_absent: str = "unsure"
    tests: Area = Area("tests", ())
    generated: Area = Area("generated", ())
    wait_at_most: timedelta = timedelta(minutes=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counts:
    """The changed lines that could run: how many, those that did not, and why some are open."""

    lines: int
    missed: tuple[tuple[str, int], ...]
    branches: tuple[tuple[str, int], ...]
    open: tuple[Evidence, ...]


def _area(options: Options) -> Area:
    globs = tuple(glob for area in options.areas for glob in area.globs)
    if globs:
        return without(Area("covered", globs), options.generated)
    tests = options.tests if options.tests.globs else TESTS
    return without(without(SOURCE, tests), options.generated)


def wanted(options: Options) -> Artifact:
    return Artifact(
        reading=COVERED.id,
        name=options.artifact,
        workflow=options.workflow,
        files=options.files,
        area=_area(options),
    )


def needs(options: Options, changes: Changes) -> frozenset[Need]:
    return frozenset({wanted(options)})


def prove(facts: Facts, options: Options) -> Verdict:
    files = _judged(facts, _area(options))
    read = reports_of(facts, wanted(options), COVERED)
    if isinstance(files, Unknown):
        return undecided(files)
    if isinstance(read, Unknown):
        return undecided(read)
    if not files:
        return skipped("no line of that kind was added")
    patience = Patience(
        artifact=options.artifact,
        wait_at_most=options.wait_at_most,
        if_absent=options.if_absent,
        kind=COVERAGE_AWAITED,
    )
    early = not_yet(read, facts.taken_at, patience)
    return early or _counted(facts, options, read, files)


def _judged(facts: Facts, area: Area) -> Known[tuple[ChangedFile, ...]]:
    """Files of the area with lines that are new at the head."""
    found = facts.changed_in(area)
    if isinstance(found, Unknown):
        return found
    there = [one for one in found if one.change is not Change.REMOVED and area.has(one.path)]
    unseen = [one.added for one in there if isinstance(one.added, Unknown)]
    return unseen[0] if unseen else tuple(one for one in there if _texts(one))


def _texts(file: ChangedFile) -> list[int]:
    lines = () if isinstance(file.added, Unknown) else file.added
    return [line.number for line in lines if line.text.strip()]


def _counted(
    facts: Facts, options: Options, read: Read[Coverage], files: tuple[ChangedFile, ...]
) -> Verdict:
    if read.unread:
        # The lines may have run there.
        skips = options.if_absent == "skip"
        return skipped("a report cannot be read") if skips else undecided(read.unread[0])
    if options.total_at_least is not None and len(read.found) != 1:
        several = f"can't tell: {options.artifact} - {len(read.found)} reports have no one total"
        return undecided(Unknown(f"{several}. Name one"))
    counts = _counts(facts, read, files)
    names = ", ".join(dict.fromkeys(one.artifact for one, _ in read.found))
    shown = [*_too_many(counts, options, names), *_too_low(options, read)]
    if shown:
        return failed(_said(shown, counts), *shown[:SHOWN])
    if counts.open and options.if_absent != "skip":
        first = counts.open[0]
        why = f"can't tell: {first.file} - {first.note}"
        return undecided(Unknown(why), *counts.open[:SHOWN])
    if not counts.lines:
        return skipped("no changed line that could run is in the coverage")
    ran = counts.lines - len(counts.missed)
    return passed(f"{ran} of {counts.lines} changed lines executed ({names})")


def _counts(facts: Facts, read: Read[Coverage], files: tuple[ChangedFile, ...]) -> _Counts:
    moved, lines, open_ = moved_lines(facts), 0, list[Evidence]()
    missed, branches = list[tuple[str, int]](), list[tuple[str, int]]()
    for file in files:
        path, wanted_lines = file.path, set(_texts(file)) - moved.get(file.path, frozenset())
        found = [one for _, value in read.found for one in value.measured if one.path == path]
        unsure = next((one.unsure for one in found if one.unsure), "")
        if not found or unsure:
            why = unsure or "no report names it. Measure it, or take it out of the area"
            open_ += [UNMEASURED.at(why, path)] if wanted_lines else []
            continue
        ran = {at for one in found for at in one.ran} & wanted_lines
        idle = ({at for one in found for at in one.missed} & wanted_lines) - ran
        lines += len(ran) + len(idle)
        missed += [(path, at) for at in sorted(idle)]
        branches += [(path, at) for at in sorted(ran) for _ in range(_never_taken(found, at))]
    return _Counts(lines=lines, missed=tuple(missed), branches=tuple(branches), open=tuple(open_))


def _never_taken(found: list[Measured], at: int) -> int:
    """Ways out of a line that the one report which ran it never took."""
    ways = [dict(one.branches).get(at, 0) for one in found if at in one.ran]
    return ways[0] if len(ways) == 1 else 0


def _too_many(counts: _Counts, options: Options, names: str) -> Iterator[Evidence]:
    if len(counts.missed) > options.uncovered_lines_at_most:
        for path, first, last in _ranges(counts.missed):
            count = last - first + 1
            lines = f"{count} changed lines" if count > 1 else "1 changed line"
            yield NOT_RUN.at(clip(f"{lines} not executed ({names})", 200), path, first)
    most = options.uncovered_branches_at_most
    if most is not None and len(counts.branches) > most:
        for path, at in dict.fromkeys(counts.branches):
            yield BRANCH.at(clip(f"a way out of the line was never taken ({names})", 200), path, at)


def _too_low(options: Options, read: Read[Coverage]) -> Iterator[Evidence]:
    if options.total_at_least is None:
        return
    report, value = read.found[0]
    if value.lines and value.covered * 100 < options.total_at_least * value.lines:
        share = value.covered * 100 / value.lines
        note = f"{report.artifact} covers {share:.1f} %, agreed are {options.total_at_least} %"
        yield TOTAL.at(clip(note, 200))


def _ranges(missed: Iterable[tuple[str, int]]) -> list[tuple[str, int, int]]:
    """Lines of one file that follow each other as one."""
    found: list[tuple[str, int, int]] = []
    for path, at in missed:
        if found and found[-1][0] == path and found[-1][2] == at - 1:
            found[-1] = (path, found[-1][1], at)
        else:
            found.append((path, at, at))
    return found


def _said(shown: list[Evidence], counts: _Counts) -> str:
    first = shown[0]
    if first.kind is not NOT_RUN:
        return first.note
    place = f"{first.file}:{first.line}"
    return f"{len(counts.missed)} of {counts.lines} changed lines not executed, first {place}"


RULE = Rule(
    id="changed-lines-are-covered",
    title="Changed lines are covered",
    word="coverage",
    items=frozenset({"unit-tests", "integration-tests"}),
    watch=False,
    kinds=(NOT_RUN, BRANCH, TOTAL, UNMEASURED, COVERAGE_AWAITED),
    version=1,
    options=Options,
    needs=needs,
    prove=prove,
)
