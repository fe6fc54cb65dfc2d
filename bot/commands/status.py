"""`/handoff status`, or the bare word: what is the case now."""

from __future__ import annotations

from bot.model.command import Command, Heard, Scene
from bot.model.item import Level


def decide(scene: Scene) -> Heard:
    """What is open; the title of the check, which says the rest, stands above it."""
    report = scene.report
    left = [one for one in report.entries if one.state.open and one.level is not Level.NOTE]
    said = [f"{one.item}: {one.state} - {one.because}" for one in left]
    said += [f"{one.trigger}: {one.summary}" for one in report.questions if one.blocks]
    return Heard(answer="\n".join(said), show=True)


COMMAND = Command(
    id="status",
    verb="status",
    usage="/handoff status",
    who="anyone",
    does="what is the case now",
    examples=("/handoff", "/handoff status"),
    edits=True,
    view=True,
    closed=True,
    decide=decide,
)
