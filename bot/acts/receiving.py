"""Which notice a line answers, and whether the speaker is one of those whom it is for."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bot.acts.rules import allowed
from bot.acts.who import entitled, listed, refusal
from bot.model.handover import HandoverState
from bot.model.problem import Problem

if TYPE_CHECKING:
    from bot.model.command import Scene
    from bot.model.handover import Handover

# Who wrote so soon after a new telling may have read the one before.
_WINDOW = timedelta(seconds=30)


def notice_named(name: str, scene: Scene) -> Handover | None:
    """The notice of that name, or the one for the role of that name."""
    told = scene.report.told
    found = [one for one in told if one.notice == name] or [one for one in told if one.role == name]
    return next(iter(found), None)


def receiver_of(verb: str, name: str, scene: Scene) -> tuple[Handover, frozenset[str]] | Problem:
    """The notice and what entitles the speaker to answer it; unnamed, the only one of theirs."""
    told = [one for one in scene.report.told if one.state is not HandoverState.WAITING]
    if name:
        one = notice_named(name, scene)
        if one is None:
            names = listed(dict.fromkeys(one.notice for one in scene.report.told))
            return refusal(f'there is no notice "{name}"', f"there is {names or 'none here'}")
        if one not in told:
            first = ", ".join(one.first) or "the author"
            return refusal(f"{one.notice} was not told yet", f"first comes {first}")
        told = [one]
    if not told:
        return refusal("nobody was told yet")
    policy = scene.matter.policy
    words = allowed(policy, verb, asked=frozenset(one.role for one in told))
    roles = entitled(scene.asker, sorted(words), policy)
    if isinstance(roles, Problem):
        return roles
    theirs = [one for one in told if one.role in roles] or told
    if len(theirs) > 1:
        names = listed(f"/handoff {verb} {one.notice}" for one in theirs)
        return refusal("more than one notice is yours", f"type {names}")
    return _still(theirs[0], roles, scene)


def _still(
    one: Handover, roles: frozenset[str], scene: Scene
) -> tuple[Handover, frozenset[str]] | Problem:
    """Nobody can have read what was told after they wrote."""
    assert one.tell is not None  # noqa: S101  it was told
    window = _WINDOW if one.revision > 1 else timedelta()
    if one.tell.said_at > scene.said_at - window:
        sha = one.tell.head_sha[:7]
        return refusal(f"{one.notice} was told while you wrote, at {sha}", "look and say it again")
    return one, roles
