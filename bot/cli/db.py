"""Take the store back, for the version before this one; a copy is made first. Never at start."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

EXAMPLE = "handoff db downgrade 0001"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `handoff db`."""
    parser.add_argument("word", choices=("downgrade",))
    parser.add_argument("revision", help="such as 0001; `base` for an empty store")
    parser.add_argument("--data-dir", help="default HANDOFF_DATA_DIR, else ./data")


def run(options: argparse.Namespace) -> int:
    """0 done, 3 in use, not there or no such revision."""
    from bot.cli.place import carried_out, place

    where = place(options.data_dir)
    return carried_out(where, lambda: where.down(options.revision))
