"""`/handoff why ITEM`: the rules behind an item, what they saw, and what would satisfy them."""

from __future__ import annotations

from bot.model.command import Asker, Command, CommandLine, Heard
from bot.model.problem import Problem, Where
from bot.model.report import Entry, Matter, Report

SHORTEST_PREFIX = 3


def decide(line: CommandLine, asker: Asker, matter: Matter, report: Report) -> Heard | Problem:
    del asker, matter
    if not line.words:
        return _problem("name an item", report)
    named = _named(line.words[0], report)
    if len(named) != 1:
        what = f"I do not know the item {line.words[0]!r}"
        if named:
            what = f"{line.words[0]!r} fits {', '.join(entry.item for entry in named)}"
        return _problem(what, report)
    return Heard(answer="\n".join(_answer(named[0])))


def _named(word: str, report: Report) -> list[Entry]:
    """By id, by the number that is shown, or by the first three or more letters of one id."""
    word = word.casefold()
    exact = [entry for entry in report.entries if entry.item == word]
    if exact:
        return exact
    if word.isdigit():
        return list(report.entries[int(word) - 1 : int(word)]) if int(word) else []
    if len(word) < SHORTEST_PREFIX:
        return []
    return [entry for entry in report.entries if entry.item.startswith(word)]


def _answer(entry: Entry) -> list[str]:
    lines = [f"{entry.item} ({entry.level}) is {entry.state}: {entry.verdict.summary}"]
    lines += [f"asked: {entry.title}"]
    for leaf in entry.leaves:
        lines.append(f"{leaf.rule} says {leaf.verdict.outcome}: {leaf.verdict.summary}")
    for piece in (*entry.verdict.evidence, *entry.verdict.advice)[:6]:
        place = f" ({piece.file}:{piece.line})" if piece.line else f" ({piece.file})"
        lines.append(f"saw: {piece.note}{place if piece.file else ''}")
    if entry.fix_by:
        lines.append(f"it is for {', '.join(entry.fix_by)} to clear")
    return lines


def _problem(what: str, report: Report) -> Problem:
    names = ", ".join(entry.item for entry in report.entries[:13])
    return Problem(
        where=Where(file="comment"),
        what=what,
        hint=f"type /handoff why ITEM; the items are {names or 'none here'}",
    )


COMMAND = Command(
    id="why",
    verb="why",
    usage="/handoff why ITEM",
    who="anyone",
    examples=("/handoff why docs", "/handoff why 3", "/handoff why migr"),
    edits=True,
    decide=decide,
)
