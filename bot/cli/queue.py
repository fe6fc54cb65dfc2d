"""What is not settled: due, running, limited until, suspended, parked or not sent, and why."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

EXAMPLE = "handoff queue --json"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `handoff queue`."""
    parser.add_argument("--json", action="store_true", help="schema handoff.queue/1")
    parser.add_argument("--data-dir", help="default HANDOFF_DATA_DIR, else ./data")


def run(options: argparse.Namespace) -> int:
    """0, or 3 when no server runs."""
    from bot.cli.control import ask, unanswered
    from bot.cli.parts import OK
    from bot.errors import Trouble
    from bot.settings import data_dir_from_environment

    folder = data_dir_from_environment(options.data_dir)
    try:
        _, data = ask(folder, "GET", "/queue")
    except Trouble as trouble:
        return unanswered(trouble)
    if options.json:
        print(json.dumps(data, indent=2, sort_keys=True))
        return OK
    for row in data["rows"]:
        until = f" {row['until']}" if row["until"] else ""
        print(f"{row['word']}{until}  {row['repo']}#{row['number']}  {row['why']}".rstrip())
    for one in data["effects"]:
        name = f"{one['repo']}#{one['number']}"
        again = f" → handoff resume {name}" if one["state"] == "dead" else ""
        print(f"{one['state']}  {name}  {one['key']}  {one['why']}{again}")
    print(f"{len(data['rows'])} not settled, {len(data['effects'])} not sent")
    return OK
