"""Read the acts of a pull request again from its comments, after a loss of data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.cli import resume

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

EXAMPLE = "handoff rebuild acme/orders-api#41"
arguments = resume.arguments


def run(options: argparse.Namespace) -> int:
    """0 it is done now, 1 the repository is not known, 2 a wrong name, 3 no server."""
    return resume.about(options, _asked)


def _asked(folder: Path, repo: str, number: int) -> tuple[bool, str]:
    from bot.cli.control import ask

    _, answer = ask(folder, "POST", f"/rebuild/{repo}/{number}")
    return answer["known"], "asked for" if answer["known"] else "no such repository is known"
