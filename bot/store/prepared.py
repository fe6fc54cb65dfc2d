"""Statements that a connection has prepared: the server reads and plans the others anew each time,
which costs it more than to do what they say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import psycopg
from psycopg.adapt import Transformer

from bot.store.dialect import numbered

if TYPE_CHECKING:
    from bot.store.port import Values

# What comes more often is worth it; so many a connection keeps at most.
SELDOM, AT_MOST = 3, 200
_TYPES = {
    int: "bigint",
    str: "text",
    bytes: "bytea",
    float: "double precision",
    type(None): "unknown",
}
_Key: TypeAlias = tuple[str, tuple[type, ...]]


class Prepared:
    """Knows how often each statement came, with values of which types, and which have names."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        self._quoted = Transformer(connection).as_literal
        self._came: Counter[_Key] = Counter()
        self._names: dict[_Key, str] = {}
        self._wanted: list[_Key] = []

    def text(self, sql: str, values: Values) -> str | None:
        """How it is run by its name; None where it has none."""
        if isinstance(values, Mapping):
            given = [values[name] for name in numbered(sql)[1]]
        else:
            given = list(values)
        key = sql, tuple(map(type, given))
        name = self._names.get(key)
        if name is not None:
            # A cursor would look for places in the statement first, and take twice as long.
            values_ = (b"NULL" if one is None else self._quoted(one) for one in given)
            return f"EXECUTE {name} ({b', '.join(values_).decode()})"
        self._came[key] += 1
        if self._came[key] == SELDOM and len(self._names) < AT_MOST:
            self._wanted.append(key)
        return None

    def prepare(self) -> None:
        """Prepare what has become worth it, outside of any transaction. What cannot be prepared is
        run as it was: it is nobody's trouble."""
        while self._wanted:
            key = self._wanted.pop(0)
            name, (sql, types) = f"handoff_{len(self._names)}", key
            if not set(types) <= _TYPES.keys():
                continue
            declared = ", ".join(_TYPES[one] for one in types)
            try:
                self._connection.execute(
                    f"PREPARE {name} ({declared}) AS {numbered(sql)[0]}".encode()
                )
            except psycopg.errors.ProgrammingError:
                # The server cannot tell by the types alone what it tells by the values.
                continue
            except psycopg.Error:
                # Something stands in its way; the next ones wait for another turn.
                return
            self._names[key] = name
