"""`handoff`: the developer's and the operator's commands, each loaded only when it is named."""

from __future__ import annotations

import argparse
import importlib
import io
import sys
from typing import TYPE_CHECKING, NoReturn

from bot import __version__
from bot.errors import Misnamed

if TYPE_CHECKING:
    from collections.abc import Sequence

DEVELOPER = {
    "check": "judge a local checkout as the bot would",
    "contract": "compare two versions of an API contract",
    "validate": "check a policy file: every problem with its place",
    "explain": "the page of a rule, command or problem code",
    "rules": "list the rules",
    "schema": "print the JSON Schema of the policy file",
    "demo": "a simulated GitHub and the bot, to play with",
}
OPERATOR = {
    "serve": "run the bot",
    "doctor": "look for what is wrong with the set-up",
    "replay": "judge a stored report again, offline",
    "decisions": "what people decided in a repository, and why",
    "migrate": "bring the store up to date",
    "move": "take the store to Postgres, or back into a file",
    "db": "take the store back to an older revision",
    "backup": "copy the store while the server goes on",
    "restore": "put such a copy in the store's place",
    "queue": "what is due, running, waiting, limited or parked",
    "resume": "try a parked pull request again",
    "rebuild": "read the acts of a pull request again after a loss of data",
    "health": "ask this machine's server whether it is ready",
    "generate": "rewrite the generated files (contributors)",
}
EXIT_CODES = "exit codes: 0 done · 1 something counts · 2 your mistake · 3 could not evaluate"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and answer its exit code."""
    parser = _parser()
    words = list(sys.argv[1:] if argv is None else argv)
    if words[:1] == ["help"] and len(words) == 2:
        words = [words[1], "--help"]
    if not words or words[0] in {"-h", "--help", "help"}:
        print(_help())
        return 0
    if words[0] == "--version":
        print(f"handoff {__version__}")
        return 0
    name = words[0]
    if name not in DEVELOPER and name not in OPERATOR:
        parser.error(f"no command {name!r}; one of {', '.join((*DEVELOPER, *OPERATOR))}")
    module = importlib.import_module(f"bot.cli.{name}")
    command = argparse.ArgumentParser(
        prog=f"handoff {name}",
        description=module.__doc__,
        epilog=f"example: {module.EXAMPLE}\n{EXIT_CODES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    module.arguments(command)
    if command.get_default("verbose") is None:
        command.add_argument("-vv", action="store_true", help=argparse.SUPPRESS)
    try:
        return int(module.run(command.parse_intermixed_args(words[1:])))
    except Misnamed as misnamed:
        print(f"handoff: {misnamed.what}", file=sys.stderr)
        return 2
    except OSError as error:
        # What has a name was named by somebody, or lies where he works.
        if error.filename is None:
            raise
        print(f"handoff: {error.filename!r}: {error.strerror}", file=sys.stderr)
        return 3


def run() -> NoReturn:
    """The console script: exit quietly on Ctrl-C and a closed pipe, say what else went wrong."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        code = main()
        sys.stdout.flush()
    except KeyboardInterrupt:
        code = 130
    except BrokenPipeError:
        sys.stderr.close()
        code = 0
    except Exception as error:  # catch-all 4 of 7: the outermost of the command line
        if "-vv" in sys.argv:
            raise
        print(
            f"handoff: our own bug: {type(error).__name__}: {error} (-vv shows the trace)",
            file=sys.stderr,
        )
        code = 3
    raise SystemExit(code)


def _parser() -> argparse.ArgumentParser:
    return argparse.ArgumentParser(prog="handoff", add_help=False)


def _help() -> str:
    lines = [
        "handoff COMMAND [OPTIONS]     (handoff COMMAND --help says more)",
        "",
        "for developers",
    ]
    lines += [f"  {name:<10} {what}" for name, what in DEVELOPER.items()]
    lines += ["", "for operators"]
    lines += [f"  {name:<10} {what}" for name, what in OPERATOR.items()]
    lines += ["", "example: handoff check --base origin/main", EXIT_CODES]
    return "\n".join(lines)
