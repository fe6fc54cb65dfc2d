"""Triggers: what they see, and what of it nobody was asked about yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.judge.condition import holds, shown
from bot.judge.episodes import subjects_of
from bot.model.known import Unknown
from bot.model.policy import Block
from bot.model.report import Question
from bot.model.verdict import Tier, clip

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.model.episode import Episode
    from bot.model.facts import Facts
    from bot.model.known import Known
    from bot.model.policy import Policy, TriggerUse
    from bot.model.verdict import Evidence

# Names of one trigger that are told one by one.
SHOWN = 20


def questions_of(
    facts: Facts, policy: Policy, episodes: tuple[Episode, ...]
) -> tuple[tuple[Question, ...], Mapping[str, frozenset[str]]]:
    """Triggers that fire about something that nobody was asked yet, or that could not look, and
    what is there now of each that could.

    One that shows only what is likely suggests, and one that never blocks looks again in silence.
    """
    found: list[Question] = []
    there: dict[str, frozenset[str]] = {}
    for trigger in policy.triggers:
        fires = holds(trigger.when, facts, policy)
        pieces = shown(trigger.when, facts, policy)
        if not isinstance(fires, Unknown):
            there[trigger.id] = frozenset(subjects_of(trigger.id, pieces) if fires else ())
        question = _question(trigger, fires, pieces, episodes)
        if question is not None:
            found.append(question)
    return tuple(found), there


def _question(
    trigger: TriggerUse,
    fires: Known[bool],
    pieces: tuple[Evidence, ...],
    episodes: tuple[Episode, ...],
) -> Question | None:
    if not pieces and (fires is False or (fires is not True and trigger.block is Block.NEVER)):
        return None
    about = [one for one in episodes if one.trigger == trigger.id]
    suggests = fires is False or (
        fires is True and pieces != () and all(one.kind.tier is not Tier.SURE for one in pieces)
    )
    subjects: tuple[str, ...] = ()
    if isinstance(fires, Unknown):
        if any(one.decision and one.decision.detail == "approve" for one in about):
            # Somebody asked in the machine's place, and it was answered.
            return None
        summary = f"could not look: {fires.reason}"
    elif suggests:
        summary = f"perhaps worth a word with {trigger.ask}"
    else:
        asked = {name for one in about for name in one.subjects}
        subjects = tuple(one for one in subjects_of(trigger.id, pieces) if one not in asked)
        summary = f"is for {trigger.ask} to decide"
        if not subjects:
            return None
    return Question(
        trigger=trigger.id,
        role=trigger.ask,
        block=Block.NEVER if suggests else trigger.block,
        undecided=isinstance(fires, Unknown),
        suggested=suggests,
        summary=clip(summary),
        evidence=pieces[:SHOWN],
        subjects=subjects,
    )
