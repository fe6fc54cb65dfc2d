"""Rewrite the files under config/ that are made from code; `--check` only compares."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

EXAMPLE = "handoff generate --check"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `handoff generate`."""
    parser.add_argument("--check", action="store_true", help="compare; 1 with a diff if stale")
    parser.add_argument("--into", default="config", help="the folder, default config")


def run(options: argparse.Namespace) -> int:
    """0 fresh or rewritten, 1 stale under --check."""
    from bot.cli.parts import COUNTS, OK, complain, write_beside
    from bot.wiring.catalogue import generated_files

    stale = []
    for name, text in generated_files().items():
        path = Path(options.into) / name
        now = path.read_text(encoding="utf-8") if path.exists() else ""
        if now == text:
            continue
        stale.append(name)
        if options.check:
            lines = difflib.unified_diff(
                now.splitlines(), text.splitlines(), str(path), "generated", lineterm="", n=1
            )
            print("\n".join(list(lines)[:60]))
        else:
            write_beside(path, text)
    if stale and options.check:
        complain(f"stale: {', '.join(stale)}", "make generate")
        return COUNTS
    return OK
