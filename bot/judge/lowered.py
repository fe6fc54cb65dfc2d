"""Findings that the policy lowers, taken out of what an outcome rests on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.model.known import Unknown
from bot.model.verdict import SHOWN, Evidence, Outcome, Tier, Verdict, clip, undecided

if TYPE_CHECKING:
    from collections.abc import Mapping

_MORE = Unknown("can't tell: what else there is beside findings that the policy lowers. Look there")


def lowered(verdict: Verdict, kinds: Mapping[str, str]) -> Verdict:
    """What the rule says where findings of these kinds, by id, are only `likely`, or `off`.

    Where nothing is left that the outcome rests on, it is what the rule says beyond them; of a rule
    that cannot say so, or that may not show all its findings, it is UNKNOWN.
    """
    bare = replace(verdict, beyond=None)
    if not kinds:
        return bare
    kept, advice = _kept(verdict.evidence, kinds), _kept(verdict.advice, kinds)
    fails = verdict.outcome is Outcome.FAIL
    if not fails and (verdict.outcome is not Outcome.UNKNOWN or verdict.beyond is None):
        left = replace(bare, evidence=kept, advice=advice)
        return left if len(advice) == len(verdict.advice) else _counted(left)
    resting = _resting(verdict, kept, advice)
    if resting:
        return replace(
            bare,
            summary=_said(verdict, resting),
            evidence=tuple(one for one in kept if not fails or one in resting),
            advice=(*advice, *(one for one in kept if fails and one not in resting)),
        )
    hidden = max(len(verdict.evidence), len(verdict.advice)) >= SHOWN
    rest = undecided(_MORE) if verdict.beyond is None or hidden else lowered(verdict.beyond, kinds)
    more = tuple(one for one in (*kept, *advice) if one not in (*rest.evidence, *rest.advice))
    return _counted(replace(rest, advice=(*rest.advice, *more)))


def _counted(left: Verdict) -> Verdict:
    """A pass whose summary does not count, name or deny what the policy took out."""
    if left.outcome is not Outcome.PASS:
        return left
    return replace(left, summary=f"{len(left.advice)} finding(s) left, as the policy lowers them")


def _kept(pieces: tuple[Evidence, ...], kinds: Mapping[str, str]) -> tuple[Evidence, ...]:
    return tuple(_as(one, kinds) for one in pieces if kinds.get(one.kind.id) != "off")


def _as(one: Evidence, kinds: Mapping[str, str]) -> Evidence:
    if one.kind.id not in kinds or one.kind.tier is not Tier.SURE:
        return one
    return replace(one, kind=replace(one.kind, tier=Tier.LIKELY))


def _resting(
    verdict: Verdict, evidence: tuple[Evidence, ...], advice: tuple[Evidence, ...]
) -> list[Evidence]:
    """Those of the pieces that the outcome rests on."""
    if verdict.outcome is Outcome.FAIL:
        return [one for one in evidence if one.kind.tier is Tier.SURE]
    return [one for one in (*evidence, *advice) if one.kind.withholds]


def _said(verdict: Verdict, resting: list[Evidence]) -> str:
    """The rule's own words, unless they may count or name what no longer counts."""
    if resting == _resting(verdict, verdict.evidence, verdict.advice):
        return verdict.summary
    start = "" if verdict.outcome is Outcome.FAIL else "can't tell: "
    return clip(f"{start}{resting[0].note}")
