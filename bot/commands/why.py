"""`/handoff why ITEM|FIELD|EPISODE`: what stands behind it, and what would clear it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.acts.clear import to_clear
from bot.acts.naming import item_named, items_named
from bot.model.command import Command, Heard, Scene
from bot.model.notice import FieldState
from bot.model.problem import Problem

if TYPE_CHECKING:
    from bot.model.episode import Episode
    from bot.model.notice import Field
    from bot.model.report import Entry


def decide(scene: Scene) -> Heard | Problem:
    words = scene.line.words[:1]
    if not words:
        none = items_named((), scene.report, "why")
        assert isinstance(none, Problem)  # noqa: S101  nothing was named
        return none
    name = words[0].casefold()
    for episode in scene.report.escalations:
        if name in {episode.name, episode.trigger}:
            return Heard(answer="\n".join(_question(episode)))
    for told in scene.report.told:
        for field in told.fields:
            if name == f"{told.notice}.{field.name}":
                return Heard(answer="\n".join(_field(name, field)))
    entry = item_named(name, scene.report, "why")
    if isinstance(entry, Problem):
        return entry
    return Heard(answer="\n".join(_answer(entry)))


def _answer(entry: Entry) -> list[str]:
    lines = [f"{entry.item} ({entry.level}) is {entry.state}: {entry.because}"]
    lines += [f"asked: {entry.title}"]
    lines += [f"help: {entry.help}"] if entry.help else []
    for leaf in entry.leaves:
        lines.append(f"{leaf.rule} says {leaf.verdict.outcome}: {leaf.verdict.summary}")
    for piece in (*entry.verdict.evidence, *entry.verdict.advice)[:6]:
        place = f" ({piece.file}:{piece.line})" if piece.line else f" ({piece.file})"
        lines.append(f"saw: {piece.note}{place if piece.file else ''}")
    clear = to_clear(entry)
    return [*lines, f"to clear it: {clear}"] if clear else lines


def _question(one: Episode) -> list[str]:
    decided, about = one.decision, ", ".join(one.subjects) or one.raised.reason
    lines = [f"{one.name} ({one.trigger}) is {one.state}: {about}"]
    if decided is not None:
        return [*lines, f"{decided.detail} by {decided.by.login}: {decided.reason}"]
    whom = f"{one.turn} ({one.person})" if one.person else one.turn
    holds = "it holds the check" if one.blocks else "it does not hold the check"
    how = f"{whom}: /handoff decide {one.name} approve|redirect|decline because …"
    return [*lines, holds, *([how] if one.open else [])]


def _field(name: str, field: Field) -> list[str]:
    holds = "it holds the check" if field.holds else "it does not hold the check"
    lines = [f"{name} is {field.state}: {field.value or 'nothing was found'}", holds]
    lines += [f"against it: {piece.note}" for piece in field.against]
    if field.filled:
        return lines
    drafted = field.state in {FieldState.DRAFTED, FieldState.ANSWERED}
    confirm = f"{field.confirmed_by}: /handoff confirm {name}"
    return [*lines, confirm if drafted else "author: say it in the description"]


COMMAND = Command(
    id="why",
    verb="why",
    usage="/handoff why ITEM|FIELD|EPISODE",
    who="anyone",
    does="the reasons behind an item, a field or a question",
    examples=("/handoff why docs", "/handoff why 3", "/handoff why migr", "/handoff why e1"),
    edits=True,
    view=True,
    closed=True,
    decide=decide,
)
