"""Every verb: who may say it, with which words, and what it leaves behind."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.acts.who import entitles
from bot.model.act import ActKind
from bot.model.facts import Standing
from bot.model.known import Known, Unknown
from bot.model.policy import Role
from tests.support.judging import CODE, PAGE
from tests.support.pulls import HEAD, check, pull
from tests.support.saying import DOWN, HERE, KEY, ODD, POLICY, Room, asks, lost

GREEN = pull(CODE, PAGE, checks=(check("ci"), check("image")))
UNREAD = pull(ODD)
LONG = "x" * 501
SEEN = "1 added line(s) match what must not be added: key (app/a.py:1)"
WIDER = POLICY.replace(
    "checklist:", "commands: { waive: { not-by: [reviewer], lasts: 7d } }\nchecklist:"
)
TOLD_WHY = POLICY.replace("checklist:", "commands: { ready: { reason: required } }\nchecklist:")
PUSH = POLICY.replace("checklist:", "commands: { waive: { lasts: this-push } }\nchecklist:")

# Who, line, what is answered ("done" where nothing is), what the act is about.
Case = tuple[str, str, str, tuple[str, ...]]
NOT = "Nothing was done."
BOTH = "Architect (sam) or lead (maria) may"
CASES: list[Case] = [
    ("ana", "ready", "still open: tests, docs, logging, conventions", ("ready",)),
    ("ben", "ready because I have looked",
     "still open: tests, docs, logging, conventions", ("ready",)),
    ("ana", "ready thanks", f'I do not know "thanks". {NOT}', ()),
    ("ana", "ready until 2026-12-01", f'"until 2026-12-01" does not belong here. {NOT}', ()),
    ("ana", f"ready at {HEAD[:7]}", "still open: tests, docs, logging, conventions", ("ready",)),
    ("ana", "ready at", f'I do not know "at". {NOT}', ()),
    ("ana", "ready at 12", f'"12" is no commit; give 7 to 40 of its digits. {NOT}', ()),
    ("ana", "ready at 9d03e77",
     "9d03e77 is no head of this pull request. The head now is 1111111.", ()),
    ("kim", "ready", f"this is for author or those who may triage. {NOT}", ()),
    ("ana", "attest logging", "done", ("logging",)),
    ("ana", "attest 5 because I looked", "done", ("logging",)),
    ("ana", "attest log, logging", "done", ("logging",)),
    ("ana", "attest tests logging", "done", ("tests", "logging")),
    ("ana", "attest", "name an item. Type /handoff attest ITEM; the items are tests, docs, docker, "
     "keys, logging, conventions.", ()),
    ("ana", "attest loging",
     'I do not know the item "loging". Did you mean /handoff attest logging? '
     f"{NOT}", ()),
    ("ana", "attest docs",
     f"docs is proved by companion-files-changed alone and has no place for a word. {NOT}", ()),
    ("ana", "attest log docs",
     "docs is proved by companion-files-changed alone and has no place for a word. "
     f"Say /handoff attest logging. {NOT}", ()),
    ("ana", f"attest logging because {LONG}",
     f"a reason has at most 500 characters; this one has 501. {NOT}", ()),
    ("ana", "attest conventions", f"this is for reviewer. {NOT}", ()),
    ("ana", "attest logging to lead", f'"to lead" does not belong here. {NOT}', ()),
    ("ben", "attest all", "done", ("conventions",)),
    ("ana", "attest all", f"`all` is for a reviewer. {NOT}", ()),
    ("sam", "waive docs because it is written elsewhere", "done", ("docs",)),
    ("maria", "waive doc, 1 because it is written elsewhere",
     f'"doc" fits docs or docker. {NOT}', ()),
    ("maria", "waive docs tests because it is written elsewhere", "done", ("docs", "tests")),
    ("ben", "waive docs because it is written elsewhere",
     f"this is for architect (sam) or lead (maria). {NOT}", ()),
    ("ana", "waive docs", f"waiving is not for the author. {BOTH}. {NOT}", ()),
    ("ana", "waive keys because it is a sandbox", f"waiving is not for the author. {NOT}", ()),
    ("sam", "waive docs", "it needs a reason. Type /handoff waive ITEM because …", ()),
    ("sam", "waive docs because so", "a reason has at least 10 characters. "
     "Type /handoff waive ITEM because …", ()),
    ("sam", "waive", "name an item. Type /handoff waive ITEM; the items are tests, docs, docker, "
     "keys, logging, conventions.", ()),
    ("sam", "waive docs to lead because it is elsewhere",
     f'"to lead" does not belong here. {NOT}', ()),
    ("sam", "waive docs for ever because it is elsewhere",
     f'I do not know "for ever"; say "for this push". {NOT}', ()),
    ("sam", "waive docs for this push because it is elsewhere", "done", ("docs",)),
    ("sam", "waive docs until 2026-12-01 because it is elsewhere", "done", ("docs",)),
    ("sam", "waive docs until soon because it is elsewhere",
     f'"soon" is no date; write it like 2026-12-01. {NOT}', ()),
    ("sam", "waive docs until 2026-11-23 because it is elsewhere",
     f"until is at most 90 days ahead, 2027-02-22, and not in the past. {NOT}", ()),
    ("sam", "waive docs until 2027-12-01 because later",
     "until is at most 90 days ahead, 2027-02-22, and not in the past; a reason has at least 10 "
     "characters. Type /handoff waive ITEM because …", ()),
    ("sam", "waive docker because it is not needed",
     "there is nothing to waive: docker is not-needed", ()),
    ("sam", "waive docs at 0000000 because it is elsewhere",
     "0000000 is no head of this pull request. The head now is 1111111.", ()),
    ("ana", "n/a logging because it has no branches", "done", ("logging",)),
    ("ana", "na conventions because it has none", "done", ("conventions",)),
    ("ben", "n/a tests because there are none", "done", ("tests",)),
    ("ana", "n/a docker because nothing changed", "done", ()),
    ("ana", "n/a docs because it is internal",
     f"docs: nothing changed in docs. {NOT} Mend it, or ask architect (sam) or lead (maria): "
     "/handoff waive docs because …", ()),
    ("ana", "n/a logging", "it needs a reason. Type /handoff n/a ITEM because …", ()),
    ("ana", "n/a logging because x",
     "a reason has at least 5 characters. Type /handoff n/a ITEM because …", ()),
    ("ana", "n/a because it is none",
     "name an item. Type /handoff n/a ITEM; the items are tests, docs, docker, "
     "keys, logging, conventions.", ()),
    ("ana", "n/a logging for this push because so it is",
     f'"for this" does not belong here. {NOT}', ()),
    ("sam", "n/a logging because I think so", f"this is for author or reviewer. {NOT}", ()),
    ("ana", "n/a logging at abcdefa because so it is",
     "abcdefa is no head of this pull request. The head now is 1111111.", ()),
    ("ben", "hold because pricing is open", "done", ("h1",)),
    ("sam", "hold because pricing is open", "done", ("h1",)),
    ("kim", "hold because pricing is open",
     f"this is for architect (sam), lead (maria) or those who may triage. {NOT}", ()),
    ("ben", "hold", "it needs a reason. Type /handoff hold because …", ()),
    ("ben", "hold it because pricing is open", f'I do not know "it". {NOT}', ()),
    ("ben", "hold at 1111111 because pricing", f'"at 1111111" does not belong here. {NOT}', ()),
    ("ben", "resume", "you hold nothing here. Nothing is on hold.", ()),
    ("ben", "resume h3", "there is no hold h3. Nothing is on hold.", ()),
    ("ben", "resume at 1111111", f'"at 1111111" does not belong here. {NOT}', ()),
    ("ana", "undo", f"there is nothing of yours to take back. {NOT}", ()),
    ("ana", "undo it all", f'I do not know "all". {NOT}', ()),
    ("ana", "undo at 1111111", f'"at 1111111" does not belong here. {NOT}', ()),
]  # fmt: skip


@pytest.mark.parametrize(("who", "line", "says", "about"), CASES)
def test_a_line_is_done_or_refused_with_what_would_work(
    who: str, line: str, says: str, about: tuple[str, ...]
) -> None:
    room = Room()

    assert room.says(who, f"/handoff {line}") == says
    named = [act.subjects[0] if act.subjects else act.kind.value for act in room.acts]
    assert tuple(named) == about
    assert all(act.by.login == who and act.head_sha == HEAD for act in room.acts)


OTHER: list[tuple[str, str, dict[str, Any], str]] = [
    ("ana", "ready", {"facts": GREEN}, "still open: logging, conventions"),
    ("ben", "attest all", {"facts": UNREAD}, f"no open item waits for a reviewer's word. {NOT}"),
    ("ana", "attest keys", {"facts": UNREAD},
     f"keys, which cannot be read, is not for the author. {NOT}"),
    ("ana", "n/a keys because it is odd", {"facts": UNREAD},
     f"keys, which cannot be read, is not for the author. {NOT}"),
    ("ben", "n/a keys because it is odd", {"facts": UNREAD}, "done"),
    ("ana", "n/a keys because it is odd", {"facts": pull(KEY)},
     f"keys: {SEEN}. {NOT} Mend it: nobody may waive it."),
    ("sam", "waive keys because it is a sandbox", {"facts": pull(KEY)},
     f"keys cannot be waived here: {SEEN}. Mend it. {NOT}"),
    ("ana", "attest logging", {"facts": pull(changes=Unknown("too many files"))},
     f"I cannot see the whole diff (too many files). {NOT}"),
    ("ana", "n/a logging because it is so", {"facts": pull(changes=Unknown("too many files"))},
     f"I cannot see the whole diff (too many files). {NOT}"),
    ("ben", "waive docs because I think so too", {"text": WIDER},
     f"waive is not for reviewer. {NOT}"),
    ("sam", "waive docs because I think so too", {"text": WIDER}, "done"),
    ("ana", "ready", {"text": TOLD_WHY}, "it needs a reason. Type /handoff ready because …"),
    ("ana", "ready because it is small", {"text": TOLD_WHY},
     "still open: tests, docs, logging, conventions"),
    ("sam", "waive docs because I think so too", {"text": PUSH}, "done"),
    ("ana", "hold because pricing is open", {"facts": replace(HERE, open=False)},
     f"this pull request is closed. {NOT}"),
    ("ana", "undo", {"facts": replace(HERE, open=False)},
     f"there is nothing of yours to take back. {NOT}"),
]  # fmt: skip


@pytest.mark.parametrize(("who", "line", "known", "says"), OTHER)
def test_it_depends_on_the_pull_request_and_on_the_policy(
    who: str, line: str, known: dict[str, Any], says: str
) -> None:
    assert Room(**known).says(who, f"/handoff {line}") == says


UNSURE = ["ready", "recheck", "attest conventions", "attest all", "n/a logging because of it",
          "waive docs because it is written elsewhere", "hold because pricing is open"]  # fmt: skip


@pytest.mark.parametrize("line", UNSURE)
def test_what_cannot_be_checked_is_refused_as_that(line: str) -> None:
    room = Room()
    heard = room.heard(f"/handoff {line}", lost("ben"))

    assert heard.unchecked
    assert "I could not check whether you" in heard.answers[0].said
    assert "(GitHub answered 403). Nothing was done." in heard.answers[0].said
    assert room.acts == ()


@pytest.mark.parametrize(("wrote", "unchecked"), [(True, False), (DOWN, True)])
def test_who_wrote_commits_here_waives_nothing(wrote: Any, unchecked: bool) -> None:
    room = Room()
    heard = room.heard(
        "/handoff waive docs because I think so too", asks("sam", is_contributor=wrote)
    )

    assert (heard.refused, heard.unchecked, room.acts) == (True, unchecked, ())


@pytest.mark.parametrize(
    ("wrote", "said"),
    [
        (False, "done"),
        (True, f"n/a is not for author. {NOT}"),
        (DOWN, f"I could not check whether you are in author (GitHub answered 403). {NOT}"),
    ],
)
def test_where_the_author_may_not_say_it_neither_may_who_wrote_commits(
    wrote: Any, said: str
) -> None:
    rule = "commands: { n/a: { by: [anyone], not-by: [author] } }\nchecklist:"
    room = Room(text=POLICY.replace("checklist:", rule))
    heard = room.heard(
        "/handoff n/a conventions because it is a page", asks("ben", is_contributor=wrote)
    )

    assert (heard.answers[0].said or "done") == said


def test_a_waiver_lasts_as_long_as_the_shorter_of_the_two_says() -> None:
    room = Room(text=WIDER)
    room.says("sam", "/handoff waive docs because it is elsewhere")
    room.says("sam", "/handoff waive docs until 2026-11-25 because it is elsewhere")
    week, day = room.acts
    push = Room(text=PUSH)
    push.says("sam", "/handoff waive docs because it is elsewhere")

    assert week.ends_at is not None
    assert (week.ends_at - week.said_at).days == 7
    assert day.ends_at is not None
    assert day.ends_at.isoformat() == "2026-11-26T00:00:00+00:00"
    assert [one.ends_with_push for one in (week, day, *push.acts)] == [False, False, True]


def test_two_holds_end_one_by_one() -> None:
    room = Room()
    assert room.says(
        "ben", "/handoff hold because pricing is open\n/handoff hold because tax is"
    ) == ("done\ndone")
    room.says("sam", "/handoff hold because the design is open")
    assert [one.subjects[0] for one in room.judged().holds] == ["h1", "h2", "h3"]

    for verb in ("resume", "undo"):
        said = room.says("ben", f"/handoff {verb} h3 because I would like to go on")
        assert said == f"this is for lead (maria). {NOT}"
    assert room.says("maria", "/handoff resume") == (
        "you hold nothing here. There is h1 by ben, h2 by ben, h3 by sam."
    )
    assert room.says("maria", "/handoff resume h3").startswith("it needs a reason.")
    assert room.says("maria", "/handoff resume h3 please") == f'I do not know "please". {NOT}'
    assert room.says("maria", "/handoff resume h3 because it is settled") == "done"
    assert room.says("ben", "/handoff resume") == "done"
    assert room.judged().holds == ()
    assert room.says("ben", "/handoff hold because of something else") == "done"
    assert [one.subjects for one in room.judged().holds] == [("h4",)]


def test_undo_takes_back_the_newest_or_what_is_named() -> None:
    room = Room()
    room.says("ana", "/handoff attest logging\n/handoff attest tests\n/handoff ready")
    room.says("sam", "/handoff waive docs because it is written elsewhere")
    room.says("ben", "/handoff attest conventions")

    assert room.says("ana", "/handoff undo") == "done"
    assert room.judged().ready is None
    assert room.says("ana", "/handoff undo log because I was wrong") == "done"
    assert room.says("ana", "/handoff undo nothing").startswith("there is nothing of yours")
    assert room.says("sam", "/handoff undo conventions because I would").startswith(
        "this is for rev"
    )
    assert room.says("ben", "/handoff undo tests because they fail") == f"this is for author. {NOT}"
    assert room.says("ana", "/handoff undo docs because I will write").startswith(
        "undoing a waiver"
    )
    assert room.says("maria", "/handoff undo docs").startswith("it needs a reason.")
    assert room.says("maria", "/handoff undo docs because I see a need") == "done"
    states = [room.states()[one] for one in ("tests", "docs", "logging", "conventions")]
    assert states == ["attested", "missing", "missing", "attested"]
    assert room.acts[-1].kind is ActKind.UNDO


def test_an_undo_that_comes_late_leaves_what_was_said_after_it() -> None:
    room = Room()
    room.says("ana", "/handoff attest logging")
    early = room.now.replace(second=30)
    room.says("ana", "/handoff attest tests")

    room.heard("/handoff undo", asks("ana"), created_at=early)

    assert (room.states()["logging"], room.states()["tests"]) == ("missing", "attested")


def test_why_of_a_good_item_names_nobody_who_must_act() -> None:
    said = Room().says("kim", "/handoff why keys, please")

    assert said.startswith("keys (block) is proved: ")
    assert "to clear" not in said


def test_a_word_given_twice_or_read_twice_is_one() -> None:
    room = Room()
    room.heard("/handoff attest logging", asks("ana"), key="comment:5")
    room.heard("/handoff attest logging", asks("ana"), key="comment:5")

    assert len(room.acts) == 1
    assert not room.last.refused


def test_an_app_in_a_persons_name_may_only_look() -> None:
    room = Room()
    by_app = asks("ana", through_app="some-agent")

    said = [room.heard(f"/handoff {one}", by_app).answers[0] for one in ("ready", "why docs")]

    assert said[0].said == (f"the App some-agent wrote this comment; a person has to say it. {NOT}")
    assert (said[1].done, room.acts) == (True, ())


def test_only_lines_that_an_edit_added_are_run() -> None:
    room = Room()
    heard = room.heard(
        "/handoff ready\n/handoff recheck", asks("ana"), before="/handoff ready", sender_id=1
    )
    refused = room.heard("/handoff attest logging", asks("ana"), before="", sender_id=1)

    assert (heard.recheck, [one.line for one in heard.answers]) == (True, ["/handoff recheck"])
    assert refused.answers[0].said == "not from an edited comment. Write a new one."
    assert room.acts == ()


def test_help_on_a_closed_pull_request_offers_what_still_runs() -> None:
    room = Room(facts=replace(HERE, open=False))
    room.acts = Room().heard("/handoff attest logging", asks("ana")).acts
    offered = room.says("ana", "/handoff help")

    assert "/handoff undo" in offered
    assert "/handoff attest" not in offered
    assert "/handoff undo" not in room.says("kim", "/handoff help")


def test_who_may_not_speak_is_not_guessed() -> None:
    unsure = asks("ben", is_reviewer=DOWN)

    (answer,) = (
        Room(text=WIDER).heard("/handoff waive docs because it is elsewhere", unsure).answers
    )

    assert answer.said.startswith("I could not check whether you are in reviewer")


@pytest.mark.parametrize(
    ("standing", "role", "answer"),
    [
        (Standing.ADMIN, Role(name="lead", permission=Standing.ADMIN), True),
        (Standing.WRITE, Role(name="lead", permission=Standing.ADMIN), False),
        (Standing.ADMIN, Role(name="qa", people=("li",)), False),
        (DOWN, Role(name="lead", permission=Standing.ADMIN), DOWN),
    ],
)
def test_what_somebody_may_do_puts_them_into_a_role(
    standing: Known[Standing], role: Role, answer: Known[bool]
) -> None:
    assert entitles(standing, role) == answer
