"""The condition on contracts: what it asks for, when it holds, what it shows."""

from __future__ import annotations

import pytest

from bot.judge.condition import condition_needs, holds, shown
from bot.model.area import Area
from bot.model.facts import Facts
from bot.model.item import ContractTurns
from bot.model.known import Unknown
from tests.rules.test_contract_is_compatible import (
    ONE,
    PATH,
    POST,
    PROMISED,
    SERVED,
    THIRD,
    TWO,
    beside,
)
from tests.support.judging import BASIC, policy
from tests.support.pulls import pull
from tests.support.sources import written

AREA = Area("contract", (PATH,))
POLICY = policy(BASIC)
UNREAD = Unknown("not visible")


def turn(what: str) -> ContractTurns:
    return ContractTurns(what=what, area=AREA)


def change(before: str, after: str) -> Facts:
    return written(condition_needs(turn("changed"), POLICY, ()), {PATH: (before, after)})


@pytest.mark.parametrize(
    ("before", "after", "answers"),
    [
        (TWO, ONE, (True, False, True)),
        (ONE, TWO, (False, True, True)),
        (ONE, "", (True, False, True)),
        ("", ONE, (False, True, True)),
        (ONE, ONE + "# words\n", (False, False, False)),
    ],
)
def test_what_a_contract_turns_into(before: str, after: str, answers: tuple[bool, ...]) -> None:
    facts = change(before, after)

    found = tuple(holds(turn(one), facts, POLICY) for one in ("breaking", "additive", "changed"))

    assert found == answers


def test_what_cannot_be_compared_is_unknown_and_an_untouched_contract_is_not() -> None:
    assert isinstance(holds(turn("breaking"), change("words", "other words"), POLICY), Unknown)
    assert holds(turn("breaking"), pull(changes=UNREAD), POLICY) == UNREAD
    assert holds(turn("changed"), pull(), POLICY) is False


def test_only_what_breaks_is_shown_with_its_place() -> None:
    (piece,) = shown(turn("breaking"), change(TWO, ONE), POLICY)

    assert (piece.kind.id, piece.file) == ("contract-gap", PATH)
    assert piece.note == "/b: a path and all its operations are gone (/b)"
    assert shown(turn("breaking"), change(ONE, TWO), POLICY) == ()
    assert [one.note for one in shown(turn("breaking"), change(TWO, ""), POLICY)] == [
        f"{PATH} is no contract any more"
    ]
    assert shown(turn("breaking"), pull(changes=UNREAD), POLICY) == ()
    assert shown(turn("breaking"), change("words", POST), POLICY) == ()


def test_what_only_corrects_a_contract_is_told_and_raises_nothing() -> None:
    corrected, broken = beside(PROMISED, SERVED), beside(PROMISED, SERVED + THIRD)

    (likely,), (sure,) = (shown(turn("breaking"), one, POLICY) for one in (corrected, broken))

    assert (likely.kind.id, sure.kind.id) == ("contract-corrected", "contract-gap")
    assert holds(turn("breaking"), corrected, POLICY) is False
    assert holds(turn("breaking"), broken, POLICY) is True
