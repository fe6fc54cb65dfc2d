"""What a pull request adds: places of its head that its base had nowhere."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from bot.model.area import Area
from bot.model.facts import Change
from bot.model.known import Known, Unknown
from bot.model.reading import BOTH, SIGNALS, Read, Side
from bot.model.signal import SOURCE, Function, Signal, Signals
from bot.model.verdict import (
    SHOWN,
    Evidence,
    Kind,
    Tier,
    Verdict,
    failed,
    passed,
    skipped,
    undecided,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bot.model.facts import ChangedFile, Changes, Facts
    from bot.model.need import Need
    from bot.model.signal import Sign

# Where tests are, for a policy that has no area of that name.
TESTS = Area(
    "tests",
    (
        "**/{test,tests,spec,specs,__tests__,e2e,testing}/**",
        "**/{test_*.py,*_test.py,conftest.py,*_test.go,*_spec.rb,*_test.rb}",
        "**/*.{test,spec,e2e-spec}.{js,jsx,ts,tsx,mjs,cjs}",
        "**/*{Test,Tests,IT,Spec}.{java,kt}",
    ),
)
MIGRATIONS = Area("migrations", ("**/{migrations,migrate,alembic}/**",))


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A signal of the head, and whether its file says that it is not written by hand."""

    path: str
    signal: Signal
    generated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """`files`: how many were judged. `open`: why something there could not be.

    `blurred`: a file could not be read at the base, so that none of the places is surely new.
    """

    files: int
    places: tuple[Place, ...] = ()
    open: tuple[Unknown, ...] = ()
    blurred: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A changed file as it is read at the head; `lines`: numbers of its added lines, in order."""

    file: ChangedFile
    value: Signals
    lines: tuple[int, ...]

    def added(self, first: int, last: int) -> bool:
        """Whether any line from the first to the last one is added."""
        at = bisect_left(self.lines, first)
        return at < len(self.lines) and self.lines[at] <= last


def without(area: Area, generated: Area) -> Area:
    """The area less what is generated."""
    less = (one[1:] if one.startswith("!") else f"!{one}" for one in generated.globs)
    return Area(area.name, (*area.globs, *less))


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceOptions:
    """`tests`: where tests are. `generated`: what nobody writes by hand."""

    tests: Area = TESTS
    generated: Area = Area("generated", ())


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedOptions(SourceOptions):
    """`tests`: where tests are. `aside`: what runs in a browser, or by hand."""

    aside: Area = Area(
        "aside",
        (
            "**/{ui,frontend,webapp,www,scripts,dev,tools,bin,cli,examples,commands,seeds}/**",
            "{client,web}/**",
            "**/*.{tsx,jsx,rake}",
        ),
    )


class Generated(Protocol):
    """Options that know what nobody writes by hand."""

    @property
    def generated(self) -> Area:
        """That area."""


def source_needs(
    options: Generated,
    changes: Changes,  # noqa: ARG001  every rule is asked with them
) -> frozenset[Need]:
    """Both sides of every changed source file."""
    area = without(SOURCE, options.generated)
    return frozenset({Read(reading=SIGNALS.id, area=area, sides=BOTH)})


def counts(path: str, generated: Area) -> bool:
    """Whether a path is source text that people write."""
    return SOURCE.has(path) and not generated.has(path)


def judged_files(facts: Facts, generated: Area, judged: Callable[[str], bool]) -> int:
    """How many changed source files are judged for what they add."""
    files = () if isinstance(facts.changes, Unknown) else facts.changes
    return sum(counts(one.path, generated) and judged(one.path) for one in files if one.added != ())


def bases(facts: Facts, generated: Area) -> tuple[list[Signals], list[Unknown]]:
    """Every changed source file at the base, and those that could not be read there."""
    files = () if isinstance(facts.changes, Unknown) else facts.changes
    read, unread = list[Signals](), list[Unknown]()
    for file in files:
        path = file.previous_path or file.path
        if file.change is not Change.ADDED and counts(path, generated):
            value = facts.read(SIGNALS, path, Side.BASE)
            if isinstance(value, Unknown):
                unread.append(value)
            else:
                read.append(value)
    return read, unread


def heads(
    facts: Facts, generated: Area, judged: Callable[[str], bool]
) -> tuple[list[Head], list[Unknown]]:
    """Every changed source file at the head that is judged, and why others of them cannot be."""
    files = () if isinstance(facts.changes, Unknown) else facts.changes
    read, unread = list[Head](), list[Unknown]()
    for file in files:
        if file.change is Change.REMOVED or not counts(file.path, generated):
            continue
        if not judged(file.path) or (file.change is Change.RENAMED and file.added == ()):
            continue
        value = facts.read(SIGNALS, file.path)
        for one in (value, file.added):
            if isinstance(one, Unknown):
                unread.append(one)
        if not isinstance(value, Unknown) and not isinstance(file.added, Unknown):
            head = Head(file=file, value=value, lines=tuple(line.number for line in file.added))
            read.append(head)
            unread += _holes(head)
    return read, unread


def news(
    facts: Facts, signs: Iterable[Sign], generated: Area, judged: Callable[[str], bool]
) -> Known[News]:
    """The places of these signs that are new, in files whose path is judged.

    A place is new if it meets an added line and there are more of its kind and code in all changed
    files at the head than at the base: what is moved, indented or laid out anew is not.
    """
    if isinstance(facts.changes, Unknown):
        return facts.changes
    wanted = frozenset(signs)
    inside, unread = heads(facts, generated, judged)
    outside, _ = heads(facts, generated, lambda path: not judged(path))
    before, blurred = bases(facts, generated)
    more = Counter(_keys((one.value for one in [*inside, *outside]), wanted))
    more.subtract(_keys(before, wanted))
    places: list[Place] = []
    for head in inside:
        for signal in head.value.signals:
            key = (signal.sign, signal.digest)
            if signal.sign in wanted and more[key] > 0 and head.added(signal.line, signal.end):
                more[key] -= 1
                generates = head.value.generated
                places.append(Place(path=head.file.path, signal=signal, generated=generates))
    # Without its base, a place may have been there all along.
    open_ = [*unread, *(blurred if places else ())]
    return News(
        files=len(inside) + len(unread),
        places=tuple(places),
        open=tuple(open_),
        blurred=bool(blurred),
    )


def new_functions(
    facts: Facts, generated: Area, judged: Callable[[str], bool]
) -> tuple[list[tuple[Head, Function]], list[Unknown]]:
    """Functions of the head whose name and code the base had nowhere; classes are not meant."""
    inside, unread = heads(facts, generated, judged)
    before, blurred = bases(facts, generated)
    known = Counter(one.digest for value in before for one in value.functions)
    names = {one.name for value in before for one in value.functions}
    found = []
    for head in inside:
        holders = {one.name.rpartition(".")[0] for one in head.value.functions}
        for one in head.value.functions:
            if one.name not in holders | names and head.added(one.line, one.end):
                known[one.digest] -= 1
                if known[one.digest] < 0:
                    found.append((head, one))
    return found, [*unread, *(blurred if found else ())]


def answer(found: Known[News], shown: Iterable[Evidence], clean: str, what: str) -> Verdict:
    """What a rule that looks for something bad says of what it found.

    `clean`: where nothing was, `what`: where something was, with `{n}` for how many.
    """
    if isinstance(found, Unknown):
        return undecided(found)
    every = list(shown)
    sure = [one for one in every if one.kind.tier is Tier.SURE]
    rest = [one for one in every if one.kind.tier is not Tier.SURE]
    advice = tuple(rest[:SHOWN])
    if found.open:
        beyond = undecided(found.open[0], *(rest if not found.blurred else every)[:SHOWN])
    elif not found.files:
        beyond = skipped("no source file of that kind was changed")
    elif rest:
        beyond = passed(what.format(n=len(rest)), advice=advice)
    else:
        beyond = passed(f"{found.files} file(s) read: {clean}")
    if not sure or found.blurred:
        return beyond
    text = what.format(n=len(sure))
    return failed(text, *sure[:SHOWN], advice=advice, beyond=beyond)


def advise(
    facts: Facts, options: ServedOptions, sign: Sign, kind: Kind, words: tuple[str, str, str]
) -> Verdict:
    """Advice on each new place of a sign in what serves requests.

    `words`: what is said of one with its name in front, where nothing was, and of `{n}` of them.
    """

    def judged(path: str) -> bool:
        return not any(one.has(path) for one in (options.tests, options.aside, MIGRATIONS))

    found = news(facts, (sign,), options.generated, judged)
    places = () if isinstance(found, Unknown) else found.places
    note, clean, what = words
    shown = [
        kind.at(f"{one.signal.name} {note}"[:200], one.path, one.signal.line) for one in places
    ]
    return answer(found, shown, clean, what)


def _keys(values: Iterable[Signals], wanted: frozenset[Sign]) -> Iterable[tuple[Sign, str]]:
    return (
        (one.sign, one.digest) for value in values for one in value.signals if one.sign in wanted
    )


def _holes(head: Head) -> list[Unknown]:
    return [
        Unknown(
            f"can't tell: {head.file.path}:{first} - it could not be parsed. Read it there",
            by_content=True,
        )
        for first, last in head.value.holes
        if head.added(first, last)
    ][:1]
