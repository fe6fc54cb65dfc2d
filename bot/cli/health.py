"""Ask this machine's server whether it is ready; for a container's health check."""

from __future__ import annotations

import urllib.request
from http.client import HTTPException
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

EXAMPLE = "handoff health"
LIMIT_SECONDS = 2


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `handoff health`."""
    parser.add_argument("--port", type=int, help="default HANDOFF_PORT, else 8080")


def run(options: argparse.Namespace) -> int:
    """0 ready, 1 not."""
    from bot.cli.parts import COUNTS, OK
    from bot.settings import host_from_environment, port_from_environment

    host, port = host_from_environment(), options.port or port_from_environment()
    # No proxy leads to this machine itself, whatever the environment names.
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(f"http://{host}:{port}/readyz", timeout=LIMIT_SECONDS) as answer:
            print(answer.read().decode())
            return OK if answer.status == 200 else COUNTS
    except (HTTPException, OSError) as trouble:
        print(f"not ready: {trouble}")
        return COUNTS
