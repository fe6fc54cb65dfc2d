"""The harness of the rules' tables: a row is what people argue about, and the answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.model.area import Area
from bot.model.facts import Facts
from bot.model.known import Unknown
from bot.model.rule import AnyRule
from bot.model.verdict import Evidence, Outcome, Verdict
from bot.wiring.catalogue import registry
from tests.support.golden import assert_golden
from tests.support.pulls import NOW

P, F, W, U, S = Outcome.PASS, Outcome.FAIL, Outcome.WAIT, Outcome.UNKNOWN, Outcome.SKIP
UNREAD = Unknown("not visible")
CODE, DOCS = (Area("code", ("app/**",)),), (Area("docs", ("docs/**",)),)
GENERATED = Area("generated", ("**/*_pb2.py",))
LATER = NOW + timedelta(hours=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One row. `at`: the places of the evidence, `path` or `path:line`, in order."""

    why: str
    facts: Facts
    outcome: Outcome
    at: tuple[str, ...]
    options: Any


def case(
    why: str, facts: Facts, outcome: Outcome, *, at: tuple[str, ...] = (), **options: Any
) -> Case:
    """A row; `options` are those of the table, replaced where the row says so."""
    return Case(why=why, facts=facts, outcome=outcome, at=at, options=options)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """All rows of one rule."""

    rule: AnyRule
    rows: tuple[Case, ...]

    def verdict(self, row: Case) -> Verdict:
        """The answer, with nothing known but what the rule asks for."""
        needs = self.rule.needs(row.options, row.facts.changes)
        return self.rule.prove(row.facts.only(needs), row.options)


def table(rule: str, /, *rows: Case, **defaults: Any) -> Table:
    """The rows of a rule, with options that a row need not repeat."""
    one = registry()[rule]
    made = (replace(row, options=one.options(**{**defaults, **row.options})) for row in rows)
    return Table(rule=one, rows=tuple(made))


def verdicts(table: Table) -> Callable[..., None]:
    """The test of every row's outcome and places."""

    @pytest.mark.parametrize("row", table.rows, ids=lambda row: row.why)
    def test(row: Case) -> None:
        verdict = table.verdict(row)

        assert verdict.outcome is row.outcome
        assert tuple(place for one in verdict.evidence if (place := place_of(one))) == row.at

    return test


def words(table: Table) -> Callable[[], None]:
    """The test of every word of every row."""

    def test() -> None:
        text = "\n".join(line for row in table.rows for line in said(row.why, table.verdict(row)))

        assert_golden(Path(__file__).parent / "golden" / f"{table.rule.id}.txt", text + "\n")

    return test


def place_of(piece: Evidence) -> str:
    """`path:line`, `path`, or nothing."""
    return (piece.file or "") + (f":{piece.line}" if piece.line else "")


def said(why: str, verdict: Verdict) -> list[str]:
    """One row of a golden file."""
    until = f" (until {verdict.recheck_at:%H:%M})" if verdict.recheck_at else ""
    content = " (by content)" if verdict.by_content else ""
    lines = [f"{why}", f"    {verdict.outcome} {verdict.summary}{until}{content}"]
    for mark, pieces in (("!", verdict.evidence), ("+", verdict.advice)):
        lines += [
            f"    {mark} {one.kind.id}: {one.note} {place_of(one)}".rstrip() for one in pieces
        ]
    return lines
