"""What a policy looks at, so that every other event costs nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.model.item import (
    AllOf,
    AnyOf,
    Attested,
    CheckFailed,
    Condition,
    Every,
    Labelled,
    No,
    Not,
    Proof,
    Some,
    Titled,
    Use,
)
from bot.model.relevance import Relevance

if TYPE_CHECKING:
    from bot.model.policy import NoticeUse, Policy


def relevance_of(policy: Policy) -> Relevance:
    """Everything that can change a verdict under the policy or its floor."""
    found = _Found()
    level = policy
    while True:
        found.look_at(level)
        if level.floor is None:
            break
        level = level.floor
    return Relevance(
        checks=tuple(sorted(found.checks)),
        statuses=tuple(sorted(found.statuses)),
        matters=frozenset(found.matters),
    )


class _Found:
    def __init__(self) -> None:
        self.checks: set[tuple[str, str]] = set()
        self.statuses: set[str] = set()
        self.matters: set[str] = {"draft"}

    def look_at(self, policy: Policy) -> None:
        for item in policy.items:
            self._condition(item.when)
            self._proof(item.proof)
        for override in policy.paths:
            for _, change in override.items:
                if change.when is not None:
                    self._condition(change.when)
                if change.proof is not None:
                    self._proof(change.proof)
        for trigger in policy.triggers:
            self._condition(trigger.when)
        for notice in policy.notices:
            self._notice(notice)
        if policy.exempt.label is not None:
            self.matters.add("labels")
        if policy.policy_changes_by is not None:
            self.matters.add("reviews")

    def _notice(self, notice: NoticeUse) -> None:
        self._condition(notice.when)
        if notice.fields:
            self.matters.add("text")
        sources = (source for use in notice.fields for source in use.sources)
        if any(
            one.startswith(("deployed-to ", "deployment ")) for one in (*notice.after, *sources)
        ):
            self.matters.add("deployments")

    def _condition(self, condition: Condition) -> None:
        match condition:
            case Every(parts=parts) | Some(parts=parts):
                for part in parts:
                    self._condition(part)
            case No(part=part):
                self._condition(part)
            case CheckFailed(name=name, status_by=None, app=app):
                self.checks.add((app, name))
            case CheckFailed(name=name):
                self.statuses.add(name)
            case Labelled():
                self.matters.add("labels")
            case Titled():
                self.matters.add("text")
            case _:
                pass

    def _proof(self, proof: Proof) -> None:
        match proof:
            case AllOf(parts=parts) | AnyOf(parts=parts):
                for part in parts:
                    self._proof(part)
            case Not(part=part):
                self._proof(part)
            case Attested(prompted_by=prompts):
                self.matters.add("reviews")
                for one in prompts:
                    self._use(one.rule, one.options)
            case Use(rule=rule, options=options):
                self._use(rule, options)
            case _:
                pass

    def _use(self, rule: str, options: object) -> None:
        if rule == "required-checks-pass":
            name = getattr(options, "name", "")
            if getattr(options, "status_by", None) is not None:
                self.statuses.add(name)
            else:
                self.checks.add((getattr(options, "app", ""), name))
        word = {
            "reviewers-approved": "reviews",
            "tests-ran": "artifacts",
            "changed-lines-are-covered": "artifacts",
            "tests-did-not-flake": "artifacts" if getattr(options, "artifact", None) else None,
            "endpoint-cases-are-tested": (
                "artifacts" if getattr(options, "artifact", None) else None
            ),
            "labels-are-right": "labels",
            "deployment-succeeded": "deployments",
            "section-is-filled": "text",
            "plan-is-linked": "text",
            "risks-are-named": "text",
            "open-questions-are-answered": "text",
            "self-review-is-noted": "text",
            "migrations-are-reversible": "text",
            "migrations-have-one-head": "base",
        }.get(rule)
        if word is not None:
            self.matters.add(word)
