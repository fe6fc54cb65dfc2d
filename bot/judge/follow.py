"""What the App itself does next: puts questions, asks the next person, withdraws what is gone.

One step at a time: its acts are judged with, and it is asked again until there is nothing to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from bot.acts.force import in_force, next_name
from bot.acts.who import every_role
from bot.judge.episodes import LEVELS, hours_of, subjects_of, timing_of
from bot.judge.handover import due_tells, roles_due, wakes_at
from bot.judge.hours import day_of, opens_at
from bot.judge.pick import Around, pick
from bot.judge.plan import GRACE
from bot.judge.questions import SHOWN
from bot.model.act import NOBODY, Act, ActKind
from bot.model.codec import canonical
from bot.model.episode import Episode, Raised
from bot.model.facts import Person
from bot.model.known import Known, Unknown
from bot.model.policy import Mode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bot.model.asked import Asked
    from bot.model.policy import Policy, Role
    from bot.model.report import Matter, Question, Report

# Of those a pull request may cost in all, so many are kept for telling and for what comes back.
KEPT_FOR_TELLING = 2
COMMENTS_A_DAY = 3
_DAY = timedelta(days=1)
_LATE = timedelta(minutes=15)
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
    asks = facts.open and not report.rests and report.mode is not Mode.OBSERVE
    if asks and any(_new(report)):
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
    told = _told(matter, report, reach)
    if told.acts:
        return told
    wants |= told.wants
    moments += [one.taken_until for one in report.escalations if one.taken_until]
    moments += [one.ends_at for one in matter.acts if one.ends_at and facts.open]
    moments += [one for one in (told.again_at, wakes_at(matter, report)) if one is not None]
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
        data = {
            "trigger": question.trigger,
            "role": question.role,
            "block": question.block.value,
            "timing": canonical(matter.policy.timing).decode(),
            **_place(question),
            **_round(question, report),
        }
        subjects = (name, *question.subjects)
        acts.append(own_act(matter, ActKind.RAISE, f"raise:{name}", subjects, data=data))
    return acts


def _place(question: Question) -> dict[str, str]:
    """Where it was first seen, and the files where it was seen unless they are too many to tell."""
    wanted = set(question.subjects)
    seen = [
        one
        for one in question.evidence
        if one.file and wanted.intersection(subjects_of(question.trigger, (one,)))
    ]
    if not seen:
        return {}
    first = seen[0]
    data = {"place": f"{first.file}:{first.line}" if first.line else f"{first.file}"}
    if len(question.evidence) < SHOWN:
        data["files"] = "\n".join(dict.fromkeys(f"{one.file}" for one in seen))
    return data


def _round(question: Question, report: Report) -> dict[str, str]:
    """Who has sent the author another way about the same is asked again."""
    wanted = set(question.subjects)
    for one in reversed(report.escalations):
        if one.trigger == question.trigger and one.spent and wanted.intersection(one.subjects):
            assert one.decision is not None  # noqa: S101  else it would not be spent
            held = one.decision.roles
            role = question.role if question.role in held else min(held, default=question.role)
            return {"round": f"{one.round + 1}", "first": one.decision.by.login, "first-role": role}
    return {}


def _withdrawn(matter: Matter, report: Report) -> list[Act]:
    """What is asked about is not there any more: nobody needs to answer, and nobody hears of it."""
    return [
        own_act(matter, ActKind.WITHDRAW, f"withdraw:{one.name}", (one.name,))
        for one in report.escalations
        if one.open and (one.gone or not matter.facts.open)
    ]


def _drafts(matter: Matter, report: Report) -> list[Act]:
    """While it is a draft no clock runs: when that began and ended is remarked."""
    if not any(one.open for one in report.escalations):
        return []
    marks = [one for one in matter.acts if one.detail in {"drafted", "undrafted"}]
    drafted = bool(marks) and marks[-1].detail == "drafted"
    if drafted is report.rests:
        return []
    detail = "drafted" if report.rests else "undrafted"
    return [own_act(matter, ActKind.REMARK, f"draft:{len(marks)}", (), detail=detail)]


def _asked(
    episode: Episode, matter: Matter, report: Report, reach: Reach
) -> Act | datetime | str | None:
    """The next act of asking, or when it is time, or the role whose people have to be known."""
    facts, policy = matter.facts, matter.policy
    quiet = report.rests or report.mode is Mode.OBSERVE
    if not episode.open or report.holds or (quiet and episode.raised.kind is ActKind.RAISE):
        return None
    named = _named(episode, matter)
    level = max(episode.level, 1) if named else _next_level(episode, matter)
    if level == 0:
        leaves = _leaves_at(episode, policy)
        return min((one for one in (episode.widens_at, leaves) if one is not None), default=None)
    role = _role(episode, level, named, policy)
    if role is None:
        return _ask(episode, matter, level, named, nobody="the policy names no role to ask next")
    opens = opens_at(facts.taken_at, hours_of(role.name, policy))
    if opens > facts.taken_at:
        return opens
    if level >= _CHANNEL and not named:
        # Where nobody has answered the whole team may hear of it, once: here without a channel.
        whole = role.mention_team and not role.channel and level == _CHANNEL and _left(matter) > 0
        team = (role.team or "") if whole else ""
        return _ask(episode, matter, level, None, channel=role.channel or "", team=team)
    if role.name not in reach.rosters:
        return facts.taken_at + timedelta(minutes=1) if role.name in reach.unread else role.name
    if named is not None:
        said = _handed(named, episode, role, matter, reach)
    else:
        said = _put(episode, role, matter, report, reach) | _late(episode, role, matter)
    return _ask(episode, matter, level, named, role=role.name, **said)


def _told(matter: Matter, report: Report, reach: Reach) -> Step:
    """The tellings that are due, each within the hours of those who are to answer."""
    facts, policy = matter.facts, matter.policy
    due = due_tells(matter, report)
    ready = facts.head_since + GRACE
    if not due or (facts.open and facts.taken_at < ready):
        return Step(again_at=ready if due else None)
    roles = roles_due(matter, report)
    opening = {name: opens_at(facts.taken_at, hours_of(name, policy)) for name in roles}
    closed = {name for name, moment in opening.items() if moment > facts.taken_at}
    known = every_role(policy).keys() & (roles - closed)
    wants = known - reach.rosters.keys() - reach.unread
    if wants:
        return Step(wants=frozenset(wants))
    before = {one.role: one.asked for one in report.told}
    asked = {
        name: _receiver(every_role(policy)[name], before[name], matter, reach)
        for name in sorted(known & reach.rosters.keys())
    }
    of = {one.notice: one.role for one in report.told}
    acts = tuple(
        act
        for act in due_tells(matter, report, asked)
        if act.kind is not ActKind.TELL or of[act.subjects[0]] not in closed
    )
    later = [opening[name] for name in closed]
    return Step(acts=acts, again_at=min(later, default=None))


def _receiver(role: Role, before: str, matter: Matter, reach: Reach) -> str:
    """Login of the one who is addressed, again the one `before` if they can be; empty where nobody
    is to be or can be."""
    roster = reach.rosters[role.name]
    people = sum(len(one.data.get("pinged", "").split()) for one in matter.acts)
    if isinstance(roster, Unknown) or people >= matter.policy.quiet.pings_at_most:
        return ""
    found = _some(role, roster, before, _free((), matter, reach), 1)
    return "" if isinstance(found, str) else found[0].login


def _role(episode: Episode, level: int, named: Act | None, policy: Policy) -> Role | None:
    """Whose turn it is at that level, or whose member was named."""
    roles = every_role(policy)
    if named is not None:
        return roles.get(named.data["role"])
    role = roles.get(episode.role)
    if level == 1:
        return roles.get(episode.raised.data.get("first-role", ""), role)
    return roles.get(role.then or "") if role and level < _CHANNEL else role


def _named(episode: Episode, matter: Matter) -> Act | None:
    """The newest word on who is to be asked, unless it was followed already."""
    said = [
        one
        for one in in_force(matter.acts, matter.facts.head_sha)
        if one.kind is ActKind.ASSIGN and one.subjects == (episode.name,)
    ]
    followed = {one.data.get("named") for one in episode.asked}
    return said[-1] if said and said[-1].key not in followed else None


def _next_level(episode: Episode, matter: Matter) -> int:
    """The level to ask now, 0 for none yet."""
    if not episode.asked:
        return 1
    if episode.level >= LEVELS * timing_of(episode.raised, matter.policy).rounds:
        return 0
    moments = (episode.widens_at, _leaves_at(episode, matter.policy))
    due = any(one is not None and one <= matter.facts.taken_at for one in moments)
    return episode.level + 1 if due or "nobody" in episode.asked[-1].data else 0


def _leaves_at(episode: Episode, policy: Policy) -> datetime | None:
    """When whoever was asked is away before they have answered: then the next one is asked."""
    asked = episode.asked[-1].data.get("pinged", "").split()
    if len(asked) != 1 or episode.widens_at is None or episode.state is not Raised.RAISED:
        return None
    since, zone = day_of(episode.asked[-1].said_at, policy.hours), ZoneInfo(policy.hours.zone)
    spans = [some for who, some in policy.away.items() if who.casefold() == asked[0].casefold()]
    days = [first for some in spans for first, _ in some if first > since]
    if not days:
        return None
    begins = datetime.combine(min(days), time(), zone)
    return opens_at(begins, hours_of(episode.turn, policy))


def _put(
    episode: Episode, role: Role, matter: Matter, report: Report, reach: Reach
) -> dict[str, str]:
    """Whom of the role to ask: nobody a second time about the same trigger while they still owe an
    answer, and nobody at all where enough were asked."""
    for one in report.escalations if episode.raised.kind is ActKind.RAISE else ():
        alike = one.open and one.trigger == episode.trigger and one.name != episode.name
        if alike and one.person and one.turn == role.name:
            return {"for": one.person}
    roster, left = reach.rosters[role.name], _left(matter)
    if isinstance(roster, Unknown):
        return {"nobody": roster.reason}
    if left <= 0:
        return {"nobody": "enough people were asked on this pull request"}
    first = "" if episode.asked else episode.raised.data.get("first", "")
    around = _around(episode, roster, episode.raised.by, matter, reach)
    people = _some(role, roster, first, around, min(role.ask, left))
    if isinstance(people, str):
        return {"nobody": people}
    return {"pinged": " ".join(one.login for one in people)}


def _late(episode: Episode, role: Role, matter: Matter) -> dict[str, str]:
    """When it should have been asked, where we were away at that time."""
    now, since = matter.facts.taken_at, episode.widens_at
    due = opens_at(since, hours_of(role.name, matter.policy)) if since else now
    return {"late": due.isoformat()} if now - due > _LATE else {}


def _some(
    role: Role, roster: tuple[Person, ...], first: str, around: Around, most: int
) -> list[Person] | str:
    """So many at most, the one of that login before others; why there is nobody."""
    people: list[Person] = []
    preferred = tuple(one for one in roster if one.login == first)
    while len(people) < most:
        found = pick(role, preferred, around)
        if not isinstance(found, Person):
            found = pick(role, tuple(one for one in roster if one not in people), around)
        if not isinstance(found, Person):
            return people or found
        people.append(found)
        preferred = ()
    return people


def _handed(
    named: Act, episode: Episode, role: Role, matter: Matter, reach: Reach
) -> dict[str, str]:
    """It is the named one's from now on; they are written to only where that is still allowed."""
    login, roster = named.data["to"], reach.rosters[role.name]
    if isinstance(roster, Unknown):
        return {"refused": roster.reason}
    who = next((one for one in roster if one.login.casefold() == login.casefold()), None)
    if who is None or who.id in _takes_part(matter):
        why = "is not in" if who is None else "takes part and cannot answer for"
        return {"refused": f"{login} {why} {role.name}"}
    around = _around(episode, roster, named.by, matter, reach)
    free = _left(matter) > 0 and isinstance(pick(role, (who,), around), Person)
    return {"pinged" if free else "for": who.login}


def _takes_part(matter: Matter) -> frozenset[int]:
    """The author and, as far as they are known, who wrote commits."""
    facts = matter.facts
    wrote = facts.commits if isinstance(facts.commits, Unknown) else facts.commits.contributors
    return frozenset({facts.author.id}) | (frozenset() if isinstance(wrote, Unknown) else wrote)


def _around(
    episode: Episode, roster: tuple[Person, ...], actor: Person, matter: Matter, reach: Reach
) -> Around:
    asked = " ".join(one.data.get("pinged", "") for one in episode.asked).casefold().split()
    before = {one.id for one in roster if one.login.casefold() in asked}
    return _free((actor.id, *before), matter, reach)


def _free(but: Iterable[int], matter: Matter, reach: Reach) -> Around:
    """What a choice of one of them depends on; those in `but` are left out."""
    facts, policy = matter.facts, matter.policy
    return Around(
        pr=f"{facts.repo_id}#{facts.number}",
        today=day_of(facts.taken_at, policy.hours),
        not_these=_takes_part(matter) | frozenset(but),
        away=policy.away,
        asked=reach.asked,
    )


def _left(matter: Matter) -> int:
    """How many more people may be asked here. Who hears of several things at one moment hears of
    them in one comment, which counts once."""
    now = matter.facts.taken_at
    told = {
        (one.said_at, login) for one in matter.acts for login in one.data.get("pinged", "").split()
    }
    lately = {moment for moment, _ in told if now > moment > now - _DAY}
    left = matter.policy.quiet.pings_at_most - KEPT_FOR_TELLING - len(told)
    return left if len(lately) < COMMENTS_A_DAY else 0


def _ask(episode: Episode, matter: Matter, level: int, named: Act | None, **data: str) -> Act:
    key = f"ask:{episode.name}:{len(episode.asked) + 1}"
    kept = {name: value for name, value in data.items() if value}
    if not kept:
        kept = {"nobody": "the role has no channel"}
    if named is not None:
        kept["named"] = named.key
    return own_act(matter, ActKind.ASK, key, (episode.name,), data={"level": str(level), **kept})
