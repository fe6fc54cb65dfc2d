"""Nothing may block that is not measured on real commits or certain for a written reason."""

from __future__ import annotations

import json
import pkgutil
from importlib import import_module
from pathlib import Path
from typing import Any, TypeAlias

import pytest

import bot.judge
from bot.model.verdict import Kind, Tier
from bot.wiring.catalogue import all_rules
from tests.corpus.precision import lower_bound

Rows: TypeAlias = list[dict[str, Any]]

CORPUS = Path(__file__).parents[1] / "corpus"
FIGURES = json.loads((CORPUS / "precision.json").read_text())
JUDGED: dict[str, bool] = json.loads((CORPUS / "judged.json").read_text())
SURE = {kind.id: rule.id for rule in all_rules() for kind in rule.kinds if kind.tier is Tier.SURE}
# What raises a question, and what a person's own words are held against.
ASKING = {
    kind.id: "questions"
    for info in pkgutil.iter_modules(bot.judge.__path__, "bot.judge.")
    for kind in vars(import_module(info.name)).values()
    if isinstance(kind, Kind) and kind.tier is Tier.SURE
}


def lacking(measured: Rows, certain: dict[str, str], questions: dict[str, str]) -> list[str]:
    """Kinds that may block or ask and should not: neither measured nor certain, or wrong too
    often."""
    found = [kind for kind in ASKING if kind not in SURE and kind not in questions]
    for kind, rule in SURE.items():
        rows = [row for row in measured if row["kind"] == kind]
        true, judged = (sum(row[key] for row in rows) for key in ("true", "judged"))
        if true < 0.95 * judged or not (rule in certain or judged >= 20):
            found.append(kind)
    return sorted(found)


def test_what_may_block_is_measured_or_certain() -> None:
    assert lacking(FIGURES["measured"], FIGURES["certain"], FIGURES["questions"]) == []


@pytest.mark.parametrize("kind", sorted({row["kind"] for row in FIGURES["measured"]}))
def test_a_kind_below_95_percent_breaks_the_build(kind: str) -> None:
    wrong = {"kind": kind, "stack": "lower", "firings": 100, "judged": 100, "true": 80}

    assert lacking([*FIGURES["measured"], wrong], FIGURES["certain"], FIGURES["questions"]) == [
        kind
    ]


@pytest.mark.parametrize("kind", sorted({*SURE, *ASKING}))
def test_a_kind_without_an_entry_breaks_the_build(kind: str) -> None:
    rows = [row for row in FIGURES["measured"] if row["kind"] != kind]
    certain = {one: why for one, why in FIGURES["certain"].items() if one != SURE.get(kind)}
    questions = {one: why for one, why in FIGURES["questions"].items() if one != kind}

    assert kind in lacking(rows, certain, questions)


def test_the_figures_are_those_of_what_was_judged() -> None:
    for row in FIGURES["measured"]:
        assert 0 <= row["true"] <= row["judged"] <= row["firings"]
        assert row["lower"] == lower_bound(row["true"], row["judged"])
    counted = sum(row["judged"] for row in FIGURES["measured"])

    assert counted <= len(JUDGED)
    assert {row["kind"] for row in FIGURES["measured"]} <= set(SURE)
    assert set(FIGURES["certain"]) <= {rule.id for rule in all_rules()}
    assert set(FIGURES["questions"]) <= set(ASKING)


@pytest.mark.parametrize(("true", "of", "bound"), [(0, 0, 0.0), (20, 20, 0.839), (95, 100, 0.888)])
def test_the_bound_is_the_lower_end_of_wilsons_interval(true: int, of: int, bound: float) -> None:
    assert lower_bound(true, of) == bound
