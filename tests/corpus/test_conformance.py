"""The contract comparison measured on published pairs of another project.

`HANDOFF_CONFORMANCE_DIR` names a folder with `pairs.json` ({"pairs": [{"base", "revision",
"label"}]}, label ERR, WARN, INFO or NONE) and the documents under `specs/`;
`HANDOFF_CONFORMANCE_PROFILE` says whose weights count, by default those of oasdiff.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.cli.contract import read_contract
from bot.model.contract import Change, Impact, Profile
from bot.model.known import Unknown
from bot.readers.openapi.compare import compare

FOLDER = os.environ.get("HANDOFF_CONFORMANCE_DIR", "")
PROFILE = Profile(os.environ.get("HANDOFF_CONFORMANCE_PROFILE", "oasdiff"))
LABEL_OF_ONE_CHECK = "the label is that of one check; by the project's own list of kinds it is not"
BY_CONTENT = "alternatives are told apart by content, and the content is the same"
# Where our reading of the specifications differs from a label of the suite, and why.
REASONS = {
    "attributes/base.yaml": f"{LABEL_OF_ONE_CHECK}: status 200 is gone",
    "checker/request_body_default_value_changed_base.yaml": (
        f"{LABEL_OF_ONE_CHECK}: the media type application/json is gone"
    ),
    "checker/request_property_discriminator_added_revision.yaml": (
        f"{LABEL_OF_ONE_CHECK}: a property is gone from the request"
    ),
    "checker/response_property_discriminator_added_revision.yaml": (
        f"{LABEL_OF_ONE_CHECK}: a property is gone from the response"
    ),
    "checker/request_property_any_of_ref_inline_enum_base.yaml": BY_CONTENT,
    "checker/request_body_any_of_media_type_base.yaml": BY_CONTENT,
    "ref-chain-example/base/openapi.yaml": "a file that it refers to is not part of the suite",
    "checker/webhook_operation_base.yaml": "the server sends the body of a webhook, so it may grow",
}


@dataclass(slots=True)
class Measure:
    """What came of a suite; `wrong` has one line for each disagreement."""

    breaking: int = 0
    found: int = 0
    silent: int = 0
    alarms: int = 0
    explained: int = 0
    unread: int = 0
    dropped: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def recall(self) -> float:
        return self.found / max(1, self.breaking)

    @property
    def false_alarms(self) -> float:
        return (self.alarms - self.explained) / max(1, self.silent)

    def text(self) -> str:
        return "\n".join(
            [
                "",
                f"recall {self.found}/{self.breaking} = {self.recall:.1%}",
                f"false alarms {self.alarms}/{self.silent}, of which {self.explained} are wrong "
                f"labels: {self.false_alarms:.1%}",
                f"could not be compared {self.unread}, dropped as equal {self.dropped}, crashes 0",
                *self.wrong,
                "",
            ]
        )


def measure(folder: Path, profile: Profile) -> Measure:
    """Compare every pair of the suite; a crash is let through."""
    result = Measure()
    for pair in json.loads((folder / "pairs.json").read_text(encoding="utf-8"))["pairs"]:
        if pair["base"] == pair["revision"]:
            result.dropped += 1
            continue
        base, head = (read_contract(folder / "specs" / pair[name]) for name in ("base", "revision"))
        changes = compare(base, head, profile)
        count(result, pair, changes if isinstance(changes, tuple) else ())
        if isinstance(changes, Unknown):
            result.unread += 1
            result.wrong.append(f"  not compared: {changes.reason}")
    return result


def count(result: Measure, pair: dict[str, str], changes: tuple[Change, ...]) -> None:
    """Count one pair, and say why where it was judged otherwise than labelled."""
    said = sorted({f"{one.kind} ({one.severity})" for one in changes})
    impacts = {one.severity for one in changes}
    reason = REASONS.get(pair["base"], "")
    breaking, silent = Impact.BREAKING in impacts, impacts <= {Impact.HARMLESS}
    right = {"ERR": breaking, "NONE": silent}.get(pair["label"], True)
    result.breaking += pair["label"] == "ERR"
    result.found += pair["label"] == "ERR" and breaking
    result.silent += pair["label"] == "NONE"
    result.alarms += pair["label"] == "NONE" and not silent
    if not right:
        result.explained += reason.startswith(LABEL_OF_ONE_CHECK)
        result.wrong.append(f"{pair['label']} {pair['base']} -> {pair['revision']}")
        result.wrong.append(f"  said {', '.join(said) or 'nothing'}; {reason or 'no reason known'}")


@pytest.mark.long
def test_the_comparison_finds_what_the_suite_calls_breaking(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert FOLDER, "HANDOFF_CONFORMANCE_DIR names no folder with pairs"
    result = measure(Path(FOLDER), PROFILE)

    with capsys.disabled():
        sys.stdout.write(result.text())
    assert result.recall >= 0.95
    assert result.false_alarms <= 0.02
