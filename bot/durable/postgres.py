"""The distributed runner: procrastinate on the store's Postgres."""

from __future__ import annotations

from procrastinate.schema import SchemaManager


def engine_schema() -> str:
    """The statements that make the engine's tables; they cannot be run twice."""
    return str(SchemaManager.get_schema())
