"""What of an answer ends when the pull request changes, and what time brings."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.acts.answers import drift, put_back, told_last
from bot.judge.handover import awaits, wakes_at
from bot.model.act import ActKind
from bot.model.facts import Facts
from bot.model.handover import HandoverState
from bot.model.known import Unknown
from bot.model.policy import Hours
from bot.model.report import Matter
from tests.support.handed import (
    ACCEPTED,
    BODY,
    BOTH,
    FILES,
    PUSHED,
    REFUNDS,
    RETURNED,
    STRICTER,
    TOLD,
    contract,
    facts_of,
    judged,
    later,
    matter_of,
    says,
    steps,
    telling,
    told_in,
)
from tests.support.pulls import NOW, check

# ── drift ─────────────────────────────────────────────────────────────────────────────────────


def drifted(facts: Facts) -> dict[str, tuple[str, ...]]:
    """What everybody who accepted would have to hear, by notice."""
    return {one.notice: one.changed for one in judged(later(BOTH, facts)).told if one.changed}


def test_a_contract_change_after_accept_reopens_frontend_and_not_operations() -> None:
    stricter = facts_of({**FILES, "openapi.yaml": (contract(), contract(STRICTER))})
    pushed = later(BOTH, stricter)

    assert drifted(stricter) == {"frontend": ("POST /refunds new answer 422",)}
    assert told_in(pushed)["frontend"].state is HandoverState.REOPENED
    assert told_in(pushed)["operations"].state is HandoverState.TOLD
    assert told_in(pushed)["qa"].state is HandoverState.ACCEPTED


@pytest.mark.parametrize(
    ("files", "body", "changed"),
    [
        # Nothing that anybody was told of.
        ({"README.md": ("", "words\n")}, BODY, {}),
        (
            {"docs/a.md": ("", "words\n")},
            BODY,
            {"qa": ("docs is to be looked at again",)},
        ),
        ({"app/a.py": ("", "x = 2\n")}, BODY, {"qa": ("tests is to be looked at again",)}),
        (
            {"openapi.yaml": (contract(), contract(REFUNDS) + "# more\n")},
            BODY,
            {"frontend": ("openapi.yaml changed",)},
        ),
        (
            {"openapi.yaml": (contract(), contract())},
            BODY,
            {"frontend": ("authentication is now empty", "POST /refunds is gone")},
        ),
        (
            {},
            BODY.replace("the image", "two images"),
            {"operations": ("rollback is now two images before",)},
        ),
        ({}, BODY + "## Seed data\nmake seed\n", {"qa": ("seed-data is now make seed",)}),
        (
            {},
            BODY.replace("Deviations: none", "Deviations: one"),
            {"frontend": ("deviations is now one",)},
        ),
    ],
)
def test_only_what_was_told_and_matters_reopens(
    files: dict[str, tuple[str, str]], body: str, changed: dict[str, tuple[str, ...]]
) -> None:
    assert drifted(facts_of({**FILES, **files}, body=body)) == changed


def test_what_is_not_known_now_reopens_nothing() -> None:
    unseen: dict[str, Any] = {
        "changes": Unknown("too many files"),
        "body": Unknown("not visible"),
        "readings": {},
    }

    assert drifted(replace(facts_of(), **unseen)) == {}
    assert drifted(facts_of(checks=())) == {}


def test_content_put_back_is_what_was_accepted() -> None:
    assert drifted(PUSHED) != {}
    assert told_in(later(later(BOTH, PUSHED), facts_of()))["qa"].state is HandoverState.ACCEPTED


def test_who_heard_that_it_changed_is_told_when_it_is_again_as_it_was() -> None:
    red = facts_of({**FILES, "app/a.py": ("", "x = 2\n")}, checks=(check("ci", "failure"),))
    heard, said = steps(later(steps(later(BOTH, red))[0], hours=24))
    assert said == ["changed:qa:1"]
    unsure = told_in(later(heard, facts_of(body=Unknown("not visible"))))["qa"]
    assert (unsure.state, unsure.changed) == (HandoverState.ACCEPTED, ())
    back = later(heard, facts_of())
    assert told_in(back)["qa"].changed == ("it is again as it was",)
    assert steps(back)[1] == ["tell:qa:2"]
    seen = says(ActKind.ACCEPT, "qa", back)
    assert told_in(seen)["qa"].state is HandoverState.ACCEPTED
    assert steps(seen)[1] == []


@pytest.mark.parametrize(
    ("field", "new", "back"),
    [("environment", "staging-2", True), ("seed-data", "b", False), ("seed-data", None, False)],
)
def test_another_environment_alone_is_as_it_was(field: str, new: str | None, *, back: bool) -> None:
    told = {"fields": {"environment": "staging-1", "seed-data": "a"}, "items": {}}

    again = put_back("qa", told, {**told, "fields": {**told["fields"], field: new}})
    assert bool(again) is back
    assert not put_back("qa", told, {**told, "fields": None})


@pytest.mark.parametrize(
    ("notice", "told", "now", "lines"),
    [
        ("docs", {"fields": {"pages": "a"}}, {"fields": {"pages": "b"}}, ()),
        ("qa", {"fields": {"environment": "a"}}, {"fields": {"environment": "b"}}, ()),
        (
            "qa",
            {"fields": {"environment": "a"}, "items": {"docs": "good s1"}},
            {"fields": {"environment": "b"}, "items": {"docs": "missing s1"}},
            ("environment is now b", "docs is missing"),
        ),
        (
            "qa",
            {"items": {"docs": "good s1"}},
            {"items": {"docs": "waived s1"}},
            ("docs is waived",),
        ),
        ("qa", {"items": {"docs": "good s1"}}, {"items": {}}, ("docs is gone",)),
        ("qa", {"items": {"docs": None}}, {"items": {"docs": "good s1"}}, ()),
        ("qa", {}, {"items": {"docs": "good s1"}}, ()),
        ("frontend", {"contract": {}}, {"contract": {"a.yaml": "1"}}, ("a.yaml is new",)),
        (
            "frontend",
            {"operations": {"GET /a": "answer 200; parameter q in query; body"}},
            {"operations": {"GET /a": "answer 200; answer 404; authentication key"}},
            ("GET /a new answer 404, new authentication key, no parameter q in query, no body",),
        ),
        (
            "frontend",
            {"operations": {"POST /a": "q has maximum 5; w has minimum 1; e has minimum 1"}},
            {"operations": {"POST /a": "q has maximum 4; w has minimum 1; answer 200"}},
            ("POST /a q has maximum 4, new answer 200, e has no bound any more",),
        ),
        (
            "frontend",
            {"operations": {"GET /a/{}": "answer 200; parameter id in path; body"}},
            {"operations": {"GET /a/{}": "answer 200; parameter id in path"}},
            ("GET /a/{id} no body",),
        ),
        (
            "frontend",
            {"operations": {"GET /a/{}/{}": "parameter b in path; parameter id in path"}},
            {"operations": {}},
            ("GET /a/{}/{} is gone",),
        ),
    ],
)
def test_each_difference_is_one_line(
    notice: str, told: dict[str, Any], now: dict[str, Any], lines: tuple[str, ...]
) -> None:
    assert drift(notice, told, now) == lines


def test_a_long_value_is_kept_in_part_and_seen_to_change() -> None:
    long = BODY.replace("the image before", "x" * 400)
    matter = telling(matter_of(facts_of(body=long)))
    other = later(matter, facts_of(body=long.replace("xxx\n", "xxy\n")))

    tell = told_last("operations", matter.acts)
    assert tell is not None
    assert len(json.loads(tell.data["parts"])["fields"]["rollback"]) < 330
    assert told_in(other)["operations"].changed[0].startswith("rollback is now xxx")


# ── what time brings ──────────────────────────────────────────────────────────────────────────


def test_five_pushes_make_one_line_after_four_working_hours() -> None:
    now, said = TOLD, list[str]()
    for push in range(5):
        files = {**FILES, "app/a.py": ("", f"x = {push + 2}\n")}
        now = later(now, facts_of(files, checks=(check("ci", "failure"),)), minutes=10)
        now, keys = steps(now)
        said += keys
    assert said == ["drifted:qa:1"]
    due = wakes_at(now, judged(now))
    assert due == datetime(2026, 11, 24, 16, 10, tzinfo=NOW.tzinfo)

    now, keys = steps(later(now, hours=3, minutes=30))
    assert keys == ["changed:qa:1"]
    assert json.loads(now.acts[-1].data["changed"]) == ["tests is missing"]
    assert steps(later(now, hours=1))[1] == []

    green = later(now, facts_of(files), hours=1)
    assert steps(green)[1] == ["tell:qa:2"]


def test_what_nobody_could_be_told_in_time_waits_for_their_hours() -> None:
    files = {**FILES, "app/a.py": ("", "x = 9\n")}
    now, _ = steps(later(TOLD, facts_of(files, checks=(check("ci", "failure"),))))
    night, keys = steps(later(now, hours=14))
    opens = wakes_at(night, judged(night))

    assert keys == []
    assert opens == datetime(2026, 11, 25, 9, tzinfo=NOW.tzinfo)
    hours = (datetime(2026, 11, 25, 9, tzinfo=NOW.tzinfo) - night.facts.taken_at) / timedelta(
        hours=1
    )
    morning, keys = steps(later(night, hours=hours))
    assert keys == ["changed:qa:1"]
    assert wakes_at(morning, judged(morning)) == NOW + timedelta(days=1)


def test_what_is_ready_at_once_is_told_again_instead() -> None:
    assert steps(later(BOTH, PUSHED))[1] == ["tell:qa:2"]


def test_an_answer_that_does_not_come_is_remarked_once() -> None:
    due = NOW + timedelta(days=1)
    assert {one.due_at for one in told_in(TOLD).values()} == {due, None}
    assert wakes_at(TOLD, judged(TOLD)) == due

    late, keys = steps(later(TOLD, days=1))
    assert keys == ["unanswered:frontend:1", "unanswered:qa:1"]
    assert steps(late)[1] == []
    assert wakes_at(late, judged(late)) is None


def test_a_calendar_that_never_opens_makes_nothing_due() -> None:
    first = matter_of()
    never = telling(replace(first, policy=replace(first.policy, hours=Hours(days=()))))
    red = facts_of({**FILES, "app/a.py": ("", "x = 2\n")}, checks=(check("ci", "failure"),))
    pushed, keys = steps(later(never, red))

    assert told_in(never)["qa"].due_at is None
    assert keys == ["drifted:qa:1"]
    assert wakes_at(pushed, judged(pushed)) is None


@pytest.mark.parametrize(
    ("matter", "waits"),
    [(matter_of(), True), (TOLD, True), (RETURNED, True), (ACCEPTED, True), (BOTH, False)],
)
def test_what_is_merged_is_judged_while_somebody_has_to_be_told_or_to_answer(
    matter: Matter, *, waits: bool
) -> None:
    assert awaits(matter.policy, matter.acts) is waits
