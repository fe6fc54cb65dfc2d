"""Values that are the same only where they are the very same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable


class Same:
    """What is held, as a key that compares its parts by identity: to compare their values would
    take as long as what is kept under the key. `named`: texts that stand by the parts."""

    def __init__(self, held: Any, parts: Iterable[object], named: Iterable[str] = ()) -> None:
        # What is kept alive here shares its id with nothing else.
        self.held, self._parts = held, tuple(parts)
        self._key = tuple(map(id, self._parts)), tuple(named)

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and self._key == other._key
