"""What a role's channel hears once a working day: what waits, the longest first, and no more."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.model.act import NOBODY, Act, ActKind
from bot.model.effect import Send
from bot.model.policy import Policy
from bot.model.wake import Subject
from bot.text.digest import Pull, boards, digests
from tests.support import judging
from tests.support.pulls import SAM

POLICY = """
version: 1
areas: { code: ["app/**"] }
roles:
  architect: { people: [sam], channel: design }
  lead: { people: [maria], channel: leads, hours: { zone: Asia/Tokyo } }
  quiet: { people: [maria] }
hours: { days: mon-fri, from: "09:00", to: "17:30", zone: Europe/Berlin }
checklist:
  tests: { title: Tests pass, when: { changed: [code] }, proof: { check: ci } }
lists: { handoff: [tests], quality: [tests] }
escalate:
  new-dependency: { when: { adds: [service] }, ask: architect, block: until-decided }
"""
WEB = "https://github.com"
WHERE = f"{WEB}/acme/orders/pull"
ALL = frozenset({"design", "leads"})


def at(text: str) -> datetime:
    """In Berlin; 23 November 2026 is a Monday."""
    moment = datetime.fromisoformat(f"2026-11-{text}").replace(tzinfo=ZoneInfo("Europe/Berlin"))
    return moment.astimezone(UTC)


def act(kind: ActKind, when: str, subject: str = "e1", **more: Any) -> Act:
    key = more.pop("key", f"{kind.value}:{subject}:{when}")
    subjects = (subject, *more.pop("about", ()))
    by = more.pop("by", NOBODY if kind.own else SAM)
    said = at(when)
    return Act(
        key=key, kind=kind, by=by, subjects=subjects, head_sha="1" * 40, said_at=said, **more
    )


def asked(
    when: str, role: str = "architect", name: str = "e1", about: str = "redis", **more: Any
) -> tuple[Act, ...]:
    data = {"trigger": "new-dependency", "role": role, "block": "until-decided"}
    return (
        act(ActKind.RAISE, when, name, about=(f"service:{about}",), data=data),
        act(ActKind.ASK, when, name, data={"level": "1", "pinged": "sam"} | more),
    )


def pull(*acts: Act, number: int = 118, policy: Policy | None = None) -> Pull:
    return Pull(
        subject=Subject(7, number),
        installation_id=5,
        repo="acme/orders",
        policy=policy or judging.policy(POLICY),
        acts=acts,
    )


def made(*pulls: Pull, now: str = "24T09:00", since: str = "24T08:45") -> dict[str, Send]:
    found = digests(pulls, at(since), at(now), ALL, WEB)
    return {f"{send.key} by {carrier.subject.number}": send for carrier, send in found}


def lines(*pulls: Pull, now: str = "24T09:00") -> tuple[str, ...]:
    """What is said of the questions, without the last line."""
    since = f"{now.partition('T')[0]}T08:45"
    return tuple(
        line
        for one in made(*pulls, now=now, since=since).values()
        for line in one.message.lines[:-1]
    )


RAISED = asked("23T10:00")
SAYS = "architect (sam) since Mon 23 Nov 10:00"


@pytest.mark.parametrize(
    ("acts", "now", "state"),
    [
        (RAISED, "24T09:00", "due Tue 24 Nov 10:00"),
        (RAISED, "25T09:00", "overdue since Tue 24 Nov 10:00"),
        ((*RAISED, act(ActKind.ACK, "23T11:00", data={"lasts": "1h"})), "24T09:00",
         "its acknowledgement has run out, due Tue 24 Nov 10:00"),
        ((*RAISED, act(ActKind.ACK, "24T08:30", data={"lasts": "9d"})), "25T09:00",
         "overdue since Tue 24 Nov 10:00"),
        (RAISED[:1], "24T09:00", ""),
        ((*RAISED, act(ActKind.ACK, "23T15:00")), "24T09:00", ""),
        ((*RAISED, act(ActKind.ACK, "24T10:30", detail="snooze", data={"lasts": "9d"})),
         "25T09:00", ""),
        ((*RAISED, act(ActKind.HOLD, "23T11:00", "h1")), "25T09:00", ""),
        ((*RAISED, act(ActKind.HOLD, "23T11:00", "h1", key="h"),
          act(ActKind.RESUME, "24T08:30", "h")), "24T09:00", ""),
        ((*RAISED, act(ActKind.REMARK, "23T11:00", "", detail="drafted")), "25T09:00", ""),
        ((*RAISED, act(ActKind.WITHDRAW, "23T11:00")), "25T09:00", ""),
        ((*RAISED, act(ActKind.DECIDE, "23T11:00", detail="approve")), "25T09:00", ""),
    ],
    ids=[
        *("reminded", "overdue", "run out", "taken and overdue", "not asked yet", "taken"),
        *("snoozed", "held", "held until now", "draft", "withdrawn", "decided"),
    ],
)  # fmt: skip
def test_what_waits_is_said_and_what_rests_is_not(
    acts: tuple[Act, ...], now: str, state: str
) -> None:
    said = lines(pull(*acts), now=now)

    asks = "this adds the service redis, which the design does not name. Is that wanted?"
    line = f"acme/orders#118 e1: {asks} · {SAYS}, {state} · {WHERE}/118"
    assert said == ((line,) if state else ())


def test_a_question_is_left_alone_until_remind_after_has_passed() -> None:
    afternoon = asked("23T13:30")

    assert lines(pull(*afternoon)) != ()
    assert lines(pull(*asked("23T14:00"))) == ()


def test_nobody_who_is_not_asked_is_named() -> None:
    acts = (asked("23T10:00")[0], act(ActKind.ASK, "23T10:00", data={"level": "3"}))

    assert " · architect since Mon 23 Nov 10:00, due" in lines(pull(*acts))[0]


@pytest.mark.parametrize("role", ["quiet", "gone"])
def test_a_role_without_a_channel_hears_nothing(role: str) -> None:
    assert made(pull(*asked("23T10:00", role))) == {}


def test_an_alias_that_the_server_does_not_know_hears_nothing() -> None:
    assert digests([pull(*RAISED)], at("24T08:45"), at("24T09:00"), {"leads"}, WEB) == ()


@pytest.mark.parametrize(
    ("since", "now", "says"),
    [
        ("24T08:45", "24T09:00", True),
        ("24T08:45", "24T08:59", False),
        ("24T09:00", "24T09:15", False),
        ("23T20:00", "24T16:00", True),
        ("23T20:00", "24T18:00", False),
        ("27T20:00", "28T12:00", False),
        ("20T20:00", "30T09:10", True),
    ],
)
def test_it_leaves_once_a_working_day_at_nine(since: str, now: str, says: bool) -> None:
    assert list(made(pull(*asked("19T10:00")), now=now, since=since)) == (
        [f"digest:design:2026-11-{now[:2]} by 118"] if says else []
    )


def test_each_role_hears_by_its_own_calendar() -> None:
    both = pull(*RAISED, *asked("20T10:00", "lead", "e2"))

    assert list(made(both, now="24T01:00", since="24T00:45")) == ["digest:leads:2026-11-24 by 118"]
    assert list(made(both)) == ["digest:design:2026-11-24 by 118"]


def test_a_channel_of_two_calendars_hears_of_all_at_the_first_of_them() -> None:
    shared = judging.policy(POLICY.replace("channel: leads", "channel: design"))
    both = pull(*RAISED, *asked("20T10:00", "lead", "e2", "kafka"), policy=shared)
    (send,) = made(both, now="24T01:00", since="24T00:45").values()

    assert [line.split()[1] for line in send.message.lines[:-1]] == ["e2:", "e1:"]
    assert send.message.lines[-1].startswith("This channel is named by architect or lead · ")


def test_the_longest_wait_comes_first_and_carries_it() -> None:
    found = made(pull(*RAISED), pull(*asked("20T10:00"), number=7))
    (send,) = found.values()

    assert list(found) == ["digest:design:2026-11-24 by 7"]
    names = [line.split()[0] for line in send.message.lines[:-1]]
    assert names == ["acme/orders#7", "acme/orders#118"]
    assert send.message.subject == ("2 waiting for an answer, the longest since Fri 20 Nov 10:00")
    assert send.message.link == f"{WHERE}/7"


@pytest.mark.parametrize(("count", "shown", "more"), [(10, 10, ()), (13, 10, ("… 3 more",))])
def test_ten_lines_are_enough(count: int, shown: int, more: tuple[str, ...]) -> None:
    said = lines(*(pull(*RAISED, number=100 + nth) for nth in range(count)))

    assert len([line for line in said if line.startswith("acme/orders#")]) == shown
    assert said[10:] == more


def test_a_long_question_is_cut() -> None:
    data = {"trigger": "question", "role": "architect", "block": "never"}
    long = act(ActKind.ESCALATE, "23T10:00", reason="why " * 200, data=data)
    (line,) = lines(pull(long, RAISED[1]))

    assert "e1: sam asks: why why" in line[:320] == line


TOLD_POLICY = (
    POLICY.replace("  quiet:", "  qa: { people: [li], channel: design }\n  quiet:")
    + "handoff: { after: [list handoff], qa: { to: qa }, docs: { to: lead, answer: none } }\n"
)
TOLD = act(ActKind.TELL, "23T10:00", "qa", data={"revision": "1", "pinged": "li"})
AGAIN = act(ActKind.TELL, "24T09:30", "qa", data={"revision": "2", "pinged": "li"})
CLOSED, OPENED, GONE = (
    act(ActKind.REMARK, f"23T12:0{minute}", "qa", detail=detail)
    for minute, detail in enumerate(("closed", "opened", "gone"))
)


@pytest.mark.parametrize(
    ("acts", "now", "says"),
    [
        ((TOLD, *RAISED), "25T09:00", "overdue since Tue 24 Nov 10:00"),
        ((TOLD, CLOSED), "25T09:00", ""),
        # Told again, or opened again in time: it was merged after all.
        ((TOLD, CLOSED, AGAIN), "25T09:00", "due Wed 25 Nov 09:30"),
        ((TOLD, CLOSED, OPENED), "25T09:00", "overdue since Tue 24 Nov 10:00"),
        ((TOLD, CLOSED, OPENED, GONE), "25T09:00", ""),
    ],
)
def test_an_answer_that_is_due_after_the_merge_is_said_and_no_question(
    acts: tuple[Act, ...], now: str, says: str
) -> None:
    ended = replace(pull(*acts, policy=judging.policy(TOLD_POLICY)), open=False)

    assert [f", {says} · " in line for line in lines(ended, now=now)] == [True] * bool(says)


@pytest.mark.parametrize(
    ("acts", "now", "says"),
    [
        ((TOLD,), "24T09:00", "due Tue 24 Nov 10:00"),
        ((TOLD,), "25T09:00", "overdue since Tue 24 Nov 10:00"),
        ((act(ActKind.TELL, "23T17:00", "qa", data={"revision": "1"}),), "24T09:00", ""),
        ((TOLD, act(ActKind.ACCEPT, "23T12:00", "qa")), "25T09:00", ""),
        ((act(ActKind.TELL, "20T10:00", "docs", data={"revision": "1"}),), "24T09:00", ""),
        ((), "24T09:00", ""),
        (
            (TOLD, CLOSED),
            "24T09:00",
            "due Tue 24 Nov 10:00",
        ),
    ],
)
def test_an_answer_that_is_due_soon_is_said(acts: tuple[Act, ...], now: str, says: str) -> None:
    found = lines(pull(*acts, policy=judging.policy(TOLD_POLICY)), now=now)

    assert [f", {says} · " in line for line in found] == [True] * bool(says)
    assert all("qa: told at 1111111, to be accepted or returned" in line for line in found)


def mark(when: str, lacks: str, merged: str = "") -> Act:
    data = {"lacks": lacks, "merged": merged}
    return act(ActKind.REMARK, when, "qa", key=f"undeployed:qa:{when}", data=data)


STAGING = "deployment to staging"


@pytest.mark.parametrize(
    ("marks", "is_open", "says"),
    [
        ((), True, False),
        ((mark("23T10:00", STAGING),), True, True),
        ((mark("24T10:00", STAGING),), True, False),
        ((mark("23T10:00", STAGING), mark("24T10:00", "")), True, False),
        # What was closed without being merged is nobody's.
        ((mark("23T10:00", STAGING),), False, False),
        ((mark("20T10:00", STAGING), mark("23T10:00", STAGING, "yes")), False, True),
    ],
)
def test_what_only_a_deployment_keeps_back_is_said_after_a_working_day(
    marks: tuple[Act, ...], is_open: bool, says: bool
) -> None:
    one = replace(pull(*marks, policy=judging.policy(TOLD_POLICY)), open=is_open)

    found = [line for line in lines(one, now="25T09:00") if "qa:" in line]
    assert len(found) == int(says)
    assert all("qa: not told yet · qa since Mon 23 Nov 10:00, only its" in line for line in found)


def board(*pulls: Pull, now: str = "25T09:00") -> list[str]:
    return [line for _, put in boards(pulls, at(now)) for line in put.body.splitlines()]


BOARD = judging.policy(
    TOLD_POLICY.replace("{ people: [sam], channel: design }", "{ people: [sam] }")
    .replace("docs: { to: lead,", "docs: { to: codeowner,")
    .replace("areas:", "board-issue: true\nareas:")
)


def test_a_board_lists_what_roles_owe_with_and_without_a_channel() -> None:
    one = pull(*RAISED, TOLD, policy=BOARD)

    assert [line.partition(": ")[0] for line in board(one)] == [
        "- acme/orders\\#\u200b118 e1",
        "- acme/orders\\#\u200b118 qa",
    ]
    assert board(pull(*RAISED)) == []
    assert board(pull(policy=BOARD)) == ["Nothing waits for an answer."]


def test_a_board_has_twenty_lines_and_says_how_many_more() -> None:
    many = [pull(*RAISED, number=100 + nth, policy=BOARD) for nth in range(23)]

    assert board(*many)[19:] == [board(many[19])[0], "", "… 3 more"]
