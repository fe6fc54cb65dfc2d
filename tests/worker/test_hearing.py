"""How often somebody is heard, what it costs before, and comments that come late."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.judge.evaluate import evaluate
from bot.model.arrival import Said
from bot.model.effect import React, Reply
from bot.model.facts import Facts, Person, Standing
from bot.model.known import Known, Unknown
from bot.model.look import CommentNow
from bot.model.policy import Role
from bot.model.report import Matter
from bot.wiring.catalogue import all_commands, registry
from bot.worker.hearing import Hearing
from tests.support.clock import FakeClock
from tests.support.judging import policy
from tests.support.saying import HERE, POLICY
from tests.worker.doubles import claim

JUDGED = Matter(facts=HERE, policy=policy(POLICY))
IDS = {"ana": 1, "ben": 2, "sam": 3}
WHY, READY, HOLD = "/handoff why docs", "/handoff ready", "/handoff hold because I wait"


@dataclass(kw_only=True)
class People:
    """ben may write, nobody else anything; `stands`: what a comment says by now."""

    stands: Known[str | None] = None
    answer: str = ""
    down: bool = False
    calls: int = 0

    async def standing(self, claim: Any, person: Person) -> Known[Standing]:
        self.calls += 1
        if self.down:
            return Unknown("GitHub answered 403")
        return Standing.WRITE if person.login == "ben" else Standing.READ

    async def roles(
        self, claim: Any, person: Person, roles: Mapping[str, Role], facts: Facts
    ) -> Mapping[str, Known[bool]]:
        return dict.fromkeys(roles, Unknown("GitHub answered 403") if self.down else False)

    async def comment_now(self, claim: Any, said: Said) -> Known[CommentNow | None]:
        if self.stands is None or isinstance(self.stands, Unknown):
            return self.stands
        return CommentNow(self.stands, self.answer)


class Heads:
    since: datetime = datetime.min.replace(tzinfo=UTC)

    async def whole_since(self) -> datetime:
        return self.since

    async def heads(self, subject: Any) -> Sequence[tuple[str, datetime]]:
        return [(HERE.head_sha, HERE.opened_at)]


@dataclass(kw_only=True)
class Ear:
    """Hears one comment after the other and says by a letter what came of it."""

    clock: FakeClock = field(default_factory=FakeClock)
    people: People = field(default_factory=People)
    count: int = 0

    def __post_init__(self) -> None:
        commands = {one.verb: one for one in all_commands()}
        self.ledger = Heads()
        known: Any = {"people": self.people, "ledger": self.ledger, "clock": self.clock}
        self.hearing = Hearing(commands=commands, classes={}, **known)

    def said(self, who: str, body: str) -> Said:
        self.count += 1
        now, id_ = self.clock.now(), IDS.get(who, sum(who.encode()))
        about: dict[str, Any] = {"by_id": id_, "by_login": who, "by_type": "User", "node_id": "n"}
        return Said(key=f"comment:{self.count}", body=body, created_at=now, updated_at=now, **about)

    async def hears(self, said: Said, number: int = 118) -> str:
        """`+` done, `-` refused, `.` nothing, `e` waiting; in upper case `R` with a reply."""
        here = replace(claim(number), said=(said,))

        def judge(matter: Matter) -> Any:
            return evaluate(matter, registry(), "1")

        spoken = await self.hearing.hear(here, JUDGED, judge(JUDGED), judge, has_comment=True)
        self.acts = [one.kind.value for one in spoken.acts]
        self.replies = [one.body for one in spoken.effects if isinstance(one, Reply)]
        marks = {"+1": "+", "confused": "-", "eyes": "e"}
        made = [one for one in spoken.effects if isinstance(one, React) and not one.gone]
        return "".join(marks[one.content] for one in made) or "."


@pytest.mark.parametrize(
    ("who", "body", "apart", "heard"),
    [
        ("ana", WHY, 1, "++++++-."),
        ("ana", WHY, 11, "+" * 30 + "-."),
        ("ben", WHY, 11, "+++-."),
        ("ben", HOLD, 11, "++++++"),
        ("sam", WHY, 11, "++++++"),
        ("kim", WHY, 601, "+++-..++"),
        ("kim", HOLD, 11, "----."),
    ],
)
async def test_so_many_lines_are_heard(who: str, body: str, apart: int, heard: str) -> None:
    ear = Ear()
    found = ""
    for _ in heard:
        found += await ear.hears(ear.said(who, body))
        ear.clock.advance(apart)

    assert found == heard


async def test_what_was_said_in_hours_and_arrives_at_once_is_no_flood() -> None:
    ear = Ear(people=People(stands=HOLD))
    said = []
    for _ in range(8):
        said.append(ear.said("ben", HOLD))
        ear.clock.advance(600)

    assert [await ear.hears(one) for one in reversed(said)] == ["+"] * 8


async def test_strangers_have_one_limit_together_on_a_pull_request_and_cost_no_call() -> None:
    ear = Ear()
    crowd = [await ear.hears(ear.said(f"kim{at}", READY)) for at in range(12)]
    calls = ear.people.calls
    elsewhere = await ear.hears(ear.said("kim11", READY), number=119)

    assert (crowd, calls, elsewhere) == (["-"] * 12, 10, "-")
    assert ear.replies != []
    assert await ear.hears(ear.said("kim10", READY)) == "."


async def test_who_waits_for_github_is_counted_once() -> None:
    ear = Ear(people=People(down=True))
    said = ear.said("kim", HOLD)
    waiting = [await ear.hears(said) for _ in range(6)]
    ear.people.down = False

    assert (waiting, await ear.hears(said)) == (["e"] * 6, "-")


@pytest.mark.parametrize(
    ("stands", "heard", "says"),
    [
        (HOLD, "+", ""),
        (None, ".", ""),
        ("Never mind.", ".", ""),
        (Unknown("403"), "e", ""),
    ],
)
async def test_a_late_comment_is_run_only_as_it_stands(
    stands: Known[str | None], heard: str, says: str
) -> None:
    ear = Ear(people=People(stands=stands))
    said = ear.said("ben", HOLD)
    ear.clock.advance(timedelta(minutes=11).total_seconds())

    assert await ear.hears(said) == heard
    assert says in "".join(ear.replies).replace("\\", "")


@pytest.mark.parametrize("late", [11, 3_000])
@pytest.mark.parametrize(
    ("trouble", "says"),
    [
        ({"stands": Unknown("403")}, "I could not check whether this still stands (403). Nothing"),
        ({"stands": HOLD, "down": True}, "I could not check whether you are "),
    ],
)
async def test_what_github_does_not_tell_is_asked_for_ten_minutes_from_the_first_try(
    late: int, trouble: dict[str, Any], says: str
) -> None:
    ear = Ear(people=People(**trouble))
    said = ear.said("ben", HOLD)
    ear.clock.advance(60 * late)

    tries = []
    for _ in range(21):
        tries.append(await ear.hears(said))
        ear.clock.advance(30)

    assert tries == ["e"] * 20 + ["-"]
    assert says in "".join(ear.replies).replace("\\", "")
    ear.people.down, ear.people.stands = False, HOLD
    told = ear.said("ben", HOLD)
    ear.clock.advance(700)
    assert await ear.hears(told) == "+"


@pytest.mark.parametrize("since", [timedelta(), timedelta(minutes=1)])
@pytest.mark.parametrize(
    ("who", "answer", "heard", "acts"),
    [
        ("ben", "", "+", ["hold"]),
        ("ben", "+1", ".", ["hold"]),
        ("ben", "confused", ".", []),
        ("kim", "", "-", ["refuse"]),
        ("kim", "+1", ".", []),
        ("kim", "confused", ".", ["refuse"]),
    ],
)
async def test_what_a_lost_store_has_answered_is_not_answered_anew(
    who: str, answer: str, heard: str, acts: list[str], since: timedelta
) -> None:
    ear = Ear(people=People(stands=HOLD, answer=answer))
    said = ear.said(who, HOLD)
    if since:
        # Shortly before the backup was put back.
        ear.ledger.since = said.created_at + since
    else:
        ear.clock.advance(700)

    assert (await ear.hears(said), ear.acts) == (heard, acts)


async def test_an_edit_is_answered_whatever_was_answered_to_the_slip_before() -> None:
    ear = Ear(people=People(stands=HOLD, answer="confused"))
    said = replace(ear.said("ben", HOLD), before="/handoff hodl because prices")
    ear.clock.advance(700)

    assert await ear.hears(said) == "-"
    assert "edited" in "".join(ear.replies)
