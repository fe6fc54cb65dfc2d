"""What changed between two versions of an API contract, and for whom."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# A reader looks into five places and believes the rest.
OPERATIONS_NAMED = 5
GROUPS_SHOWN = 30


class Impact(StrEnum):
    """What a change does to a client that was right before: it fails, it may, it does not."""

    BREAKING = "breaking"
    RISKY = "risky"
    HARMLESS = "harmless"


class Direction(StrEnum):
    """Who sends the data that changed: the client, the server, or nobody."""

    REQUEST = "request"
    RESPONSE = "response"
    NEITHER = "neither"


class Profile(StrEnum):
    """A way to weigh kinds of change: ours, or that of the tool oasdiff."""

    DEFAULT = "default"
    OASDIFF = "oasdiff"


_RANK = {Impact.BREAKING: 0, Impact.RISKY: 1, Impact.HARMLESS: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference, merged over all operations that reach it.

    `component` is the innermost named component that both versions share at this place, empty
    where there is none; `pointer` is a JSON pointer below it, else below the operation. `line`
    counts from 1 in the head file; None where there is no such place or the file is JSON.
    `operations` are the first five of `count`.
    """

    kind: str
    severity: Impact
    direction: Direction
    component: str
    pointer: str
    note: str
    operations: tuple[str, ...] = ()
    count: int = 0
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The changes of one component, or of one operation where no component is shared."""

    title: str
    severity: Impact
    changes: tuple[Change, ...]
    operations: tuple[str, ...]
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A contract file at both sides. `first`: there was none before; `gone`: there is none now.

    `changes`: the gravest first, no more than a report can hold; `more`: how many beside them.
    `unreadable`: why the new text is no contract where the old one was.
    """

    changes: tuple[Change, ...] = ()
    more: int = 0
    first: bool = False
    gone: bool = False
    unreadable: str = ""


def grouped(changes: Iterable[Change]) -> tuple[Group, ...]:
    """All changes by the component they are anchored at, the worst group first."""
    found: dict[str, list[Change]] = {}
    for change in changes:
        title = change.component or ", ".join(change.operations[:1]) or "the document"
        found.setdefault(title, []).append(change)
    return tuple(
        sorted(
            (_group(title, held) for title, held in found.items()),
            key=lambda group: _RANK[group.severity],
        )
    )


def worst(changes: Iterable[Change]) -> Impact | None:
    """The gravest impact of all, None where nothing changed."""
    return min((one.severity for one in changes), key=_RANK.__getitem__, default=None)


def _group(title: str, changes: list[Change]) -> Group:
    ordered = sorted(changes, key=lambda one: _RANK[one.severity])
    widest = max(changes, key=lambda one: one.count)
    return Group(
        title=title,
        severity=ordered[0].severity,
        changes=tuple(ordered),
        operations=widest.operations,
        count=widest.count,
    )
