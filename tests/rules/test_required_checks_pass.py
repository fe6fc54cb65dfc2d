"""What `required-checks-pass` answers, one row per reason that a person could argue with."""

from __future__ import annotations

from tests.rules.tables import LATER, UNREAD, F, P, S, U, W, case, table, verdicts, words
from tests.support.pulls import check, pull

TABLE = table(
    "required-checks-pass",
    case("passed", pull(checks=(check("ci / unit"),)), P),
    case("failed", pull(checks=(check("ci / unit", "failure"),)), F),
    case("skipped is not passed", pull(checks=(check("ci / unit", "skipped"),)), F),
    case("neutral is not passed", pull(checks=(check("ci / unit", "neutral"),)), F),
    case(
        "neutral where the policy lists it",
        pull(checks=(check("ci / unit", "neutral"),)),
        P,
        conclusions=("success", "neutral"),
    ),
    case("cancelled", pull(checks=(check("ci / unit", "cancelled"),)), U),
    case("running", pull(checks=(check("ci / unit", None),)), W),
    case("not there yet", pull(), W),
    case("never came", pull(taken_at=LATER), F),
    case("never came, unsure", pull(taken_at=LATER), U, if_absent="unsure"),
    case("absent, skip", pull(), S, if_absent="skip"),
    case("never ended", pull(checks=(check("ci / unit", None),), taken_at=LATER), F),
    case("another App", pull(checks=(check("ci / unit", app_slug="evil"),)), W),
    case(
        "another App, past the deadline",
        pull(checks=(check("ci / unit", app_slug="evil"),), taken_at=LATER),
        F,
    ),
    case("App not known", pull(checks=(check("ci / unit", app_slug=None),)), U),
    case(
        "another workflow",
        pull(checks=(check("ci / unit"),), taken_at=LATER),
        F,
        workflow=".github/workflows/other.yml",
    ),
    case(
        "workflow not known",
        pull(checks=(check("ci / unit", workflow=UNREAD),)),
        U,
        workflow=".github/workflows/ci.yml",
    ),
    case(
        "one passed, another of unknown workflow failed",
        pull(checks=(check("ci / unit"), check("ci / unit", "failure", workflow=UNREAD))),
        U,
        workflow=".github/workflows/ci.yml",
    ),
    case(
        "one passed, another of unknown workflow passed too",
        pull(checks=(check("ci / unit"), check("ci / unit", workflow=UNREAD))),
        P,
        workflow=".github/workflows/ci.yml",
    ),
    case("a status for a check", pull(checks=(check("ci / unit", status_by="ci"),)), W),
    case(
        "a status by the one named",
        pull(checks=(check("ci / unit", app_slug=None, status_by="ci"),)),
        P,
        status_by="ci",
    ),
    case("another name", pull(checks=(check("ci / units"),)), W),
    case("checks not read", pull(checks=UNREAD), U),
    case("name in another case", pull(checks=(check("CI / Unit"),)), W),
    case(
        "failed beside one that is awaited",
        pull(checks=(check("ci / a", "failure"), check("ci / b", None))),
        F,
        name="ci / *",
    ),
    case(
        "one failed run of a glob beside passed ones",
        pull(checks=(check("ci / a"), check("ci / b", "failure"))),
        F,
        name="ci / *",
    ),
    case(
        "status by another",
        pull(checks=(check("ci / unit", app_slug=None, status_by="x"),)),
        W,
        status_by="ci",
    ),
    case(
        "another App beside one that is awaited",
        pull(checks=(check("ci / unit", app_slug="evil"), check("lint"))),
        W,
    ),
    case(
        "no sign of life, but other CI is still going on",
        pull(checks=(check("lint", completed_at=LATER),), taken_at=LATER),
        W,
    ),
    case("timed out", pull(checks=(check("ci / unit", "timed_out"),)), F),
    case("waits for somebody's approval", pull(checks=(check("ci / unit", "action_required"),)), U),
    name="ci / unit",
)

test_verdict = verdicts(TABLE)
test_golden_words = words(TABLE)
