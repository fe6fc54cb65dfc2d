"""Findings that a policy lowers or switches off, and what a rule says without them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.judge.lowered import lowered
from bot.judge.proof import prove
from bot.model.item import Use
from bot.model.known import Unknown
from bot.model.verdict import (
    SHOWN,
    Kind,
    Outcome,
    Says,
    Tier,
    Verdict,
    failed,
    passed,
    skipped,
    undecided,
    waiting,
)
from bot.wiring.catalogue import registry
from tests.support.pulls import NOW, pull


def kind(name: str, tier: Tier, *, withholds: bool = False) -> Kind:
    return Kind(id=name, tier=tier, says=Says.BROKEN, because="made up", withholds=withholds)


P, F, U, S = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN, Outcome.SKIP
BAD, WORSE = kind("bad", Tier.SURE), kind("worse", Tier.SURE)
ODD, MAYBE = kind("odd", Tier.LIKELY), kind("maybe", Tier.LIKELY, withholds=True)
B, W, D, M = BAD.at("bad", "a.py", 1), WORSE.at("worse"), ODD.at("odd"), MAYBE.at("maybe")
CLEAN, OPEN = passed("clean", advice=(D,)), undecided(Unknown("a.go is not read", by_content=True))
ASKED = undecided(Unknown("can't tell: two things"), M, D, beyond=CLEAN)
LEFT = "{} finding(s) left, as the policy lowers them"
MORE = "can't tell: what else there is beside findings that the policy lowers. Look there"

ROWS: list[tuple[str, Verdict, dict[str, str], Outcome, str, tuple[str, ...], tuple[str, ...]]] = [
    # why, said, lowered, then: outcome, summary, evidence, advice
    ("nothing", failed("no", B, beyond=CLEAN), {}, F, "no", ("bad",), ()),
    ("another", failed("no", B, beyond=CLEAN), {"odd": "off"}, F, "no", ("bad",), ()),
    ("one of two", failed("both", B, W), {"bad": "likely"}, F, "worse", ("worse",), ("bad",)),
    ("off of two", failed("both", B, W), {"worse": "off"}, F, "bad", ("bad",), ()),
    (
        "all, nothing open",
        failed("no", B, advice=(D,), beyond=CLEAN),
        {"bad": "likely"},
        P,
        LEFT.format(2),
        (),
        ("odd", "bad"),
    ),
    (
        "all off",
        failed("no", B, beyond=CLEAN),
        {"bad": "off", "odd": "off"},
        P,
        LEFT.format(0),
        (),
        (),
    ),
    ("all, unread", failed("no", B, beyond=OPEN), {"bad": "likely"}, U, OPEN.summary, (), ("bad",)),
    ("off, unread", failed("no", B, beyond=OPEN), {"bad": "off"}, U, OPEN.summary, (), ()),
    ("cannot say", failed("no", B), {"bad": "off"}, U, MORE, (), ()),
    ("not all shown", failed("no", *[B] * SHOWN, beyond=CLEAN), {"bad": "off"}, U, MORE, (), ()),
    (
        "nothing to judge",
        failed("no", B, beyond=skipped("none")),
        {"bad": "off"},
        S,
        "none",
        (),
        (),
    ),
    (
        "asked beyond",
        failed("no", B, beyond=ASKED),
        {"bad": "off"},
        U,
        ASKED.summary,
        ("maybe", "odd"),
        (),
    ),
    (
        "neither",
        failed("no", B, beyond=ASKED),
        {"bad": "off", "maybe": "off"},
        P,
        LEFT.format(1),
        (),
        ("odd",),
    ),
    ("a question", ASKED, {"maybe": "likely"}, U, ASKED.summary, ("maybe", "odd"), ()),
    ("no question", ASKED, {"maybe": "off"}, P, LEFT.format(1), (), ("odd",)),
    (
        "one question of two",
        undecided(
            Unknown("two"),
            MAYBE.at("this"),
            kind("that", Tier.LIKELY, withholds=True).at("that"),
            beyond=CLEAN,
        ),
        {"maybe": "off"},
        U,
        "can't tell: that",
        ("that",),
        (),
    ),
    (
        "open beside",
        undecided(Unknown("unread"), B, M),
        {"bad": "likely", "maybe": "off"},
        U,
        "unread",
        ("bad",),
        (),
    ),
    ("advice", passed("2 odd", advice=(D, M)), {"odd": "off"}, P, LEFT.format(1), (), ("maybe",)),
    ("advice stays", CLEAN, {"odd": "likely"}, P, "clean", (), ("odd",)),
    ("awaited", waiting("runs", NOW, B), {"odd": "off"}, Outcome.WAIT, "runs", ("bad",), ()),
]


@pytest.mark.parametrize(
    ("said", "kinds", "outcome", "summary", "evidence", "advice"),
    [row[1:] for row in ROWS],
    ids=[row[0] for row in ROWS],
)
def test_what_a_rule_says_without_what_the_policy_lowers(
    said: Verdict,
    kinds: dict[str, str],
    outcome: Outcome,
    summary: str,
    evidence: tuple[str, ...],
    advice: tuple[str, ...],
) -> None:
    found = lowered(said, kinds)

    assert (found.outcome, found.summary, found.beyond) == (outcome, summary, None)
    assert tuple(one.note for one in found.evidence) == evidence
    assert tuple(one.note for one in found.advice) == advice


def test_what_is_lowered_is_shown_as_likely_and_never_raised() -> None:
    hint = kind("hint", Tier.HINT).at("hint")

    found = lowered(
        failed("no", B, advice=(hint,), beyond=passed("clean")), {"bad": "likely", "hint": "likely"}
    )

    assert [one.kind.tier for one in found.advice] == [Tier.LIKELY, Tier.HINT]


def test_what_content_made_unreadable_stays_so() -> None:
    assert lowered(failed("no", B, beyond=OPEN), {"bad": "off"}).by_content


def test_a_proof_is_judged_with_its_lowered_findings() -> None:
    rule = replace(
        registry()["no-secrets-added"],
        needs=lambda options, changes: frozenset(),
        prove=lambda facts, options: failed("no", B, beyond=CLEAN),
    )
    uses = (Use(rule="made", options=None), Use(rule="made", options=None, kinds=(("bad", "off"),)))

    proven = [prove(one, pull(), {"made": rule}, ()) for one in uses]

    assert [one.verdict.outcome for one in proven] == [F, P]
    assert all(leaf.verdict.beyond is None for one in proven for leaf in one.leaves)
