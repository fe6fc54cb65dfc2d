"""`/handoff recheck`: forget what is cached about this head and judge anew."""

from __future__ import annotations

from bot.acts.rules import allowed
from bot.acts.who import entitled
from bot.model.command import Command, Heard, Scene
from bot.model.problem import Problem


def decide(scene: Scene) -> Heard | Problem:
    policy = scene.matter.policy
    held = entitled(scene.asker, allowed(policy, "recheck"), policy)
    return held if isinstance(held, Problem) else Heard(recheck=True)


COMMAND = Command(
    id="recheck",
    verb="recheck",
    usage="/handoff recheck",
    who="author, triage or more",
    does="forget what is cached and judge anew",
    examples=("/handoff recheck",),
    edits=True,
    decide=decide,
    asks_standing=True,
)
