"""What the revisions share: a file's statements, as the engine at hand takes them."""

from __future__ import annotations

import re

from alembic import op

from bot.store.dialect import FUNCTIONS, definition
from bot.store.schema import statements_of


def on_postgres() -> bool:
    """Whether the database at hand is Postgres."""
    return op.get_bind().dialect.name == "postgresql"


def run_file(name: str) -> None:
    """Run the statements of a file."""
    for one in statements_of(name):
        run_text(definition(one) if on_postgres() else one)


def tables_of(name: str) -> list[str]:
    """The tables that a file makes, in its order."""
    made = (re.match(r"CREATE TABLE (\w+)", one) for one in statements_of(name))
    return [one[1] for one in made if one is not None]


def run_text(text: str) -> None:
    """Run a text as it stands."""
    op.get_bind().exec_driver_sql(text.replace("%", "%%") if on_postgres() else text)


def run_functions() -> None:
    """Make what Postgres lacks of SQLite's functions."""
    if on_postgres():
        run_text(FUNCTIONS)
