"""JUnit XML, as every test runner writes it a little differently: cases, recounted."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from bot.model.area import Area, name_matches
from bot.model.known import Known, Unknown
from bot.model.results import Results
from bot.model.verdict import clip
from bot.readers.endpoints.paths import template
from bot.readers.reports.asked import asked_of
from bot.readers.reports.markup import each_element
from bot.readers.reports.packed import Unreadable, files_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.sandbox.frame import Job

CASES_AT_MOST, CELLS_AT_MOST, SHOWN = 100_000, 1_000, 20
_FAILED = frozenset({"failure", "error"})
_AGAIN = frozenset({"flakyFailure", "flakyError"})
# GoogleTest and a few others say it in an attribute instead.
_CELL = re.compile(r"([A-Z]{3,7}) (/\S{0,200}) (success|validation|auth|not-found|conflict)")
_NOT_RUN = frozenset({"notrun", "skipped", "disabled", "suppressed", "ignored"})


@dataclass(slots=True, kw_only=True)
class _Case:
    report: str
    suite: str
    classname: str
    name: str
    file: str
    result: str = "passed"
    said: str = ""
    flaky: bool = False
    of: list[str] = field(default_factory=list)

    @property
    def key(self) -> tuple[str, str, str, str, str]:
        """What one case is known by."""
        return (self.report, self.suite, self.file, self.classname, self.name)

    @property
    def label(self) -> str:
        """How people know it."""
        return clip(".".join(part for part in (self.classname, self.name) if part), 150)

    def within(self, globs: tuple[str, ...]) -> bool:
        """Whether its file, its class (also written as a path) or its suite fits one of them."""
        places = {self.file, self.classname, self.classname.replace(".", "/"), self.suite}
        return not globs or any(name_matches(glob, one) for glob in globs for one in places if one)


@dataclass(slots=True)
class _Reader:
    """Takes the elements of one file."""

    report: str
    cases: list[_Case] = field(default_factory=list)
    says: str = ""
    root: str = ""
    _suites: list[tuple[str, str | None, int]] = field(default_factory=list)
    _open: _Case | None = None

    def start(self, name: str, given: dict[str, str]) -> None:
        """An element begins."""
        self.root = self.root or name
        if name == "testsuite":
            self._suites.append((given.get("name", ""), given.get("tests"), len(self.cases)))
        elif name == "testcase":
            self._open = self._case(given)
        elif self._open is not None:
            self._told(self._open, name, given)

    def end(self, name: str) -> None:
        """An element ends."""
        if name == "testsuite" and self._suites:
            suite, tests, before = self._suites.pop()
            found = len(self.cases) - before
            if not self.says and tests is not None and tests.isdigit() and int(tests) != found:
                self.says = clip(f"suite {suite} says {tests} cases and lists {found}", 150)
        elif name == "testcase" and self._open is not None:
            self.cases.append(self._open)
            self._open = None

    def _case(self, given: dict[str, str]) -> _Case:
        if len(self.cases) >= CASES_AT_MOST:
            raise Unreadable(f"more than {CASES_AT_MOST:,} cases in it")
        suite = self._suites[-1][0] if self._suites else ""
        case = _Case(
            report=self.report,
            suite=suite[:1000],
            classname=given.get("classname", "")[:1000],
            name=given.get("name", "")[:1000],
            file=given.get("file", "")[:1000].replace("\\", "/"),
        )
        if {given.get("status", "").lower(), given.get("result", "").lower()} & _NOT_RUN:
            case.result = "skipped"
        return case

    @staticmethod
    def _told(case: _Case, name: str, given: dict[str, str]) -> None:
        if name in _FAILED:
            case.result = "failed"
        elif name == "skipped":
            case.result, case.said = "skipped", clip(given.get("message", ""), 60)
        elif name in _AGAIN:
            case.flaky = True
        elif name == "property" and given.get("name") == "handoff.case":
            case.of.append(given.get("value", ""))


def read(job: Job) -> Known[Results]:
    """The results of a job's head; a base is an earlier attempt of the same."""
    asked = asked_of(job)
    try:
        found, readers = _cases(job.head or b"", job.path, asked.files)
        earlier, _ = _cases(job.base, job.path, asked.files) if job.base is not None else ([], [])
    except Unreadable as why:
        reason = f"can't tell: the artifact {job.path} - {why}. Run the workflow again"
        return Unknown(reason, by_content=True)
    counting = [one for one in found if one.within(asked.cases)]
    said = next((one.says for one in readers if one.says), "")
    return replace(_reduced(counting, _broke(earlier)), files=len(readers), says=said)


def _cases(body: bytes, name: str, files: Area) -> tuple[list[_Case], list[_Reader]]:
    readers: list[_Reader] = []
    total = 0
    for report, content in files_of(body, name, files.has):
        reader = _Reader(report)
        each_element(content, reader.start, reader.end)
        total += len(reader.cases)
        if total > CASES_AT_MOST:
            raise Unreadable(f"more than {CASES_AT_MOST:,} cases in it")
        if reader.root in {"testsuite", "testsuites"}:
            readers.append(reader)
    return [case for reader in readers for case in reader.cases], readers


def _broke(earlier: list[_Case]) -> set[tuple[str, ...]]:
    """Cases that failed in the earlier attempt; one of several that share a name is not known."""
    times = Counter(one.key for one in earlier)
    return {one.key for one in earlier if one.result == "failed" and times[one.key] == 1}


def _reduced(cases: list[_Case], broke: set[tuple[str, ...]]) -> Results:
    passed = Counter(one.key for one in cases if one.result == "passed")
    failed = Counter(one.key for one in cases if one.result == "failed")
    unclear = passed.keys() & failed.keys()
    failing = [one for one in cases if one.result == "failed" and one.key not in unclear]
    idle = [one for one in cases if one.result == "skipped"]
    return Results(
        cases=len(cases),
        failed=len(failing),
        skipped=len(idle),
        failing=_labels(failing),
        idle=tuple(_excuse(one) for one in idle[:SHOWN]),
        flaky=_labels(
            one
            for one in cases
            if one.result == "passed" and (one.flaky or (one.key in broke and passed[one.key] == 1))
        ),
        unclear=_labels(one for one in cases if one.key in unclear),
        told=_cells(one for one in cases if one.result == "passed" and one.key not in unclear),
    )


def _cells(cases: Iterable[_Case]) -> tuple[str, ...]:
    """What these say they are of, by a property or their name; of routes as others write them."""
    said = (_CELL.fullmatch(text) for one in cases for text in (one.name, *one.of))
    found = (f"{one[1]} {template(one[2]) or '/'} {one[3]}" for one in said if one)
    return tuple(sorted(set(found)))[:CELLS_AT_MOST]


def _labels(cases: Iterable[_Case]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.label for one in cases))[:SHOWN]


def _excuse(case: _Case) -> str:
    return f"{case.label} ({case.said})" if case.said not in {"", "(empty)"} else case.label
