"""A comparison of two contracts for a terminal and as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from bot.model.contract import GROUPS_SHOWN, Change, Group, Impact, grouped
from bot.text.terminal import Screen, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

_COLOUR = {Impact.BREAKING: "red", Impact.RISKY: "yellow", Impact.HARMLESS: "dim"}
# More places than these are counted.
_PLACES_NAMED = 6


def render_contract(changes: Sequence[Change], screen: Screen) -> str:
    """One line a group, breaking first, then the verdict; `verbosity` 1 names every change."""
    groups = grouped(changes)
    lines = (
        [] if screen.verbosity < 0 else [_line(group, screen) for group in groups[:GROUPS_SHOWN]]
    )
    if screen.verbosity >= 0 and len(groups) > GROUPS_SHOWN:
        lines.append(f"…{len(groups) - GROUPS_SHOWN} more")
    return screen.symbols("\n".join([*lines, _verdict(groups)]))


def contract_data(changes: Sequence[Change], profile: str) -> dict[str, Any]:
    """The comparison as JSON values, schema `handoff.contract/1`."""
    groups = grouped(changes)
    return {
        "schema": "handoff.contract/1",
        "profile": profile,
        "counts": {one.value: sum(g.severity is one for g in groups) for one in Impact},
        "groups": [asdict(group) for group in groups],
    }


def _line(group: Group, screen: Screen) -> str:
    impact = screen.paint(_COLOUR[group.severity], f"{group.severity:<8}")
    places = f"{group.count} operation{'s' * (group.count != 1)}" if group.count else ""
    named = ", ".join(visible(one) for one in group.operations)
    more = ", …" if group.count > len(group.operations) else ""
    where = (
        f" · {places}: {named}{more}" if group.count and group.operations[0] != group.title else ""
    )
    text = f"{impact}  {screen.paint('bold', visible(group.title))}: {_kinds(group)}{where}"
    if screen.verbosity < 1:
        return text
    return "\n".join([text, *(_detail(change) for change in group.changes)])


def _kinds(group: Group) -> str:
    """Every kind that matters with its places; what harms nobody is only counted."""
    found: dict[str, list[str]] = {}
    harmless = 0
    for change in group.changes:
        if change.severity is Impact.HARMLESS and group.severity is not Impact.HARMLESS:
            harmless += 1
        else:
            found.setdefault(change.kind, []).append(_place(change))
    said = [f"{kind} {_some(places)}".rstrip() for kind, places in found.items()]
    return " · ".join([*said, *([f"{harmless} harmless"] if harmless else [])])


def _place(change: Change) -> str:
    """The property that a pointer names, as a person would write it."""
    parts = [one for one in change.pointer.split("/") if one not in {"", "properties", "schema"}]
    name = ".".join(one.replace("~1", "/").replace("~0", "~") for one in parts)
    return visible(name if change.component else change.note or name)


def _some(places: list[str]) -> str:
    real = list(dict.fromkeys(one for one in places if one))
    more = f" and {len(real) - _PLACES_NAMED} more" if len(real) > _PLACES_NAMED else ""
    return ", ".join(real[:_PLACES_NAMED]) + more


def _detail(change: Change) -> str:
    line = f"  line {change.line}" if change.line else ""
    text = f"{change.severity} {change.kind} ({change.direction}) {change.pointer}  {change.note}"
    return f"            {visible(text.rstrip())}{line}"


def _verdict(groups: Sequence[Group]) -> str:
    counts = [f"{sum(g.severity is one for g in groups)} {one}" for one in Impact]
    return f"{', '.join(counts)}" if groups else "no change that a client could notice"
