"""Layers laid over each other: mappings merge key by key, everything else is replaced whole."""

from __future__ import annotations

from typing import Any

from bot.readers.yaml_loader import Mapping, Node, Place, Scalar, Sequence

# Replaced whole: half of a condition or proof of another layer would mean something else.
_WHOLE = frozenset({"proof", "when"})
INHERITED = "inherited"


def merged(below: Node | None, above: Node | None) -> Node | None:
    """The upper layer over the lower one; `inherited` in a list stands for the list below."""
    if above is None or below is None:
        return _spliced(None, above) if below is None and above is not None else below
    if isinstance(below, Mapping) and isinstance(above, Mapping):
        return _merged_mappings(below, above)
    return _spliced(below, above)


def _merged_mappings(below: Mapping, above: Mapping) -> Mapping:
    entries = dict(below.entries)
    for name, value in above.entries.items():
        over = value if name in _WHOLE else merged(below.entries.get(name), value)
        if over is not None:
            entries[name] = over
    return Mapping(entries, {**below.keys, **above.keys}, above.place)


def _spliced(below: Node | None, above: Node) -> Node:
    if isinstance(above, Mapping):
        return Mapping(
            {
                name: value if name in _WHOLE else _spliced(None, value)
                for name, value in above.entries.items()
            },
            above.keys,
            above.place,
        )
    if not isinstance(above, Sequence):
        return above
    items: list[Node] = []
    for item in above.items:
        if isinstance(item, Scalar) and item.text == INHERITED:
            items += below.items if isinstance(below, Sequence) else ()
        else:
            items.append(item)
    return Sequence(tuple(items), above.place)


def at(node: Node | None, *names: str) -> Node | None:
    """The node below some keys, None where there is none."""
    for name in names:
        if not isinstance(node, Mapping):
            return None
        node = node.entries.get(name)
    return node


def word(node: Node | None, *names: str) -> str | None:
    """The text below some keys, None where there is none."""
    found = at(node, *names)
    return found.text if isinstance(found, Scalar) else None


def plain(node: Node) -> Any:
    """The tree as plain data."""
    if isinstance(node, Mapping):
        return {name: plain(value) for name, value in node.entries.items()}
    return node.value if isinstance(node, Scalar) else [plain(item) for item in node.items]


def replaced(node: Node, names: tuple[str, ...], value: Node) -> Node:
    """The tree with another value below keys that it has; unchanged where it lacks them."""
    if not isinstance(node, Mapping) or names[0] not in node.entries:
        return node
    below = node.entries[names[0]]
    over = value if len(names) == 1 else replaced(below, names[1:], value)
    return Mapping({**node.entries, names[0]: over}, node.keys, node.place)


def nested(names: tuple[str, ...], value: Node) -> Node:
    """A tree that holds nothing but the value below those keys."""
    for name in reversed(names):
        value = Mapping({name: value}, {name: value.place}, value.place)
    return value


def only(node: Node, names: tuple[str, ...]) -> Mapping:
    """The mapping reduced to some of its keys."""
    if not isinstance(node, Mapping):
        return Mapping({}, {}, node.place)
    entries = {name: node.entries[name] for name in names if name in node.entries}
    return Mapping(entries, {name: node.keys[name] for name in entries}, node.place)


def named(node: Node, key: str) -> dict[str, tuple[Place, Node]]:
    """The entries below a key, each with the place of its name."""
    found = at(node, key)
    if not isinstance(found, Mapping):
        return {}
    return {name: (found.keys[name], value) for name, value in found.entries.items()}


def with_named(node: Node, key: str, entries: dict[str, tuple[Place, Node]]) -> Node:
    """The tree with other entries below a key."""
    if not isinstance(node, Mapping) or not entries:
        return node
    below = Mapping(
        {name: value for name, (_, value) in entries.items()},
        {name: place for name, (place, _) in entries.items()},
        getattr(node.entries.get(key), "place", node.place),
    )
    keys = {key: below.place, **node.keys}
    return Mapping({**node.entries, key: below}, keys, node.place)
