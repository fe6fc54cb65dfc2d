"""What the App itself does next: puts questions, asks the next person, withdraws what is gone.

One step at a time: its acts are judged with, and it is asked again until there is nothing to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from bot.acts.force import next_name
from bot.acts.who import every_role
from bot.judge.episodes import LEVELS, hours_of
from bot.judge.hours import day_of, opens_at
from bot.judge.pick import Around, pick
from bot.judge.pick import Asked as Turn
from bot.judge.plan import GRACE
from bot.model.act import NOBODY, Act, ActKind
from bot.model.episode import Episode
from bot.model.facts import Person
from bot.model.known import Known, Unknown
from bot.model.policy import Mode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.model.asked import Asked
    from bot.model.policy import Role
    from bot.model.report import Matter, Question, Report

# Of those a pull request may cost in all, so many are kept for telling and for what comes back.
KEPT_FOR_TELLING = 2
COMMENTS_A_DAY = 3
_DAY = timedelta(days=1)
# What the role's channel hears instead of one person.
_CHANNEL = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Who is in the roles that were asked for, and how often people were asked of late, by login in
    lower case. `unread`: roles that GitHub did not tell about just now."""

    rosters: Mapping[str, Known[tuple[Person, ...]]] = field(default_factory=dict)
    asked: Mapping[str, Asked] = field(default_factory=dict)
    unread: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """`wants`: roles whose people have to be known first. `again_at`: when time alone leads on."""

    acts: tuple[Act, ...] = ()
    wants: frozenset[str] = frozenset()
    again_at: datetime | None = None


def step(matter: Matter, report: Report, reach: Reach) -> Step:
    """The next acts of the App's own; none when nothing is to be done now."""
    facts = matter.facts
    acts = [*_drafts(matter, report), *_withdrawn(matter, report)]
    moments: list[datetime] = []
    if report.mode is not Mode.OBSERVE and not facts.draft and any(_new(report)):
        ready = facts.head_since + GRACE
        if facts.taken_at < ready:
            moments.append(ready)
        else:
            acts += _raised(matter, report)
    if acts:
        return Step(acts=tuple(acts))
    wants: set[str] = set()
    for episode in report.escalations:
        found = _asked(episode, matter, report, reach)
        if isinstance(found, Act):
            return Step(acts=(found,))
        if isinstance(found, datetime):
            moments.append(found)
        elif found is not None:
            wants.add(found)
    moments += [one.taken_until for one in report.escalations if one.taken_until]
    later = [one for one in moments if one > facts.taken_at]
    return Step(wants=frozenset(wants), again_at=min(later, default=None))


def own_act(matter: Matter, kind: ActKind, key: str, subjects: tuple[str, ...], **more: Any) -> Act:
    """An act of the App at the present moment and head."""
    return Act(
        key=key,
        kind=kind,
        by=NOBODY,
        subjects=subjects,
        head_sha=matter.facts.head_sha,
        said_at=matter.facts.taken_at,
        through="system",
        **more,
    )


def _new(report: Report) -> Iterator[Question]:
    return (one for one in report.questions if one.subjects and not one.undecided)


def _raised(matter: Matter, report: Report) -> list[Act]:
    names = [one.name for one in report.escalations]
    acts: list[Act] = []
    for question in _new(report):
        name = next_name("e", names)
        names.append(name)
        before = [one for one in report.escalations if one.trigger == question.trigger]
        spent = next((one for one in reversed(before) if one.spent and one.decision), None)
        place = next((one for one in question.evidence if one.file), None)
        data = {
            "trigger": question.trigger,
            "role": question.role,
            "block": question.block.value,
            "round": str(spent.round + 1 if spent else 1),
        }
        if place is not None:
            data["place"] = f"{place.file}:{place.line}" if place.line else f"{place.file}"
        if spent is not None and spent.decision is not None:
            data["first"] = spent.decision.by.login
        subjects = (name, *question.subjects)
        acts.append(own_act(matter, ActKind.RAISE, f"raise:{name}", subjects, data=data))
    return acts


def _withdrawn(matter: Matter, report: Report) -> list[Act]:
    """What is asked about is not there any more: nobody needs to answer, and nobody hears of it."""
    return [
        own_act(matter, ActKind.WITHDRAW, f"withdraw:{one.name}", (one.name,))
        for one in report.escalations
        if one.open and one.gone
    ]


def _drafts(matter: Matter, report: Report) -> list[Act]:
    """While it is a draft no clock runs: when that began and ended is remarked."""
    if not any(one.open for one in report.escalations):
        return []
    marks = [one for one in matter.acts if one.detail in {"drafted", "undrafted"}]
    drafted = bool(marks) and marks[-1].detail == "drafted"
    if drafted is matter.facts.draft:
        return []
    detail = "drafted" if matter.facts.draft else "undrafted"
    return [own_act(matter, ActKind.REMARK, f"draft:{len(marks)}", (), detail=detail)]


def _asked(
    episode: Episode, matter: Matter, report: Report, reach: Reach
) -> Act | datetime | str | None:
    """The next act of asking, or when it is time, or the role whose people have to be known."""
    facts, policy = matter.facts, matter.policy
    own = episode.raised.kind is ActKind.RAISE
    if not episode.open or report.holds or (own and facts.draft):
        return None
    level, login = _next_level(episode, matter)
    if level == 0:
        return episode.widens_at
    role = every_role(policy).get(episode.role)
    if level == _CHANNEL - 1 and role is not None and not login:
        role = every_role(policy).get(role.then or "")
    if role is None:
        return _ask(episode, matter, level, nobody="the policy names no role to ask next")
    opens = opens_at(facts.taken_at, hours_of(role.name, policy))
    if opens > facts.taken_at:
        return opens
    if level >= _CHANNEL:
        return _ask(episode, matter, level, channel=role.channel or "")
    if role.name not in reach.rosters:
        return facts.taken_at + timedelta(minutes=1) if role.name in reach.unread else role.name
    whom = _whom(episode, role, login, matter, reach)
    if not isinstance(whom, Person):
        return _ask(episode, matter, level, nobody=whom)
    if _spent(matter):
        return _ask(episode, matter, level, nobody="enough people were asked on this pull request")
    return _ask(episode, matter, level, pinged=whom.login, role=role.name)


def _next_level(episode: Episode, matter: Matter) -> tuple[int, str]:
    """The level to ask now, 0 for none yet; with the login where somebody was named."""
    last = episode.asked[-1] if episode.asked else None
    named = [
        one
        for one in matter.acts
        if one.kind is ActKind.ASSIGN
        and one.subjects == (episode.name,)
        and (last is None or one.order > last.order)
    ]
    if named:
        return max(episode.level, 1), named[-1].data["to"]
    if last is None:
        return 1, episode.raised.data.get("first", "")
    climbed = episode.level >= LEVELS * matter.policy.timing.rounds
    due = episode.widens_at is not None and episode.widens_at <= matter.facts.taken_at
    if climbed or not (due or "nobody" in last.data):
        return 0, ""
    return episode.level + 1, ""


def _whom(episode: Episode, role: Role, login: str, matter: Matter, reach: Reach) -> Person | str:
    facts, policy = matter.facts, matter.policy
    roster = reach.rosters[role.name]
    if isinstance(roster, Unknown):
        return roster.reason
    contributors = facts.commits
    wrote: frozenset[int] = frozenset()
    if not isinstance(contributors, Unknown) and not isinstance(contributors.contributors, Unknown):
        wrote = contributors.contributors
    before = {one.data.get("pinged", "").casefold() for one in episode.asked}
    some = roster
    if login:
        some = tuple(one for one in roster if one.login.casefold() == login.casefold()) or roster
    turns = {
        one.id: Turn(last=known.last, today=known.lately)
        for one in roster
        if (known := reach.asked.get(one.login.casefold()))
    }
    around = Around(
        pr=f"{facts.repo_id}#{facts.number}",
        today=day_of(facts.taken_at, policy.hours),
        not_these=wrote
        | {facts.author.id, episode.raised.by.id}
        | {one.id for one in roster if one.login.casefold() in before},
        away=policy.away,
        asked=turns,
    )
    return pick(role, some, around)


def _spent(matter: Matter) -> bool:
    """Whether asking one more would be too much for one pull request."""
    pinged = [one for one in matter.acts if one.data.get("pinged")]
    people = sum(len(one.data["pinged"].split()) for one in pinged)
    lately = {one.said_at for one in pinged if one.said_at > matter.facts.taken_at - _DAY}
    most = matter.policy.quiet.pings_at_most - KEPT_FOR_TELLING
    return people >= most or len(lately) >= COMMENTS_A_DAY


def _ask(episode: Episode, matter: Matter, level: int, **data: str) -> Act:
    key = f"ask:{episode.name}:{len(episode.asked) + 1}"
    kept = {name: value for name, value in data.items() if value}
    if not kept:
        kept = {"nobody": "the role has no channel"}
    return own_act(matter, ActKind.ASK, key, (episode.name,), data={"level": str(level), **kept})
