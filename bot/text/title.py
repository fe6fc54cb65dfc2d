"""The title of the check: one line that says what is the case and whose turn it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.model.handover import HandoverState
from bot.model.item import Level
from bot.model.notice import FieldState
from bot.model.policy import Mode
from bot.model.problem import Severity
from bot.model.report import Conclusion, State
from bot.model.verdict import Tier, clip
from bot.text.escape import inert

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bot.model.handover import Handover
    from bot.model.report import Entry, Report

# GitHub cuts the title of a check at about this length in the list of checks.
TITLE_LIMIT = 80
CHECK_MISSING = "check-missing"
# What is so short stands for words.
_SHORT = 2


def title_of(report: Report, check: str = "handoff") -> str:
    """At most 80 characters; the first clause is never lost, names are dropped from the right."""
    line = _line(report, check)
    if report.mode is not Mode.ENFORCE and not report.not_needed:
        would = {
            Conclusion.FAILURE: "Would fail: ",
            Conclusion.SUCCESS: "Would pass: ",
        }.get(report.would_be(check), "")
        line = would + line
    if report.draft:
        line = "Draft · " + line
    return clip(line, TITLE_LIMIT)


def counts(report: Report, check: str = "handoff") -> str:
    """`6 of 9`: good items over needed ones, of the list that the check stands for."""
    needed = [one for one in report.of_list(check) if one.state is not State.NOT_NEEDED]
    return f"{sum(one.state.good for one in needed)} of {len(needed)}"


def holding(report: Report, check: str = "handoff") -> tuple[Entry, ...]:
    """The entries that keep the check from passing."""
    return tuple(
        one for one in report.of_list(check) if one.level is Level.BLOCK and one.state.open
    )


def _line(report: Report, check: str) -> str:
    errors = [one for one in report.problems if one.severity is Severity.ERROR]
    if errors:
        where = f"{errors[0].where.file}:{errors[0].where.line}"
        return f"Policy change has {len(errors)} error{'s' * (len(errors) > 1)} · {where}"
    if report.not_needed:
        return f"Not needed: {report.not_needed}"
    if check == "handoff" and report.holds:
        hold = report.holds[0]
        return f"On hold by {inert(hold.by.login)} · {inert(hold.reason)}"
    done = counts(report, check)
    contradicted = [one for one in holding(report, check) if one.state is State.CONTRADICTED]
    if contradicted:
        names, why = _names([one.item for one in contradicted]), _against(contradicted[0])
        return f"Contradicted: {names} · {why} · {done}"
    told = report.told if check == "handoff" else ()
    back = _wrong_field(told, done) or _given_back(told, report)
    if back:
        return back
    left = holding(report, check)
    open_ = [one for one in told if any(field.holds for field in one.fields)]
    if left and not open_ and all(_never_came(one) for one in left):
        return f"{inert(left[0].verdict.summary)} · {done} · /handoff recheck"
    if left or open_:
        open_items = [one.item for one in left] + [f"{label(one.notice)} notes" for one in open_]
        return f"{done} · {_names(open_items)} left · {_whose(left, open_, report)}"
    asked = [one for one in report.questions if one.blocks] if check == "handoff" else []
    if asked:
        return f"{done} · waiting for {asked[0].role}: {_names([one.trigger for one in asked])}"
    return _calm_line(report, check, done)


def _against(entry: Entry) -> str:
    """Whose word stands against which finding."""
    said = ", ".join(dict.fromkeys(inert(act.by.login) for act in entry.acts))
    return f"{said} said yes, {inert(entry.verdict.evidence[0].note)}"


def _never_came(entry: Entry) -> bool:
    """Whether CI alone holds the item, by its silence."""
    sure = [one for one in entry.verdict.evidence if one.kind.tier is Tier.SURE]
    return bool(sure) and all(one.kind.id == CHECK_MISSING for one in sure)


def _calm_line(report: Report, check: str, done: str) -> str:
    waiting = [
        one
        for one in report.of_list(check)
        if one.state is State.WAITING and one.level is Level.BLOCK
    ]
    if waiting:
        awaited = dict.fromkeys(
            inert(piece.note) for one in waiting for piece in one.verdict.evidence
        )
        until = [one.verdict.recheck_at for one in waiting if one.verdict.recheck_at]
        moment = f" · until {min(until):%H:%M} UTC" if until else ""
        return f"{done} · waiting for {_names(list(awaited))}{moment}"
    needed = [one for one in report.of_list(check) if one.state is not State.NOT_NEEDED]
    told = report.told if check == "handoff" else ()
    if not needed and not any(one.awaited for one in told):
        return "Not needed: no item applies"
    return _answers_line(told, done)


def _answers_line(told: Sequence[Handover], done: str) -> str:
    """Who is told what comes next, who has to answer, and who did."""
    later = [one for one in told if one.state in {HandoverState.WAITING, HandoverState.REOPENED}]
    first = [one for one in later if one.awaited]
    owing = [one for one in told if one.owes]
    accepted = _names([label(one.role) for one in told if one.state is HandoverState.ACCEPTED])
    if first:
        who = _names([label(one.role) for one in first])
        verb = "answer" if len(first) > 1 else "answers"
        return f"{done} · next: {_next(first[0])}, then {who} {verb} before merge"
    if owing:
        said = f"{accepted} accepted · " if accepted else ""
        who = _names([label(one.role) + (f" ({one.asked})" * bool(one.asked)) for one in owing])
        due = due_of(owing)
        return f"Told · {said}waiting for {who}" + (f" · due {due}" if due else "")
    if later:
        who = _names([label(one.role) for one in later])
        verb = "are" if len(later) > 1 else "is"
        return f"Ready · {done} · {who} {verb} told after {_next(later[0])}"
    if accepted:
        return f"Handed over · accepted by {accepted} · {done}"
    return (
        f"Handed over · {_names([label(one.role) for one in told])} · {done}"
        if told
        else f"Ready · {done}"
    )


def _next(one: Handover) -> str:
    fields = [field.name for field in one.fields if not field.filled]
    return (
        one.lacks[0].what if one.lacks else f"{label(one.notice)} {', '.join(fields[:1])}".strip()
    )


def due_of(told: Iterable[Handover]) -> str:
    """`Tue 15:31`: when the first answer is due, empty where none is."""
    moments = [one.due_at for one in told if one.due_at is not None]
    return f"{min(moments):%a %H:%M}" if moments else ""


def label(role: str) -> str:
    """A role or notice as people read it: `QA`, `frontend`."""
    return role.upper() if len(role) <= _SHORT else role


def _wrong_field(told: Sequence[Handover], done: str) -> str:
    for one in told:
        for field in one.fields:
            if field.holds and field.state is FieldState.CONTRADICTED:
                why = inert(field.against[0].note)
                return f"Contradicted: {label(one.notice)} {field.name} · {why} · {done}"
    return ""


def _given_back(told: Sequence[Handover], report: Report) -> str:
    for one in told:
        if one.state is HandoverState.RETURNED and one.answer is not None and not one.over:
            names = _names(list(one.returned)) or one.answer.detail or "the notice"
            reason = inert(one.answer.reason)
            return f"Returned by {label(one.role)}: {names} · {reason} · {inert(report.author)}"
    return ""


def _whose(left: tuple[Entry, ...], open_: Sequence[Handover], report: Report) -> str:
    roles = dict.fromkeys(role for one in left for role in one.fix_by[:1])
    for one in open_:
        for field in one.fields:
            drafted = field.state in {FieldState.DRAFTED, FieldState.ANSWERED}
            if field.holds:
                roles[field.confirmed_by if drafted else "author"] = None
    return _names([inert(report.author) if role == "author" else role for role in roles])


def _names(names: list[str], room: int = 34) -> str:
    """As many names as fit, then `+n`; always the first one."""
    shown = names[:1]
    for name in names[1:]:
        if len(", ".join([*shown, name])) > room:
            break
        shown.append(name)
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" +{more}" if more else "")
