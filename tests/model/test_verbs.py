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
    ("status", {"anyone"}, "", "fixed"),
    ("why", {"anyone"}, "", "fixed"),
    ("help", {"anyone"}, "", "fixed"),
    ("recheck", {"author", "triager"}, "", ""),
    ("ready", {"author", "triager"}, "", ""),
    ("attest", {NAMED}, "optional", ""),
    ("n/a", {"author", "reviewer"}, "must", ""),
    ("waive", {"architect", "lead"}, "must", "not-author"),
    ("confirm", {NAMED}, "", ""),
    ("hold", {"triager", ANY_ROLE}, "must", ""),
    ("resume", {"holder", "lead"}, "lead: must", ""),
    ("escalate", {AUTHOR_WITH_WRITE, "reviewer", ANY_ROLE}, "must", ""),
    ("ack", {"asked"}, "", ""),
    ("snooze", {"asked"}, "", ""),
    ("decide", {"asked", "lead"}, "must", "not-author"),
    ("assign", {"asked", "lead"}, "", ""),
    ("accept", {"asked"}, "", ""),
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
