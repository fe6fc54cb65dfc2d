"""The title of the check: one line that says what is the case and whose turn it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.model.item import Level
from bot.model.policy import Mode
from bot.model.problem import Severity
from bot.model.report import Conclusion, State
from bot.model.verdict import Tier, clip
from bot.text.clock import moment_of, time_of
from bot.text.escape import inert
from bot.text.receivers import (
    answers_line,
    given_back,
    label,
    names_of,
    owners_of,
    wrong_field,
)

if TYPE_CHECKING:
    from bot.model.episode import Episode
    from bot.model.handover import Handover
    from bot.model.report import Entry, Report

# GitHub cuts the title of a check at about this length in the list of checks.
TITLE_LIMIT = 80
CHECK_MISSING = "check-missing"


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
        names, why = names_of([one.item for one in contradicted]), _against(contradicted[0])
        return f"Contradicted: {names} · {why} · {done}"
    told = report.told if check == "handoff" else ()
    left = wrong_field(told, done) or given_back(told, report) or _left(report, check, done)
    if left:
        return left
    waits = [one for one in report.escalations if one.blocks] if check == "handoff" else []
    if waits:
        running = sum(one.state is State.WAITING for one in report.of_list(check))
        return f"{done} · {_awaited(waits, report)}" + (f" · {running} on CI" if running else "")
    asked = [one for one in report.questions if one.blocks] if check == "handoff" else []
    if asked:
        return f"{done} · waiting for {asked[0].role}: {names_of([one.trigger for one in asked])}"
    return _calm_line(report, check, done)


def _left(report: Report, check: str, done: str) -> str:
    """What somebody has to mend, and who; empty where nothing is left."""
    left = holding(report, check)
    told = report.told if check == "handoff" else ()
    open_ = [one for one in told if any(field.holds for field in one.fields)]
    if (left or open_) and report.rests:
        return f"{done} · nobody is asked while it is a draft"
    if left and not open_ and all(_never_came(one) for one in left):
        return f"{inert(left[0].verdict.summary)} · {done} · /handoff recheck"
    names = [one.item for one in left] + [f"{label(one.notice)} notes" for one in open_]
    return f"{done} · {names_of(names)} left · {_whose(left, open_, report)}" if names else ""


def _awaited(episodes: list[Episode], report: Report) -> str:
    """Whose answer to what, and by when."""
    first = episodes[0]
    if first.decision is not None:
        ways = {"redirect": "another way is wanted", "decline": "declined"}
        by = inert(first.decision.by.login)
        return f"{ways[first.decision.detail]} by {by}: {inert(first.about, 30)} · {report.author}"
    whom = f" ({inert(first.person)})" if first.person else ""
    about = names_of([inert(one.about, 30) for one in episodes if one.turn == first.turn])
    due = f" · due {moment_of(first.due_at, report.zone)}" if first.due_at else ""
    return f"waiting for {first.turn}{whom}: {about}{due}"


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
        moment = f" · until {time_of(min(until), report.zone)}" if until else ""
        return f"{done} · waiting for {names_of(list(awaited))}{moment}"
    needed = [one for one in report.of_list(check) if one.state is not State.NOT_NEEDED]
    told = report.told if check == "handoff" else ()
    if not needed and not any(one.awaited for one in told):
        return "Not needed: no item applies"
    return answers_line(told, done, report.zone)


def turns_of(report: Report, check: str = "handoff") -> list[str]:
    """`ana → docs, QA notes`: what each one can do so that the check passes."""
    turns: dict[str, list[str]] = {}
    for one in holding(report, check):
        for role in one.fix_by[:1]:
            turns.setdefault(role, []).append(one.item)
    for told in report.told if check == "handoff" else ():
        for role in dict.fromkeys(owners_of(told)):
            turns.setdefault(role, []).append(f"{label(told.notice)} notes")
    names = {"author": report.author}
    return [f"{names.get(who, who)} → {', '.join(what)}" for who, what in turns.items()]


def _whose(left: tuple[Entry, ...], open_: list[Handover], report: Report) -> str:
    roles = [role for one in left for role in one.fix_by[:1]]
    roles += [role for one in open_ for role in owners_of(one)]
    known = dict.fromkeys(roles)
    return names_of([inert(report.author) if role == "author" else role for role in known])
