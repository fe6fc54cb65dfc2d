"""What several commands share: the registry, presets, policies from disk, and printing."""

from __future__ import annotations

import os
import re
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import Misnamed
from bot.text.terminal import Screen, visible

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from bot.model.problem import Problem

OK, COUNTS, MISTAKE, COULD_NOT = 0, 1, 2, 3
# As GitHub lets them be named.
_REPOSITORY, _PULL_REQUEST = r"([A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+)", r"#([0-9]{1,9})"


def screen(options: argparse.Namespace) -> Screen:
    """What this terminal can show, by the options and the usual variables."""
    from bot.settings import terminal_variables

    variables = terminal_variables()
    colour = options.color == "always" or (
        options.color == "auto"
        and ("FORCE_COLOR" in variables or (sys.stdout.isatty() and "NO_COLOR" not in variables))
        and variables.get("TERM") != "dumb"
    )
    width = os.get_terminal_size().columns if sys.stdout.isatty() else 80
    return Screen(
        width=width,
        colour=colour,
        utf8=(sys.stdout.encoding or "").lower().replace("-", "") == "utf8",
        verbosity=-1 if options.quiet else options.verbose,
    )


def screen_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of every command that reports."""
    parser.add_argument("--color", choices=("auto", "always", "never"), default="auto")
    parser.add_argument("-q", "--quiet", action="store_true", help="only the last line")
    parser.add_argument(
        "-v",
        "--verbose",
        action="count",
        default=0,
        help="why each good item is good; twice: rules",
    )


def repository(text: str) -> str:
    """OWNER/REPO, if it is one. Raises Misnamed."""
    if re.fullmatch(_REPOSITORY, text) is None:
        raise Misnamed(f"{text!r} is not OWNER/REPO")
    return text


def pull_request(text: str) -> tuple[str, int]:
    """(repository, number) of OWNER/REPO#N. Raises Misnamed."""
    found = re.fullmatch(_REPOSITORY + _PULL_REQUEST, text)
    if found is None:
        raise Misnamed(f"{text!r} is not OWNER/REPO#N")
    return found[1], int(found[2])


def complain(text: str, hint: str = "") -> None:
    """One line, and how to go on, on standard error."""
    print(visible(f"handoff: {text}" + (f" ({hint})" if hint else "")), file=sys.stderr)


def complain_of(problems: Iterable[Problem]) -> int:
    """Every problem of the settings on its own line; the exit code for mistakes."""
    for problem in problems:
        complain(f"{problem.where.key or problem.where.file}: {problem.what}", problem.hint)
    return MISTAKE


def say(text: str) -> None:
    """Print what others wrote a part of; GitHub Actions obeys no command that stands in it."""
    from secrets import token_hex

    from bot.settings import in_actions

    word = token_hex(16) if in_actions() else ""
    print(f"::stop-commands::{word}\n{text}\n::{word}::" if word else text)


def print_problems(problems: Iterable[Problem]) -> None:
    """Every problem on its own line, on standard output."""
    lines = [visible(problem.line()) for problem in problems]
    if lines:
        say("\n".join(lines))


def write_beside(path: Path, text: str) -> None:
    """Replace a file whole: nothing is ever half-written. Raises Misnamed."""
    beside = path.with_name(path.name + ".new")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        with suppress(OSError):
            beside.unlink()
        raise Misnamed(f"{path} cannot be written: {error.strerror}") from error
