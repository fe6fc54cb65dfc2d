"""`/handoff recheck`: forget what is cached about this head and judge anew."""

from __future__ import annotations

from bot.model.command import Asker, Command, CommandLine, Heard
from bot.model.facts import Standing
from bot.model.known import Unknown
from bot.model.problem import Problem, Where
from bot.model.report import Matter, Report


def decide(line: CommandLine, asker: Asker, matter: Matter, report: Report) -> Heard | Problem:
    del line, matter, report
    if asker.is_author:
        return Heard(recheck=True)
    if isinstance(asker.standing, Unknown):
        return Problem(
            where=Where(file="comment"),
            what=f"I could not check who you are ({asker.standing.reason})",
            hint="nothing was done; try again in a moment",
        )
    if not asker.standing.at_least(Standing.TRIAGE):
        return Problem(
            where=Where(file="comment"),
            what="this is for the author and for people with triage permission",
            hint="nothing was done; /handoff status is for everybody",
        )
    return Heard(recheck=True)


COMMAND = Command(
    id="recheck",
    verb="recheck",
    usage="/handoff recheck",
    who="author, triage or more",
    examples=("/handoff recheck",),
    edits=True,
    decide=decide,
    asks_standing=True,
)
