"""Whatever happens in whatever order: nobody is asked too often, and nobody's word counts for more
than it may."""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.acts.who import every_role
from bot.judge.episodes import hours_of
from bot.judge.evaluate import evaluate
from bot.judge.hours import day_of, is_open
from bot.model.act import Act, ActKind
from bot.model.codec import Decoder, canonical
from bot.model.effect import Ping, Send
from bot.model.known import Unknown
from bot.model.report import Conclusion, Matter
from bot.text.report_json import report_bytes
from bot.wiring.catalogue import registry
from tests.judge.test_questions import MONDAY, POLICY, compose
from tests.support.room import PEOPLE, Room

RULES = POLICY.replace("pick: listed", "duty: { pat: 2026-11-24 to 2026-11-25 }") + (
    "away: { sam: 2026-11-25 to 2026-12-01, maria: until 2026-11-24 }\n"
)
A_DAY = timedelta(days=1)
LINES = [
    *("ack", "ack e1", "snooze 2h", "snooze e2 3d", "undo", "undo e1", "undo docs", "undo h1"),
    *("decide approve because it is small enough", "decide e1 redirect because use the old one"),
    *("decide e2 decline because not this year", "decide e3 approve because it is small enough"),
    *("assign architect @pat", "assign architect @sam", "assign lead @maria", "ready"),
    *("escalate because may it go out?", "escalate performance because it looks slow"),
    *("escalate to product because is it in scope?", "escalate to lead because may it go out?"),
    *("hold because pricing is open", "resume", "resume h1", "attest docs", "recheck", "status"),
    *("n/a docs because there is nothing to say", "waive docs because it is written elsewhere"),
]
SERVICES = [(), ("redis",), ("redis", "kafka"), ("kafka",), ("redis", "kafka", "minio")]
CODE = {"app/a.py": "x = 1\n"}


@dataclass(frozen=True)
class Push:
    services: tuple[str, ...]
    salt: int
    by: str = "ana"

    def happens(self, room: Room) -> None:
        room.pushes({**compose(*self.services, more="# again\n" * self.salt), **CODE}, self.by)


@dataclass(frozen=True)
class Says:
    login: str
    line: str

    def happens(self, room: Room) -> None:
        room.types(self.login, f"/handoff {self.line}")


@dataclass(frozen=True)
class Waits:
    minutes: int

    def happens(self, room: Room) -> None:
        room.waits(minutes=self.minutes)


@dataclass(frozen=True)
class Becomes:
    name: str
    value: Any

    def happens(self, room: Room) -> None:
        room.becomes(**{self.name: self.value})


@dataclass(frozen=True)
class Hides:
    """GitHub does not tell who is in these roles: from now on, or for some minutes."""

    closed: frozenset[str]
    silent: frozenset[str]

    def happens(self, room: Room) -> None:
        room.closed, room.silent = self.closed, self.silent
        room.wakes()
        room.waits(minutes=3)
        room.silent = frozenset()


SPEAKERS = sorted(PEOPLE.keys() - {"helper"})
WAITS = st.builds(Waits, st.sampled_from([1, 1, 5, 60, 240, 480, 1440, 4000]))
LABELS = st.frozensets(st.sampled_from(["slow", "twice"])) | st.just(Unknown("not visible"))
ROLES = st.frozensets(st.sampled_from(["architect", "lead"]), max_size=1)
PUSHES = st.builds(
    Push,
    st.sampled_from(SERVICES),
    st.integers(0, 2),
    st.sampled_from(["ana", "ana", "ana", "pat"]),
)
ANYTHING = st.one_of(
    st.builds(Says, st.sampled_from(SPEAKERS), st.sampled_from(LINES)),
    WAITS,
    WAITS,
    PUSHES,
    st.builds(Becomes, st.just("labels"), LABELS),
    st.builds(Becomes, st.just("draft"), st.booleans()),
    st.builds(Becomes, st.just("open"), st.booleans()),
    st.builds(Hides, ROLES, ROLES),
)
HERS = st.one_of(
    st.builds(Says, st.just("ana"), st.sampled_from(LINES)),
    WAITS,
    st.builds(Push, st.sampled_from(SERVICES[1:]), st.integers(0, 2)),
)
# The registry is looked up and files are read the first time.
CALM = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
# Where there is time for it: `make fuzz`.
LONG = settings(CALM, max_examples=int(os.environ.get("EXAMPLES", "2000")), derandomize=False)


def played(events: list[Any]) -> Room:
    """A pull request to which all of that happened; whom we asked was right each time."""
    room = Room.under(RULES, MONDAY, {**compose("redis"), **CODE})
    room.direct = {"sam": "slack", "maria": "post"}
    room.told += [("pat", MONDAY - timedelta(hours=20)), ("sam", MONDAY - timedelta(hours=5))]
    for event in events:
        before = len(room.acts)
        room.waits(seconds=1)
        event.happens(room)
        for act in room.acts[before:]:
            _asked_rightly(act, room)
            _said_rightly(act)
    return room


def _asked_rightly(act: Act, room: Room) -> None:
    if act.kind is not ActKind.ASK or "pinged" not in act.data:
        return
    opened = next(one for one in room.acts if one.subjects[:1] == act.subjects[:1])
    cause = next((one for one in room.acts if one.key == act.data.get("named")), opened)
    assert is_open(act.said_at, hours_of(act.data["role"], room.policy)), "outside hours"
    today = day_of(act.said_at, room.policy.hours)
    for login in act.data["pinged"].split():
        spans = room.policy.away.get(login, ())
        assert not any(first <= today <= last for first, last in spans), "away"
        assert PEOPLE[login].id not in {*room.wrote, PEOPLE["ana"].id}, "takes part"
        assert PEOPLE[login] != cause.by, "the actor"
        assert PEOPLE[login] in room.roster(every_role(room.policy)[act.data["role"]])  # type: ignore[operator]
        assert not PEOPLE[login].bot


def _said_rightly(act: Act) -> None:
    """Nobody without standing said it."""
    assert act.by.login not in {"kim", "helper"}, "an outsider"
    if act.kind in {ActKind.DECIDE, ActKind.WAIVE}:
        assert act.by.login != "ana"
        assert not act.is_contributor
        assert act.roles & {"architect", "lead", "product"}


def _never_too_often(room: Room) -> None:
    ours = [one for one in room.acts if one.kind is ActKind.ASK and "pinged" in one.data]
    people = {(login, one.said_at) for one in ours for login in one.data["pinged"].split()}
    assert len(people) <= 4, "two of six are kept for telling"
    for login in PEOPLE:
        _at_most(2, (moment for who, moment in set(room.told) if who == login))
    comments = [one for one in room.effects if isinstance(one, Ping)]
    _at_most(3, {one.said_at for one in ours})
    assert len(comments) == len({one.said_at for one in ours})
    for one in room.effects:
        if isinstance(one, Send):
            _said_once(one, ours, room)
    for keys in ([one.key for one in room.effects], [one.key for one in room.acts]):
        assert len(keys) == len(set(keys)), "a key twice"
    once = Counter((one.subjects[0], one.data["role"]) for one in ours if "named" not in one.data)
    assert not once or max(once.values()) == 1, "a role twice about one question"


def _said_once(send: Send, ours: list[Act], room: Room) -> None:
    """An edit calls nobody and is of what was sent; who is written to alone was just asked."""
    if send.edits:
        assert send.message.to == ()
        assert send.edits in {one.key for one in room.effects}
    elif send.target != "design":
        asked = {f"{one.key}:{login}" for one in ours for login in one.data["pinged"].split()}
        assert send.cause in asked


def _at_most(most: int, moments: Any) -> None:
    found = sorted(moments)
    for first, last in zip(found, found[most:], strict=False):
        assert last - first >= A_DAY, "too often in a day"


def _same_bytes(room: Room) -> None:
    bytes_then, matter = report_bytes(room.report), room.matter
    kinds = {rule.id: rule.options for rule in registry().values()}
    again: Matter = Decoder(kinds).decode(Matter, json.loads(canonical(matter)))
    assert report_bytes(evaluate(again, registry(), "1")) == bytes_then
    shuffled = list(matter.acts)
    Random(7).shuffle(shuffled)
    mixed = replace(matter, acts=tuple(shuffled))
    assert report_bytes(evaluate(mixed, registry(), "1")) == bytes_then


def _again(room: Room, events: list[Any]) -> None:
    """What was said is delivered once more: nothing comes of it."""
    keys, number = {one.key for one in room.acts}, 0
    for event in events:
        if isinstance(event, Says):
            number += 1
            said = replace(
                room.said(event.login, f"/handoff {event.line}"), key=f"comment:{number}"
            )
            heard = room.heard(said)
            if any(key.startswith(f"{said.key}:") for key in keys):
                assert heard.acts == ()


def holds(events: list[Any]) -> None:
    room = played(events)
    _never_too_often(room)
    _same_bytes(room)
    _again(room, events)


def alone(events: list[Any]) -> None:
    """What fails without her words fails with them."""
    room = played(events)
    bare = evaluate(replace(room.matter, acts=()), registry(), "1")
    assert bare.would_be() is Conclusion.FAILURE
    assert room.report.would_be() is Conclusion.FAILURE


@CALM
@given(st.lists(ANYTHING, max_size=40))
def test_no_stream_of_events_asks_too_much(events: list[Any]) -> None:
    holds(events)


@CALM
@given(st.lists(HERS, max_size=25))
def test_the_author_alone_clears_nothing(events: list[Any]) -> None:
    alone(events)


@pytest.mark.long
@pytest.mark.timeout(14_400)
@LONG
@given(st.lists(ANYTHING, min_size=150, max_size=200))
def test_no_long_stream_of_events_asks_too_much(events: list[Any]) -> None:
    holds(events)


@pytest.mark.long
@pytest.mark.timeout(14_400)
@LONG
@given(st.lists(HERS, min_size=50, max_size=200))
def test_the_author_alone_clears_nothing_at_length(events: list[Any]) -> None:
    alone(events)
