"""`/handoff help`: what can be typed here."""

from __future__ import annotations

from bot.model.command import Asker, Command, CommandLine, Heard
from bot.model.facts import Standing
from bot.model.known import Unknown
from bot.model.report import Matter, Report


def decide(line: CommandLine, asker: Asker, matter: Matter, report: Report) -> Heard:
    del line, matter
    items = ", ".join(entry.item for entry in report.entries[:13])
    lines = [
        "/handoff status - what is the case now",
        f"/handoff why ITEM - the reasons, for one of: {items or 'no item applies here'}",
        "/handoff help - this list",
    ]
    standing = asker.standing
    if asker.is_author or (
        not isinstance(standing, Unknown) and standing.at_least(Standing.TRIAGE)
    ):
        lines.insert(2, "/handoff recheck - forget what is cached and judge anew")
    return Heard(answer="\n".join(lines))


COMMAND = Command(
    id="help",
    verb="help",
    usage="/handoff help",
    who="anyone",
    examples=("/handoff help",),
    edits=True,
    decide=decide,
    asks_standing=True,
)
