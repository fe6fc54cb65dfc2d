"""Fingerprints of schemas: equal where the schemas are, by content and not by name."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.readers.openapi.side import Side, Spot

# How deep a fingerprint looks; what differs only below is told apart by its reference.
PRINT_DEPTH = 8

# Keywords that hold a schema under every name.
MANY_INSIDE = ("patternProperties", "dependentSchemas")
# What a schema says to people.
ABOUT = {"title", "description", "example", "examples", "externalDocs", "xml", "deprecated"}


class Prints:
    """The fingerprints of one side, each made once."""

    def __init__(self, side: Side) -> None:
        self._side = side
        self._prints: dict[tuple[tuple[str, str], int], str] = {}

    def of(self, joined: Iterable[Spot]) -> str:
        """The fingerprint of what these places say together."""
        return "&".join(sorted({self._print(spot, PRINT_DEPTH) for spot in joined}))

    def _print(self, spot: Spot, depth: int) -> str:
        self._side.budget.spend()
        if depth == 0:
            return spot.pointer.rsplit("/", 1)[-1]
        end = self._side.follow(spot)
        key = (end.key, depth)
        if key not in self._prints:
            self._prints[key] = ""
            parts = self._printed(end.value, end, depth)
            digest = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
            self._prints[key] = digest[:24]
        return self._prints[key]

    def _printed(self, value: Any, spot: Spot, depth: int) -> Any:
        if not isinstance(value, dict):
            return value
        found: dict[str, Any] = {}
        for word, held in value.items():
            if word in ABOUT or (word.startswith("x-") and word != "x-nullable"):
                continue
            inner = spot.at(word)
            if word in {"properties", *MANY_INSIDE} and isinstance(held, dict):
                found[word] = {name: self._print(inner.at(name), depth - 1) for name in held}
            elif isinstance(held, dict) and word not in {"enum", "default", "const"}:
                found[word] = self._print(inner, depth - 1)
            elif word in {"allOf", "oneOf", "anyOf", "prefixItems"}:
                found[word] = [self._print(one, depth - 1) for one in spot.each(word)]
            elif word in {"required", "enum", "type"} and isinstance(held, list):
                found[word] = sorted(map(canonical, held))
            else:
                found[word] = held
        return found


def canonical(value: Any) -> str:
    """The one spelling of a value; 1 and 1.0 are the same number."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps(value, sort_keys=True)
