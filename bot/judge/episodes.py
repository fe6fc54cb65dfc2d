"""Episodes folded from the ledger: who was asked what, who took it, and what was decided."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from bot.acts.force import OPENS, in_force, in_order
from bot.acts.who import every_role, several
from bot.judge.hours import FAR, after, worked
from bot.model.act import PAUSED, Act, ActKind
from bot.model.codec import Decoder
from bot.model.episode import Episode, Raised
from bot.model.known import Known, Unknown
from bot.model.policy import Block, Hours, Timing, WorkingTime
from bot.model.verdict import Tier

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from bot.judge.hours import Pause
    from bot.model.policy import Policy
    from bot.model.report import Matter
    from bot.model.verdict import Evidence

_ENDS = (ActKind.DECIDE, ActKind.WITHDRAW)
# Why a clock stands still, from when, and until when; None while it does.
_Stop: TypeAlias = tuple[str, datetime, datetime | None]


def episodes_of(
    ledger: Sequence[Act],
    force: Iterable[Act],
    policy: Policy,
    now: datetime,
    scope_now: Callable[[str], Known[str]],
) -> tuple[Episode, ...]:
    """Every episode, in the order in which they were raised.

    `ledger`: all acts, `force`: those that nothing has taken back. `scope_now`: the fingerprint of
    a scope as the files are.
    """
    standing = tuple(force)
    found: list[Episode] = []
    for act in ledger:
        if act.kind in OPENS:
            about = [one for one in standing if act.subjects[0] in one.subjects[:1]]
            whole = _all_of(act, ledger)
            ends = {one.key: _ends(one, act, policy) for one in whole}
            episode = _folded(act, about, whole, ends, now)
            episode = _timed(episode, (ledger, whole), ends, policy)
            episode = replace(episode, moved=_moved(episode.decision, scope_now))
            found.append(replace(episode, blocks=_blocks(episode)))
    return tuple(found)


def waits(acts: Iterable[Act]) -> bool:
    """Whether a question is neither decided nor withdrawn, as far as the ledger alone can say."""
    force = in_force(acts, "")
    over = {one.subjects[0] for one in force if one.kind in _ENDS}
    return any(one.kind in OPENS and one.subjects[0] not in over for one in force)


def owes(acts: Iterable[Act], login: str) -> int:
    """How many open questions of a pull request were put to that person last."""
    last: dict[str, Act] = {}
    for act in in_force(acts, ""):
        if act.kind in _ENDS:
            last.pop(act.subjects[0], None)
        elif act.kind is ActKind.ASK:
            last[act.subjects[0]] = act
    put = (act.data.get("pinged", "").casefold().split() for act in last.values())
    return sum(login.casefold() in some for some in put)


def _all_of(raised: Act, ledger: Sequence[Act]) -> list[Act]:
    """Everything said of the episode, and what took some of it back."""
    own = [one for one in ledger if raised.subjects[0] in one.subjects[:1]]
    keys = {one.key for one in own}
    undone = [one for one in ledger if one.kind is ActKind.UNDO and one.subjects[0] in keys]
    return [*own, *undone]


def _folded(
    act: Act, about: list[Act], whole: list[Act], ends: dict[str, datetime], now: datetime
) -> Episode:
    """`about`: what is in force of the episode, `whole`: all that was ever said of it, `ends`:
    until when an acknowledgement lasts, by its key."""
    data = act.data
    asked = tuple(one for one in whole if one.kind is ActKind.ASK)
    decision = _decision([one for one in about if one.kind is ActKind.DECIDE])
    gone = act not in about or any(one.kind is ActKind.WITHDRAW for one in about)
    taken = _taken(about, whole, ends, now)
    state = Raised.RAISED
    if decision is not None:
        state = Raised.DECIDED
    elif gone:
        state = Raised.WITHDRAWN
    elif taken is not None:
        state = Raised.ACKNOWLEDGED
    return Episode(
        name=act.subjects[0],
        trigger=data["trigger"],
        role=data["role"],
        block=Block(data["block"]),
        subjects=act.subjects[1:],
        place=data.get("place", ""),
        raised=act,
        state=state,
        round=int(data.get("round", "1")),
        level=max((int(one.data["level"]) for one in asked), default=0),
        asked=asked,
        taken=taken if state is Raised.ACKNOWLEDGED else None,
        taken_until=ends[taken.key] if taken and state is Raised.ACKNOWLEDGED else None,
        decision=decision,
    )


def _decision(said: list[Act]) -> Act | None:
    """The first that counts: where it is not sure who wrote commits, two people say the same."""
    for at, one in enumerate(said, start=1):
        if several(act for act in said[:at] if act.detail == one.detail):
            return one
    return None


def _taken(
    about: list[Act], whole: list[Act], ends: dict[str, datetime], now: datetime
) -> Act | None:
    """The acknowledgement that lasts. Who takes a decision back has the question again."""
    back = _taken_back(whole)
    acks = [one for one in about if one.kind is ActKind.ACK]
    acks += [back[one.key] for one in whole if one.kind is ActKind.DECIDE and one.key in back]
    lasting = (one for one in acks if ends[one.key] > now)
    return max(lasting, key=lambda one: one.order, default=None)


def _taken_back(whole: Iterable[Act]) -> dict[str, Act]:
    return {key: one for one in whole if one.kind is ActKind.UNDO for key in one.subjects}


def timing_of(raised: Act, policy: Policy) -> Timing:
    """How long the question may wait: what the policy said when it was put."""
    kept = raised.data.get("timing")
    return policy.timing if kept is None else _read(kept)


@lru_cache(maxsize=100)
def _read(kept: str) -> Timing:
    timing: Timing = Decoder().decode(Timing, json.loads(kept))
    return timing


def _ends(act: Act, raised: Act, policy: Policy) -> datetime:
    """Until when an acknowledgement, or what comes of a decision taken back, lasts."""
    said = act.data.get("lasts", "")
    lasts = timing_of(raised, policy).acknowledgement_lasts
    if said.endswith("h"):
        lasts = WorkingTime(time=timedelta(hours=int(said[:-1])))
    elif said:
        lasts = WorkingTime(days=int(said[:-1]))
    return after(act.said_at, lasts, hours_of(raised.data["role"], policy))


def _timed(
    episode: Episode,
    said: tuple[Sequence[Act], list[Act]],
    ends: dict[str, datetime],
    policy: Policy,
) -> Episode:
    """The three clocks, which start when the question has left. `said`: on the whole pull request,
    and of the episode."""
    ledger, whole = said
    if not episode.open or not episode.asked:
        return episode
    first, last = episode.asked[0], episode.asked[-1]
    timing, hours = timing_of(episode.raised, policy), hours_of(episode.role, policy)
    stops = (*_stops(ledger, episode.raised), *_rests(whole, ends))
    due = after(first.said_at, timing.decide_within, hours, _merged_of(stops, "acknowledged"))
    idle = _merged_of(stops)
    widens = after(last.said_at, timing.widen_after, hours, idle)
    reminds = after(first.said_at, timing.remind_after, hours, idle)
    climbed = episode.level >= LEVELS * timing.rounds
    return replace(
        episode,
        due_at=None if due == FAR else due,
        reminds_at=None if reminds == FAR else reminds,
        widens_at=None if climbed or widens == FAR else widens,
    )


# One person of the role, one of the next role, the role's channel.
LEVELS = 3


def hours_of(role: str, policy: Policy) -> Hours:
    """The calendar of a role: its own, or the policy's."""
    known = every_role(policy).get(role)
    return known.hours if known is not None and known.hours is not None else policy.hours


def recorded(act: Act, matter: Matter) -> Act:
    """A decision with how long it took, in working minutes from when the question left, and the
    stretches in which that clock stood still, each with its reason."""
    if act.kind is not ActKind.DECIDE:
        return act
    ledger, policy = in_order(matter.acts), matter.policy
    about = [one for one in ledger if one.subjects[:1] == act.subjects[:1]]
    opened = [one for one in about if one.kind in OPENS]
    asked = [one for one in about if one.kind is ActKind.ASK]
    if not asked:
        return act
    raised, first, hours = opened[0], asked[0].said_at, hours_of(opened[0].data["role"], policy)
    whole = _all_of(raised, ledger)
    ends = {one.key: _ends(one, raised, policy) for one in whole}
    stops = [
        (why, max(begins, first), min(until or act.said_at, act.said_at))
        for why, begins, until in (*_stops(ledger, raised), *_rests(whole, ends))
        if why != "acknowledged" and begins < act.said_at and (until is None or until > first)
    ]
    idle = _merged_of(stops)
    lost = sum((worked(begins, until or begins, hours) for begins, until in idle), timedelta())
    minutes = (worked(first, act.said_at, hours) - lost) // timedelta(minutes=1)
    rows = [{"reason": why, "from": a.isoformat(), "to": b.isoformat()} for why, a, b in stops]
    return replace(act, data={**act.data, "minutes": str(minutes), "pauses": json.dumps(rows)})


def _merged_of(stops: Iterable[_Stop], but: str = "") -> tuple[Pause, ...]:
    return merged(tuple((begins, ends) for why, begins, ends in stops if why != but))


def _rests(whole: list[Act], ends: dict[str, datetime]) -> tuple[_Stop, ...]:
    """While somebody has it, or it seemed decided."""
    back = _taken_back(whole)
    found: list[_Stop] = []
    for one in whole:
        undone = back.get(one.key)
        if one.kind is ActKind.ACK:
            why = "snoozed" if one.detail == "snooze" else "acknowledged"
            until = ends[one.key]
            found.append((why, one.said_at, min(until, undone.said_at) if undone else until))
        elif one.kind is ActKind.DECIDE and undone is not None:
            found.append(("decided", one.said_at, undone.said_at))
            found.append(("acknowledged", undone.said_at, ends[undone.key]))
    return tuple(found)


def _stops(ledger: Sequence[Act], raised: Act) -> tuple[_Stop, ...]:
    """Holds, each to what ends it; drafts, which are remarked when they begin and end; and when the
    App was away."""
    ends = {
        key: one.said_at
        for one in ledger
        if one.kind in {ActKind.RESUME, ActKind.UNDO}
        for key in one.subjects
    }
    holds = tuple(
        (f"hold by {one.by.login}: {one.reason}", one.said_at, ends.get(one.key))
        for one in ledger
        if one.kind is ActKind.HOLD
    )
    away = tuple((PAUSED, one.said_at, one.ends_at) for one in ledger if one.detail == PAUSED)
    drafts: list[_Stop] = []
    for one in ledger:
        if one.kind is ActKind.REMARK and one.detail == "drafted":
            drafts.append(("draft", one.said_at, None))
        elif one.kind is ActKind.REMARK and one.detail == "undrafted" and drafts:
            drafts[-1] = ("draft", drafts[-1][1], one.said_at)
    # A person may ask on a draft, and then it runs there.
    return holds + away + (() if raised.kind is ActKind.ESCALATE else tuple(drafts))


def merged(pauses: tuple[Pause, ...]) -> tuple[Pause, ...]:
    """The same stretches without one inside or over another."""
    found: list[Pause] = []
    for begins, ends in sorted(pauses, key=lambda one: one[0]):
        if found and (found[-1][1] is None or begins <= found[-1][1]):
            before = found[-1]
            later = None if ends is None or before[1] is None else max(before[1], ends)
            found[-1] = (before[0], later)
        else:
            found.append((begins, ends))
    return tuple(found)


def _blocks(episode: Episode) -> bool:
    """Whether the check waits for it. A redirect holds until something was done about it."""
    if episode.block is Block.NEVER or episode.state is Raised.WITHDRAWN:
        return False
    decision = episode.decision
    if decision is not None and decision.detail != "approve":
        return not episode.spent
    if decision is not None:
        return False
    if episode.block is Block.UNTIL_ACKNOWLEDGED:
        return episode.state is Raised.RAISED
    return True


def _moved(decision: Act | None, scope_now: Callable[[str], Known[str]]) -> bool:
    """Whether files have changed since the decision; what is not known has not."""
    then = {} if decision is None else decision.scopes
    now = {scope: scope_now(scope) for scope in then}
    return any(not isinstance(now[one], Unknown) and now[one] != then[one] for one in then)


def subjects_of(trigger: str, pieces: Sequence[Evidence]) -> tuple[str, ...]:
    """What a trigger is about, in words that no moved line changes: `service:redis`."""
    sure = [one.note for one in pieces if one.kind.tier is Tier.SURE]
    names = [note.replace(" ", ":", 1) if note.count(" ") == 1 else note for note in sure]
    return tuple(dict.fromkeys(names)) or (trigger,)


def settled(acts: Iterable[Act], episodes: Iterable[Episode] = ()) -> tuple[str, ...]:
    """Keys of the App's asks that nobody need hear any more: with what was asked in the same moment
    they share a comment, and all of it is over or taken."""
    owed = {one.name for one in episodes if one.state is Raised.RAISED}
    asks = [act for act in acts if act.kind is ActKind.ASK]
    moments = {act.said_at for act in asks if act.subjects[0] in owed}
    return tuple(act.key for act in asks if act.said_at not in moments)
