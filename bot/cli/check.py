"""Judge a local checkout as the bot would; what git does not hold is unknown, never passed."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.cli.parts import (
    COULD_NOT,
    COUNTS,
    MISTAKE,
    OK,
    complain,
    say,
    screen,
    screen_arguments,
    write_beside,
)
from bot.text.terminal import Screen

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from bot.model.report import Report

EXAMPLE = "handoff check --base origin/main --format json"
FORMATS = "terminal, json or markdown; may be repeated, one without a file"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `handoff check`."""
    parser.add_argument("path", nargs="?", default=".", help="a checkout, default here")
    parser.add_argument("--base", help="compare with this; default the default branch")
    parser.add_argument("--head", default="HEAD", help="judge this commit; default HEAD")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--staged", action="store_true", help="judge the index")
    where.add_argument("--worktree", action="store_true", help="judge the files on the disk")
    parser.add_argument("--policy", help="this policy file instead of the default branch's")
    parser.add_argument("--preset", help="a preset instead of a policy file, e.g. backend-dev")
    parser.add_argument("--layer", help="the organisation's handoff.yml; none: it has none")
    parser.add_argument("--extends", help="the file that `extends` names")
    parser.add_argument("--body", help="file with the description of the pull request")
    parser.add_argument("--checks", help='file: [{"name", "app", "conclusion"}]')
    parser.add_argument(
        "--report",
        action="append",
        metavar="NAME=FILE",
        help="an artifact of CI; none: it left none",
    )
    parser.add_argument("--facts", help="file with what git does not hold (handoff.facts/1)")
    parser.add_argument("--format", action="append", metavar="NAME[=FILE]", help=FORMATS)
    parser.add_argument("--fail-on", choices=("found", "blocking"), default="found")
    parser.add_argument("--exit-zero", action="store_true", help="1 becomes 0")
    screen_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """0 nothing counts, 1 something does, 2 your mistake, 3 could not evaluate."""
    from bot.errors import Trouble
    from bot.settings import ci_base
    from bot.wiring.checkout import BadPolicy, judge_checkout

    formats = dict(_named(options.format or ["terminal"]))
    bad = [name for name in formats.values() if name not in {"terminal", "json", "markdown"}]
    if bad or len(formats) < len(options.format or [1]):
        complain(f"no format {bad[0]!r}" if bad else "two formats for one place", FORMATS)
        return MISTAKE
    options.base = options.base or ci_base()
    try:
        given, reports = _given(options), _reports(options.report)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        complain(f"the given facts cannot be read: {error}")
        return MISTAKE
    try:
        report = judge_checkout(Path(options.path), options, given, reports)
    except BadPolicy as bad_policy:
        for problem in bad_policy.problems:
            complain(problem.line())
        complain(bad_policy.what, bad_policy.hint)
        return MISTAKE
    except Trouble as trouble:
        complain(trouble.what, getattr(trouble, "hint", ""))
        return COULD_NOT
    if not (options.staged or options.worktree or options.quiet) and options.head == "HEAD":
        _say_what_is_left(Path(options.path))
    for target, name in formats.items():
        _write(report, name, target, options)
    return _code(report, options)


def _say_what_is_left(path: Path) -> None:
    from bot.local.git import Git
    from bot.local.snapshot import changed

    if number := changed(Git(path).root()):
        files = "file" if number == 1 else "files"
        complain(f"{number} changed {files} not judged: --worktree")


def _named(formats: list[str]) -> Iterator[tuple[str, str]]:
    """(file, format); no file is standard output."""
    for one in formats:
        name, _, target = one.partition("=")
        yield target, name


def _code(report: Report, options: argparse.Namespace) -> int:
    from bot.model.report import Conclusion
    from bot.text.terminal import found

    if blind := _blind(report):
        complain("nothing could be evaluated", blind)
        return COULD_NOT
    if options.fail_on == "blocking":
        counts = report.would_be() is Conclusion.FAILURE
    else:
        counts = bool(found(report)) or any(one.severity == "error" for one in report.problems)
    return COUNTS if counts and not options.exit_zero else OK


def _blind(report: Report) -> str:
    """The one reason for which no item at all could be told; empty where some could."""
    said = {one.verdict.summary if one.state == "undecided" else "" for one in report.entries}
    return said.pop() if len(said) == 1 else ""


def _write(report: Report, name: str, target: str, options: argparse.Namespace) -> None:
    from bot.text.check import markdown_of
    from bot.text.report_json import report_bytes
    from bot.text.terminal import render

    if name == "json":
        text = report_bytes(report).decode()
    elif name == "markdown":
        text = markdown_of(report)
    else:
        text = render(report, Screen(width=80) if target else screen(options))
    if target:
        write_beside(Path(target), text + "\n")
    elif name == "json":
        sys.stdout.buffer.write(text.encode() + b"\n")
    else:
        say(text)


def _reports(named: Sequence[str] | None) -> tuple[tuple[str, bytes], ...] | None:
    if named is None:
        return None
    pairs = [one.partition("=") for one in named if one != "none"]
    for name, sign, file in pairs:
        if not (name and sign and file):
            raise ValueError(f"a report is NAME=FILE, not {name or sign or file!r}")
    return tuple((name, Path(file).read_bytes()) for name, _, file in pairs)


def _given(options: argparse.Namespace) -> dict[str, Any]:
    from bot.local.given import given_from

    data: dict[str, Any] = {}
    if options.facts:
        data = json.loads(Path(options.facts).read_text(encoding="utf-8"))
        if not isinstance(data, dict):
            raise ValueError(f"{options.facts} is no JSON object")
    if options.body:
        data["body"] = Path(options.body).read_text(encoding="utf-8")
    if options.checks:
        data["checks"] = json.loads(Path(options.checks).read_text(encoding="utf-8"))
    return given_from(data)
