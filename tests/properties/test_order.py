"""Words that arrive in another order than they were said in leave what they would have left."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import cache
from random import Random
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.judge.test_questions import MONDAY, POLICY
from tests.properties.test_streams import CALM, CODE, LONG
from tests.support.room import Room

RULES = (
    POLICY.replace("product: { people: [jo] }", "product: { people: [jo, li] }")
    .replace("block: until-acknowledged", "block: never")
    .replace("[docs] }\nesc", "[docs, logs] }\nesc")
    .replace(
        "lists:",
        "  logs: { title: Log, when: { changed: [code] }, proof: { attested-by: author } }\nlists:",
    )
) + (
    "handoff:\n  after: [ready]\n"
    "  operations: { to: product, answer: expected, tell: { rollback: { from: section,"
    " required: false } } }\n"
)
# Of each matter, what people say about it; of all of them, what takes back the newest word.
QUESTIONS = [
    ("sam", "decide e1 approve because it is small enough"),
    ("sam", "decide e1 decline because not this year"),
    ("maria", "decide e1 redirect because use the old one"),
    *(("sam", line) for line in ("ack e1", "snooze e1 2h", "snooze e1 3d", "undo", "undo e1")),
    *(("pat", line) for line in ("ack e1", "snooze e1 1d", "undo", "undo e1", "ack e2")),
    *(("sam", line) for line in ("assign architect @pat", "assign architect @sam")),
    *(("maria", line) for line in ("undo", "undo e1", "decide e2 approve because it is small")),
    ("ana", "escalate because may it go out?"),
]
ITEMS = [
    *(("maria", line) for line in ("undo", "undo docs", "waive docs because it is elsewhere")),
    *(("sam", line) for line in ("undo", "undo logs", "waive docs, logs because I saw both")),
    *(("ana", line) for line in ("undo", "undo docs", "ready", "attest logs", "undo logs")),
    ("ana", "n/a docs because there is nothing to say"),
    ("ben", "n/a docs, logs because it is small enough"),
    ("ben", "undo docs"),
]
HOLDS = [
    (who, line)
    for who in ("ben", "maria")
    for line in ("hold because pricing is open", "resume", "undo")
]
ANSWERS = [
    (who, line)
    for who in ("jo", "li")
    for line in ("accept", "undo", "undo operations", "return because it does not start")
]
Words = list[tuple[str, str]]


@cache
def there() -> Room:
    """Two questions are open and a role is told; what is said from now on is heard later."""
    room = Room.under(RULES, MONDAY, CODE)
    room.types("ana", "/handoff escalate performance because it looks slow")
    room.types("ana", "/handoff escalate because may it go out?")
    room.types("ana", "/handoff ready")
    room.waits(minutes=2)
    return room


def copied(room: Room) -> Room:
    lists = {"effects": [*room.effects], "told": [*room.told], "heads": [*room.heads]}
    return replace(room, more=dict(room.more), **lists)  # type: ignore[arg-type]  # by name


def heard(said: Words, arriving: list[int]) -> Room:
    """What stands when the words with these numbers arrived in this order."""
    room = copied(there())
    said_at = room.now
    room.waits(minutes=50)
    for number in arriving:
        login, line = said[number]
        room.comments = number + 10
        room.arrives(room.said(login, f"/handoff {line}", said_at + number * A_MINUTE))
    return room


A_MINUTE = timedelta(minutes=1)


def left(room: Room) -> Any:
    """Where everything stands, without whom we have asked on the way there."""
    report = room.report
    return (
        report.would_be(),
        [(one.item, one.state) for one in report.entries],
        sorted((one.by.login, one.said_at) for one in report.holds),
        report.ready and report.ready.key,
        [(one.state, one.answer and one.answer.key) for one in report.told],
        sorted(
            (one.raised.key, one.state, *(act and act.key for act in (one.decision, one.taken)))
            for one in report.escalations
        ),
    )


def same(said: Words, seed: int) -> None:
    """All ends as GitHub dates it, what was refused on arrival as well."""
    arriving = list(range(len(said)))
    Random(seed).shuffle(arriving)

    assert left(heard(said, arriving)) == left(heard(said, sorted(arriving)))


SAID = st.sampled_from([QUESTIONS, ITEMS, HOLDS, ANSWERS, QUESTIONS + ITEMS + HOLDS + ANSWERS])


@settings(CALM, max_examples=60)
@given(
    SAID.flatmap(lambda some: st.lists(st.sampled_from(some), min_size=2, max_size=7)),
    st.integers(0, 10_000),
)
@example([("maria", "waive docs because it is elsewhere"), ("maria", "undo")], 1)
@example([("ben", "hold because pricing is open"), ("ben", "resume")], 1)
@example([("jo", "accept"), ("jo", "undo operations")], 1)
@example([("sam", "decide e1 approve because it is small enough"), ("sam", "undo e1")], 1)
@example([("ana", "attest logs"), ("ana", "undo"), ("ana", "attest logs"), ("ana", "undo")], 3)
def test_no_order_of_arrival_gives_another_end(said: Words, seed: int) -> None:
    same(said, seed)


@pytest.mark.long
@pytest.mark.timeout(14_400)
@LONG
@given(
    SAID.flatmap(lambda some: st.lists(st.sampled_from(some), min_size=2, max_size=40)),
    st.integers(0, 10_000),
)
def test_no_order_of_arrival_gives_another_end_at_length(said: Words, seed: int) -> None:
    same(said, seed)


def test_a_question_that_was_taken_back_first_is_not_decided_by_who_is_heard_first() -> None:
    decision = ("sam", "decide e1 approve because it is small enough")
    said = [*[("ana", "undo")] * 3, decision]

    assert left(heard(said, [3, 0, 2, 1])) == left(heard(said, [0, 1, 2, 3]))
