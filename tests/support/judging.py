"""Policies as people write them, and the reports that follow from them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot.judge.evaluate import evaluate
from bot.model.act import Act, ActKind
from bot.model.facts import Facts, Person
from bot.model.look import PolicyFile
from bot.model.policy import Policy
from bot.model.report import Matter, Report
from bot.model.scope import fingerprint
from bot.wiring.catalogue import registry
from bot.wiring.policy import PolicyLoader
from bot.worker.policies import Texts
from tests.support.pulls import BEN, NOW, changed

BASIC = """
version: 1
areas: { code: ["app/**"], docs: ["docs/**"] }
checklist:
  tests: { title: Tests pass, when: { changed: [code] }, proof: { check: ci } }
  docs:
    title: Docs
    when: { changed: [code] }
    proof: { changed: { areas: [docs], lines-at-least: 1 } }
lists: { handoff: [tests, docs], quality: [tests, docs] }
"""
CODE = changed("app/a.py", "", "x = 1\n")
PAGE = changed("docs/a.md", "", "words\n")


def policy(text: str, organisation: str | None = None) -> Policy:
    """The effective policy of texts without errors."""
    above = None if organisation is None else PolicyFile(path="handoff.yml", text=organisation)
    mine = PolicyFile(path=".github/handoff.yml", text=text)
    made = PolicyLoader().assemble(Texts(repo="acme/orders", repository=mine, organisation=above))
    assert made.policy is not None, [one.line() for one in made.problems]
    return made.policy


def judged(text: str, facts: Facts, **more: Any) -> Report:
    """The report of one policy text."""
    organisation = more.pop("organisation", None)
    matter = Matter(facts=facts, policy=policy(text, organisation), **more)
    return evaluate(matter, registry(), "1")


def states(report: Report) -> dict[str, str]:
    return {entry.item: entry.state.value for entry in report.entries}


def word(kind: ActKind, item: str, facts: Facts, by: Person = BEN, **known: Any) -> Act:
    """An act about an item as it stands in these facts."""
    rules = policy(known.pop("text", BASIC))
    covers = next(one.covers for one in rules.items if one.id == item)
    scope = fingerprint(facts.changes, covers, rules.generated)
    assert isinstance(scope, str)
    act = Act(
        key=f"{kind}:{item}:{by.login}",
        kind=kind,
        by=by,
        subjects=(item,),
        head_sha=facts.head_sha,
        said_at=NOW,
        roles=frozenset({"reviewer"}),
        scopes={item: scope},
    )
    return replace(act, **known)
