"""What is equal on both sides, seen at once: the cost follows the change, not the contract."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.readers.openapi.side import Side, Spot

_FOLDERS = ("definitions", "parameters", "responses")
_COMPONENT = re.compile(rf"#/(components/\w+|{'|'.join(_FOLDERS)})/[^/~%]+")
# What stands there is data, and may look like a reference.
_DATA = {"example", "examples", "default", "enum", "const"}


class Unchanged:
    """Tells equal operations whose every reference leads to equal components.

    `dangling`: the components that only the head refers to though nobody defines them.
    """

    def __init__(self, base: Side, head: Side) -> None:
        roots = base.root.map, head.root.map
        schemes = [one.root.at("components").map.get("securitySchemes") for one in (base, head)]
        self._comparable = (
            base.version == head.version
            and roots[0].get("security") == roots[1].get("security")
            and schemes[0] == schemes[1]
        )
        old, new = dict(_components(base)), dict(_components(head))
        self.dangling = sorted(_dangling(head, new) - _dangling(base, old))
        self._clean = {name for name, held in old.items() if name in new and held == new[name]}
        users: dict[str, list[str]] = {}
        for name in self._clean:
            for target in _references(old[name]):
                users.setdefault(target, []).append(name)
        pending = [target for target in users if target not in self._clean]
        while pending:
            for user in users.get(pending.pop(), ()):
                if user in self._clean:
                    self._clean.discard(user)
                    pending.append(user)

    def same(self, base: Spot, head: Spot) -> bool:
        """Nothing in here can differ."""
        return (
            self._comparable
            and base.value == head.value
            and all(target in self._clean for target in _references(base.value))
        )


def _components(side: Side) -> Iterator[tuple[str, Any]]:
    for kind, folder in side.root.under("components").items():
        for name, spot in folder.under_all().items():
            yield f"components/{kind}/{name}", spot.value
    for kind in _FOLDERS:
        for name, spot in side.root.under(kind).items():
            yield f"{kind}/{name}", spot.value


def _dangling(side: Side, held: dict[str, Any]) -> set[str]:
    """References to components of the main file that it does not hold."""
    found: set[str] = set()
    pending = [side.root.value]
    while pending:
        one = pending.pop()
        if isinstance(one, list):
            pending += one
        elif isinstance(one, dict):
            pending += [part for name, part in one.items() if name not in _DATA]
            named = _COMPONENT.match(str(one.get("$ref", "")))
            if named and named[0].removeprefix("#/") not in held:
                found.add(named[0])
    return found


def _references(value: Any) -> set[str]:
    """The components that a value refers to; anything else that it refers to is no component."""
    found: set[str] = set()
    pending = [value]
    while pending:
        held = pending.pop()
        if isinstance(held, list):
            pending += held
        elif isinstance(held, dict):
            pending += held.values()
            mapping = held.get("mapping")
            meant = mapping.values() if isinstance(mapping, dict) else ()
            found |= {_named(one) for one in (held.get("$ref"), *meant) if isinstance(one, str)}
    return found


def _named(reference: str) -> str:
    """The component that a reference leads into; a discriminator may give its bare name."""
    parts = reference.removeprefix("#/").split("/")
    if len(parts) == 1:
        return f"components/schemas/{reference}"
    return "/".join(parts[: 3 if parts[0] == "components" else 2])
