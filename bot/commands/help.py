"""`/handoff help`: what this person may type on this pull request now."""

from __future__ import annotations

from bot.acts.rules import speakers, speaks
from bot.acts.who import entitled
from bot.model.command import Command, Heard, Scene
from bot.model.problem import Problem


def decide(scene: Scene) -> Heard:
    items = ", ".join(entry.item for entry in scene.report.entries[:13])
    lines = [f"{one.usage} - {one.does}" for one in scene.commands if _may(one, scene)]
    return Heard(answer="\n".join([*lines, f"the items: {items or 'none applies here'}"]))


def _may(command: Command, scene: Scene) -> bool:
    """Whether the person would be heard; what cannot be checked is left out."""
    if not scene.matter.facts.open and not command.closed:
        return False
    if not speaks(command.verb):
        return command.view or scene.asker.person.id in {one.by.id for one in scene.matter.acts}
    words = speakers(command.verb, scene.matter.policy, scene.report)
    return not isinstance(entitled(scene.asker, words, scene.matter.policy), Problem)


COMMAND = Command(
    id="help",
    verb="help",
    usage="/handoff help",
    who="anyone",
    does="what you may type here",
    examples=("/handoff help",),
    edits=True,
    view=True,
    closed=True,
    decide=decide,
    asks_standing=True,
)
