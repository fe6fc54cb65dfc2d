"""What people decided in a repository: question, answer, reason, who and when."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import argparse

EXAMPLE = "handoff decisions acme/orders-api --format md"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `handoff decisions`."""
    parser.add_argument("repository", metavar="OWNER/REPO")
    parser.add_argument("--format", choices=("md", "json"), default="md")
    parser.add_argument("--data-dir", help="default HANDOFF_DATA_DIR, else ./data")


def run(options: argparse.Namespace) -> int:
    """0, 2 for a wrong name, 3 where there is no store."""
    from bot.cli.parts import COULD_NOT, OK, complain, repository, say
    from bot.errors import Trouble
    from bot.text.decisions import decisions_markdown

    repository(options.repository)
    try:
        rows = _rows(options)
    except Trouble as trouble:
        complain(f"no decisions to be read: {trouble}")
        return COULD_NOT
    if options.format == "json":
        data = {"schema": "handoff.decisions/1", "repo": options.repository, "decisions": rows}
        print(json.dumps(data, indent=2, sort_keys=True))
    else:
        say(decisions_markdown(options.repository, rows).rstrip())
    return OK


def _rows(options: argparse.Namespace) -> list[dict[str, Any]]:
    """From the running server, else from the store itself."""
    from bot.cli.control import NotRunning, ask
    from bot.cli.place import file_at_hand
    from bot.settings import data_dir_from_environment
    from bot.wiring.replay import decided

    store = file_at_hand(options.data_dir)
    folder = data_dir_from_environment(options.data_dir)
    try:
        _, data = ask(folder, "GET", f"/decisions/{options.repository}")
    except NotRunning:
        if store is None:
            raise
        return asyncio.run(decided(store, options.repository))
    rows: list[dict[str, Any]] = data["decisions"]
    return rows
