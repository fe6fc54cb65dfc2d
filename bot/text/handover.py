"""What a role is told, in full and in the fewest words, and what becomes of its answer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.model.act import Act, ActKind
from bot.model.effect import OpenIssue
from bot.model.report import State
from bot.text.clock import moment_of
from bot.text.escape import inert, plain
from bot.text.receivers import due_of, label
from bot.text.title import counts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from bot.model.facts import Facts
    from bot.model.handover import Handover
    from bot.model.report import Report

# Where the value says by itself what it is.
_BARE: Final = ("base-url", "environment")


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """How text of others is written, and how a person is called."""

    write: Callable[[str], str]
    call: Callable[[str], str]


GITHUB: Final = Voice(write=lambda text: plain(text, 500), call=lambda login: f"@{login}")
# A channel escapes what it carries by itself.
CHANNEL: Final = Voice(write=str, call=str)


def so_far(one: Handover, zone: str) -> str:
    """How far a notice is, in one line: `QA - told at 9d03e77, returned by li: …`."""
    name = label(one.role)
    if one.tell is None:
        return f"{name} - not yet" + (f"; first {', '.join(one.first)}" if one.first else "")
    said = f"{name} - told at {one.tell.head_sha[:7]}"
    if one.answer is not None:
        said += f", {one.answer.kind.value}ed by {one.answer.by.login}"
        said += f": {one.answer.reason}" if one.answer.reason else ""
    elif one.owes and one.due_at is not None:
        said += f", answers by {moment_of(one.due_at, zone)}"
    return said + (f"; changed since: {'; '.join(one.changed)}" if one.changed else "")


# ── the message ───────────────────────────────────────────────────────────────────────────────


def told_text(
    report: Report,
    facts: Facts,
    tells: Sequence[Act],
    decided: Sequence[str] = (),
    voice: Voice = GITHUB,
) -> tuple[str, ...]:
    """One message for all that are told now, a paragraph each. `tells`: the acts of telling, with
    whom they address; `decided`: what was decided here, one line each."""
    told = {one.notice: one for one in report.told}
    first = [act for act in tells if act.data["revision"] == "1"]
    again = [act for act in tells if act not in first]
    lines: list[str] = []
    if first:
        title = f"{voice.write(facts.title)} (#{facts.number})"
        lines.append(f"{title} is ready for you, at {facts.head_sha[:7]}.")
        lines += [_first(act, told[act.subjects[0]], report, decided, voice) for act in first]
    if again:
        lines.append(" ".join(_again(act, told[act.subjects[0]], voice) for act in again))
        lines[-1] += " Everything else as before."
    return (*lines, _answer_with(report, [told[act.subjects[0]] for act in tells]))


def _whom(act: Act, one: Handover, voice: Voice, after: str = "") -> str:
    login = act.data.get("pinged", "")
    if one.answers == "none":
        return f"{label(one.role)}, for information"
    return f"{voice.call(login)}{after}" if login else label(one.role)


def _first(act: Act, one: Handover, report: Report, decided: Sequence[str], voice: Voice) -> str:
    parts = json.loads(act.data["parts"])
    says = [", ".join(voice.write(name) for name in parts.get("operations") or ())]
    for field in one.fields:
        text = voice.write(field.value or "none found")
        if field.name == "known-limitations":
            text += _waived(report)
        says.append(f"{_title(field.name)}{' ' if field.name in _BARE else ': '}{text}")
    if one.answers == "none":
        says += [f"decided: {voice.write(line)}" for line in decided]
    whom = _whom(act, one, voice, f" ({label(one.role)})")
    return f"{whom}: " + (" · ".join(line for line in says if line) or "there is nothing to note")


def _title(field: str) -> str:
    return " ".join(field.split("-")).capitalize().replace("url", "URL")


def _waived(report: Report) -> str:
    """`(docs waived by maria)`."""
    said = [
        f"{one.item} waived by {inert(act.by.login)}"
        for one in report.of_list("handoff")
        for act in one.acts
        if one.state is State.WAIVED and act.kind is ActKind.WAIVE
    ]
    return f" ({', '.join(said)})" if said else ""


def _again(act: Act, one: Handover, voice: Voice) -> str:
    """What is new to somebody who was told before."""
    changed = "; ".join(json.loads(act.data["changed"]))
    before = act.data.get("before", "")
    whom = _whom(act, one, voice)
    if before == ActKind.RETURN:
        back, because = act.data["back"] or "it", act.data["because"]
        text = f"ready again at {act.head_sha[:7]}: you returned {back}, {because}"
        return f"{whom}: {voice.write(text + (f'; {changed}' if changed else ''))}."
    since = "you accepted" if before == ActKind.ACCEPT else "you were told"
    return f"{whom}: changed since {since}: {voice.write(changed)}."


def _answer_with(report: Report, told: Sequence[Handover]) -> str:
    states = [one.state for one in report.of_list("handoff")]
    waived = states.count(State.WAIVED)
    proved = sum(state.good for state in states) - states.count(State.NOT_NEEDED) - waived
    items = f"{counts(report)}: {proved} proved or attested" + (f", {waived} waived" * bool(waived))
    roles = [one.notice for one in told if one.answers != "none"]
    if not roles:
        return f"{items}."
    named = "|".join(roles)
    how = f"Answer: /handoff accept, or /handoff return {named} because …"
    return f"{items}. {how}{due_of(told, report.zone)}"


def changed_text(remarks: Iterable[Act], report: Report, voice: Voice = GITHUB) -> str:
    """One line to all whom what they were told has left."""
    told = {one.notice: one for one in report.told}
    lines = []
    for act in remarks:
        one = told[act.subjects[0]]
        login = one.asked
        changed = voice.write("; ".join(json.loads(act.data["changed"])))
        whom = voice.call(login) if login else label(one.role)
        lines.append(f"{whom}: changed since you were told: {changed}")
    return " · ".join(lines)


# ── a return after the merge ──────────────────────────────────────────────────────────────────


def issues_of(acts: Iterable[Act], report: Report, facts: Facts) -> tuple[OpenIssue, ...]:
    """One issue for each return of a merged pull request, for its author."""
    told = {one.notice: one for one in report.told}
    return tuple(
        _issue(act, told[act.subjects[0]], facts)
        for act in acts
        if act.kind is ActKind.RETURN and facts.merged and act.subjects[0] in told
    )


def _issue(act: Act, one: Handover, facts: Facts) -> OpenIssue:
    what = act.detail or "return"
    about = ", ".join(act.subjects[1:])
    values = {field.name: field.value for field in one.fields}
    lines = [
        f"{plain(act.by.login)} ({label(one.role)}) returned {plain(facts.title)}, "
        f"pull request {facts.number}, revision {one.revision} at {act.head_sha[:7]}.",
        f"{what.capitalize()}{f' in {plain(about)}' if about else ''}: {plain(act.reason, 500)}",
    ]
    if values.get("environment"):
        lines.append(f"Environment: {plain(values['environment'], 500)}")
    return OpenIssue(
        repo_id=facts.repo_id,
        number=facts.number or 0,
        cause=act.key,
        title=inert(f"{label(one.role)} returned {facts.title}: {act.reason}", 120),
        body="\n\n".join(lines),
        assignee=facts.author.login,
    )
