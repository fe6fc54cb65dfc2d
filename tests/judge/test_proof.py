"""all, any and not over the five outcomes, exhaustively to depth two."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import product

import pytest

from bot.judge.proof import Proven, fold_all, fold_any
from bot.model.known import Unknown
from bot.model.verdict import (
    Kind,
    Outcome,
    Says,
    Tier,
    Verdict,
    failed,
    passed,
    skipped,
    undecided,
    waiting,
)

KIND = Kind(id="kind", tier=Tier.SURE, says=Says.BROKEN, because="for these tests")
LATER = datetime(2026, 11, 24, tzinfo=UTC)
VERDICTS: dict[Outcome, Verdict] = {
    Outcome.PASS: passed("holds"),
    Outcome.FAIL: failed("broken", KIND.at("broken here", "a.py", 3)),
    Outcome.WAIT: waiting("awaited", LATER, KIND.at("ci / unit")),
    Outcome.UNKNOWN: undecided(Unknown("could not look")),
    Outcome.SKIP: skipped("nothing here"),
}
OUTCOMES = list(Outcome)


def leaf(outcome: Outcome) -> Proven:
    return Proven(verdict=VERDICTS[outcome], leaves=())


def by_rank(order: str, outcomes: tuple[Outcome, ...]) -> Outcome:
    ranked = [Outcome(word) for word in order.split()]
    return min(outcomes, key=ranked.index)


@pytest.mark.parametrize("outcomes", list(product(OUTCOMES, repeat=2)))
def test_all_takes_the_first_of_fail_unknown_wait_pass_skip(
    outcomes: tuple[Outcome, Outcome],
) -> None:
    folded = fold_all([leaf(one) for one in outcomes])

    assert folded.verdict.outcome is by_rank("FAIL UNKNOWN WAIT PASS SKIP", outcomes)


@pytest.mark.parametrize("outcomes", list(product(OUTCOMES, repeat=2)))
def test_any_takes_the_first_of_pass_wait_unknown_fail_skip(
    outcomes: tuple[Outcome, Outcome],
) -> None:
    folded = fold_any([leaf(one) for one in outcomes])

    assert folded.verdict.outcome is by_rank("PASS WAIT UNKNOWN FAIL SKIP", outcomes)


@pytest.mark.parametrize("outcomes", list(product(OUTCOMES, repeat=3)))
def test_all_over_any_never_passes_with_an_unknown_that_nothing_outweighs(
    outcomes: tuple[Outcome, Outcome, Outcome],
) -> None:
    inner = fold_any([leaf(outcomes[0]), leaf(outcomes[1])])

    folded = fold_all([inner, leaf(outcomes[2])])

    inside = by_rank("PASS WAIT UNKNOWN FAIL SKIP", outcomes[:2])
    assert folded.verdict.outcome is by_rank("FAIL UNKNOWN WAIT PASS SKIP", (inside, outcomes[2]))


def test_any_keeps_what_speaks_against_a_pass_as_advice() -> None:
    folded = fold_any([leaf(Outcome.PASS), leaf(Outcome.FAIL)])

    assert folded.verdict.advice == (KIND.at("broken here", "a.py", 3),)


def test_what_is_awaited_longest_decides_when_to_look_again() -> None:
    sooner = Proven(
        verdict=waiting("awaited", LATER.replace(hour=0), KIND.at("ci / lint")), leaves=()
    )
    later = Proven(
        verdict=waiting("awaited", LATER.replace(hour=5), KIND.at("ci / unit")), leaves=()
    )

    assert fold_all([later, sooner]).verdict.recheck_at == LATER
