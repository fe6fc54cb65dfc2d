"""What a ticked box is worth."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.judge.boxes import lines_of, remarks_of, ticks_of, unproved
from bot.model.arrival import Said
from tests.support.judging import BASIC, CODE, judged
from tests.support.pulls import HEAD, NOW, check, pull

REPORT = judged(BASIC, pull(CODE, checks=(check("ci"),)))
SAID = Said(
    key="box:g1",
    node_id="",
    body="[x] docs.\n[x] <!-- handoff:item=tests --> The suite\n[ ] Something else",
    by_id=2,
    by_login="ben",
    by_type="User",
    created_at=NOW,
    updated_at=NOW,
)


def test_a_box_stands_for_the_item_of_its_title_or_of_its_mark() -> None:
    assert ticks_of(SAID, REPORT) == (("docs", True), ("tests", True))
    assert ticks_of(replace(SAID, body="[x] <!-- handoff:item=gone -->"), REPORT) == ()


def test_a_tick_taken_for_a_word_is_what_the_person_would_have_typed() -> None:
    typed = [one.text for one in lines_of([("docs", True), ("tests", False)])]

    assert typed == ["/handoff attest docs", "/handoff undo tests"]


def test_a_tick_is_shown_while_its_item_is_open_until_it_is_taken_back() -> None:
    acts = remarks_of(SAID, ticks_of(SAID, REPORT), HEAD)
    later = replace(SAID, key="box:g2", created_at=NOW + timedelta(minutes=1))
    back = remarks_of(later, [("docs", False)], HEAD)

    assert [act.subjects for act in unproved(acts, REPORT.entries)] == [("docs",)]
    assert unproved((*back, *acts), REPORT.entries) == ()
