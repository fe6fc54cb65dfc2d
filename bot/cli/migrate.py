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
    """0 up to date, 1 behind under --check, 3 in use, newer or out of reach."""
    from bot.cli.parts import COULD_NOT, COUNTS, OK, complain
    from bot.cli.place import carried_out, place
    from bot.errors import Trouble
    from bot.store.schema import HEAD, refuse_newer

    where = place(options.data_dir)
    if not options.check:
        return carried_out(where, where.up)
    try:
        now = where.revision()
        refuse_newer(now)
    except Trouble as trouble:
        complain(trouble.what)
        return COULD_NOT
    print(f"store at {now or 'nothing'}, this version has {HEAD}")
    return OK if now == HEAD else COUNTS
