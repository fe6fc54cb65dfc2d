"""Coverage as different tools write it: the same six lines in every form."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.model.known import Known, Unknown
from bot.model.results import Coverage, Measured
from bot.readers.reports.lines import read
from bot.sandbox.frame import Job

PATH = "src/acme/pay.py"


def coverage(text: str, *others: str, path: str = PATH) -> Known[Coverage]:
    asked = {"lines": {path: [1, 2, 3, 4]}, "others": others}
    return read(Job(reading="coverage", path="cov", head=text.encode(), options=json.dumps(asked)))


def measured(text: str, *others: str, path: str = PATH) -> Measured | None:
    found = coverage(text, *others, path=path)
    assert isinstance(found, Coverage)
    return found.measured[0] if found.measured else None


def cobertura(name: str = PATH, *sources: str) -> str:
    said = "".join(f"<source>{one}</source>" for one in sources)
    return f"""<?xml version="1.0" ?>
<!DOCTYPE coverage SYSTEM "http://cobertura.sourceforge.net/xml/coverage-04.dtd">
<coverage line-rate="0.5"><sources>{said}</sources><packages><package name="acme"><classes>
<class filename="{name}" name="pay"><methods><method name="m"><lines>
<line number="1" hits="3"/></lines></method></methods><lines>
<line number="1" hits="3"/><line number="2" hits="1" branch="true" condition-coverage="50% (1/2)"/>
<line number="3" hits="0"/><line number="9" hits="0"/>
</lines></class></classes></package></packages></coverage>"""


JACOCO = """<!DOCTYPE report PUBLIC "-//JACOCO//DTD Report 1.1//EN" "report.dtd">
<report name="x"><package name="src/acme"><class name="a" sourcefilename="pay.py"/>
<sourcefile name="pay.py"><line nr="1" mi="0" ci="3" mb="0" cb="0"/>
<line nr="2" mi="0" ci="1" mb="1" cb="1"/><line nr="3" mi="2" ci="0" mb="0" cb="0"/>
<line nr="9" mi="2" ci="0" mb="0" cb="0"/><counter type="LINE" missed="1" covered="2"/>
</sourcefile></package></report>"""
LCOV = f"""TN:
SF:{PATH}
FN:1,f
FNDA:3,f
DA:1,3
DA:2,1,abcdef
DA:3,0
DA:9,0
BRDA:2,0,0,1
BRDA:2,0,1,-
LF:4
end_of_record
"""
PYTHON: dict[str, Any] = {
    "meta": {"format": 3, "version": "7.10"},
    "files": {
        PATH: {
            "executed_lines": [1, 2],
            "missing_lines": [3, 9],
            "missing_branches": [[2, -1]],
        }
    },
}
FORMS = [
    ("Cobertura", cobertura()),
    ("JaCoCo", JACOCO),
    ("LCOV", LCOV),
    ("LCOV with CRLF", LCOV.replace("\n", "\r\n")),
    ("coverage.py", json.dumps(PYTHON)),
    ("coverage.py with a mark before", "\ufeff" + json.dumps(PYTHON)),
]


@pytest.mark.parametrize(("why", "text"), FORMS)
def test_every_form_says_the_same(why: str, text: str) -> None:
    found = coverage(text)

    one = Measured(path=PATH, ran=(1, 2), missed=(3,), branches=((2, 1),))
    assert found == Coverage(files=1, measured=(one,), lines=4, covered=2)


NAMES = [
    ("as the repository calls it", cobertura(), (), True),
    ("absolute", cobertura("/home/runner/work/x/x/" + PATH), (), True),
    ("from a folder inside", cobertura("acme/pay.py"), (), True),
    ("by its name alone", cobertura("pay.py"), (), True),
    ("from the one source", cobertura("pay.py", "/ci/x/src/acme"), ("lib/acme/pay.py",), True),
    ("from one of two sources", cobertura("pay.py", "/a", "/b"), ("lib/pay.py",), None),
    ("with folders to go up", cobertura("src/x/../acme/pay.py"), (), True),
    ("with backslashes", cobertura("src\\acme\\pay.py"), (), True),
    ("in another folder", cobertura("lib/pay.py"), (), False),
    ("an ending that is no folder", cobertura("me/pay.py"), (), False),
    ("one of two", cobertura("acme/pay.py"), ("lib/acme/pay.py",), None),
    ("or a deeper one", cobertura(), ("web/" + PATH,), None),
    ("the other one", cobertura("/ci/web/" + PATH), ("web/" + PATH,), False),
    ("the shorter one", cobertura("/ci/x/" + PATH), ("web/" + PATH,), True),
]


@pytest.mark.parametrize(("why", "text", "others", "meant"), NAMES)
def test_a_report_means_the_file_that_its_path_ends_with(
    why: str, text: str, others: tuple[str, ...], meant: bool | None
) -> None:
    found = measured(text, *others)

    assert (found is not None and not found.unsure) is (meant is True)
    assert (found is not None and found.unsure != "") is (meant is None)


NOT_COVERAGE = ["<testsuites/>", '{"a": 1}', '{"meta": [], "files": {}}', "words", "", "TN:\n"]


@pytest.mark.parametrize("text", NOT_COVERAGE)
def test_what_is_no_coverage_is_left_alone(text: str) -> None:
    assert coverage(text) == Coverage()


UNREADABLE = [
    ("another format", json.dumps(PYTHON | {"meta": {"format": 9}}), "format 9 is not known"),
    ("no format", json.dumps(PYTHON | {"meta": {}}), "format None is not known"),
    ("lines that are words", json.dumps(PYTHON).replace("[1, 2]", '["x"]'), "no whole report"),
    ("a file without lines", json.dumps(PYTHON | {"files": {"a": {}}}), "no whole report"),
    ("half of it", json.dumps(PYTHON)[:-3], "no whole JSON"),
    ("nested", "{" + '"a":[' * 100_000, "no whole JSON"),
    ("a large number", '{"a": ' + "9" * 5000 + "}", "no whole JSON"),
    ("cut XML", cobertura()[:-20], "no whole XML"),
]


@pytest.mark.parametrize(("why", "text", "says"), UNREADABLE)
def test_what_cannot_be_read_is_a_reason(why: str, text: str, says: str) -> None:
    found = coverage(text)

    assert isinstance(found, Unknown)
    assert says in found.reason


def test_numbers_that_are_none_are_no_lines() -> None:
    found = measured(LCOV.replace("DA:1,3", "DA:one,3\nDA:1,-1").replace("DA:3,0", "DA:3"))

    assert found == Measured(path=PATH, ran=(2,), missed=(1,), branches=((2, 1),))


def test_two_reports_in_one_artifact_add_up() -> None:
    found = measured(LCOV + LCOV.replace("DA:3,0", "DA:3,1").replace("BRDA:2,0,1,-\n", ""))

    assert found == Measured(path=PATH, ran=(1, 2, 3))
