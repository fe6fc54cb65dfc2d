"""Values that cannot be built wrong, and what follows from them."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import bot.rules
from bot.model.area import Area
from bot.model.body import section
from bot.model.effect import (
    EffectClass,
    PutComment,
    React,
    Reply,
    SetCheck,
    digest_of,
    external_id_of,
    generation_of,
)
from bot.model.facts import Standing
from bot.model.item import AllOf, AnyOf
from bot.model.known import NOT_ASKED, Unknown
from bot.model.problem import Problem, Where
from bot.model.registry import discover
from bot.model.relevance import NO_POLICY, Relevance
from bot.model.rule import Rule
from bot.model.scope import fingerprint
from bot.model.verdict import (
    Evidence,
    Kind,
    Outcome,
    Says,
    Tier,
    Verdict,
    clip,
    failed,
    passed,
    waiting,
)
from bot.model.wake import Subject
from tests.support.pulls import NOW, changed, pull

SURE = Kind(id="sure", tier=Tier.SURE, says=Says.BROKEN, because="for these tests")
LIKELY = Kind(id="likely", tier=Tier.LIKELY, says=Says.BROKEN, because="for these tests")
HINT = Kind(id="hint", tier=Tier.HINT, says=Says.BROKEN, because="for these tests")


# ── verdicts ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "known",
    [
        {"outcome": Outcome.FAIL, "summary": "x"},
        {"outcome": Outcome.FAIL, "summary": "x", "evidence": (LIKELY.at("x"), HINT.at("y"))},
        {"outcome": Outcome.WAIT, "summary": "x", "evidence": (SURE.at("ci"),)},
        {"outcome": Outcome.WAIT, "summary": "x", "recheck_at": NOW},
        {"outcome": Outcome.PASS, "summary": "x", "recheck_at": NOW},
        {"outcome": Outcome.UNKNOWN, "summary": "x", "recheck_at": NOW},
        {"outcome": Outcome.PASS, "summary": ""},
        {"outcome": Outcome.PASS, "summary": "  "},
        {"outcome": Outcome.PASS, "summary": "x" * 121},
        {"outcome": Outcome.PASS, "summary": "one\ntwo"},
        {"outcome": Outcome.PASS, "summary": "one\rtwo"},
        {"outcome": Outcome.PASS, "summary": "`code`"},
    ],
)
def test_a_verdict_cannot_be_built_without_what_it_rests_on(known: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Verdict(**known)


def test_a_failure_with_a_sure_finding_among_others_stands() -> None:
    verdict = failed("x", HINT.at("y"), SURE.at("z", "a.py", 3))

    assert verdict.outcome is Outcome.FAIL


def test_a_wait_names_what_and_when() -> None:
    later = NOW + timedelta(minutes=60)

    assert waiting("x", later, SURE.at("ci")).recheck_at == later


@pytest.mark.parametrize(("file", "line"), [(None, 3), ("a.py", 0), ("a.py", -1)])
def test_evidence_has_a_file_for_its_line(file: str | None, line: int) -> None:
    with pytest.raises(ValueError, match="lines count from 1"):
        Evidence(note="x", kind=SURE, file=file, line=line)


def test_a_summary_is_made_to_fit() -> None:
    assert clip("a `b`\n c ") == "a 'b' c"
    assert clip(" \n") == "(empty)"
    assert clip("x" * 300) == "x" * 119 + "…"
    assert passed("x" * 300).summary == clip("x" * 300)


@pytest.mark.parametrize("kind", [AllOf, AnyOf])
def test_a_proof_of_nothing_cannot_be_built(kind: type) -> None:
    with pytest.raises(ValueError, match="of nothing proves nothing"):
        kind(parts=())


# ── facts ─────────────────────────────────────────────────────────────────────────────────────


def test_standings_are_ordered() -> None:
    order = [Standing.NONE, Standing.READ, Standing.TRIAGE, Standing.WRITE, Standing.MAINTAIN]

    assert [one.at_least(Standing.TRIAGE) for one in order] == [False, False, True, True, True]
    assert Standing.ADMIN.at_least(Standing.ADMIN)


def test_a_rename_counts_by_both_paths() -> None:
    moved = changed("lib/a.py", "", "x\n", previous_path="app/a.py")
    facts = pull(moved, changed("docs/a.md", "", "x\n"))

    assert facts.changed_in(Area("code", ("app/**",))) == (moved,)
    assert facts.changed_in(Area("lib", ("lib/**",))) == (moved,)


def test_files_that_are_not_known_are_in_no_area_and_out_of_none() -> None:
    unread = Unknown("too many")

    assert pull(changes=unread).changed_in(Area("code", ("**",))) == unread


def test_nobody_was_asked_about_a_role_unless_somebody_was() -> None:
    facts = pull(members={"lead": frozenset({1})})

    assert facts.role_members("lead") == frozenset({1})
    assert facts.role_members("qa") == NOT_ASKED


def test_the_fingerprint_needs_every_file_and_blob() -> None:
    unread = Unknown("too many")
    blank = changed("a.py", "", "x\n", head_blob=None)

    assert fingerprint(unread, (), Area("generated", ())) == unread
    assert fingerprint((blank,), (), Area("generated", ())) == Unknown(
        "the content id of a.py is not known"
    )


def test_the_fingerprint_is_of_the_covered_files_alone() -> None:
    code, generated = Area("code", ("app/**",)), Area("generated", ("**/*_pb2.py",))
    file = changed("app/a.py", "", "x\n")
    other, made = changed("docs/a.md", "", "x\n"), changed("app/a_pb2.py", "", "x\n")

    alone = fingerprint((file,), (code,), generated)

    assert fingerprint((other, file, made), (code,), generated) == alone
    assert fingerprint((file, other), (), generated) != alone
    assert fingerprint((changed("app/a.py", "x\n", ""),), (code,), generated) != alone


def test_a_file_moved_away_leaves_its_old_path_in_the_fingerprint() -> None:
    nothing = Area("generated", ())
    moved = changed("app/b.py", "", "x\n", previous_path="app/a.py")
    added = changed("app/b.py", "", "x\n")

    assert fingerprint((moved,), (), nothing) != fingerprint((added,), (), nothing)


# ── effects, wakes, problems ──────────────────────────────────────────────────────────────────


CHECK = SetCheck(
    repo_id=7,
    head_sha="1" * 40,
    name="handoff",
    status="completed",
    conclusion="success",
    title="t",
    summary="s",
    text="",
)
COMMENT = PutComment(repo_id=7, number=118, body="b", create=True)
REPLY = Reply(repo_id=7, number=118, comment_key="comment:9", body="b")
REACT = React(repo_id=7, number=118, node_id="n", content="+1")


def test_a_key_names_the_thing() -> None:
    assert [one.key for one in (CHECK, COMMENT, REPLY, REACT)] == [
        f"check:7:{'1' * 40}:handoff",
        "sticky:7#118",
        "reply:comment:9",
        "react:n:+1",
    ]


def test_a_verdict_is_never_held_up_by_talk() -> None:
    orders = [one.order for one in (CHECK, REPLY, COMMENT, REACT)]

    assert orders == sorted(orders)
    assert orders[0] is EffectClass.CHECK


def test_a_comment_is_the_same_whether_it_is_made_or_edited() -> None:
    edited = PutComment(repo_id=7, number=118, body="b", create=False)

    assert digest_of(COMMENT) == digest_of(edited)
    assert digest_of(CHECK) != digest_of(COMMENT)


def test_a_check_carries_its_generation_and_digest() -> None:
    assert external_id_of(2, "ab" * 32) == "h1.2." + "ab" * 8


@pytest.mark.parametrize(
    ("carried", "gen"),
    [("h1.12.ab", 12), ("h2.12.ab", 0), ("h1.x.ab", 0), ("h1", 0), ("", 0), ("h1.1234567890.a", 0)],
)
def test_what_is_no_generation_of_ours_counts_as_none(carried: str, gen: int) -> None:
    assert generation_of(carried) == gen


@pytest.mark.parametrize("subject", [Subject(7, 118), Subject(7, 0, "a" * 40)])
def test_a_subject_is_read_back_from_its_key(subject: Subject) -> None:
    assert Subject.parse(subject.key) == subject


@pytest.mark.parametrize("key", ["", "7", "x#1", "7#y", "x@sha"])
def test_a_key_of_no_subject_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        Subject.parse(key)


def test_only_what_the_policy_looks_at_is_wanted() -> None:
    relevance = Relevance(checks=(("github-actions", "ci / *"),), statuses=("build",))

    assert relevance.wants_check("ci / unit")
    assert relevance.wants_status("build")
    assert not NO_POLICY.wants_check("ci / unit")
    assert not NO_POLICY.wants_status("build")


def test_a_problem_is_one_line_everywhere() -> None:
    where = Where(file="a.yml", line=3, column=4)

    assert Problem(where=where, what="no").line() == "a.yml:3:4  error  no"
    assert Problem(where=where, what="no", hint="do", code="E1").line() == (
        "a.yml:3:4  error  no; do  [E1]"
    )


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        ("## A\n~~~\n```\n## B\n~~~\nend", ("~~~", "```", "## B", "~~~", "end")),
        ("## A\none\n# C\ntwo", ("one",)),
        ("## A\r\none\rtwo", ("one", "two")),
    ],
)
def test_a_section_ends_at_the_next_heading_outside_code(body: str, lines: tuple[str, ...]) -> None:
    found = section(body, "a")

    assert found is not None
    assert found.lines == lines


def test_a_key_is_found_among_other_lines() -> None:
    found = section("## A\ntext\n- other: 1\n- seed data: 2\n", "A")

    assert found is not None
    assert (found.value("Seed data"), found.value("nothing")) == ("2", "")


# ── what a package holds ──────────────────────────────────────────────────────────────────────


class Thing:
    def __init__(self, identity: str) -> None:
        self.id = identity


def package(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, **modules: str
) -> ModuleType:
    """A package on disk, each module with what it says `THING` is."""
    (tmp_path / name).mkdir()
    (tmp_path / name / "__init__.py").touch()
    for module, thing in modules.items():
        text = f"from {__name__} import Thing\n\nTHING = {thing}\n"
        (tmp_path / name / f"{module}.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    return import_module(name)


def test_a_package_is_walked_in_the_order_of_ids(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = package(monkeypatch, tmp_path, "ordered", b_thing="Thing('b-thing')", a="Thing('a')")

    assert [one.id for one in discover(made, "THING", Thing)] == ["a", "b-thing"]


@pytest.mark.parametrize(
    ("name", "thing", "says"),
    [
        ("untyped", "'text'", "has no THING of type Thing"),
        ("misnamed", "Thing('b')", "holds b, which is not its name"),
    ],
)
def test_a_module_that_does_not_hold_its_thing_is_an_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, thing: str, says: str
) -> None:
    made = package(monkeypatch, tmp_path, name, a=thing)

    with pytest.raises(ValueError, match=says):
        discover(made, "THING", Thing)


def test_the_rules_are_found_by_walking() -> None:
    assert "required-checks-pass" in {one.id for one in discover(bot.rules, "RULE", Rule)}
