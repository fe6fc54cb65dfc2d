"""Policies as people write them, facts as GitHub has them, and what follows."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.judge.evaluate import evaluate
from bot.judge.group import judge_member, worst
from bot.judge.plan import plan
from bot.model.act import ActKind
from bot.model.codec import Decoder, canonical
from bot.model.effect import Comment, Published
from bot.model.facts import Facts
from bot.model.known import Unknown
from bot.model.report import Conclusion, Matter, State
from bot.model.verdict import Outcome
from bot.wiring.catalogue import registry
from tests.support.judging import BASIC, CODE, PAGE, judged, policy, states, word
from tests.support.pulls import ANA, BEN, NOW, changed, check, pull, review, reviews

UNREAD = changed("go.mod", "", "require a.b/c v1.0.0\n")


def test_everything_proved_is_success() -> None:
    report = judged(BASIC, pull(CODE, PAGE, checks=(check("ci"),)))

    assert states(report) == {"tests": "proved", "docs": "proved"}
    assert report.conclusion() is Conclusion.SUCCESS


def test_what_does_not_apply_is_not_needed() -> None:
    report = judged(BASIC, pull(PAGE))

    assert states(report) == {"tests": "not-needed", "docs": "not-needed"}


def test_what_is_awaited_keeps_the_check_in_progress_until_a_moment() -> None:
    report = judged(BASIC, pull(CODE, PAGE))

    assert report.conclusion() is Conclusion.IN_PROGRESS
    assert report.recheck_at == NOW + timedelta(minutes=60)


def test_ci_that_starts_anew_moves_the_moment_and_not_the_verdict() -> None:
    runs = [check("ci", None, started_at=NOW + timedelta(minutes=late)) for late in (0, 3)]
    first, again = (judged(BASIC, pull(CODE, PAGE, checks=(run,))) for run in runs)

    assert first.recheck_at != again.recheck_at
    assert first.digests.verdict == again.digests.verdict


def test_an_unknown_file_list_is_undecided_and_fails() -> None:
    report = judged(BASIC, pull(changes=Unknown("too many files"), checks=(check("ci"),)))

    assert states(report)["docs"] == "undecided"
    assert report.conclusion() is Conclusion.FAILURE


@pytest.mark.parametrize("mode", ["observe", "advise"])
def test_other_modes_never_fail(mode: str) -> None:
    report = judged(BASIC + f"mode: {mode}\n", pull(CODE, checks=(check("ci"),)))

    assert report.would_be() is Conclusion.FAILURE
    assert report.conclusion() is Conclusion.NEUTRAL


def test_a_proof_that_this_version_lacks_is_undecided_and_blocks() -> None:
    lacking = "{ contract: { allow: additive, compare-with: agreed } }"
    text = BASIC.replace("{ check: ci }", lacking)

    report = judged(text, pull(CODE, PAGE))

    assert states(report)["tests"] == "undecided"
    assert report.conclusion() is Conclusion.FAILURE


def test_only_exempt_files_make_the_list_not_needed() -> None:
    report = judged(BASIC + "exempt: { only-changed: [docs] }\n", pull(PAGE))

    assert (report.not_needed, report.entries) == ("docs only", ())
    assert report.conclusion() is Conclusion.SUCCESS


def test_a_change_of_the_policy_is_never_exempt() -> None:
    own = changed(".github/handoff.yml", "a\n", "b\n")
    text = BASIC.replace('docs: ["docs/**"]', 'docs: ["docs/**", ".github/**"]')

    report = judged(text + "exempt: { only-changed: [docs] }\n", pull(own))

    assert report.not_needed == ""


def test_a_change_of_the_policy_needs_its_approval_of_this_commit() -> None:
    text = BASIC + "policy-changes: { approved-by: lead }\n"
    own = changed(".github/handoff.yml", "a\n", "b\n")
    lead = {"lead": frozenset({BEN.id})}

    before = judged(text, pull(own, members=lead))
    after = judged(text, pull(own, members=lead, reviews=reviews(review(BEN))))

    assert before.conclusion() is Conclusion.FAILURE
    assert after.conclusion() is Conclusion.SUCCESS


def test_a_base_that_is_not_judged_passes_and_says_so() -> None:
    report = judged(BASIC + "branches: { judged: [default] }\n", pull(CODE, base_ref="feature"))

    assert report.not_needed == "base branch feature is not judged"


def test_older_pull_requests_are_only_observed() -> None:
    text = BASIC + "applies-from: 2027-01-01\n"

    assert judged(text, pull(CODE)).mode == "observe"


def test_paths_lay_their_own_level_over_their_own_files() -> None:
    text = BASIC + 'paths: { "app/x/**": { checklist: { docs: { level: note } } } }\n'

    inside = judged(text, pull(changed("app/x/a.py", "", "x\n"), checks=(check("ci"),)))
    outside = judged(text, pull(CODE, checks=(check("ci"),)))

    assert inside.conclusion() is Conclusion.SUCCESS
    assert outside.conclusion() is Conclusion.FAILURE


def test_paths_can_take_files_out_of_everything() -> None:
    text = BASIC + 'paths: { "app/**": { checklist: none } }\n'

    assert states(judged(text, pull(CODE))) == {"tests": "not-needed", "docs": "not-needed"}


def test_a_blocking_trigger_that_cannot_look_holds_the_check() -> None:
    text = BASIC + "escalate: { new-dependency: { when: { adds: [package] } } }\n"

    report = judged(text, pull(CODE, PAGE, UNREAD, checks=(check("ci"),)))

    assert [one.trigger for one in report.questions] == ["new-dependency"]
    assert report.conclusion() is Conclusion.FAILURE


def test_a_trigger_that_never_blocks_is_only_shown_where_it_could_look() -> None:
    text = BASIC + "escalate: { %s: { when: { %s }, block: never } }\n"
    facts = pull(CODE, PAGE, UNREAD, checks=(check("ci"),))

    unread = judged(text % ("new-dependency", "adds: [package]"), facts)
    fires = judged(text % ("refactor-too-wide", "files-at-least: 3"), facts)

    assert unread.questions == ()
    assert [one.block for one in fires.questions] == ["never"]
    assert fires.conclusion() is Conclusion.SUCCESS


ORGANISATION = """
version: 1
applies-to: { repositories: ["*"] }
areas: { code: ["app/**"] }
checklist:
  review: { title: Somebody read it, proof: { approvals: { at-least: 1, of: this-commit } } }
"""


def test_the_organisations_items_hold_beside_the_repositorys() -> None:
    facts = pull(CODE, PAGE, checks=(check("ci"),))

    without = judged(BASIC, facts, organisation=ORGANISATION)
    approved = replace(facts, reviews=reviews(review(BEN)))

    assert states(without)["review"] == "missing"
    assert without.conclusion() is Conclusion.FAILURE
    assert judged(BASIC, approved, organisation=ORGANISATION).conclusion() is Conclusion.SUCCESS


@pytest.mark.parametrize(
    "loose",
    ["exempt: { only-changed: [code, docs] }\n", 'paths: { "**": { checklist: none } }\n'],
)
def test_nothing_in_the_repository_loosens_the_organisations_items(loose: str) -> None:
    report = judged(BASIC + loose, pull(CODE, PAGE), organisation=ORGANISATION)

    assert states(report)["review"] == "missing"
    assert report.conclusion() is Conclusion.FAILURE


WORDS = BASIC.replace("{ check: ci }", "{ attested-by: reviewer }")


def test_a_word_counts_while_its_files_stand() -> None:
    facts = pull(CODE, PAGE)
    act = word(ActKind.ATTEST, "tests", facts, text=WORDS)

    assert states(judged(WORDS, facts, acts=(act,)))["tests"] == "attested"


def test_a_word_lapses_when_its_files_change() -> None:
    act = word(ActKind.ATTEST, "tests", pull(CODE, PAGE), text=WORDS)
    later = pull(changed("app/a.py", "", "x = 2\n", head_blob="c" * 40), PAGE)

    (entry, _) = judged(WORDS, later, acts=(act,)).entries

    assert (entry.state, entry.acts, entry.stale) == (State.MISSING, (), (act,))


def test_a_word_against_broken_evidence_is_contradicted() -> None:
    facts = pull(CODE, PAGE, checks=(check("ci", "failure"),))
    act = word(ActKind.ATTEST, "tests", facts)

    assert states(judged(BASIC, facts, acts=(act,)))["tests"] == "contradicted"


def test_a_waiver_wins_over_a_failure() -> None:
    facts = pull(CODE, PAGE, checks=(check("ci", "failure"),))
    act = word(ActKind.WAIVE, "tests", facts)

    report = judged(BASIC, facts, acts=(act,))

    assert states(report)["tests"] == "waived"
    assert report.conclusion() is Conclusion.SUCCESS


UNSURE = BASIC.replace("proof: { check: ci }", "proof: { deployment: x }, if-unsure: ask reviewer")


def test_only_whom_the_item_asks_settles_what_cannot_be_told() -> None:
    facts = pull(CODE, PAGE)
    asked = word(ActKind.ATTEST, "tests", facts, text=UNSURE)
    other = replace(asked, roles=frozenset({"author"}))

    assert states(judged(UNSURE, facts, acts=(asked,)))["tests"] == "attested"
    assert states(judged(UNSURE, facts, acts=(other,)))["tests"] == "undecided"


def test_an_author_never_settles_what_their_own_files_hide() -> None:
    text = BASIC.replace(
        "proof: { changed: { areas: [docs], lines-at-least: 1 } }",
        "proof: { changed: { areas: [docs] } }\n    if-unsure: ask author",
    )
    hidden = changed("docs/a.md", "", "x\n", added=Unknown("binary", by_content=True))
    facts = pull(CODE, hidden)
    act = word(
        ActKind.ATTEST,
        "docs",
        facts,
        by=ANA,
        text=text,
        is_author=True,
        roles=frozenset({"author"}),
    )

    assert states(judged(text, facts, acts=(act,)))["docs"] == "undecided"


def test_a_rule_that_raises_is_undecided_with_a_fault() -> None:
    def broken(facts: Facts, options: object) -> Any:
        raise RuntimeError("surprise")

    rules = dict(registry())
    rules["required-checks-pass"] = replace(rules["required-checks-pass"], prove=broken)

    report = evaluate(Matter(facts=pull(CODE, PAGE), policy=policy(BASIC)), rules, "1")

    assert report.entries[0].verdict.outcome is Outcome.UNKNOWN
    assert [(one.where, one.what) for one in report.faults] == [
        ("required-checks-pass", "RuntimeError: surprise")
    ]


def test_the_same_matter_gives_the_same_report_after_storage() -> None:
    matter = Matter(
        facts=pull(CODE, PAGE, checks=(check("ci"),)), policy=policy(BASIC, ORGANISATION)
    )
    classes = {rule.id: rule.options for rule in registry().values()}

    again = Decoder(classes).decode(Matter, json.loads(canonical(matter)))

    assert again == matter
    assert evaluate(again, registry(), "1") == evaluate(matter, registry(), "1")


# ── what should stand outside ─────────────────────────────────────────────────────────────────


def comment(facts: Facts, text: str = BASIC, sticky: Published | None = None) -> Comment:
    rules = policy(text)
    report = evaluate(Matter(facts=facts, policy=rules), registry(), "1")
    return plan(facts, rules, report, sticky).comment


OLD = timedelta(minutes=-5)
LACKING = pull(CODE, checks=(check("ci"),), head_since=NOW + OLD)
STANDS = Published(key="sticky:7#118", kind="sticky", gen=1, digest="d", remote_id=5)


@pytest.mark.parametrize(
    ("why", "facts", "text", "sticky", "wanted"),
    [
        ("a person must act", LACKING, BASIC, None, Comment.CREATE),
        ("grace", replace(LACKING, head_since=NOW), BASIC, None, Comment.NONE),
        ("draft", replace(LACKING, draft=True), BASIC, None, Comment.NONE),
        ("observe", LACKING, BASIC + "mode: observe\n", None, Comment.NONE),
        ("never", LACKING, BASIC + "quiet: { comment: never }\n", None, Comment.NONE),
        ("quiet author", LACKING, BASIC + "quiet: { authors: [ana] }\n", None, Comment.NONE),
        ("all good", pull(PAGE, head_since=NOW + OLD), BASIC, None, Comment.NONE),
        ("it stands", pull(PAGE), BASIC, STANDS, Comment.EDIT),
        ("it stands perhaps", pull(PAGE), BASIC, replace(STANDS, state="unsure"), Comment.EDIT),
        ("looked for in vain", LACKING, BASIC, replace(STANDS, remote_id=None), Comment.CREATE),
        ("removed", LACKING, BASIC, replace(STANDS, state="suppressed"), Comment.NONE),
    ],
)
def test_the_comment_is_made_only_when_a_person_must_act(
    why: str, facts: Facts, text: str, sticky: Published | None, wanted: Comment
) -> None:
    assert comment(facts, text, sticky) is wanted


def test_a_member_of_a_merge_group_is_judged_by_the_groups_checks() -> None:
    queued = Matter(facts=pull(CODE, PAGE, checks=(check("ci"),)), policy=policy(BASIC))
    group = pull(checks=(check("ci", "failure"),))

    assert judge_member(queued, group, registry(), "1").conclusion() is Conclusion.FAILURE


def test_the_worst_member_decides() -> None:
    assert worst((Conclusion.SUCCESS, Conclusion.IN_PROGRESS)) is Conclusion.IN_PROGRESS
    assert worst((Conclusion.FAILURE, Conclusion.IN_PROGRESS)) is Conclusion.FAILURE
