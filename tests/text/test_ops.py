"""What operators read where nothing, or little, is to be said."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.text.ops import counted, headline, ops_page
from tests.support.pulls import NOW


def row(word: str, since: timedelta | None = None) -> dict[str, Any]:
    at = (NOW - since).isoformat() if since is not None else None
    return {"repo": "acme/shop", "number": 1, "word": word, "since": at}


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "All well: 0 not settled"),
        ([row("running")], "All well: 1 not settled"),
        ([row("due", timedelta(minutes=2))], "All well: 1 not settled"),
        ([row("due", timedelta(minutes=3))], "BEHIND: the oldest due one waits 3 min"),
        ([row("due", timedelta(days=1))], "BEHIND: the oldest due one waits 1440 min"),
        ([row("limited until", timedelta(days=1))], "All well: 1 not settled"),
        ([row("parked because")], "PARKED: 1"),
    ],
)
def test_the_first_line_is_about_what_needs_somebody(rows: list[dict[str, Any]], said: str) -> None:
    assert headline({"rows": rows, "effects": []}, NOW) == said


def test_the_oldest_of_each_state_is_told() -> None:
    rows = [row("due"), row("due", timedelta(1)), row("due", timedelta(2)), row("running")]

    assert counted(rows) == [
        {"account": "acme", "word": "due", "count": 3, "since": rows[2]["since"]},
        {"account": "acme", "word": "running", "count": 1, "since": None},
    ]


def test_a_page_of_nothing_says_why() -> None:
    nothing: dict[str, Any] = dict.fromkeys(
        ("counts", "limits", "rows", "effects", "processes", "sweeps"), ()
    )
    text = ops_page(nothing, NOW)

    assert "Everything is settled." in text
    assert "<table" not in text
