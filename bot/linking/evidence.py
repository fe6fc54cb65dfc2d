"""Where a change weakens what is to prove it: CI, coverage, linters, tests; base against head."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.linking.exclusions import entries, is_about, was_wider
from bot.linking.news import SourceOptions, heads, news, source_needs, without
from bot.model.evidence import SETTINGS, WORKFLOWS, Guards, Mark
from bot.model.facts import Change
from bot.model.known import Known, Unknown
from bot.model.reading import BOTH, EVIDENCE, SIGNALS, Read, Side
from bot.model.signal import SOURCE, Sign

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.model.area import Area
    from bot.model.facts import ChangedFile, Changes, Facts
    from bot.model.need import Need
    from bot.model.signal import Function, Signal

_UNSEEN = "runs-unseen"
_LINTERS = frozenset({"ruff", "flake8", "pylint", "mypy", "eslint", "rubocop", "golangci-lint"})
_SAID = {
    "continues-on-error": "may now fail without failing its job",
    "runs-only-if": "now runs under a condition only",
    "failure-masked": "may now fail without being seen",
    "checks-left-out": "now leaves something out",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Weakening:
    """One place. `topic`: what it weakens: `job`, `coverage`, `tests`, `lint`, `secrets`.

    `job`: the job of the workflow `file` by the name that GitHub shows, "*" for all of them.
    """

    kind: str
    topic: str
    note: str
    file: str
    line: int | None = None
    job: str = ""
    sure: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Weakened:
    """What was found, surest first; `open`: why there may be more; `files`: how many were read."""

    found: tuple[Weakening, ...] = ()
    open: tuple[Unknown, ...] = ()
    files: int = 0

    @property
    def sure(self) -> tuple[Weakening, ...]:
        """Those that are certain."""
        return tuple(one for one in self.found if one.sure)


@dataclass(slots=True)
class _Sides:
    """The guards of every changed file, before and after; `rest`: of unchanged workflows."""

    before: dict[str, Guards]
    after: dict[str, Guards]
    rest: dict[str, Guards]


def evidence_needs(changes: Changes, tests: Area, generated: Area) -> frozenset[Need]:
    """Changed settings and tests on both sides, and all workflows where one is changed."""
    if isinstance(changes, Unknown):
        return frozenset()
    paths = {path for file in changes for path in file.paths}
    needs: set[Need] = set()
    if any(SETTINGS.has(path) for path in paths):
        needs.add(Read(reading=EVIDENCE.id, area=SETTINGS, sides=BOTH))
    if any(WORKFLOWS.has(path) for path in paths):
        needs.add(Read(reading=EVIDENCE.id, area=WORKFLOWS, sides=BOTH, unchanged=True))
    if any(tests.has(path) and SOURCE.has(path) for path in paths):
        needs |= source_needs(SourceOptions(generated=generated), changes)
    return frozenset(needs)


def weakenings(facts: Facts, tests: Area, generated: Area) -> Known[Weakened]:
    """Everything that weakens evidence in this change; what only moved does not."""
    changed = facts.changed_in(SETTINGS)
    if isinstance(changed, Unknown):
        return changed
    sides, open_ = _sides(facts, changed)
    found = [*_of_jobs(sides, facts), *_of_settings(sides, facts)]
    if open_:
        # What is gone or new may stand in the file that could not be read.
        found = [replace(one, sure=False) for one in found if one.kind != "check-removed"]
    seen, more, count = _of_tests(facts, tests, generated)
    found, open_ = found + seen, open_ + more
    found.sort(key=lambda one: (not one.sure, one.file, one.line or 0))
    return Weakened(found=tuple(found), open=tuple(open_), files=len(changed) + count)


def _sides(facts: Facts, changed: tuple[ChangedFile, ...]) -> tuple[_Sides, list[Unknown]]:
    sides = _Sides({}, {}, {})
    unread: list[Unknown] = []
    for file in changed:
        old = file.previous_path or file.path
        asked = [(sides.before, old, Side.BASE)] if file.change is not Change.ADDED else []
        asked += [(sides.after, file.path, Side.HEAD)] if file.change is not Change.REMOVED else []
        for into, path, side in asked:
            if not SETTINGS.has(path):
                continue
            value = facts.read(EVIDENCE, path, side)
            if isinstance(value, Unknown):
                unread.append(value)
            else:
                into[path] = value
    touched = {path for file in changed for path in file.paths}
    if any(WORKFLOWS.has(path) for path in touched):
        others = facts.read_all(EVIDENCE, WORKFLOWS)
        if isinstance(others, Unknown):
            return sides, [*unread, others]
        sides.rest = {
            path: one
            for path, one in others.items()
            if path not in touched and isinstance(one, Guards)
        }
    return sides, unread


# ── jobs of workflows ─────────────────────────────────────────────────────────────────────────


def _of_jobs(sides: _Sides, facts: Facts) -> list[Weakening]:
    before = _only(sides.before)
    free, left = _free(before.values()), _free(_only(sides.after).values())
    known = Counter(_key(one) for each in before.values() for one in each.loose)
    found = []
    for path, guards in _only(sides.after).items():
        for one in guards.loose:
            known[_key(one)] -= 1
            if known[_key(one)] >= 0:
                continue
            if one.kind == "paths-ignored":
                if path in before or _renamed(facts, path) in before:
                    found.append(_ignored(one, path))
                continue
            runs = _program(one, guards)
            place = (one.job, runs)
            if free[place] > left[place] or (free[place] and not one.certain):
                found.append(_looser(one, runs, path))
    return found + _removed(sides, facts)


def _only(side: dict[str, Guards]) -> dict[str, Guards]:
    return {path: one for path, one in side.items() if WORKFLOWS.has(path)}


def _free(some: Iterable[Guards]) -> Counter[tuple[str, str]]:
    """How often a program runs in a job with nothing that lets it fail unseen."""
    return Counter(
        (one.job, one.about)
        for each in some
        for one in each.holds
        if one.kind == "runs" and one.certain
    )


def _key(mark: Mark) -> tuple[str, str, str]:
    return (mark.kind, mark.job, mark.about)


def _program(mark: Mark, guards: Guards) -> str:
    names = {one.about for one in guards.holds if one.job == mark.job}
    fitting = [one for one in names if mark.about == one or mark.about.startswith(f"{one} ")]
    return max(fitting, key=len, default="")


def _looser(mark: Mark, runs: str, path: str) -> Weakening:
    what = mark.about.removeprefix(runs).strip()
    note = f"{mark.job}: {runs} {_SAID[mark.kind]}" + (f" ({what})" if what else "")
    return Weakening(
        kind=mark.kind,
        topic="job",
        note=note,
        file=path,
        line=mark.line,
        job=mark.job,
        sure=mark.certain,
    )


def _ignored(mark: Mark, path: str) -> Weakening:
    return Weakening(
        kind=mark.kind,
        topic="job",
        note=f"no job of it runs for changes of {mark.about.partition(' ')[2]} alone",
        file=path,
        line=mark.line,
        job="*",
        sure=mark.certain,
    )


def _removed(sides: _Sides, facts: Facts) -> list[Weakening]:
    """Programs that no workflow runs any more, sure where nothing was put in their place."""
    after = {**sides.after, **sides.rest}
    unseen = _runs(after, _UNSEEN)
    masked = unseen - _runs({**sides.before, **sides.rest}, _UNSEEN)
    # What is masked only now is said of the mask; what always was replaces nothing.
    still = _runs(after, "runs").keys() | masked.keys()
    had = {
        text for each in (*sides.before.values(), *sides.rest.values()) for text in each.commands
    }
    fresh = {text for each in sides.after.values() for text in each.commands} - had
    more = _runs(sides.after) - _runs(sides.before)
    cleared = any(
        one.change is Change.REMOVED and not WORKFLOWS.has(one.path) for one in _files(facts)
    )
    found: dict[str, Weakening] = {}
    for path, guards in _only(sides.before).items():
        for one in guards.holds:
            if one.kind == "runs" and one.about not in still:
                so = " so that its failure is seen" if one.about in unseen else ""
                found[one.about] = Weakening(
                    kind="check-removed",
                    topic="job",
                    note=f"no workflow runs {one.about}{so} any more; {one.job} did",
                    file=path,
                    job=one.job,
                    sure=not fresh and not more and not cleared,
                )
    return list(found.values())


def _runs(side: dict[str, Guards], *kinds: str) -> Counter[str]:
    """How often workflows run each program; `kinds`: in such a way alone."""
    holds = (one for each in _only(side).values() for one in each.holds)
    return Counter(one.about for one in holds if not kinds or one.kind in kinds)


def _renamed(facts: Facts, path: str) -> str:
    return next((one.previous_path or "" for one in _files(facts) if one.path == path), "")


# ── settings of coverage and linters ──────────────────────────────────────────────────────────


def _of_settings(sides: _Sides, facts: Facts) -> list[Weakening]:
    before = sides.before
    configured = {tool for each in before.values() for tool in each.tools}
    figures = {one.name: one.value for each in before.values() for one in each.thresholds}
    known = Counter(one.about for each in before.values() for one in each.loose if not one.job)
    rules = {one.about for each in before.values() for one in each.holds if one.kind == "rule"}
    # A tool that is told to look at more may be told what of that to leave out.
    stricter = {
        one.about.partition(":")[0]
        for each in sides.after.values()
        for one in each.holds
        if one.kind == "rule" and one.about not in rules
    }
    if any(one.name not in figures for each in sides.after.values() for one in each.thresholds):
        stricter |= {"coverage", "jest"}
    # As many entries as before: what is new took the place of another.
    longer = entries(sides.after.values())
    longer.subtract(entries(before.values()))
    added = [one.path for one in _files(facts) if one.change is Change.ADDED]
    found = []
    for path, guards in sides.after.items():
        own = before.get(path)
        old = {one.about for one in own.loose} if own else set()
        for figure in guards.thresholds:
            was = figures.get(figure.name)
            if was is not None and figure.value < was:
                note = f"{figure.name}: {was:g} → {figure.value:g}"
                found.append(
                    Weakening(
                        kind="threshold-lowered",
                        topic="coverage",
                        note=note,
                        file=path,
                        line=figure.line,
                    )
                )
        for mark in (one for one in guards.loose if not one.job):
            known[mark.about] -= 1
            tool = mark.about.partition(":")[0]
            if known[mark.about] < 0 and tool in configured and not was_wider(mark, old):
                new = tool in stricter or path in added or is_about(mark, added)
                sure = mark.certain and longer[tool] > 0 and not new
                found.append(_longer(mark, tool, path, sure=sure))
    return found


def _longer(mark: Mark, tool: str, path: str, *, sure: bool) -> Weakening:
    topic = (
        "lint" if tool in _LINTERS else "secrets" if tool in {"gitleaks", "trivy"} else "coverage"
    )
    topic = "tests" if tool in {"pytest", "jest"} else topic
    entry = mark.about.partition(": ")[2]
    note = f"{tool} now leaves out {entry}"
    kind = "exclusions-lengthened"
    return Weakening(kind=kind, topic=topic, note=note, file=path, line=mark.line, sure=sure)


_CONDITIONAL = (
    *("skipif", "skipUnless", "skipIf", "importorskip"),
    *("assumeTrue", "assumeFalse", "assumeThat", "DisabledOnOs", "DisabledIf", "EnabledIf"),
)


def _always(mark: Signal) -> bool:
    """Whether a test that is switched off so never runs."""
    return not mark.detail and not mark.name.endswith(_CONDITIONAL)


def _files(facts: Facts) -> tuple[ChangedFile, ...]:
    return () if isinstance(facts.changes, Unknown) else facts.changes


# ── tests ─────────────────────────────────────────────────────────────────────────────────────


def _of_tests(
    facts: Facts, tests: Area, generated: Area
) -> tuple[list[Weakening], list[Unknown], int]:
    files = facts.changed_in(tests)
    if isinstance(files, Unknown) or not any(SOURCE.has(p) for one in files for p in one.paths):
        return [], [], 0
    found = news(facts, (Sign.SWITCHED_OFF,), generated, tests.has)
    if isinstance(found, Unknown):
        return [], [found], 0
    before = _tests_at(facts, tests, generated, Side.BASE)
    weaker = [_switched_off(place.path, place.signal, facts, before) for place in found.places]
    gone = _gone(facts, tests, generated, before)
    if found.blurred:
        weaker, gone = [replace(one, sure=False) for one in weaker], []
    return [*weaker, *gone], list(found.open), found.files


def _tests_at(
    facts: Facts, tests: Area, generated: Area, side: Side
) -> dict[tuple[str, int], Function]:
    """Test functions of every changed test file, by name and how many of it came before."""
    found: dict[tuple[str, int], Function] = {}
    seen: Counter[str] = Counter()
    files = facts.changed_in(without(tests, generated))
    for file in () if isinstance(files, Unknown) else files:
        path = (file.previous_path or file.path) if side is Side.BASE else file.path
        value = facts.read(SIGNALS, path, side)
        for one in () if isinstance(value, Unknown) else value.functions:
            if one.test:
                found[one.name, seen[one.name]] = one
                seen[one.name] += 1
    return found


def _switched_off(
    path: str, signal: Signal, facts: Facts, before: dict[tuple[str, int], Function]
) -> Weakening:
    value = facts.read(SIGNALS, path)
    functions: tuple[Function, ...] = () if isinstance(value, Unknown) else value.functions
    tested = _tested(signal.line, [one for one in functions if one.test])
    old = tested is not None and (tested.name, 0) in before
    only = signal.name.endswith(".only")
    note = "runs alone, all others do not" if only else f"a test is switched off ({signal.name})"
    return Weakening(
        kind="test-switched-off",
        topic="tests",
        note=note,
        file=path,
        line=signal.line,
        sure=only or (old and _always(signal)),
    )


def _idle(facts: Facts, tests: Area, generated: Area) -> set[str]:
    """The names of tests that were switched off before: they proved nothing."""
    found: set[str] = set()
    files = facts.changed_in(without(tests, generated))
    for file in () if isinstance(files, Unknown) else files:
        value = facts.read(SIGNALS, file.previous_path or file.path, Side.BASE)
        if isinstance(value, Unknown):
            continue
        some = [one for one in value.functions if one.test]
        marks = [one for one in value.signals if one.sign is Sign.SWITCHED_OFF]
        off = [one for one in marks if _always(one) and not one.name.endswith(".only")]
        found |= {one.name for mark in off if (one := _tested(mark.line, some)) is not None}
    return found


def _tested(line: int, functions: list[Function]) -> Function | None:
    """The test that holds the line, or that follows a mark on it."""
    inside = [one for one in functions if one.line <= line <= one.end]
    below = [one for one in functions if line < one.line]
    if inside:
        return max(inside, key=lambda one: one.line)
    return min(below, key=lambda one: one.line, default=None)


def _gone(
    facts: Facts, tests: Area, generated: Area, before: dict[tuple[str, int], Function]
) -> list[Weakening]:
    """Tests that are not there any more; sure where nothing else of tests or source changed."""
    inside, unread = heads(facts, generated, tests.has)
    idle = _idle(facts, tests, generated)
    before = {name: one for name, one in before.items() if one.name not in idle}
    now = _tests_at(facts, tests, generated, Side.HEAD)
    now = {name: one for name, one in now.items() if one.name not in idle}
    lost = sorted(before.keys() - now.keys())
    if not lost or unread or len(now) >= len(before):
        return []
    same = all(name in before and before[name].digest == one.digest for name, one in now.items())
    sure = same and not now.keys() - before.keys() and _only_tests(facts, tests)
    path = next(
        (head.file.path for head in inside if any(one.test for one in head.value.functions)), ""
    )
    note = f"{len(lost)} test(s) removed: {', '.join(name for name, _ in lost[:3])}"[:190]
    return [
        Weakening(
            kind="test-removed", topic="tests", note=note, file=path, sure=sure and bool(path)
        )
    ]


def _only_tests(facts: Facts, tests: Area) -> bool:
    """Whether no line of the source that is tested was taken out or changed."""
    files = _files(facts)
    return all(
        one.removed == () and one.change is not Change.REMOVED
        for one in files
        if SOURCE.has(one.path) and not tests.has(one.path)
    ) and all(one.change is not Change.REMOVED for one in files if tests.has(one.path))
