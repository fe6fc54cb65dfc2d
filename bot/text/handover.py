"""What a role is told, in full and in the fewest words, and what becomes of its answer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.acts.answers import spelled
from bot.acts.who import every_role
from bot.model.act import Act, ActKind
from bot.model.effect import OpenIssue, Ping, Send
from bot.model.message import Message
from bot.model.report import State
from bot.text.clock import moment_of
from bot.text.escape import inert, plain
from bot.text.receivers import due_of, label
from bot.text.title import counts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bot.model.effect import Effect
    from bot.model.facts import Facts
    from bot.model.handover import Handover
    from bot.model.report import Matter, Report

# Where the value says by itself what it is.
_BARE: Final = ("base-url", "environment")
_DEPLOYED: Final = "deployed-to "
_SPEAKING: Final = (ActKind.TELL, ActKind.REMARK)
# Of one comment for all that its receivers are told, so that with its frame it is no longer than
# 12,000 characters.
_ROOM: Final = 8_000


def so_far(one: Handover, zone: str) -> str:
    """How far a notice is, in one line: `QA - told at 9d03e77, returned by li: …`."""
    name = label(one.role)
    if one.tell is None:
        return f"{name} - not yet" + (f"; first {', '.join(one.first)}" if one.first else "")
    said = f"{name} - told at {one.tell.head_sha[:7]}"
    if one.answer is not None:
        said += f", {one.answer.kind.value}ed by {one.answer.speaker}"
        said += f": {one.answer.reason}" if one.answer.reason else ""
    elif one.owes and one.due_at is not None:
        since = "unanswered, was due" if one.late else "answers by"
        said += f", {since} {moment_of(one.due_at, zone)}"
    return said + (f"; changed since: {'; '.join(one.changed)}" if one.changed else "")


# ── messages ──────────────────────────────────────────────────────────────────────────────────


def told_effects(
    acts: Sequence[Act], matter: Matter, report: Report, web: str
) -> tuple[Effect, ...]:
    """What new tellings and remarks say: one comment of each sort, and a message to the channel of
    each role. `web`: where people read pull requests."""
    effects: list[Effect] = []
    for sort in ("told", "changed", "gone", "unanswered"):
        some = [act for act in acts if sort == (act.detail or "told") and act.kind in _SPEAKING]
        if some and sort != "unanswered":
            body = "\n\n".join(Telling(matter=matter, report=report).lines(sort, some))
            number, cause = matter.facts.number or 0, some[0].key
            effects.append(Ping(repo_id=report.repo_id, number=number, cause=cause, body=body))
        effects += [one for act in some for one in sent_of(sort, act, matter, report, web)]
    return tuple(effects)


def sent_of(sort: str, act: Act, matter: Matter, report: Report, web: str) -> Iterable[Send]:
    """The message to the role's channel, where it has one."""
    facts = matter.facts
    notices = {one.notice: one for one in report.told}
    role = every_role(matter.policy).get(notices[act.subjects[0]].role)
    if role is None or role.channel is None:
        return
    thread = f"{facts.repo}#{facts.number}"
    message = Message(
        kind=sort,
        subject=f"{thread}: {label(role.name)}, {facts.title}",
        lines=Telling(matter=matter, report=report, channel=True).lines(sort, [act]),
        link=f"{web}/{facts.repo}/pull/{facts.number}",
        thread=thread,
        to=role.mentioned if sort == "unanswered" else tuple(act.data.get("pinged", "").split()),
    )
    yield Send(
        repo_id=facts.repo_id,
        number=facts.number or 0,
        target=role.channel,
        cause=act.key,
        message=message,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """What receivers read. `channel`: in plain words, which the channel escapes by itself."""

    matter: Matter
    report: Report
    channel: bool = False

    def lines(self, sort: str, acts: Sequence[Act]) -> tuple[str, ...]:
        """One message for all whom the acts are about, a paragraph each."""
        if sort == "changed":
            news = [self._news(act, "you were told", _ROOM // len(acts)) for act in acts]
            return (" · ".join(news),)
        if sort == "gone":
            whom = ", ".join(self._whom(act, named=True) for act in acts)
            return (f"{whom}: this was {acts[0].data['why']}; what you were told will not come.",)
        if sort == "unanswered":
            return tuple(f"{label(self._of(act).role)} has not answered yet." for act in acts)
        return self._told(acts)

    def _told(self, acts: Sequence[Act]) -> tuple[str, ...]:
        """In full to whom it is new; to the others what changed, those who gave it back first."""
        facts, room = self.matter.facts, _ROOM // len(acts)
        first = [act for act in acts if act.data["revision"] == "1"]
        rest = [act for act in acts if act not in first]
        rest.sort(key=lambda act: act.data.get("before") != ActKind.RETURN)
        again = [*(self._again(act, room) for act in rest), "Everything else as before."]
        told = [self._of(act) for act in acts]
        if not first:
            owed = any(one.answers != "none" for one in told)
            please = f"Please /handoff accept or return{due_of(told, self.report.zone)}."
            return (" ".join([*again, *[please] * owed]),)
        title = f"{self._write(facts.title)} (#{facts.number})"
        lines = [f"{title} is ready for you, at {facts.head_sha[:7]}{self._on(first)}."]
        lines += [self._first(act, room) for act in first]
        lines += [" ".join(again)] if rest else []
        return (*lines, self._answer_with(told))

    def _write(self, text: str) -> str:
        return text if self.channel else plain(text, 500)

    def _of(self, act: Act) -> Handover:
        return next(one for one in self.report.told if one.notice == act.subjects[0])

    def _whom(self, act: Act, *, named: bool = False) -> str:
        one = self._of(act)
        login = act.data.get("pinged", one.asked)
        if one.answers == "none":
            return f"{label(one.role)}, for information"
        said = login if self.channel else f"@{login}"
        return said + f" ({label(one.role)})" * named if login else label(one.role)

    def _first(self, act: Act, room: int) -> str:
        one, parts = self._of(act), json.loads(act.data["parts"])
        stated = (parts.get("operations") or {}).items()
        named = [spelled(*one) for one in sorted(stated, key=lambda one: one[0].split()[::-1])]
        says = [few([self._write(name) for name in named], room // 2, ", ")]
        for field in one.fields:
            text = self._write(field.value or "none found")
            text += _waived(self.report) if field.name == "known-limitations" else ""
            says.append(f"{_title(field.name)}{' ' if field.name in _BARE else ': '}{text}")
        if one.answers == "none":
            says += [f"decided: {self._write(line)}" for line in _decided(self.report)]
        text = few([line for line in says if line], room, " · ") or "there is nothing to note"
        return f"{self._whom(act, named=True)}: {text}"

    def _on(self, acts: Sequence[Act]) -> str:
        """Where it can be looked at, ` on preview`."""
        words = (word for act in acts for word in self._of(act).after)
        found = [word for word in dict.fromkeys(words) if word.startswith(_DEPLOYED)]
        names = ", ".join(self._write(word.removeprefix(_DEPLOYED)) for word in found)
        return f" on {names}" if names else ""

    def _again(self, act: Act, room: int) -> str:
        """What is new to somebody who was told before."""
        before = act.data.get("before", "")
        if before != ActKind.RETURN:
            since = "you accepted" if before == ActKind.ACCEPT else "you were told"
            return self._news(act, since, room) + "."
        back = f"you returned {act.data['back'] or 'it'}, {act.data['because']}"
        names = act.data["back"].split()
        now = [f"{one.item} {one.state}" for one in self.report.entries if one.item in names]
        back += f" (now {', '.join(now)})" if now else ""
        text = self._changes(act, room, back)
        return f"{self._whom(act)}: ready again at {act.head_sha[:7]}: {text}."

    def _news(self, act: Act, since: str, room: int) -> str:
        return f"{self._whom(act)}: changed since {since}: {self._changes(act, room)}"

    def _changes(self, act: Act, room: int, *before: str) -> str:
        lines = [*before, *json.loads(act.data["changed"])]
        return few([self._write(line) for line in lines], room, "; ")

    def _answer_with(self, told: Sequence[Handover]) -> str:
        states = [one.state for one in self.report.of_list("handoff")]
        waived = states.count(State.WAIVED)
        proved = sum(state.good for state in states) - states.count(State.NOT_NEEDED) - waived
        items = f"{counts(self.report)}: {proved} proved or attested"
        items += f", {waived} waived" if waived else ""
        named = "|".join(one.notice for one in told if one.answers != "none")
        if not named:
            return f"{items}."
        how = f"Answer: /handoff accept, or /handoff return {named} because …"
        return f"{items}. {how}{due_of(told, self.report.zone)}"


def few(items: Sequence[str], room: int, between: str) -> str:
    """Whole items while they fit in so many characters, then how many more there are."""
    kept: list[str] = []
    for item in items:
        room -= len(item) + len(between)
        if room < 0:
            return between.join([*kept, f"… {len(items) - len(kept)} more"])
        kept.append(item)
    return between.join(kept)


def _title(field: str) -> str:
    return " ".join(field.split("-")).capitalize().replace("url", "URL")


def _waived(report: Report) -> str:
    """` (docs waived by maria)`."""
    said = [
        f"{one.item} waived by {inert(act.by.login)}"
        for one in report.of_list("handoff")
        for act in one.acts
        if one.state is State.WAIVED and act.kind is ActKind.WAIVE
    ]
    return f" ({', '.join(said)})" if said else ""


def _decided(report: Report) -> list[str]:
    made = [(one.decision, one.name) for one in report.escalations]
    return [f"{act.reason} ({name})" for act, name in made if act and act.detail == "approve"]


# ── a return after the merge ──────────────────────────────────────────────────────────────────


def issues_of(acts: Iterable[Act], report: Report, matter: Matter) -> tuple[OpenIssue, ...]:
    """One issue for each return of a merged pull request, for its author."""
    facts = matter.facts
    wanted = facts.merged and matter.policy.returns == "issue"
    told = {one.notice: one for one in report.told}
    return tuple(
        _issue(act, told[act.subjects[0]], facts)
        for act in acts
        if wanted and act.kind is ActKind.RETURN and act.subjects[0] in told
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
