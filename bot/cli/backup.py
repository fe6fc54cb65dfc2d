"""Copy the store into a file, checked and whole, while the server goes on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

EXAMPLE = "handoff backup /mnt/backups/handoff.sqlite"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `handoff backup`."""
    parser.add_argument("file", metavar="FILE", type=Path, help="replaced once the copy is whole")
    parser.add_argument("--data-dir", help="default HANDOFF_DATA_DIR, else ./data")


def run(options: argparse.Namespace) -> int:
    """0 done, 2 the store is in Postgres, 3 it could not be copied."""
    from bot.cli.parts import COULD_NOT, MISTAKE, OK, complain
    from bot.errors import Trouble
    from bot.settings import postgres_from_environment, store_from_environment
    from bot.store.backup import backup

    if postgres_from_environment(options.data_dir):
        complain("the store is in Postgres", "use pg_dump, or its archiving")
        return MISTAKE
    try:
        backup(store_from_environment(options.data_dir), options.file)
    except Trouble as trouble:
        complain(trouble.what)
        return COULD_NOT
    print(f"{options.file}: {options.file.stat().st_size} bytes, checked")
    return OK
