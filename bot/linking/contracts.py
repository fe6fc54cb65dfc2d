"""What the changed contracts of a pull request do to their clients, all files together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.model.contract import Comparison, Impact
from bot.model.contract_kinds import change_kinds
from bot.model.known import Known, Unknown
from bot.model.reading import CONTRACT

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.model.area import Area
    from bot.model.contract import Change
    from bot.model.facts import Facts

NOWHERE = Unknown("can't tell: the contract - the policy names no file and no area contract")


def turns(facts: Facts, area: Area, what: str, corrected: Callable[[Change], bool]) -> Known[bool]:
    """Whether a contract of the area changed so; `what`: changed, additive or breaking. What is
    `corrected` breaks nobody."""
    if not area.globs:
        return NOWHERE
    files = facts.changed_in(area)
    if isinstance(files, Unknown):
        return files
    found = [facts.read(CONTRACT, one.path) for one in files]
    known = [one for one in found if isinstance(one, Comparison)]
    unknown = [one for one in found if isinstance(one, Unknown)]
    breaks = any(
        one.gone or one.unreadable or not all(map(corrected, breaking(one))) for one in known
    )
    if breaks:
        return what != "additive"
    if unknown:
        return unknown[0]
    return what != "breaking" and any(one.changes or one.first for one in known)


def breaking(found: Comparison) -> list[Change]:
    """The changes after which a client that was right before fails."""
    return [one for one in found.changes if one.severity is Impact.BREAKING]


def told(change: Change) -> str:
    """The change in one line: where, what, and how often."""
    where = change.component or ", ".join(change.operations[:1]) or "the document"
    many = f"{change.count} operations" if change.count > 1 else ""
    more = ", ".join(part for part in (change.note, many) if part)
    said = f"{where}: {change_kinds()[change.kind].says}"
    return (f"{said} ({more})" if more else said)[:200]
