"""No kind of change stands in the catalogue without a pair that shows it."""

from __future__ import annotations

from bot.model.contract import Direction, Impact, Profile
from bot.model.contract_kinds import change_kinds, severity_of
from tests.readers.openapi import test_operations, test_schemas

# Shown by tests of their own beside the tables.
ALONE = {
    "all-of-part-added",
    "callback-added",
    "callback-removed",
    "dangling-reference",
    "document-version-changed",
    "key-schema-loosened",
    "key-schema-tightened",
    "parameter-became-required-with-default",
    "parameter-default-changed",
    "webhook-added",
    "webhook-removed",
}


def test_every_kind_is_shown_by_a_pair() -> None:
    rows = [one for row in test_schemas.ROWS for one in (row.request, row.response)]
    rows += [one for row in test_schemas.HIDDEN for one in row[:2] if one]
    tables = (test_operations.ROWS, test_operations.PATHS, test_operations.SECURITY)
    rows += [str(row[0]) for table in tables for row in table]

    assert {one.split()[0] for one in rows} | ALONE == set(change_kinds())


def test_a_profile_weighs_the_same_change_otherwise() -> None:
    weights = [
        severity_of("parameter-default-changed", Direction.REQUEST, profile) for profile in Profile
    ]

    assert weights == [Impact.RISKY, Impact.BREAKING]


def test_what_hurts_a_sender_seldom_hurts_a_reader() -> None:
    weights = [severity_of("enum-introduced", direction) for direction in Direction]

    assert weights == [Impact.BREAKING, Impact.HARMLESS, Impact.BREAKING]
