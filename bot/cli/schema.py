"""Print the JSON Schema of the policy file, or of a report, for editors and other tools."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

EXAMPLE = "handoff schema > handoff.schema.json"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `handoff schema`."""
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--organisation", action="store_true", help="of the organisation's file instead"
    )
    which.add_argument("--report", action="store_true", help="of a report (handoff.report/1)")


def run(options: argparse.Namespace) -> int:
    """Print the schema."""
    from bot.wiring.catalogue import json_schema

    kind = "report" if options.report else "organisation" if options.organisation else "policy"
    print(json.dumps(json_schema(kind), indent=2, sort_keys=True))
    return 0
