"""Which question a line is about, and whether the speaker is the one who was asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.acts.rules import allowed
from bot.acts.who import entitled, refusal, shown
from bot.model.problem import Problem

if TYPE_CHECKING:
    from bot.model.command import Scene
    from bot.model.episode import Episode


def episode_named(name: str, scene: Scene) -> Episode | Problem:
    """By `e1`, or by its trigger where one open question has it; unnamed, the only open one that is
    asked of a role of the speaker, or the only one there is."""
    every = scene.report.escalations
    if name:
        found = [one for one in every if one.name == name]
        found = found or [one for one in every if one.trigger == name and one.open]
    else:
        open_ = [one for one in every if one.open] or list(every[-1:])
        mine = [one for one in open_ if scene.asker.roles.get(one.role) is True]
        found = mine or open_
    if len(found) == 1:
        return found[0]
    there = ", ".join(f"{one.name} {one.trigger}" for one in (found or every))
    if not every:
        return refusal("nothing was asked here")
    what = "name one of them" if found else f'there is no question "{name}"'
    return refusal(what, f"there is {there}. Nothing was done")


def answers(verb: str, episode: Episode, scene: Scene) -> frozenset[str] | Problem:
    """What entitles the speaker to answer it; a Problem that says whom it was put to."""
    policy = scene.matter.policy
    words = allowed(policy, verb, asked=frozenset({episode.role}))
    held = entitled(scene.asker, sorted(words, key=lambda one: one != episode.role), policy)
    if isinstance(held, Problem) and held.what.startswith("this is for"):
        return refusal(f"{episode.name} is asked of {shown(episode.role, policy)}")
    return held
