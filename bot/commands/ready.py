"""`/handoff ready`: the author says that it may be looked at; it holds until the next push."""

from __future__ import annotations

from bot.acts.binding import act_of, one_head
from bot.acts.rules import allowed
from bot.acts.who import entitled
from bot.acts.words import said, unknown_words
from bot.model.act import ActKind
from bot.model.command import Command, Heard, Scene
from bot.model.item import Level
from bot.model.problem import Problem


def decide(scene: Scene) -> Heard | Problem:
    words = said(scene.line, ("at",), heads=scene.heads)
    if isinstance(words, Problem):
        return words
    policy = scene.matter.policy
    wrong = unknown_words(words.names) or one_head(scene, words.at)
    if wrong is not None:
        return wrong
    roles = entitled(scene.asker, allowed(policy, "ready"), policy)
    if isinstance(roles, Problem):
        return roles
    entries = scene.report.of_list("handoff")
    left = [one.item for one in entries if one.state.open and one.level is Level.BLOCK]
    act = act_of(scene, ActKind.READY, (), roles=roles, reason=words.reason)
    return Heard(acts=(act,), answer=f"still open: {', '.join(left)}" if left else "")


COMMAND = Command(
    id="ready",
    verb="ready",
    usage="/handoff ready",
    who="author, triage or more",
    does="say that it may be looked at, until the next push",
    examples=("/handoff ready", "/handoff ready at 9d03e77"),
    edits=True,
    decide=decide,
    asks_standing=True,
    bound=True,
)
