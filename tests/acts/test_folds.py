"""The ledger folded, and people held against the words of a policy."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.acts.force import holds_of, in_force, next_name
from bot.acts.who import has, reviews, shown
from bot.model.act import NOBODY, Act, ActKind
from bot.model.command import Asker
from bot.model.facts import Facts, Person, Review, Reviews, Standing
from bot.model.known import Known, Unknown
from tests.support.judging import policy
from tests.support.pulls import ANA, BEN, HEAD, NOW, pull, review
from tests.support.saying import DOWN, POLICY, Room, asks

LATER = pull(head_sha="2" * 40)


def act(kind: ActKind, second: int, *subjects: str, **known: Any) -> Act:
    one = Act(
        key=f"k{second}",
        kind=kind,
        by=ANA,
        subjects=subjects,
        head_sha=HEAD,
        said_at=NOW + timedelta(seconds=second),
    )
    return replace(one, **known)


LEDGER = (
    act(ActKind.ATTEST, 1, "docs"),
    act(ActKind.HOLD, 2, "h1"),
    act(ActKind.READY, 3),
    act(ActKind.UNDO, 4, "k1"),
    act(ActKind.RESUME, 5, "k2"),
    act(ActKind.ATTEST, 6, "docs"),
    act(ActKind.HOLD, 7, "h2"),
)


def test_what_was_taken_back_is_not_in_force() -> None:
    assert [one.key for one in in_force(LEDGER, HEAD)] == ["k3", "k6", "k7"]
    assert [one.key for one in in_force(LEDGER, LATER.head_sha)] == ["k6", "k7"]
    assert [one.subjects for one in holds_of(in_force(LEDGER, HEAD))] == [("h2",)]
    assert next_name("h", ["h1", "h2", "e9"]) == "h3"
    assert next_name("e", ()) == "e1"
    assert not act(ActKind.ATTEST, 1).kind.own
    assert ActKind.TELL.own
    assert NOBODY.bot


def test_what_was_said_in_one_second_counts_in_the_order_of_comments_and_lines() -> None:
    later = act(ActKind.UNDO, 0, "a", key="b", place=(9, 2))
    earlier = act(ActKind.ATTEST, 0, "docs", key="a", place=(9, 1))
    newer = act(ActKind.ATTEST, 0, "docs", key="c", place=(10, 1))

    assert in_force([newer, later, earlier], HEAD) == (newer,)


LINES = (
    ("ana", "/handoff attest logging"),
    ("ana", "/handoff attest logging, tests because I looked"),
    ("ben", "/handoff attest conventions"),
    ("sam", "/handoff waive docs because it is elsewhere"),
    ("maria", "/handoff waive docs for this push because of noon"),
    ("ana", "/handoff n/a conventions because it is small"),
    ("ana", "/handoff ready"),
    ("kim", "/handoff attest conventions"),
    ("ana", "/handoff waive docs because I say so"),
)


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(
    said=st.lists(st.sampled_from(LINES), min_size=1, max_size=6),
    order=st.randoms(use_true_random=False),
)
def test_the_order_of_arrival_makes_no_difference(said: list[tuple[str, str]], order: Any) -> None:
    def folded(numbers: list[int]) -> tuple[Act, ...]:
        room = Room()
        for number in numbers:
            who, body = said[number]
            at = NOW + timedelta(minutes=number)
            room.heard(body, asks(who), key=f"comment:{number}", created_at=at, updated_at=at)
        return in_force(room.acts, HEAD)

    arrived = list(range(len(said)))
    order.shuffle(arrived)

    assert folded(arrived) == folded(sorted(arrived))


# ── who is a reviewer ─────────────────────────────────────────────────────────────────────────


def ben(standing: Known[Standing] = Standing.WRITE, **known: Any) -> Asker:
    return replace(Asker(person=BEN, standing=standing, is_author=False), **known)


def on(*opinions: Review, requested: tuple[Person, ...] = (), **known: Any) -> Facts:
    teams = known.pop("teams", ())
    reviews = Reviews(opinions=opinions, requested=requested, requested_teams=teams, **known)
    return pull(reviews=reviews)


IN, OUT = {"@acme/backend": True}, {"@acme/backend": False}


@pytest.mark.parametrize(
    ("asker", "facts", "spoke", "answer"),
    [
        (ben(), on(review(BEN)), False, True),
        (ben(), on(requested=(BEN,)), False, True),
        (ben(), on(review(ANA), requested=(ANA,)), False, False),
        (ben(), on(), True, True),
        (ben(), on(spoke=frozenset({BEN.id})), False, True),
        (ben(), on(spoke=frozenset({ANA.id})), False, False),
        (ben(), on(teams=("acme/backend",)), False, False),
        (ben(roles=IN), on(teams=("acme/backend",)), False, True),
        (ben(roles=OUT), on(teams=("acme/backend",)), False, False),
        (ben(roles={"@acme/backend": DOWN}), on(teams=("acme/backend",)), False, DOWN),
        (ben(roles=IN | {"@a/b": DOWN}), on(teams=("a/b", "acme/backend")), False, True),
        (ben(Standing.TRIAGE), on(review(BEN)), True, False),
        (ben(is_author=True), on(review(BEN)), True, False),
        (ben(is_contributor=True), on(review(BEN)), True, False),
        (ben(DOWN), on(review(BEN)), True, DOWN),
        (ben(is_contributor=DOWN), on(review(BEN)), True, DOWN),
        (ben(), pull(reviews=Unknown("not seen")), True, Unknown("not seen")),
    ],
)
def test_a_reviewer_may_write_wrote_nothing_and_reviews(
    asker: Asker, facts: Facts, spoke: bool, answer: Known[bool]
) -> None:
    assert reviews(asker, facts, spoke=spoke) == answer


@pytest.mark.parametrize(
    ("word", "asker", "answer"),
    [
        ("anyone", ben(DOWN), True),
        ("writer", ben(Standing.TRIAGE), False),
        ("writer", ben(Standing.MAINTAIN), True),
        ("writer", ben(DOWN), DOWN),
    ],
)
def test_a_word_of_the_policy_is_held_against_the_person(
    word: str, asker: Asker, answer: Known[bool]
) -> None:
    assert has(asker, word) == answer


def test_roles_of_the_organisation_are_named_with_their_people_too() -> None:
    joined = policy(
        POLICY,
        'version: 1\napplies-to: { repositories: ["**"] }\n'
        "roles: { safety: { team: acme/safety } }\n",
    )

    named = [shown(word, joined) for word in ("architect", "safety", "qa", "writer", "reviewer")]

    assert named == [
        "architect (sam)",
        "safety (acme/safety)",
        "qa",
        "those who may write",
        "reviewer",
    ]
