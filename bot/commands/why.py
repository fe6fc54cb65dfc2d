"""`/handoff why ITEM`: the rules behind an item, what they saw, and what would satisfy them."""

from __future__ import annotations

from bot.acts.naming import item_named, items_named
from bot.model.command import Command, Heard, Scene
from bot.model.problem import Problem
from bot.model.report import Entry, Matter


def decide(scene: Scene) -> Heard | Problem:
    words = scene.line.words[:1]
    if not words:
        none = items_named((), scene.report, "why")
        assert isinstance(none, Problem)  # noqa: S101  nothing was named
        return none
    entry = item_named(words[0].casefold(), scene.report, "why")
    if isinstance(entry, Problem):
        return entry
    return Heard(answer="\n".join(_answer(entry, scene.matter)))


def _answer(entry: Entry, matter: Matter) -> list[str]:
    lines = [f"{entry.item} ({entry.level}) is {entry.state}: {entry.because}"]
    lines += [f"asked: {entry.title}"]
    lines += [
        f"help: {one.help}" for one in matter.policy.items if one.id == entry.item and one.help
    ]
    for leaf in entry.leaves:
        lines.append(f"{leaf.rule} says {leaf.verdict.outcome}: {leaf.verdict.summary}")
    for piece in (*entry.verdict.evidence, *entry.verdict.advice)[:6]:
        place = f" ({piece.file}:{piece.line})" if piece.line else f" ({piece.file})"
        lines.append(f"saw: {piece.note}{place if piece.file else ''}")
    if entry.fix_by:
        lines.append(f"it is for {', '.join(entry.fix_by)} to clear")
    return lines


COMMAND = Command(
    id="why",
    verb="why",
    usage="/handoff why ITEM",
    who="anyone",
    does="the reasons behind an item",
    examples=("/handoff why docs", "/handoff why 3", "/handoff why migr"),
    edits=True,
    view=True,
    closed=True,
    decide=decide,
)
