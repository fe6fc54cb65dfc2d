"""Coverage in the forms that tools write it, reduced to the changed lines of a pull request."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bot.model.known import Known, Unknown
from bot.model.results import Coverage, Measured
from bot.readers.reports.asked import Asked, asked_of
from bot.readers.reports.markup import each_element
from bot.readers.reports.packed import Unreadable, files_of

if TYPE_CHECKING:
    from bot.sandbox.frame import Job

LINES_AT_MOST = 1_000_000
# What coverage.py writes; another number means another shape.
_KNOWN_FORMATS = frozenset({2, 3})


@dataclass(slots=True)
class _File:
    """One file of a report. `paths`: what it may be called; `hits`: by line; `missed`: branches."""

    paths: list[str]
    hits: dict[int, int] = field(default_factory=dict)
    missed: dict[int, int] = field(default_factory=dict)

    def line(self, number: str, hits: int, missed: int = 0) -> None:
        """Note a line, which a report may name more than once."""
        at = _whole(number)
        self.hits[at] = max(self.hits.get(at, 0), hits)
        if missed:
            self.missed[at] = missed


class _Xml:
    """Takes the elements of a Cobertura or JaCoCo report."""

    def __init__(self) -> None:
        self.files: list[_File] = []
        self.root = ""
        self._package = ""
        self._sources: list[str] = []
        self._in_source = False
        self._total = 0

    def start(self, name: str, given: dict[str, str]) -> None:
        """An element begins."""
        self.root = self.root or name
        if name == "package":
            self._package = given.get("name", "")
        elif name == "class" and "filename" in given:
            self.files.append(_File(self._called(given["filename"])))
        elif name == "sourcefile":
            self.files.append(_File([f"{self._package}/{given.get('name', '')}"]))
        elif name == "source":
            self._in_source = True
        elif name == "line" and self.files:
            self._total += 1
            if self._total > LINES_AT_MOST:
                raise Unreadable(f"more than {LINES_AT_MOST:,} lines in it")
            self._line(self.files[-1], given)

    def end(self, name: str) -> None:
        """An element ends."""
        if name == "source":
            self._in_source = False

    def text(self, text: str) -> None:
        """Words between elements; only folders of sources are of interest."""
        if self._in_source:
            self._sources.append(text.strip())

    def _called(self, name: str) -> list[str]:
        """Names are counted from the one source; of several it is not said which."""
        return [f"{self._sources[0]}/{name}", name] if len(self._sources) == 1 else [name]

    @staticmethod
    def _line(file: _File, given: dict[str, str]) -> None:
        if "nr" in given:
            file.line(given["nr"], _whole(given.get("ci", "0")), _whole(given.get("mb", "0")))
            return
        taken, _, ways = given.get("condition-coverage", "").partition("(")[2].partition("/")
        missed = _whole(ways.rstrip(")")) - _whole(taken) if ways else 0
        file.line(given.get("number", "0"), _whole(given.get("hits", "0")), missed)


def read(job: Job) -> Known[Coverage]:
    """The coverage of the lines that the job asks about."""
    asked = asked_of(job)
    found: list[_File] = []
    reports = 0
    try:
        for _, content in files_of(job.head or b"", job.path, asked.files.has):
            files = _report(content)
            if files is not None:
                reports += 1
                found += files
    except Unreadable as why:
        reason = f"can't tell: the artifact {job.path} - {why}. Run the workflow again"
        return Unknown(reason, by_content=True)
    return Coverage(
        files=reports,
        measured=_measured(found, asked),
        lines=sum(len(one.hits) for one in found),
        covered=sum(hits > 0 for one in found for hits in one.hits.values()),
    )


def _report(content: bytes) -> list[_File] | None:
    """The files of a report in one of the known forms; None for anything else."""
    start = content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if start == b"<":
        return _of_xml(content)
    if start == b"{":
        return _of_json(content)
    return _of_lcov(content)


def _of_xml(content: bytes) -> list[_File] | None:
    xml = _Xml()
    each_element(content, xml.start, xml.end, xml.text)
    return xml.files if xml.root in {"coverage", "report"} else None


def _of_json(content: bytes) -> list[_File] | None:
    try:
        data = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise Unreadable("it is no whole JSON") from error
    if not isinstance(data.get("meta"), dict) or not isinstance(data.get("files"), dict):
        return None
    form = data["meta"].get("format")
    if form not in _KNOWN_FORMATS:
        raise Unreadable(f"coverage.py's format {str(form)[:20]} is not known")
    try:
        return [_of_python(path, one) for path, one in data["files"].items()]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Unreadable("it is no whole report of coverage.py") from error


def _of_python(path: str, one: dict[str, Any]) -> _File:
    file = _File([path])
    file.hits = dict.fromkeys(map(int, one["executed_lines"]), 1)
    file.hits |= dict.fromkeys(map(int, one["missing_lines"]), 0)
    for start, _ in one.get("missing_branches", ()):
        file.missed[int(start)] = file.missed.get(int(start), 0) + 1
    return file


def _of_lcov(content: bytes) -> list[_File] | None:
    files: list[_File] = []
    total = 0
    for row in content.decode("utf-8", "replace").splitlines():
        name, _, value = row.partition(":")
        parts = value.split(",")
        if name == "SF":
            files.append(_File([value.strip()]))
        elif name == "DA" and files and len(parts) > 1:
            total += 1
            files[-1].line(parts[0], _whole(parts[1]))
        elif name == "BRDA" and files and len(parts) == 4 and parts[3].strip() in {"-", "0"}:
            at = _whole(parts[0])
            files[-1].missed[at] = files[-1].missed.get(at, 0) + 1
        if total > LINES_AT_MOST:
            raise Unreadable(f"more than {LINES_AT_MOST:,} lines in it")
    return files or None


def _measured(found: list[_File], asked: Asked) -> tuple[Measured, ...]:
    meant = _Meant([*asked.lines, *asked.others])
    of: dict[str, list[_File]] = {}
    unsure: set[str] = set()
    for file in found:
        paths = next((some for path in file.paths if (some := meant.by(path))), [])
        if len(paths) == 1:
            of.setdefault(paths[0], []).append(file)
        else:
            unsure |= set(paths)
    return tuple(
        _one(path, of.get(path, []), lines, unsure=path in unsure)
        for path, lines in asked.lines.items()
        if path in of or path in unsure
    )


def _one(path: str, files: list[_File], lines: tuple[int, ...], *, unsure: bool) -> Measured:
    hits = {at: max(one.hits.get(at, 0) for one in files) for at in lines if _known(at, files)}
    ways = {at: [one.missed.get(at, 0) for one in files if one.hits.get(at)] for at in hits}
    return Measured(
        path=path,
        ran=tuple(at for at, times in hits.items() if times > 0),
        missed=tuple(at for at, times in hits.items() if times == 0),
        # Of several reports each may have taken another way.
        branches=tuple((at, some[0]) for at, some in ways.items() if len(some) == 1 and some[0]),
        unsure="a report may mean another file. Let it give whole paths" if unsure else "",
    )


def _known(at: int, files: list[_File]) -> bool:
    return any(at in one.hits for one in files)


class _Meant:
    """Which file of the repository a report means: by its own path, else by the longest that ends
    it, else by all that end with it."""

    def __init__(self, paths: list[str]) -> None:
        self._by_name: dict[str, list[str]] = {}
        for path in paths:
            self._by_name.setdefault(path.rpartition("/")[2], []).append(path)

    def by(self, reported: str) -> list[str]:
        """Every file that it may be; one: that one."""
        name = "/".join(_steps(reported))
        known = self._by_name.get(name.rpartition("/")[2], [])
        if name in known and not reported.startswith("/"):
            longer = [path for path in known if path.endswith("/" + name)]
            return [name, *longer]
        within = [path for path in known if f"/{name}".endswith("/" + path)]
        if within:
            return [max(within, key=len)]
        return [path for path in known if path.endswith("/" + name)]


def _steps(path: str) -> Iterator[str]:
    """The folders of a path as a report writes it, which only ever is a label."""
    kept: list[str] = []
    for step in path.replace("\\", "/").split("/"):
        if step == "..":
            del kept[-1:]
        elif step not in {"", "."}:
            kept.append(step)
    return iter(kept)


def _whole(text: str) -> int:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else 0
