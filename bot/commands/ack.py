"""`/handoff ack [e1]`: who was asked takes the question; nobody else is asked meanwhile."""

from __future__ import annotations

from bot.acts.asking import answers, episode_named
from bot.acts.binding import act_of
from bot.acts.words import said, unknown_words
from bot.model.act import ActKind
from bot.model.command import Command, Heard, Scene
from bot.model.problem import Problem


def decide(scene: Scene) -> Heard | Problem:
    words = said(scene.line)
    if isinstance(words, Problem):
        return words
    wrong = unknown_words(words.names[1:])
    if wrong is not None:
        return wrong
    episode = episode_named("".join(words.names), scene)
    if isinstance(episode, Problem):
        return episode
    roles = answers("ack", episode, scene)
    if isinstance(roles, Problem):
        return roles
    # To what is decided it counts only where that was taken back before it was said.
    return Heard(acts=(act_of(scene, ActKind.ACK, (episode.name,), roles=roles),))


COMMAND = Command(
    id="ack",
    verb="ack",
    usage="/handoff ack [e1]",
    who="the role asked",
    does="take the question",
    examples=("/handoff ack", "/handoff ack e1"),
    edits=False,
    decide=decide,
    asks_standing=True,
)
