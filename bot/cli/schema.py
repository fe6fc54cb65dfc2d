"""Print the JSON Schema of the policy file, for editors and other tools."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

EXAMPLE = "handoff schema > handoff.schema.json"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `handoff schema`."""
    parser.add_argument(
        "--organisation", action="store_true", help="of the organisation's file instead"
    )


def run(options: argparse.Namespace) -> int:
    """Print the schema."""
    from bot.wiring.catalogue import policy_schema

    kind = "organisation" if options.organisation else "policy"
    print(json.dumps(policy_schema(kind), indent=2, sort_keys=True))
    return 0
