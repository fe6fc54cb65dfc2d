"""Put a backup in the store's place; what GitHub has seen since then is looked for at the start."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

EXAMPLE = "handoff restore /mnt/backups/handoff.sqlite"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `handoff restore`."""
    parser.add_argument("file", metavar="FILE", type=Path, help="made by `handoff backup`")
    parser.add_argument("--force", action="store_true", help="even where a store is; it is kept")
    parser.add_argument("--data-dir", help="default HANDOFF_DATA_DIR, else ./data")


def run(options: argparse.Namespace) -> int:
    """0 done, 2 the store is in Postgres, 3 in use, there already or no backup."""
    from bot.cli.parts import MISTAKE, complain
    from bot.cli.place import OneFile, carried_out
    from bot.clock import SystemClock
    from bot.settings import postgres_from_environment, store_from_environment
    from bot.store.backup import restore

    if postgres_from_environment(options.data_dir):
        complain("the store is in Postgres", "use pg_restore, then handoff serve --recover once")
        return MISTAKE
    path, now = store_from_environment(options.data_dir), SystemClock().now()
    put = lambda: restore(options.file, path, now, force=options.force)  # noqa: E731
    where = OneFile(path)
    return carried_out(where, lambda: where.alone(put))
