"""Which items a person named: by id, by the number that is shown, or by the first letters."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from bot.acts.who import listed, refusal, slip
from bot.model.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.model.report import Entry, Report

SHORTEST_PREFIX = 3


def items_named(names: Iterable[str], report: Report, verb: str) -> tuple[Entry, ...] | Problem:
    """The entries, each once, in the order in which they were named."""
    found: dict[str, Entry] = {}
    for name in names:
        entry = item_named(name, report, verb)
        if isinstance(entry, Problem):
            return entry
        found[entry.item] = entry
    if not found:
        return refusal("name an item", _items(report, verb))
    return tuple(found.values())


def item_named(name: str, report: Report, verb: str) -> Entry | Problem:
    """The one entry of that name; a Problem where there is none, or more than one."""
    exact = [entry for entry in report.entries if entry.item == name]
    if name.isdecimal() and not exact:
        exact = [one for at, one in enumerate(report.entries, start=1) if str(at) == name]
    some = exact or [entry for entry in report.entries if entry.item.startswith(name)]
    if not some:
        near = get_close_matches(name, [entry.item for entry in report.entries], n=1)
        what = f'I do not know the item "{name}"'
        return slip(what, name, near[0]) if near else refusal(what, _items(report, verb))
    if len(some) == 1 and (exact or len(name) >= SHORTEST_PREFIX):
        return some[0]
    fitting = listed(entry.item for entry in some)
    if len(name) < SHORTEST_PREFIX:
        return refusal(f"three letters at least: {fitting}?")
    return refusal(f'"{name}" fits {fitting}')


def seen_at(entry: Entry) -> str:
    """` (app/x.py:3, app/y.py:7)`: where the machine saw what it holds against the item."""
    places = [f"{one.file}:{one.line}" for one in entry.verdict.evidence if one.file and one.line]
    return f" ({', '.join(places[:3])})" if places else ""


def _items(report: Report, verb: str) -> str:
    names = ", ".join(entry.item for entry in report.entries[:13])
    return f"type /handoff {verb} ITEM; the items are {names or 'none here'}"
