"""Handovers: what has to come before a role is told, what it is told, and what of it holds."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from bot.acts.answers import (
    COMES_AFTER_ALL,
    answer_to,
    closed_last,
    drift,
    heard_last,
    holds_back,
    put_back,
    told_last,
)
from bot.judge.entry import scope_of
from bot.judge.episodes import hours_of, waits
from bot.judge.hours import FAR, after, day_of, opens_at
from bot.judge.plan import GRACE
from bot.linking.deployments import deployed_to
from bot.linking.operations import promises
from bot.model.act import NOBODY, Act, ActKind
from bot.model.area import Area
from bot.model.codec import dumps
from bot.model.handover import Handover, HandoverState
from bot.model.item import Level
from bot.model.known import Known, Unknown
from bot.model.notice import FieldState
from bot.model.policy import Mode, WorkingTime
from bot.model.report import State
from bot.model.verdict import Outcome
from bot.rules import reviewers_approved

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from bot.acts.answers import Parts
    from bot.model.facts import Facts
    from bot.model.operation import Operation, Operations
    from bot.model.policy import NoticeUse, Policy
    from bot.model.report import Entry, Matter, Report

# What changed is told with the next telling; where that does not come so soon, by itself.
PATIENCE = WorkingTime(time=timedelta(hours=4))
_STAGES: Final = {
    "ready": "the author's /handoff ready",
    "approved": "review approval",
    "merged": "merge",
    "list handoff": "the handoff list",
    "list quality": "the quality list",
}
# The remark that a deployment alone is waited for, or is not any more.
UNDEPLOYED = "undeployed"
_REVERTS = re.compile(r"^Reverts ([\w.-]+/[\w.-]+)#([1-9]\d{0,8})\b", re.MULTILINE)
# A value that is longer is told in part; that it changed is still seen.
_LONGEST = 300
# Of each operation; a change of the others is still seen by its file.
_BOUNDS = 20


def handed(report: Report, matter: Matter, everything: Known[str]) -> tuple[Handover, ...]:
    """The report's notices with what was told, answered and changed since. `matter`: its acts in
    force, `everything`: fingerprint of all files."""
    folded = tuple(_folded(one, report, matter, everything) for one in report.told)
    report = replace(report, told=folded)
    return tuple(replace(one, lacks=_lacks(one, matter.facts, report)) for one in folded)


def _folded(one: Handover, report: Report, matter: Matter, everything: Known[str]) -> Handover:
    one = replace(one, over=matter.facts.merged)
    tell = told_last(one.notice, matter.acts)
    if tell is None:
        return one
    answer = answer_to(tell, matter.acts)
    told, now = json.loads(tell.data["parts"]), parts_of(one, matter, report)
    changed = drift(one.notice, told, now)
    if heard_last("gone", tell, matter.acts, answer) and not ended(matter.facts, matter.acts):
        changed += (COMES_AFTER_ALL,)
    elif heard_last("changed", tell, matter.acts, answer):
        changed = changed or put_back(one.notice, told, now)
    state = HandoverState.TOLD
    if answer is not None and answer.kind is ActKind.RETURN:
        digests = {f"{one.notice}.{field.name}": field.digest for field in one.fields}
        lasts = holds_back(answer, everything, digests)
        state = HandoverState.RETURNED if lasts else HandoverState.REOPENED
        # What the return itself opened is no news to whom it is from.
        changed = () if lasts else changed
    elif changed:
        state = HandoverState.REOPENED
    elif answer is not None:
        state = HandoverState.ACCEPTED
    due = _due(one, tell, matter.policy)
    late = due is not None and due <= matter.facts.taken_at
    one = replace(one, state=state, tell=tell, answer=answer, changed=changed)
    return replace(one, due_at=due, late=late)


def _due(one: Handover, tell: Act, policy: Policy) -> datetime | None:
    if one.answers == "none":
        return None
    hours = hours_of(one.role, policy)
    within = [use.answer_within for use in policy.notices if use.name == one.notice]
    due = after(tell.said_at, within[0] if within else WorkingTime(days=1), hours)
    return None if due == FAR else due


# ── what comes first ──────────────────────────────────────────────────────────────────────────


def stage(report: Report) -> str:
    """How far the pull request is: draft, self-check, in review, ready, told, accepted, returned
    or reopened."""
    states = [one.state for one in report.told]
    if report.draft:
        return "draft"
    for one in (HandoverState.RETURNED, HandoverState.REOPENED):
        if one in states:
            return one.value
    if {*states} - {HandoverState.WAITING}:
        return "told" if any(one.owes for one in report.told) else "accepted"
    reviewed = "in review" if _good(report, "quality") else "self-check"
    return "ready" if checklist(report, "handoff") else reviewed


def checklist(report: Report, name: str) -> bool:
    """Whether a list is done: for the handoff, with fields filled and nothing to wait for."""
    waits = _stopped(report) or any(one.holds for one in report.told)
    return _good(report, name) and not (name == "handoff" and waits)


def _good(report: Report, name: str) -> bool:
    return all(one.state.good for one in report.of_list(name) if one.level is Level.BLOCK)


def _stopped(report: Report) -> bool:
    asked = any(one.blocks for one in report.questions)
    return bool(report.holds) or asked or any(one.blocks for one in report.escalations)


def _lacks(one: Handover, facts: Facts, report: Report) -> tuple[str, ...]:
    met = {word: condition(word, facts, report) for word in one.after}
    return one.lacks + tuple(
        _STAGES.get(word, word.replace("deployed-to", "deployment to"))
        + (f" ({holds.reason})" if isinstance(holds, Unknown) else "")
        for word, holds in met.items()
        if holds is not True
    )


def condition(word: str, facts: Facts, report: Report) -> Known[bool]:
    """Whether one word of `after` holds. Approved: by somebody who may write and wrote nothing
    here, while nobody of them asks for changes."""
    if word == "ready":
        return report.ready is not None
    if word == "merged":
        return facts.merged
    if word == "approved":
        verdict = reviewers_approved.prove(facts, reviewers_approved.Options(of="any-commit"))
        unsure = verdict.outcome is Outcome.UNKNOWN
        return Unknown(verdict.summary) if unsure else verdict.outcome is Outcome.PASS
    if word.startswith("list "):
        return checklist(report, word.removeprefix("list "))
    return deployed_to(facts, word.removeprefix("deployed-to "))


# ── what is told ──────────────────────────────────────────────────────────────────────────────


def parts_of(one: Handover, matter: Matter, report: Report) -> Parts:
    """What the notice says now; of each part None where it could not be learnt."""
    parts: dict[str, Mapping[str, str | None] | None] = {
        "fields": {
            field.name: None if field.state is FieldState.UNKNOWN else _short(field.value)
            for field in one.fields
        }
    }
    if one.notice == "frontend":
        area = matter.policy.areas.get("contract", Area("contract", ()))
        parts["contract"] = _contract(matter.facts, area)
        parts["operations"] = _operations(matter.facts, area)
    if one.notice == "qa":
        entries = report.of_list("handoff")
        parts["items"] = {entry.item: _item(entry, matter) for entry in entries}
    return parts


def _short(text: str) -> str:
    digest = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({digest})"


def _contract(facts: Facts, area: Area) -> Mapping[str, str | None] | None:
    files = facts.changed_in(area)
    return None if isinstance(files, Unknown) else {one.path: one.head_blob or "" for one in files}


def _operations(facts: Facts, area: Area) -> Mapping[str, str | None] | None:
    found = promises(facts, area)
    if isinstance(found, Unknown):
        return None
    then, now = _bounds(found.bases), _bounds(found.heads)
    pairs = [(one.head, one.base and _said(one.base, then)) for one in found.stated]
    said = ((head.name, base, _said(head, now)) for head, base in pairs)
    return {name: new for name, base, new in said if base != new}


def _bounds(sides: Iterable[tuple[str, Operations]]) -> Mapping[str, list[str]]:
    """`amount has minimum 1`, of what an operation takes by itself; named schemas are shared."""
    found: dict[str, list[str]] = {}
    for one in (taken for _, held in sides for taken in held.inputs if taken.bounds):
        operation, _, name = one.name.rpartition(" ")
        line = f"{name.removeprefix('body.')} has {one.bounds}"
        found.setdefault(operation, []).append(line)
    return found


def _said(one: Operation, bounds: Mapping[str, list[str]]) -> str:
    lines = bounds.get(one.name, [])[:_BOUNDS]
    lines += [f"answer {' '.join(part for part in answer[:3] if part)}" for answer in one.answers]
    lines += [f"parameter {name}" for name in one.parameters]
    lines += ["body"] if one.body else []
    return "; ".join([*lines, f"authentication {one.asks or 'none'}"])


def _item(entry: Entry, matter: Matter) -> str | None:
    """Its state and the content that it stands for; None while that is being found out."""
    scope = scope_of(entry.item, matter)
    if isinstance(scope, Unknown) or entry.state in {State.WAITING, State.UNDECIDED}:
        return None
    plain = entry.state.good and entry.state is not State.WAIVED
    return f"{'good' if plain else entry.state.value} {scope}"


# ── what is due ───────────────────────────────────────────────────────────────────────────────


def due_tells(
    matter: Matter, report: Report, asked: Mapping[str, str] | None = None
) -> tuple[Act, ...]:
    """The App's own acts that are due: tellings, and remarks on what was told. `asked`: who of a
    role is addressed, by role."""
    if report.mode is Mode.OBSERVE or report.draft:
        return ()
    why = ended(matter.facts, matter.acts)
    known = {act.key for act in matter.acts}
    acts: list[Act] = []
    for one in report.told:
        if why:
            acts += _farewell(one, matter, why)
        elif may_tell(one, matter.facts, report):
            acts.append(_tell(one, matter, report, (asked or {}).get(one.role, "")))
        elif one.tell is not None:
            acts += _remarks(one, matter)
        else:
            acts += _deployment(one, matter)
    return tuple(act for act in acts if act.key not in known)


def _deployment(one: Handover, matter: Matter) -> list[Act]:
    """That a deployment alone keeps it from being told, remarked when that begins and ends."""
    prefix, merged = f"{UNDEPLOYED}:{one.notice}", "yes" if matter.facts.merged else ""
    marks = [act for act in matter.acts if act.key.startswith(f"{prefix}:")]
    alone = all(word.startswith("deployment to ") and word[-1] != ")" for word in one.lacks)
    lacks = ", ".join(one.lacks) if alone else ""
    data = {"lacks": lacks, "merged": merged if lacks else ""}
    if data == (dict(marks[-1].data) if marks else {"lacks": "", "merged": ""}):
        return []
    return [_own(ActKind.REMARK, f"{prefix}:{len(marks)}", one, matter.facts, data)]


def may_tell(one: Handover, facts: Facts, report: Report) -> bool:
    """Whether the role is to be told now: for the first time, or because it changed."""
    fresh = one.state in {HandoverState.WAITING, HandoverState.REOPENED}
    filled = all(field.filled for field in one.fields)
    # After the merge nobody can resume or decide any more.
    stopped = _stopped(report) and not facts.merged
    return fresh and filled and not one.lacks and not stopped


def roles_due(matter: Matter, report: Report) -> frozenset[str]:
    """The roles of which somebody is to be addressed when they are told now."""
    due = {act.subjects[0] for act in due_tells(matter, report) if act.kind is ActKind.TELL}
    told = (one for one in report.told if one.notice in due)
    return frozenset(one.role for one in told if one.answers != "none")


def _tell(one: Handover, matter: Matter, report: Report, login: str) -> Act:
    parts = dumps(parts_of(one, matter, report))
    data = {
        "revision": str(one.revision + 1),
        "digest": sha256(parts).hexdigest(),
        "parts": parts.decode(),
        "changed": json.dumps(one.changed),
    }
    if login:
        data["pinged"] = login
    if one.answer is not None:
        data["before"] = one.answer.kind.value
        data["because"] = one.answer.reason
        data["back"] = " ".join(one.returned)
    name = f"tell:{one.notice}:{one.revision + 1}"
    return _own(ActKind.TELL, name, one, matter.facts, data)


def _remarks(one: Handover, matter: Matter) -> Iterable[Act]:
    """That it changed, first to ourselves and later to those told; that no answer came."""
    tail, now = f"{one.notice}:{one.revision}", matter.facts.taken_at
    data = {"changed": json.dumps(one.changed)}
    shut, key = closed_last(one.notice, one.revision, matter.acts)
    if shut is not None:
        yield _own(ActKind.REMARK, key, one, matter.facts, {})
    if one.changed:
        yield _own(ActKind.REMARK, f"drifted:{tail}", one, matter.facts, data)
        if _remark_at(one, matter) <= now:
            whom = {} if _written_to(one, matter) else {"pinged": ""}
            yield _own(ActKind.REMARK, f"changed:{tail}", one, matter.facts, data | whom)
    if one.owes and one.due_at is not None and one.due_at <= now:
        yield _own(ActKind.REMARK, f"unanswered:{tail}", one, matter.facts, {})


def _farewell(one: Handover, matter: Matter, why: str) -> Iterable[Act]:
    """That what was told will not come: to ourselves, and within their hours to those told."""
    if one.tell is None:
        return
    tail, facts = f"{one.notice}:{one.revision}", matter.facts
    shut, key = closed_last(one.notice, one.revision, matter.acts)
    if shut is None:
        yield _own(ActKind.REMARK, key, one, facts, {})
    if _gone_at(one, matter) <= facts.taken_at:
        data = {"why": why, "pinged": one.asked if _written_to(one, matter) else ""}
        yield _own(ActKind.REMARK, f"gone:{tail}", one, facts, data)


def _gone_at(one: Handover, matter: Matter) -> datetime:
    """When those told hear of it: who closes and opens again, to have CI run anew, is quick."""
    now, (shut, _) = matter.facts.taken_at, closed_last(one.notice, one.revision, matter.acts)
    since = shut.said_at if shut is not None else now
    return opens_at(max(since + GRACE, now), hours_of(one.role, matter.policy))


def _written_to(one: Handover, matter: Matter) -> bool:
    """Whether who was addressed is there: away, nobody is written to, and their role is named."""
    policy, login = matter.policy, one.asked.casefold()
    today = day_of(matter.facts.taken_at, policy.hours)
    away = [spans for who, spans in policy.away.items() if who.casefold() == login]
    return not any(first <= today <= last for spans in away for first, last in spans)


def _remark_at(one: Handover, matter: Matter) -> datetime:
    """When those told hear that it changed, unless they are told again before; FAR once they did.
    What could not be said when it was due waits for their hours."""
    known, tail = {act.key: act for act in matter.acts}, f"{one.notice}:{one.revision}"
    seen, hours = known.get(f"drifted:{tail}"), hours_of(one.role, matter.policy)
    if seen is None or f"changed:{tail}" in known:
        return FAR
    due = after(seen.said_at, PATIENCE, hours)
    return due if due == FAR else opens_at(max(due, matter.facts.taken_at), hours)


def wakes_at(matter: Matter, report: Report) -> datetime | None:
    """The next moment at which time alone makes something due."""
    now = matter.facts.taken_at
    if ended(matter.facts, matter.acts):
        moments = [_gone_at(one, matter) for one in report.told if one.tell is not None]
        return min((one for one in moments if now < one < FAR), default=None)
    moments = [one.due_at for one in report.told if one.owes and one.due_at is not None]
    moments += [_remark_at(one, matter) for one in report.told if one.changed]
    later = [moment for moment in moments if now < moment < FAR]
    return min(later, default=None)


def alive(facts: Facts) -> bool:
    """Whether anybody can still be told: what was closed unmerged is nobody's."""
    return facts.open or facts.merged


def ended(facts: Facts, acts: Iterable[Act]) -> str:
    """Why what was told will not come, empty while it may."""
    if not alive(facts):
        return "closed without being merged"
    back = (one.data for one in acts if one.detail == "reverted")
    by = next((one["by"] for one in back if one["into"] == facts.base_ref), "")
    return f"taken back, as {by} says" if by and facts.merged else ""


def reverted(facts: Facts) -> dict[int, Act]:
    """What is to be remarked of the pull requests that this one says it takes back, once it is
    merged; by their numbers."""
    text = "" if isinstance(facts.body, Unknown) or not facts.merged else facts.body
    remark = Act(
        key=f"reverted:{facts.number}",
        kind=ActKind.REMARK,
        by=NOBODY,
        subjects=(),
        head_sha=facts.head_sha,
        said_at=facts.taken_at,
        detail="reverted",
        data={"by": f"#{facts.number}", "into": facts.base_ref},
        through="system",
    )
    found = _REVERTS.findall(text.replace("\r", ""))
    return {int(number): remark for repo, number in found if repo.lower() == facts.repo.lower()}


def unfinished(facts: Facts, policy: Policy, acts: Iterable[Act]) -> bool:
    """Whether something is left to do for what is not open any more, as far as the ledger can say:
    to tell or to be answered, to be said that it will not come, or to be withdrawn."""
    every = tuple(acts)
    if waits(every):
        return True
    if not ended(facts, every):
        return facts.merged and awaits(policy, every)
    told = [tell for one in policy.notices if (tell := told_last(one.name, every))]
    return any(not heard_last("gone", tell, every, None) for tell in told)


def awaits(policy: Policy, acts: Iterable[Act]) -> bool:
    """Whether a notice is still to be told or answered, as far as the ledger alone can say."""
    every = tuple(acts)

    def settled(notice: NoticeUse) -> bool:
        tell = told_last(notice.name, every)
        answer = tell and answer_to(tell, every)
        kind = answer.kind if answer else None
        if tell is None or heard_last("gone", tell, every, answer):
            return False
        return notice.answer == "none" or kind is ActKind.ACCEPT

    return not all(settled(notice) for notice in policy.notices)


def _own(kind: ActKind, key: str, one: Handover, facts: Facts, data: Mapping[str, str]) -> Act:
    return Act(
        key=key,
        kind=kind,
        by=NOBODY,
        subjects=(one.notice,),
        head_sha=facts.head_sha,
        said_at=facts.taken_at,
        detail="" if kind is ActKind.TELL else key.partition(":")[0],
        data=data,
        through="system",
    )
