"""A table of when the checks of one commit contradict each other."""

from __future__ import annotations

from typing import Any

import pytest

from bot.github.facts import checks_of, rest_checks_of
from bot.model.facts import Facts
from bot.model.known import Unknown
from bot.model.verdict import Outcome
from bot.rules.tests_did_not_flake import RULE, Options, needs
from tests.support.pulls import check, pull
from tests.support.reports import Shelf, filled, packed, suite

P, F, S, U = Outcome.PASS, Outcome.FAIL, Outcome.SKIP, Outcome.UNKNOWN


def judged(rule: str, facts: Facts, **options: Any) -> Outcome:
    assert rule == RULE.id
    return RULE.prove(facts, Options(**options)).outcome


ROWS = [
    ("once", pull(checks=(check("unit"),)), P),
    ("failed and passed", pull(checks=(check("unit", earlier=("failure",)),)), U),
    ("passed and failed", pull(checks=(check("e2e", "failure", earlier=("success",)),)), U),
    ("failed twice", pull(checks=(check("unit", "failure", earlier=("failure",)),)), P),
    ("cancelled, then passed", pull(checks=(check("unit", earlier=("cancelled",)),)), P),
    ("timed out, then passed", pull(checks=(check("unit", earlier=("timed_out",)),)), P),
    ("never started, then passed", pull(checks=(check("unit", earlier=("startup_failure",)),)), P),
    ("runs again", pull(checks=(check("unit", None, earlier=("failure",)),)), P),
    ("no test", pull(checks=(check("lint", earlier=("failure",)),)), S),
    ("another App", pull(checks=(check("unit", earlier=("failure",), app_slug="x"),)), S),
    ("a title that was mended", pull(checks=(check("title", earlier=("failure",)),)), S),
    ("no check", pull(), S),
    ("not known", pull(checks=Unknown("not visible")), U),
]


@pytest.mark.parametrize(("why", "facts", "outcome"), ROWS)
def test_a_check_that_ended_both_ways_is_asked_about(
    why: str, facts: Facts, outcome: Outcome
) -> None:
    assert judged("tests-did-not-flake", facts) is outcome


def reported(*texts: str | Unknown, run: int | None = 1, **known: Any) -> Facts:
    """A pull request with one artifact an attempt of a run; `run` None: a run each."""
    shelf = Shelf()
    for at, text in enumerate(texts):
        if isinstance(text, Unknown):
            shelf.refused = text
        else:
            shelf.put("junit", packed({"r.xml": text}), run=at if run is None else run)
    facts = pull(**{"checks": (check("unit"),), **known})
    return filled(facts, needs(Options(artifact="junit"), ()), shelf)


REPORTS = [
    ("all passed", reported(suite("a", "b")), P),
    ("failed", reported(suite("a!", "b")), P),
    ("passed when run again", reported(suite("a~", "b")), F),
    ("failed, then passed in the next attempt", reported(suite("a!"), suite("a")), F),
    ("passed, then failed", reported(suite("a"), suite("a!")), P),
    ("failed twice", reported(suite("a!"), suite("a!")), P),
    ("another case failed", reported(suite("b!"), suite("a")), P),
    ("skipped the second time", reported(suite("a!"), suite("a?")), P),
    ("one name for two cases", reported(suite("a!", "a"), suite("a", "a")), P),
    ("another cell of the matrix", reported(suite("a!"), suite("a"), run=None), P),
    ("no artifact", reported(), P),
    ("no report in it", reported("<coverage/>"), P),
    ("not whole", reported("<testsuite>"), U),
    ("not permitted", reported(Unknown("the app may not read artifacts")), U),
    ("no check of tests", reported(suite("a"), checks=()), S),
    ("checks not known", reported(suite("a"), checks=Unknown("not visible")), U),
]


@pytest.mark.parametrize(("why", "facts", "outcome"), REPORTS)
def test_a_case_that_ended_both_ways_is_a_finding(why: str, facts: Facts, outcome: Outcome) -> None:
    assert judged("tests-did-not-flake", facts, artifact="junit") is outcome


def test_the_case_is_named() -> None:
    facts = reported(suite("a!", "b"), suite("a", "b"))

    verdict = RULE.prove(facts, Options(artifact="junit"))

    assert verdict.summary == "tests.test_refund.a failed and passed on this commit"


def test_the_check_is_named() -> None:
    verdict = RULE.prove(pull(checks=(check("ci / unit", earlier=("failure",)),)), Options())

    assert verdict.summary == (
        "can't tell: ci / unit - it failed and passed on this commit. Attest why"
    )
    assert [one.note for one in verdict.evidence] == ["ci / unit failed and passed here"]


def node(number: int, conclusion: str | None) -> dict[str, Any]:
    return {
        "__typename": "CheckRun",
        "databaseId": number,
        "name": "unit",
        "status": "COMPLETED" if conclusion else "IN_PROGRESS",
        "conclusion": conclusion,
        "checkSuite": {"app": {"databaseId": 1, "slug": "github-actions"}},
    }


def test_the_newest_attempt_knows_how_the_earlier_ones_ended() -> None:
    nodes = [node(3, "SUCCESS"), node(1, "FAILURE"), node(2, None)]

    (run,) = checks_of(nodes, 9, workflow=False)

    assert (run.id, run.conclusion, run.earlier) == (3, "success", ("failure",))


def test_the_same_holds_for_what_the_rest_interface_lists() -> None:
    rows = [
        {"id": 2, "name": "unit", "status": "completed", "conclusion": "success"},
        {"id": 1, "name": "unit", "status": "completed", "conclusion": "failure"},
    ]

    (run,) = rest_checks_of(rows, 9)

    assert (run.id, run.earlier) == (2, ("failure",))
