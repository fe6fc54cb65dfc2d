"""A merge group judged: CI anew on its own head, everything else from each member's own facts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.judge.evaluate import evaluate
from bot.model.report import Conclusion, Matter, Report

if TYPE_CHECKING:
    from bot.judge.proof import Registry
    from bot.model.facts import Facts

# Gravest first: the worst member decides.
_GRAVITY = (
    Conclusion.FAILURE,
    Conclusion.IN_PROGRESS,
    Conclusion.NEUTRAL,
    Conclusion.SUCCESS,
)


def judge_member(queued: Matter, group: Facts, registry: Registry, code: str) -> Report:
    """The member's report as it stands in the group: its diff, reviews and acts as queued, the
    checks of the group's head."""
    facts = replace(
        queued.facts,
        checks=group.checks,
        head_since=group.head_since,
        taken_at=group.taken_at,
    )
    return evaluate(replace(queued, facts=facts), registry, code)


def worst(conclusions: tuple[Conclusion, ...]) -> Conclusion:
    """The gravest of at least one conclusion."""
    return min(conclusions, key=_GRAVITY.index)
