"""What clears an open item: who can do what, in one plain sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.model.report import Failing, State

if TYPE_CHECKING:
    from bot.model.report import Entry


def to_clear(entry: Entry) -> str:
    """How the item is cleared; empty where nothing is left to do."""
    if entry.state is State.WAITING:
        return "CI will report; nothing to do"
    if not entry.state.open:
        return ""
    who = ", ".join(entry.fix_by) or "author"
    if entry.state is State.UNDECIDED:
        return f"{who}: this version has no command to settle it; /handoff why {entry.item}"
    if entry.failing is Failing.WORD:
        return f"the word of {who} is asked for; this version cannot take it yet"
    return f"{who}: mend it and push; /handoff why {entry.item}"


def command_of(entry: Entry) -> str:
    """The command that helps next."""
    return f"/handoff why {entry.item}" if entry.state.open else ""
