"""Explain a rule, finding, command, problem code, item, escalation or kind of contract change."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

EXAMPLE = "handoff explain required-checks-pass"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `handoff explain`."""
    what = "rule id, finding, policy word, verb, problem code, item, escalation, contract change"
    parser.add_argument("id", nargs="+", help=what)


def run(options: argparse.Namespace) -> int:
    """Print the pages; 2 with the nearest id where one is unknown."""
    from bot.cli.parts import MISTAKE, OK, complain
    from bot.model.contract_kinds import change_kinds
    from bot.text.catalogue import QUESTIONS, change_kind_page, finding_page, rule_page
    from bot.wiring.catalogue import all_commands, all_rules, guides, problem_codes

    pages = {one.id: finding_page(rule, one) for rule in all_rules() for one in rule.kinds}
    pages |= {rule.id: rule_page(rule, guides()) for rule in all_rules()}
    pages |= QUESTIONS
    pages |= {rule.word: pages[rule.id] for rule in all_rules() if rule.word}
    for command in all_commands():
        examples = "\n".join(f"  {example}" for example in command.examples)
        pages[command.verb] = f"{command.usage}\nwho: {command.who}\n{examples}"
    pages |= {kind.id: change_kind_page(kind) for kind in change_kinds().values()}
    pages |= problem_codes()
    for one in options.id:
        if written := _in_policy(one):
            pages[one] = "\n".join([one, *written, *([pages[one]] if one in pages else [])])
    unknown = [one for one in options.id if one not in pages]
    for one in unknown:
        near = difflib.get_close_matches(one, pages, 1)
        complain(f"nothing is called {one!r}", f"did you mean {near[0]!r}?" if near else "")
    for one in options.id:
        if one in pages:
            print(pages[one])
    return MISTAKE if unknown else OK


def _in_policy(name: str) -> list[str]:
    """What the policy of the checkout says of it, without one that of a backend role."""
    from bot.wiring.policy import explained

    path = Path(".github/handoff.yml")
    text = path.read_bytes() if path.is_file() else b"version: 1\npreset: backend-dev@1\n"
    return explained(name, str(path), text)
