"""Judge a stored matter again, offline: the same bytes must come out."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    import argparse

EXAMPLE = "handoff replay acme/orders-api#118"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `handoff replay`."""
    parser.add_argument("pull_request", nargs="?", metavar="OWNER/REPO#N")
    parser.add_argument("--report", help="a report's id; default the newest")
    parser.add_argument("--file", help='a file {"report": …, "matter": …} instead of the store')
    parser.add_argument("--data-dir", help="default HANDOFF_DATA_DIR, else ./data")
    parser.add_argument("--save", metavar="FILE", help="keep what was replayed in this file")


def run(options: argparse.Namespace) -> int:
    """0 identical, 1 different, 2 a wrong name, 3 nothing to replay."""
    from bot.cli.parts import COULD_NOT, COUNTS, OK, complain, pull_request
    from bot.errors import Misnamed, Trouble
    from bot.wiring.replay import replayed

    if not options.file and not options.pull_request:
        raise Misnamed("name OWNER/REPO#N, or --file")
    repo, number = ("", 0) if options.file else pull_request(options.pull_request)
    try:
        data = _data(options, repo, number)
        fresh = replayed(data["matter"].encode())
    except (Trouble, OSError, ValueError, KeyError, RecursionError) as trouble:
        complain(f"nothing to replay: {trouble}")
        return COULD_NOT
    if options.save:
        Path(options.save).write_text(json.dumps(data), encoding="utf-8")
    if fresh.decode() == data["report"]:
        print(f"identical, {len(fresh)} bytes")
        return OK
    print(_first_difference(json.loads(data["report"]), json.loads(fresh)))
    return COUNTS


def _data(options: argparse.Namespace, repo: str, number: int) -> dict[str, str]:
    """From the file, else from the running server, else from the store itself."""
    from bot.cli.control import NotRunning, ask
    from bot.cli.place import file_at_hand
    from bot.settings import data_dir_from_environment
    from bot.wiring.replay import stored

    if options.file:
        data = json.loads(Path(options.file).read_text(encoding="utf-8"))
        kept = data if isinstance(data, dict) else {}
        if not all(isinstance(kept.get(part), str) for part in ("report", "matter")):
            raise ValueError(f"{options.file} was not made by --save")
        return kept
    folder = data_dir_from_environment(options.data_dir)
    store = file_at_hand(options.data_dir)
    query = f"?report={quote(options.report)}" if options.report else ""
    try:
        status, answer = ask(folder, "GET", f"/matter/{repo}/{number}{query}")
        if status != 200:
            raise ValueError(answer["error"])
        return {"report": answer["report"], "matter": answer["matter"]}
    except NotRunning:
        if store is None:
            raise
    report, matter = asyncio.run(stored(store, repo, number, options.report))
    if not matter:
        raise ValueError("only the verdict is left, or nothing")
    return {"report": report.decode(), "matter": matter.decode()}


def _first_difference(then: dict[str, object], now: dict[str, object]) -> str:
    for key in sorted({*then, *now}):
        if then.get(key) != now.get(key):
            return f"{key} differs\n  then {then.get(key)}\n  now  {now.get(key)}"
    return "differs in form only"
