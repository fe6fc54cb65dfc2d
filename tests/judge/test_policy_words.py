"""Words of the policy that change what is judged, said and asked, each with and without it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.model.facts import Facts
from bot.model.known import Unknown
from bot.text.check import check_of
from tests.judge.test_questions import MONDAY, POLICY, REDIS, at
from tests.support.judging import BASIC, CODE, PAGE, judged, states
from tests.support.pulls import changed, check, pull
from tests.support.room import Room

LINES = {"app/a.py": "x = 1\n"}
MORE = LINES | {"app/b.py": "y = 2\n"}
RED = pull(CODE, PAGE, checks=(check("ci", "failure"),))
GREEN = pull(CODE, PAGE, checks=(check("ci"),))
UNREAD = replace(GREEN, changes=Unknown("the list is cut"))
OWN = """
version: 1
areas: { code: ["app/**"], first: ["app/a.py"] }
roles: { lead: { people: [maria] } }
checklist: { own: { title: Own, when: { changed: [code] }, proof: { attested-by: author } } }
lists: { handoff: [own], quality: [own] }
"""
PUSH = OWN.replace("attested-by: author", "attested-by: { role: author, lasts: this-push }")


def over(said: str, glob: str = "app/**") -> str:
    return f'paths: {{ "{glob}": {{ checklist: {{ tests: {{ {said} }} }} }} }}\n'


# Each key that an override may hold: what the entry shows without it, and with it.
OVERRIDES = [
    ("title: Jobs run", "title", "Tests pass", "Jobs run"),
    ("help: Ask the crew", "help", "", "Ask the crew"),
    ("if-unsure: ask lead", "if_unsure", None, "lead"),
    ("waive-by: nobody", "waive_by", {"architect", "lead"}, set()),
    ("applies-from: 2999-01-01", "level", "block", "note"),
    ("level: note", "level", "block", "note"),
]


@pytest.mark.parametrize(("said", "name", "without", "has"), OVERRIDES)
def test_an_override_changes_what_it_names_for_its_files_alone(
    said: str, name: str, without: object, has: object
) -> None:
    def shown(text: str) -> object:
        return getattr(judged(text, RED).entries[0], name)

    assert shown(BASIC) == shown(BASIC + over(said, "lib/**")) == without
    assert shown(BASIC + over(said)) == has


def test_an_override_takes_the_word_for_what_cannot_be_told_away() -> None:
    asks = BASIC.replace("proof: { check: ci }", "proof: { check: ci }, if-unsure: ask lead")

    assert judged(asks, pull(CODE)).entries[0].if_unsure == "lead"
    assert judged(asks + over("if-unsure: block"), pull(CODE)).entries[0].if_unsure is None


def test_an_item_that_is_too_young_for_some_files_holds_where_nobody_knows_which() -> None:
    young = BASIC.replace("tests: { title", "tests: { applies-from: 2999-01-01, title")

    def level(text: str, facts: Facts) -> str:
        return judged(text, facts).entries[0].level

    assert (level(young, RED), level(young, UNREAD)) == ("note", "note")
    assert level(young + over("applies-from: 2020-01-01"), UNREAD) == "block"


def test_of_several_groups_the_gravest_says_what_it_is_about() -> None:
    text = BASIC.replace('["app/**"]', '["app/**", "lib/**"]')
    facts = pull(
        *(CODE, PAGE, changed("lib/a.py", "", "x = 1\n")),
        checks=(check("ci"), check("jobs", "failure")),
    )
    report = judged(text + over("title: Jobs run, proof: { check: jobs }", "lib/**"), facts)

    assert (report.entries[0].title, report.entries[0].state) == ("Jobs run", "missing")


def attested(text: str) -> Room:
    """ana gave her word, and then something was pushed that it was not about."""
    room = Room.under(text, MONDAY, LINES)
    assert room.types("ana", "/handoff attest own") == "done"
    assert states(room.report) == {"own": "attested"}
    room.pushes(LINES | {"docs/a.md": "words\n"})
    return room


def test_an_override_of_covers_keeps_a_word_while_other_files_change() -> None:
    paths = 'paths: { "app/**": { checklist: { own: { covers: [first] } } } }\n'
    found = []
    for text in (OWN, OWN + paths):
        room = attested(text)
        room.pushes(MORE)
        found.append(states(room.report)["own"])

    assert found == ["missing", "attested"]


# What ends with a push though no file of the item changed, and what outlasts it.
WORDS = [
    (OWN, "attested", ""),
    (PUSH, "missing", "; there was a push since"),
    (OWN + "commands: { attest: { lasts: this-push } }\n", "missing", "; there was a push since"),
]


@pytest.mark.parametrize(("text", "state", "why"), WORDS)
def test_a_word_for_one_push_ends_with_the_next_one(text: str, state: str, why: str) -> None:
    report = attested(text).report

    assert states(report) == {"own": state}
    said = check_of(report, "handoff").text
    assert (why in said) if why else "'s word is from" not in said


# How long each verb's word holds, and that the check is looked at again when it is over.
LASTING = [
    ("attest", "ana", "/handoff attest own", "attested"),
    ("n/a", "ana", "/handoff n/a own because it is a page", "not-needed"),
    ("waive", "maria", "/handoff waive own because it is a page", "waived"),
]


@pytest.mark.parametrize(("verb", "who", "line", "state"), LASTING)
def test_a_word_holds_no_longer_than_the_policy_lets_it(
    verb: str, who: str, line: str, state: str
) -> None:
    room = Room.under(f"{OWN}commands: {{ {verb}: {{ lasts: 7d }} }}\n", MONDAY, LINES)
    assert room.types(who, line) == "done"

    room.waits(days=6)
    assert states(room.report) == {"own": state}
    assert room.again_at == MONDAY + timedelta(days=7)
    room.waits(days=1)
    assert states(room.report) == {"own": "missing"}
    assert "; its time is over" in check_of(room.report, "handoff").text
    assert room.again_at is None


def test_a_word_of_a_pull_request_that_has_ended_wakes_nobody() -> None:
    room = Room.under(f"{OWN}commands: {{ attest: {{ lasts: 7d }} }}\n", MONDAY, LINES)
    room.types("ana", "/handoff attest own")

    room.becomes(open=False)

    assert room.again_at is None


@pytest.mark.parametrize(
    ("drafts", "asked", "title", "due"),
    [
        ("true", [], "Draft · 0 of 0 · waiting for architect: new-dependency", None),
        ("false", ["e1 sam"], "Draft · 0 of 0 · waiting for architect (sam): redis · due", True),
    ],
)
def test_people_are_asked_on_a_draft_where_drafts_are_not_quiet(
    drafts: str, asked: list[str], title: str, due: bool | None
) -> None:
    room = Room.under(f"{POLICY}quiet: {{ drafts: {drafts} }}\n", MONDAY, REDIS, draft=True)
    room.becomes(draft=True)
    room.waits(seconds=61)

    assert room.asked == asked
    assert room.title.startswith(title)
    # Its clock runs as that of any other.
    room.until(at(24, "11:02"))
    assert [one.due_at is not None for one in room.report.escalations] == ([due] if due else [])


def test_what_is_left_on_a_draft_is_somebodys_where_drafts_are_not_quiet() -> None:
    draft = replace(RED, draft=True)

    assert check_of(judged(BASIC, draft), "handoff").title.endswith("while it is a draft")
    noisy = judged(BASIC + "quiet: { drafts: false }\n", draft)
    assert check_of(noisy, "handoff").title == "Draft · 1 of 2 · tests left · ana"
