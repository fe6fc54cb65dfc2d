"""What every rule must keep, seen or unseen: its page, its kinds, its table, its needs."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator
from dataclasses import MISSING, dataclass, fields, replace
from functools import cache
from types import ModuleType
from typing import Any

import pytest

import bot.rules
import tests.rules
from bot.model.codec import Decoder, encode
from bot.model.facts import Change, ChangedFile, Facts
from bot.model.known import Known, Unknown
from bot.model.need import Artifact, Members, Need, Part, Permissions
from bot.model.reading import EVERY, Read, ReadValue, reading_key
from bot.model.registry import discover
from bot.model.rule import AnyRule, Rule
from bot.model.verdict import Outcome, Tier
from bot.wiring.catalogue import presets
from tests.rules.tables import Case, Table

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


@cache
def tables() -> dict[str, Table]:
    """The table of each rule, found as pytest finds it."""
    names = [one.name for one in pkgutil.iter_modules(tests.rules.__path__)]
    found: dict[str, Table] = {}
    for module in (importlib.import_module(f"tests.rules.{name}") for name in names):
        if hasattr(module, "TABLE"):
            found[module.TABLE.rule.id] = module.TABLE
        elif hasattr(module, "judged"):
            found |= _recorded(module)
    return found


def _recorded(module: ModuleType) -> dict[str, Table]:
    """Every call of `judged` that the module's tests make, by rule."""
    real: Callable[..., Outcome] = module.judged
    seen: dict[str, list[Case]] = {}
    why = ""

    def judged(rule: str, facts: Facts, **options: Any) -> Outcome:
        outcome = real(rule, facts, **options)
        chosen, place = RULES[rule].options(**options), len(seen.get(rule, ()))
        row = Case(why=f"{why} {place}", facts=facts, options=chosen, outcome=outcome, at=())
        seen.setdefault(rule, []).append(row)
        return outcome

    module.judged = judged  # type: ignore[attr-defined]
    try:
        for test, arguments in _runs(module):
            why = f"{test.__name__}: {arguments[:1]}"
            test(*arguments)
    finally:
        module.judged = real  # type: ignore[attr-defined]
    return {rule: Table(rule=RULES[rule], rows=tuple(rows)) for rule, rows in seen.items()}


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


def rows(rule: str) -> tuple[Case, ...]:
    return tables()[rule].rows


def answers(rule: str) -> set[Outcome]:
    """The outcomes that the rule's own file can give, by the makers that it imports."""
    module = importlib.import_module(f"bot.rules.{rule.replace('-', '_')}")
    makers = {
        "passed": Outcome.PASS,
        "failed": Outcome.FAIL,
        "waiting": Outcome.WAIT,
        "undecided": Outcome.UNKNOWN,
        "skipped": Outcome.SKIP,
    }
    return {outcome for maker, outcome in makers.items() if hasattr(module, maker)}


@EVERY_RULE
def test_a_rule_has_a_table_with_every_outcome_it_can_give(rule: str) -> None:
    outcomes = {row.outcome for row in rows(rule)}

    may_fail = any(kind.tier is Tier.SURE for kind in RULES[rule].kinds)
    assert outcomes >= {Outcome.PASS, Outcome.UNKNOWN} | ({Outcome.FAIL} if may_fail else set())
    if reads_reports(rule):
        # What is not there yet is answered for all such rules at one place.
        assert outcomes >= answers(rule) | {Outcome.SKIP}
    elif not reads_files(rule):
        assert outcomes == answers(rule)


@EVERY_RULE
def test_a_rules_negatives_outnumber_its_positives(rule: str) -> None:
    positive = [row for row in rows(rule) if is_positive(rule, row)]

    assert len(positive) * 2 < len(rows(rule))


def is_positive(rule: str, row: Case) -> bool:
    """Whether a row shows what the rule is there for: proof, or the bad thing that it watches."""
    if not RULES[rule].watch:
        return row.outcome is Outcome.PASS
    verdict = tables()[rule].verdict(row)
    return bool(verdict.evidence + verdict.advice)


@EVERY_RULE
def test_no_two_rows_of_a_rule_are_about_the_same(rule: str) -> None:
    names = [row.why for row in rows(rule)]

    assert sorted(set(names)) == sorted(names)


@EVERY_RULE
def test_every_kind_that_a_rule_declares_is_shown_by_a_row(rule: str) -> None:
    verdicts = [tables()[rule].verdict(row) for row in rows(rule)]
    shown = {piece.kind.id for verdict in verdicts for piece in verdict.evidence + verdict.advice}

    declared = {kind.id for kind in RULES[rule].kinds}
    assert shown <= declared if reads_files(rule) else shown == declared


# ── its needs ─────────────────────────────────────────────────────────────────────────────────


def blanked(facts: Facts, need: Need) -> Facts:
    """The facts with that one need not learnt."""
    if isinstance(need, Members):
        return replace(facts, members={**facts.members, need.role: UNREAD})
    if isinstance(need, Part):
        return replace(facts, **{need.name.lower(): UNREAD})  # type: ignore[arg-type]
    if isinstance(need, Read):
        return replace(facts, readings=unread(facts, need))
    if isinstance(need, Artifact):
        return replace(facts, artifacts={**facts.artifacts, need.key: UNREAD})
    assert isinstance(need, Permissions)
    if isinstance(facts.reviews, Unknown):
        return facts
    opinions = tuple(replace(one, may_write=UNREAD) for one in facts.reviews.opinions)
    return replace(facts, reviews=replace(facts.reviews, opinions=opinions))


def unread(facts: Facts, need: Read) -> dict[str, Known[ReadValue]]:
    """The readings with those of the need not learnt, not even which files there are."""
    lost = facts.only(frozenset({need})).readings
    every = {reading_key(need.reading, side, EVERY): UNREAD for side in need.sides}
    return {**facts.readings, **dict.fromkeys(lost, UNREAD), **every}


@dataclass(frozen=True, slots=True)
class Recorded:
    """Facts that write down which of their costly parts are looked at."""

    facts: Facts
    looked_at: set[str]

    def __getattr__(self, name: str) -> Any:
        self.looked_at.add(name)
        return getattr(self.facts, name)


def needs(rule: AnyRule, row: Case) -> list[Need]:
    return sorted(rule.needs(row.options, row.facts.changes), key=repr)


@EVERY_RULE
def test_a_rule_reads_only_what_it_declares(rule: str) -> None:
    one = RULES[rule]
    costly = {part.name.lower() for part in Part}
    read: set[str] = set()
    declared: set[str] = set()

    for row in rows(rule):
        one.prove(Recorded(row.facts, read), row.options)  # type: ignore[arg-type]  # it answers as they do
        declared |= {need.name.lower() for need in needs(one, row) if isinstance(need, Part)}

    assert read & costly <= declared


@EVERY_RULE
def test_what_was_not_asked_for_changes_nothing(rule: str) -> None:
    one = RULES[rule]

    differs = [
        row.why
        for row in rows(rule)
        if one.prove(row.facts.only(frozenset(needs(one, row))), row.options)
        != one.prove(row.facts, row.options)
    ]

    assert differs == []


@EVERY_RULE
def test_a_rule_that_lacks_a_need_never_passes(rule: str) -> None:
    one = RULES[rule]

    passing = [
        (row.why, need)
        for row in rows(rule)
        for need in needs(one, row)
        if not only_advises(one, need)
        and (less := blanked(row.facts, need)) != row.facts
        and (row.outcome is not Outcome.PASS or not reads_files(rule))
        and one.prove(less, row.options).outcome is Outcome.PASS
    ]

    assert passing == []


def only_advises(rule: AnyRule, need: Need) -> bool:
    """Whether it serves one finding alone, without which the rule answers the same."""
    sole = need.base_for if isinstance(need, Artifact) else ""
    kind = next((kind for kind in rule.kinds if kind.id == sole), None)
    return kind is not None and kind.tier is not Tier.SURE and not kind.withholds


def reads_reports(rule: str) -> bool:
    """Whether the rule asks for artifacts of CI."""
    asked = (need for row in rows(rule) for need in needs(RULES[rule], row))
    return any(isinstance(need, Artifact) for need in asked)


def reads_files(rule: str) -> bool:
    """Whether the rule asks for contents: of those it may need one or another for a PASS."""
    return any(isinstance(need, Read) for row in rows(rule) for need in needs(RULES[rule], row))


@EVERY_RULE
def test_what_a_rule_declares_can_decide_whether_it_passes(rule: str) -> None:
    """Or whether it asks, where without it the finding would be sure."""
    one = RULES[rule]
    declared, deciding = set[str](), set[str]()
    for row in rows(rule) if reads_files(rule) else ():
        for need in needs(one, row):
            name = need.reading if isinstance(need, Read) else repr(need)
            declared.add(name)
            other = one.prove(blanked(row.facts, need), row.options).outcome
            asks = row.outcome is Outcome.UNKNOWN and other is Outcome.FAIL
            if asks or (row.outcome is Outcome.PASS and other is not Outcome.PASS):
                deciding.add(name)

    assert deciding == declared


# ── whatever the facts ────────────────────────────────────────────────────────────────────────


MANY = tuple(
    ChangedFile(path=f"app/{at}.py", change=Change.ADDED, head_blob="a" * 40, additions=1)
    for at in range(3_000)
)


@EVERY_RULE
def test_an_open_question_is_not_answered_by_knowing_less(rule: str) -> None:
    one = RULES[rule]

    passing = [
        row.why
        for row in rows(rule)
        if row.outcome is Outcome.UNKNOWN
        and one.prove(replace(row.facts, changes=UNREAD), row.options).outcome is Outcome.PASS
    ]

    assert passing == []


@EVERY_RULE
def test_a_rule_answers_no_files_and_three_thousand(rule: str) -> None:
    one = RULES[rule]

    for row in rows(rule):
        one.prove(replace(row.facts, changes=()), row.options)
        one.prove(replace(row.facts, changes=MANY), row.options)


@EVERY_RULE
def test_a_rule_that_knows_nothing_passes_nothing(rule: str) -> None:
    one = RULES[rule]
    nothing: dict[str, Any] = {part.name.lower(): UNREAD for part in Part}
    blind = [
        one.prove(
            replace(row.facts, changes=UNREAD, labels=UNREAD, artifacts={}, **nothing), row.options
        )
        for row in rows(rule)
    ]

    assert {verdict.outcome for verdict in blind} == {Outcome.UNKNOWN}


@EVERY_RULE
def test_stored_facts_give_the_same_verdict(rule: str) -> None:
    one = RULES[rule]

    differs = [
        row.why
        for row in rows(rule)
        if one.prove(Decoder().decode(Facts, encode(row.facts)), row.options)
        != one.prove(row.facts, row.options)
    ]

    assert differs == []


# ── what it shows ─────────────────────────────────────────────────────────────────────────────


@EVERY_RULE
def test_every_failure_rests_on_a_sure_finding(rule: str) -> None:
    verdicts = [tables()[rule].verdict(row) for row in rows(rule) if row.outcome is Outcome.FAIL]

    weak = [one for one in verdicts if all(p.kind.tier is not Tier.SURE for p in one.evidence)]

    assert weak == []


@EVERY_RULE
def test_evidence_points_at_files_of_the_pull_request(rule: str) -> None:
    strange = [
        (row.why, piece.file)
        for row in rows(rule)
        for piece in tables()[rule].verdict(row).evidence
        if piece.file is not None
        and not isinstance(row.facts.changes, Unknown)
        and piece.file not in {path for file in row.facts.changes for path in file.paths}
    ]

    assert strange == []


# ── its place among the others ────────────────────────────────────────────────────────────────


@EVERY_RULE
def test_a_rule_is_made_for_items_of_the_checklist(rule: str) -> None:
    checklist = set(presets()["backend-dev@1"].split())

    assert {f"{item}:" for item in RULES[rule].items} <= checklist


def test_no_two_rules_share_a_title_or_a_word() -> None:
    titles = [rule.title for rule in RULES.values()]
    words = [rule.word for rule in RULES.values() if rule.word]

    assert sorted(set(titles)) == sorted(titles)
    assert sorted(set(words)) == sorted(words)


@EVERY_RULE
def test_an_option_without_default_is_required_by_the_schema(rule: str) -> None:
    one = RULES[rule]
    required = {
        field.name
        for field in fields(one.options)
        if field.default is MISSING and field.default_factory is MISSING
    }

    assert required <= {
        *("name", "heading", "areas", "pattern", "forbid", "artifact", "language", "rule"),
        "environment",
    }
