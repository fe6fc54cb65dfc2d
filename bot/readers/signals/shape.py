"""What every language's reader fills in, and the one way in which that becomes a reading."""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_right
from dataclasses import dataclass, field, replace
from itertools import accumulate
from typing import TYPE_CHECKING

from bot.model.signal import SIGNATURE_AT_MOST, Function, Sign, Signal, Signals
from bot.readers.signals.literals import STAND_IN, host_of, is_real_host, judged
from bot.readers.signals.queries import asks_for_all, is_query
from bot.readers.signals.wide import registrations
from bot.readers.signals.words import is_flag, is_log, is_sensitive, registers, suppression, writes

if TYPE_CHECKING:
    from bot.readers.signals.wide import registrations
from bot.readers.signals.words import Words

_GENERATED = re.compile(
    rb"(?i)code generated .{0,80}do not edit|@generated|auto-?generated.{0,60}do not edit"
)
_TEST_PATH = re.compile(r"(?i)(^|[/_.-])(tests?|specs?|__tests__|e2e|conftest|testing)([/_.-]|$)")
_PLACEHOLDER = re.compile(
    r"(?i)^(change.?me|example|test|dummy|placeholder|none|null|todo|secret|password|token|x+|\*+|your.*|)$"
)
# A loop over what is known beforehand, over parts of many, or until something works.
_NO_ROWS = re.compile(
    rb"(?i)range\(|chunk|batch|page|attempt|retr|slice|split|\b(?:in|of)\s*[\[({]|^\s*\["
)
_STRING = re.compile(r"\"[^\"]*(?:\"|$)|'[^']*(?:'|$)")
_DOUBLES = frozenset({"MagicMock", "AsyncMock", "Mock", "create_autospec", "mock"})
_OF_DATA = re.compile(rb"\b(?:\w*Session|Engine|EntityManager|DataSource)\b")
_SYMBOL = re.compile(rb"[^(]*\(\s*(?:new\s+)?([\w.]{0,100})")
_NAME = re.compile(rb"[A-Za-z_][A-Za-z0-9_]{2,}")
NAMES_AT_MOST = 4000
# What opens a block that does not always run, and what says so on the same line.
_BRANCH = re.compile(
    rb"\}?\s*(?:if|elif|elsif|else|unless|when|case|switch|for|while|try|except|catch|rescue|default)\b"
)
_ON_THE_LINE = re.compile(rb"\b(?:if|unless|else|when|case)\b|&&|\|\||\?")
_AFTER = re.compile(rb"\s*(?:if|unless)\b")
# Known by what they are about: their code is long, or holds a secret of which no trace is kept.
_BY_NAME = frozenset(
    {Sign.VALIDATION, Sign.SWITCHED_OFF, Sign.LITERAL, Sign.SECRET_NAME, Sign.REGISTERED}
)


@dataclass(slots=True, kw_only=True)
class Call:
    """One call. `first`: its first argument where that is a plain string. `shown`: names of
    what it shows: variables, fields, keywords. `zero`: its first argument is a literal 0."""

    callee: str
    start: int
    end: int
    first: str | None = None
    shown: tuple[str, ...] = ()
    keywords: frozenset[str] = frozenset()
    zero: bool = False
    default: bool = False


@dataclass(slots=True, kw_only=True)
class Piece:
    """A function, method or class from one byte to another; `holds`: it names what is in it."""

    name: str
    start: int
    end: int
    signature: str = ""
    public: bool = True
    test: bool = False
    holds: bool = False


def _depends(source: bytes, start: int, end: int) -> bool:
    """Whether a call stands in a branch, by its line and by how far the lines above stand in."""
    begin = source.rfind(b"\n", 0, start) + 1
    if _ON_THE_LINE.search(source[begin:start]) or _AFTER.match(source[end : end + 20]):
        return True
    inside = len(source[begin:start]) - len(source[begin:start].lstrip())
    for line in reversed(source[max(0, begin - 4000) : begin].split(b"\n")):
        words = line.strip()
        depth = len(line) - len(line.lstrip())
        if not words or depth >= inside:
            continue
        if _BRANCH.match(words):
            return True
        if words[:1] not in b")]}":
            return False
        # The end of a condition over several lines: what opens it stands as far in.
        inside = depth + 1
    return False


@dataclass(slots=True)
class Draft:
    """One file while it is read; positions are bytes from its beginning.

    `cuts`: comments, docstrings and types: no part of what the code does.
    """

    language: str
    path: str
    source: bytes
    words: Words
    signals: list[tuple[Signal, int, int]] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    imports: list[tuple[int, str]] = field(default_factory=list)
    type_imports: list[tuple[int, str]] = field(default_factory=list)
    import_spans: list[tuple[int, int]] = field(default_factory=list)
    attributes: set[str] = field(default_factory=set)
    comments: list[tuple[int, int]] = field(default_factory=list)
    cuts: list[tuple[int, int]] = field(default_factory=list)
    strings: list[tuple[int, int]] = field(default_factory=list)
    holes: list[tuple[int, int]] = field(default_factory=list)
    writing: list[int] = field(default_factory=list)
    loops: list[tuple[int, int]] = field(default_factory=list)
    queries: list[tuple[int, int, str]] = field(default_factory=list)
    seeded: bool = False
    frozen: bool = False
    starts: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.starts = [0]
        self.starts += [match.end() for match in re.finditer(b"\n", self.source)]

    def line(self, at: int) -> int:
        """The line of a byte, counted from 1."""
        return bisect_right(self.starts, at)

    def add(self, sign: Sign, span: tuple[int, int], name: str = "", detail: str = "") -> None:
        """Note a place; its digest is made at the end, without comments."""
        start, end = span
        signal = Signal(
            sign=sign,
            line=self.line(start),
            end=self.line(max(start, end - 1)),
            digest="",
            name=name[:120],
            detail=detail,
        )
        self.signals.append((signal, start, end))

    def take_loop(self, head: tuple[int, int], body: tuple[int, int]) -> None:
        """Note a loop over rows; `head`: what it goes over."""
        if not _NO_ROWS.search(self.source[max(head[0], head[1] - 300) : head[1]]):
            self.loops.append(body)

    def take_import(self, span: tuple[int, int], module: str, *, types: bool = False) -> None:
        """Note an import of a module."""
        (self.type_imports if types else self.imports).append((self.line(span[0]), module[:200]))
        self.import_spans.append(span)

    def take_literal(self, span: tuple[int, int], text: str) -> None:
        """Note a string literal that belongs to one environment, or leads outside."""
        found, stand_in = judged(text), STAND_IN.match(text)
        if found:
            self.add(Sign.LITERAL, span, name=found[1], detail=found[0])
        if stand_in:
            self.add(Sign.STAND_IN, span, name=stand_in.group(1) or "a database in memory")

    def take_named(self, span: tuple[int, int], name: str, value: str) -> None:
        """Note a literal under a name that stands for a secret; the value is kept nowhere."""
        real = 6 <= len(value) <= 500 and not re.search(r"[\s{}<>$%]", value)
        if real and is_sensitive(name) and not _PLACEHOLDER.match(value):
            self.add(Sign.SECRET_NAME, span, name=name)

    def take_call(self, call: Call) -> None:
        """Note everything that a call means."""
        span, callee, words = (call.start, call.end), call.callee, self.words
        if is_log(callee, words.prints):
            self.add(Sign.LOG, span, name=callee)
            secret = next((name for name in call.shown if is_sensitive(name)), None)
            if secret is not None:
                self.add(Sign.LOGS_SECRET, span, name=secret)
        if writes(callee):
            self.writing.append(self.line(call.start))
        self._take_unsteady(call)
        self._take_wide(callee, span)
        if asks_for_all(callee, self.source, *span):
            self.add(Sign.UNBOUNDED, span, name=callee)
        if is_query(callee, self.source, *span):
            self.queries.append((*span, callee))
        if callee in words.environment and call.first:
            self.add(Sign.ENVIRONMENT, span, call.first, "default" if call.default else "")
        if is_flag(callee) and call.first:
            self.add(Sign.FLAG, span, name=call.first)
        if callee in words.endless and call.keywords.isdisjoint(words.timeouts):
            self.add(Sign.NO_TIMEOUT, span, name=callee)

    def _take_wide(self, callee: str, span: tuple[int, int]) -> None:
        """What stands in for the database, or sees every request."""
        if callee.rpartition(".")[2] in _DOUBLES and _OF_DATA.search(self.source, *span):
            self.add(Sign.STAND_IN, span, name="a double of the session")
        registered = registers(callee)
        if registered:
            symbol = _SYMBOL.match(self.source, *span)
            name = symbol.group(1).decode() if symbol else ""
            self.add(Sign.REGISTERED, span, name=name, detail=registered)

    def _take_unsteady(self, call: Call) -> None:
        span, callee, words = (call.start, call.end), call.callee, self.words
        if callee in words.sleeps and not call.zero:
            self.add(Sign.SLEEP, span, name=callee)
        elif callee in words.randoms:
            self.add(Sign.RANDOM, span, name=callee)
        elif callee in words.seeds:
            self.seeded = True
        elif callee in words.clocks:
            self.add(Sign.NOW, span, name=callee)
        elif callee in words.requests and call.first and is_real_host(host_of(call.first)):
            self.add(Sign.NETWORK, span, name=host_of(call.first))
        elif callee in words.skips:
            sometimes = "if" if _depends(self.source, *span) else ""
            self.add(Sign.SWITCHED_OFF, (call.start, call.start + 1), callee, sometimes)
        elif callee in words.orders:
            self.add(Sign.ORDER, span, name=callee)

    def finished(self) -> Signals:
        """The reading."""
        self._suppressions()
        loops = sorted(self.loops)
        ends = [0, *accumulate((end for _, end in loops), max)]
        for start, end, callee in self.queries:
            if ends[bisect_right(loops, (start, len(self.source)))] >= end:
                self.add(Sign.QUERY_IN_LOOP, (start, end), name=callee)
        code = blanked(self.source, self.comments + self.cuts)
        for start, end, name, what in registrations(self.language, self.path, code):
            if not any(first < start < last for first, last in self.strings):
                self.add(Sign.REGISTERED, (start, end), name=name, detail=what)
        pieces = sorted(self.pieces, key=lambda one: (one.start, -one.end))
        modules = {part for _, one in self.imports for part in _parts(one)}
        frozen = self.frozen or not modules.isdisjoint(self.words.frozen)
        doubled = not modules.isdisjoint(self.words.doubles)
        excused = {Sign.NOW: frozen, Sign.RANDOM: self.seeded, Sign.NETWORK: doubled}
        signals = [
            self._signal(*one, code, excused) for one in self.signals if not self._lost(one[0])
        ]
        logging = sorted(one.line for one in signals if one.sign is Sign.LOG)
        outside = [(one.start, one.end) for one in pieces] + self.import_spans
        return Signals(
            language=self.language,
            signals=tuple(sorted(signals, key=lambda one: (one.line, one.sign, one.name))),
            functions=tuple(self._functions(pieces, code, logging)),
            imports=tuple(sorted(self.imports)),
            type_imports=tuple(sorted(self.type_imports)),
            attributes=frozenset(self.attributes),
            names=self._names(code),
            code_digest=digest(blanked(code, outside)),
            holes=tuple(sorted(set(self.holes))),
            generated=_GENERATED.search(self.source[:2000]) is not None,
        )

    def owner(self, at: int) -> str:
        """The classes around a byte, as `Outer.Inner`; once all of them are noted."""
        around = [one for one in self.pieces if one.holds and one.start <= at < one.end]
        return ".".join(one.name for one in sorted(around, key=lambda one: one.start))

    def _suppressions(self) -> None:
        for start, end in self.comments:
            what = suppression(self.source[start:end])
            if what:
                self.add(Sign.SUPPRESSED, (start, end), name=what)

    def _lost(self, signal: Signal) -> bool:
        return any(first <= signal.line <= last for first, last in self.holes)

    def _signal(
        self, signal: Signal, start: int, end: int, code: bytes, excused: dict[Sign, bool]
    ) -> Signal:
        sign = signal.sign
        commented = sign is Sign.SWALLOWED and any(
            start <= at and self.line(at) <= signal.end for at, _ in self.comments
        )
        if sign is Sign.SUPPRESSED:
            own = digest(self.source[start:end])
        elif sign in _BY_NAME:
            own = digest(f"{signal.name} {signal.detail}".encode())
        else:
            own = digest(code[start:end])
        return replace(signal, digest=own, excused=commented or excused.get(sign, False))

    def _functions(self, pieces: list[Piece], code: bytes, logging: list[int]) -> list[Function]:
        found = []
        for place, one in enumerate(pieces):
            inner = []
            for other in pieces[place + 1 :]:
                if other.start >= one.end:
                    break
                inner.append((other.start - one.start, other.end - one.start))
            own = blanked(code[one.start : one.end], inner)
            line, end = self.line(one.start), self.line(max(one.start, one.end - 1))
            found.append(
                Function(
                    name=one.name[:120],
                    line=line,
                    end=end,
                    statements=sum(1 for text in own.split(b"\n") if _NAME.search(text)),
                    signature=_STRING.sub("''", " ".join(one.signature.split()))[
                        :SIGNATURE_AT_MOST
                    ],
                    digest=digest(own),
                    public=one.public,
                    test=one.test,
                    writes=any(line <= at <= end for at in self.writing),
                    logs=any(line <= at <= end for at in logging),
                )
            )
        return found

    def _names(self, code: bytes) -> frozenset[str]:
        """Of a file that looks like a test: which names its code mentions."""
        if not is_test_path(self.path):
            return frozenset()
        code = blanked(code, self.strings)
        return frozenset(sorted({one.decode() for one in _NAME.findall(code)})[:NAMES_AT_MOST])


def is_test_path(path: str) -> bool:
    """Whether a file is a test by its name; what the policy says is known only to the rules."""
    name = path.rpartition("/")[2].partition(".")[0]
    return _TEST_PATH.search(path) is not None or name.endswith(("Test", "Tests", "Spec", "IT"))


def blanked(source: bytes, spans: list[tuple[int, int]]) -> bytes:
    """The same number of bytes and lines, with blanks for what lies in the spans."""
    if not spans:
        return source
    out, at = [], 0
    for start, end in sorted(spans):
        if end <= at:
            continue
        first = max(start, at)
        out.append(source[at:first])
        lines = source[first:end].split(b"\n")
        out.append(b"\n".join(b" " * len(line) for line in lines))
        at = end
    out.append(source[at:])
    return b"".join(out)


def digest(code: bytes) -> str:
    """A short name for code, the same however it is laid out."""
    folded = re.sub(rb",(?=[)\]}])", b"", b"".join(code.split()))
    return hashlib.blake2b(folded, digest_size=5).hexdigest() if folded else ""


def _parts(module: str) -> list[str]:
    return [part for part in re.split(r"[./]", module) if part]
