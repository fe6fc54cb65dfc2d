"""all, any and not over the five outcomes, exhaustively to depth two."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import product

import pytest

from bot.judge.proof import (
    Proven,
    fault_of,
    fold_all,
    fold_any,
    proof_needs,
    prove,
)
from bot.judge.state import failing_of
from bot.model.act import Act, ActKind
from bot.model.facts import Facts, Person
from bot.model.item import AllOf, AnyOf, Attested, Not, NotYet, Proof, Use, words_of
from bot.model.known import Unknown
from bot.model.need import Need, Part
from bot.model.report import Failing
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
from bot.wiring.catalogue import registry
from tests.support.pulls import BEN, SAM, pull

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


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_all_keeps_the_advice_of_a_part_that_does_not_decide(outcome: Outcome) -> None:
    maybe = Kind(id="maybe", tier=Tier.LIKELY, says=Says.BROKEN, because="for these tests")
    piece = maybe.at("sleeps", "tests/a.py", 3)
    found = Proven(verdict=passed("1 place", advice=(piece,)), leaves=())

    assert fold_all([leaf(outcome), found]).verdict.advice == (piece,)


def test_what_is_awaited_longest_decides_when_to_look_again() -> None:
    sooner = Proven(
        verdict=waiting("awaited", LATER.replace(hour=0), KIND.at("ci / lint")), leaves=()
    )
    later = Proven(
        verdict=waiting("awaited", LATER.replace(hour=5), KIND.at("ci / unit")), leaves=()
    )

    assert fold_all([later, sooner]).verdict.recheck_at == LATER


# ── the opposite, one case per cell ───────────────────────────────────────────────────────────

RULE = replace(
    registry()["required-checks-pass"],
    needs=lambda options, changes: frozenset({Part.CHECKS}),
    prove=lambda facts, options: VERDICTS[options],
)
MADE = {"made": RULE}


def made(outcome: Outcome) -> Use:
    return Use(rule="made", options=outcome)


@pytest.mark.parametrize(
    ("outcome", "opposite"),
    [
        (Outcome.PASS, Outcome.FAIL),
        (Outcome.FAIL, Outcome.PASS),
        (Outcome.WAIT, Outcome.WAIT),
        (Outcome.UNKNOWN, Outcome.UNKNOWN),
        (Outcome.SKIP, Outcome.SKIP),
    ],
)
def test_the_opposite_of_each_outcome(outcome: Outcome, opposite: Outcome) -> None:
    assert prove(Not(part=made(outcome)), pull(), MADE, ()).verdict.outcome is opposite


def test_what_must_not_hold_is_broken_with_its_evidence() -> None:
    holds = replace(VERDICTS[Outcome.PASS], evidence=(KIND.at("holds here", "a.py", 3),))
    rule = replace(RULE, prove=lambda facts, options: holds)

    verdict = prove(Not(part=made(Outcome.PASS)), pull(), {"made": rule}, ()).verdict

    assert failing_of(verdict) is Failing.BROKEN
    assert [(one.note, one.file, one.line) for one in verdict.evidence] == [
        ("holds here", "a.py", 3)
    ]


def test_what_must_not_hold_names_itself_where_it_had_no_evidence() -> None:
    verdict = prove(Not(part=made(Outcome.PASS)), pull(), MADE, ()).verdict

    assert [one.note for one in verdict.evidence] == ["holds"]
    assert failing_of(verdict) is Failing.BROKEN


# ── a person's word ───────────────────────────────────────────────────────────────────────────


def said(by: Person, kind: ActKind = ActKind.ATTEST, *roles: str) -> Act:
    return Act(
        key=f"{kind}:{by.login}",
        kind=kind,
        by=by,
        subjects=("item",),
        head_sha="1" * 40,
        said_at=LATER,
        roles=frozenset(roles or ("lead",)),
    )


@pytest.mark.parametrize(
    ("wanted", "acts", "summary"),
    [
        (1, (said(BEN),), "said by ben"),
        (1, (said(SAM), said(BEN)), "said by ben, sam"),
        (2, (said(SAM), said(BEN)), "said by ben, sam"),
    ],
)
def test_a_word_of_the_role_passes(wanted: int, acts: tuple[Act, ...], summary: str) -> None:
    proof = Attested(role="lead", people_at_least=wanted)

    verdict = prove(proof, pull(), MADE, acts).verdict

    assert (verdict.outcome, verdict.summary) == (Outcome.PASS, summary)


@pytest.mark.parametrize(
    ("wanted", "acts", "summary"),
    [
        (1, (), "nobody in lead has said so"),
        (1, (said(BEN, ActKind.ATTEST, "qa"),), "nobody in lead has said so"),
        (1, (said(BEN, ActKind.WAIVE),), "nobody in lead has said so"),
        (1, (said(BEN, ActKind.NOT_APPLICABLE),), "nobody in lead has said so"),
        (2, (said(BEN), said(BEN)), "1 of 2 people in lead have said so"),
    ],
)
def test_a_word_that_lacks_fails_for_that_alone(
    wanted: int, acts: tuple[Act, ...], summary: str
) -> None:
    proof = Attested(role="lead", people_at_least=wanted)

    verdict = prove(proof, pull(), MADE, acts).verdict

    assert (verdict.outcome, verdict.summary) == (Outcome.FAIL, summary)
    assert failing_of(verdict) is Failing.WORD


def test_what_prompts_a_person_is_shown_and_proves_nothing() -> None:
    holds = replace(KIND, id="holds", says=Says.HOLDS)
    shows = replace(VERDICTS[Outcome.PASS], evidence=(holds.at("fine"),), advice=(KIND.at("look"),))
    rules = MADE | {"shows": replace(RULE, prove=lambda facts, options: shows)}
    prompts = (made(Outcome.FAIL), Use(rule="shows", options=None), made(Outcome.UNKNOWN))
    proof = Attested(role="lead", prompted_by=prompts)

    open_ = prove(proof, pull(), rules, ()).verdict
    said_so = prove(proof, pull(), rules, (said(BEN),)).verdict

    assert [one.note for one in open_.advice] == ["broken here", "look"]
    assert (open_.outcome, failing_of(open_)) == (Outcome.FAIL, Failing.WORD)
    assert (said_so.outcome, said_so.advice) == (Outcome.PASS, open_.advice)


def test_a_bug_in_what_prompts_is_ours_and_changes_nothing() -> None:
    def fails(facts: Facts, options: object) -> Verdict:
        raise ValueError("made to fail")

    proof = Attested(role="lead", prompted_by=(made(Outcome.PASS),))

    proven = prove(proof, pull(), {"made": replace(RULE, prove=fails)}, (said(BEN),))

    assert (proven.verdict.outcome, len(proven.faults)) == (Outcome.PASS, 1)


def test_a_proof_that_this_version_lacks_is_never_passed() -> None:
    verdict = prove(NotYet(word="junit"), pull(), MADE, ()).verdict

    assert verdict.outcome is Outcome.UNKNOWN
    assert verdict.summary.startswith("can't tell: junit - ")


# ── what a proof asks for ─────────────────────────────────────────────────────────────────────


LEAD, QA = Attested(role="lead"), Attested(role="qa")


@pytest.mark.parametrize(
    ("proof", "needs"),
    [
        (made(Outcome.PASS), {Part.CHECKS}),
        (Not(part=made(Outcome.PASS)), {Part.CHECKS}),
        (AllOf(parts=(LEAD, made(Outcome.PASS))), {Part.CHECKS}),
        (AnyOf(parts=(LEAD, QA)), set()),
        (Attested(role="qa", prompted_by=(made(Outcome.PASS),)), {Part.CHECKS}),
        (NotYet(word="junit"), set()),
    ],
)
def test_a_proof_asks_for_what_its_rules_read(proof: Proof, needs: set[Need]) -> None:
    assert proof_needs(proof, (), MADE) == needs


@pytest.mark.parametrize(
    ("proof", "words"),
    [
        (made(Outcome.PASS), ()),
        (LEAD, (LEAD,)),
        (Not(part=LEAD), (LEAD,)),
        (AllOf(parts=(LEAD, made(Outcome.PASS), AnyOf(parts=(QA,)))), (LEAD, QA)),
        (NotYet(word="junit"), ()),
    ],
)
def test_the_words_that_a_proof_asks_for(proof: Proof, words: tuple[Attested, ...]) -> None:
    assert words_of(proof) == words


def test_a_bug_in_a_rule_is_undecided_and_has_an_id() -> None:
    def fails(facts: object, options: object) -> Verdict:
        raise RuntimeError("surprise")

    proven = prove(made(Outcome.PASS), pull(), {"made": replace(RULE, prove=fails)}, ())

    (fault,) = proven.faults
    assert proven.verdict.outcome is Outcome.UNKNOWN
    assert proven.verdict.summary == f"the rule itself failed, {fault.id}"
    assert fault == fault_of(RULE.id, "1" * 40, RuntimeError("surprise"))
