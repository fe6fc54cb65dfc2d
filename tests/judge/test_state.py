"""The table from verdict and acts to a state, one case per cell."""

from __future__ import annotations

import pytest

from bot.judge.state import Standing, state_of
from bot.model.report import Conclusion, Failing, State, conclude
from bot.model.verdict import Outcome

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
