"""Who may say which verb."""

from __future__ import annotations

import pytest

from bot.model.policy import CommandRule
from bot.model.verbs import (
    ANY_ROLE,
    AUTHOR_WITH_WRITE,
    ENTITLED,
    NAMED,
    SAME_PERSON,
    VERBS,
    rule_of,
)

ROWS: list[tuple[str, set[str], str, str]] = [
    ("status", {"anyone"}, "", "edits fixed"),
    ("why", {"anyone"}, "", "edits fixed"),
    ("help", {"anyone"}, "", "edits fixed"),
    ("recheck", {"author", "triager"}, "", "edits"),
    ("ready", {"author", "triager"}, "", "head edits"),
    ("attest", {NAMED}, "optional", "head edits"),
    ("n/a", {"author", "reviewer"}, "must", "head"),
    ("waive", {"architect", "lead"}, "must", "head not-author"),
    ("confirm", {NAMED}, "", "head edits"),
    ("hold", {"triager", ANY_ROLE}, "must", ""),
    ("resume", {"holder", "lead"}, "lead: must", ""),
    ("escalate", {AUTHOR_WITH_WRITE, "reviewer", ANY_ROLE}, "must", ""),
    ("ack", {"asked"}, "", ""),
    ("snooze", {"asked"}, "", ""),
    ("decide", {"asked", "lead"}, "must", "head not-author"),
    ("assign", {"asked", "lead"}, "", ""),
    ("accept", {"asked"}, "", "head"),
    ("return", {"asked"}, "must", ""),
    ("undo", {SAME_PERSON, ENTITLED}, "someone else's: must", "fixed"),
]


def test_every_verb_has_its_row() -> None:
    assert sorted(VERBS) == sorted(row[0] for row in ROWS)


@pytest.mark.parametrize(("name", "by", "reason", "marks"), ROWS, ids=[row[0] for row in ROWS])
def test_a_verb_is_for_those_whom_the_table_names(
    name: str, by: set[str], reason: str, marks: str
) -> None:
    verb = VERBS[name]

    assert (verb.name, set(verb.by), verb.reason) == (name, by, reason)
    assert verb.needs_head is ("head" in marks)
    assert verb.edits is ("edits" in marks)
    assert verb.fixed is ("fixed" in marks)
    assert verb.not_by == ({"author"} if "not-author" in marks else set())


def test_what_a_policy_leaves_open_is_as_in_the_table() -> None:
    assert rule_of("hold", {}) == CommandRule(by=VERBS["hold"].by, reason_required=True)
    assert rule_of("ack", {}) == CommandRule(by=frozenset({"asked"}))
    assert rule_of("resume", {}).reason_required is False
    assert rule_of("ack", {"hold": CommandRule(by=frozenset({"lead"}))}) == rule_of("ack", {})


def test_a_policy_says_who_and_demands_more_and_lifts_nothing() -> None:
    said = {
        "waive": CommandRule(by=frozenset({"qa"}), lasts="7d", persons=2),
        "ready": CommandRule(not_by=frozenset({"reviewer"}), reason_required=True),
        "decide": CommandRule(by=frozenset()),
    }

    assert rule_of("waive", said) == CommandRule(
        by=frozenset({"qa"}),
        not_by=frozenset({"author"}),
        reason_required=True,
        lasts="7d",
        persons=2,
    )
    assert rule_of("ready", said) == CommandRule(
        by=frozenset({"author", "triager"}),
        not_by=frozenset({"reviewer"}),
        reason_required=True,
    )
    assert rule_of("decide", said).by == frozenset()
