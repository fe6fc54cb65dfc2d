"""What every rule must keep, seen or unseen: its page, its kinds, its table, its needs."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from types import ModuleType
from typing import Any

import pytest

import bot.rules
import tests.rules
from bot.model.facts import Facts
from bot.model.known import Unknown
from bot.model.need import Members, Need, Part, Permissions
from bot.model.registry import discover
from bot.model.rule import AnyRule, Rule
from bot.model.verdict import Outcome, Tier

HEADINGS = [
    "Why it matters",
    "What it looks at",
    "How to satisfy it",
    "What it cannot see",
    "Examples",
]
UNREAD = Unknown("not visible")
RULES = {rule.id: rule for rule in discover(bot.rules, "RULE", Rule)}
EVERY_RULE = pytest.mark.parametrize("rule", list(RULES))
KEBAB = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


# ── the page ──────────────────────────────────────────────────────────────────────────────────


def page(rule: str) -> str:
    """The docstring of the rule's module."""
    return importlib.import_module(f"bot.rules.{rule.replace('-', '_')}").__doc__ or ""


def sections(rule: str) -> list[tuple[str, str]]:
    """Each heading of the page with the words under it."""
    wanted = "|".join(re.escape(one) for one in HEADINGS)
    parts = re.split(rf"^({wanted})\b", page(rule), flags=re.MULTILINE)[1:]
    return [
        (name, " ".join(text.split())) for name, text in zip(parts[::2], parts[1::2], strict=True)
    ]


@EVERY_RULE
def test_a_rules_page_has_the_five_headings_in_order(rule: str) -> None:
    assert [name for name, _ in sections(rule)] == HEADINGS


@EVERY_RULE
def test_each_part_of_a_rules_page_says_something(rule: str) -> None:
    short = [name for name, text in sections(rule) if len(text.split()) < 3]

    assert short == []


@EVERY_RULE
def test_a_rules_page_begins_with_its_promise(rule: str) -> None:
    promise, empty, *_ = page(rule).splitlines()

    assert promise.endswith(".")
    assert len(promise) <= 100
    assert empty == ""


@EVERY_RULE
def test_a_rules_examples_show_both_sides(rule: str) -> None:
    (examples,) = [text for name, text in sections(rule) if name == "Examples"]

    assert re.search(r"^Ready: .+ Not ready: .+", examples)


@EVERY_RULE
def test_a_rules_module_is_called_by_its_id(rule: str) -> None:
    assert KEBAB.fullmatch(rule)
    assert RULES[rule].title
    assert RULES[rule].version >= 1


# ── its kinds ─────────────────────────────────────────────────────────────────────────────────


@EVERY_RULE
def test_a_rules_kinds_say_why_they_may_be_trusted(rule: str) -> None:
    kinds = RULES[rule].kinds

    assert kinds != ()
    assert [one.id for one in kinds if len(one.because.split()) < 3] == []


@EVERY_RULE
def test_a_rules_kinds_have_names_of_their_own(rule: str) -> None:
    names = [one.id for one in RULES[rule].kinds]

    assert [name for name in names if not KEBAB.fullmatch(name)] == []
    assert len(names) == len(set(names))


def test_no_two_rules_share_a_kind() -> None:
    names = [kind.id for rule in RULES.values() for kind in rule.kinds]

    assert sorted(names) == sorted(set(names))


# ── its table ─────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One row of a table: what was judged, and the answer."""

    why: str
    facts: Facts
    options: Any
    outcome: Outcome


@cache
def tables() -> dict[str, list[Case]]:
    """Every call of `judged` that the tests of the rules make, by rule."""
    found: dict[str, list[Case]] = {rule: [] for rule in RULES}
    for module in pkgutil.iter_modules(tests.rules.__path__):
        one = importlib.import_module(f"tests.rules.{module.name}")
        if hasattr(one, "judged"):
            _record(one, found)
    return found


def _record(module: ModuleType, found: dict[str, list[Case]]) -> None:
    real: Callable[..., Outcome] = module.judged
    why = ""

    def judged(rule: str, facts: Facts, **options: Any) -> Outcome:
        outcome = real(rule, facts, **options)
        chosen = RULES[rule].options(**options)
        found[rule].append(Case(why=why, facts=facts, options=chosen, outcome=outcome))
        return outcome

    module.judged = judged  # type: ignore[attr-defined]
    try:
        for test, arguments in _runs(module):
            why = f"{test.__name__}: {arguments[:1]}"
            test(*arguments)
    finally:
        module.judged = real  # type: ignore[attr-defined]


def _runs(module: ModuleType) -> Iterator[tuple[Callable[..., None], tuple[Any, ...]]]:
    """The tests of a module with each row of their tables; those with fixtures are left out."""
    for name, test in inspect.getmembers(module, inspect.isfunction):
        marks = [one for one in getattr(test, "pytestmark", []) if one.name == "parametrize"]
        number = len(inspect.signature(test).parameters)
        if name.startswith("test_") and len(marks) == 1 and number == len(_names(marks[0])):
            yield from ((test, _row(row)) for row in marks[0].args[1])
        elif name.startswith("test_") and number == 0:
            yield test, ()


def _names(mark: pytest.Mark) -> list[str]:
    names = mark.args[0]
    return [one.strip() for one in names.split(",")] if isinstance(names, str) else list(names)


def _row(row: Any) -> tuple[Any, ...]:
    values = getattr(row, "values", row)
    return tuple(values) if isinstance(values, list | tuple) else (values,)


@EVERY_RULE
def test_a_rule_has_a_table_with_the_outcomes_that_people_argue_about(rule: str) -> None:
    outcomes = {case.outcome for case in tables()[rule]}

    assert outcomes >= {Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN}


@EVERY_RULE
def test_a_rules_negatives_outnumber_its_positives(rule: str) -> None:
    passing = [case for case in tables()[rule] if case.outcome is Outcome.PASS]

    assert len(passing) * 2 < len(tables()[rule])


# ── its needs ─────────────────────────────────────────────────────────────────────────────────


def blanked(facts: Facts, need: Need) -> Facts:
    """The facts with that one need not learnt."""
    if isinstance(need, Members):
        return replace(facts, members={**facts.members, need.role: UNREAD})
    if isinstance(need, Part):
        return replace(facts, **{need.name.lower(): UNREAD})  # type: ignore[arg-type]
    assert isinstance(need, Permissions)
    if isinstance(facts.reviews, Unknown):
        return facts
    opinions = tuple(replace(one, may_write=UNREAD) for one in facts.reviews.opinions)
    return replace(facts, reviews=replace(facts.reviews, opinions=opinions))


def needs(rule: AnyRule, case: Case) -> list[Need]:
    return sorted(rule.needs(case.options, case.facts.changes), key=repr)


@EVERY_RULE
def test_a_rule_reads_only_what_it_declares(rule: str) -> None:
    one = RULES[rule]

    differs = [
        case.why
        for case in tables()[rule]
        if one.prove(case.facts.only(frozenset(needs(one, case))), case.options)
        != one.prove(case.facts, case.options)
    ]

    assert differs == []


@EVERY_RULE
def test_a_rule_that_lacks_a_need_never_passes(rule: str) -> None:
    one = RULES[rule]

    passing = [
        (case.why, need)
        for case in tables()[rule]
        for need in needs(one, case)
        if one.prove(blanked(case.facts, need), case.options).outcome is Outcome.PASS
    ]

    assert passing == []


@EVERY_RULE
def test_what_is_open_stays_open_without_the_list_of_files(rule: str) -> None:
    one = RULES[rule]
    without = [
        one.prove(replace(case.facts, changes=UNREAD), case.options)
        for case in tables()[rule]
        if case.outcome is Outcome.UNKNOWN
    ]

    assert [verdict.outcome for verdict in without if verdict.outcome is Outcome.PASS] == []


@EVERY_RULE
def test_the_same_facts_give_the_same_verdict(rule: str) -> None:
    one = RULES[rule]

    differs = [
        case.why
        for case in tables()[rule]
        if one.prove(case.facts, case.options) != one.prove(case.facts, case.options)
    ]

    assert differs == []


@EVERY_RULE
def test_a_rule_shows_only_kinds_that_it_declares(rule: str) -> None:
    one = RULES[rule]
    verdicts = [one.prove(case.facts, case.options) for case in tables()[rule]]

    shown = {piece.kind for verdict in verdicts for piece in verdict.evidence + verdict.advice}

    assert shown <= set(one.kinds)


@EVERY_RULE
def test_every_failure_rests_on_a_sure_finding_at_the_head(rule: str) -> None:
    one = RULES[rule]
    failing = [case for case in tables()[rule] if case.outcome is Outcome.FAIL]
    verdicts = [one.prove(case.facts, case.options) for case in failing]

    weak = [one for one in verdicts if all(p.kind.tier is not Tier.SURE for p in one.evidence)]

    assert weak == []
