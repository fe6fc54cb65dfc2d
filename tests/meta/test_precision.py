"""Nothing may block that is not measured on real commits or certain for a written reason."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.model.verdict import Tier
from bot.wiring.catalogue import all_rules
from tests.corpus.precision import lower_bound

CORPUS = Path(__file__).parents[1] / "corpus"
FIGURES = json.loads((CORPUS / "precision.json").read_text())
JUDGED: dict[str, bool] = json.loads((CORPUS / "judged.json").read_text())
SURE = {kind.id: rule.id for rule in all_rules() for kind in rule.kinds if kind.tier is Tier.SURE}


@pytest.mark.parametrize("kind", sorted(SURE))
def test_a_kind_that_may_block_is_measured_or_certain(kind: str) -> None:
    rows = [row for row in FIGURES["measured"] if row["kind"] == kind]
    true, judged = (sum(row[key] for row in rows) for key in ("true", "judged"))

    assert SURE[kind] in FIGURES["certain"] or judged >= 20
    assert true >= 0.95 * judged


def test_the_figures_are_those_of_what_was_judged() -> None:
    for row in FIGURES["measured"]:
        assert 0 <= row["true"] <= row["judged"] <= row["firings"]
        assert row["lower"] == lower_bound(row["true"], row["judged"])
    counted = sum(row["judged"] for row in FIGURES["measured"])

    assert counted <= len(JUDGED)
    assert {row["kind"] for row in FIGURES["measured"]} <= set(SURE)
    assert set(FIGURES["certain"]) <= {rule.id for rule in all_rules()}


@pytest.mark.parametrize(("true", "of", "bound"), [(0, 0, 0.0), (20, 20, 0.839), (95, 100, 0.888)])
def test_the_bound_is_the_lower_end_of_wilsons_interval(true: int, of: int, bound: float) -> None:
    assert lower_bound(true, of) == bound
