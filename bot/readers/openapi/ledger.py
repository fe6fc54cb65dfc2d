"""What was found where: pairs of schemas are compared once and shared by all that reach them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from bot.model.contract import OPERATIONS_NAMED, Change, Direction, Profile
from bot.model.contract_kinds import TOLD_BY_OTHERS, severity_of

if TYPE_CHECKING:
    from bot.readers.openapi.shape import Joined
    from bot.readers.openapi.side import Budget, Side, Spot

Key: TypeAlias = tuple[object, ...]
NOTE_LIMIT = 200


@dataclass(frozen=True, slots=True)
class Anchor:
    """The innermost component that both versions are inside, and the pointer below it."""

    component: str = ""
    pointer: str = ""

    def inside(self, base: Joined, head: Joined, step: str) -> Anchor:
        """Where the walk stands after one more step: in a component of both, or just deeper."""
        if len(base) == 1 and len(head) == 1:
            old, new = base[0].component, head[0].component
            if old and old == new:
                return Anchor(new, head[0].within)
            if old and new and not base[0].within and not head[0].within:
                return Anchor(f"{old} → {new}", "")
        return Anchor(self.component, f"{self.pointer}{step}")


@dataclass(frozen=True, slots=True)
class Pair:
    """Two schemas to compare. `mode`: how the value is written, see the schema comparison."""

    base: Joined
    head: Joined
    direction: Direction
    mode: int
    anchor: Anchor
    depth: int = 0

    @property
    def key(self) -> Key:
        """What tells this pair from others, wherever it was reached."""
        old, new = (tuple(spot.key for spot in one) for one in (self.base, self.head))
        return (old, new, self.direction, self.mode)


@dataclass(frozen=True, slots=True)
class Finding:
    """A change before it is weighed and merged."""

    kind: str
    direction: Direction
    anchor: Anchor
    note: str


@dataclass(slots=True)
class _Node:
    findings: dict[Finding, int | None] = field(default_factory=dict)
    reaches: list[Key] = field(default_factory=list)


class Ledger:
    """Collects findings by pair and by operation; merges them at the end."""

    def __init__(self, budget: Budget, head: Side) -> None:
        self.pending: list[Pair] = []
        self.owners: set[Key] = set()
        self._budget = budget
        self._head = head
        self._nodes: dict[Key, _Node] = {}

    def find(self, owner: Key, finding: Finding, spot: Spot | None = None) -> None:
        """Keep a finding of a pair or of an operation."""
        # What is gone has no line at the head.
        line = None if spot is None or spot.value is None else self._head.line(spot)
        self._nodes.setdefault(owner, _Node()).findings.setdefault(finding, line)

    def reach(self, owner: Key, pair: Pair) -> None:
        """This pair or operation leads to that pair, which is compared if it never was."""
        key = pair.key
        self._nodes.setdefault(owner, _Node()).reaches.append(key)
        if key not in self._nodes:
            self._budget.spend(pairs=1)
            self._nodes[key] = _Node()
            self.pending.append(pair)

    def changes(self, operations: list[str], profile: Profile) -> tuple[Change, ...]:
        """Everything found, each with the operations that reach it."""
        users: dict[Finding, list[str]] = {}
        lines: dict[Finding, int | None] = {}
        leading = self._leading()
        for name in ["", *operations]:
            for finding, line in self._reached((name,), leading).items():
                users.setdefault(finding, []).append(name)
                lines.setdefault(finding, line)
        return tuple(
            Change(
                kind=finding.kind,
                severity=severity_of(finding.kind, finding.direction, profile),
                direction=finding.direction,
                component=finding.anchor.component,
                pointer=finding.anchor.pointer,
                note=finding.note[:NOTE_LIMIT],
                operations=tuple(name for name in names if name)[:OPERATIONS_NAMED],
                count=sum(1 for name in names if name),
                line=lines[finding],
            )
            for finding, names in users.items()
            if profile is not Profile.DEFAULT or finding.kind not in TOLD_BY_OTHERS
        )

    def _leading(self) -> set[Key]:
        """Whatever leads to a finding; most of a contract does not, and is not walked again."""
        users: dict[Key, list[Key]] = {}
        for key, node in self._nodes.items():
            for reached in node.reaches:
                users.setdefault(reached, []).append(key)
        pending = [key for key, node in self._nodes.items() if node.findings]
        found = set(pending)
        while pending:
            fresh = [key for key in users.get(pending.pop(), ()) if key not in found]
            found.update(fresh)
            pending += fresh
        return found

    def _reached(self, operation: Key, leading: set[Key]) -> dict[Finding, int | None]:
        found: dict[Finding, int | None] = {}
        pending = [operation] if operation in leading else []
        seen = set(pending)
        while pending:
            node = self._nodes[pending.pop()]
            self._budget.spend(1 + len(node.findings))
            found |= node.findings
            fresh = [key for key in node.reaches if key in leading and key not in seen]
            seen.update(fresh)
            pending += dict.fromkeys(fresh)
        return found
