"""What is said to people who are asked: one short comment, with live mentions and nothing else."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from bot.acts.who import every_role
from bot.model.act import ActKind
from bot.model.effect import AskReview, Ping, Send
from bot.model.episode import QUESTION
from bot.model.message import Message
from bot.text.clock import moment_of
from bot.text.escape import inert, plain

if TYPE_CHECKING:
    from collections.abc import Iterable

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
_OTHER = "{trigger}: {about}{place}. Is that wanted?"


def effects_of(acts: Iterable[Act], matter: Matter, report: Report, web: str) -> tuple[Effect, ...]:
    """What the App's new acts say, all that is due at once in one comment. `web`: where people read
    pull requests."""
    episodes = {one.name: one for one in report.escalations}
    said: list[tuple[str, str]] = []
    effects: list[Effect] = []
    for act in acts:
        if act.kind is not ActKind.ASK:
            continue
        episode = episodes[act.subjects[0]]
        if act.data.get("channel"):
            effects.append(_sent(act, episode, matter, web))
        if act.data.get("pinged") and _by_review(act, matter.policy):
            effects += [_review(act, login, matter) for login in act.data["pinged"].split()]
        elif act.data.get("pinged") or act.data.get("team"):
            said.append((act.key, _asking(act, episode, matter.policy)))
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


def _asking(act: Act, episode: Episode, policy: Policy) -> str:
    """A paragraph for the one person, and a line that says why them and how to pass it on."""
    role = act.data.get("role", episode.role)
    due = _due(episode.due_at, act, policy) if episode.due_at else ""
    name = "" if episode.name == "e1" else f" {episode.name}"
    answer = (
        f"Answer with /handoff decide{name} approve|redirect|decline because …, "
        f"or /handoff ack{name} if you need time."
    )
    why = f"{inert(role)} on duty · /handoff assign {inert(role)} @other"
    if "late" in act.data:
        moment = datetime.fromisoformat(act.data["late"])
        due += f" This should have been asked {moment_of(moment, policy.hours.zone)}."
    whom = " ".join(f"@{login}" for login in (act.data.get("pinged") or act.data["team"]).split())
    return f"{whom}: {plain(question_of(episode.raised), 500)} {answer}{due}\n\n{why}"


def _due(at: datetime, act: Act, policy: Policy) -> str:
    said = "Due" if at > act.said_at else "It was due"
    return f" {said} {moment_of(at, policy.hours.zone)}."


def _ping(matter: Matter, cause: str, body: str) -> Ping:
    facts = matter.facts
    return Ping(repo_id=facts.repo_id, number=facts.number or 0, cause=cause, body=body)


def _by_review(act: Act, policy: Policy) -> bool:
    role = every_role(policy).get(act.data.get("role", ""))
    return role is not None and role.ask_by == "review"


def _review(act: Act, login: str, matter: Matter) -> AskReview:
    facts = matter.facts
    return AskReview(
        repo_id=facts.repo_id, number=facts.number or 0, cause=f"{act.key}:{login}", login=login
    )


def _sent(act: Act, episode: Episode, matter: Matter, web: str) -> Send:
    facts = matter.facts
    number = facts.number or 0
    message = Message(
        kind="widened",
        subject=f"{facts.repo}#{number}: {episode.role} is asked about {episode.about}",
        lines=(question_of(episode.raised), "Nobody has answered yet."),
        link=f"{web}/{facts.repo}/pull/{number}",
        thread=f"{facts.repo}#{number}",
    )
    return Send(
        repo_id=facts.repo_id,
        number=number,
        target=act.data["channel"],
        cause=act.key,
        message=message,
    )
