"""Bring the store up to date (the server does it at start); `--check` only says."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

EXAMPLE = "handoff migrate --check"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `handoff migrate`."""
    parser.add_argument("--check", action="store_true", help="1 when the store is behind")
    parser.add_argument("--down", metavar="REVISION", help="take the store back, `base` for none")
    parser.add_argument("--data-dir", help="default HANDOFF_DATA_DIR, else ./data")


def run(options: argparse.Namespace) -> int:
    """0 up to date, 1 behind under --check, 3 in use or newer."""
    from bot.cli.parts import COULD_NOT, COUNTS, OK, complain
    from bot.errors import Trouble
    from bot.settings import postgres_from_environment, store_from_environment
    from bot.store.schema import HEAD

    url = postgres_from_environment() if not options.data_dir else ""
    place = _OnPostgres(url) if url else _OneFile(store_from_environment(options.data_dir))
    try:
        now = place.revision()
        if options.check:
            print(f"store at {now or 'nothing'}, this version has {HEAD}")
            return OK if now == HEAD else COUNTS
        place.go(options.down)
        print(f"store at {place.revision() or 'nothing'}")
    except Trouble as trouble:
        complain(trouble.what)
        return COULD_NOT
    return OK


class _OneFile:
    """A store of one process."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def revision(self) -> str | None:
        """Where it stands."""
        from bot.store.schema import revision_of

        return revision_of(self._path)

    def go(self, down: str | None) -> None:
        """To the newest revision, or down to that one."""
        from bot.store.database import Database
        from bot.store.schema import downgrade, upgrade

        database = Database(self._path)
        try:
            database.lock("handoff migrate", wait=False)
            if down:
                downgrade(self._path, down)
            else:
                upgrade(self._path)
        finally:
            database.close()


class _OnPostgres:
    """A store that processes share."""

    def __init__(self, url: str) -> None:
        self._url = url

    def revision(self) -> str | None:
        """Where it stands."""
        from bot.store.postgres_schema import revision_of

        return revision_of(self._url)

    def go(self, down: str | None) -> None:
        """To the newest revision, or down to that one."""
        from bot.durable.postgres import engine_schema
        from bot.store.postgres_schema import downgrade, upgrade

        if down:
            downgrade(self._url, down)
        else:
            upgrade(self._url, engine_schema())
