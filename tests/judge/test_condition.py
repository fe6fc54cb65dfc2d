"""When an item applies: yes, no, or not known, one row per kind of condition and answer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.judge.condition import condition_needs, holds
from bot.model.area import Area
from bot.model.facts import Change, Facts
from bot.model.item import (
    AuthoredBy,
    BasedOn,
    CannotTell,
    Changed,
    ChangedByOthers,
    CheckFailed,
    ComponentsAtLeast,
    Condition,
    Every,
    FilesAtLeast,
    FromFork,
    Labelled,
    LinesAtLeast,
    No,
    Some,
    Titled,
)
from bot.model.known import Known, Unknown
from bot.model.need import Members, Need, Part
from bot.model.policy import Component
from tests.support.judging import BASIC, CODE, PAGE, policy
from tests.support.pulls import ANA, SAM, changed, check, pull

CODE_AREA, DOCS = Area("code", ("app/**",)), Area("docs", ("docs/**",))
POLICY = replace(
    policy(BASIC),
    areas={"generated": Area("generated", ("**/*_pb2.py",))},
    components=(
        Component(name="orders", area=CODE_AREA, owner="lead"),
        Component(name="pages", area=DOCS, owner=None),
    ),
)
UNREAD, FILES = Unknown("not visible"), Unknown("too many files")
UNCOUNTED = changed("app/a.py", "", "x\n", added=UNREAD, additions=0)
BINARY = changed("app/a.png", "", "x\n", added=Unknown("binary", by_content=True), additions=0)
OTHER = changed("x", "", "x")
MADE = changed("app/a_pb2.py", "", "x\n" * 50)
MOVED = changed("docs/a.py", "", "x\n", previous_path="app/a.py")
TEXT = "a = 1\nb = 2\nc = 3\n"
BLOCK = (changed("lib/a.py", TEXT, ""), changed("lib/b.py", "", TEXT))
LEAD, OTHERS = {"lead": frozenset({ANA.id})}, {"lead": frozenset({SAM.id})}
CI = CheckFailed(name="ci", app="github-actions")
OWN = CheckFailed(name="ci", app="github-actions", workflow="ci.yml")
BENCH = CheckFailed(name="ci", app="github-actions", status_by="bench-bot")
LENIENT = CheckFailed(name="ci", app="github-actions", conclusions=("success", "skipped"))
YES, NO, PERHAPS = Every(), Some(parts=()), CannotTell(word="adds")

ROWS: list[tuple[str, Condition, Facts, bool | None]] = [
    ("always", Every(), pull(), True),
    ("never", Some(parts=()), pull(), False),
    ("every: yes yes", Every(parts=(YES, YES)), pull(), True),
    ("every: yes no", Every(parts=(YES, NO)), pull(), False),
    ("every: perhaps no", Every(parts=(PERHAPS, NO)), pull(), False),
    ("every: perhaps yes", Every(parts=(PERHAPS, YES)), pull(), None),
    ("some: yes no", Some(parts=(YES, NO)), pull(), True),
    ("some: no no", Some(parts=(NO, NO)), pull(), False),
    ("some: perhaps yes", Some(parts=(PERHAPS, YES)), pull(), True),
    ("some: perhaps no", Some(parts=(PERHAPS, NO)), pull(), None),
    ("not yes", No(part=YES), pull(), False),
    ("not no", No(part=NO), pull(), True),
    ("not perhaps", No(part=PERHAPS), pull(), None),
    ("labelled", Labelled(any_of=("a", "b")), pull(labels=frozenset({"b"})), True),
    ("not labelled", Labelled(any_of=("a",)), pull(labels=frozenset({"A"})), False),
    ("labels not read", Labelled(any_of=("a",)), pull(labels=UNREAD), None),
    ("titled", Titled(pattern="^Ref"), pull(), True),
    ("not titled", Titled(pattern="^ref"), pull(), False),
    ("based on the default branch", BasedOn(globs=("default",)), pull(), True),
    ("based on a glob", BasedOn(globs=("release/*",)), pull(base_ref="release/1"), True),
    ("based on another", BasedOn(globs=("release/*",)), pull(), False),
    ("from a fork", FromFork(), pull(from_fork=True), True),
    ("from no fork", FromFork(), pull(), False),
    ("wanted from no fork", FromFork(wanted=False), pull(), True),
    ("changed", Changed(areas=(CODE_AREA,)), pull(CODE), True),
    ("changed elsewhere", Changed(areas=(CODE_AREA,)), pull(PAGE), False),
    ("moved away", Changed(areas=(CODE_AREA,)), pull(MOVED), True),
    ("changed, generated", Changed(areas=(CODE_AREA,)), pull(MADE), False),
    ("changed, files not known", Changed(areas=(CODE_AREA,)), pull(changes=FILES), None),
    ("added", Changed(areas=(CODE_AREA,), kinds=(Change.ADDED,)), pull(CODE), True),
    ("not removed", Changed(areas=(CODE_AREA,), kinds=(Change.REMOVED,)), pull(CODE), False),
    ("lines enough", Changed(areas=(CODE_AREA,), lines_at_least=2), pull(CODE, CODE), True),
    ("lines too few", Changed(areas=(CODE_AREA,), lines_at_least=3), pull(CODE, PAGE), False),
    ("lines uncounted", Changed(areas=(CODE_AREA,), lines_at_least=2), pull(UNCOUNTED), None),
    ("lines of a picture", Changed(areas=(CODE_AREA,), lines_at_least=2), pull(BINARY), False),
    ("all lines enough", LinesAtLeast(lines=2), pull(CODE, PAGE), True),
    ("all lines too few", LinesAtLeast(lines=3), pull(CODE, PAGE, MADE), False),
    ("moved lines", LinesAtLeast(lines=1), pull(*BLOCK), False),
    ("moved lines and others", LinesAtLeast(lines=2), pull(*BLOCK, CODE), False),
    ("others enough", LinesAtLeast(lines=1), pull(*BLOCK, CODE), True),
    ("all lines, one uncounted", LinesAtLeast(lines=3), pull(CODE, PAGE, UNCOUNTED), None),
    ("lines of files not known", LinesAtLeast(lines=1), pull(changes=FILES), None),
    ("files enough", FilesAtLeast(files=2), pull(CODE, PAGE), True),
    ("files too few", FilesAtLeast(files=3), pull(CODE, PAGE, MADE), False),
    ("components enough", ComponentsAtLeast(components=2), pull(CODE, PAGE), True),
    (
        "components and the rest",
        ComponentsAtLeast(components=2),
        pull(CODE, changed("x", "", "x")),
        True,
    ),
    ("components too few", ComponentsAtLeast(components=2), pull(CODE, CODE), False),
    ("by others", ChangedByOthers(components=("orders",)), pull(CODE, members=OTHERS), True),
    ("by its owner", ChangedByOthers(components=("orders",)), pull(CODE, members=LEAD), False),
    ("by whom not known", ChangedByOthers(components=("orders",)), pull(CODE), None),
    ("another component", ChangedByOthers(components=("orders",)), pull(PAGE), False),
    ("owned by nobody", ChangedByOthers(components=("pages",)), pull(PAGE), False),
    ("author in the role", AuthoredBy(roles=("lead",)), pull(members=LEAD), True),
    ("author in another role", AuthoredBy(roles=("lead",)), pull(members=OTHERS), False),
    ("roles not known", AuthoredBy(roles=("lead",)), pull(), None),
    ("by anyone", AuthoredBy(roles=("lead", "anyone")), pull(), True),
    ("by the author", AuthoredBy(roles=("author",)), pull(), True),
    ("by a reviewer", AuthoredBy(roles=("reviewer",)), pull(), False),
    ("by a triager", AuthoredBy(roles=("triager",)), pull(), None),
    ("check failed", CI, pull(checks=(check("ci", "failure"),)), True),
    ("check passed", CI, pull(checks=(check("ci"),)), False),
    ("check running", CI, pull(checks=(check("ci", None),)), None),
    ("check absent", CI, pull(), None),
    ("check of another App", CI, pull(checks=(check("ci", "failure", app_slug="x"),)), None),
    ("of its workflow", OWN, pull(checks=(check("ci", "failure", workflow="ci.yml"),)), True),
    ("of another workflow", OWN, pull(checks=(check("ci", "failure", workflow="b.yml"),)), None),
    ("workflow unread", OWN, pull(checks=(check("ci", "failure", workflow=UNREAD),)), None),
    ("maker unknown", CI, pull(checks=(check("ci", "failure", app_slug=None),)), None),
    ("a status", BENCH, pull(checks=(check("ci", "failure", status_by="bench-bot"),)), True),
    ("a status passed", BENCH, pull(checks=(check("ci", status_by="bench-bot"),)), False),
    ("a status of another", BENCH, pull(checks=(check("ci", "failure", status_by="x"),)), None),
    ("skipped is not passed", CI, pull(checks=(check("ci", "skipped"),)), True),
    ("skipped is allowed", LENIENT, pull(checks=(check("ci", "skipped"),)), False),
    ("check cancelled", CI, pull(checks=(check("ci", "cancelled"),)), None),
    ("one failed", CI, pull(checks=(check("ci", "stale"), check("ci", "failure"))), True),
    ("checks not read", CI, pull(checks=UNREAD), None),
    ("what cannot be told", PERHAPS, pull(), None),
]


def answer(found: Known[bool]) -> bool | None:
    return None if isinstance(found, Unknown) else found


@pytest.mark.parametrize(
    ("why", "condition", "facts", "expected"), ROWS, ids=[row[0] for row in ROWS]
)
def test_a_condition_holds_or_not_or_nobody_knows(
    why: str, condition: Condition, facts: Facts, expected: bool | None
) -> None:
    assert answer(holds(condition, facts, POLICY)) is expected


@pytest.mark.parametrize(
    ("condition", "needs"),
    [
        (CI, {Part.CHECKS}),
        (AuthoredBy(roles=("lead", "author")), {Members(role="lead")}),
        (ChangedByOthers(components=("orders", "pages")), {Members(role="lead")}),
        (No(part=CI), {Part.CHECKS}),
        (Every(parts=(CI, AuthoredBy(roles=("qa",)))), {Part.CHECKS, Members(role="qa")}),
        (Some(parts=(FromFork(), CI)), {Part.CHECKS}),
        (Labelled(any_of=("a",)), set()),
    ],
)
def test_a_condition_asks_for_what_it_reads(condition: Condition, needs: set[Need]) -> None:
    assert condition_needs(condition, POLICY, ()) == needs
