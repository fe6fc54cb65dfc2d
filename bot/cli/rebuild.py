"""Read the acts of a pull request again from its comments, after a loss of data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.cli.resume import arguments as arguments, named

if TYPE_CHECKING:
    import argparse

EXAMPLE = "handoff rebuild acme/orders-api#41"


def run(options: argparse.Namespace) -> int:
    """0 it will be done, 1 no such pull request is known, 2 a wrong name, 3 no server."""
    from bot.cli.control import NotRunning, ask
    from bot.cli.parts import COULD_NOT, COUNTS, MISTAKE, OK, complain
    from bot.settings import data_dir_from_environment

    place, folder = named(options), data_dir_from_environment(options.data_dir)
    if place is None:
        return MISTAKE
    try:
        _, answer = ask(folder, "POST", f"/rebuild/{place[0]}/{place[1]}")
    except NotRunning as trouble:
        complain(trouble.what, "start it: handoff serve")
        return COULD_NOT
    print("it is read again now" if answer["known"] else "no such pull request is known here")
    return OK if answer["known"] else COUNTS
