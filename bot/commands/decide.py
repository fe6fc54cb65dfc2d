"""`/handoff decide [e1] approve|redirect|decline because …`: the question has an answer."""

from __future__ import annotations

from bot.acts.asking import answers, episode_named
from bot.acts.binding import act_of, needs_second, scopes_of
from bot.acts.who import outsider, refusal
from bot.acts.words import LONG_REASON, reason_problem, said, unknown_words
from bot.model.act import ActKind
from bot.model.command import Command, Heard, Scene
from bot.model.problem import Problem

USAGE = "/handoff decide approve|redirect|decline because …"
WAYS = ("approve", "redirect", "decline")


def decide(scene: Scene) -> Heard | Problem:
    words = said(scene.line, ("at",), heads=scene.heads)
    if isinstance(words, Problem):
        return words
    ways = [one for one in words.names if one in WAYS]
    names = [one for one in words.names if one not in WAYS]
    wrong = outsider(scene.asker, "a decision", by_two=True)
    if wrong is None and (len(ways) != 1 or (names and not _is_episode(names[0], scene))):
        wrong = refusal("approve, redirect or decline?", f"type {USAGE}. Nothing was done")
    wrong = wrong or unknown_words(names[1:]) or reason_problem(words.reason, USAGE, LONG_REASON)
    if wrong is not None:
        return wrong
    episode = episode_named("".join(names), scene)
    if isinstance(episode, Problem):
        return episode
    roles = answers("decide", episode, scene)
    if isinstance(roles, Problem):
        return roles
    if not episode.open:
        if episode.decision is None:
            return refusal(f"{episode.name} was withdrawn")
        hint = f"to change it: /handoff undo {episode.name} first"
        return refusal(f"{episode.name} was decided: {episode.decision.detail}", hint)
    scopes = scopes_of((episode.scope,), scene, words.at)
    if isinstance(scopes, Problem):
        return scopes
    act = act_of(
        scene,
        ActKind.DECIDE,
        (episode.name,),
        roles=roles,
        reason=words.reason,
        detail=ways[0],
        scopes=scopes,
    )
    return Heard(acts=(act,), answer=needs_second([act], scene))


def _is_episode(name: str, scene: Scene) -> bool:
    return any(name in {one.name, one.trigger} for one in scene.report.escalations)


COMMAND = Command(
    id="decide",
    verb="decide",
    usage=USAGE,
    who="the role asked, lead; never the author or a contributor",
    does="answer the question",
    examples=("/handoff decide approve because one Redis per region, cache only",),
    edits=True,
    decide=decide,
    asks_standing=True,
    bound=True,
)
