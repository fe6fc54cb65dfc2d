"""Explain a rule, a command or a problem code: its whole page."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

EXAMPLE = "handoff explain required-checks-pass"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `handoff explain`."""
    parser.add_argument("id", nargs="+", help="rule id, policy word, or verb")


def run(options: argparse.Namespace) -> int:
    """Print the pages; 2 with the nearest id where one is unknown."""
    from bot.cli.parts import MISTAKE, OK, complain
    from bot.text.catalogue import rule_page
    from bot.wiring.catalogue import all_commands, all_rules

    pages = {rule.id: rule_page(rule) for rule in all_rules()}
    pages |= {rule.word: pages[rule.id] for rule in all_rules() if rule.word}
    for command in all_commands():
        examples = "\n".join(f"  {example}" for example in command.examples)
        pages[command.verb] = f"{command.usage}\nwho: {command.who}\n{examples}"
    unknown = [one for one in options.id if one not in pages]
    for one in unknown:
        near = difflib.get_close_matches(one, pages, 1)
        complain(f"nothing is called {one!r}", f"did you mean {near[0]!r}?" if near else "")
    for one in options.id:
        if one in pages:
            print(pages[one])
    return MISTAKE if unknown else OK
