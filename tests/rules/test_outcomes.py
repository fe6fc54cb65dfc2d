"""What each rule answers, one row per reason that a person could argue with."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.model.area import Area
from bot.model.facts import Change, Commits, Facts
from bot.model.known import Unknown
from bot.model.verdict import Outcome
from bot.wiring.catalogue import registry
from tests.support.pulls import ANA, BEN, NOW, SAM, changed, check, pull, review, reviews

P, F, W, U, S = Outcome.PASS, Outcome.FAIL, Outcome.WAIT, Outcome.UNKNOWN, Outcome.SKIP
UNREAD = Unknown("not visible")
CODE, DOCS = (Area("code", ("app/**",)),), (Area("docs", ("docs/**",)),)
GENERATED = Area("generated", ("**/*_pb2.py",))
LATER = NOW + timedelta(hours=2)


def judged(rule: str, facts: Facts, **options: Any) -> Outcome:
    """The outcome, with nothing known but what the rule asks for."""
    one = registry()[rule]
    chosen = one.options(**options)
    return one.prove(facts.only(one.needs(chosen, facts.changes)), chosen).outcome


CHECKS = [
    ("passed", pull(checks=(check("ci / unit"),)), {}, P),
    ("failed", pull(checks=(check("ci / unit", "failure"),)), {}, F),
    ("skipped is not passed", pull(checks=(check("ci / unit", "skipped"),)), {}, F),
    ("neutral is not passed", pull(checks=(check("ci / unit", "neutral"),)), {}, F),
    (
        "neutral where the policy lists it",
        pull(checks=(check("ci / unit", "neutral"),)),
        {"conclusions": ("success", "neutral")},
        P,
    ),
    ("cancelled", pull(checks=(check("ci / unit", "cancelled"),)), {}, U),
    ("running", pull(checks=(check("ci / unit", None),)), {}, W),
    ("not there yet", pull(), {}, W),
    ("never came", pull(taken_at=LATER), {}, F),
    ("never came, unsure", pull(taken_at=LATER), {"if_absent": "unsure"}, U),
    ("absent, skip", pull(), {"if_absent": "skip"}, S),
    ("never ended", pull(checks=(check("ci / unit", None),), taken_at=LATER), {}, F),
    ("another App", pull(checks=(check("ci / unit", app_slug="evil"),)), {}, W),
    (
        "another App, past the deadline",
        pull(checks=(check("ci / unit", app_slug="evil"),), taken_at=LATER),
        {},
        F,
    ),
    ("App not known", pull(checks=(check("ci / unit", app_slug=None),)), {}, U),
    (
        "another workflow",
        pull(checks=(check("ci / unit"),), taken_at=LATER),
        {"workflow": ".github/workflows/other.yml"},
        F,
    ),
    (
        "workflow not known",
        pull(checks=(check("ci / unit", workflow=UNREAD),)),
        {"workflow": ".github/workflows/ci.yml"},
        U,
    ),
    (
        "one passed, another of unknown workflow failed",
        pull(checks=(check("ci / unit"), check("ci / unit", "failure", workflow=UNREAD))),
        {"workflow": ".github/workflows/ci.yml"},
        U,
    ),
    (
        "one passed, another of unknown workflow passed too",
        pull(checks=(check("ci / unit"), check("ci / unit", workflow=UNREAD))),
        {"workflow": ".github/workflows/ci.yml"},
        P,
    ),
    ("a status for a check", pull(checks=(check("ci / unit", status_by="ci"),)), {}, W),
    (
        "a status by the one named",
        pull(checks=(check("ci / unit", app_slug=None, status_by="ci"),)),
        {"status_by": "ci"},
        P,
    ),
    ("another name", pull(checks=(check("ci / units"),)), {}, W),
    ("checks not read", pull(checks=UNREAD), {}, U),
]


@pytest.mark.parametrize(("why", "facts", "options", "outcome"), CHECKS)
def test_a_check_counts_only_as_asked(
    why: str, facts: Facts, options: dict[str, Any], outcome: Outcome
) -> None:
    assert judged("required-checks-pass", facts, name="ci / unit", **options) is outcome


def test_one_failed_run_of_a_glob_outweighs_the_passed_ones() -> None:
    facts = pull(checks=(check("ci / a"), check("ci / b", "failure")))

    assert judged("required-checks-pass", facts, name="ci / *") is F


PAGE = changed("docs/a.md", "", "one\ntwo\nthree\n")
UNSHOWN = Unknown("GitHub shows no patch", by_content=True)
PICTURE = changed("docs/a.png", "", "x", added=UNSHOWN, removed=UNSHOWN)
COMPANIONS = [
    ("enough lines", pull(PAGE), {}, P),
    ("too few lines", pull(changed("docs/a.md", "", "one\n")), {}, F),
    ("nothing there", pull(changed("app/a.py", "", "x = 1\n")), {}, F),
    ("only indented", pull(changed("docs/a.md", "a\nb\nc\n", "  a\n  b\n  c\n")), {}, F),
    (
        "only moved",
        pull(
            changed("docs/a.md", "a\nb\nc\n", ""),
            changed("docs/b.md", "", "a\nb\nc\n"),
        ),
        {},
        F,
    ),
    ("renamed away", pull(changed("x.md", "", "1\n2\n3\n", previous_path="docs/x.md")), {}, P),
    ("generated", pull(changed("docs/a_pb2.py", "", "1\n2\n3\n")), {"generated": GENERATED}, F),
    ("not asked", pull(PAGE), {"of": CODE}, S),
    ("asked and there", pull(PAGE, changed("app/a.py", "", "x\n")), {"of": CODE}, P),
    ("asked and not there", pull(changed("app/a.py", "", "x\n")), {"of": CODE}, F),
    ("missing, unsure", pull(), {"if_missing": "unsure"}, U),
    ("lines not visible", pull(changed("docs/a.md", "", "x\n", added=UNREAD)), {}, U),
    (
        "perhaps only moved, from where GitHub shows nothing",
        pull(PAGE, changed("docs/b.md", "a\nb\nc\n", "", removed=UNREAD)),
        {},
        U,
    ),
    (
        "enough lines beside a picture",
        pull(PAGE, replace(PICTURE, additions=0, deletions=0)),
        {},
        P,
    ),
    (
        "enough lines beside what is too large to show",
        pull(PAGE, replace(PICTURE, deletions=2000)),
        {},
        U,
    ),
    ("files not known", pull(changes=UNREAD), {}, U),
]


@pytest.mark.parametrize(("why", "facts", "options", "outcome"), COMPANIONS)
def test_companions_changed_or_not(
    why: str, facts: Facts, options: dict[str, Any], outcome: Outcome
) -> None:
    assert judged("companion-files-changed", facts, areas=DOCS, **options) is outcome


SECTIONS = [
    ("filled", "## Rollback\nDrop the column.\n", {}, P),
    ("any level and case", "#### ROLLBACK ###\nDrop it.\n", {}, P),
    ("absent", "## Other\nText.\n", {}, F),
    ("empty", "## Rollback\n\n## Next\nText.\n", {}, F),
    ("comment only", "## Rollback\n<!-- how to go back -->\n", {}, F),
    ("placeholder", "## Rollback\nTBD\n", {}, F),
    ("too few words", "## Rollback\nDrop it.\n", {"words_at_least": 5}, F),
    ("none where not accepted", "## Rollback\nNone\n", {}, F),
    ("none where accepted", "## Rollback\nNone\n", {"accept_none": True}, P),
    ("in a code fence", "```\n## Rollback\nDrop it.\n```\n", {}, F),
    ("key filled", "## Rollback\nSeed data: three orders\n", {"keys": ("Seed data",)}, P),
    ("key empty", "## Rollback\nSeed data:\nText here.\n", {"keys": ("Seed data",)}, F),
    ("too long", "x" * 80_000, {}, U),
]


@pytest.mark.parametrize(("why", "body", "options", "outcome"), SECTIONS)
def test_a_section_is_filled_or_not(
    why: str, body: str, options: dict[str, Any], outcome: Outcome
) -> None:
    assert judged("section-is-filled", pull(body=body), heading="Rollback", **options) is outcome


APPROVALS = [
    ("approved", pull(reviews=reviews(review(BEN))), {}, P),
    ("nobody", pull(), {}, F),
    ("by the author", pull(reviews=reviews(review(ANA))), {}, F),
    ("may not write", pull(reviews=reviews(review(BEN, may_write=False))), {}, F),
    (
        "by a contributor",
        pull(
            reviews=reviews(review(BEN)),
            commits=Commits(shas=(), contributors=frozenset({ANA.id, BEN.id})),
        ),
        {},
        F,
    ),
    (
        "changes requested",
        pull(reviews=reviews(review(BEN), review(SAM, "changes_requested"))),
        {},
        F,
    ),
    ("dismissed", pull(reviews=reviews(review(BEN, "dismissed"))), {}, F),
    ("older commit", pull(reviews=reviews(review(BEN, commit_sha="2" * 40))), {}, U),
    (
        "older commit, this-commit",
        pull(reviews=reviews(review(BEN, commit_sha="2" * 40))),
        {"of": "this-commit"},
        F,
    ),
    (
        "older commit, any-commit",
        pull(reviews=reviews(review(BEN, commit_sha="2" * 40))),
        {"of": "any-commit"},
        P,
    ),
    ("one of two", pull(reviews=reviews(review(BEN))), {"at_least": 2}, F),
    (
        "contributors not known",
        pull(reviews=reviews(review(BEN)), commits=Commits(shas=(), contributors=UNREAD)),
        {},
        U,
    ),
    ("standing not known", pull(reviews=reviews(review(BEN, may_write=UNREAD))), {}, U),
    (
        "approved, and perhaps somebody who may asks for changes",
        pull(reviews=reviews(review(BEN), review(SAM, "changes_requested", may_write=UNREAD))),
        {},
        U,
    ),
    (
        "approved, and perhaps somebody who may approved too",
        pull(reviews=reviews(review(BEN), review(SAM, may_write=UNREAD))),
        {},
        P,
    ),
    ("reviews not read", pull(reviews=UNREAD), {}, U),
    (
        "of a role",
        pull(reviews=reviews(review(BEN)), members={"lead": frozenset({BEN.id})}),
        {"from_role": "lead"},
        P,
    ),
    (
        "of another role",
        pull(reviews=reviews(review(BEN)), members={"lead": frozenset({SAM.id})}),
        {"from_role": "lead"},
        F,
    ),
    (
        "role not known",
        pull(reviews=reviews(review(BEN)), members={"lead": UNREAD}),
        {"from_role": "lead"},
        U,
    ),
]


@pytest.mark.parametrize(("why", "facts", "options", "outcome"), APPROVALS)
def test_an_approval_counts_for_the_right_person_and_code(
    why: str, facts: Facts, options: dict[str, Any], outcome: Outcome
) -> None:
    assert judged("reviewers-approved", facts, **options) is outcome


LABELS = [
    ("there", pull(labels=frozenset({"a"})), {"has": ("a",)}, P),
    ("not there", pull(), {"has": ("a",)}, F),
    ("unwanted", pull(labels=frozenset({"b"})), {"has_none": ("b",)}, F),
    ("not read", pull(labels=UNREAD), {"has": ("a",)}, U),
    (
        "set by the right one",
        pull(labels=frozenset({"a"}), label_setters={"a": SAM}, members={"lead": frozenset({3})}),
        {"has": ("a",), "set_by": ("lead",)},
        P,
    ),
    (
        "set by another",
        pull(labels=frozenset({"a"}), label_setters={"a": ANA}, members={"lead": frozenset({3})}),
        {"has": ("a",), "set_by": ("lead",)},
        F,
    ),
    (
        "setter not known",
        pull(labels=frozenset({"a"}), label_setters={}, members={"lead": frozenset({3})}),
        {"has": ("a",), "set_by": ("lead",)},
        U,
    ),
]


@pytest.mark.parametrize(("why", "facts", "options", "outcome"), LABELS)
def test_labels_are_as_asked(
    why: str, facts: Facts, options: dict[str, Any], outcome: Outcome
) -> None:
    assert judged("labels-are-right", facts, **options) is outcome


LINES = [
    ("forbidden line", pull(changed("app/a.py", "", "print(1)\n")), {}, F),
    ("already at base", pull(changed("app/a.py", "print(1)\n", "print(1)\nx = 1\n")), {}, P),
    ("other area", pull(changed("lib/a.py", "", "print(1)\n")), {}, S),
    ("removed file", pull(changed("app/a.py", "print(1)\n", "")), {}, S),
    ("excused", pull(changed("app/a.py", "", "print(1)  # ok\n")), {"except_pattern": "# ok"}, P),
    ("generated", pull(changed("app/a_pb2.py", "", "print(1)\n")), {"generated": GENERATED}, S),
    ("not visible", pull(changed("app/a.py", "", "x\n", added=UNREAD)), {}, U),
    ("wanted and there", pull(changed("app/a.py", "", "print(1)\n")), {"must": "match"}, P),
    ("wanted, not there", pull(changed("app/a.py", "", "x = 1\n")), {"must": "match"}, F),
]


@pytest.mark.parametrize(("why", "facts", "options", "outcome"), LINES)
def test_added_lines_match_or_not(
    why: str, facts: Facts, options: dict[str, Any], outcome: Outcome
) -> None:
    rule = "added-lines-are-allowed"
    assert judged(rule, facts, areas=CODE, pattern=r"\bprint\(", **options) is outcome


PATHS = [
    ("touched", pull(changed("app/a.py", "", "x\n")), {}, F),
    ("not touched", pull(changed("lib/a.py", "", "x\n")), {}, P),
    ("other kind", pull(changed("app/a.py", "x\n", "y\n")), {"kinds": (Change.ADDED,)}, P),
    ("renamed out", pull(changed("lib/a.py", "", "x\n", previous_path="app/a.py")), {}, F),
    ("wanted and there", pull(changed("app/a.py", "", "x\n")), {"must": "touch"}, P),
    ("wanted, not there", pull(changed("lib/a.py", "", "x\n")), {"must": "touch"}, F),
    ("no file", pull(), {}, S),
    ("not known", pull(changes=UNREAD), {}, U),
]


@pytest.mark.parametrize(("why", "facts", "options", "outcome"), PATHS)
def test_paths_are_touched_or_not(
    why: str, facts: Facts, options: dict[str, Any], outcome: Outcome
) -> None:
    assert judged("paths-are-respected", facts, areas=CODE, **options) is outcome
