"""List the rules that this version has."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

EXAMPLE = "handoff rules --item docs"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `handoff rules`."""
    parser.add_argument("--item", help="only rules made for this checklist item")
    parser.add_argument("--guide", help="only rules that advise on this, such as service-layer")


def run(options: argparse.Namespace) -> int:
    """Print one line a rule: those of the checklist, then those that only advise by guide."""
    from bot.wiring.catalogue import all_rules

    rules = sorted(all_rules(), key=lambda rule: rule.guide)
    width = max(len(rule.id) for rule in rules)
    for rule in rules:
        if options.item in {None, *rule.items} and options.guide in {None, rule.guide}:
            word = f"{rule.word}:" if rule.word else "builtin"
            print(f"{rule.id:<{width}} {word:<14} {rule.guide or 'checklist':<18} {rule.title}")
    return 0
