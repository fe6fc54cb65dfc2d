"""All that a person reads of a report, in each state; `make golden` rewrites it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.model.effect import SetCheck
from bot.model.facts import Facts
from bot.model.handover import HandoverState
from bot.model.policy import Mode
from bot.model.report import Conclusion, Fault, NotEvaluated, Report, State
from bot.text.check import check_of, could_not, markdown_of
from bot.text.comment import comment_of
from bot.text.group import group_check
from bot.text.report_json import report_bytes, report_data
from bot.text.terminal import Screen, render
from bot.text.title import title_of
from tests.support.golden import assert_golden
from tests.support.judging import BASIC, judged
from tests.support.pulls import NOW
from tests.text.reports import ALL_GOOD, FAILING, REPORTS

GOLDEN = Path(__file__).parent / "golden"
CANNOT = NotEvaluated(
    repo_id=7,
    number=118,
    head_sha="1" * 40,
    mode=Mode.ENFORCE,
    why="GitHub answered 502",
    request_id="d1f2",
    next_try_at=NOW + timedelta(minutes=5),
)


def shown(check: SetCheck) -> str:
    """A check run as one reads it."""
    remarks = [
        f"{one.level} {one.path}:{one.start_line} [{one.title}] {one.message}"
        for one in check.annotations
    ]
    parts = [f"{check.name}: {check.status} {check.conclusion} | {check.title}", check.summary]
    return "\n".join([*parts, "--", check.text, "--", *remarks])


def all_of(parts: dict[str, str]) -> str:
    return "\n\n".join(f"==== {name}\n{text}" for name, text in parts.items()) + "\n"


def test_golden_checks() -> None:
    shows = {name: shown(check_of(report)) for name, report in REPORTS.items()}

    assert_golden(GOLDEN / "checks.txt", all_of(shows))


def test_golden_quality_checks() -> None:
    names = ("held", "missing, broken", "a question that blocks", "an answer is due")

    shows = {name: shown(check_of(REPORTS[name], "quality")) for name in names}

    assert_golden(GOLDEN / "quality.txt", all_of(shows))


def test_golden_comments() -> None:
    shows = {name: comment_of(report, create=True).body for name, report in REPORTS.items()}

    assert_golden(GOLDEN / "comments.txt", all_of(shows))


def test_golden_terminal() -> None:
    shows = {name: render(report, Screen(verbosity=2)) for name, report in REPORTS.items()}

    assert_golden(GOLDEN / "terminal.txt", all_of(shows))


def test_golden_terminal_with_colours_without_symbols_and_in_short() -> None:
    report = REPORTS["missing, with places"]
    shows = {
        "colour": render(report, Screen(colour=True)),
        "ascii": render(report, Screen(utf8=False)),
        "quiet": render(report, Screen(verbosity=-1)),
        "plain": render(report, Screen()),
        "nothing good": render(REPORTS["nothing good"], Screen()),
        "a notice": render(REPORTS["a notice, half answered"], Screen()),
    }

    assert_golden(GOLDEN / "screens.txt", all_of(shows).replace("\x1b", "ESC"))


def test_golden_markdown() -> None:
    names = ("proved", "missing, with places", "written by an enemy", "not needed, exempt")

    assert_golden(
        GOLDEN / "markdown.txt", all_of({one: markdown_of(REPORTS[one]) for one in names})
    )


def test_golden_report_json() -> None:
    names = ("proved", "contradicted", "a word that lapsed", "a question that blocks")
    more = ("a notice, half answered", "a policy change with errors")
    data = {one: report_data(REPORTS[one]) for one in (*names, *more)}

    assert_golden(GOLDEN / "reports.json", json.dumps(data, indent=1, ensure_ascii=False) + "\n")


def test_golden_what_could_not_be_judged() -> None:
    shows = {
        "enforced": shown(could_not(CANNOT)),
        "observed": shown(could_not(replace(CANNOT, mode=Mode.OBSERVE, next_try_at=None))),
        "a policy that cannot be read": shown(
            could_not(
                replace(
                    CANNOT,
                    why="policy cannot be read, .github/handoff.yml:14",
                    request_id="",
                    next_try_at=None,
                    extra=(".github/handoff.yml:14:3  error  unknown key <b>  [E201]",),
                )
            )
        ),
        "a long story": shown(could_not(replace(CANNOT, why="it went wrong " * 20))),
    }

    assert_golden(GOLDEN / "could-not.txt", all_of(shows))


def test_golden_merge_groups() -> None:
    good, red = REPORTS["proved"], replace(REPORTS["missing, broken"], number=119)
    awaited, accepted = REPORTS["waiting"], REPORTS["handed over"]
    held = replace(accepted, holds=REPORTS["held"].holds)
    owing = replace(accepted.told[0], state=HandoverState.TOLD, answers="expected")
    owed = replace(accepted, told=(owing, *accepted.told[1:]))
    later = replace(accepted, judged_at=accepted.judged_at + timedelta(days=7))
    shows = {
        "one good": shown(group_check((good,), Conclusion.SUCCESS, "2" * 40)),
        "the worst shows": shown(group_check((good, red), Conclusion.FAILURE, "2" * 40)),
        "awaited": shown(group_check((good, awaited), Conclusion.IN_PROGRESS, "2" * 40)),
        "accepted": shown(group_check((accepted,), Conclusion.SUCCESS, "2" * 40)),
        "accepted last week": shown(group_check((later,), Conclusion.SUCCESS, "2" * 40)),
        "one has not answered": shown(group_check((owed,), Conclusion.SUCCESS, "2" * 40)),
        "accepted, but for a hold": shown(group_check((held,), Conclusion.FAILURE, "2" * 40)),
    }

    assert_golden(GOLDEN / "groups.txt", all_of(shows))


def test_golden_a_fault_of_ours() -> None:
    fault = Fault(id="F0123456789", where="required-checks-pass", what="RuntimeError: surprise")
    report = replace(REPORTS["undecided"], faults=(fault,))

    shows = {
        "check": shown(check_of(report)),
        "terminal": render(report, Screen()),
        "json": json.dumps(report_data(report)["faults"]),
    }

    assert_golden(GOLDEN / "faults.txt", all_of(shows))


# ── what the whole set shows ──────────────────────────────────────────────────────────────────


def test_every_state_and_conclusion_is_among_the_golden_reports() -> None:
    states = {entry.state for report in REPORTS.values() for entry in report.entries}

    assert states == set(State)
    assert {report.conclusion() for report in REPORTS.values()} == set(Conclusion)


@pytest.mark.parametrize("name", REPORTS)
def test_only_what_fails_in_mode_enforce_would_fail_elsewhere(name: str) -> None:
    report = REPORTS[name]
    check = check_of(report)

    assert len(check.title) <= 80
    assert (check.conclusion is None) == (check.status == "in_progress")
    assert (check.conclusion == "neutral") == (report.mode is not Mode.ENFORCE)


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_is_the_same_bytes_every_time(name: str) -> None:
    report: Report = REPORTS[name]

    assert report_bytes(report) == report_bytes(replace(report))
    assert json.loads(report_bytes(report))["title"] == title_of(report)


@pytest.mark.parametrize("facts", [ALL_GOOD, FAILING])
def test_a_draft_says_so_first(facts: Facts) -> None:
    assert title_of(judged(BASIC, replace(facts, draft=True))).startswith("Draft · ")
