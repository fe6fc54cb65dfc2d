"""A simulated GitHub and the bot on 127.0.0.1: plays a small organisation, then stays up."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
import tempfile
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from bot.simulator.scenario import Step
    from bot.wiring.demo import Demo, Played

EXAMPLE = "handoff demo --once"
STOPPED = 130
HEAD = "| time | who | what | where | expected | got | |\n|---|---|---|---|---|---|---|\n"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `handoff demo`."""
    parser.add_argument("--once", action="store_true", help="play the script and exit")
    parser.add_argument("--port", type=int, help="of the bot; default the first free from 8080")
    parser.add_argument("--simulator-port", type=int, help="of the simulated GitHub; the next free")
    parser.add_argument("--keep", metavar="DIR", help="keep the bot's data here")
    parser.add_argument("--transcript", metavar="FILE", help="write the transcript as Markdown")


def run(options: argparse.Namespace) -> int:
    """0 when everything in the script came true, 1 when not, 3 when it could not start."""
    from bot.cli.parts import COULD_NOT, complain
    from bot.errors import Trouble
    from bot.wiring.demo import only_this_machine

    sys.addaudithook(only_this_machine)
    try:
        with tempfile.TemporaryDirectory(prefix="handoff-demo-") as folder:
            return asyncio.run(_demo(options, Path(options.keep or folder)))
    except asyncio.CancelledError:
        return STOPPED
    except (Trouble, OSError) as trouble:
        complain(f"the demo could not start: {trouble}")
        return COULD_NOT


async def _demo(options: argparse.Namespace, folder: Path) -> int:
    from bot.wiring.demo import RunningDemo

    loop, me = asyncio.get_running_loop(), asyncio.current_task()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, me.cancel if me else loop.stop)
    port = options.port or _free(8080)
    async with RunningDemo(folder, port, options.simulator_port or _free(port + 1)) as demo:
        return await shown(demo, options)


async def shown(
    demo: Demo, options: argparse.Namespace, script: Iterable[Step] | None = None
) -> int:
    """Play and print it; the exit code."""
    from bot import __version__
    from bot.cli.parts import COUNTS, OK, write_beside
    from bot.simulator.scenario import quickstart
    from bot.simulator.scenario_people import people

    rows: list[str] = []
    print(
        f"Handoff {__version__} · demo · simulated GitHub {demo.simulator.api_url} "
        f"· bot {demo.bot.url}\n"
        f"clock {demo.clock.now():%a %d %b %H:%M} (virtual) · nothing leaves this machine",
        flush=True,
    )
    whole = chain(quickstart(), people()) if script is None else script
    good = await demo.play(lambda played: _tell(played, rows), whole)
    calls = demo.simulator.calls
    writes = sum(one.method in {"POST", "PATCH"} and "graphql" not in one.path for one in calls)
    heard = len(demo.simulator.deliveries.log)
    print(f" {heard} deliveries, {len(calls)} API calls, {writes} writes")
    if options.transcript:
        write_beside(Path(options.transcript), HEAD + "\n".join(rows) + "\n")
    print("everything came true" if good else "NOT everything came true")
    if not options.once:
        print(_where(demo), flush=True)
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        print("stopped")
    return OK if good else COUNTS


def _tell(played: Played, rows: list[str]) -> None:
    step = played.step
    where = f"#{step.number}" if step.number else "merge group"
    print(f" {'✗' if played.differs else '✓'} {played.at:%H:%M} {step.who:<6} {step.what}")
    print(f"         {where}: {played.got}")
    for line in played.told:
        print(f"         {line[:110]}")
    if played.differs:
        print(f"         expected  {step.promise}\n         but       {played.differs}")
        print(f"         see       {played.page}")
    cells = (f"{played.at:%H:%M}", step.who, step.what, where, step.promise, played.got)
    mark = "x" if played.differs else "ok"
    rows.append(f"| {' | '.join(one.replace('|', chr(92) + '|') for one in cells)} | {mark} |")
    sys.stdout.flush()


def _free(first: int) -> int:
    """The first port from there on that nobody listens on."""
    for port in range(first, first + 100):
        with socket.socket() as one:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):
                one.bind(("127.0.0.1", port))
                return port
    return 0


def _where(demo: Demo) -> str:
    return (
        "\nLook (in a browser, or with curl):\n"
        f"  {demo.page(0):<52} all pull requests and merge groups\n"
        f"  {demo.page(102):<52} checks and conversation of one\n"
        f"  {demo.bot.url + '/readyz':<52} the bot\n"
        "Ctrl-C to stop."
    )
