"""Check policy files: every problem at once, each with its place and how to mend it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

EXAMPLE = "handoff validate .github/handoff.yml"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `handoff validate`."""
    parser.add_argument("file", nargs="*", help="default .github/handoff.yml")
    parser.add_argument(
        "--organisation", action="store_true", help="an organisation's file (default handoff.yml)"
    )
    parser.add_argument(
        "--extends", metavar="FILE", help="the file that `extends` names, read from here"
    )
    parser.add_argument("--format", choices=("terminal", "json"), default="terminal")


def run(options: argparse.Namespace) -> int:
    """0 no error, 2 an error or a file that is not there."""
    from bot.cli.parts import MISTAKE, OK, complain, print_problems
    from bot.model.problem import Severity
    from bot.text.report_json import PROBLEMS_SCHEMA, problem_data
    from bot.wiring.policy import check_policy_file

    default = "handoff.yml" if options.organisation else ".github/handoff.yml"
    problems = []
    missing = False
    try:
        extends = Path(options.extends).read_bytes() if options.extends else None
    except OSError as error:
        complain(f"{options.extends} cannot be read: {error.strerror}")
        return MISTAKE
    for name in options.file or [default]:
        path = Path(name)
        if path.is_symlink() or not path.is_file():
            complain(f"{name} is not a regular file", "name the policy file")
            missing = True
            continue
        problems += check_policy_file(
            name, path.read_bytes(), organisation=options.organisation, extended=extends
        )
    if options.format == "json":
        data = {"schema": PROBLEMS_SCHEMA, "problems": [problem_data(one) for one in problems]}
        print(json.dumps(data, indent=2, sort_keys=True))
    else:
        print_problems(problems)
    errors = sum(one.severity is Severity.ERROR for one in problems)
    if options.format == "terminal" and not missing:
        print(f"{errors} errors, {len(problems) - errors} warnings")
    return MISTAKE if errors or missing else OK
