"""Compare two versions of an API contract: OpenAPI 3 or Swagger 2.0, JSON or YAML, offline."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli.parts import COULD_NOT, COUNTS, MISTAKE, OK, complain, screen, screen_arguments

if TYPE_CHECKING:
    import argparse

    from bot.readers.openapi.side import Contract

EXAMPLE = "handoff contract main/openapi.yaml openapi.yaml --profile oasdiff"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `handoff contract`."""
    parser.add_argument("base", help="the contract as it was")
    parser.add_argument("head", help="the contract as it is to be")
    parser.add_argument("--profile", choices=("default", "oasdiff"), default="default")
    parser.add_argument("--format", choices=("terminal", "json"), default="terminal")
    screen_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """0 nothing is breaking, 1 something is, 2 your mistake, 3 could not be compared."""
    from bot.clock import SystemClock
    from bot.model.contract import Impact, Profile, worst
    from bot.model.known import Unknown
    from bot.readers.openapi.compare import compare
    from bot.text.contract import contract_data, render_contract

    try:
        base, head = read_contract(Path(options.base)), read_contract(Path(options.head))
    except OSError as error:
        complain(f"cannot read {error.filename}: {error.strerror}")
        return MISTAKE
    profile = Profile(options.profile)
    changes = compare(base, head, profile, today=SystemClock().now().date())
    if isinstance(changes, Unknown):
        complain(f"could not be compared: {changes.reason}")
        return COULD_NOT
    if options.format == "json":
        print(json.dumps(contract_data(changes, profile), indent=2))
    else:
        print(render_contract(changes, screen(options)))
    return COUNTS if worst(changes) is Impact.BREAKING else OK


def read_contract(path: Path) -> Contract:
    """The contract with the files of its tree that it refers to, found without following links."""
    from bot.readers.openapi.side import FILES_AT_MOST, Contract, referenced_files

    data, whole = path.read_bytes(), path.resolve()
    tree = next((one for one in whole.parents if (one / ".git").exists()), whole.parent)
    name = whole.relative_to(tree).as_posix()
    files: dict[str, bytes] = {}
    pending = sorted(referenced_files(data, name))
    while pending and len(files) <= FILES_AT_MOST:
        other = pending.pop()
        place = (tree / other).resolve()
        if other in {name, *files} or tree not in place.parents or not place.is_file():
            continue
        files[other] = place.read_bytes()
        pending += sorted(referenced_files(files[other], other))
    return Contract(data, name, files)
