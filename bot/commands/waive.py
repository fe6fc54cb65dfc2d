"""`/handoff waive ITEM because …`: a gap is known and accepted by somebody who may."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.acts.binding import about, lasting, needs_second, scopes_of
from bot.acts.naming import items_named, seen_at
from bot.acts.who import at_once, entitled, listed, outsider, refusal, shown
from bot.acts.words import LONG_REASON, Said, reason_problem, said
from bot.model.act import Act, ActKind
from bot.model.command import Command, Heard, Scene, Unchecked
from bot.model.policy import Policy
from bot.model.problem import Problem
from bot.model.report import Entry, State

USAGE = "/handoff waive ITEM because …"
DAYS_AT_MOST = 90


def decide(scene: Scene) -> Heard | Problem:
    words = said(scene.line, ("at", "for", "until"), heads=scene.heads)
    if isinstance(words, Problem):
        return words
    entries = items_named(words.names, scene.report, "waive")
    if isinstance(entries, Problem):
        return entries
    wrong = _own(entries, scene) or at_once(
        _too_late(words, scene), reason_problem(words.reason, USAGE, LONG_REASON)
    )
    if wrong is not None:
        return wrong
    open_ = [one for one in entries if one.state is not State.PROVED]
    needed = [one for one in open_ if one.state is not State.NOT_NEEDED or one.acts]
    scopes = scopes_of((one.item for one in needed), scene, words.at)
    if isinstance(scopes, Problem):
        return scopes
    acts: list[Act] = []
    for entry in needed:
        roles = _entitled(entry, scene)
        if isinstance(roles, Problem):
            return roles
        said_so = {"roles": roles, "reason": words.reason, **_lifetime(words, scene)}
        acts.append(about(entry.item, scene, ActKind.WAIVE, scopes, **said_so))
    nothing = (
        ""
        if needed
        else "there is nothing to waive: "
        + ", ".join(f"{one.item} is {one.state}" for one in entries)
    )
    return Heard(acts=tuple(acts), answer=nothing or needs_second(acts, scene))


def _own(entries: tuple[Entry, ...], scene: Scene) -> Problem | None:
    """Nobody waives their own work; who may is named."""
    wrong = outsider(scene.asker, "waiving", by_two=True)
    who = sorted({role for one in entries for role in one.waive_by})
    if wrong is None or isinstance(wrong, Unchecked) or not who:
        return wrong
    may = listed(shown(role, scene.matter.policy) for role in who)
    return replace(wrong, hint=f"{may} may. Nothing was done")


def _entitled(entry: Entry, scene: Scene) -> frozenset[str] | Problem:
    if not entry.waive_by:
        what = f"{entry.item} cannot be waived here: {entry.verdict.summary}{seen_at(entry)}"
        return refusal(what, "mend it. Nothing was done")
    return entitled(scene.asker, sorted(entry.waive_by), scene.matter.policy)


def _lifetime(words: Said, scene: Scene) -> dict[str, object]:
    """The shorter of what the person says and of what the policy allows."""
    most = lasting(ActKind.WAIVE, scene)
    until = _end_of(words.until, scene.matter.policy) if words.until else None
    ends = [one for one in (until, most["ends_at"]) if one is not None]
    return {
        "ends_with_push": words.for_push or most["ends_with_push"],
        "ends_at": min(ends, default=None),
    }


def _too_late(words: Said, scene: Scene) -> Problem | None:
    if words.until is None:
        return None
    today = scene.said_at.astimezone(ZoneInfo(scene.matter.policy.hours.zone)).date()
    last = today + timedelta(days=DAYS_AT_MOST)
    if today <= words.until <= last:
        return None
    return refusal(f"until is at most {DAYS_AT_MOST} days ahead, {last}, and not in the past")


def _end_of(day: date, policy: Policy) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), ZoneInfo(policy.hours.zone))


COMMAND = Command(
    id="waive",
    verb="waive",
    usage="/handoff waive ITEM [for this push | until DATE] because …",
    who="whoever the item's waive-by names, never the author or a contributor",
    does="accept a gap",
    examples=(
        "/handoff waive docs because the site is built elsewhere",
        "/handoff waive docs for this push because release at noon",
    ),
    edits=False,
    decide=decide,
    asks_standing=True,
    bound=True,
)
