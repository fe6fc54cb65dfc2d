"""Archives and XML that were made to hurt: each ends in a reason, within bounds."""

from __future__ import annotations

import struct
from io import BytesIO
from zipfile import ZIP_BZIP2, ZipFile, ZipInfo

import pytest

from bot.model.known import Known, Unknown
from bot.model.results import Coverage, Results
from bot.readers.reports import cases, lines
from bot.sandbox.frame import Job
from tests.support.reports import packed, suite

GOOD = suite("a", "b")
BOMB = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><testsuite name="&b;"/>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><testsuite>&a;</testsuite>'
MB = 1_000_000


def read(body: bytes, options: str = "") -> Known[Results]:
    return cases.read(Job(reading="results", path="unit", head=body, options=options))


def covered(body: bytes) -> Known[Coverage]:
    return lines.read(Job(reading="coverage", path="cov", head=body))


def encrypted() -> bytes:
    """An archive whose entries say that they are encrypted."""
    body = bytearray(packed({"r.xml": GOOD}))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = body.index(mark) + at
        struct.pack_into("<H", body, start, 1)
    return bytes(body)


def unusual() -> bytes:
    whole = BytesIO()
    with ZipFile(whole, "w", ZIP_BZIP2) as archive:
        archive.writestr("r.xml", GOOD)
    return whole.getvalue()


def lying() -> bytes:
    """An archive whose headers say that a large file is small."""
    body = bytearray(packed({"r.xml": " " * (21 * MB) + GOOD}))
    start = body.index(b"PK\x01\x02") + 24
    struct.pack_into("<I", body, start, 10)
    return bytes(body)


HURTS = [
    ("entities", BOMB.encode(), "declares entities"),
    ("an entity outside", OUTSIDE.encode(), "declares entities"),
    ("deep", b"<testsuite>" * 200_000, "nested deeper"),
    ("cut off", GOOD.encode()[:-9], "no whole XML"),
    ("empty", b"", "no whole XML"),
    ("NUL", b"\0\0", "no whole XML"),
    ("unknown encoding", b'<?xml version="1.0" encoding="x-y"?><a/>', "no whole XML"),
    ("no archive", b"PK\x03\x04 and then nothing", "no whole archive"),
    ("cut archive", packed({"r.xml": GOOD})[:-30], "no whole archive"),
    ("encrypted", encrypted(), "encrypted"),
    ("an unusual method", unusual(), "unusual way"),
    ("a large file", packed({"r.xml": " " * (21 * MB)}), "unpacks to more than 20 MB"),
    ("headers that lie", lying(), "archive"),
    ("many files", packed({f"{at}.xml": GOOD for at in range(201)}), "201 reports in it"),
    ("a long name", packed({"x" * 1001 + ".xml": GOOD}), "name of more than"),
]


@pytest.mark.parametrize(("why", "body", "says"), HURTS)
def test_what_was_made_to_hurt_is_a_reason(why: str, body: bytes, says: str) -> None:
    found = read(body)

    assert isinstance(found, Unknown)
    assert found.by_content
    assert says in found.reason


def test_all_files_together_are_bounded() -> None:
    text = GOOD + " " * (19 * MB)

    found = read(packed({f"{at}.xml": text for at in range(4)}))

    assert isinstance(found, Unknown)
    assert "more than 60 MB" in found.reason


PLAIN = [
    ("as it is", GOOD.encode()),
    ("packed", packed({"r.xml": GOOD})),
    ("in a folder", packed({"a/b/r.xml": GOOD})),
    ("outside, by its name", packed({"../../r.xml": GOOD})),
    ("beside many others", packed({"r.xml": GOOD} | {f"{at}.png": "x" for at in range(300)})),
    (
        "an archive inside stays closed",
        packed({"r.xml": GOOD, "inner.zip": packed({"x.xml": "<"})}),
    ),
    ("a DOCTYPE", b'<!DOCTYPE testsuites SYSTEM "http://x/y.dtd">' + GOOD.encode()),
    ("a namespace", b'<t:testsuites xmlns:t="x">' + GOOD.encode()[12:-13] + b"</t:testsuites>"),
]


@pytest.mark.parametrize(("why", "body"), PLAIN)
def test_what_is_usual_is_read(why: str, body: bytes) -> None:
    found = read(body, '{"files": "**/*.xml"}')

    assert isinstance(found, Results)
    assert (found.files, found.cases, found.failed) == (1, 2, 0)


def test_a_name_that_leads_outside_is_a_label() -> None:
    entry = ZipInfo("/etc/passwd.xml")

    found = read(packed({entry.filename: GOOD}), '{"files": "**/*.xml"}')

    assert isinstance(found, Results)


MANY = "".join('<testcase name="a"/>' for _ in range(100_001))


def test_cases_are_counted_while_they_come() -> None:
    found = read(f"<testsuite>{MANY}</testsuite>".encode())

    assert isinstance(found, Unknown)
    assert "more than 100,000 cases" in found.reason


def test_lines_are_counted_while_they_come() -> None:
    found = covered(b"SF:a.py\n" + b"DA:1,1\n" * 1_000_001)

    assert isinstance(found, Unknown)
    assert "more than 1,000,000 lines" in found.reason
