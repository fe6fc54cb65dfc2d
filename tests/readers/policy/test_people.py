"""When people are asked and told, as a policy says it and an organisation tightens it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from bot.judge.hours import after
from bot.model.codec import Decoder, encode
from bot.model.policy import Hours, Policy, Timing, WorkingTime
from bot.model.verbs import rule_of
from tests.readers.policy.given import EXAMPLE, START, errors, lines, load, policy

EVERYWHERE = 'version: 1\napplies-to: { repositories: ["*"] }\n'
DAY = WorkingTime(days=1)
NOTICE = "handoff: {{ docs: {{ to: lead, tell: {{ pages: {{ from: diff{1} }} }}{0} }} }}\n"


def hours(number: int) -> WorkingTime:
    return WorkingTime(time=timedelta(hours=number))


def timing(written: str) -> str:
    return f"escalate: {{ timing: {{ {written} }} }}\n"


def answers(made: Policy) -> WorkingTime:
    (found,) = made.notices
    return found.answer_within


def test_a_policy_that_says_nothing_has_the_usual_times_and_ways() -> None:
    made = policy(START + NOTICE.format("", ""))

    assert made.timing == Timing(
        remind_after=hours(4),
        widen_after=hours(8),
        acknowledgement_lasts=DAY,
        decide_within=DAY,
        rounds=1,
    )
    assert (answers(made), made.notices[0].fields[0].required) == (DAY, True)
    assert (made.returns, made.checkboxes, made.co_authors) == ("issue", "view", "count")
    assert (made.labels, made.board_issue, made.agreed) == (False, False, None)
    assert (made.roles["lead"].hours, dict(made.roles["lead"].duty)) == (None, {})


def test_what_a_policy_says_of_times_and_ways_is_kept() -> None:
    made = policy(
        START
        + "checkboxes: attest\nco-authors: ignore\nlabels: true\nboard-issue: true\n"
        + "contract: { agreed: api.yaml }\n"
        + timing(
            "remind-after: 30m, widen-after: 2d, acknowledgement-lasts: 3h, decide-within: 2d, "
            "rounds: 3"
        )
        + NOTICE.format(", answer-within: 4h", ", required: false").replace(
            "handoff: {", "handoff: { returns: none,"
        )
    )

    assert made.timing == Timing(
        remind_after=WorkingTime(time=timedelta(minutes=30)),
        widen_after=WorkingTime(days=2),
        acknowledgement_lasts=hours(3),
        decide_within=WorkingTime(days=2),
        rounds=3,
    )
    assert (answers(made), made.notices[0].fields[0].required) == (hours(4), False)
    assert (made.returns, made.checkboxes, made.co_authors) == ("none", "attest", "ignore")
    assert (made.labels, made.board_issue, made.agreed) == (True, True, "api.yaml")


def test_a_role_has_its_own_hours_and_turns() -> None:
    made = policy(
        START
        + "roles:\n  lead:\n    people: [li, omar]\n    duty: { li: 2026-12-01 to 2026-12-04 }\n"
        + "    hours: { from: '10:00', zone: Asia/Tokyo }\n  qa: { people: [li], hours: always }\n"
    )

    assert made.roles["lead"].duty == {"li": (date(2026, 12, 1), date(2026, 12, 4))}
    assert made.roles["lead"].hours == Hours(start="10:00", zone="Asia/Tokyo")
    assert made.roles["qa"].hours == Hours(always=True)


def test_hours_over_midnight_are_refused_of_roles_too() -> None:
    rest = "roles: { lead: { people: [li], hours: { from: '22:00', to: '06:00' } } }\n"

    assert "working hours end before they begin" in errors(load(START + rest).problems)[0]


def test_the_times_of_the_example_are_due_as_it_says() -> None:
    made = policy(EXAMPLE)
    raised, due = (datetime.fromisoformat(f"2026-11-{one}:21+01:00") for one in ("23T10", "24T10"))

    assert (made.timing, [one.answer_within for one in made.notices]) == (Timing(), [DAY] * 4)
    assert after(raised, made.timing.decide_within, made.hours) == due


def test_a_policy_of_people_survives_the_store() -> None:
    made = replace(
        policy(
            START
            + timing("widen-after: 2d, remind-after: 1h")
            + "roles: { lead: { people: [li], duty: { li: 2026-12-01 to 2026-12-04 }, "
            + "hours: always } }\ncommands: { hold: { reason: required }, ack: { by: [lead] } }\n"
        ),
        items=(),
    )

    assert Decoder().decode(Policy, encode(made)) == made


# ── the organisation's floor ──────────────────────────────────────────────────────────────────

TIMES = [
    ("the organisation's is shorter", "widen-after: 8h", "widen-after: 2h", hours(2)),
    ("the repository's is shorter", "widen-after: 2h", "widen-after: 8h", hours(2)),
    ("only the organisation's", "remind-after: 1h", "widen-after: 12h", hours(12)),
    ("only the repository's", "widen-after: 12h", "remind-after: 1h", hours(12)),
    # Two working days of eight hours each.
    ("days against hours", "widen-after: 2d", "widen-after: 15h", hours(15)),
    ("hours against days", "widen-after: 17h", "widen-after: 2d", WorkingTime(days=2)),
    ("days as long as hours", "widen-after: 2d", "widen-after: 16h", WorkingTime(days=2)),
]


@pytest.mark.parametrize(
    ("mine", "theirs", "joint"), [one[1:] for one in TIMES], ids=[one[0] for one in TIMES]
)
def test_the_shorter_time_counts_where_both_set_one(
    mine: str, theirs: str, joint: WorkingTime
) -> None:
    assert policy(START + timing(mine), EVERYWHERE + timing(theirs)).timing.widen_after == joint


def test_a_working_day_is_as_long_as_the_repositorys_hours() -> None:
    long = "hours: { from: '06:00', to: '20:30' }\n"
    theirs = EVERYWHERE + timing("decide-within: 1d")

    made = policy(START + long + timing("decide-within: 12h"), theirs)
    other = policy(START + "hours: always\n" + timing("decide-within: 23h"), theirs)
    beyond = policy(START + timing("decide-within: 12h"), theirs + long)

    assert [one.timing.decide_within for one in (made, other)] == [hours(12), hours(23)]
    assert beyond.timing.decide_within == hours(12)


@pytest.mark.parametrize(
    ("mine", "theirs", "joint"),
    [
        (", answer-within: 2d", ", answer-within: 1d", DAY),
        (", answer-within: 4h", ", answer-within: 1d", hours(4)),
        (", answer-within: 2d", "", WorkingTime(days=2)),
        ("", ", answer-within: 4h", hours(4)),
    ],
)
def test_the_shorter_answer_counts_where_both_set_one(
    mine: str, theirs: str, joint: WorkingTime
) -> None:
    made = policy(START + NOTICE.format(mine, ""), EVERYWHERE + NOTICE.format(theirs, ""))

    assert answers(made) == joint


def test_a_notice_of_the_organisation_alone_keeps_its_time() -> None:
    theirs = EVERYWHERE + NOTICE.format(", answer-within: 4h", "")

    assert answers(policy(START, theirs)) == hours(4)
    assert answers(policy(START + "handoff: { docs: none }\n", theirs)) == hours(4)


def test_a_longer_time_is_named_as_without_effect() -> None:
    loaded = load(
        START + timing("widen-after: 3d"), EVERYWHERE + timing("widen-after: 2d, rounds: 2")
    )

    assert [one for one in lines(loaded.problems) if "W601" in one] == [
        "2:36 W601 this line has no effect: the organisation asks for 2d (handoff.yml:3:36)"
    ]


def test_a_time_may_be_longer_where_the_organisation_lets_it() -> None:
    theirs = (
        EVERYWHERE
        + "may-loosen: [labels, escalate.timing.widen-after]\n"
        + timing("widen-after: 2h")
    )

    assert policy(START + timing("widen-after: 3d"), theirs).timing.widen_after == WorkingTime(
        days=3
    )


WAYS = [
    ("checkboxes: attest", "checkboxes: view", ("view", "count", "issue", False, None, 1)),
    ("checkboxes: view", "checkboxes: attest", ("view", "count", "issue", False, None, 1)),
    ("", "checkboxes: attest", ("attest", "count", "issue", False, None, 1)),
    ("co-authors: ignore", "co-authors: count", ("view", "count", "issue", False, None, 1)),
    ("co-authors: ignore", "", ("view", "ignore", "issue", False, None, 1)),
    ("", "handoff: { returns: none }", ("view", "count", "none", False, None, 1)),
    (
        "handoff: { returns: issue }",
        "handoff: { returns: none }",
        ("view", "count", "issue", False, None, 1),
    ),
    ("", "labels: true", ("view", "count", "issue", True, None, 1)),
    ("labels: false", "labels: true", ("view", "count", "issue", False, None, 1)),
    ("", "contract: { agreed: a.yml }", ("view", "count", "issue", False, "a.yml", 1)),
    ("", timing("rounds: 3").rstrip(), ("view", "count", "issue", False, None, 3)),
    (
        timing("rounds: 2").rstrip(),
        timing("rounds: 3").rstrip(),
        ("view", "count", "issue", False, None, 2),
    ),
]


@pytest.mark.parametrize(("mine", "theirs", "ways"), WAYS)
def test_ways_are_the_organisations_until_the_repository_says_its_own(
    mine: str, theirs: str, ways: tuple[object, ...]
) -> None:
    made = policy(f"{START}{mine}\n", f"{EVERYWHERE}{theirs}\n")

    found = (made.checkboxes, made.co_authors, made.returns, made.labels, made.agreed)
    assert (*found, made.timing.rounds) == ways


@pytest.mark.parametrize(
    ("mine", "theirs", "by"),
    [
        ("by: [lead, qa]", "by: [lead]", {"lead"}),
        ("by: [qa]", "by: [lead]", set()),
        ("by: [qa]", "persons: 2", {"qa"}),
        ("persons: 2", "by: [qa]", {"qa"}),
        ("persons: 2", "lasts: 7d", {"architect", "lead"}),
    ],
)
def test_who_may_say_a_verb_is_whom_both_admit(mine: str, theirs: str, by: set[str]) -> None:
    who = "roles: { qa: { people: [li] } }\n"
    verb = "commands: {{ waive: {{ {0} }} }}\n"

    made = policy(START + who + verb.format(mine), EVERYWHERE + who + verb.format(theirs))

    assert set(rule_of("waive", made.commands).by or ()) == by


@pytest.mark.parametrize("name", ["ready", "all", "until", "approve", "notes", "e12", "h1"])
def test_nothing_is_called_like_a_word_that_people_type(name: str) -> None:
    item = f"checklist: {{ {name}: {{ title: x, proof: {{ check: ci }} }} }}\n"
    role = f"roles: {{ {name}: {{ people: [li] }} }}\n"
    why = f'"{name}" is a word of /handoff; give it another name'

    found = [errors(load(f"version: 1\n{text}").problems) for text in (item, role)]

    assert [why in one for some in found for one in some] == [True, True]
