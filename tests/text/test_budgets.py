"""Ten thousand findings stay within every limit, and what blocks survives the cut."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.model.item import Level
from bot.model.problem import Problem, Where
from bot.model.report import Conclusion, Entry, Failing, Report, State
from bot.model.verdict import Evidence, Kind, Says, Tier, failed
from bot.text.check import check_of, fit, markdown_of, ordered
from bot.text.comment import comment_of
from bot.text.group import group_check
from bot.text.title import title_of
from tests.text.reports import HOSTILE, REPORTS

KIND = Kind(id="kind", tier=Tier.SURE, says=Says.BROKEN, because="for these tests")
HINT = replace(KIND, tier=Tier.HINT)


def found(count: int, word: str) -> tuple[Evidence, ...]:
    return tuple(KIND.at(f"{word} {at} {HOSTILE}", f"app/{at}.py", at + 1) for at in range(count))


def entry(item: str, level: Level, evidence: tuple[Evidence, ...]) -> Entry:
    return Entry(
        item=item,
        title=f"{item} {HOSTILE}",
        level=level,
        lists=("handoff", "quality"),
        verdict=failed(f"{item} {HOSTILE}", *evidence),
        state=State.MISSING,
        failing=Failing.BROKEN,
        fix_by=("author",),
    )


def report(*entries: Entry) -> Report:
    return replace(REPORTS["proved"], entries=entries)


ONE_ITEM = report(
    entry("note", Level.NOTE, found(10_000, "n")), entry("block", Level.BLOCK, found(3, "b"))
)
MANY_ITEMS = report(
    *(entry(f"note-{at}", Level.NOTE, found(10, "n")) for at in range(500)),
    *(entry(f"advise-{at}", Level.ADVISE, found(10, "a")) for at in range(499)),
    entry("block", Level.BLOCK, found(10, "b")),
)
BOTH = [ONE_ITEM, MANY_ITEMS]


@pytest.mark.parametrize("big", BOTH)
def test_a_check_stays_within_its_budgets(big: Report) -> None:
    check = check_of(big)

    assert len(check.title) <= 80
    assert len(check.summary.encode()) <= 8_000
    assert len(check.text.encode()) <= 60_000
    assert len(check.annotations) == 100
    assert len(markdown_of(big).encode()) <= 60_000


@pytest.mark.parametrize("big", BOTH)
def test_what_blocks_survives_the_cut(big: Report) -> None:
    check = check_of(big)

    assert "| block | missing |" in check.summary
    assert "block: missing (block)" in check.text.split("\n")[0]
    assert {one.level for one in check.annotations[:3]} == {"failure"}
    assert check.title.endswith("block left · ana")


def test_what_is_cut_is_counted_and_the_foot_stays() -> None:
    check = check_of(MANY_ITEMS)

    assert "more not shown" in check.summary
    assert "more not shown" in check.text
    assert "report `" in check.summary.split("\n")[-1]
    assert "- … 9980 more" in check_of(ONE_ITEM).text


@pytest.mark.parametrize("big", BOTH)
def test_a_comment_shows_thirty_lines_at_most(big: Report) -> None:
    problem = Problem(where=Where(file="a.yml", line=1), what=HOSTILE)
    full = replace(
        big,
        problems=(problem,) * 300,
        broken=HOSTILE,
        questions=REPORTS["a question that blocks"].questions * 20,
    )

    body = comment_of(full, create=True).body

    assert len(body) <= 12_000
    assert len([line for line in body.split("\n") if line.strip()]) <= 31
    assert body.endswith("\n<!-- handoff:1 7/118 -->")
    assert "more in the check" in body


def test_a_merge_group_of_a_hundred_stays_within_the_summary() -> None:
    members = tuple(replace(MANY_ITEMS, number=number) for number in range(100, 200))

    check = group_check(members, Conclusion.FAILURE, "2" * 40)

    assert len(check.summary.encode()) <= 8_000
    assert len(check.title) <= 80


def test_what_is_open_stands_first_and_what_blocks_first_of_it() -> None:
    one = found(1, "x")
    mixed = report(
        replace(entry("good", Level.BLOCK, one), state=State.ATTESTED),
        entry("note", Level.NOTE, one),
        replace(entry("waiting", Level.BLOCK, one), state=State.WAITING),
        entry("advise", Level.ADVISE, one),
        replace(entry("undecided", Level.BLOCK, one), state=State.UNDECIDED),
        entry("missing", Level.BLOCK, one),
        replace(entry("contradicted", Level.ADVISE, one), state=State.CONTRADICTED),
    )

    assert [shown.item for shown in ordered(mixed, "handoff")] == [
        *("missing", "undecided", "waiting", "contradicted", "advise", "note", "good")
    ]


def test_hints_are_not_annotated() -> None:
    shy = entry("block", Level.BLOCK, (*found(1, "b"), HINT.at("perhaps", "app/b.py", 3)))

    assert [one.path for one in check_of(report(shy)).annotations] == ["app/0.py"]


def test_evidence_without_a_line_is_not_annotated() -> None:
    bare = entry("block", Level.BLOCK, (KIND.at("somewhere", "app/a.py"), KIND.at("anywhere")))

    assert check_of(report(bare)).annotations == ()


def test_names_are_dropped_from_the_right_and_counted() -> None:
    many = report(*(entry(f"item-{at}", Level.BLOCK, found(1, "b")) for at in range(9)))

    assert title_of(many) == "0 of 9 · item-0, item-1, item-2, item-3 +5 left · ana"


def test_a_title_keeps_its_first_clause_whatever_the_names() -> None:
    long = report(entry("x" * 100, Level.BLOCK, found(1, "b")))

    assert title_of(long).startswith("0 of 1 · xxx")
    assert len(title_of(long)) == 80


def test_a_block_is_kept_whole_or_not_at_all() -> None:
    assert (
        fit(["a" * 10, "b" * 200, "c"], 100, "foot") == "a" * 10 + "\n\n… 2 more not shown\n\nfoot"
    )
    assert fit(["a", "b"], 100) == "a\nb"
    assert fit([], 100) == ""
