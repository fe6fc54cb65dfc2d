"""Trees of YAML files that other tools read: larger than a policy, and asked leniently."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.readers.yaml_loader import Limits, Mapping, Scalar, Sequence, read_yaml

if TYPE_CHECKING:
    from bot.readers.yaml_loader import Node

# A workflow may hold long scripts, a compose file anchors and merges.
LIMITS = Limits(
    bytes=1_000_000, depth=40, nodes=50_000, scalar=200_000, empty_values=True, merge=True
)


class Unreadable(ValueError):
    """A file that its own tool would refuse; the text says why."""


def tree(text: str, path: str) -> Mapping:
    """The document's top mapping."""
    reading = read_yaml(text.encode(), path, LIMITS)
    if reading.root is None:
        raise Unreadable(reading.problems[0].what if reading.problems else "it is empty")
    return (
        reading.root if isinstance(reading.root, Mapping) else Mapping({}, {}, reading.root.place)
    )


def below(node: Node | None, *keys: str) -> Node | None:
    """What stands under these keys."""
    for key in keys:
        node = node.entries.get(key) if isinstance(node, Mapping) else None
    return node


def entries(node: Node | None) -> list[tuple[str, Node]]:
    """The pairs of a mapping."""
    return list(node.entries.items()) if isinstance(node, Mapping) else []


def items(node: Node | None) -> tuple[Node, ...]:
    """The entries of a list."""
    return node.items if isinstance(node, Sequence) else ()


def word(node: Node | None) -> str:
    """The text of a scalar, "" for anything else."""
    return str(node.text) if isinstance(node, Scalar) else ""
