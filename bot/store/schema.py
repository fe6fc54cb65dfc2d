"""The store's revisions: brought up to date at start, back only when asked."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.errors import Trouble
from bot.failpoint import failpoint
from bot.store.database import connect, fit

if TYPE_CHECKING:
    from collections.abc import Mapping

HEAD = "0003"
FILES = ("first.sql", "people.sql", "workers.sql")
# Where the tables of the distributed engine stand.
ENGINE = "handoff_engine"
VERSION = (
    "CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"
)
FOLDER = Path(__file__).parent / "migrations"
# What stands in it is its user's alone, whatever folder it was put into.
PRIVATE = 0o600


class Newer(Trouble):
    """The store was written by a newer version."""


def revision_of(path: Path) -> str | None:
    """The revision that the file stands at, None for a new one. Raises Unfit."""
    with fit(path):
        if not path.exists():
            return None
        with closing(sqlite3.connect(path)) as connection:
            there = "SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'"
            if connection.execute(there).fetchone() is None:
                return None
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return None if row is None else str(row[0])


def upgrade(path: Path) -> bool:
    """Bring the file to this version; True when something was done. Raises Newer or Unfit."""
    now = revision_of(path)
    if now == HEAD:
        return False
    refuse_newer(now)
    with fit(path):
        if path.exists() and now is not None:
            _copy(path, HEAD)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if now is None:
            _first(path)
        if revision_of(path) != HEAD:
            _run(path, "upgrade", HEAD)
    return True


def refuse_newer(now: str | None) -> None:
    """Raise Newer where the store stands at a revision that this version does not know."""
    if now is not None and now > HEAD:
        raise Newer(
            f"the store is at {now}, this version knows {HEAD}: use the newer version, or take the "
            f"store back with it: handoff db downgrade {HEAD}"
        )


def refuse_way_back(now: str | None, revision: str) -> None:
    """Raise Trouble where the revision is none before the one at which the store stands."""
    older = ["base", *(f"{nth:04}" for nth, _ in enumerate(FILES, 1))]
    if now not in older or revision not in older[: older.index(now)]:
        raise Trouble(f"the store is at {now or 'nothing'}: there is no way back to {revision}")


def statements_of(name: str) -> list[str]:
    """The statements of one revision."""
    text = (FOLDER / name).read_text(encoding="utf-8")
    lines = [line for line in text.split("\n") if not line.startswith("--")]
    return [one.strip() for one in "\n".join(lines).split(";\n") if one.strip()]


def tables() -> list[str]:
    """The names of the store's own tables."""
    statements = (one.split() for name in FILES for one in statements_of(name))
    return [words[2] for words in statements if words[:2] == ["CREATE", "TABLE"]]


def _first(path: Path) -> None:
    """Make a new store without loading alembic: it would cost the first start 0.3 s and 25 MB."""
    path.touch(mode=PRIVATE)
    connection = connect(path)
    try:
        connection.execute("BEGIN IMMEDIATE")
        for statement in (one for name in FILES for one in statements_of(name)):
            connection.execute(statement)
        connection.execute(VERSION)
        connection.execute("INSERT INTO alembic_version VALUES (?)", (HEAD,))
        failpoint("migrating")
        connection.execute("COMMIT")
    finally:
        connection.close()


def downgrade(path: Path, revision: str) -> None:
    """Take the file back to a revision (`base` for an empty one), after a copy beside it. Raises
    Trouble."""
    refuse_way_back(revision_of(path), revision)
    with fit(path):
        if not _copy(path, revision):
            raise Trouble("there is no room for a copy beside the store")
        _run(path, "downgrade", revision)


def _copy(path: Path, revision: str) -> bool:
    """A copy beside the file, where there is room for two; the two newest are kept."""
    if shutil.disk_usage(path.parent).free < 2 * path.stat().st_size:
        return False
    target = path.with_name(f"{path.name}.before-{revision}")
    target.unlink(missing_ok=True)
    older = sorted(path.parent.glob(f"{path.name}.before-*"), key=lambda one: one.stat().st_mtime)
    for one in older[:-1]:
        one.unlink()
    target.touch(mode=PRIVATE)
    connection = sqlite3.connect(path)
    try:
        connection.execute("VACUUM INTO ?", (str(target),))
    finally:
        connection.close()
    return True


def _run(path: Path, word: str, revision: str) -> None:
    # Any path: `?` and `%` would mean something else in an address.
    to = {"url": "sqlite://", "creator": lambda: sqlite3.connect(path)}
    run_revisions(to, word, revision)


def run_revisions(to: Mapping[str, Any], word: str, revision: str, engine: str = "") -> None:
    """Go `upgrade` or `downgrade` to the revision in one transaction. `to`: what sqlalchemy makes
    its engine of; `engine`: the statements of the distributed engine's tables, on Postgres. Raises
    what the driver raises."""
    from alembic import command  # noqa: PLC0415  60 ms, only when something is to be done
    from alembic.config import Config  # noqa: PLC0415
    from sqlalchemy.exc import DBAPIError  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes |= {"to": to, "engine": engine}
    going = {"upgrade": command.upgrade, "downgrade": command.downgrade}
    try:
        going[word](config, revision)
    except DBAPIError as error:
        raise (error.orig or error) from error
