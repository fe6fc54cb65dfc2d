"""Judge a local checkout as the bot would; what git does not hold is unknown, never passed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.cli.parts import COULD_NOT, COUNTS, MISTAKE, OK, complain, screen, screen_arguments

if TYPE_CHECKING:
    import argparse

    from bot.local.source import LocalGiven
    from bot.model.report import Report

EXAMPLE = "handoff check --base origin/main --format json"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `handoff check`."""
    parser.add_argument("path", nargs="?", default=".", help="a checkout, default here")
    parser.add_argument("--base", help="compare with this; default the default branch")
    parser.add_argument("--head", default="HEAD", help="judge this commit; default HEAD")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--staged", action="store_true", help="judge the index")
    where.add_argument("--worktree", action="store_true", help="judge tracked files as they are")
    parser.add_argument("--policy", help="this policy file instead of the default branch's")
    parser.add_argument("--preset", help="a preset instead of a policy file, e.g. backend-dev")
    parser.add_argument("--layer", help="the organisation's handoff.yml")
    parser.add_argument("--extends", help="the file that `extends` names")
    parser.add_argument("--body", help="file with the description of the pull request")
    parser.add_argument("--checks", help='file: [{"name", "app", "conclusion"}]')
    parser.add_argument("--facts", help="file with what git does not hold (handoff.facts/1)")
    parser.add_argument("--format", default="terminal", help="terminal, json or markdown [=FILE]")
    parser.add_argument("--fail-on", choices=("found", "blocking"), default="found")
    parser.add_argument("--exit-zero", action="store_true", help="1 becomes 0")
    screen_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """0 nothing counts, 1 something does, 2 your mistake, 3 could not evaluate."""
    from bot.errors import Trouble
    from bot.model.report import Conclusion
    from bot.text.terminal import found
    from bot.wiring.checkout import BadPolicy, judge_checkout

    name, _, target = options.format.partition("=")
    if name not in {"terminal", "json", "markdown"}:
        complain(f"no format {name!r}", "terminal, json or markdown")
        return MISTAKE
    try:
        given = _given(options)
    except (OSError, ValueError, KeyError, TypeError) as error:
        complain(f"the given facts cannot be read: {error}")
        return MISTAKE
    try:
        report = judge_checkout(Path(options.path), options, given)
    except BadPolicy as bad:
        for problem in bad.problems:
            complain(problem.line())
        complain(bad.what, bad.hint)
        return MISTAKE
    except Trouble as trouble:
        complain(trouble.what, getattr(trouble, "hint", ""))
        return COULD_NOT
    _write(report, name, target, options)
    if options.fail_on == "blocking":
        counts = report.would_be() is Conclusion.FAILURE
    else:
        counts = bool(found(report)) or any(one.severity == "error" for one in report.problems)
    return COUNTS if counts and not options.exit_zero else OK


def _write(report: Report, name: str, target: str, options: argparse.Namespace) -> None:
    from bot.text.check import check_of
    from bot.text.report_json import report_data
    from bot.text.terminal import render

    if name == "json":
        text = json.dumps(report_data(report), indent=2, sort_keys=True, ensure_ascii=False)
    elif name == "markdown":
        check = check_of(report)
        text = f"## {check.title}\n\n{check.summary}\n\n{check.text}"
    else:
        text = render(report, screen(options))
    if target:
        Path(target).write_text(text + "\n", encoding="utf-8")
    else:
        print(text)


def _given(options: argparse.Namespace) -> LocalGiven:
    from bot.local.given import given_from

    data: dict[str, Any] = {}
    if options.facts:
        data = json.loads(Path(options.facts).read_text(encoding="utf-8"))
    if options.body:
        data["body"] = Path(options.body).read_text(encoding="utf-8")
    if options.checks:
        data["checks"] = json.loads(Path(options.checks).read_text(encoding="utf-8"))
    return given_from(data)
