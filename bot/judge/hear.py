"""Command lines decided one by one: each is all or nothing, the first refusal stops the rest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches
from typing import TYPE_CHECKING

from bot.judge.proof import fault_of
from bot.model.command import Asker, Command, CommandLine, Heard, Misread
from bot.model.problem import Problem, Where
from bot.model.report import Fault

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.model.arrival import Said
    from bot.model.report import Matter, Report

# An edit within this time corrects a slip; later it would rewrite what was said.
EDIT_WITHIN = timedelta(minutes=10)


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
    faults: tuple[Fault, ...] = ()

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
    faults: list[Fault] = []
    recheck = show = False
    for line in lines:
        if answers and not answers[-1].done:
            answers.append(Answered(line=line.text, done=False, said="not run"))
            continue
        heard = _one(line, said, asker, judged, commands)
        if isinstance(heard, Fault):
            faults.append(heard)
            heard = _refusal(f"the command itself failed, {heard.id}: that is our bug")
        if isinstance(heard, Problem):
            text = heard.what + (f"; {heard.hint}" if heard.hint else "")
            answers.append(Answered(line=line.text, done=False, said=text))
            continue
        recheck, show = recheck or heard.recheck, show or heard.show
        answers.append(Answered(line=line.text, done=True, said=heard.answer))
    return AllHeard(answers=tuple(answers), recheck=recheck, show=show, faults=tuple(faults))


def _one(
    line: CommandLine | Misread,
    said: Said,
    asker: Asker,
    judged: tuple[Matter, Report],
    commands: Mapping[str, Command],
) -> Heard | Problem | Fault:
    if isinstance(line, Misread):
        return _refusal(line.what)
    command = commands.get(line.verb or "status")
    if command is None:
        return _refusal(f'I do not know "{line.verb}"', _meant(line, commands))
    if said.before is not None and not command.edits:
        return _refusal("not from an edited comment", "write a new one")
    try:
        return command.decide(line, asker, *judged)
    except Exception as error:  # noqa: BLE001  catch-all 2 of 6: around one command
        return fault_of(f"/handoff {command.verb}", said.key, error)


def _meant(line: CommandLine, commands: Mapping[str, Command]) -> str:
    """The nearest line that would work, shown and never run."""
    near = get_close_matches(line.verb, sorted(commands), n=1)
    if not near:
        return f"nothing was done; there are {', '.join(sorted(commands))}"
    because = "" if line.reason is None else f" because {line.reason}"
    words = " ".join(["/handoff", near[0], *line.words])
    return f"did you mean {words}{because}? Nothing was done"


def _refusal(what: str, hint: str = "nothing was done") -> Problem:
    return Problem(where=Where(file="comment"), what=what, hint=hint)
