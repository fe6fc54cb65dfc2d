"""Questions to people from being raised to being answered, in the pure core."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.judge.episodes import settled
from bot.model.effect import Ping
from tests.support.judging import policy
from tests.support.room import Files, Room

POLICY = """
version: 1
mode: enforce
areas: { code: ["app/**"], docs: ["docs/**"] }
roles:
  architect: { people: [sam, pat], then: lead, channel: design, pick: listed }
  lead: { people: [maria] }
  product: { people: [jo] }
hours:
  { days: mon-fri, from: "09:00", to: "17:30", zone: Europe/Berlin, holidays: [2026-11-26] }
checklist:
  docs:
    title: Docs
    when: { changed: [code] }
    proof: { changed: { areas: [docs], lines-at-least: 1 } }
lists: { handoff: [docs], quality: [docs] }
escalate:
  ask: architect
  new-dependency: { when: { adds: [service] }, ask: architect, block: until-decided }
  performance: { when: { labelled: slow }, ask: architect, block: until-acknowledged }
  shared-logic: { when: { labelled: twice }, ask: architect, block: never }
"""


def compose(*names: str, more: str = "") -> Files:
    """A change that brings these services."""
    text = "services:\n" + "".join(f"  {one}:\n    image: {one}:7\n" for one in names)
    return {"compose.yaml": text + more} if names else {"docs/a.md": "words\n"}


def at(day: int, time: str) -> datetime:
    """A moment of November 2026 by the clock of Berlin; the 23rd is a Monday."""
    hour, minute = time.split(":")
    return datetime(2026, 11, day, int(hour) - 1, int(minute), tzinfo=UTC)


MONDAY = at(23, "11:00")
REDIS = compose("redis")
SLOW: dict[str, Any] = {"labels": frozenset({"slow"})}


def raised(text: str = POLICY, files: Files = REDIS, now: datetime = MONDAY, **more: Any) -> Room:
    """A pull request whose grace has passed."""
    room = Room.under(text, now, files, **more)
    room.waits(seconds=61)
    return room


def instead(old: str, new: str) -> str:
    assert old in POLICY
    return POLICY.replace(old, new)


OBSERVE = instead("mode: enforce", "mode: observe")
ALONE = instead("people: [sam, pat], then: lead", "people: [sam]")


def test_a_comment_is_said_as_long_as_somebody_owes_one_of_its_answers() -> None:
    room = raised(**SLOW)
    assert room.asked == ["e1 sam", "e2 sam"]
    assert settled(room.acts, room.report.escalations) == ()
    assert room.types("sam", "/handoff ack e1") == "done"
    assert settled(room.acts, room.report.escalations) == ()
    assert room.types("sam", "/handoff decide e2 approve because it may cost time") == "done"
    assert settled(room.acts, room.report.escalations) == ("ask:e1:1", "ask:e2:1")


# ── raising and widening ──────────────────────────────────────────────────────────────────────


def test_nothing_is_asked_before_the_grace_has_passed() -> None:
    room = Room.under(POLICY, MONDAY, REDIS)
    assert (room.asked, room.states) == ([], {})
    assert room.title == "0 of 0 · waiting for architect: new-dependency"

    room.waits(seconds=59)
    assert room.states == {}
    room.waits(seconds=1)
    assert room.asked == ["e1 sam"]
    assert room.title == "0 of 0 · waiting for architect (sam): redis · due Tue 11:01"


def test_the_ladder_is_climbed_to_the_channel_and_then_it_is_quiet() -> None:
    room = raised()
    room.until(at(24, "10:30"))
    assert room.asked == ["e1 sam"]
    room.until(at(24, "10:31"))
    assert room.asked == ["e1 sam", "e1 maria"]
    assert room.title == "0 of 0 · waiting for lead (maria): redis · due Tue 11:01"
    room.until(at(25, "10:01"))
    assert room.asked == ["e1 sam", "e1 maria", "e1 #design"]
    room.waits(days=30)
    assert room.asked == ["e1 sam", "e1 maria", "e1 #design"]
    assert room.title.startswith("0 of 0 · waiting for lead (maria): redis")


ALL_SKIPPED: list[tuple[str, str, dict[str, Any], list[str]]] = [
    ("away", POLICY + "away: { sam: 2026-11-20 to 2026-11-24 }\n", {}, ["e1 pat"]),
    ("a contributor", POLICY, {"wrote": 3}, ["e1 pat"]),
    ("all away", POLICY + "away: { sam: until 2026-11-24, pat: until 2026-11-24 }\n", {},
     ["e1 -", "e1 maria"]),
    ("nobody to go on to", ALONE, {"wrote": 3}, ["e1 -", "e1 -", "e1 #design"]),
    ("no channel", ALONE.replace(", channel: design", ""), {"wrote": 3}, ["e1 -"] * 3),
    ("a bot", instead("[sam, pat]", "[helper]"), {}, ["e1 -", "e1 maria"]),
    ("nobody can tell who", POLICY, {"closed": {"architect"}}, ["e1 -", "e1 maria"]),
    ("two at once", instead("pick: listed", "ask: 2"), {}, ["e1 sam pat"]),
    ("more than there are", instead("pick: listed", "pick: listed, ask: 3"), {}, ["e1 sam pat"]),
    ("the ladder twice", instead("ask: architect\n", "ask: architect\n  timing: { rounds: 2 }\n"),
     {"closed": {"architect", "lead"}}, ["e1 -", "e1 -", "e1 #design"]),
    ("on duty", instead("pick: listed", "duty: { pat: 2026-11-23 to 2026-11-29 }"), {}, ["e1 pat"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("_", "text", "known", "asked"), ALL_SKIPPED, ids=lambda one: str(one)[:20]
)
def test_who_cannot_be_asked_is_passed_over_at_once(
    _: str, text: str, known: dict[str, Any], asked: list[str]
) -> None:
    room = Room.under(text, MONDAY, REDIS)
    room.wrote |= {known.get("wrote", 1)}
    room.closed = frozenset(known.get("closed", ()))
    room.waits(seconds=60)
    assert room.asked == asked


@pytest.mark.parametrize("asked", [False, True])
def test_a_question_keeps_the_clocks_that_it_was_raised_with(*, asked: bool) -> None:
    hurry = "timing: { widen-after: 1h, decide-within: 1h, acknowledgement-lasts: 1h, rounds: 5 }"
    room = raised(files=compose() if asked else REDIS)
    if asked:
        assert room.types("ana", "/handoff escalate because may it go out?") == "done"
    due, title = room.report.escalations[0].due_at, room.title
    assert room.types("sam", "/handoff ack") == "done"
    room.policy = policy(instead("ask: architect\n", f"ask: architect\n  {hurry}\n"))
    room.waits(hours=2)
    assert (room.title, room.report.escalations[0].due_at) == (title, due)
    assert room.asked == ["e1 sam"]
    room.waits(days=30)
    assert room.asked == ["e1 sam", "e1 maria", "e1 #design"]


AWAY = POLICY + "away: { Sam: 2026-11-24 to 2026-11-25, jo: 2026-11-24 to 2026-11-25 }\n"
LEAVES: list[tuple[str, str, str, list[str]]] = [
    ("the next day", AWAY, "", ["e1 sam", "e1 maria"]),
    ("later than the next one is asked", AWAY.replace("Sam: 2026-11-24", "Sam: 2026-11-25"), "",
     ["e1 sam"]),
    ("another", AWAY.replace("Sam", "kim"), "", ["e1 sam"]),
    ("has taken it", AWAY, "/handoff ack", ["e1 sam"]),
    ("one of two", AWAY.replace("pick: listed", "ask: 2"), "", ["e1 sam pat"]),
]  # fmt: skip


@pytest.mark.parametrize(("_", "text", "line", "asked"), LEAVES, ids=lambda one: str(one)[:20])
def test_who_is_away_before_they_have_answered_is_not_waited_for(
    _: str, text: str, line: str, asked: list[str]
) -> None:
    room = raised(text, now=at(23, "16:00"))
    if line:
        assert room.types("sam", line) == "done"
    room.until(at(24, "08:59"))
    assert len(room.asked) == 1
    room.until(at(24, "09:01"))
    assert room.asked == asked


def test_who_leaves_at_a_weekend_is_not_waited_for_after_it() -> None:
    text = instead("ask: architect\n", "ask: architect\n  timing: { widen-after: 3d }\n")
    room = raised(text + "away: { sam: 2026-11-28 to 2026-12-04 }\n", now=at(27, "16:00"))
    room.until(at(30, "08:59"))
    assert room.asked == ["e1 sam"]
    room.until(at(30, "09:01"))
    assert room.asked == ["e1 sam", "e1 maria"]


def test_the_channel_hears_of_every_further_round() -> None:
    room = raised(instead("ask: architect\n", "ask: architect\n  timing: { rounds: 2 }\n"))
    room.waits(days=60)
    assert room.asked == ["e1 sam", "e1 maria", *["e1 #design"] * 4]


OPENINGS = [
    ("before the opening", at(23, "07:00"), at(23, "09:00")),
    ("after hours", at(23, "18:00"), at(24, "09:00")),
    ("the weekend", at(28, "12:00"), at(30, "09:00")),
    ("a holiday", at(26, "12:00"), at(27, "09:00")),
]


@pytest.mark.parametrize(("_", "pushed", "opens"), OPENINGS)
def test_outside_hours_it_is_raised_and_asked_at_the_opening(
    _: str, pushed: datetime, opens: datetime
) -> None:
    room = raised(now=pushed)
    assert (room.states, room.asked) == ({"e1": "raised"}, [])
    assert room.title == "0 of 0 · waiting for architect: redis"
    room.until(opens)
    assert [moment for _, moment in room.told] == [opens]


def test_a_role_that_the_policy_has_given_up_is_passed_over() -> None:
    room = Room.under(instead("product:", "sales:"), at(23, "18:00"), REDIS)
    room.types("ana", "/handoff escalate to sales because is it sold like that?")
    room.policy = raised().policy
    room.until(at(24, "09:00"))
    assert room.asked[:3] == ["e1 -", "e1 -", "e1 -"]


def test_while_github_does_not_answer_it_is_tried_again_every_minute() -> None:
    room = Room.under(POLICY, MONDAY, REDIS)
    room.silent = frozenset({"architect"})
    room.waits(minutes=5)
    assert room.asked == []
    room.silent = frozenset()
    room.waits(minutes=1)
    assert room.asked == ["e1 sam"]


def test_a_timer_that_fires_late_asks_the_next_one_and_no_more() -> None:
    room = raised()
    room.now = at(30, "10:00")
    room.wakes()
    assert room.asked == ["e1 sam", "e1 maria"]
    late = [one.body for one in room.effects if isinstance(one, Ping)]
    end = "It was due Tue 11:01. This should have been asked Tue 10:31."
    assert [end in one for one in late] == [False, True]


# ── pauses ────────────────────────────────────────────────────────────────────────────────────


def test_on_a_draft_it_is_shown_and_nobody_is_asked_but_by_a_person() -> None:
    room = raised(draft=True)
    assert (room.states, room.asked) == ({}, [])
    assert room.title == "Draft · 0 of 0 · waiting for architect: new-dependency"
    assert room.types("ana", "/handoff escalate to product because are refunds in scope?") == "done"
    assert room.asked == ["e1 jo"]
    room.becomes(draft=False, head_since=room.now)
    room.waits(seconds=60)
    assert room.asked == ["e1 jo", "e2 sam"]


def test_a_draft_and_a_hold_stop_the_clocks() -> None:
    room = raised()
    room.until(at(23, "13:00"))
    room.becomes(draft=True)
    room.until(at(24, "13:00"))
    room.becomes(draft=False)
    room.until(at(24, "14:00"))
    assert room.asked == ["e1 sam"]
    assert room.title.endswith("due Wed 11:01")
    # Seven of eight hours are left of which one was on Tuesday after the draft.
    room.until(at(25, "10:30"))
    assert room.asked == ["e1 sam"]
    room.until(at(25, "10:31"))
    assert room.asked == ["e1 sam", "e1 maria"]


def test_a_hold_stops_the_clocks() -> None:
    room = raised()
    room.until(at(24, "10:00"))
    assert room.types("ben", "/handoff hold because pricing is not decided") == "done"
    room.until(at(25, "10:00"))
    assert room.asked == ["e1 sam"]
    assert room.types("ben", "/handoff resume") == "done"
    room.until(at(25, "10:30"))
    assert room.asked == ["e1 sam"]
    room.until(at(25, "10:31"))
    assert room.asked == ["e1 sam", "e1 maria"]


def test_what_is_raised_under_a_hold_is_asked_when_it_ends() -> None:
    room = Room.under(POLICY, MONDAY, REDIS)
    room.types("ben", "/handoff hold because pricing is not decided")
    room.waits(hours=1)
    assert (room.states, room.asked) == ({"e1": "raised"}, [])
    room.types("ben", "/handoff resume")
    assert room.asked == ["e1 sam"]


def test_observing_asks_nobody_but_for_a_person() -> None:
    room = raised(OBSERVE)
    assert room.title == "Would fail: 0 of 0 · waiting for architect: new-dependency"
    room.types("ben", "/handoff escalate because may it go out?")
    assert room.asked == ["e1 sam"]


def test_a_question_keeps_the_times_of_the_policy_that_it_was_put_under() -> None:
    room = raised()
    room.types("ana", "/handoff escalate because may it go out?")
    hurried = "ask: architect\n  timing: { widen-after: 1h, decide-within: 2h, rounds: 2 }\n"
    room.policy = raised(instead("ask: architect\n", hurried)).policy

    room.types("ana", "/handoff escalate because may it go out today?")

    due = {one.name: one.due_at and one.due_at.replace(second=0) for one in room.report.escalations}
    assert due == {"e1": at(24, "11:01"), "e2": at(24, "11:01"), "e3": at(23, "13:01")}
    room.until(at(24, "10:30"))
    asked = [one for one in room.asked if one[:2] != "e3"]
    assert asked == ["e1 sam", "e2 sam"]


def test_a_policy_that_turns_to_observing_asks_nobody_further() -> None:
    room = raised()
    room.policy = raised(OBSERVE).policy
    room.waits(days=5)
    assert room.asked == ["e1 sam"]
