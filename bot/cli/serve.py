"""Run the bot: webhooks in, checks out. Settings come from the environment (HANDOFF_...)."""

from __future__ import annotations

import asyncio
import gc
import os
import resource
import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from bot.notify.channels import Channels
    from bot.settings import Settings

EXAMPLE = "HANDOFF_APP_ID=1 HANDOFF_PRIVATE_KEY_FILE=key.pem ... handoff serve"
IN_USE, NEWER, IO_ERROR = 3, 4, 74
SIGNALS = (signal.SIGTERM, signal.SIGINT)
# A shell allows 1,024 open files: anybody's idle connections would keep GitHub's out.
FILES = 65_536
# How much a worker gives way to others of its machine, and the time slices of both, in seconds.
YIELDING = 10
SLICES = {"web": 0.0005, "worker": 0.01}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `handoff serve`."""
    parser.add_argument(
        "--role",
        choices=("all", "web", "worker"),
        help="default HANDOFF_ROLE, else all; web takes deliveries, worker judges (Postgres only)",
    )
    parser.add_argument("--force", action="store_true", help="use a store that was moved elsewhere")
    parser.add_argument(
        "--recover",
        action="store_true",
        help="the store was lost, or put back by other means than `handoff restore`: look at GitHub"
        " before writing, and ask for all that its log still has",
    )


def run(options: argparse.Namespace) -> int:
    """0 after a stop, 2 settings, 3 store in use, 4 store newer, 74 input or output."""
    from bot.cli.parts import MISTAKE, complain, complain_of
    from bot.errors import StoreTrouble
    from bot.notify.channels import parse
    from bot.settings import from_environment
    from bot.store.database import InUse, Unfit
    from bot.store.schema import Newer

    settings = from_environment({"HANDOFF_ROLE": options.role} if options.role else None)
    if isinstance(settings, tuple):
        return complain_of(settings)
    channels = parse(settings.channels)
    if isinstance(channels, tuple):
        return complain_of(channels)
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most if 0 < most < FILES else FILES, most))
    try:
        asyncio.run(_serve(settings, channels, options))
    except KeyboardInterrupt:
        return 0
    except InUse as trouble:
        complain(trouble.what, "one process a data folder")
        return IN_USE
    except Newer as trouble:
        complain(trouble.what)
        return NEWER
    except Unfit as trouble:
        complain(trouble.what)
        return MISTAKE
    except (StoreTrouble, OSError) as error:
        complain(f"{error}")
        return IO_ERROR
    return 0


def settle_memory() -> None:
    """What start-up made stays; looking it over again and again costs a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


async def _serve(settings: Settings, channels: Channels, options: argparse.Namespace) -> None:
    from bot import failpoint, timeslice
    from bot.clock import SystemClock
    from bot.logs import Redactor, configure, get_logger
    from bot.store.ballast import SIZE
    from bot.wiring.server import Bot

    redactor = Redactor((*settings.secrets, *channels.secrets))
    configure(redactor, form=settings.log_format, level=settings.log_level)
    if settings.failpoint is not None:
        failpoint.enable(settings.failpoint)
    log = get_logger()
    for warning in settings.warnings:
        log.warning("setting_doubtful", what=warning.what, setting=warning.where.key)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def ask() -> None:
        stop.set()
        for number in SIGNALS:
            # Whoever asks a second time does not want to wait.
            signal.signal(number, signal.SIG_DFL)

    def opened() -> None:
        for number in SIGNALS:
            loop.add_signal_handler(number, ask)

    for number in SIGNALS:
        # Until the store is open the loop stands still, and nothing has been taken on.
        signal.signal(number, signal.default_int_handler)
    clock = SystemClock()
    bot = Bot(settings, clock, redactor, channels, opened=opened, died=stop.set, ballast=SIZE)
    bot.forced, bot.recover = options.force, options.recover
    if settings.role == "worker":
        # Where they share a machine, what GitHub waits for goes first.
        os.nice(YIELDING)
    if settings.role in SLICES:
        timeslice.ask_for(SLICES[settings.role])
    async with bot:
        settle_memory()
        log.info("listening", url=bot.url)
        await stop.wait()
        log.info("stopping")
    log.info("stopped")
