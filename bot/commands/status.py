"""`/handoff status`, or the bare word: what is the case now."""

from __future__ import annotations

from bot.model.command import Asker, Command, CommandLine, Heard
from bot.model.item import Level
from bot.model.report import Matter, Report


def decide(line: CommandLine, asker: Asker, matter: Matter, report: Report) -> Heard:
    """What is open; the title of the check, which says the rest, stands above it."""
    del line, asker, matter
    left = [one for one in report.entries if one.state.open and one.level is not Level.NOTE]
    said = [f"{one.item}: {one.state} - {one.verdict.summary}" for one in left]
    said += [f"{one.trigger}: {one.summary}" for one in report.questions if one.blocks]
    return Heard(answer="\n".join(said), show=True)


COMMAND = Command(
    id="status",
    verb="status",
    usage="/handoff status",
    who="anyone",
    examples=("/handoff", "/handoff status"),
    edits=True,
    decide=decide,
)
