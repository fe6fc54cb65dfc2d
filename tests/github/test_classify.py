from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest

from bot.github.classify import OK, Kind, Reading, classify, sent_at

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
JSON = {"content-type": "application/json; charset=utf-8"}
SUSPENDED = "This installation has been suspended"
SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes."


def later(**span: float) -> datetime:
    return NOW + timedelta(**span)


class Case(NamedTuple):
    name: str
    status: int
    headers: dict[str, str]
    body: Any
    want: Reading


def refused(kind: Kind, what: str = "", **more: Any) -> Reading:
    return Reading(kind=kind, what=what, **more)


RESET = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(later(minutes=7).timestamp()))}
ABUSE = {"message": "Validation Failed", "errors": [{"code": "abuse"}]}
ABUSE_PAGE = {"message": "Slow", "documentation_url": "https://x/#abuse-rate-limits"}
LARGE = {"message": "Sorry", "errors": [{"code": "too_large"}]}
DENIED = {"message": "Resource not accessible by integration"}
FIELDS = {
    "message": "Validation Failed",
    "errors": [{"resource": "CheckRun", "field": "name", "code": "missing"}, "also this"],
}
ACCEPTED = {"x-accepted-github-permissions": "checks=write"}

CASES = [
    Case("a page", 200, JSON, [], OK),
    Case("created", 201, JSON, {}, OK),
    Case("nothing to say", 204, {}, None, OK),
    Case("accepted, empty", 202, {}, None, OK),
    Case(
        "HTML with 200",
        200,
        {"content-type": "text/html"},
        "<html>",
        refused(Kind.TRANSIENT, "GitHub answered 200 without JSON"),
    ),
    Case("500", 500, {}, "oops", refused(Kind.TRANSIENT, "GitHub answered 500")),
    Case(
        "502 in HTML",
        502,
        {"content-type": "text/html"},
        "<html>",
        refused(Kind.TRANSIENT, "GitHub answered 502", heavy=True),
    ),
    Case("504", 504, {}, "", refused(Kind.TRANSIENT, "GitHub answered 504", heavy=True)),
    Case("520", 520, {}, "", refused(Kind.TRANSIENT, "GitHub answered 520")),
    Case("suspended", 403, JSON, {"message": SUSPENDED}, refused(Kind.SUSPENDED, SUSPENDED)),
    Case(
        "Retry-After 403",
        403,
        {"retry-after": "90"},
        {"message": "m"},
        refused(Kind.SECONDARY, "m", until=later(seconds=90)),
    ),
    Case(
        "Retry-After 429 as a date",
        429,
        {"retry-after": "Mon, 02 Mar 2026 09:02:00 GMT"},
        None,
        refused(Kind.SECONDARY, until=later(minutes=2)),
    ),
    Case(
        "Retry-After for ever",
        403,
        {"retry-after": "9" * 40},
        None,
        refused(Kind.SECONDARY, until=later(days=1)),
    ),
    Case(
        "Retry-After beats the primary limit",
        403,
        {"retry-after": "5"} | RESET,
        None,
        refused(Kind.SECONDARY, until=later(seconds=5)),
    ),
    Case(
        "primary 403",
        403,
        RESET,
        {"message": "m"},
        refused(Kind.PRIMARY, "m", until=later(minutes=7)),
    ),
    Case("primary 429", 429, RESET, None, refused(Kind.PRIMARY, until=later(minutes=7))),
    Case(
        "primary without a reset",
        403,
        {"x-ratelimit-remaining": "0"},
        None,
        refused(Kind.PRIMARY, until=later(minutes=1)),
    ),
    Case(
        "primary with a reset long ago",
        403,
        RESET | {"x-ratelimit-reset": "17"},
        None,
        refused(Kind.PRIMARY, until=later(minutes=1)),
    ),
    Case(
        "secondary by message",
        403,
        JSON,
        {"message": SECONDARY},
        refused(Kind.SECONDARY, SECONDARY),
    ),
    Case("secondary by documentation", 403, JSON, ABUSE_PAGE, refused(Kind.SECONDARY, "Slow")),
    Case("429 without a word", 429, {}, None, refused(Kind.SECONDARY)),
    Case("422 abuse", 422, JSON, ABUSE, refused(Kind.SECONDARY, "Validation Failed")),
    Case(
        "422 abuse with a time",
        422,
        {"retry-after": "60"},
        ABUSE,
        refused(Kind.SECONDARY, "Validation Failed", until=later(minutes=1)),
    ),
    Case(
        "not permitted",
        403,
        ACCEPTED,
        DENIED,
        refused(Kind.DENIED, DENIED["message"], accepted="checks=write"),
    ),
    Case("403 that is no JSON", 403, {}, "<html>", refused(Kind.DENIED)),
    Case("403 too large", 403, JSON, LARGE, refused(Kind.TOO_LARGE, "Sorry")),
    Case(
        "401",
        401,
        JSON,
        {"message": "Bad credentials"},
        refused(Kind.UNAUTHORIZED, "Bad credentials"),
    ),
    Case(
        "301", 301, {"location": "https://x/y"}, None, refused(Kind.MOVED, location="https://x/y")
    ),
    *(
        Case(str(status), status, {"location": "/y"}, None, refused(Kind.MOVED, location="/y"))
        for status in (302, 307, 308)
    ),
    Case(
        "301 to nowhere",
        301,
        {"location": "http://[::1"},
        None,
        refused(Kind.TRANSIENT, "GitHub points to an address that is none"),
    ),
    Case("404", 404, JSON, {"message": "Not Found"}, refused(Kind.GONE, "Not Found")),
    Case("410", 410, {}, None, refused(Kind.GONE, "GitHub answered 410")),
    Case("451", 451, {}, None, refused(Kind.GONE, "GitHub answered 451")),
    Case("408", 408, {}, None, refused(Kind.TRANSIENT, "GitHub answered 408")),
    Case("409", 409, JSON, {"message": "Conflict"}, refused(Kind.TRANSIENT, "Conflict")),
    Case(
        "409 of an empty repository",
        409,
        JSON,
        {"message": "Git Repository is empty."},
        refused(Kind.INVALID, "Git Repository is empty."),
    ),
    Case(
        "410 of an API version",
        410,
        JSON,
        {"message": "API version 2020 is withdrawn"},
        refused(
            Kind.INVALID, "API version 2020 is withdrawn: set github.api_version to a newer one"
        ),
    ),
    Case("406 too large", 406, JSON, LARGE, refused(Kind.TOO_LARGE, "Sorry")),
    Case("422 too large", 422, JSON, LARGE, refused(Kind.TOO_LARGE, "Sorry")),
    Case(
        "422",
        422,
        JSON,
        FIELDS,
        refused(Kind.INVALID, "Validation Failed: name missing; also this"),
    ),
    Case(
        "422 with odd errors",
        422,
        JSON,
        {"message": 5, "errors": "text"},
        refused(Kind.INVALID, "5: text"),
    ),
    Case("a list as an error", 400, JSON, ["x"], refused(Kind.INVALID, "GitHub answered 400")),
    Case("a 304 nobody asked for", 304, {}, None, refused(Kind.INVALID, "GitHub answered 304")),
    Case("nested beyond reason", 403, {}, "[" * 100_000, refused(Kind.DENIED)),
]


@pytest.mark.parametrize("case", CASES, ids=[one.name for one in CASES])
def test_each_answer_is_read_as_the_table_says(case: Case) -> None:
    body = case.body if isinstance(case.body, str) else json.dumps(case.body)

    read = classify(case.status, case.headers, b"" if case.body is None else body.encode(), NOW)

    assert read == case.want


def test_a_message_is_cut_and_put_on_one_line() -> None:
    body = json.dumps({"message": "a\nb " + "x" * 900}).encode()

    assert classify(404, {}, body, NOW).what == "a b " + "x" * 296


@pytest.mark.parametrize(
    ("date", "want"),
    [
        ("Mon, 02 Mar 2026 08:59:00 GMT", later(minutes=-1)),
        ("Mon, 02 Mar 2020 08:59:00 GMT", NOW),
        ("no date", NOW),
        ("", NOW),
    ],
)
def test_the_time_of_an_answer_is_its_own_unless_it_cannot_be(date: str, want: datetime) -> None:
    assert sent_at({"date": date}, NOW) == want
