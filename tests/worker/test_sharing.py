"""One commit, several pull requests, one check: the gravest verdict shows and each is named."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from bot.model.effect import SetCheck
from bot.model.report import Report
from bot.worker.sharing import shared
from tests.properties.making import judged, loaded
from tests.support.pulls import pull
from tests.worker.doubles import check

REPORT: Report = judged(pull(), loaded({"version": 1}))


def beside(number: int, conclusion: str, title: str = "2 left") -> tuple[int, bytes]:
    """Another pull request's stored report."""
    return number, json.dumps({"conclusion": conclusion, "title": title}).encode()


def of(conclusion: str | None) -> SetCheck:
    return check("Mine", conclusion)


def test_a_head_of_one_pull_request_is_left_alone() -> None:
    assert shared(of("success"), REPORT, []) == of("success")


def test_its_own_older_report_is_no_other() -> None:
    assert shared(of("success"), REPORT, [beside(118, "failure")]) == of("success")


def test_other_checks_are_left_alone() -> None:
    quality = check("Mine", "success", "handoff / quality")

    assert shared(quality, REPORT, [beside(119, "failure")]) == quality


@pytest.mark.parametrize(
    ("mine", "theirs", "shown"),
    [
        ("success", "failure", "failure"),
        ("success", "in_progress", None),
        ("success", "neutral", "neutral"),
        ("success", "success", "success"),
        ("neutral", "failure", "failure"),
        ("neutral", "in_progress", None),
        ("neutral", "success", "neutral"),
        (None, "failure", "failure"),
        (None, "success", None),
        (None, "in_progress", None),
        ("failure", "success", "failure"),
        ("failure", "in_progress", "failure"),
        ("failure", "failure", "failure"),
    ],
)
def test_the_graver_verdict_shows(mine: str | None, theirs: str, shown: str | None) -> None:
    made = shared(of(mine), REPORT, [beside(119, theirs)])

    assert made.conclusion == shown
    assert made.status == ("completed" if shown else "in_progress")


def test_one_that_was_never_judged_holds_nothing_up_where_nothing_is_enforced() -> None:
    lax = replace(of("neutral"), enforced=False)

    assert shared(lax, REPORT, [(118, b""), (119, b"")]) == lax


@pytest.mark.parametrize(
    ("mine", "shown"), [("success", None), ("neutral", None), (None, None), ("failure", "failure")]
)
def test_one_that_was_never_judged_holds_the_check_open(
    mine: str | None, shown: str | None
) -> None:
    made = shared(of(mine), REPORT, [(118, b""), (119, b"")])

    assert made.conclusion == shown
    assert (made.title == "#119: not judged yet") is (mine in {"success", "neutral"})
    assert "head of #118, #119;" in made.summary


def test_whose_verdict_it_is_stands_in_the_title() -> None:
    theirs = shared(of("success"), REPORT, [beside(119, "failure", "3 left")])
    mine = shared(of("failure"), REPORT, [beside(119, "failure", "3 left")])
    first = shared(of("failure"), REPORT, [beside(117, "failure", "3 left")])

    assert (theirs.title, mine.title) == ("#119: 3 left", "#118: Mine")
    assert first.title == "#117: 3 left"


def test_the_gravest_of_many_shows_and_all_are_named_in_order() -> None:
    others = [
        beside(131, "neutral"),
        beside(130, "in_progress"),
        beside(7, "failure", "x" * 200),
        beside(118, "success"),
    ]

    made = shared(of("success"), REPORT, others)

    assert made.conclusion == "failure"
    assert made.title == ("#7: " + "x" * 200)[:80]
    assert "head of #7, #118, #130, #131;" in made.summary
    assert made.summary.startswith(of("success").summary)
