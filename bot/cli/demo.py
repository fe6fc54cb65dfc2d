"""A simulated GitHub and the bot on 127.0.0.1: plays a small organisation, then stays up."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from bot.wiring.demo import Demo, Played

EXAMPLE = "handoff demo --once"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `handoff demo`."""
    parser.add_argument("--once", action="store_true", help="play the script and exit")
    parser.add_argument("--port", type=int, default=0, help="of the bot; default a free one")
    parser.add_argument("--simulator-port", type=int, default=0, help="of the simulated GitHub")
    parser.add_argument("--keep", metavar="DIR", help="keep the bot's data here")
    parser.add_argument("--transcript", metavar="FILE", help="write the transcript as Markdown")


def run(options: argparse.Namespace) -> int:
    """0 when everything in the script came true, 1 when not, 3 when it could not start."""
    from bot.cli.parts import COULD_NOT, complain
    from bot.errors import Trouble

    try:
        with tempfile.TemporaryDirectory(prefix="handoff-demo-") as folder:
            return asyncio.run(_demo(options, Path(options.keep or folder)))
    except (Trouble, OSError) as trouble:
        complain(f"the demo could not start: {trouble}")
        return COULD_NOT


async def _demo(options: argparse.Namespace, folder: Path) -> int:
    from bot import __version__
    from bot.cli.parts import COUNTS, OK
    from bot.wiring.demo import RunningDemo

    lines: list[str] = []

    def tell(played: Played) -> None:
        step = played.step
        where = f"#{step.number}" if step.number else "merge group"
        mark = "x" if played.differs else "ok"
        lines.append(f"| {step.who} | {step.what} | {where} | {played.got} | {mark} |")
        print(f" {'✗' if played.differs else '✓'} {step.who:<6} {step.what}")
        print(f"          {where}: {played.got}")
        if played.differs:
            print(f"          expected otherwise: {played.differs}")

    running = RunningDemo(folder, options.port, options.simulator_port)
    async with running as demo:
        print(
            f"Handoff {__version__} · demo · simulated GitHub {demo.simulator.api_url} "
            f"· bot {demo.bot.url} · nothing leaves this machine"
        )
        good = await demo.play(tell)
        _summary(demo)
        if options.transcript:
            _write(Path(options.transcript), lines)
        if options.once:
            print("everything came true" if good else "NOT everything came true")
            return OK if good else COUNTS
        print(_where(demo))
        await asyncio.Event().wait()
    return OK


def _write(path: Path, lines: list[str]) -> None:
    head = "| who | what | where | the check says | |\n|---|---|---|---|---|\n"
    path.write_text(head + "\n".join(lines) + "\n", encoding="utf-8")


def _summary(demo: Demo) -> None:
    calls = demo.simulator.calls
    writes = sum(one.method in {"POST", "PATCH"} and "graphql" not in one.path for one in calls)
    print(
        f" {len(demo.simulator.deliveries.log)} deliveries, {len(calls)} API calls, {writes} writes"
    )


def _where(demo: Demo) -> str:
    api = demo.simulator.api_url
    head = demo.stage.pulls[102].head_sha
    return (
        "\nLook at what stands on the simulated GitHub (any token will not do, reading needs none "
        "here but the App's):\n"
        f"  the bot        curl {demo.bot.url}/readyz\n"
        f"  its check      GET {api}/repos/acme/orders-api/commits/{head[:12]}…/check-runs\n"
        "Ctrl-C to stop."
    )
