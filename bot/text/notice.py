"""The fields of a notice in few lines, for the check and for a terminal alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.model.known import Unknown
from bot.model.notice import FieldState
from bot.text.escape import plain
from bot.text.receivers import label

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.model.handover import Handover
    from bot.model.notice import Field

# Of one field: whoever wants more opens the pull request.
LINES = 10
_SAYS = {
    FieldState.CONTRADICTED: "the description says otherwise",
    FieldState.UNKNOWN: "could not be composed",
    FieldState.MISSING: "the description does not say",
    FieldState.ANSWERED: "the description says it",
    FieldState.CONFIRMED: "confirmed",
    FieldState.DRAFTED: "drafted",
    FieldState.EMPTY: "nothing found",
}


def opening(told: Handover) -> str:
    """`when the list is done, operations is told: rollback`."""
    first = "the list is done" if "list handoff" in told.after else " and ".join(told.after)
    return f"when {first}, {told.role} is told: {', '.join(one.name for one in told.fields)}"


def says(field: Field) -> str:
    """How far the field is."""
    asked = f", for {field.confirmed_by} to confirm" * _asks(field)
    return f"{field.name}: {_SAYS[field.state]}{asked}"


def rows_of(told: Iterable[Handover]) -> list[str]:
    """What holds the check, one markdown row of the table of open things each."""
    rows = []
    holding = ((one, field) for one in told for field in one.fields if field.holds)
    for one, field in holding:
        clear = f'author: say it under "{label(one.notice)} handoff"'
        if _asks(field):
            clear = f"{field.confirmed_by}: /handoff confirm {one.notice}.{field.name}"
        name = f"{label(one.notice)}: {field.name}"
        rows.append(f"| – | {name} | {field.state} | {_SAYS[field.state]} | {plain(clear)} |")
    return rows


def _asks(field: Field) -> bool:
    return field.state in {FieldState.DRAFTED, FieldState.ANSWERED} and not field.filled


def lines_of(field: Field) -> list[tuple[str, str]]:
    """What stands against the answer, what was composed and what could not be, with places."""
    found = [(f"against it: {one.note}", _place(one.file, one.line)) for one in field.against]
    found += [(one.note, _place(one.file, one.line)) for one in field.draft.pieces]
    found += [(one.reason, "") for one in field.draft.open]
    if field.asked and isinstance(field.answer, Unknown):
        found.append((f"the description: {field.answer.reason}", ""))
    more = len(found) - LINES
    return found if more <= 0 else [*found[: LINES - 1], (f"… {more + 1} more", "")]


def _place(file: str | None, line: int | None) -> str:
    return f"{file}:{line}" if line else file or ""
