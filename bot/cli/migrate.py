"""Bring the store up to date (the server does it at start); `--check` only says."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

EXAMPLE = "handoff migrate --check"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `handoff migrate`."""
    parser.add_argument("--check", action="store_true", help="1 when the store is behind")
    parser.add_argument("--data-dir", help="default HANDOFF_DATA_DIR, else ./data")


def run(options: argparse.Namespace) -> int:
    """0 up to date, 1 behind under --check, 3 in use or newer."""
    from bot.cli.parts import COUNTS, OK, alone
    from bot.settings import store_from_environment
    from bot.store.schema import HEAD, revision_of, upgrade

    path = store_from_environment(options.data_dir)
    now = revision_of(path)
    if options.check:
        print(f"store at {now or 'nothing'}, this version has {HEAD}")
        return OK if now == HEAD else COUNTS
    return alone(path, "migrate", lambda: upgrade(path))
