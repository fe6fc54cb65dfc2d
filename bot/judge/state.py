"""The state of an item, derived from its verdict and the acts that stand for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.acts.who import several
from bot.model.act import ActKind
from bot.model.report import Failing, State
from bot.model.verdict import Outcome, Says

if TYPE_CHECKING:
    from bot.model.act import Act
    from bot.model.verdict import Verdict

# Gravest first: what several answers to one item come to.
GRAVITY = (
    State.CONTRADICTED,
    State.MISSING,
    State.UNDECIDED,
    State.WAITING,
    State.WAIVED,
    State.ATTESTED,
    State.PROVED,
    State.NOT_NEEDED,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What people have said of one item, reduced to what changes its state.

    `word_given`: a person's leaf carried a PASS. `may_settle`: an attest stands by somebody whom
    `if-unsure` admits; `may_dismiss`: the same for an n/a. `word_dismissed`: an n/a stands by
    somebody whose word is the one that lacks.
    """

    attested: bool = False
    dismissed: bool = False
    waived: bool = False
    word_given: bool = False
    may_settle: bool = False
    may_dismiss: bool = False
    word_dismissed: bool = False


def failing_of(verdict: Verdict) -> Failing | None:
    """The gravest reason of a FAIL; None for every other outcome."""
    if verdict.outcome is not Outcome.FAIL:
        return None
    said = {one.kind.says for one in verdict.evidence}
    if Says.BROKEN in said or Says.HOLDS in said:
        return Failing.BROKEN
    return Failing.ABSENT if Says.ABSENT in said else Failing.WORD


def state_of(outcome: Outcome, failing: Failing | None, said: Standing) -> State:
    """The one table from verdict and acts to a state."""
    if outcome is Outcome.SKIP:
        return State.NOT_NEEDED
    if outcome is Outcome.PASS:
        return State.ATTESTED if said.word_given else State.PROVED
    if said.waived:
        return State.WAIVED
    if outcome is Outcome.WAIT:
        return State.WAITING
    return _failed(failing, said) if outcome is Outcome.FAIL else _unknown(said)


def _failed(failing: Failing | None, said: Standing) -> State:
    if failing is Failing.BROKEN and (said.attested or said.dismissed):
        return State.CONTRADICTED
    if failing is Failing.WORD and said.word_dismissed:
        return State.NOT_NEEDED
    return State.MISSING


def _unknown(said: Standing) -> State:
    if said.may_settle:
        return State.ATTESTED
    return State.NOT_NEEDED if said.may_dismiss else State.UNDECIDED


def what_stands(
    acts: tuple[Act, ...],
    verdict: Verdict,
    words: frozenset[str],
    if_unsure: str | None,
    waivers: int = 1,
) -> Standing:
    """Reduce standing acts; `words`: roles whose word the proof asks for. `waivers`: how many
    people it takes to waive.

    Where the pull request's own content caused the UNKNOWN, neither author nor contributor settles
    or dismisses it: nobody escapes proof by making files unreadable.
    """
    attests = [act for act in acts if act.kind is ActKind.ATTEST]
    dismissals = [act for act in acts if act.kind is ActKind.NOT_APPLICABLE]

    def admitted(act: Act) -> bool:
        own = act.is_author or act.is_contributor or act.unsure
        return if_unsure in act.roles and not (verdict.by_content and own)

    return Standing(
        attested=bool(attests),
        dismissed=bool(dismissals),
        waived=several((act for act in acts if act.kind is ActKind.WAIVE), waivers),
        may_settle=any(admitted(act) for act in attests),
        may_dismiss=any(admitted(act) for act in dismissals),
        word_dismissed=any(act.roles & words for act in dismissals),
    )
