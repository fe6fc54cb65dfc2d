"""Try a parked pull request, or what could not be sent of one, again now."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable
    from pathlib import Path

EXAMPLE = "handoff resume acme/orders-api#41"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `handoff resume`."""
    parser.add_argument("pull_request", metavar="OWNER/REPO#N")
    parser.add_argument("--data-dir", help="default HANDOFF_DATA_DIR, else ./data")


def run(options: argparse.Namespace) -> int:
    """0 resumed, 1 nothing was parked or given up, 2 a wrong name, 3 no server."""
    return about(options, _resumed)


def about(options: argparse.Namespace, do: Callable[[Path, str, int], tuple[bool, str]]) -> int:
    """The exit code of what a server did about one pull request, said in a line."""
    from bot.cli.control import NotRunning
    from bot.cli.parts import COULD_NOT, COUNTS, MISTAKE, OK, complain
    from bot.settings import data_dir_from_environment

    repo, _, number = options.pull_request.partition("#")
    if not number.isdecimal() or "/" not in repo:
        complain(f"{options.pull_request!r} is not OWNER/REPO#N")
        return MISTAKE
    try:
        done, said = do(data_dir_from_environment(options.data_dir), repo, int(number))
    except NotRunning as trouble:
        complain(trouble.what, "start it: handoff serve")
        return COULD_NOT
    print(said)
    return OK if done else COUNTS


def _resumed(folder: Path, repo: str, number: int) -> tuple[bool, str]:
    from bot.cli.control import ask

    _, data = ask(folder, "GET", "/queue")
    both = [*data["effects"], *data["rows"]]
    rows = [one for one in both if one["repo"] == repo and one["number"] == number]
    if not rows:
        return False, f"{repo}#{number} is settled"
    _, answer = ask(folder, "POST", f"/resume/{rows[0]['subject'].replace('#', '%23')}")
    return answer["resumed"], "resumed" if answer["resumed"] else "nothing was parked or given up"
