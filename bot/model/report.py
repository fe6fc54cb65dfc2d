"""All verdicts for one head commit under one policy, and what follows from them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from bot.model.item import Level
from bot.model.policy import Block, Layer, LeftOut, Mode
from bot.model.verdict import Evidence, Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

from bot.model.act import Act
from bot.model.episode import Episode
from bot.model.facts import Facts
from bot.model.handover import Handover
from bot.model.policy import Policy
from bot.model.problem import Problem, Severity


class State(StrEnum):
    """What stands behind an item, derived from its verdict and the acts."""

    PROVED = "proved"
    ATTESTED = "attested"
    WAIVED = "waived"
    NOT_NEEDED = "not-needed"
    WAITING = "waiting"
    MISSING = "missing"
    CONTRADICTED = "contradicted"
    UNDECIDED = "undecided"

    @property
    def good(self) -> bool:
        """Whether nothing is left to do for the item."""
        return self in _GOOD

    @property
    def open(self) -> bool:
        """Whether a person must do something."""
        return self in _OPEN


_GOOD = frozenset({State.PROVED, State.ATTESTED, State.WAIVED, State.NOT_NEEDED})
_OPEN = frozenset({State.MISSING, State.CONTRADICTED, State.UNDECIDED})


class Failing(StrEnum):
    """The gravest reason of a FAIL, gravest first."""

    BROKEN = "broken"
    ABSENT = "absent"
    WORD = "word"


class Conclusion(StrEnum):
    """What the check says; `in_progress` is a check that is not completed."""

    SUCCESS = "success"
    FAILURE = "failure"
    NEUTRAL = "neutral"
    IN_PROGRESS = "in_progress"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A bug of ours, met while one rule was judged; `id` is what people can quote."""

    id: str
    where: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """What one leaf of an item's proof said."""

    rule: str
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One item judged. `acts` count, `stale` lapsed because their files changed.

    `fix_by`: roles whose word or work clears the item, most fitting first. `words`: roles whose
    word the proof asks for, `if_unsure` the one that settles what cannot be told, `waive_by` those
    that may accept a gap. `returned`: who gave the item back.
    """

    item: str
    title: str
    level: Level
    lists: tuple[str, ...]
    verdict: Verdict
    state: State
    failing: Failing | None = None
    leaves: tuple[Leaf, ...] = ()
    acts: tuple[Act, ...] = ()
    stale: tuple[Act, ...] = ()
    fix_by: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    if_unsure: str | None = None
    waive_by: frozenset[str] = frozenset()
    returned: Act | None = None
    help: str = ""

    @property
    def because(self) -> str:
        """Why it is as it is, in one line."""
        if self.returned is not None:
            return f"returned by {self.returned.by.login}: {self.returned.reason}"
        return self.verdict.summary


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A trigger that fired, that could not look (`undecided`), or that found only what a person may
    want to ask about (`suggested`); `block` is its strength. `subjects`: what is to be asked about
    and was not yet."""

    trigger: str
    role: str
    block: Block
    undecided: bool
    summary: str
    suggested: bool = False
    evidence: tuple[Evidence, ...] = ()
    subjects: tuple[str, ...] = ()

    @property
    def blocks(self) -> bool:
        """Whether it holds the check until people can answer."""
        return self.block is not Block.NEVER


@dataclass(frozen=True, slots=True, kw_only=True)
class Digests:
    """SHA-256 of canonical JSON: of what was judged, of the policy, and of the answer."""

    facts: str
    policy: str
    acts: str
    verdict: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """Everything a judgement depends on; the same matter always gives the same report.

    `proposed`: problems of a policy file that this pull request adds or changes.
    """

    facts: Facts
    policy: Policy
    acts: tuple[Act, ...] = ()
    proposed: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One judgement. `note`: why the list does not apply, or what comes first in the check.
    `rests`: nobody is asked, because it is a draft."""

    repo_id: int
    repo: str
    number: int | None
    base_ref: str
    base_sha: str
    head_sha: str
    author: str
    draft: bool
    judged_at: datetime
    code: str
    mode: Mode
    digests: Digests
    layers: tuple[Layer, ...]
    left_out: tuple[LeftOut, ...]
    preset: str
    broken: str
    entries: tuple[Entry, ...]
    questions: tuple[Question, ...] = ()
    escalations: tuple[Episode, ...] = ()
    told: tuple[Handover, ...] = ()
    holds: tuple[Act, ...] = ()
    ready: Act | None = None
    ticked: tuple[Act, ...] = ()
    lost: tuple[Act, ...] = ()
    refused: tuple[Act, ...] = ()
    weakened: tuple[Evidence, ...] = ()
    faults: tuple[Fault, ...] = ()
    unread: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    not_needed: str = ""
    checks: tuple[str, ...] = ("handoff",)
    zone: str = "UTC"
    recheck_at: datetime | None = None
    rests: bool = False

    def of_list(self, name: str) -> tuple[Entry, ...]:
        """The entries of one list, in the order people see; `quality` holds every item of it."""
        return tuple(entry for entry in self.entries if name in entry.lists)

    def conclusion(self, check: str = "handoff") -> Conclusion:
        """What the check of that name says, before and after the mode is applied."""
        plain = self.would_be(check)
        if self.mode is Mode.ENFORCE or plain is Conclusion.IN_PROGRESS:
            return plain
        return Conclusion.NEUTRAL

    def would_be(self, check: str = "handoff") -> Conclusion:
        """The conclusion in mode enforce."""
        if any(problem.severity is Severity.ERROR for problem in self.problems):
            return Conclusion.FAILURE
        if self.not_needed:
            return Conclusion.SUCCESS
        entries = [one for one in self.of_list(check) if one.level is Level.BLOCK]
        asked = any(one.blocks for one in self.questions)
        held = self.holds or asked or any(one.blocks for one in self.escalations)
        if check == "handoff" and (held or any(told.holds for told in self.told)):
            return Conclusion.FAILURE
        found = conclude(entry.state for entry in entries)
        awaited = check == "handoff" and any(told.awaited for told in self.told)
        return Conclusion.FAILURE if awaited and found is Conclusion.SUCCESS else found


def conclude(states: Iterable[State]) -> Conclusion:
    """The conclusion of items at level block: failure before waiting before success."""
    seen = set(states)
    if seen & _OPEN:
        return Conclusion.FAILURE
    return Conclusion.IN_PROGRESS if State.WAITING in seen else Conclusion.SUCCESS


@dataclass(frozen=True, slots=True, kw_only=True)
class NotEvaluated:
    """A head that could not be judged: why, since when, and when it is tried again."""

    repo_id: int
    number: int | None
    head_sha: str
    mode: Mode
    why: str
    request_id: str
    next_try_at: datetime | None = None
    extra: tuple[str, ...] = field(default=())


OUTCOMES = tuple(Outcome)
