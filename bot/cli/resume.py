"""Try a parked pull request, or what could not be sent of one, again now."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

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
    from bot.cli.control import unanswered
    from bot.cli.parts import COUNTS, OK, pull_request
    from bot.errors import Trouble
    from bot.settings import data_dir_from_environment

    repo, number = pull_request(options.pull_request)
    try:
        done, said = do(data_dir_from_environment(options.data_dir), repo, number)
    except Trouble as trouble:
        return unanswered(trouble)
    print(said)
    return OK if done else COUNTS


def _resumed(folder: Path, repo: str, number: int) -> tuple[bool, str]:
    from bot.cli.control import ask

    _, data = ask(folder, "GET", "/queue")
    named = repo.casefold(), number
    both = [*data["effects"], *data["rows"]]
    # Merge groups of a repository have one name here: each of them is meant.
    subjects = {one["subject"] for one in both if (one["repo"].casefold(), one["number"]) == named}
    if not subjects:
        return False, f"{repo}#{number} is settled"
    asked = [ask(folder, "POST", f"/resume/{quote(one)}")[1] for one in sorted(subjects)]
    done = any(answer["resumed"] for answer in asked)
    return done, "resumed" if done else "nothing was parked or given up"
