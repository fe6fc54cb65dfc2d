"""Handovers: what has to come before a role is told, what it is told, and what of it holds."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from bot.acts.answers import answer_to, drift, holds_back, parts_told, told_last
from bot.judge.entry import scope_of
from bot.judge.episodes import hours_of
from bot.judge.hours import FAR, after
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
    from bot.model.operation import Operation
    from bot.model.policy import Policy
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
# A value that is longer is told in part; that it changed is still seen.
_LONGEST = 300


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
    changed = drift(one.notice, parts_told(tell), parts_of(one, matter, report))
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
    return replace(one, state=state, tell=tell, answer=answer, changed=changed, due_at=due)


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
    if any(one is not HandoverState.WAITING for one in states):
        return "told" if any(one.owes for one in report.told) else "accepted"
    if checklist(report, "handoff"):
        return "ready"
    return "in review" if _good(report, "quality") else "self-check"


def checklist(report: Report, name: str) -> bool:
    """Whether a list is done: for the handoff, with fields filled and nothing to wait for."""
    done = _good(report, name)
    return done and (name != "handoff" or not (_stopped(report) or _held(report)))


def _good(report: Report, name: str) -> bool:
    return all(one.state.good for one in report.of_list(name) if one.level is Level.BLOCK)


def _held(report: Report) -> bool:
    return any(one.holds for one in report.told)


def _stopped(report: Report) -> bool:
    asked = any(one.blocks for one in report.questions)
    return bool(report.holds) or asked or any(one.blocks for one in report.escalations)


def _lacks(one: Handover, facts: Facts, report: Report) -> tuple[str, ...]:
    met = {stage: condition(stage, facts, report) for stage in one.after}
    return tuple(
        _STAGES.get(stage, stage.replace("deployed-to", "deployment to"))
        + (f" ({holds.reason})" if isinstance(holds, Unknown) else "")
        for stage, holds in met.items()
        if holds is not True
    )


def condition(stage: str, facts: Facts, report: Report) -> Known[bool]:
    """Whether one word of `after` holds."""
    if stage == "ready":
        return report.ready is not None
    if stage == "merged":
        return facts.merged
    if stage == "approved":
        return _approved(facts)
    if stage.startswith("list "):
        return checklist(report, stage.removeprefix("list "))
    return deployed_to(facts, stage.removeprefix("deployed-to "))


def _approved(facts: Facts) -> Known[bool]:
    """Somebody who may write, and wrote nothing here, approved, and nobody of them asks for
    changes."""
    options = reviewers_approved.Options(of="any-commit")
    verdict = reviewers_approved.prove(facts, options)
    if verdict.outcome is Outcome.UNKNOWN:
        return Unknown(verdict.summary)
    return verdict.outcome is Outcome.PASS


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
    if len(text) <= _LONGEST:
        return text
    return f"{text[:_LONGEST]}… ({sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:12]})"


def _contract(facts: Facts, area: Area) -> Mapping[str, str | None] | None:
    files = facts.changed_in(area)
    return None if isinstance(files, Unknown) else {one.path: one.head_blob or "" for one in files}


def _operations(facts: Facts, area: Area) -> Mapping[str, str | None] | None:
    found = promises(facts, area)
    if isinstance(found, Unknown):
        return None
    news = [
        one.head for one in found.stated if one.base is None or _said(one.base) != _said(one.head)
    ]
    return {one.name: _said(one) for one in news}


def _said(one: Operation) -> str:
    lines = [f"answer {' '.join(part for part in answer[:3] if part)}" for answer in one.answers]
    lines += [f"parameter {name}" for name in one.parameters]
    lines += ["body"] if one.body else []
    return "; ".join(
        [*lines, *([f"authentication {one.asks}"] if one.asks else ["no authentication"])]
    )


def _item(entry: Entry, matter: Matter) -> str | None:
    """Its state and the content that it stands for; None while that is being found out."""
    scope = scope_of(entry.item, matter)
    if isinstance(scope, Unknown) or entry.state in {State.WAITING, State.UNDECIDED}:
        return None
    state = "good" if entry.state.good else entry.state.value
    return f"{State.WAIVED.value if entry.state is State.WAIVED else state} {scope}"


# ── what is due ───────────────────────────────────────────────────────────────────────────────


def due_tells(
    matter: Matter, report: Report, asked: Mapping[str, str] | None = None
) -> tuple[Act, ...]:
    """The App's own acts that are due: tellings, and remarks on what was told. `asked`: who of a
    role is addressed, by role."""
    if report.mode is Mode.OBSERVE or report.draft or not alive(matter.facts):
        return ()
    known = {act.key for act in matter.acts}
    acts: list[Act] = []
    for one in report.told:
        if may_tell(one, matter.facts, report):
            acts.append(_tell(one, matter, report, (asked or {}).get(one.role, "")))
        elif one.tell is not None:
            acts += _remarks(one, matter)
    return tuple(act for act in acts if act.key not in known)


def may_tell(one: Handover, facts: Facts, report: Report) -> bool:
    """Whether the role is to be told now: for the first time, or because it changed."""
    fresh = one.state in {HandoverState.WAITING, HandoverState.REOPENED}
    filled = all(field.filled for field in one.fields)
    # After the merge nobody can resume or decide any more.
    stopped = _stopped(report) and not facts.merged
    return fresh and filled and not one.lacks and not stopped


def roles_due(matter: Matter, report: Report) -> frozenset[str]:
    """The roles of which somebody is to be addressed when they are told now."""
    due = [one for one in report.told if may_tell(one, matter.facts, report)]
    return frozenset(one.role for one in due if one.answers != "none" and due_tells(matter, report))


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
    if one.changed:
        yield _own(ActKind.REMARK, f"drifted:{tail}", one, matter.facts, data)
        moment = _remark_at(one, matter)
        if moment is not None and moment <= now:
            yield _own(ActKind.REMARK, f"changed:{tail}", one, matter.facts, data)
    if one.owes and one.due_at is not None and one.due_at <= now:
        yield _own(ActKind.REMARK, f"unanswered:{tail}", one, matter.facts, {})


def _remark_at(one: Handover, matter: Matter) -> datetime | None:
    """When those told hear that it changed, unless they are told again before."""
    key = f"drifted:{one.notice}:{one.revision}"
    seen = next((act for act in matter.acts if act.key == key), None)
    if seen is None:
        return None
    return after(seen.said_at, PATIENCE, hours_of(one.role, matter.policy))


def wakes_at(matter: Matter, report: Report) -> datetime | None:
    """The next moment at which time alone makes something due."""
    keys = {act.key for act in matter.acts}
    moments: list[datetime] = []
    for one in report.told:
        tail = f"{one.notice}:{one.revision}"
        if one.owes and one.due_at is not None and f"unanswered:{tail}" not in keys:
            moments.append(one.due_at)
        remark = _remark_at(one, matter) if one.changed else None
        if remark is not None and remark != FAR and f"changed:{tail}" not in keys:
            moments.append(remark)
    return min(moments, default=None)


def alive(facts: Facts) -> bool:
    """Whether anybody can still be told: what was closed unmerged is nobody's."""
    return facts.open or facts.merged


def awaits(policy: Policy, acts: Iterable[Act]) -> bool:
    """Whether a notice is still to be told or answered, as far as the ledger alone can say."""
    every = tuple(acts)
    for notice in policy.notices:
        tell = told_last(notice.name, every)
        if tell is None:
            return True
        answer = answer_to(tell, every)
        if notice.answer != "none" and (answer is None or answer.kind is ActKind.RETURN):
            return True
    return False


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
