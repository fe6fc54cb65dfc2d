"""What many files say, by what it is about; where few files differ, only what these say anew."""

from __future__ import annotations

from collections import defaultdict
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

K = TypeVar("K")
V = TypeVar("V")
_PATH = itemgetter(0)


class Index(Generic[K, V]):
    """By key the path of each file that says something of it, with what it says; in the order of
    paths, and of one file in the order in which it says it."""

    def __init__(self) -> None:
        self._said: dict[str, list[tuple[K, V]]] = {}
        self._rows: dict[K, list[tuple[str, V]]] = {}

    def renewed(
        self,
        files: Mapping[str, Any],
        say: Callable[[str], Iterable[tuple[K, V]]],
        other: Collection[str],
    ) -> Index[K, V]:
        """The index of `files`, of which all but `other` say the same as before."""
        old = {path: self._said[path] for path in other if path in self._said}
        new = {path: [*say(path)] for path in sorted(other) if path in files}
        fresh: dict[K, list[tuple[str, V]]] = defaultdict(list)
        for path, some in new.items():
            for key, value in some:
                fresh[key].append((path, value))
        found = Index[K, V]()
        found._said = {**self._said, **new}
        for path in old.keys() - new.keys():
            del found._said[path]
        found._rows = {**self._rows, **fresh}
        for key in {
            key for some in old.values() for key, _ in some
        } | fresh.keys() & self._rows.keys():
            kept = [row for row in self._rows[key] if row[0] not in old]
            found._rows[key] = sorted([*kept, *fresh.get(key, ())], key=_PATH)
            if not found._rows[key]:
                del found._rows[key]
        return found

    def rows(self, key: K) -> list[tuple[str, V]]:
        """(path, what it says) of all that is said of the key."""
        return self._rows.get(key, [])

    def of(self, key: K) -> list[V]:
        """What is said of the key."""
        return [value for _, value in self.rows(key)]

    def last(self, key: K) -> V | None:
        """What was said last of the key."""
        rows = self._rows.get(key)
        return rows[-1][1] if rows else None

    def __iter__(self) -> Iterator[K]:
        """All that something is said of."""
        return iter(self._rows)
