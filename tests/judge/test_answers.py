"""What becomes of a question: subjects come and go, people take it, decide it, take it back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.model.facts import Commits
from bot.model.known import Unknown
from bot.model.policy import Policy
from tests.judge.test_questions import MONDAY, POLICY, REDIS, SLOW, at, compose, instead, raised
from tests.support.room import Room

APPROVE = "/handoff decide approve because one Redis per region, cache only"
REDIRECT = "/handoff decide redirect because use the cache that is there"
NOTHING = "Not needed: no item applies"
DECLINE = "/handoff decide decline because no new service this year"
WAITS = "0 of 0 · waiting for architect (sam): redis · due Tue 11:01"


def decided(line: str, by: str = "sam", **more: Any) -> Room:
    room = raised(**more)
    assert room.types(by, line) == "done"
    return room


# ── subjects ──────────────────────────────────────────────────────────────────────────────────


def test_pushes_that_add_nothing_raise_nothing() -> None:
    room = raised()
    for number in range(20):
        room.pushes(compose("redis", more="# again\n" * number))
        room.waits(minutes=2)
    assert (room.asked, room.states) == (["e1 sam"], {"e1": "raised"})


def test_a_further_subject_is_a_question_of_its_own_for_who_owes_an_answer_anyway() -> None:
    room = raised()
    room.pushes({**compose("redis"), "ops/compose.yaml": "services:\n  a:\n    image: kafka:3\n"})
    room.waits(seconds=60)
    second = room.report.escalations[1]
    assert (second.subjects, second.place) == (("service:kafka",), "ops/compose.yaml:3")
    assert room.asked == ["e1 sam", "e2 (sam)"]
    assert len(room.effects) == 1
    assert room.title == "0 of 0 · waiting for architect (sam): redis, kafka · due Tue 11:01"


def test_after_an_approval_a_further_subject_is_asked_about_alone() -> None:
    room = decided(APPROVE)
    assert room.title == NOTHING
    room.pushes(compose("redis", "kafka"))
    room.waits(seconds=60)
    assert room.asked == ["e1 sam", "e2 sam"]
    assert room.report.escalations[1].subjects == ("service:kafka",)


def test_what_is_gone_is_withdrawn_without_a_word_and_asked_anew_when_it_is_back() -> None:
    room = raised()
    room.pushes(compose())
    assert (room.states, room.title) == ({"e1": "withdrawn"}, NOTHING)
    room.waits(days=10)
    assert (room.asked, len(room.effects)) == (["e1 sam"], 1)
    room.pushes(REDIS)
    room.waits(hours=24)
    assert room.states == {"e1": "withdrawn", "e2": "raised"}


def test_of_two_subjects_one_may_go() -> None:
    room = raised(files=compose("redis", "kafka"))
    room.pushes(compose("kafka"))
    assert room.states == {"e1": "raised"}


EXEMPT = POLICY + "exempt: { only-changed: [docs] }\n"


def test_what_needs_nothing_any_more_asks_nothing() -> None:
    room = raised(EXEMPT)
    room.pushes(compose())
    assert (room.states, room.title) == ({"e1": "withdrawn"}, "Not needed: docs only")


def test_what_cannot_be_looked_at_is_neither_there_nor_gone() -> None:
    room = raised()
    room.becomes(changes=Unknown("GitHub lists at most 3000 files"))
    assert room.states == {"e1": "raised"}
    assert room.report.questions[0].undecided
    assert room.report.questions[0].blocks


def test_a_person_may_ask_where_the_machine_cannot_look() -> None:
    room = raised(files={"compose.yaml": "services: [\n"})
    assert room.asked == []
    assert room.title == "0 of 0 · waiting for architect: new-dependency"
    assert room.types("ana", "/handoff escalate new-dependency because redis is new") == "done"
    room.types("sam", APPROVE)
    assert room.title == NOTHING
    # The word was about these files; about others it says nothing.
    room.pushes({"compose.yaml": "services: [[\n"})
    assert room.title == "0 of 0 · waiting for architect: new-dependency"


@pytest.mark.parametrize("line", [REDIRECT, DECLINE])
def test_no_answer_but_yes_stands_in_for_looking(line: str) -> None:
    room = raised(files={"compose.yaml": "services: [\n"})
    room.types("ana", "/handoff escalate new-dependency because redis is new")
    assert room.types("sam", line) == "done"
    assert "is wanted by sam" in room.title or "declined by sam" in room.title
    assert [one.undecided for one in room.report.questions] == [True]


def test_an_approval_of_what_was_seen_does_not_stand_in_for_looking() -> None:
    room = decided(APPROVE)
    room.pushes({"compose.yaml": "services: [\n"})
    assert room.title == "0 of 0 · waiting for architect: new-dependency"


FLOOR = """
version: 1
applies-to: { repositories: ["*"] }
areas: { docs: ["docs/**"] }
roles: { chief: { people: [maria] } }
exempt: { only-changed: [docs] }
checklist: {}
escalate:
  new-dependency: { when: { adds: [service] }, ask: chief, block: until-decided }
  performance: { when: { labelled: slow }, ask: chief, block: until-decided }
"""


def under_floor(text: str) -> Policy:
    """The repository's policy above what its organisation asks for."""
    from tests.support.judging import policy

    return policy(text, FLOOR)


def test_what_either_layer_sees_is_there() -> None:
    blind = instead("{ when: { adds: [service] }, ask", "{ when: { labelled: new }, ask")
    room = Room(policy=under_floor(blind), now=MONDAY)
    room.pushes(REDIS)
    room.waits(seconds=60)
    assert room.asked == ["e1 maria"]
    room.becomes(**SLOW)
    room.becomes(labels=Unknown("not visible"))
    assert set(room.states.values()) == {"raised"}
    room.becomes(labels=frozenset())
    assert room.states == {"e1": "raised", "e2": "withdrawn"}


# ── answers ───────────────────────────────────────────────────────────────────────────────────


def test_a_redirect_holds_until_the_author_went_and_then_the_same_person_is_asked() -> None:
    room = decided(REDIRECT, "maria")
    assert room.title == "0 of 0 · another way is wanted by maria: redis · ana"
    room.pushes({**REDIS, "docs/b.md": "more words\n"})
    room.waits(seconds=60)
    assert room.title == "0 of 0 · another way is wanted by maria: redis · ana"
    room.pushes(compose("redis", more="# small\n"))
    room.waits(seconds=60)
    assert room.asked == ["e1 sam", "e2 maria"]
    again = room.report.escalations[1]
    assert (again.round, again.turn) == (2, "lead")
    assert room.types("maria", "/handoff ack") == "done"
    room.types("maria", REDIRECT)
    room.pushes(compose("redis", more="# smaller\n"))
    room.waits(days=1)
    assert room.report.escalations[2].round == 3


def test_who_is_away_is_not_asked_again() -> None:
    room = decided(REDIRECT, text=POLICY + "away: { sam: 2026-11-24 to 2026-11-30 }\n")
    room.until(at(24, "12:00"))
    room.pushes(compose("redis", more="# small\n"))
    room.waits(seconds=60)
    assert room.asked == ["e1 sam", "e2 pat"]


def test_something_else_after_a_redirect_is_a_first_round() -> None:
    room = decided(REDIRECT)
    room.pushes(compose("kafka"))
    room.waits(seconds=60)
    assert [one.round for one in room.report.escalations] == [1, 1]


def test_a_redirect_ends_with_what_it_was_about() -> None:
    room = decided(REDIRECT)
    room.pushes(compose())
    assert room.title == NOTHING


def test_a_no_holds_until_it_is_gone() -> None:
    room = decided(DECLINE)
    assert room.title == "0 of 0 · declined by sam: redis · ana"
    room.pushes(compose("redis", more="# small\n"))
    room.waits(days=3)
    assert room.title == "0 of 0 · declined by sam: redis · ana"
    assert room.asked == ["e1 sam"]
    room.pushes(compose())
    assert room.title == NOTHING


def test_a_decision_taken_back_rests_with_who_took_it_back() -> None:
    room = decided(APPROVE)
    room.until(at(24, "16:00"))
    assert room.types("sam", "/handoff undo e1") == "done"
    assert room.states == {"e1": "acknowledged"}
    assert room.title.startswith("0 of 0 · waiting for architect (sam): redis")
    assert room.report.escalations[0].taken_until == at(25, "16:00")
    room.until(at(25, "16:01"))
    assert room.states == {"e1": "raised"}
    # One minute of the eight hours had passed when it seemed decided.
    assert room.asked == ["e1 sam"]
    room.until(at(27, "15:30"))
    assert room.asked == ["e1 sam", "e1 maria"]
    assert room.types("maria", APPROVE) == "done"


def test_an_acknowledgement_stops_widening_while_it_lasts() -> None:
    room = raised()
    room.until(at(23, "14:01"))
    assert room.types("sam", "/handoff ack") == "done"
    room.until(at(24, "14:01"))
    assert room.states == {"e1": "raised"}
    room.until(at(25, "10:30"))
    assert room.asked == ["e1 sam"]
    room.until(at(25, "10:31"))
    assert room.asked == ["e1 sam", "e1 maria"]


def test_an_acknowledgement_taken_back_lets_it_widen() -> None:
    room = raised()
    room.types("sam", "/handoff snooze 3d")
    room.waits(hours=1)
    room.types("sam", "/handoff undo")
    assert room.states == {"e1": "raised"}
    assert room.title == "0 of 0 · waiting for architect (sam): redis · due Tue 12:01"
    room.until(at(24, "11:31"))
    assert room.asked == ["e1 sam", "e1 maria"]


def test_a_snooze_moves_what_is_due_and_an_acknowledgement_does_not() -> None:
    room = raised()
    room.types("sam", "/handoff ack")
    assert room.title == WAITS
    room.types("sam", "/handoff snooze 2h")
    assert room.title == "0 of 0 · waiting for architect (sam): redis · due Tue 13:01"


def test_until_acknowledged_holds_no_longer_than_that() -> None:
    room = raised(files=compose(), **SLOW)
    assert room.title == "0 of 0 · waiting for architect (sam): performance · due Tue 11:01"
    room.types("sam", "/handoff ack")
    assert room.title == NOTHING
    room.waits(days=1)
    assert room.title.startswith("0 of 0 · waiting for architect (sam)")
    room.types("sam", DECLINE)
    assert room.title == "0 of 0 · declined by sam: performance · ana"


def test_what_never_blocks_is_asked_and_holds_nothing() -> None:
    room = raised(files=compose(), labels=frozenset({"twice"}))
    assert (room.asked, room.title) == (["e1 sam"], NOTHING)
    room.becomes(labels=Unknown("not visible"))
    assert room.title == "0 of 0 · waiting for architect: performance"


# ── who is asked instead ──────────────────────────────────────────────────────────────────────


def test_somebody_else_of_the_role_is_asked_once() -> None:
    room = raised()
    assert room.types("sam", "/handoff assign architect @pat") == "done"
    assert room.asked == ["e1 sam", "e1 pat"]
    room.wakes()
    assert room.asked == ["e1 sam", "e1 pat"]
    assert room.title.startswith("0 of 0 · waiting for architect (pat): redis")
    room.until(at(24, "10:32"))
    assert room.asked == ["e1 sam", "e1 pat", "e1 maria"]
    room.until(at(25, "12:00"))
    assert room.types("maria", "/handoff assign architect @sam") == "done"
    assert room.asked[-2:] == ["e1 #design", "e1 (sam)"]


TEAM = instead("people: [sam, pat]", "team: acme/architects")
NAMED: list[tuple[str, str, str, dict[str, Any], str]] = [
    ("by themselves", "pat", "pat", {}, "e1 (pat)"),
    ("not in the team", "sam", "li", {}, "e1 -"),
    ("wrote commits", "sam", "pat", {"wrote": frozenset({1, 7})}, "e1 -"),
    ("nobody can tell", "sam", "pat", {"closed": frozenset({"architect"})}, "e1 -"),
    ("asked often", "sam", "pat", {"told": [("pat", at(23, "10:00")), ("pat", at(23, "9:00"))]},
     "e1 (pat)"),
]  # fmt: skip


@pytest.mark.parametrize(("_", "by", "whom", "known", "asked"), NAMED)
def test_who_is_named_and_must_not_be_written_to_is_not(
    _: str, by: str, whom: str, known: dict[str, Any], asked: str
) -> None:
    room = raised(TEAM, teams={"architect": ("sam", "pat")})
    first = room.asked[0]
    heard = room.heard(room.said(by, f"/handoff assign architect @{whom}"))
    for name, value in known.items():
        setattr(room, name, value)
    room.acts = (*room.acts, *heard.acts)
    room.wakes()
    assert room.asked == [first, asked]
    room.waits(minutes=5)
    assert room.asked == [first, asked]


# ── how much is too much ──────────────────────────────────────────────────────────────────────

MANY = instead("[sam, pat]", "[sam, pat, li, jo, kim, ben]").replace("pick: listed", "ask: 3")


def test_no_more_people_are_asked_than_a_pull_request_may_cost() -> None:
    room = raised(MANY)
    assert room.asked == ["e1 sam pat ben"]
    room.types("ana", "/handoff escalate because may it go out today?")
    assert [len(one.split()) for one in room.asked] == [4, 2]
    room.types("ana", "/handoff escalate because may it go out tomorrow?")
    assert room.asked[2:] == ["e3 -", "e3 -", "e3 #design"]
    assert "enough people were asked" in next(
        act.data["nobody"] for act in room.acts if "nobody" in act.data
    )


def test_three_comments_a_day_are_enough() -> None:
    room = raised(POLICY + "quiet: { pings-at-most: 6 }\n", files=compose())
    for number in range(4):
        room.types("ana", f"/handoff escalate because question number {number}?")
        room.waits(minutes=1)
    assert [one for one in room.asked if "#" not in one and "-" not in one.split()] == [
        "e1 sam", "e2 sam", "e3 pat"
    ]  # fmt: skip


def test_what_is_asked_at_one_moment_is_one_comment_and_counts_once() -> None:
    room = raised(**SLOW)
    assert room.asked == ["e1 sam", "e2 sam"]
    assert len(room.effects) == 1
    assert set(room.told) == {("sam", MONDAY + timedelta(seconds=60))}


def test_who_is_asked_elsewhere_often_enough_is_left_alone() -> None:
    room = Room.under(POLICY, MONDAY, REDIS)
    room.told += [("sam", at(23, "10:00")), ("sam", at(23, "09:00"))]
    room.waits(seconds=60)
    assert room.asked == ["e1 pat"]


def test_seen_in_more_places_than_are_told_it_is_about_all_files() -> None:
    room = raised(files=compose(*(f"cache{number}" for number in range(25))))
    assert "files" not in room.acts[0].data
    assert room.types("sam", REDIRECT) == "done"
    room.pushes({**room.files, "docs/b.md": "words\n"})
    room.waits(seconds=60)
    assert room.asked == ["e1 sam", "e2 sam"]


def test_contributors_that_nobody_can_tell_do_not_stop_the_question() -> None:
    room = raised(commits=Unknown("GitHub lags"))
    assert room.asked == ["e1 sam"]
    assert "could not check" in room.types("sam", APPROVE)
    room.becomes(commits=Commits(shas=(), contributors=Unknown("too many")))
    assert room.types("sam", "/handoff ack") == "done"


def test_where_it_is_not_told_who_wrote_commits_two_people_decide_alike() -> None:
    room = raised(commits=Commits(shas=(), contributors=Unknown("too many", by_content=True)))
    once = "it counts once somebody else who may says the same: too many"
    for line in (APPROVE, "/handoff decide approve because I mean it still"):
        assert (room.types("sam", line), room.states) == (once, {"e1": "raised"})
    assert "not for the author" in room.types("ana", APPROVE)
    assert room.types("pat", "/handoff decide decline because there is a cache already") == once
    assert room.states == {"e1": "raised"}
    assert (room.types("pat", APPROVE), room.states) == ("done", {"e1": "decided"})
    room.types("pat", "/handoff undo e1")
    assert room.states == {"e1": "acknowledged"}


def test_acts_in_whatever_order_they_arrive_come_to_the_same() -> None:
    room = decided(APPROVE)
    room.types("sam", "/handoff undo e1")
    then = room.report
    room.acts = room.acts[::-1]
    assert room.report == then
    assert replace(then, digests=room.report.digests) == then
