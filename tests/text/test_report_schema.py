"""Every report fits the schema that is published for it, and has no key that the schema lacks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from bot.text.report_json import report_data
from tests.text.reports import REPORTS

PUBLISHED = Path(__file__).parents[2] / "config" / "handoff-report.schema.json"


def closed(schema: Any) -> Any:
    """The schema with every object closed: consumers may meet new keys, our own tests may not."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {name: closed(value) for name, value in schema.items()}
    return inner | {"additionalProperties": False} if schema.get("type") == "object" else inner


OPEN = jsonschema_rs.validator_for(json.loads(PUBLISHED.read_text()), validate_formats=True)
CLOSED = jsonschema_rs.validator_for(closed(json.loads(PUBLISHED.read_text())))


@pytest.mark.parametrize("name", list(REPORTS))
def test_a_report_fits_its_schema(name: str) -> None:
    data = report_data(REPORTS[name])

    assert [error.message for error in OPEN.iter_errors(data)] == []
    assert [error.message for error in CLOSED.iter_errors(data)] == []


@pytest.mark.parametrize(
    "broken", [{"conclusion": "skipped"}, {"schema": "handoff.report/2"}, {"items": [{}]}]
)
def test_what_is_no_report_does_not_fit(broken: dict[str, Any]) -> None:
    data = {**report_data(next(iter(REPORTS.values()))), **broken}

    assert not OPEN.is_valid(data)


def test_a_key_that_a_later_version_adds_does_not_break_a_reader() -> None:
    data = {**report_data(next(iter(REPORTS.values()))), "invented": []}

    assert OPEN.is_valid(data)
    assert not CLOSED.is_valid(data)
