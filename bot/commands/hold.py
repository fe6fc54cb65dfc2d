"""`/handoff hold because …`: a named stop, which only a resume ends."""

from __future__ import annotations

from bot.acts.binding import act_of
from bot.acts.force import next_name
from bot.acts.rules import allowed
from bot.acts.who import entitled
from bot.acts.words import reason_problem, said, unknown_words
from bot.model.act import ActKind
from bot.model.command import Command, Heard, Scene
from bot.model.problem import Problem

USAGE = "/handoff hold because …"


def decide(scene: Scene) -> Heard | Problem:
    words = said(scene.line)
    if isinstance(words, Problem):
        return words
    policy = scene.matter.policy
    wrong = unknown_words(words.names) or reason_problem(words.reason, USAGE)
    if wrong is not None:
        return wrong
    roles = entitled(scene.asker, allowed(policy, "hold"), policy)
    if isinstance(roles, Problem):
        return roles
    taken = [one.subjects[0] for one in scene.matter.acts if one.kind is ActKind.HOLD]
    name = next_name("h", taken)
    act = act_of(scene, ActKind.HOLD, (name,), roles=roles, reason=words.reason)
    return Heard(acts=(act,))


COMMAND = Command(
    id="hold",
    verb="hold",
    usage=USAGE,
    who="triage or more, any role",
    does="stop the handoff until it is resumed",
    examples=("/handoff hold because pricing is not decided",),
    edits=False,
    decide=decide,
    asks_standing=True,
)
