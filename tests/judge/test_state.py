"""The table from verdict and acts to a state, one case per cell."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.judge.state import Standing, failing_of, state_of, what_stands
from bot.model.act import Act, ActKind
from bot.model.known import Unknown
from bot.model.report import Conclusion, Failing, State, conclude
from bot.model.verdict import Kind, Outcome, Says, Tier, Verdict, failed, undecided
from tests.support.pulls import BEN, NOW, SAM

NONE = Standing()
ATTEST = Standing(attested=True)
ATTEST_ADMITTED = Standing(attested=True, may_settle=True)
DISMISS = Standing(dismissed=True)
DISMISS_ADMITTED = Standing(dismissed=True, may_dismiss=True)
DISMISS_OWN_WORD = Standing(dismissed=True, word_dismissed=True)
WAIVE = Standing(waived=True)
BOTH = Standing(attested=True, dismissed=True, waived=True, may_settle=True, may_dismiss=True)
CARRIED = Standing(attested=True, word_given=True)

BROKEN, ABSENT, WORD = Failing.BROKEN, Failing.ABSENT, Failing.WORD
P, F, W, U, S = Outcome.PASS, Outcome.FAIL, Outcome.WAIT, Outcome.UNKNOWN, Outcome.SKIP

CELLS = [
    (P, None, NONE, State.PROVED),
    (P, None, ATTEST, State.PROVED),
    (P, None, CARRIED, State.ATTESTED),
    (P, None, DISMISS, State.PROVED),
    (P, None, WAIVE, State.PROVED),
    (S, None, NONE, State.NOT_NEEDED),
    (S, None, ATTEST, State.NOT_NEEDED),
    (S, None, DISMISS, State.NOT_NEEDED),
    (S, None, WAIVE, State.NOT_NEEDED),
    (W, None, NONE, State.WAITING),
    (W, None, ATTEST_ADMITTED, State.WAITING),
    (W, None, DISMISS_ADMITTED, State.WAITING),
    (W, None, WAIVE, State.WAIVED),
    (F, BROKEN, NONE, State.MISSING),
    (F, BROKEN, ATTEST, State.CONTRADICTED),
    (F, BROKEN, DISMISS, State.CONTRADICTED),
    (F, BROKEN, DISMISS_OWN_WORD, State.CONTRADICTED),
    (F, BROKEN, WAIVE, State.WAIVED),
    (F, BROKEN, BOTH, State.WAIVED),
    (F, ABSENT, NONE, State.MISSING),
    (F, ABSENT, ATTEST_ADMITTED, State.MISSING),
    (F, ABSENT, DISMISS_ADMITTED, State.MISSING),
    (F, ABSENT, WAIVE, State.WAIVED),
    (F, WORD, NONE, State.MISSING),
    (F, WORD, ATTEST, State.MISSING),
    (F, WORD, DISMISS, State.MISSING),
    (F, WORD, DISMISS_OWN_WORD, State.NOT_NEEDED),
    (F, WORD, WAIVE, State.WAIVED),
    (U, None, NONE, State.UNDECIDED),
    (U, None, ATTEST, State.UNDECIDED),
    (U, None, ATTEST_ADMITTED, State.ATTESTED),
    (U, None, DISMISS, State.UNDECIDED),
    (U, None, DISMISS_ADMITTED, State.NOT_NEEDED),
    (U, None, WAIVE, State.WAIVED),
    (U, None, BOTH, State.WAIVED),
]


@pytest.mark.parametrize(("outcome", "failing", "said", "state"), CELLS)
def test_each_cell_of_the_table_gives_its_state(
    outcome: Outcome, failing: Failing | None, said: Standing, state: State
) -> None:
    assert state_of(outcome, failing, said) is state


@pytest.mark.parametrize("state", list(State))
def test_a_single_item_concludes_by_its_state_alone(state: State) -> None:
    expected = {
        State.MISSING: Conclusion.FAILURE,
        State.CONTRADICTED: Conclusion.FAILURE,
        State.UNDECIDED: Conclusion.FAILURE,
        State.WAITING: Conclusion.IN_PROGRESS,
    }

    assert conclude([state]) is expected.get(state, Conclusion.SUCCESS)


@pytest.mark.parametrize("grave", [State.MISSING, State.CONTRADICTED, State.UNDECIDED])
def test_failure_comes_before_waiting(grave: State) -> None:
    assert conclude([State.WAITING, grave, State.PROVED]) is Conclusion.FAILURE


# ── the rows and columns of the table: every combination has a cell ───────────────────────────

ACTS = {"none": NONE, "attest": ATTEST, "n/a": DISMISS, "waive": WAIVE}
VERDICTS = [(P, None), (S, None), (W, None), (F, BROKEN), (F, ABSENT), (F, WORD), (U, None)]


def test_every_cell_of_the_table_is_a_case() -> None:
    cells = {
        (outcome, failing, said.attested, said.dismissed, said.waived)
        for outcome, failing, said, _ in CELLS
    }
    wanted = {
        (outcome, failing, said.attested, said.dismissed, said.waived)
        for outcome, failing in VERDICTS
        for said in ACTS.values()
    }

    assert wanted <= cells


# ── which words change a state ────────────────────────────────────────────────────────────────


def spoken(kind: ActKind, *roles: str, **known: Any) -> Act:
    act = Act(
        key="k",
        kind=kind,
        by=BEN,
        subjects=("item",),
        head_sha="1" * 40,
        said_at=NOW,
        roles=frozenset(roles),
    )
    return replace(act, **known)


PLAIN = undecided(Unknown("could not look"))
OWN_DOING = undecided(Unknown("too large", by_content=True))
UNSURE = {"wrote": "unknown"}
YES, NAY, LET = ActKind.ATTEST, ActKind.NOT_APPLICABLE, ActKind.WAIVE


@pytest.mark.parametrize(
    ("acts", "verdict", "expected"),
    [
        ((), PLAIN, NONE),
        ((spoken(YES, "qa"),), PLAIN, ATTEST),
        ((spoken(YES, "lead"),), PLAIN, ATTEST_ADMITTED),
        ((spoken(YES, "lead", is_author=True),), PLAIN, ATTEST_ADMITTED),
        ((spoken(YES, "lead"),), OWN_DOING, ATTEST_ADMITTED),
        ((spoken(YES, "lead", is_author=True),), OWN_DOING, ATTEST),
        ((spoken(YES, "lead", is_contributor=True),), OWN_DOING, ATTEST),
        ((spoken(YES, "lead", data=UNSURE),), OWN_DOING, ATTEST),
        ((spoken(NAY, "qa"),), PLAIN, DISMISS),
        ((spoken(NAY, "lead"),), PLAIN, DISMISS_ADMITTED),
        ((spoken(NAY, "lead", is_author=True),), OWN_DOING, DISMISS),
        ((spoken(NAY, "architect"),), PLAIN, DISMISS_OWN_WORD),
        ((spoken(LET, "lead"),), PLAIN, WAIVE),
        ((spoken(LET, "lead", data=UNSURE),), PLAIN, NONE),
        ((spoken(LET, "lead", data=UNSURE), spoken(LET, "lead", data=UNSURE)), PLAIN, NONE),
        ((spoken(LET, "lead", data=UNSURE), spoken(LET, "lead", by=SAM)), PLAIN, WAIVE),
        (
            (spoken(LET, "lead", data=UNSURE), spoken(LET, "lead", by=SAM, data=UNSURE)),
            PLAIN,
            WAIVE,
        ),
        ((spoken(ActKind.HOLD, "lead"),), PLAIN, NONE),
    ],
)
def test_a_word_counts_from_whom_the_item_asks(
    acts: tuple[Act, ...], verdict: Verdict, expected: Standing
) -> None:
    assert what_stands(acts, verdict, frozenset({"architect"}), "lead") == expected


@pytest.mark.parametrize(
    ("says", "expected"),
    [
        ((Says.BROKEN, Says.ABSENT, Says.WORD), BROKEN),
        ((Says.HOLDS,), BROKEN),
        ((Says.ABSENT, Says.WORD), ABSENT),
        ((Says.WORD,), WORD),
    ],
)
def test_the_gravest_finding_says_how_a_rule_fails(
    says: tuple[Says, ...], expected: Failing
) -> None:
    kinds = [Kind(id="k", tier=Tier.SURE, says=one, because="for these tests") for one in says]

    assert failing_of(failed("x", *(kind.at("x") for kind in kinds))) is expected


def test_only_a_failure_has_a_way_of_failing() -> None:
    assert failing_of(PLAIN) is None
