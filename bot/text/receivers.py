"""Whose turn a handover is: the lines of a title about those who are told and who answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.model.handover import HandoverState
from bot.model.notice import FieldState
from bot.text.clock import moment_of
from bot.text.escape import inert

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bot.model.handover import Handover
    from bot.model.report import Report

# What is so short stands for words.
_SHORT = 2


def answers_line(told: Sequence[Handover], done: str, zone: str) -> str:
    """Who is told what comes next, who has to answer, and who did."""
    later = [one for one in told if one.state in {HandoverState.WAITING, HandoverState.REOPENED}]
    first = [one for one in later if one.awaited]
    owing = [one for one in told if one.owes]
    accepted = _roles([one for one in told if one.state is HandoverState.ACCEPTED])
    if first:
        verb = "answers" if len(first) == 1 else "answer"
        return f"{done} · next: {_next(first[0])}, then {_roles(first)} {verb} before merge"
    if owing:
        said = f"{accepted} accepted · " if accepted else ""
        who = names_of([label(one.role) + f" ({one.asked})" * bool(one.asked) for one in owing])
        return f"Told · {said}waiting for {who}{due_of(owing, zone)}"
    if later:
        verb = "are" if len(later) > 1 else "is"
        return f"Ready · {done} · {_roles(later)} {verb} told after {_next(later[0])}"
    back = _roles([one for one in told if one.state is HandoverState.RETURNED])
    ends = [f"accepted by {accepted}"] * bool(accepted) + [f"returned by {back}"] * bool(back)
    return (
        f"Handed over · {' · '.join(ends or [_roles(told)])} · {done}"
        if told
        else f"Ready · {done}"
    )


def _roles(told: Sequence[Handover]) -> str:
    return names_of([label(one.role) for one in told])


def _next(one: Handover) -> str:
    """The next thing that has to come, without the reason why it is not known."""
    return "".join(one.first[:1]).partition(" (")[0] or "the telling"


def due_of(told: Iterable[Handover], zone: str) -> str:
    """` · due Tue 15:31`: when the first answer is due, empty where none is."""
    moments = [one.due_at for one in told if one.due_at is not None]
    return f" · due {moment_of(min(moments), zone)}" if moments else ""


def label(role: str) -> str:
    """A role or notice as people read it: `QA`, `frontend`."""
    return role.upper() if len(role) <= _SHORT else role


def wrong_field(told: Sequence[Handover], done: str) -> str:
    """The first field whose answer cannot be right, empty where there is none."""
    for one in told:
        for field in one.fields:
            if field.holds and field.state is FieldState.CONTRADICTED:
                # What the item asks for stands in the check; here is room for its name.
                why = inert(field.against[0].note.partition(": ")[0])
                return f"Contradicted: {label(one.notice)} {field.name} · {why} · {done}"
    return ""


def given_back(told: Sequence[Handover], report: Report) -> str:
    """The first return that holds, empty where there is none."""
    for one in told:
        if one.state is HandoverState.RETURNED and one.answer is not None and not one.over:
            names = names_of(list(one.returned)) or one.answer.detail or "the notice"
            reason = inert(one.answer.reason)
            return f"Returned by {label(one.role)}: {names} · {reason} · {inert(report.author)}"
    return ""


def owners_of(one: Handover) -> tuple[str, ...]:
    """Whose word or text its fields wait for."""
    drafted = {FieldState.DRAFTED, FieldState.ANSWERED}
    return tuple(
        field.confirmed_by if field.state in drafted else "author"
        for field in one.fields
        if field.holds
    )


def names_of(names: list[str], room: int = 34) -> str:
    """As many names as fit, then `+n`; always the first one."""
    shown = names[:1]
    for name in names[1:]:
        if len(", ".join([*shown, name])) > room:
            break
        shown.append(name)
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" +{more}" if more else "")
