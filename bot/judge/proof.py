"""Whether a proof holds: its leaves judged by their rules and folded by all, any and not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, TypeAlias, assert_never

from bot.judge.lowered import lowered
from bot.model.item import AllOf, AnyOf, Attested, Not, NotYet, Proof, Use
from bot.model.known import Unknown
from bot.model.need import Artifact
from bot.model.report import Fault, Leaf
from bot.model.rule import AnyRule
from bot.model.verdict import (
    Evidence,
    Kind,
    Outcome,
    Says,
    Tier,
    Verdict,
    clip,
    failed,
    passed,
    undecided,
)

if TYPE_CHECKING:
    from bot.model.act import Act
    from bot.model.facts import Changes, Facts
    from bot.model.need import Need

Registry: TypeAlias = Mapping[str, AnyRule]

WORD_LACKING = Kind(
    id="word-lacking",
    tier=Tier.SURE,
    says=Says.WORD,
    because="The ledger holds every word that was said; none of that role is among them.",
)
HOLDS_WRONGLY = Kind(
    id="holds-wrongly",
    tier=Tier.SURE,
    says=Says.BROKEN,
    because="The policy asks for the opposite of what was shown.",
)

# First outcome present wins; SKIP only where every part is SKIP.
_ALL_ORDER = (Outcome.FAIL, Outcome.UNKNOWN, Outcome.WAIT, Outcome.PASS)
_ANY_ORDER = (Outcome.PASS, Outcome.WAIT, Outcome.UNKNOWN, Outcome.FAIL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """The verdict of a proof with what each leaf said, and bugs of ours met on the way."""

    verdict: Verdict
    leaves: tuple[Leaf, ...]
    faults: tuple[Fault, ...] = ()


def prove(proof: Proof, facts: Facts, registry: Registry, acts: tuple[Act, ...]) -> Proven:
    """Judge the proof; `acts` are those that stand for this item."""
    match proof:
        case Use():
            return _use(proof, facts, registry)
        case Attested():
            prompts = [_use(one, facts, registry) for one in proof.prompted_by]
            faults = tuple(fault for one in prompts for fault in one.faults)
            return replace(_one("attested-by", _attested(proof, acts, prompts)), faults=faults)
        case NotYet(word=word, why=why):
            return _one(word, undecided(Unknown(f"can't tell: {word} - {why}")))
        case AllOf(parts=parts):
            return fold_all([prove(part, facts, registry, acts) for part in parts])
        case AnyOf(parts=parts):
            return fold_any([prove(part, facts, registry, acts) for part in parts])
        case Not(part=part):
            return _opposite(prove(part, facts, registry, acts))
        case _:
            assert_never(proof)


def proof_needs(proof: Proof, changes: Changes, registry: Registry) -> frozenset[Need]:
    """What the rules of a proof have to be told."""
    match proof:
        case Use(rule=rule, options=options, kinds=kinds):
            # What only a finding that is off needs is not fetched.
            needs = registry[rule].needs(options, changes)
            return frozenset(one for one in needs if (_sole(one), "off") not in kinds)
        case AllOf(parts=parts) | AnyOf(parts=parts):
            return frozenset().union(*(proof_needs(part, changes, registry) for part in parts))
        case Not(part=part):
            return proof_needs(part, changes, registry)
        case Attested(prompted_by=prompts):
            return frozenset().union(*(proof_needs(one, changes, registry) for one in prompts))
        case _:
            return frozenset()


def _sole(need: Need) -> str:
    """The one kind of finding that needs it, "" where more does."""
    return need.base_for if isinstance(need, Artifact) else ""


def fold_all(parts: list[Proven]) -> Proven:
    """All of them: FAIL before UNKNOWN before WAIT before PASS; advice of every part is kept."""
    folded = _fold(parts, _ALL_ORDER)
    others = [one.verdict for one in parts if one.verdict.outcome is not folded.verdict.outcome]
    advice = (*folded.verdict.advice, *(piece for one in others for piece in one.advice))
    return replace(folded, verdict=replace(folded.verdict, advice=advice))


def fold_any(parts: list[Proven]) -> Proven:
    """One of them: PASS before WAIT before UNKNOWN before FAIL; a failing branch beside a PASS is
    kept as advice, so that "machine disagrees" can be shown."""
    folded = _fold(parts, _ANY_ORDER)
    if folded.verdict.outcome is not Outcome.PASS:
        return folded
    against = tuple(
        one
        for part in parts
        if part.verdict.outcome is Outcome.FAIL
        for one in part.verdict.evidence
        if one.kind.says is not Says.WORD
    )
    return replace(folded, verdict=replace(folded.verdict, advice=folded.verdict.advice + against))


def _fold(parts: list[Proven], order: tuple[Outcome, ...]) -> Proven:
    leaves = tuple(leaf for part in parts for leaf in part.leaves)
    faults = tuple(fault for part in parts for fault in part.faults)
    present = {part.verdict.outcome for part in parts}
    outcome = next((one for one in order if one in present), Outcome.SKIP)
    same = [part.verdict for part in parts if part.verdict.outcome is outcome]
    return Proven(verdict=_joined(outcome, same), leaves=leaves, faults=faults)


def _joined(outcome: Outcome, same: list[Verdict]) -> Verdict:
    moments = [one.recheck_at for one in same if one.recheck_at is not None]
    summary = "; ".join(dict.fromkeys(one.summary for one in same))
    return Verdict(
        outcome=outcome,
        summary=clip(summary),
        evidence=tuple(piece for one in same for piece in one.evidence),
        advice=tuple(piece for one in same for piece in one.advice),
        recheck_at=min(moments) if moments else None,
        by_content=any(one.by_content for one in same),
    )


def _opposite(part: Proven) -> Proven:
    verdict = part.verdict
    if verdict.outcome is Outcome.FAIL:
        return replace(part, verdict=passed(f"not so: {verdict.summary}"))
    if verdict.outcome is Outcome.PASS:
        shown = [_broken(one) for one in verdict.evidence] or [HOLDS_WRONGLY.at(verdict.summary)]
        return replace(part, verdict=failed(f"must not hold: {verdict.summary}", *shown))
    return part


def _broken(evidence: Evidence) -> Evidence:
    return replace(evidence, kind=HOLDS_WRONGLY)


def _attested(proof: Attested, acts: tuple[Act, ...], prompts: list[Proven]) -> Verdict:
    advice = tuple(
        one
        for part in prompts
        for one in (*part.verdict.evidence, *part.verdict.advice)
        if one.kind.says is not Says.HOLDS
    )
    people = {
        act.by.id: act.by.login for act in acts if act.kind == "attest" and proof.role in act.roles
    }
    if len(people) >= proof.people_at_least:
        return passed("said by " + ", ".join(sorted(people.values())), advice=advice)
    if proof.people_at_least == 1:
        note = f"nobody in {proof.role} has said so"
    else:
        note = f"{len(people)} of {proof.people_at_least} people in {proof.role} have said so"
    return failed(note, WORD_LACKING.at(note), advice=advice)


def _use(proof: Use, facts: Facts, registry: Registry) -> Proven:
    rule = registry[proof.rule]
    try:
        seen = facts.only(rule.needs(proof.options, facts.changes))
        return _one(rule.id, lowered(rule.prove(seen, proof.options), dict(proof.kinds)))
    except Exception as error:  # noqa: BLE001  catch-all 1 of 7: around one rule
        fault = fault_of(rule.id, facts.head_sha, error)
        why = Unknown(f"the rule itself failed, {fault.id}")
        return Proven(
            verdict=undecided(why),
            leaves=(Leaf(rule=rule.id, verdict=undecided(why)),),
            faults=(fault,),
        )


def fault_of(where: str, subject: str, error: Exception) -> Fault:
    """A bug of ours met there; the same bug in the same subject has the same id."""
    what = f"{type(error).__name__}: {error}"
    digest = sha256(f"{where} {subject} {what}".encode("utf-8", "replace")).hexdigest()
    return Fault(id="F" + digest[:10], where=where, what=what[:300])


def _one(rule: str, verdict: Verdict) -> Proven:
    return Proven(verdict=verdict, leaves=(Leaf(rule=rule, verdict=verdict),))
