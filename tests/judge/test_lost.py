"""What a loss of data took, and when it is made good."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.acts.force import lost_of
from bot.model.act import NOWHERE, Act, ActKind
from bot.model.facts import Person
from tests.support.pulls import HEAD, NOW

BEN = Person(id=2, login="ben")

LAPSED = Act(
    key="comment:9:1-abc/docs",
    kind=ActKind.ATTEST,
    by=BEN,
    subjects=("docs",),
    head_sha=NOWHERE,
    said_at=NOW,
    rebuilt=True,
)
REMARK = replace(
    LAPSED,
    key="lost:comment:8:1",
    kind=ActKind.REMARK,
    subjects=(),
    data={"line": "/handoff waive tests because it is late", "verb": "waive"},
)
AGAIN = replace(
    LAPSED,
    key="comment:12:1-def/docs",
    head_sha=HEAD,
    said_at=NOW + timedelta(hours=1),
    rebuilt=False,
)
WAIVED = replace(AGAIN, kind=ActKind.WAIVE, subjects=("tests",))


@pytest.mark.parametrize(
    ("later", "left"),
    [
        ((), 2),
        # The same word by the same person, said since.
        ((AGAIN,), 1),
        ((AGAIN, WAIVED), 0),
        ((WAIVED,), 1),
        ((replace(AGAIN, rebuilt=True),), 1),
        # About something else, of another kind, by somebody else, said before, or lost as well.
        ((replace(AGAIN, subjects=("tests",)),), 2),
        ((replace(AGAIN, kind=ActKind.NOT_APPLICABLE),), 2),
        ((replace(AGAIN, by=replace(BEN, id=99)),), 2),
        ((replace(AGAIN, said_at=NOW),), 2),
        ((replace(AGAIN, rebuilt=True, head_sha=NOWHERE, subjects=()),), 3),
        # The very line could be rebuilt after all.
        ((replace(WAIVED, key="comment:8:1-eee/tests", rebuilt=True),), 1),
    ],
)
def test_what_is_lost_is_listed_until_it_is_said_again(later: tuple[Act, ...], left: int) -> None:
    assert len(lost_of((LAPSED, REMARK, *later))) == left


def test_what_would_have_passed_by_now_is_not_asked_for() -> None:
    assert lost_of((replace(REMARK, data={"line": "/handoff ack", "verb": "ack"}),)) == ()


def test_what_stands_at_a_head_is_not_lost() -> None:
    assert lost_of((replace(LAPSED, head_sha=HEAD), replace(LAPSED, rebuilt=False))) == ()
