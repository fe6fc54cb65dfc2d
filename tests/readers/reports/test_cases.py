"""JUnit XML as different runners write it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.model.results import Results
from bot.readers.reports.cases import read
from bot.sandbox.frame import Job


def results(text: str, *globs: str, before: str | None = None) -> Results:
    base = None if before is None else before.encode()
    options = json.dumps({"cases": globs})
    found = read(
        Job(reading="results", path="unit", base=base, head=text.encode(), options=options)
    )
    assert isinstance(found, Results)
    return found


def one(inside: str = "", **given: Any) -> str:
    words = {"classname": "com.acme.PayTest", "name": "pays", **given}
    attributes = " ".join(f'{name}="{value}"' for name, value in words.items())
    return f'<testsuite name="s"><testcase {attributes}>{inside}</testcase></testsuite>'


FORMS = [
    ("passed", one(), (1, 0, 0)),
    ("failed", one("<failure/>"), (1, 1, 0)),
    ("errored", one('<error type="x">trace</error>'), (1, 1, 0)),
    ("skipped", one("<skipped/>"), (1, 0, 1)),
    ("not run, as GoogleTest says it", one(status="notrun", time="0"), (1, 0, 1)),
    ("disabled, in capitals", one(status="DISABLED"), (1, 0, 1)),
    ("run, as GoogleTest says it", one(status="run", result="completed"), (1, 0, 0)),
    ("a time that is none", one(time="NaN"), (1, 0, 0)),
    ("output of a failure", one("<system-out>&lt;failure/&gt;</system-out>"), (1, 0, 0)),
    ("failed again by Surefire", one("<failure/><rerunFailure/>"), (1, 1, 0)),
    (
        "suites in suites",
        f"<testsuites><testsuite>{one()}{one()}</testsuite></testsuites>",
        (2, 0, 0),
    ),
    ("no suite", '<testsuites><testcase name="a"/></testsuites>', (1, 0, 0)),
    ("properties", one('<properties><property name="a" value="b"/></properties>'), (1, 0, 0)),
    ("a failure outside a case", "<testsuite><failure/></testsuite>", (0, 0, 0)),
]


@pytest.mark.parametrize(("why", "text", "numbers"), FORMS)
def test_cases_are_counted_as_they_are(why: str, text: str, numbers: tuple[int, ...]) -> None:
    found = results(text)

    assert (found.cases, found.failed, found.skipped) == numbers


@pytest.mark.parametrize("text", ["<coverage/>", "<html><testcase/></html>", "<report/>"])
def test_other_xml_is_no_report_of_tests(text: str) -> None:
    assert results(text) == Results()


GLOBS = [
    ("com.acme.*", 1),
    ("com/acme/**", 1),
    ("src/pay/**", 1),
    ("s", 1),
    ("*integration*", 0),
    ("pays", 0),
    ("com.acme", 0),
]


@pytest.mark.parametrize(("glob", "count"), GLOBS)
def test_cases_count_by_file_class_or_suite(glob: str, count: int) -> None:
    assert results(one(file="src\\pay\\test.py"), glob).cases == count


def test_the_numbers_of_a_report_are_compared_suite_by_suite() -> None:
    text = f'<testsuites tests="9"><testsuite name="x" tests="1">{one()}</testsuite></testsuites>'

    assert results(text).says == ""
    assert results(text.replace('"1"', '"4"')).says == "suite x says 4 cases and lists 1"


def test_what_passed_only_again_is_told() -> None:
    assert results(one("<flakyError/>")).flaky == ("com.acme.PayTest.pays",)
    assert results(one(), before=one("<failure/>")).flaky == ("com.acme.PayTest.pays",)
    assert results(one(), before=one()).flaky == ()


CELL = '<property name="handoff.case" value="POST /refunds validation"/>'
TOLD = [
    ("by a property", one(f"<properties>{CELL}</properties>"), ("POST /refunds validation",)),
    ("by its name", one(name="GET /a/:id/ not-found"), ("GET /a/{} not-found",)),
    ("of the root", one(name="GET / success"), ("GET / success",)),
    (
        "by two properties",
        one(CELL + CELL.replace("validation", "auth")),
        ("POST /refunds auth", "POST /refunds validation"),
    ),
    ("by another property", one(CELL.replace("handoff.case", "case")), ()),
    ("of a case that there is not", one(CELL.replace("validation", "speed")), ()),
    ("of no route", one(CELL.replace("/refunds", "refunds")), ()),
    ("by a property without a value", one('<property name="handoff.case"/>'), ()),
    ("by one that failed", one(f"{CELL}<failure/>"), ()),
    ("by one that was skipped", one(f"{CELL}<skipped/>"), ()),
    ("by one of two that differ", f"<testsuites>{one(CELL)}{one('<failure/>')}</testsuites>", ()),
    ("by a suite", f"<testsuite>{CELL}</testsuite>", ()),
]


@pytest.mark.parametrize(("why", "text", "told"), TOLD)
def test_what_a_case_says_it_is_of_counts_where_it_passed(
    why: str, text: str, told: tuple[str, ...]
) -> None:
    assert results(text).told == told


def test_a_name_is_cut_and_stays_one_line() -> None:
    (name,) = results(one("<failure/>", name="a&#10;b" + "c" * 2000)).failing

    assert len(name) <= 150
    assert "\n" not in name
