"""What is loaded before a judgement, and what takes a pull request out of the list."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.judge.evaluate import evaluate, needs_of
from bot.judge.plan import plan
from bot.model.act import ActKind
from bot.model.effect import Timer, TimerKind
from bot.model.facts import Change, Commits, Facts, Person
from bot.model.known import Unknown
from bot.model.need import Members, Need, Part, Permissions
from bot.model.report import Matter, State
from bot.wiring.catalogue import registry
from tests.support.judging import BASIC, CODE, PAGE, judged, policy, states, word
from tests.support.pulls import ANA, NOW, SAM, changed, check, pull

UNREAD = Unknown("not visible")
BOT = Person(id=9, login="renovate[bot]", bot=True)
TRIGGER = "escalate: { refactor-too-wide: { when: { author: lead } } }\n"
LABEL = "exempt: { label: { name: no-handoff, set-by: [lead] } }\n"
AUTHOR = "exempt: { authors: ['renovate[bot]'] }\n"
ABOVE = """
version: 1
applies-to: { repositories: ["*"] }
checklist:
  review: { title: Somebody read it, proof: { approvals: { at-least: 1 } } }
"""


@pytest.mark.parametrize(
    ("text", "facts", "needs"),
    [
        (BASIC, pull(CODE), {Part.CHECKS}),
        (BASIC, pull(PAGE), set()),
        (BASIC, pull(changes=UNREAD), {Part.CHECKS}),
        (BASIC + LABEL, pull(PAGE), {Part.LABEL_SETTERS, Members(role="lead")}),
        (BASIC + AUTHOR, pull(PAGE), {Part.COMMITS}),
        (BASIC + TRIGGER, pull(PAGE), {Members(role="lead")}),
    ],
)
def test_only_what_the_touched_items_look_at_is_loaded(
    text: str, facts: Facts, needs: set[Need]
) -> None:
    assert needs_of(facts, policy(text), registry()) == needs


def test_the_organisations_floor_is_loaded_as_well() -> None:
    needs = needs_of(pull(PAGE), policy(BASIC, ABOVE), registry())

    assert needs == {Part.REVIEWS, Part.COMMITS, Permissions()}


LED = {"lead": frozenset({SAM.id})}
LABELLED = pull(
    CODE, labels=frozenset({"no-handoff"}), label_setters={"no-handoff": SAM}, members=LED
)


@pytest.mark.parametrize(
    ("why", "changed_facts", "says"),
    [
        ("set by the right one", {}, "label no-handoff, set by sam"),
        ("not there", {"labels": frozenset()}, ""),
        ("labels not read", {"labels": UNREAD}, ""),
        ("set by another", {"label_setters": {"no-handoff": ANA}}, ""),
        ("setter not in the timeline", {"label_setters": {}}, ""),
        ("setters not read", {"label_setters": UNREAD}, ""),
        ("members not read", {"members": {"lead": UNREAD}}, ""),
        ("files not known", {"changes": UNREAD}, ""),
    ],
)
def test_a_label_exempts_only_when_the_right_person_set_it(
    why: str, changed_facts: dict[str, Any], says: str
) -> None:
    report = judged(BASIC + LABEL, replace(LABELLED, **changed_facts))

    assert report.not_needed == says


ROBOT = pull(CODE, author=BOT, commits=Commits(shas=(), contributors=frozenset({BOT.id})))


@pytest.mark.parametrize(
    ("why", "changed_facts", "says"),
    [
        ("all its own", {}, "every commit is by renovate[bot]"),
        ("a person beside it", {"commits": Commits(shas=(), contributors=frozenset({9, 1}))}, ""),
        ("commits not read", {"commits": UNREAD}, ""),
        ("contributors not known", {"commits": Commits(shas=(), contributors=UNREAD)}, ""),
        ("a person of that name", {"author": replace(BOT, bot=False)}, ""),
        ("another bot", {"author": replace(BOT, login="x[bot]")}, ""),
    ],
)
def test_an_author_is_exempt_only_when_every_commit_is_its_own(
    why: str, changed_facts: dict[str, Any], says: str
) -> None:
    report = judged(BASIC + AUTHOR, replace(ROBOT, **changed_facts))

    assert report.not_needed == says


# ── acts that end ─────────────────────────────────────────────────────────────────────────────


FAILING = pull(CODE, PAGE, checks=(check("ci", "failure"),))
WAIVED = word(ActKind.WAIVE, "tests", FAILING)


@pytest.mark.parametrize(
    ("known", "state"),
    [
        ({}, State.WAIVED),
        ({"ends_at": NOW + timedelta(seconds=1)}, State.WAIVED),
        ({"ends_at": NOW}, State.MISSING),
        ({"ends_with_push": True}, State.WAIVED),
        ({"ends_with_push": True, "head_sha": "2" * 40}, State.MISSING),
        ({"scopes": {}}, State.MISSING),
    ],
)
def test_a_waiver_ends_by_date_by_push_or_with_its_files(
    known: dict[str, Any], state: State
) -> None:
    report = judged(BASIC, FAILING, acts=(replace(WAIVED, **known),))

    assert report.entries[0].state is state


def test_a_word_about_files_that_cannot_be_listed_neither_holds_nor_lapses() -> None:
    report = judged(BASIC, replace(FAILING, changes=UNREAD), acts=(WAIVED,))

    (entry, _) = report.entries
    assert (entry.state, entry.verdict.summary) == (
        State.UNDECIDED,
        "cannot bind a word: not visible",
    )


# ── paths ─────────────────────────────────────────────────────────────────────────────────────


OVERRIDES = """
paths:
  "app/x/**":
    checklist:
      tests:
        level: advise
        when: { changed: { areas: [code], kinds: [added] } }
        proof: { check: lint }
      docs: none
"""


def test_paths_lay_their_own_condition_and_proof_over_an_item() -> None:
    text = BASIC + OVERRIDES
    file = changed("app/x/a.py", "", "x\n")

    red = judged(text, pull(file, checks=(check("lint", "failure"), check("ci"))))
    other = judged(text, pull(replace(file, change=Change.MODIFIED), checks=(check("ci"),)))

    assert states(red) == {"tests": "missing", "docs": "not-needed"}
    assert red.entries[0].level == "advise"
    assert states(other) == {"tests": "not-needed", "docs": "not-needed"}


def test_which_overrides_apply_is_as_unknown_as_the_files() -> None:
    report = judged(BASIC + OVERRIDES, pull(changes=UNREAD, checks=(check("ci"),)))

    assert states(report) == {"tests": "undecided", "docs": "undecided"}


def test_an_item_applies_to_pull_requests_opened_since() -> None:
    text = BASIC.replace("title: Docs\n", "title: Docs\n    applies-from: 2027-01-01\n")
    report = judged(text, pull(CODE, checks=(check("ci"),)))

    assert [entry.level for entry in report.entries] == ["block", "note"]


# ── when to look again ────────────────────────────────────────────────────────────────────────


def timers(facts: Facts, text: str = BASIC) -> tuple[Timer, ...]:
    matter = Matter(facts=facts, policy=policy(text))
    return plan(facts, matter.policy, evaluate(matter, registry(), "1"), None).timers


def test_time_alone_may_end_a_wait() -> None:
    due = NOW + timedelta(minutes=60)

    assert timers(pull(CODE, PAGE)) == (
        Timer(key="ci-deadline", kind=TimerKind.CI_DEADLINE, due_at=due),
    )


def test_a_comment_waits_until_the_author_had_time_to_push_again() -> None:
    due = NOW + timedelta(seconds=60)

    assert timers(FAILING) == (Timer(key="grace", kind=TimerKind.GRACE, due_at=due),)


def test_nothing_is_timed_where_nothing_is_awaited() -> None:
    assert timers(pull(CODE, PAGE, checks=(check("ci"),))) == ()
