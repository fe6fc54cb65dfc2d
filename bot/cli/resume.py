"""Try a parked pull request again now."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

EXAMPLE = "handoff resume acme/orders-api#41"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `handoff resume`."""
    parser.add_argument("pull_request", metavar="OWNER/REPO#N")
    parser.add_argument("--data-dir", help="default HANDOFF_DATA_DIR, else ./data")


def named(options: argparse.Namespace) -> tuple[str, int] | None:
    """The repository and the number; None, with a complaint, where they are not named."""
    from bot.cli.parts import complain

    repo, _, number = options.pull_request.partition("#")
    if number.isdigit() and "/" in repo:
        return repo, int(number)
    complain(f"{options.pull_request!r} is not OWNER/REPO#N")
    return None


def run(options: argparse.Namespace) -> int:
    """0 resumed, 1 it was not parked, 2 a wrong name, 3 no server."""
    from bot.cli.control import NotRunning, ask
    from bot.cli.parts import COULD_NOT, COUNTS, MISTAKE, OK, complain
    from bot.settings import data_dir_from_environment

    folder = data_dir_from_environment(options.data_dir)
    place = named(options)
    if place is None:
        return MISTAKE
    try:
        _, data = ask(folder, "GET", "/queue")
        rows = [one for one in data["rows"] if (one["repo"], one["number"]) == place]
        if not rows:
            print(f"{options.pull_request} is settled")
            return COUNTS
        subject = rows[0]["subject"].replace("#", "%23")
        _, answer = ask(folder, "POST", f"/resume/{subject}")
    except NotRunning as trouble:
        complain(trouble.what, "start it: handoff serve")
        return COULD_NOT
    print("resumed" if answer["resumed"] else "it was not parked")
    return OK if answer["resumed"] else COUNTS
