"""Take the whole store to another place: from a file to Postgres, or back."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

EXAMPLE = "handoff move --to postgresql://handoff@db/handoff"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `handoff move`."""
    parser.add_argument(
        "--to", required=True, metavar="URL", help="an empty database, or sqlite:///PATH"
    )
    parser.add_argument("--data-dir", help="default HANDOFF_DATA_DIR, else ./data")


def run(options: argparse.Namespace) -> int:
    """0 done, 2 no such kind of place, 3 in use, not empty, moved already or out of reach."""
    from bot.address import FORM
    from bot.cli.parts import COULD_NOT, MISTAKE, OK, complain
    from bot.cli.place import place, place_of
    from bot.errors import Trouble
    from bot.store.move import move

    there = place_of(options.to)
    if there is None:
        complain("--to is no address", FORM)
        return MISTAKE
    here = place(options.data_dir)
    try:
        if here.revision() is None:
            raise Trouble(f"there is no store at {here.shown}")
        # It would wait for itself.
        if there.identity() == here.identity():
            raise Trouble(f"the store is at {here.shown} already")
        with here.taken() as source, there.taken() as target:
            moved = move(source, target, there.shown)
    except Trouble as trouble:
        complain(trouble.what)
        return COULD_NOT
    rows = sum(moved.rows.values())
    print(f"{rows} rows in {len(moved.rows)} tables moved and compared")
    print(f"from now on: HANDOFF_DATABASE_URL={there.shown}")
    return OK
