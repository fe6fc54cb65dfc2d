"""Command lines decided one by one: each is all or nothing, the first refusal stops the rest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from bot.model.command import Asker, Command, CommandLine, Heard, Misread
from bot.model.problem import Problem, Where

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.model.arrival import Said
    from bot.model.report import Matter, Report

# An edit within this time corrects a slip; later it would rewrite what was said.
EDIT_WITHIN = timedelta(minutes=10)
CLOSE_ENOUGH = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """One line with what became of it: `said` is plain text, empty where nothing needs saying."""

    line: str
    done: bool
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AllHeard:
    """All lines of one comment: what was answered, and what must happen."""

    answers: tuple[Answered, ...]
    recheck: bool = False
    show: bool = False

    @property
    def alone(self) -> bool:
        """Whether the comment held one command only."""
        return len(self.answers) == 1

    @property
    def refused(self) -> bool:
        """Whether a line was not run."""
        return any(not one.done for one in self.answers)


def may_be_heard(said: Said) -> bool:
    """Whether anything in the comment counts: never from bots, edits only by its author, soon."""
    if said.by_type != "User":
        return False
    if said.before is None:
        return True
    soon = said.updated_at - said.created_at <= EDIT_WITHIN
    return soon and said.sender_id in {0, said.by_id}


def hear(
    lines: Sequence[CommandLine | Misread],
    said: Said,
    asker: Asker,
    judged: tuple[Matter, Report],
    commands: Mapping[str, Command],
) -> AllHeard:
    """Run the lines top to bottom against the report as it stands."""
    answers: list[Answered] = []
    recheck = show = False
    for line in lines:
        if answers and not answers[-1].done:
            answers.append(Answered(line=line.text, done=False, said="not run"))
            continue
        heard = _one(line, said, asker, judged, commands)
        if isinstance(heard, Problem):
            text = heard.what + (f"; {heard.hint}" if heard.hint else "")
            answers.append(Answered(line=line.text, done=False, said=text))
            continue
        recheck, show = recheck or heard.recheck, show or heard.show
        answers.append(Answered(line=line.text, done=True, said=heard.answer))
    return AllHeard(answers=tuple(answers), recheck=recheck, show=show)


def _one(
    line: CommandLine | Misread,
    said: Said,
    asker: Asker,
    judged: tuple[Matter, Report],
    commands: Mapping[str, Command],
) -> Heard | Problem:
    if isinstance(line, Misread):
        return _refusal(line.what)
    command = commands.get(line.verb or "status")
    if command is None:
        return _refusal(f"I do not know {line.verb!r}", _meant(line, commands))
    if said.before is not None and not command.edits:
        return _refusal("not from an edited comment", "write a new one")
    return command.decide(line, asker, *judged)


def _meant(line: CommandLine, commands: Mapping[str, Command]) -> str:
    """The nearest line that would work, shown and never run."""
    near = sorted(
        commands, key=lambda verb: SequenceMatcher(None, line.verb, verb).ratio(), reverse=True
    )
    if near and SequenceMatcher(None, line.verb, near[0]).ratio() >= CLOSE_ENOUGH:
        words = " ".join(["/handoff", near[0], *line.words])
        return f"did you mean {words}? Nothing was done"
    return f"nothing was done; there are {', '.join(sorted(commands))}"


def _refusal(what: str, hint: str = "nothing was done") -> Problem:
    return Problem(where=Where(file="comment"), what=what, hint=hint)
