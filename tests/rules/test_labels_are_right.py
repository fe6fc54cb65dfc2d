"""What `labels-are-right` answers, one row per reason that a person could argue with."""

from __future__ import annotations

from tests.rules.tables import UNREAD, F, P, U, case, table, verdicts, words
from tests.support.pulls import ANA, SAM, pull

LEAD = {"lead": frozenset({SAM.id})}

TABLE = table(
    "labels-are-right",
    case("there", pull(labels=frozenset({"a"})), P, has=("a",)),
    case("not there", pull(), F, has=("a",)),
    case("unwanted", pull(labels=frozenset({"b"})), F, has_none=("b",)),
    case("not read", pull(labels=UNREAD), U, has=("a",)),
    case(
        "set by the right one",
        pull(labels=frozenset({"a"}), label_setters={"a": SAM}, members={"lead": frozenset({3})}),
        P,
        has=("a",),
        set_by=("lead",),
    ),
    case(
        "set by another",
        pull(labels=frozenset({"a"}), label_setters={"a": ANA}, members={"lead": frozenset({3})}),
        F,
        has=("a",),
        set_by=("lead",),
    ),
    case(
        "setter not known",
        pull(labels=frozenset({"a"}), label_setters={}, members={"lead": frozenset({3})}),
        U,
        has=("a",),
        set_by=("lead",),
    ),
    case("in another case", pull(labels=frozenset({"A"})), F, has=("a",)),
    case("one of two", pull(labels=frozenset({"a"})), F, has=("a", "b")),
    case("there and unwanted", pull(labels=frozenset({"a", "b"})), F, has=("a",), has_none=("b",)),
    case("unwanted in another case", pull(labels=frozenset({"B"})), P, has_none=("b",)),
    case(
        "setters not read",
        pull(labels=frozenset({"a"}), label_setters=UNREAD, members=LEAD),
        U,
        has=("a",),
        set_by=("lead",),
    ),
    case(
        "set by somebody, members of the role not read",
        pull(labels=frozenset({"a"}), label_setters={"a": ANA}, members={"lead": UNREAD}),
        U,
        has=("a",),
        set_by=("lead",),
    ),
    case(
        "set by one of two roles, the other not read",
        pull(labels=frozenset({"a"}), label_setters={"a": SAM}, members={**LEAD, "qa": UNREAD}),
        P,
        has=("a",),
        set_by=("qa", "lead"),
    ),
    case("nothing wanted of whoever set it", pull(members=LEAD), P, set_by=("lead",)),
)

test_verdict = verdicts(TABLE)
test_golden_words = words(TABLE)
