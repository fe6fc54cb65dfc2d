"""A report for a terminal: what blocks, what needs a person, what could not be told, what holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.acts.clear import to_clear
from bot.model.item import Level
from bot.model.notice import FieldState
from bot.model.problem import Severity
from bot.model.report import Conclusion, Failing, State
from bot.text.notice import lines_of, opening, says

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.model.report import Entry, Report

_COLOURS = {"red": "31", "green": "32", "yellow": "33", "blue": "34", "dim": "2", "bold": "1"}
_SHOWN_WRONG = (State.MISSING, State.CONTRADICTED)
_PLAIN_SYMBOLS = {"✗": "x", "✓": "ok", "·": "-", "?": "?", "→": "->", "…": "..."}


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """What the terminal shows. `verbosity`: -1 only the last line, 0, 1 why good, 2 each rule."""

    width: int = 80
    colour: bool = False
    utf8: bool = True
    verbosity: int = 0

    def paint(self, colour: str, text: str) -> str:
        """The text in a colour, where there are colours."""
        return f"\x1b[{_COLOURS[colour]}m{text}\x1b[0m" if self.colour else text

    def symbols(self, text: str) -> str:
        """The text without the symbols that the terminal lacks."""
        if self.utf8:
            return text
        for symbol, plain in _PLAIN_SYMBOLS.items():
            text = text.replace(symbol, plain)
        return text.encode("ascii", "replace").decode()


def visible(text: str) -> str:
    """Text of others with control characters and escape sequences shown, never obeyed."""
    return "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in text)


def render(report: Report, screen: Screen) -> str:
    """The whole report; the last line says whether the handoff would be held."""
    lines = [] if screen.verbosity < 0 else list(_body(report, screen))
    lines.append(_verdict(report, screen))
    return screen.symbols("\n".join(lines))


def found(report: Report) -> tuple[Entry, ...]:
    """Entries at level block that are contradicted, or missing for broken or absent evidence: what
    a checkout can show to be wrong."""
    return tuple(
        entry
        for entry in report.entries
        if entry.level is Level.BLOCK
        and entry.state in _SHOWN_WRONG
        and entry.failing is not Failing.WORD
    )


def _body(report: Report, screen: Screen) -> Iterable[str]:
    number = f" #{report.number}" if report.number else ""
    yield (
        screen.paint(
            "bold", f"Handoff  {visible(report.repo)}{number}  → {visible(report.base_ref)}"
        )
        + f" (from {report.base_sha[:7]}, head {report.head_sha[:7]})"
    )
    yield "policy " + (_layers(report) or "none")
    if report.broken:
        yield screen.paint("red", visible(report.broken))
    for problem in report.problems:
        yield screen.paint("red", visible(problem.line()))
    if report.not_needed:
        yield f"Not needed: {visible(report.not_needed)}"
    yield from _sections(report, screen)
    for question in report.questions:
        opening = "CONSIDER ASKING" if question.suggested else "WOULD ASK"
        yield f" {opening:<18} {question.role}: {question.trigger} ({visible(question.summary)})"
        for piece in question.evidence:
            place = f"{piece.file}:{piece.line}" if piece.line else piece.file or ""
            yield f"   {visible(piece.note)}  {visible(place)}"
    yield from _notices(report, screen)
    for line in report.unread:
        yield f" NOT READ           {visible(line)}"
    for fault in report.faults:
        yield screen.paint("red", f" OUR BUG            {fault.where} failed, {fault.id}")


def _notices(report: Report, screen: Screen) -> Iterable[str]:
    """One line a notice, and each field that is contradicted; all of them where more is asked."""
    for told in report.told:
        if told.fields:
            yield f" WOULD TELL         {visible(opening(told))}"
        for field in told.fields:
            if screen.verbosity > 0 or field.state is FieldState.CONTRADICTED:
                yield f"   {visible(says(field))}"
                for note, place in lines_of(field):
                    yield f"     {visible(note)}  {visible(place)}".rstrip()


def _sections(report: Report, screen: Screen) -> Iterable[str]:
    wrong = found(report)
    words = [one for one in report.entries if one.failing is Failing.WORD and one.state.open]
    others = [
        one
        for one in report.entries
        if one.state in _SHOWN_WRONG and one not in wrong and one not in words
    ]
    unsure = [one for one in report.entries if one.state is State.UNDECIDED]
    waiting = [one for one in report.entries if one.state is State.WAITING]
    good = [one for one in report.entries if one.state.good]
    yield from _section("BLOCKING", "red", "✗", list(wrong), screen)
    yield from _section("ADVISED", "yellow", "·", others, screen)
    yield from _section("NEEDS A PERSON", "yellow", "·", words, screen)
    yield from _section("CAN'T TELL", "blue", "?", unsure, screen)
    yield from _section("WAITING", "blue", "…", waiting, screen)
    if screen.verbosity > 0:
        yield from _section("GOOD", "green", "✓", good, screen)
    elif good:
        proved = sum(one.state is State.PROVED for one in good)
        unneeded = sum(one.state is State.NOT_NEEDED for one in good)
        yield screen.paint("green", f" PROVED {proved} · NOT NEEDED {unneeded}") + "   more: -v"


def _section(
    title: str, colour: str, symbol: str, entries: list[Entry], screen: Screen
) -> Iterable[str]:
    if not entries:
        return
    yield screen.paint(colour, f" {title} {len(entries)}")
    for entry in entries:
        level = "" if entry.level is Level.BLOCK else f" ({entry.level})"
        yield f"  {symbol} {entry.item:<22} {visible(entry.verdict.summary)}{level}"
        # What prompts a person is for that person to see.
        prompts = entry.verdict.advice[:10] if entry.failing is Failing.WORD else ()
        for piece in (*entry.verdict.evidence[:20], *prompts):
            if piece.file is not None:
                place = visible(piece.file) + (f":{piece.line}" if piece.line else "")
                yield f"      {place}  {visible(piece.note)}"
        # What cannot be told says itself what settles it; commands are for the pull request.
        clear = "" if entry.state is State.UNDECIDED else to_clear(entry)
        if clear:
            yield screen.paint("dim", f"      → {clear}")
        if screen.verbosity > 1:
            for leaf in entry.leaves:
                yield f"      {leaf.rule} {leaf.verdict.outcome}: {visible(leaf.verdict.summary)}"


def _layers(report: Report) -> str:
    parts = [f"{one.path}@{one.commit[:7]}" if one.commit else one.path for one in report.layers]
    if report.preset:
        parts.append(f"preset {report.preset}")
    parts += [f"left out: {one.origin} ({one.why})" for one in report.left_out]
    return " · ".join(visible(part) for part in parts)


def _verdict(report: Report, screen: Screen) -> str:
    errors = sum(one.severity is Severity.ERROR for one in report.problems)
    wrong = len(found(report)) + errors
    held = sum(one.level is Level.BLOCK and one.state.open for one in report.entries) + errors
    held += sum(one.blocks for one in report.questions) + sum(one.blocks for one in report.told)
    would_be = report.would_be()
    if would_be is Conclusion.FAILURE:
        line = f"{wrong} found, {held + len(report.holds) - wrong} open: the handoff would be held."
        return screen.paint("red" if wrong else "yellow", line)
    if would_be is Conclusion.IN_PROGRESS:
        return screen.paint("blue", "nothing stands against the handoff but what is awaited")
    if report.not_needed:
        return screen.paint("green", f"not needed: {visible(report.not_needed)}")
    return screen.paint("green", "nothing stands against the handoff")
