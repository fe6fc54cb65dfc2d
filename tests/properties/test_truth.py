"""Truth tables of proofs and conditions, every combination to depth two, against the document."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import product

import pytest

from bot.judge.condition import holds
from bot.judge.proof import Registry, prove
from bot.model.facts import Changes, Facts
from bot.model.item import AllOf, AnyOf, Condition, Every, Labelled, No, Not, Proof, Some, Use
from bot.model.item import CannotTell as Untold
from bot.model.known import Unknown
from bot.model.need import Need
from bot.model.rule import Rule
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
from tests.properties.making import loaded
from tests.support.pulls import NOW, pull

KIND = Kind(id="kind", tier=Tier.SURE, says=Says.ABSENT, because="for these tests")
P, F, W, U, S = Outcome.PASS, Outcome.FAIL, Outcome.WAIT, Outcome.UNKNOWN, Outcome.SKIP
VERDICTS: dict[Outcome, Verdict] = {
    P: passed("holds"),
    F: failed("does not hold", KIND.at("here")),
    W: waiting("awaited", NOW + timedelta(hours=1), KIND.at("ci")),
    U: undecided(Unknown("could not look")),
    S: skipped("nothing here"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    outcome: Outcome


def nothing(options: Options, changes: Changes) -> frozenset[Need]:
    return frozenset()


def says(facts: Facts, options: Options) -> Verdict:
    return VERDICTS[options.outcome]


RULE = Rule(
    id="says",
    title="Says what it is told",
    word=None,
    items=frozenset(),
    watch=False,
    kinds=(KIND,),
    version=1,
    options=Options,
    needs=nothing,
    prove=says,
)
REGISTRY: Registry = {"says": RULE}

# The columns of the document's table; what is not in it stays as it is.
ALL_RANKS, ANY_RANKS = (F, U, W, P, S), (P, W, U, F, S)
OPPOSITE = {P: F, F: P, W: W, U: U, S: S}


def expected(proof: Proof) -> Outcome:
    """The outcome by the document, written without a look at the program."""
    if isinstance(proof, Use):
        outcome: Outcome = proof.options.outcome  # type: ignore[attr-defined]
        return outcome
    if isinstance(proof, Not):
        return OPPOSITE[expected(proof.part)]
    assert isinstance(proof, AllOf | AnyOf)
    ranks = ALL_RANKS if isinstance(proof, AllOf) else ANY_RANKS
    return min((expected(part) for part in proof.parts), key=ranks.index)


def over(parts: list[Proof]) -> list[Proof]:
    """One more floor: the opposite of each, and every pair under `all` and `any`."""
    pairs = list(product(parts, repeat=2))
    return [
        *(Not(part=part) for part in parts),
        *(AllOf(parts=pair) for pair in pairs),
        *(AnyOf(parts=pair) for pair in pairs),
    ]


LEAVES: list[Proof] = [Use(rule="says", options=Options(outcome=one)) for one in Outcome]
FLAT = over(LEAVES)
THREES: list[Proof] = [
    kind(parts=parts) for kind in (AllOf, AnyOf) for parts in product(LEAVES, repeat=3)
]
DEEP = over([*LEAVES, *FLAT])


def wrong(proofs: list[Proof]) -> list[tuple[Proof, Outcome]]:
    """The proofs that are judged otherwise than the document says."""
    facts = pull()
    found = [(one, prove(one, facts, REGISTRY, ()).verdict.outcome) for one in proofs]
    return [(one, outcome) for one, outcome in found if outcome is not expected(one)]


@pytest.mark.parametrize(
    ("depth", "proofs", "number"),
    [("one", FLAT, 55), ("one, of three", THREES, 250), ("two", DEEP, 60 + 2 * 60 * 60)],
)
def test_a_proof_is_judged_by_the_table(depth: str, proofs: list[Proof], number: int) -> None:
    assert len(proofs) == number
    assert wrong(proofs) == []


def test_a_parts_order_never_matters() -> None:
    turned = [replace(one, parts=one.parts[::-1]) for one in DEEP if isinstance(one, AllOf | AnyOf)]

    assert wrong(list(turned)) == []


# ── conditions: yes, no, unknown ──────────────────────────────────────────────────────────────

POLICY = loaded({"version": 1})
FACTS = pull(labels=frozenset({"big"}))
ANSWERS: dict[str, Condition] = {
    "yes": Labelled(any_of=("big",)),
    "no": Labelled(any_of=("small",)),
    "unknown": Untold(word="contract"),
}
PAIRS = list(product(ANSWERS, repeat=2))


def answer(condition: Condition) -> str:
    """The answer as a word."""
    known = holds(condition, FACTS, POLICY)
    return "unknown" if isinstance(known, Unknown) else {True: "yes", False: "no"}[known]


def ranked(words: tuple[str, ...], ranks: str) -> str:
    return min(words, key=ranks.split().index)


@pytest.mark.parametrize("words", PAIRS)
def test_every_condition_of_several_is_the_worst_of_them(words: tuple[str, str]) -> None:
    parts = tuple(ANSWERS[word] for word in words)

    assert answer(Every(parts=parts)) == ranked(words, "no unknown yes")


@pytest.mark.parametrize("words", PAIRS)
def test_one_condition_of_several_is_the_best_of_them(words: tuple[str, str]) -> None:
    parts = tuple(ANSWERS[word] for word in words)

    assert answer(Some(parts=parts)) == ranked(words, "yes unknown no")


@pytest.mark.parametrize(("word", "other"), [("yes", "no"), ("no", "yes"), ("unknown", "unknown")])
def test_the_opposite_of_what_nobody_knows_is_not_known(word: str, other: str) -> None:
    assert answer(No(part=ANSWERS[word])) == other


@pytest.mark.parametrize("words", list(product(ANSWERS, repeat=3)))
def test_conditions_of_conditions_are_judged_from_the_inside(words: tuple[str, ...]) -> None:
    first, second, third = (ANSWERS[word] for word in words)
    inner = ranked(words[:2], "yes unknown no")
    turned = {"yes": "no", "no": "yes", "unknown": "unknown"}[inner]

    assert answer(Every(parts=(Some(parts=(first, second)), third))) == ranked(
        (inner, words[2]), "no unknown yes"
    )
    assert answer(No(part=Some(parts=(first, second)))) == turned


def test_an_empty_condition_always_holds() -> None:
    assert answer(Every()) == "yes"
