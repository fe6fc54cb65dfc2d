"""What is said to people who are asked: one short comment, with live mentions and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bot.acts.who import every_role
from bot.model.act import ActKind
from bot.model.effect import AskReview, Ping, Send
from bot.model.episode import QUESTION
from bot.model.message import Message
from bot.text.clock import moment_of
from bot.text.escape import inert, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bot.model.act import Act
    from bot.model.effect import Effect
    from bot.model.episode import Episode
    from bot.model.policy import Policy
    from bot.model.report import Matter, Report

_WANTED = {
    "new-dependency": "this adds the {about}{place}, which the design does not name. "
    "Is that wanted?",
    "data-model": "this changes stored data: {about}{place}. Is that wanted?",
    "contract-gap": "this breaks what clients were promised: {about}{place}. Is that wanted?",
    "performance": "this may cost time: {about}{place}. May it?",
    "cross-cutting": "this changes what everything rests on: {about}{place}. Is that wanted?",
    "refactor-too-wide": "this goes through several components: {about}{place}. Is that wanted?",
}
_ELSEWHERE = "answer on the pull request: /handoff decide, ack or assign"
# Of the questions of one comment, in characters before they are escaped, which may make five of
# one.
_ROOM = 1_200
_OTHER = "{trigger}: {about}{place}. Is that wanted?"


def effects_of(
    acts: Iterable[Act], matter: Matter, report: Report, web: str, direct: Mapping[str, str]
) -> tuple[Effect, ...]:
    """What the App's new acts say, all that is due at once in one comment. `web`: where people read
    pull requests, `direct`: under which target a person is written to alone."""
    episodes = {one.name: one for one in report.escalations}
    said: list[tuple[str, str]] = []
    effects: list[Effect] = []
    asks = [act for act in acts if act.kind is ActKind.ASK]
    for act in asks:
        episode = episodes[act.subjects[0]]
        effects += sends_of(act, episode, matter, web, direct)
        if act.data.get("pinged") and _by_review(act, matter.policy):
            effects += [_review(act, login, episode, matter) for login in _pinged(act)]
        elif act.data.get("pinged") or act.data.get("team"):
            said.append((act.key, _asking(act, episode, matter.policy, len(asks))))
    if said:
        body = "\n\n".join(text for _, text in said)
        effects.append(_ping(matter, said[0][0], body))
    return tuple(effects)


def question_of(raised: Act) -> str:
    """The question that this act puts, in one sentence of plain text."""
    trigger = raised.data["trigger"]
    if raised.kind is ActKind.ESCALATE:
        about = "" if trigger == QUESTION else f" ({trigger})"
        return f"{raised.by.login} asks{about}: {raised.reason}"
    form = _WANTED.get(trigger, _OTHER)
    about = ", ".join(one.replace(":", " ", 1) for one in raised.subjects[1:])
    place = f" ({raised.data['place']})" if "place" in raised.data else ""
    return form.format(about=about, place=place, trigger=trigger)


def sends_of(
    act: Act, episode: Episode, matter: Matter, web: str, direct: Mapping[str, str]
) -> list[Send]:
    """The same question to the role's channel, or to each person whom the operator knows."""
    question, data = question_of(episode.raised), act.data
    if "channel" in data:
        role = every_role(matter.policy).get(episode.role)
        why = f"This channel is named by {episode.role} · {_ELSEWHERE}"
        lines = (question, "Nobody has answered yet.", why)
        to = role.mentioned if role else ()
        return [_sent(data["channel"], act.key, episode, matter, web, lines=lines, to=to)]
    kind = "raised" if data["level"] == "1" else "widened"
    lines = (question, *_answering(act, episode, matter.policy))
    whom = [(login, direct.get(login.casefold())) for login in _pinged(act)]
    more = {"kind": kind, "lines": lines}
    return [
        _sent(target, f"{act.key}:{login}", episode, matter, web, to=(login,), **more)
        for login, target in whom
        if target is not None
    ]


def _asking(act: Act, episode: Episode, policy: Policy, of: int = 1) -> str:
    """A paragraph for the one person, and a line that says why them and how to pass it on; one of
    so many, whose questions share the room of one comment."""
    named = _pinged(act) or act.data["team"].split()
    whom = " ".join(f"@{login}" for login in named)
    answer, why = _answering(act, episode, policy)
    question = plain(question_of(episode.raised), min(500, _ROOM // of))
    return f"{whom}: {question} {answer}\n\n{why}"


def _answering(act: Act, episode: Episode, policy: Policy) -> tuple[str, str]:
    """How to answer and until when; why them, and how to pass it on."""
    role = act.data.get("role", episode.role)
    due = _due(episode.due_at, act, policy) if episode.due_at else ""
    name = "" if episode.name == "e1" else f" {episode.name}"
    answer = (
        f"Answer with /handoff decide{name} approve|redirect|decline because …, "
        f"or /handoff ack{name} if you need time."
    )
    why = f"{inert(role)} on duty · /handoff assign {inert(role)} @…"
    if "late" in act.data:
        moment = datetime.fromisoformat(act.data["late"])
        due += f" This should have been asked {moment_of(moment, policy.hours.zone)}."
    return answer + due, why


def _due(at: datetime, act: Act, policy: Policy) -> str:
    said = "Due" if at > act.said_at else "It was due"
    return f" {said} {moment_of(at, policy.hours.zone)}."


def _ping(matter: Matter, cause: str, body: str) -> Ping:
    facts = matter.facts
    return Ping(repo_id=facts.repo_id, number=facts.number or 0, cause=cause, body=body)


def _by_review(act: Act, policy: Policy) -> bool:
    role = every_role(policy).get(act.data.get("role", ""))
    return role is not None and role.ask_by == "review"


def _pinged(act: Act) -> list[str]:
    return act.data.get("pinged", "").split()


def _review(act: Act, login: str, episode: Episode, matter: Matter) -> AskReview:
    facts = matter.facts
    one = replace(act, data={**act.data, "pinged": login})
    return AskReview(
        repo_id=facts.repo_id,
        number=facts.number or 0,
        cause=f"{act.key}:{login}",
        login=login,
        otherwise=_asking(one, episode, matter.policy),
    )


def _sent(target: str, cause: str, episode: Episode, matter: Matter, web: str, **more: Any) -> Send:
    facts = matter.facts
    number = facts.number or 0
    message = Message(
        kind=more.pop("kind", "widened"),
        subject=f"{facts.repo}#{number}: {episode.role} is asked about {episode.about}",
        link=f"{web}/{facts.repo}/pull/{number}",
        thread=f"{facts.repo}#{number}",
        **more,
    )
    return Send(repo_id=facts.repo_id, number=number, target=target, cause=cause, message=message)
