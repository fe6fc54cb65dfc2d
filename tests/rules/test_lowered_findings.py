"""Every row of the rules' own tables, judged once more with all findings switched off."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from bot.judge.lowered import lowered
from bot.model.facts import Facts
from bot.model.known import Unknown
from bot.model.rule import AnyRule
from bot.model.verdict import Outcome, Says
from bot.wiring.catalogue import registry
from tests.rules import test_authorization_is_not_removed as authorization
from tests.rules import test_docs_are_updated as docs
from tests.rules import test_endpoints_are_guarded as guards
from tests.rules import test_errors_go_through_one_place as one_place
from tests.rules import test_errors_use_standard_format as errors
from tests.rules import test_evidence_is_not_weakened as evidence
from tests.rules import test_layers_are_respected as layers
from tests.rules import test_logic_changes_have_tests as logic
from tests.rules import test_merged_migrations_are_unchanged as merged
from tests.rules import test_migrations_are_reversible as reversible
from tests.rules import test_migrations_have_one_head as heads
from tests.rules import test_model_changes_have_migrations as models
from tests.rules import test_no_secrets_added as secrets
from tests.rules import test_tests_did_not_flake as flakes
from tests.rules.tables import F, P, S, U
from tests.support.contracts import operation
from tests.support.pulls import check
from tests.support.reports import suite
from tests.support.routes import HEAD, MAIN, app, change

TABLES = [one.TABLE for one in (authorization, docs, guards, one_place, errors)]
MIGRATIONS = {"migrations": merged.AREA, "generated": merged.GENERATED}
LISTS: list[tuple[str, list[Any], dict[str, Any]]] = [
    ("evidence-is-not-weakened", [*evidence.WEAKER, *evidence.AS_STRONG], {}),
    ("layers-are-respected", layers.ROWS, {"forbid": layers.FORBID}),
    ("logic-changes-have-tests", logic.ROWS, {}),
    ("merged-migrations-are-unchanged", merged.CASES, MIGRATIONS),
    ("migrations-are-reversible", reversible.CASES, MIGRATIONS),
    ("migrations-have-one-head", heads.CASES, {"migrations": heads.AREA}),
    (
        "model-changes-have-migrations",
        models.CASES,
        {"data": models.DATA, "migrations": models.MIGRATIONS},
    ),
    ("no-secrets-added", secrets.ROWS, {"docs": secrets.DOCS}),
    ("tests-did-not-flake", flakes.ROWS, {}),
    ("tests-did-not-flake", flakes.REPORTS, {"artifact": "junit"}),
]


# What becomes of each outcome where no finding counts.
PASSES, ASKS = "FAIL>PASS UNKNOWN>UNKNOWN", "UNKNOWN>PASS UNKNOWN>UNKNOWN"
MOVES = {
    "authorization-is-not-removed": "FAIL>PASS UNKNOWN>PASS UNKNOWN>SKIP UNKNOWN>UNKNOWN",
    "docs-are-updated": ASKS,
    "endpoints-are-guarded": ASKS,
    "errors-go-through-one-place": ASKS,
    "errors-use-standard-format": f"FAIL>PASS {ASKS}",
    "evidence-is-not-weakened": PASSES,
    "layers-are-respected": PASSES,
    "logic-changes-have-tests": ASKS,
    "merged-migrations-are-unchanged": PASSES,
    "migrations-are-reversible": f"FAIL>PASS {ASKS}",
    "migrations-have-one-head": PASSES,
    "model-changes-have-migrations": ASKS,
    "no-secrets-added": PASSES,
    "tests-did-not-flake": f"FAIL>PASS {ASKS}",
}
Row = tuple[AnyRule, Facts, Any]


def rows(rule: str) -> Iterator[Row]:
    for table in TABLES:
        if table.rule.id == rule:
            yield from ((table.rule, one.facts, one.options) for one in table.rows)
    for name, cases, options in LISTS:
        if name == rule:
            made = registry()[name]
            yield from ((made, one[1], made.options(**options)) for one in cases)


def off(row: Row, *findings: str) -> tuple[Outcome, Outcome]:
    """What the rule says, and what is left of it without these findings, or without any."""
    rule, facts, options = row
    verdict = rule.prove(facts, options)
    every = findings or [one.id for one in rule.kinds if one.says is not Says.HOLDS]
    return verdict.outcome, lowered(verdict, dict.fromkeys(every, "off")).outcome


@pytest.mark.parametrize(("rule", "moves"), MOVES.items())
def test_a_rule_says_what_is_left_without_its_findings(rule: str, moves: str) -> None:
    found = {off(row) for row in rows(rule)}

    assert " ".join(sorted(f"{old}>{new}" for old, new in found if old in {F, U})) == moves
    assert all(old is new for old, new in found if old in {P, S})


def both(one: Facts, other: Facts) -> Facts | None:
    """One pull request of two that share no file."""
    if isinstance(one.changes, Unknown) or isinstance(other.changes, Unknown):
        return None
    mine, theirs = (
        {path for file in files for path in file.paths} for files in (one.changes, other.changes)
    )
    if mine & theirs or one.readings.keys() & other.readings.keys() or one.body != other.body:
        return None
    changes, readings = one.changes + other.changes, {**one.readings, **other.readings}
    return replace(one, changes=changes, readings=readings)


# The rows of the others all touch the same file.
APART = [
    "evidence-is-not-weakened",
    "layers-are-respected",
    "merged-migrations-are-unchanged",
    "migrations-are-reversible",
    "migrations-have-one-head",
    "no-secrets-added",
]


@pytest.mark.parametrize("rule", APART)
def test_what_a_finding_hid_stays_open_without_it(rule: str) -> None:
    judged = [(row, off(row)) for row in rows(rule)]
    fails = [row for row, (said, _) in judged if said is F]
    open_ = [row for row, (_, left) in judged if left is U]
    pairs = ((row, both(row[1], other[1])) for row in fails for other in open_)
    found = [off((row[0], facts, row[2])) for row, facts in pairs if facts is not None]

    assert {left for said, left in found if said is F} == {U}


BOTH_OPEN = change(
    {
        "openapi.yaml": (authorization.CONTRACT, authorization.PUBLIC),
        MAIN: (app(authorization.USER), app(authorization.OPEN)),
    }
)
OPEN_UNREAD = change(
    {
        "openapi.yaml": (authorization.CONTRACT, authorization.PUBLIC),
        MAIN: (app(authorization.USER), HEAD + "def f(:\n"),
    }
)
TWO_ERRORS = {"409": errors.OTHER, "401": errors.NO}
ODD_ERRORS = errors.change(
    errors.of(errors.OLD),
    errors.of(errors.OLD, operation("post /refunds", errors=TWO_ERRORS)),
)
RERUN = flakes.reported(suite("a~"), checks=(check("unit", earlier=("failure",)),))
UNREAD_RUN = flakes.reported(suite("a~"), "<testsuite>", run=None)
HIDDEN = [
    ("authorization-is-not-removed", BOTH_OPEN, ["contract-security-removed"], U),
    ("authorization-is-not-removed", BOTH_OPEN, ["guard-removed"], F),
    ("authorization-is-not-removed", BOTH_OPEN, [], P),
    ("authorization-is-not-removed", OPEN_UNREAD, [], U),
    ("errors-use-standard-format", ODD_ERRORS, ["other-error-schema"], U),
    ("errors-use-standard-format", ODD_ERRORS, [], P),
    ("tests-did-not-flake", UNREAD_RUN, [], U),
    ("tests-did-not-flake", RERUN, ["case-flaked"], U),
    ("tests-did-not-flake", RERUN, [], P),
]


@pytest.mark.parametrize(("rule", "facts", "findings", "left"), HIDDEN)
def test_one_finding_behind_another(
    rule: str, facts: Facts, findings: list[str], left: Outcome
) -> None:
    *_, (made, _, options) = rows(rule)

    assert off((made, facts, options), *findings) == (F, left)
