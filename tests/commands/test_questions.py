"""What is answered to the lines that put questions, take them, and answer them."""

from __future__ import annotations

import re

import pytest

from bot.acts.force import in_order
from bot.model.facts import Standing
from bot.model.known import Unknown
from tests.judge.test_questions import MONDAY, POLICY, REDIS, SLOW, at, compose, instead, raised
from tests.support.room import Room

PREFIX = "/handoff "

ALONE: list[tuple[str, str, str]] = [
    ("ana", "escalate performance because the list needs a full scan", "done"),
    ("ana", "escalate to product because are partial refunds in scope?", "done"),
    ("ben", "escalate because may it go out?", "done"),
    ("jo", "escalate because may it go out?", "done"),
    ("kim", "escalate because may it go out?", "this is for architect (sam, pat), author with"),
    ("ana", "escalate", "it needs a reason; type /handoff escalate"),
    ("ana", "escalate because no", "a reason has at least 5 characters"),
    ("ana", "escalate performanc because it is slow", "did you mean performance? Nothing was done"),
    (
        "ana",
        "escalate xyz because it is slow",
        "there are contract-gap, performance, new-dependency, ",
    ),
    ("ana", "escalate to nobody because it is slow", 'there is no role "nobody"; there are'),
    ("ana", "escalate performance now because it is slow", 'I do not know "now"'),
    ("ana", "escalate until 2026-12-01 because it is slow", "does not belong here"),
    ("sam", "ack", "nothing was asked here"),
    ("sam", "decide approve because it is small", "nothing was asked here"),
    ("sam", "snooze 2h", "nothing was asked here"),
    ("sam", "assign architect @pat", "nothing is asked of architect"),
]
RAISED: list[tuple[str, str, str]] = [
    ("sam", "ack", "done"),
    ("pat", "ack e1", "done"),
    ("sam", "ack new-dependency", "done"),
    ("jo", "ack", "e1 is asked of architect (sam, pat)"),
    ("ana", "ack", "e1 is asked of architect (sam, pat)"),
    ("sam", "ack e2", 'there is no question "e2"; there is e1 new-dependency. Nothing was done'),
    ("sam", "ack e1 thanks", 'I do not know "thanks"'),
    ("sam", "ack at 1111111", "does not belong here"),
    ("sam", "snooze 2d", "done"),
    ("sam", "snooze e1 40h", "a question rests for 24h at most"),
    ("sam", "snooze 4d", "a question rests for 3d at most"),
    ("sam", "snooze 0d", "a question rests for 3d at most"),
    ("sam", "snooze", "say for how long; type /handoff snooze 4h, or up to 3d"),
    ("sam", "snooze 2h 3h", 'I do not know "3h"'),
    ("sam", "snooze e9 2h", 'there is no question "e9"'),
    ("sam", "snooze to jo", "does not belong here"),
    ("jo", "snooze 2h", "e1 is asked of architect (sam, pat)"),
    ("sam", "decide approve -- one Redis per region, cache only", "done"),
    ("maria", "decide e1 decline because not this year", "done"),
    ("ana", "decide approve because it is fine now", "a decision is not for the author"),
    ("jo", "decide approve because it is fine now", "e1 is asked of architect (sam, pat)"),
    ("sam", "decide yes because it is fine now", "approve, redirect or decline? Type /handoff"),
    ("sam", "decide approve decline because it is fine", "approve, redirect or decline?"),
    ("sam", "decide e1 approve now because it is fine", 'I do not know "now"'),
    ("sam", "decide approve because ok", "a reason has at least 10 characters"),
    ("sam", "decide approve", "it needs a reason"),
    ("sam", "decide approve to jo because it is fine", "does not belong here"),
    ("sam", "decide approve at 1234567 because it is fine", "1234567 is no head"),
    ("sam", "assign architect @pat", "done"),
    ("maria", "assign architect pat", "done"),
    ("sam", "assign architect", "say which role, and who; type /handoff assign ROLE @who"),
    ("sam", "assign architect @-", "say which role, and who"),
    ("sam", "assign architect @pat now", 'I do not know "now"'),
    ("sam", "assign product @jo", "nothing is asked of product"),
    ("sam", "assign architect @ana", "the author is not asked about their own work"),
    ("sam", "assign architect @li", "li is not in architect (sam, pat)"),
    ("sam", "assign architect @li_acme", "li_acme is not in architect (sam, pat)"),
    ("jo", "assign architect @pat", "e1 is asked of architect (sam, pat)"),
    ("sam", "assign to jo", "does not belong here"),
    ("ana", "undo e1", "there is nothing of yours to take back"),
]


def answered(room: Room, login: str, line: str) -> tuple[str, bool]:
    """The answer, and whether an act came of it that counts."""
    before = in_order(room.acts)
    heard = room.heard(room.said(login, PREFIX + line))
    room.acts = (*room.acts, *heard.acts)
    return plain(heard.answers[0].said) or "done", in_order(room.acts) != before


def plain(said: str) -> str:
    """Sentences as half sentences, which is how the tables have them."""
    return re.sub(r"\. ([A-Z])", lambda found: f"; {found[1].lower()}", said).removesuffix(".")


@pytest.mark.parametrize(("login", "line", "answer"), ALONE)
def test_lines_where_nothing_is_asked(login: str, line: str, answer: str) -> None:
    said, acted = answered(Room.under(POLICY, MONDAY, REDIS), login, line)
    assert said.startswith(plain(answer)) or (plain(answer) in said and answer != "done")
    assert acted is (answer == "done")


@pytest.mark.parametrize(("login", "line", "answer"), RAISED)
def test_lines_about_the_one_question_there_is(login: str, line: str, answer: str) -> None:
    said, acted = answered(raised(), login, line)
    assert said.startswith(plain(answer)) or (plain(answer) in said and answer != "done")
    assert acted is (answer == "done")


def test_a_contributor_decides_nothing() -> None:
    room = raised()
    room.wrote |= {3}
    assert answered(room, "sam", "decide approve because it is small enough") == (
        "a decision is not for those who wrote commits here; nothing was done",
        False,
    )


@pytest.mark.parametrize("line", ["ack", "decide approve because it is small enough"])
def test_who_cannot_be_checked_does_nothing(line: str) -> None:
    room = raised()
    room.closed = frozenset({"architect", "lead"})
    said, acted = answered(room, "sam", line)
    assert said.startswith("I could not check whether you are in architect")
    assert not acted


def test_what_is_decided_stays_so_until_it_is_taken_back() -> None:
    room = raised()
    assert answered(room, "sam", "decide approve because it is small enough")[0] == "done"
    for line in ("ack", "snooze 2h"):
        assert answered(room, "sam", line) == ("done", False)
    assert answered(room, "sam", "decide e1 decline because not after all") == (
        "e1 was decided: approve; to change it: /handoff undo e1 first",
        False,
    )
    assert answered(room, "sam", "undo e1") == ("done", True)
    assert answered(room, "sam", "decide decline because not after all") == ("done", True)


def test_what_was_withdrawn_is_not_decided() -> None:
    room = raised()
    room.pushes(compose())
    said, acted = answered(room, "sam", "decide e1 approve because it is small enough")
    assert (said, acted) == ("e1 was withdrawn; nothing was done", False)


WHY = "because I see it another way"


def test_nobody_takes_back_what_others_decided_about_their_own_work() -> None:
    room = raised(POLICY.replace("people: [maria]", "people: [maria, ana, ben]"), **SLOW)
    room.pushes(REDIS, by="ben")
    for name in ("e1", "e2"):
        room.types("sam", f"/handoff decide {name} decline because not this year")
    assert answered(room, "ana", f"undo e1 {WHY}") == (
        "undoing a decision is not for the author; nothing was done",
        False,
    )
    assert answered(room, "ben", f"undo e2 {WHY}") == (
        "undoing a decision is not for those who wrote commits here; nothing was done",
        False,
    )
    assert all(one.blocks for one in room.report.escalations)
    assert answered(room, "jo", f"undo e1 {WHY}")[0].startswith("this is for architect (sam, pat)")
    assert answered(room, "pat", f"undo e1 {WHY}") == ("done", True)
    assert answered(room, "maria", f"undo e2 {WHY}") == ("done", True)


def test_nobody_takes_back_what_others_ask_about_their_own_work() -> None:
    room = Room.under(POLICY, MONDAY, compose())
    room.types("maria", "/handoff escalate new-dependency because is this wanted?")
    assert answered(room, "ana", f"undo e1 {WHY}") == (
        "undoing a question is not for the author; nothing was done",
        False,
    )
    assert answered(room, "sam", f"undo e1 {WHY}") == ("done", True)


def test_who_asked_takes_the_question_back() -> None:
    room = Room.under(POLICY, MONDAY, compose())
    room.types("ana", "/handoff escalate because may it go out?")
    assert room.asked == ["e1 sam"]
    assert answered(room, "ana", "undo e1") == ("done", True)
    assert room.states == {"e1": "withdrawn"}


def test_a_question_is_put_off_twice_by_the_same_person() -> None:
    room = raised()
    assert answered(room, "sam", "snooze 2h")[0] == "done"
    assert answered(room, "sam", "snooze e1 1d")[0] == "done"
    assert answered(room, "sam", "snooze 2h")[0] == (
        "twice is the limit; decide it, or assign it to somebody else"
    )
    assert answered(room, "pat", "snooze 2h")[0] == "done"


TWO: list[tuple[str, str, str]] = [
    ("jo", "ack", "done"),
    ("sam", "ack", "name one of them; there is e1 performance, e2 new-dependency. Nothing"),
    ("ben", "ack", "name one of them; there is e1 performance, e2 new-dependency, e3 question"),
    ("sam", "ack performance", "done"),
    ("maria", "decide e1 approve because it is fast enough", "done"),
    ("sam", "assign architect @pat", "done"),
]


@pytest.mark.parametrize(("login", "line", "answer"), TWO)
def test_of_several_questions_the_speakers_own_is_meant(login: str, line: str, answer: str) -> None:
    room = raised(**SLOW)
    room.types("ana", "/handoff escalate to product because are refunds in scope?")
    said, acted = answered(room, login, line)
    assert (said.startswith(plain(answer)), acted) == (True, answer == "done")


def test_whom_it_was_widened_to_may_take_it() -> None:
    room = raised(instead("then: lead", "then: product"))
    assert answered(room, "jo", "ack")[0].startswith("e1 is asked of architect")
    room.until(at(24, "12:00"))
    assert room.asked == ["e1 sam", "e1 jo"]
    assert answered(room, "jo", "decide approve because it is small enough")[0] == "done"


def test_a_decision_is_about_the_files_where_it_was_seen() -> None:
    for files, answer in (
        ({**REDIS, "docs/a.md": "words\n"}, "done"),
        (compose("redis", more="# more\n"), "compose.yaml changed in"),
    ):
        room = raised()
        room.pushes(files)
        said, _ = answered(room, "sam", "decide approve because it is small enough")
        assert said.startswith(answer)


def test_of_a_diff_that_nobody_sees_whole_nothing_is_decided() -> None:
    room = raised()
    room.becomes(changes=Unknown("GitHub lists at most 3000 files"))
    said, acted = answered(room, "sam", "decide approve because it is small enough")
    assert said.startswith("I cannot see the whole diff")
    assert not acted


@pytest.mark.parametrize(("by", "acts"), [("product", False), ("asked, product", True)])
def test_the_policy_says_who_may_take_it(by: str, acts: bool) -> None:
    room = raised(f"{POLICY}commands: {{ ack: {{ by: [{by}] }} }}\n")
    assert answered(room, "sam", "ack")[1] is acts


def test_an_author_who_may_not_write_asks_nobody() -> None:
    room = Room.under(POLICY, MONDAY, REDIS)
    room.standing = {"ana": Standing.READ}
    assert not answered(room, "ana", "escalate because may it go out?")[1]


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("why e1", "e1 (new-dependency) is raised: service:redis\nit holds the check\n"
         "architect (sam): /handoff decide e1 approve|redirect|decline because …"),
        ("why new-dependency because I wonder", "e1 (new-dependency) is raised: service:redis"),
    ],
)  # fmt: skip
def test_why_something_is_asked_is_said(line: str, answer: str) -> None:
    room = raised()
    heard = room.heard(room.said("kim", PREFIX + line))
    assert heard.answers[0].said.startswith(answer)


def test_what_became_of_a_question_is_said() -> None:
    room = raised()
    room.types("sam", f"{PREFIX}decide approve because one Redis per region")
    (answer,) = room.heard(room.said("kim", f"{PREFIX}why e1")).answers
    assert answer.said == (
        "e1 (new-dependency) is decided: service:redis\napprove by sam: one Redis per region"
    )
    room = raised()
    room.types("ana", f"{PREFIX}escalate to product because may it go out?")
    room.types("ana", f"{PREFIX}undo e2")
    (answer,) = room.heard(room.said("kim", f"{PREFIX}why e2")).answers
    assert answer.said == ("e2 (question) is withdrawn: may it go out?\nit does not hold the check")
