"""What clears an open item: who can do what, in one plain sentence with the line to type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.acts.who import listed
from bot.model.report import Failing, State

if TYPE_CHECKING:
    from bot.model.report import Entry


def to_clear(entry: Entry) -> str:
    """How the item is cleared; empty where nothing is left to do."""
    if entry.state is State.WAITING:
        return "CI will report; nothing to do"
    if not entry.state.open:
        return ""
    waive = _waive(entry)
    if entry.state is State.UNDECIDED and entry.if_unsure:
        return f"show it, or {entry.if_unsure}: /handoff attest {entry.item}"
    if entry.failing is Failing.WORD:
        return f"{listed(entry.fix_by)}: /handoff attest {entry.item}"
    if entry.state is State.CONTRADICTED:
        return _or("mend it and push, or take the word back: /handoff undo " + entry.item, waive)
    return _or("mend it and push", waive)


def command_of(entry: Entry) -> str:
    """The command that helps next."""
    if not entry.state.open:
        return ""
    word = entry.failing is Failing.WORD or (entry.state is State.UNDECIDED and entry.if_unsure)
    return f"/handoff {'attest' if word else 'why'} {entry.item}"


def _waive(entry: Entry) -> str:
    who = sorted(entry.waive_by)
    return f"{listed(who)}: /handoff waive {entry.item} because …" if who else ""


def _or(first: str, second: str) -> str:
    return f"{first}, or {second}" if second else first
