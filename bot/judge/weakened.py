"""What a change weakens of its own evidence, and the passes that lean on it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bot.linking.evidence import Weakening, evidence_needs, weakenings
from bot.linking.news import TESTS
from bot.model.area import name_matches
from bot.model.item import AllOf, AnyOf, Proof, Use
from bot.model.known import Unknown
from bot.model.need import Artifact
from bot.model.verdict import Evidence, Outcome, Verdict, clip, undecided

if TYPE_CHECKING:
    from bot.judge.proof import Registry
    from bot.model.facts import CheckRun, Facts
    from bot.model.need import Need
    from bot.model.policy import Policy
    from bot.model.rule import AnyRule

RULE = "evidence-is-not-weakened"
CHECKS = "required-checks-pass"
# The rules whose PASS is worth what CI is worth, and what a report of them leans on.
_LEANS: dict[str, frozenset[str]] = {
    CHECKS: frozenset(),
    "tests-ran": frozenset({"tests"}),
    "changed-lines-are-covered": frozenset({"coverage"}),
}
# Which checks prove what, by their names.
_NAMED = {
    "coverage": re.compile(r"cov|test|unit", re.IGNORECASE),
    "tests": re.compile(r"test|spec|unit|integration|e2e", re.IGNORECASE),
    "lint": re.compile(r"lint|style|format|quality|static|ruff|type|mypy|rubocop", re.IGNORECASE),
    "secrets": re.compile(r"secret|leak|scan|security", re.IGNORECASE),
}


def weakened_needs(facts: Facts, policy: Policy, registry: Registry) -> frozenset[Need]:
    """What must be known to see it, and who approved; nothing where no proof leans on CI."""
    if RULE not in registry or not any(_leans(item.proof) for item in policy.items):
        return frozenset()
    needs = evidence_needs(facts.changes, policy.areas.get("tests", TESTS), policy.generated)
    if not needs or policy.ci.when_weakened != "unsure":
        return needs
    approved = registry["reviewers-approved"]
    return needs | approved.needs(approved.options(of="this-commit"), facts.changes)


def surely_weakened(facts: Facts, policy: Policy, registry: Registry) -> tuple[Weakening, ...]:
    """What is certain of it; empty where it could not be learnt or no proof leans on CI."""
    if RULE not in registry or not any(_leans(item.proof) for item in policy.items):
        return ()
    found = weakenings(facts, policy.areas.get("tests", TESTS), policy.generated)
    return () if isinstance(found, Unknown) else found.sure


def told(found: tuple[Weakening, ...], registry: Registry) -> tuple[Evidence, ...]:
    """The same as evidence."""
    kinds = {kind.id: kind for kind in registry[RULE].kinds} if found else {}
    return tuple(
        kinds[one.kind].at(clip(one.note, 200), one.file or None, one.line) for one in found
    )


def doubting(
    registry: Registry, found: tuple[Weakening, ...], facts: Facts, policy: Policy
) -> Registry:
    """The rules, of which those that lean on what was weakened no longer pass by it alone; all as
    they are where a reviewer approved this very commit, or the policy only lists it."""
    if not found or policy.ci.when_weakened != "unsure" or _approved(facts, registry):
        return registry
    shown = told(found, registry)
    return {
        name: _doubted(rule, list(zip(found, shown, strict=True))) if name in _LEANS else rule
        for name, rule in registry.items()
    }


def _approved(facts: Facts, registry: Registry) -> bool:
    rule = registry["reviewers-approved"]
    options = rule.options(of="this-commit")
    seen = facts.only(rule.needs(options, facts.changes))
    return rule.prove(seen, options).outcome is Outcome.PASS


def _doubted(rule: AnyRule, found: list[tuple[Weakening, Evidence]]) -> AnyRule:
    def prove(facts: Facts, options: Any) -> Verdict:
        verdict = rule.prove(facts, options)
        if verdict.outcome is not Outcome.PASS:
            return verdict
        for one, evidence in found:
            name = _leaning(rule, options, one, facts)
            if name:
                why = f'"{name}" passed, but {one.note}. A reviewer approves this commit, or not'
                return undecided(Unknown(why, by_content=True), evidence)
        return verdict

    return replace(rule, prove=prove)


def _leaning(rule: AnyRule, options: Any, one: Weakening, facts: Facts) -> str:
    """The name of the check or the report that passed and leans on it, "" where none does."""
    if rule.id != CHECKS:
        needs = (need for need in rule.needs(options, ()) if isinstance(need, Artifact))
        wanted = (need for need in needs if not need.base_for)
        return next((name for need in wanted if (name := _by_report(rule, need, one, facts))), "")
    runs = () if isinstance(facts.checks, Unknown) else facts.checks
    asked = [run for run in runs if name_matches(options.name, run.name)]
    return next((run.name for run in asked if _is_by(run, one)), "")


def _by_report(rule: AnyRule, need: Artifact, one: Weakening, facts: Facts) -> str:
    """The artifact that the weakened job, or whatever job runs the tests, may have left."""
    reported = facts.reported(need)
    reports = () if isinstance(reported, Unknown) else reported.reports
    if one.topic != "job":
        return reports[0].artifact if reports and one.topic in _LEANS[rule.id] else ""
    tests = one.job == "*" or _NAMED["tests"].search(one.job) is not None
    made = [report.artifact for report in reports if tests and report.workflow in {one.file, ""}]
    return made[0] if made else ""


def _is_by(run: CheckRun, one: Weakening) -> bool:
    if one.topic != "job":
        return _NAMED[one.topic].search(run.name) is not None
    if run.workflow != one.file and not isinstance(run.workflow, Unknown):
        return False
    if one.job == "*" or name_matches(one.job, run.name):
        return True
    return run.name.startswith(f"{one.job} (") or run.name.endswith(f" / {one.job}")


def _leans(proof: Proof) -> bool:
    match proof:
        case Use(rule=rule):
            return rule in _LEANS
        case AllOf(parts=parts) | AnyOf(parts=parts):
            return any(_leans(part) for part in parts)
        case _:  # Around a check no `not` can stand.
            return False
