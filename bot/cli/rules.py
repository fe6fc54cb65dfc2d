"""List the rules that this version has."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

EXAMPLE = "handoff rules --item docs"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `handoff rules`."""
    parser.add_argument("--item", help="only rules made for this checklist item")


def run(options: argparse.Namespace) -> int:
    """Print one line a rule."""
    from bot.wiring.catalogue import all_rules

    rules = list(all_rules())
    width = max(len(rule.id) for rule in rules)
    for rule in rules:
        if options.item is None or options.item in rule.items:
            word = f"{rule.word}:" if rule.word else "builtin"
            print(f"{rule.id:<{width}} {word:<14} {rule.title}")
    return 0
