"""`/handoff why ITEM`: the rules behind an item, what they saw, and what would satisfy them."""

from __future__ import annotations

from difflib import get_close_matches

from bot.model.command import Asker, Command, CommandLine, Heard
from bot.model.problem import Problem, Where
from bot.model.report import Entry, Matter, Report

SHORTEST_PREFIX = 3


def decide(line: CommandLine, asker: Asker, matter: Matter, report: Report) -> Heard | Problem:
    del asker
    if not line.words:
        return _problem("name an item", report)
    word = line.words[0].casefold()
    named = _named(word, report)
    if len(named) == 1 and (named[0].item == word or _is_enough(word)):
        return Heard(answer="\n".join(_answer(named[0], matter)))
    if not named:
        return _problem(f'I do not know the item "{word}"', report, _nearest(word, report))
    fitting = " or ".join(entry.item for entry in named)
    if _is_enough(word):
        return _problem(f'"{word}" fits {fitting}', report)
    return _problem(f"three letters at least: {fitting}", report)


def _is_enough(word: str) -> bool:
    return word.isdecimal() or len(word) >= SHORTEST_PREFIX


def _named(word: str, report: Report) -> list[Entry]:
    """By id, by the number that is shown, or by the first letters."""
    exact = [entry for entry in report.entries if entry.item == word]
    if word.isdecimal() and not exact:
        return [entry for at, entry in enumerate(report.entries, start=1) if at == int(word)]
    return exact or [entry for entry in report.entries if entry.item.startswith(word)]


def _nearest(word: str, report: Report) -> str:
    near = get_close_matches(word, [entry.item for entry in report.entries], n=1)
    return f"did you mean /handoff why {near[0]}? Nothing was done" if near else ""


def _answer(entry: Entry, matter: Matter) -> list[str]:
    lines = [f"{entry.item} ({entry.level}) is {entry.state}: {entry.verdict.summary}"]
    lines += [f"asked: {entry.title}"]
    lines += [
        f"help: {one.help}" for one in matter.policy.items if one.id == entry.item and one.help
    ]
    for leaf in entry.leaves:
        lines.append(f"{leaf.rule} says {leaf.verdict.outcome}: {leaf.verdict.summary}")
    for piece in (*entry.verdict.evidence, *entry.verdict.advice)[:6]:
        place = f" ({piece.file}:{piece.line})" if piece.line else f" ({piece.file})"
        lines.append(f"saw: {piece.note}{place if piece.file else ''}")
    if entry.fix_by:
        lines.append(f"it is for {', '.join(entry.fix_by)} to clear")
    return lines


def _problem(what: str, report: Report, hint: str = "") -> Problem:
    names = ", ".join(entry.item for entry in report.entries[:13])
    return Problem(
        where=Where(file="comment"),
        what=what,
        hint=hint or f"type /handoff why ITEM; the items are {names or 'none here'}",
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
