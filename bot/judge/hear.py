"""Command lines decided one by one: each is all or nothing, the first refusal stops the rest."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from datetime import timedelta
from difflib import get_close_matches
from hashlib import sha256
from typing import TYPE_CHECKING

from bot.acts.force import refused_of
from bot.acts.who import has, refusal, slip, unchecked
from bot.judge.entry import scope_of
from bot.judge.episodes import recorded
from bot.judge.hours import after
from bot.judge.proof import fault_of
from bot.model.act import DELETED, EDITED, REFUSED, Act, ActKind
from bot.model.arrival import Said
from bot.model.codec import Decoder, canonical
from bot.model.command import (
    Asker,
    Barred,
    Command,
    CommandLine,
    Heard,
    Misread,
    Scene,
    Slip,
    Stood,
    Unchecked,
)
from bot.model.facts import Person
from bot.model.known import Unknown
from bot.model.policy import WorkingTime
from bot.model.problem import Problem
from bot.model.report import Fault
from bot.model.verbs import VERBS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bot.model.report import Matter, Report

# An edit within this time corrects a slip; later it would rewrite what was said.
EDIT_WITHIN = timedelta(minutes=10)
# A comment that has a command so far down is not kept.
LINES_AT_MOST = 500
_ANSWER_RESTS = WorkingTime(days=5)
_DECODER = Decoder()
_WHY = {Unchecked: "unchecked", Barred: "person", Slip: "slip"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """One line with what became of it: `said` is plain text, empty where nothing needs saying."""

    line: str
    done: bool
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AllHeard:
    """All lines of one comment: what was answered and must happen. `refusals`: what is kept of a
    line that was not run, and `why` in one word. `report`: with the acts."""

    answers: tuple[Answered, ...]
    report: Report
    acts: tuple[Act, ...] = ()
    refusals: tuple[Act, ...] = ()
    recheck: bool = False
    show: bool = False
    unchecked: bool = False
    why: str = ""
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


def remark_of(said: Said, matter: Matter) -> tuple[Act, ...]:
    """That words were edited or deleted after they were said: what was done by them stands."""
    did = any(act.key.startswith(f"{said.key}:") for act in matter.acts)
    if said.before is None or not (did or "/handoff" in f"{said.before}{said.body}".lower()):
        return ()
    act = Act(
        key=f"{said.key}/{'deleted' if said.gone else 'edited'}",
        kind=ActKind.REMARK,
        by=Person(id=said.sender_id, login=said.changed_by or "somebody"),
        subjects=(said.key,),
        head_sha=matter.facts.head_sha,
        said_at=said.updated_at,
        detail=DELETED if said.gone else EDITED,
        through="system",
    )
    return (act,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Court:
    """What the lines of one comment are decided with. `judge`: the report of a matter.

    `stood`: heads that the speaker may have looked at, `heads`: all that there were.
    """

    said: Said
    asker: Asker
    commands: Mapping[str, Command]
    judge: Callable[[Matter], Report]
    stood: tuple[Stood, ...] = ()
    heads: tuple[str, ...] = ()


def hear(
    lines: Sequence[CommandLine | Misread], court: Court, matter: Matter, report: Report
) -> AllHeard:
    """Run the lines top to bottom, each against the report as the one before left it.

    A line means what it meant when it was said: what people have said since counts for views only.
    """
    moment = court.said.moment
    later = tuple(one for one in matter.acts if not one.kind.own and one.order[:2] > moment)
    if later:
        matter = replace(matter, acts=tuple(one for one in matter.acts if one not in later))
        report = court.judge(matter)
    answers: list[Answered] = []
    acts: list[Act] = []
    faults: list[Fault] = []
    refused: tuple[Act, ...] = ()
    recheck = show = unchecked = False
    why = ""
    for line in lines:
        if answers and not answers[-1].done:
            answers.append(Answered(line=line.text, done=False, said="not run"))
            continue
        heard = _one(line, court, matter, report, later)
        if isinstance(heard, Fault):
            faults.append(heard)
            why = "fault"
            heard = refusal(f"the command itself failed, {heard.id}: that is our bug")
        if isinstance(heard, Problem):
            unchecked = unchecked or isinstance(heard, Unchecked)
            why = why or next((word for kind, word in _WHY.items() if type(heard) is kind), "other")
            answers.append(Answered(line=line.text, done=False, said=_told(heard, line)))
            refused = _refused(line, lines, court, answers[-1], matter)
            continue
        recheck, show = recheck or heard.recheck, show or heard.show
        answers.append(Answered(line=line.text, done=True, said=heard.answer))
        if heard.acts:
            app = {"app": court.said.through_app} if court.said.through_app else {}
            done = [recorded(replace(act, data={**act.data, **app}), matter) for act in heard.acts]
            acts += done
            matter = replace(matter, acts=(*matter.acts, *done))
            report = court.judge(matter)
    refused = () if unchecked else refused
    if later or refused:
        report = court.judge(replace(matter, acts=(*matter.acts, *later, *refused)))
    return AllHeard(
        answers=tuple(answers),
        report=report,
        acts=tuple(acts),
        refusals=refused,
        recheck=recheck,
        show=show,
        unchecked=unchecked,
        why=why,
        faults=tuple(faults),
    )


def _refused(
    line: CommandLine | Misread,
    lines: Sequence[CommandLine | Misread],
    court: Court,
    answer: Answered,
    matter: Matter,
) -> tuple[Act, ...]:
    """That the line was not run, where it would have changed something, and its whole comment, to
    be heard again should something arrive that was said before it."""
    command = None if isinstance(line, Misread) else court.commands.get(line.verb)
    if isinstance(line, Misread) or command is None or command.view:
        return ()
    said = court.said
    data = {"line": line.text, "why": answer.said, "verb": command.verb}
    if not said.node_id:
        data["button"] = "yes"
    texts = {one.number: one.text for one in lines}
    whole = all(isinstance(one, CommandLine) for one in lines) and max(texts) <= LINES_AT_MOST
    if said.before is None and said.node_id and whole:
        body = "\n".join(texts.get(number, "") for number in range(1, max(texts) + 1))
        data["said"] = canonical(replace(said, body=body)).decode()
    act = Act(
        key=REFUSED + key_of(line, said),
        kind=ActKind.REFUSE,
        by=court.asker.person,
        subjects=(),
        head_sha=matter.facts.head_sha,
        said_at=said.moment[0],
        place=(said.moment[1], line.number),
        through="system",
        data=data,
    )
    return (act,)


def overtaken(acts: tuple[Act, ...], said: Sequence[Said]) -> tuple[Said, ...]:
    """The comments in which a line was refused and that were made after one of these, which have
    only arrived now; none that was edited or deleted since."""
    first = min((one.moment for one in said), default=None)
    spoilt = {key for act in acts if act.detail in {EDITED, DELETED} for key in act.subjects}
    spoilt |= {one.key for one in said}
    kept = [one.data["said"] for one in refused_of(acts) if "said" in one.data]
    found: list[Said] = [_DECODER.decode(Said, json.loads(text)) for text in kept]
    return tuple(
        one for one in found if first is not None and one.moment > first and one.key not in spoilt
    )


def hear_again(
    lines: Sequence[CommandLine | Misread],
    court: Court,
    matter: Matter,
    report: Report,
    late: Sequence[Act],
) -> AllHeard | None:
    """What comes of lines of which one was refused before `late` arrived, which was said earlier;
    None where that makes no difference."""
    alone = replace(matter, acts=tuple(one for one in matter.acts if one not in late))
    if not hear(lines, court, alone, court.judge(alone)).refused:
        return None
    heard = hear(lines, court, matter, report)
    return heard if heard.acts or not heard.refused else None


def key_of(line: CommandLine, said: Said) -> str:
    """Of the act that may come of a line; lines that an edit adds around it change nothing."""
    digest = sha256(line.text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{said.key}:{line.number}-{digest}"


def _one(
    line: CommandLine | Misread,
    court: Court,
    matter: Matter,
    report: Report,
    later: tuple[Act, ...],
) -> Heard | Problem | Fault:
    if isinstance(line, Misread):
        return refusal(line.what)
    command = court.commands.get(line.verb or "status")
    if command is None:
        return _unknown(line.verb, court.commands)
    wrong = _beforehand(command, court, matter) or _said_by_policy(command, line, court, matter)
    if wrong is not None:
        return wrong
    every = (*matter.acts, *later)
    if later and command.view:
        matter = replace(matter, acts=every)
        report = court.judge(matter)
    scene = replace(_scene(line, court, matter, report), later=later)
    if any(act.key.partition("/")[0] == scene.key for act in every):
        return Heard()
    try:
        heard = command.decide(scene)
        return _too_late(heard, scene) or heard
    except Exception as error:  # noqa: BLE001  catch-all 2 of 7: around one command
        return fault_of(f"/handoff {command.verb}", court.said.key, error)


def _too_late(heard: Heard | Problem, scene: Scene) -> Problem | None:
    """What stands against taking back, after the end, an answer that others have long relied on."""
    matter = scene.matter
    if matter.facts.open or isinstance(heard, Problem):
        return None
    undone = {key for act in heard.acts if act.kind is ActKind.UNDO for key in act.subjects}
    said = [one.said_at for one in matter.acts if one.key in undone]
    if any(after(at, _ANSWER_RESTS, matter.policy.hours) < scene.said_at for at in said):
        what = f"an answer can be taken back for {_ANSWER_RESTS.days} working days"
        return refusal(what, "type /handoff accept, or /handoff return because …")
    return None


def _beforehand(command: Command, court: Court, matter: Matter) -> Problem | None:
    """What stands against the verb itself, whoever says it about whatever."""
    if court.said.before is not None and not command.edits:
        return refusal("not from an edited comment", "write a new one")
    if not matter.facts.open and not command.closed:
        return refusal("this pull request is closed")
    through = court.asker.through_app
    if through is not None and not command.view:
        return refusal(f"the App {through} wrote this comment; a person has to say it")
    return None


def _said_by_policy(
    command: Command, line: CommandLine, court: Court, matter: Matter
) -> Problem | None:
    """What the policy itself asks of the verb beyond the table: who may not, and a reason."""
    own = matter.policy.commands.get(command.verb)
    if own is None:
        return None
    for word in sorted(own.not_by - VERBS[command.verb].not_by):
        wrote = court.asker.is_contributor
        held = has(court.asker, word)
        if word == "author" and held is False:
            # Who wrote, co-wrote or pushed a commit is meant as well.
            held = wrote
        if isinstance(held, Unknown):
            return unchecked(f"whether you are in {word} ({held.reason})")
        if held:
            return refusal(f"{command.verb} is not for {word}")
    if own.reason_required and not line.reason:
        return refusal("it needs a reason", f"type {line.text} because …")
    return None


def _scene(line: CommandLine, court: Court, matter: Matter, report: Report) -> Scene:
    said = court.said
    return Scene(
        line=line,
        asker=court.asker,
        matter=matter,
        report=report,
        scope_of=scope_of,
        key=key_of(line, said),
        place=(said.moment[1], line.number),
        said_at=said.moment[0],
        through=said.key.partition(":")[0],
        stood=court.stood,
        heads=court.heads,
        commands=tuple(court.commands.values()),
    )


def _unknown(verb: str, commands: Mapping[str, Command]) -> Problem:
    near = get_close_matches(verb, sorted(commands), n=1)
    if near:
        return slip(f'I do not know "{verb}"', verb, near[0])
    return refusal(f'I do not know "{verb}"', "type /handoff help. Nothing was done")


def _told(problem: Problem, line: CommandLine | Misread) -> str:
    """What is wrong and what would work, as sentences; a slip is shown mended and never run."""
    hint = problem.hint
    if isinstance(problem, Slip):
        wrong = rf"(?<![\w/-]){re.escape(problem.wrong)}(?![\w-])"
        mended = re.sub(wrong, lambda _: problem.near, line.text, count=1, flags=re.IGNORECASE)
        hint = f"did you mean {mended}? Nothing was done"
    parts = (problem.what, hint[:1].upper() + hint[1:])
    return " ".join(part if part[-1] in ".!?…" else f"{part}." for part in parts if part)
