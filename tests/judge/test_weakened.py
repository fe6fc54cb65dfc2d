"""A pass that leans on what this very change weakens, and what a reviewer can do about it."""

from __future__ import annotations

from typing import Any

import pytest

from bot.judge.evaluate import evaluate, needs_of
from bot.model.facts import Facts
from bot.model.known import Unknown
from bot.model.need import Part, Permissions
from bot.model.report import Matter, Report
from bot.text.check import check_of
from bot.text.report_json import report_data
from bot.wiring.catalogue import registry
from tests.support.judging import policy
from tests.support.pulls import ANA, BEN, changed, check, pull, review, reviews
from tests.support.reports import Shelf, filled, packed, suite
from tests.support.sources import written

CI = ".github/workflows/ci.yml"
PLAIN = "on: push\njobs:\n  unit:\n    steps:\n      - run: pytest\n"
MASKED = PLAIN.replace("pytest", "pytest || true")
TEXT = """
version: 1
areas: { code: ["app/**"] }
checklist:
  tests: { title: Tests pass, proof: { check: %s } }
lists: { handoff: [tests], quality: [tests] }
"""
UNIT = policy(TEXT % "unit")
ONE = "import pytest\n\n\ndef test_one():\n    assert f()\n"
SKIPPED = ONE.replace("def", "@pytest.mark.skip\ndef")
PYPROJECT = "[tool.coverage.report]\nfail_under = {}\n"
SETTINGS = (PYPROJECT.format(85), PYPROJECT.format(70))


def judged(files: dict[str, tuple[str, str]], rules: Any = UNIT, **known: Any) -> Report:
    known.setdefault("checks", (check("unit", workflow=CI),))
    rows = pull(*(changed(path, *texts) for path, texts in files.items()))
    facts = written(needs_of(rows, rules, registry()), files, **known)
    return evaluate(Matter(facts=facts, policy=rules), registry(), "1")


def outcome(report: Report) -> str:
    return report.entries[0].state.value


def named(name: str) -> Any:
    return policy(TEXT % f'"{name}"')


def test_a_pass_of_a_job_that_may_fail_unseen_is_undecided() -> None:
    report = judged({CI: (PLAIN, MASKED)})

    assert outcome(report) == "undecided"
    assert report.entries[0].verdict.summary == (
        '"unit" passed, but unit: pytest may now fail without being seen (|| true). A reviewer '
        "approves this commit, or not"
    )
    assert report.entries[0].verdict.by_content
    assert [(one.file, one.line) for one in report.weakened] == [(CI, 5)]


def test_the_report_tells_what_was_weakened() -> None:
    report = judged({CI: (PLAIN, MASKED)})

    assert [one["kind"] for one in report_data(report)["weakened"]] == ["failure-masked"]
    assert "**Weakened here:**" in check_of(report).summary


APPROVALS = [
    ("of this commit", reviews(review(BEN)), "proved"),
    ("of an older one", reviews(review(BEN, commit_sha="2" * 40)), "undecided"),
    ("by the author", reviews(review(ANA)), "undecided"),
    ("by somebody who may not write", reviews(review(BEN, may_write=False)), "undecided"),
    ("not known", Unknown("not visible"), "undecided"),
]


@pytest.mark.parametrize(("why", "said", "state"), APPROVALS)
def test_only_an_approval_of_this_commit_restores_the_pass(why: str, said: Any, state: str) -> None:
    report = judged({CI: (PLAIN, MASKED)}, reviews=said)

    assert outcome(report) == state
    assert len(report.weakened) == 1


LEANING = [
    ("its own workflow", {CI: (PLAIN, MASKED)}, UNIT, {}, "undecided"),
    (
        "workflow not known",
        {CI: (PLAIN, MASKED)},
        UNIT,
        {"checks": (check("unit", workflow=Unknown("hidden")),)},
        "undecided",
    ),
    (
        "one of a matrix",
        {CI: (PLAIN, MASKED)},
        named("unit *"),
        {"checks": (check("unit (3.11)", workflow=CI),)},
        "undecided",
    ),
    (
        "called by another",
        {CI: (PLAIN, MASKED)},
        named("all / unit"),
        {"checks": (check("all / unit", workflow=CI),)},
        "undecided",
    ),
    (
        "all jobs of it",
        {CI: (PLAIN, "on:\n  pull_request:\n    paths-ignore: [app/x/**]\n" + PLAIN[9:])},
        UNIT,
        {},
        "undecided",
    ),
    ("a test switched off", {"tests/test_a.py": (ONE, SKIPPED)}, UNIT, {}, "undecided"),
    (
        "coverage",
        {"pyproject.toml": (PYPROJECT.format(9), PYPROJECT.format(8))},
        UNIT,
        {},
        "undecided",
    ),
    (
        "another workflow",
        {CI: (PLAIN, MASKED)},
        UNIT,
        {"checks": (check("unit", workflow=".github/workflows/x.yml"),)},
        "proved",
    ),
    (
        "another job",
        {CI: (PLAIN, MASKED)},
        named("lint"),
        {"checks": (check("lint", workflow=CI),)},
        "proved",
    ),
    (
        "another topic",
        {"tests/test_a.py": (ONE, SKIPPED)},
        named("lint"),
        {"checks": (check("lint", workflow=CI),)},
        "proved",
    ),
    ("nothing weaker", {CI: (PLAIN, PLAIN + "\n")}, UNIT, {}, "proved"),
    (
        "failed anyway",
        {CI: (PLAIN, MASKED)},
        UNIT,
        {"checks": (check("unit", "failure", workflow=CI),)},
        "missing",
    ),
]


@pytest.mark.parametrize(("why", "files", "rules", "known", "state"), LEANING)
def test_only_what_leans_on_it_is_in_doubt(
    why: str, files: dict[str, tuple[str, str]], rules: Any, known: dict[str, Any], state: str
) -> None:
    assert outcome(judged(files, rules, **known)) == state


def by_reports(word: str) -> Any:
    return policy(TEXT.replace("check: %s", word))


JUNIT = by_reports("junit: { artifact: results }")
COVERAGE = by_reports("coverage: { artifact: results, in: [code] }")
ADDED = {"app/a.py": ("", "x = 1\n")}
ALONE = PLAIN.replace("unit", "deploy")
REPORTS = [
    ("the job that ran them", {CI: (PLAIN, MASKED)}, JUNIT, CI, "undecided"),
    (
        "a job of another name",
        {CI: (ALONE, ALONE.replace("t\n", "t || true\n"))},
        JUNIT,
        CI,
        "proved",
    ),
    ("another workflow", {CI: (PLAIN, MASKED)}, JUNIT, ".github/workflows/x.yml", "proved"),
    ("workflow not known", {CI: (PLAIN, MASKED)}, JUNIT, "", "undecided"),
    ("a test switched off", {"tests/test_a.py": (ONE, SKIPPED)}, JUNIT, CI, "undecided"),
    ("less covered", {"pyproject.toml": SETTINGS}, JUNIT, CI, "proved"),
    ("lines, less covered", {"pyproject.toml": SETTINGS} | ADDED, COVERAGE, CI, "undecided"),
    ("lines of the job", {CI: (PLAIN, MASKED)} | ADDED, COVERAGE, CI, "undecided"),
    ("nothing weaker", {CI: (PLAIN, PLAIN + "\n")}, JUNIT, CI, "proved"),
]


@pytest.mark.parametrize(("why", "files", "rules", "workflow", "state"), REPORTS)
def test_a_pass_by_a_report_leans_on_the_workflow_that_made_it(
    why: str, files: dict[str, tuple[str, str]], rules: Any, workflow: str, state: str
) -> None:
    shelf = Shelf(tree=("app/a.py",))
    report = {"r.xml": suite("a")} if rules is JUNIT else {"l.info": "SF:app/a.py\nDA:1,1\n"}
    shelf.put("results", packed(report), workflow=workflow)
    rows = pull(*(changed(path, *texts) for path, texts in files.items()))
    needs = needs_of(rows, rules, registry())

    facts = filled(written(needs, files), needs, shelf)
    judgement = evaluate(Matter(facts=facts, policy=rules), registry(), "1")

    assert outcome(judgement) == state


def test_a_policy_may_only_list_it() -> None:
    listing = policy(TEXT % "unit" + "ci: { when-weakened: list }\n")

    report = judged({CI: (PLAIN, MASKED)}, listing)

    assert outcome(report) == "proved"
    assert len(report.weakened) == 1


def test_reviews_are_asked_for_only_where_evidence_changed() -> None:
    def asked(*files: Any) -> frozenset[Any]:
        facts: Facts = pull(*files)
        return needs_of(facts, UNIT, registry())

    assert asked(changed("app/a.py", "", "x\n")) == frozenset({Part.CHECKS})
    assert Permissions() in asked(changed(CI, PLAIN, MASKED))


def test_a_policy_without_checks_asks_for_nothing() -> None:
    rules = policy("version: 1\nchecklist: {}\n")

    assert needs_of(pull(changed(CI, PLAIN, MASKED)), rules, registry()) == frozenset()
    assert judged({CI: (PLAIN, MASKED)}, rules).weakened == ()


TRIGGER = """
version: 1
checklist: {}
roles: { architect: { people: [sam] } }
escalate:
  ask: architect
  new-dependency: { when: { adds: [package] }, block: until-decided }
"""


def test_a_new_dependency_is_asked_about_with_its_place() -> None:
    report = judged({"requirements.txt": ("", "redis\n")}, policy(TRIGGER))

    summary = check_of(report).summary
    assert "**Would ask** architect: new-dependency" in summary
    assert "- package redis `requirements.txt:1`" in summary
    assert report_data(report)["escalations"][0]["evidence"][0]["line"] == 1
    assert report.would_be().value == "failure"


def test_a_development_dependency_is_only_suggested() -> None:
    report = judged({"requirements-dev.txt": ("", "black\n")}, policy(TRIGGER))

    assert "**Consider asking** architect: new-dependency" in check_of(report).summary
    assert report_data(report)["escalations"][0]["state"] == "suggested"
    assert report.would_be().value == "success"


def test_a_manifest_that_cannot_be_read_leaves_it_undecided() -> None:
    report = judged({"package.json": ("{}", "{")}, policy(TRIGGER))

    assert report.questions[0].undecided
    assert report_data(report)["escalations"][0]["state"] == "undecided"
    assert report.would_be().value == "failure"
