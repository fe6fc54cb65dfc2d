"""What `size-matches-plan` answers, one row per reason that a person could argue with."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bot.model.facts import Facts
from tests.rules.tables import GENERATED, UNREAD, P, S, U, case, table, verdicts, words
from tests.support.pulls import NOW, changed, pull

LONG = changed("app/a.py", "", "x = 1\n" * 101)


def said(text: str, *, days: int = 0, **known: Any) -> Facts:
    """A description that says this; opened so many days before a Tuesday."""
    return pull(LONG, body=f"Refunds.\n\n{text}\n", opened_at=NOW - timedelta(days=days), **known)


TABLE = table(
    "size-matches-plan",
    case("more than twice the lines", said("Estimate: 50 lines"), P),
    case("twice the lines, just so", said("Estimate: 51 lines"), P),
    case("as list entry, in bold", said("- **Estimate:** 20 LOC"), P),
    case("more than twice the days", said("Estimate: 2d", days=7), P),
    case("twice the days, weekends aside", said("Estimate: 2 days", days=6), P),
    case("one day over a weekend", said("Estimate: 0.5 day", days=4), P),
    case("opened on a Sunday", said("Estimate: 1 day", days=2), P),
    case("weeks", said("Estimate: 1 week", days=14), P),
    case("weeks ago", said("Estimate: 1 week", days=15), P),
    case("opened today", said("Estimate: 1 day"), P),
    case("days where the files are not known", said("Estimate: 3d", changes=UNREAD), P),
    case("no estimate", said("The estimate of the total is rounded: 3 days"), S),
    case("no unit", said("Estimate: 3"), S),
    case("another unit", said("Estimate: 3 dollars"), S),
    case("no number", said("Estimate: a few days"), S),
    case("nothing said", pull(LONG), S),
    case(
        "generated lines do not count",
        said("Estimate: 5 lines", changes=(changed("app/a_pb2.py", "", "x = 1\n" * 99),)),
        P,
    ),
    case("lines where the files are not known", said("Estimate: 5 lines", changes=UNREAD), U),
    case("not read", pull(LONG, body=UNREAD), U),
    case("too long", pull(LONG, body="x" * 80_000), U),
    generated=GENERATED,
)

test_verdicts = verdicts(TABLE)
test_golden_words = words(TABLE)
