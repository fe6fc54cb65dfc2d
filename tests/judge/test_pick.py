"""Whom of a role to ask first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.judge.episodes import owes
from bot.judge.pick import PINGS_A_DAY, Around, pick
from bot.model.act import NOBODY, Act, ActKind
from bot.model.asked import Asked
from bot.model.facts import Person
from bot.model.policy import Role

TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
LI, OMAR, SAM = (Person(id=at, login=name) for at, name in enumerate(("Li", "omar", "sam"), 1))
BOT = Person(id=9, login="checker[bot]", bot=True)
ALL = (LI, OMAR, SAM)
ROLE = Role(name="qa", people=("sam", "li", "omar"))
AROUND = Around(
    pr="acme/orders#118",
    today=TODAY,
    asked={
        "li": Asked(last=NOW - timedelta(hours=1), open=0),
        "omar": Asked(last=NOW - timedelta(days=9), open=3),
        "sam": Asked(last=NOW - timedelta(days=2), open=1),
    },
)


def days(first: int, last: int) -> tuple[date, date]:
    return (TODAY + timedelta(days=first), TODAY + timedelta(days=last))


CASES: list[tuple[str, dict[str, Any], dict[str, Any], Person]] = [
    ("least recently asked", {}, {}, OMAR),
    ("never asked is longest ago", {}, {"asked": {"li": AROUND.asked["li"]}}, OMAR),
    ("in the policy's order", {"pick": "listed"}, {}, SAM),
    ("who owes fewest answers", {"pick": "fewest-open"}, {}, LI),
    ("on duty first", {"duty": {"LI": days(0, 4)}}, {}, LI),
    ("on duty on the last day", {"duty": {"li": days(-4, 0)}}, {}, LI),
    ("duty goes before the order", {"pick": "listed", "duty": {"omar": days(0, 0)}}, {}, OMAR),
    ("two on duty take turns", {"duty": {"li": days(0, 1), "sam": days(0, 1)}}, {}, SAM),
    ("duty not begun", {"duty": {"li": days(1, 4)}}, {}, OMAR),
    ("duty over", {"duty": {"li": days(-4, -1)}}, {}, OMAR),
    ("on duty and away", {"duty": {"li": days(0, 4)}}, {"away": {"li": (days(0, 0),)}}, OMAR),
    ("not these", {}, {"not_these": frozenset({OMAR.id})}, SAM),
    ("excepted", {"apart": ("OMAR",)}, {}, SAM),
    ("away from today", {}, {"away": {"Omar": (days(0, 9),)}}, SAM),
    ("away until today", {}, {"away": {"omar": ((date.min, TODAY),)}}, SAM),
    ("away again", {}, {"away": {"omar": (days(-9, -5), days(-1, 1))}}, SAM),
    ("back today", {}, {"away": {"omar": (days(-9, -1),)}}, OMAR),
    ("away from tomorrow", {}, {"away": {"omar": (days(1, 9),)}}, OMAR),
    ("asked twice today", {}, {"asked": {**AROUND.asked, "omar": Asked(lately=2)}}, SAM),
    ("asked once today", {}, {"asked": {**AROUND.asked, "omar": Asked(lately=1)}}, OMAR),
]


@pytest.mark.parametrize(
    ("role", "around", "person"), [one[1:] for one in CASES], ids=[one[0] for one in CASES]
)
def test_one_person_is_asked(role: dict[str, Any], around: dict[str, Any], person: Person) -> None:
    assert pick(replace(ROLE, **role), ALL, replace(AROUND, **around)) == person


def test_those_whom_the_policy_does_not_list_come_last() -> None:
    role = Role(name="qa", team="acme/qa", people=("sam",), pick="listed")

    assert pick(role, (OMAR, LI, SAM), AROUND) == SAM


def test_nobody_left_says_why_of_each() -> None:
    around = replace(
        AROUND,
        not_these=frozenset({LI.id}),
        away={"sam": (days(0, 0),)},
        asked={"omar": Asked(lately=PINGS_A_DAY)},
    )

    assert pick(ROLE, (*ALL, BOT), around) == (
        "nobody in qa can be asked: Li takes part or is excepted, "
        "omar was asked often enough today, sam is away, checker[bot] is a bot"
    )
    assert pick(ROLE, (), around) == "nobody is in qa"


def test_equals_are_told_apart_by_the_pull_request() -> None:
    chosen = {
        pick(replace(ROLE, pick=how), ALL, Around(pr=f"acme/orders#{number}", today=TODAY))
        for number in range(40)
        for how in ("rotation", "fewest-open")
    }

    assert chosen == set(ALL)


PEOPLE = [Person(id=at, login=f"p{at}", bot=at > 6) for at in range(8)]
ROSTERS = st.lists(st.sampled_from(PEOPLE), unique=True).map(tuple)
ASKED = st.dictionaries(
    st.integers(0, 7).map(lambda at: f"p{at}"),
    st.builds(
        Asked,
        last=st.none() | st.integers(0, 99).map(lambda ago: NOW - timedelta(hours=ago)),
        lately=st.integers(0, 3),
        open=st.integers(0, 3),
    ),
)
NOT_THESE = st.frozensets(st.integers(0, 7))
HOW = st.sampled_from(["rotation", "listed", "fewest-open"])


@given(ROSTERS, ASKED, NOT_THESE, HOW, st.randoms(use_true_random=False))
def test_whoever_is_asked_may_be_asked_whatever_the_order_of_the_roster(
    roster: tuple[Person, ...],
    asked: Mapping[str, Asked],
    not_these: frozenset[int],
    how: str,
    dice: Any,
) -> None:
    role = Role(name="qa", pick=how, people=("p3", "p1"))
    around = Around(pr="a", today=TODAY, asked=asked, not_these=not_these)
    shuffled = list(roster)
    dice.shuffle(shuffled)

    found = pick(role, roster, around)

    may = [
        one
        for one in roster
        if not one.bot
        and one.id not in not_these
        and asked.get(one.login, Asked()).lately < PINGS_A_DAY
    ]
    if isinstance(found, str):
        assert may == []
    else:
        assert found in may
        assert pick(role, tuple(shuffled), around) == found


def test_what_somebody_owes_is_what_was_put_to_them_last_and_is_open() -> None:
    def act(kind: ActKind, name: str, at: int, pinged: str = "") -> Act:
        data = {"pinged": pinged} if pinged else {}
        return Act(
            key=f"{kind}:{name}:{at}",
            kind=kind,
            by=NOBODY,
            subjects=(name,),
            head_sha="1" * 40,
            said_at=NOW + timedelta(minutes=at),
            data=data,
        )

    acts = (
        act(ActKind.RAISE, "e1", 0),
        act(ActKind.ASK, "e1", 1, "Li omar"),
        act(ActKind.ASK, "e2", 2, "omar"),
        act(ActKind.ASK, "e2", 3, "sam"),
        act(ActKind.ASK, "e3", 4, "sam"),
        act(ActKind.ASK, "e4", 5),
        act(ActKind.DECIDE, "e3", 6),
        act(ActKind.WITHDRAW, "e9", 7),
    )

    assert [owes(acts, one) for one in ("li", "Omar", "sam", "jo")] == [1, 1, 1, 0]
