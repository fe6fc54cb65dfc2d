"""Who is told when, what answers come to, and what of them a change ends."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.judge.episodes import waits
from bot.judge.evaluate import needs_of
from bot.judge.handover import (
    awaits,
    due_tells,
    ended,
    reverted,
    roles_due,
    stage,
    unfinished,
    wakes_at,
)
from bot.model.act import Act, ActKind
from bot.model.facts import Deployment, Facts
from bot.model.handover import HandoverState
from bot.model.known import Unknown
from bot.model.report import Matter
from bot.wiring.catalogue import registry
from tests.support.handed import (
    ACCEPTED,
    BODY,
    BOTH,
    FILES,
    HOLD,
    JO,
    POLICY,
    PUSHED,
    READY,
    RETURNED,
    TOLD,
    facts_of,
    judged,
    later,
    matter_of,
    says,
    steps,
    telling,
    told_in,
)
from tests.support.judging import policy
from tests.support.pulls import ANA, BEN, HEAD, NOW, SAM, check, review, reviews
from tests.support.sources import written

# ── what comes first ──────────────────────────────────────────────────────────────────────────


def lacks(text: str, facts: Facts | None = None, *acts: Act) -> list[str]:
    """What qa is not told for the want of."""
    after = POLICY.replace("[approved, list handoff]", text).replace("before-merge", "expected")
    (found,) = [one for one in judged(matter_of(facts, *acts, text=after)).told if one.role == "qa"]
    return list(found.lacks)


@pytest.mark.parametrize(
    ("base", "told"),
    [("main", ["frontend", "qa", "operations"]), ("release/2", ["frontend", "qa", "operations"]),
     ("develop", []), ("feature/default", [])],
)  # fmt: skip
def test_what_goes_to_another_base_is_judged_and_not_handed_over(
    base: str, told: list[str]
) -> None:
    text = POLICY + "branches: { handed-over: [default, 'release/*'] }\n"
    report = judged(matter_of(facts_of(base_ref=base), text=text))

    assert [one.notice for one in report.told] == told
    assert [one.state.good for one in report.entries] == [True, True]
    assert bool(due_tells(matter_of(facts_of(base_ref=base), text=text), report)) is bool(told)


PLACE = Deployment(environment="preview", sha=HEAD, state="success", updated_at=NOW)


@pytest.mark.parametrize(
    ("after", "known", "acts", "lacking"),
    [
        ("[ready]", {}, (), ["the author's /handoff ready"]),
        ("[ready]", {}, (READY,), []),
        ("[approved]", {"reviews": reviews()}, (), ["review approval"]),
        ("[approved]", {"reviews": reviews(review(ANA))}, (), ["review approval"]),
        (
            "[approved]",
            {"reviews": reviews(review(BEN), review(SAM, "changes_requested"))},
            (),
            ["review approval"],
        ),
        ("[approved]", {"reviews": reviews(review(BEN, may_write=False))}, (), ["review approval"]),
        ("[approved]", {"reviews": reviews(review(BEN, commit_sha="2" * 40))}, (), []),
        ("[approved]", {"reviews": Unknown("no answer")}, (), ["review approval (no answer)"]),
        ("[list handoff]", {}, (), []),
        ("[list handoff]", {"checks": (check("ci", "failure"),)}, (), ["the handoff list"]),
        ("[list handoff]", {"checks": ()}, (), ["the handoff list"]),
        ("[list handoff]", {"body": ""}, (), ["the handoff list"]),
        ("[list handoff]", {}, (HOLD,), ["the handoff list"]),
        ("[list quality]", {}, (HOLD,), []),
        ("[list quality]", {"checks": ()}, (), ["the quality list"]),
        ("[merged]", {}, (), ["merge"]),
        ("[merged]", {"merged": True, "open": False}, (), []),
        ("[deployed-to preview]", {"deployments": (PLACE,)}, (), []),
        ("[deployed-to preview]", {"deployments": ()}, (), ["deployment to preview"]),
        (
            "[deployed-to preview]",
            {"deployments": Unknown("the installation does not grant deployments: read")},
            (),
            ["deployment to preview (the installation does not grant deployments: read)"],
        ),
        ("[ready, merged]", {}, (READY,), ["merge"]),
    ],
)
def test_all_that_comes_first_has_to_hold(
    after: str, known: dict[str, Any], acts: tuple[Act, ...], lacking: list[str]
) -> None:
    assert lacks(after, facts_of(**known), *acts) == lacking


def test_what_must_be_known_to_tell_is_loaded() -> None:
    def needs(after: str) -> set[str]:
        rules = policy(POLICY.replace("[approved, list handoff]", after))
        return {str(one) for one in needs_of(written(frozenset(), FILES), rules, registry())}

    assert {"reviews", "commits"} <= needs("[approved]")
    assert needs("[approved, deployed-to preview]") - needs("[approved]") == {"deployments"}
    assert needs("[ready]") & {"reviews", "commits", "deployments"} == set()


# ── telling ───────────────────────────────────────────────────────────────────────────────────


def test_every_receiver_is_told_once_with_what_it_says() -> None:
    first = matter_of()
    tells = due_tells(first, judged(first), {"qa": "li"})
    again = due_tells(TOLD, judged(TOLD))

    assert [one.key for one in tells] == ["tell:frontend:1", "tell:qa:1", "tell:operations:1"]
    assert [one.data.get("pinged") for one in tells] == [None, "li", None]
    assert {one.by.login for one in tells} == {"handoff"}
    assert {(one.head_sha, one.through) for one in tells} == {(HEAD, "system")}
    parts = json.loads(tells[0].data["parts"])
    assert parts["fields"] == {"authentication": "POST /refunds public", "deviations": "none"}
    assert parts["operations"] == {"POST /refunds": "answer 200; authentication none"}
    assert list(parts["contract"]) == ["openapi.yaml"]
    assert again == ()
    assert {one.state for one in told_in(TOLD).values()} == {HandoverState.TOLD}


@pytest.mark.parametrize(
    ("known", "text", "acts"),
    [
        ({"draft": True}, POLICY, ()),
        ({}, POLICY + "mode: observe\n", ()),
        ({"open": False}, POLICY, ()),
        ({}, POLICY, (HOLD,)),
        ({}, POLICY.replace("[approved, list handoff]", "[approved]"), (HOLD,)),
        ({"reviews": reviews()}, POLICY, ()),
        ({"body": ""}, POLICY.replace("[approved, list handoff]", "[approved]"), ()),
    ],
)
def test_nobody_is_told_before_their_time(
    known: dict[str, Any], text: str, acts: tuple[Act, ...]
) -> None:
    matter = matter_of(facts_of(**known), *acts, text=text)
    keys = {one.key for one in due_tells(matter, judged(matter))}

    assert keys == roles_due(matter, judged(matter)) == set()


def test_where_it_is_not_known_whether_a_notice_is_needed_nobody_is_told() -> None:
    text = POLICY.replace("    to: qa\n", "    to: qa\n    when: { adds: [package] }\n")
    matter = matter_of(facts_of({**FILES, "go.mod": ("", "?")}, readings={}), text=text)
    one = told_in(matter)["qa"]

    assert one.lacks[0].startswith("whether it is needed (")
    assert "tell:qa:1" not in {act.key for act in due_tells(matter, judged(matter))}


def test_of_those_who_answer_somebody_is_addressed() -> None:
    matter = matter_of()

    assert roles_due(matter, judged(matter)) == {"frontend", "qa"}


def test_nobody_can_resume_after_the_merge_so_a_hold_does_not_stop_telling() -> None:
    text = POLICY.replace("[approved, list handoff]", "[approved, merged]")
    text = text.replace("before-merge", "expected")
    matter = matter_of(facts_of(merged=True, open=False), HOLD, text=text)

    assert [one.subjects[0] for one in due_tells(matter, judged(matter))] == [
        "frontend",
        "qa",
        "operations",
    ]


@pytest.mark.parametrize(
    ("matter", "found"),
    [
        (matter_of(facts_of(draft=True)), "draft"),
        (matter_of(facts_of(checks=(check("ci", "failure"),))), "self-check"),
        (matter_of(facts_of(body="")), "in review"),
        (matter_of(facts_of(reviews=reviews())), "ready"),
        (TOLD, "told"),
        (says(ActKind.RETURN, "qa", TOLD, reason="a refund of 0 answers 500"), "returned"),
        (later(TOLD, facts_of({**FILES, "app/a.py": ("", "x = 2\n")})), "reopened"),
        (says(ActKind.ACCEPT, "qa", says(ActKind.ACCEPT, "frontend", TOLD, JO)), "accepted"),
    ],
)
def test_a_pull_request_is_in_one_stage(matter: Matter, found: str) -> None:
    assert stage(judged(matter)) == found


# ── answers ───────────────────────────────────────────────────────────────────────────────────


def test_an_answer_before_merge_is_waited_for() -> None:
    assert judged(TOLD).conclusion() == "failure"
    assert judged(says(ActKind.ACCEPT, "frontend", TOLD, JO)).conclusion() == "failure"
    assert judged(ACCEPTED).conclusion() == "success"
    assert told_in(ACCEPTED)["frontend"].state is HandoverState.TOLD


def test_what_runs_is_waited_for_before_answers() -> None:
    assert judged(matter_of(facts_of(checks=()))).conclusion() == "in_progress"


def test_a_return_opens_its_items_until_a_file_changes() -> None:
    report = judged(RETURNED)
    (tests, _) = report.entries
    pushed = later(RETURNED, PUSHED)

    assert (tests.state, tests.because) == (
        "missing",
        "returned by li: a refund of 0 answers 500",
    )
    assert told_in(RETURNED)["qa"].state is HandoverState.RETURNED
    assert judged(pushed).entries[0].state == "proved"
    assert told_in(pushed)["qa"].state is HandoverState.REOPENED
    assert [one.key for one in due_tells(pushed, judged(pushed))] == ["tell:qa:2"]


def test_a_return_holds_while_the_files_cannot_be_seen() -> None:
    blind = later(RETURNED, replace(facts_of(), changes=Unknown("too many files")))

    assert told_in(blind)["qa"].state is HandoverState.RETURNED


def test_who_told_again_or_accepted_has_nothing_returned() -> None:
    again = telling(later(RETURNED, PUSHED))
    accepted = says(ActKind.ACCEPT, "qa", RETURNED)

    (second,) = [one for one in again.acts if one.key == "tell:qa:2"]
    assert second.data["before"] == "return"
    assert second.data["back"] == "tests"
    assert told_in(again)["qa"].state is HandoverState.TOLD
    assert told_in(again)["qa"].revision == 2
    assert told_in(accepted)["qa"].state is HandoverState.ACCEPTED
    assert judged(accepted).conclusion() == "success"


def test_a_return_of_a_field_lasts_until_the_field_says_something_else() -> None:
    field = told_in(TOLD)["qa"].fields[-1]
    scopes = {"qa.known-limitations": field.digest}
    back = says(ActKind.RETURN, "qa", TOLD, scopes=scopes, reason="say what is missing")
    pushed = later(back, PUSHED)
    said = later(back, facts_of(body=BODY.replace("limitations: none", "limitations: no search")))

    assert told_in(pushed)["qa"].state is HandoverState.RETURNED
    assert judged(pushed).entries[0].state == "proved"
    assert told_in(said)["qa"].state is HandoverState.REOPENED


def test_an_answer_taken_back_is_none() -> None:
    key = ACCEPTED.acts[-1].key
    undo = replace(READY, key="u", kind=ActKind.UNDO, subjects=(key,), said_at=NOW)
    undone = replace(
        ACCEPTED, acts=(*ACCEPTED.acts, replace(undo, said_at=NOW + timedelta(hours=1)))
    )

    assert told_in(undone)["qa"].state is HandoverState.TOLD


def test_what_was_said_before_the_telling_is_no_answer_to_it() -> None:
    early = says(ActKind.ACCEPT, "qa", TOLD, minutes=-5)

    assert told_in(early)["qa"].state is HandoverState.TOLD


def test_a_return_after_the_merge_holds_no_check() -> None:
    merged = later(RETURNED, replace(RETURNED.facts, merged=True, open=False))
    found = told_in(merged)["qa"]

    assert (found.state, found.blocks) == (HandoverState.RETURNED, False)


# ── what will not come ────────────────────────────────────────────────────────────────────────

CLOSED = replace(TOLD.facts, open=False)
MERGED = replace(CLOSED, merged=True)
GONE = ["gone:frontend:1", "gone:qa:1", "gone:operations:1"]
TAKEN_BACK = replace(
    READY,
    key="reverted:119",
    kind=ActKind.REMARK,
    detail="reverted",
    data={"by": "#119", "into": "main"},
)


def test_those_told_hear_once_and_within_their_hours_that_it_will_not_come() -> None:
    late, seen = steps(later(TOLD, CLOSED, hours=6))
    morning = CLOSED.taken_at + timedelta(hours=21)
    assert seen == ["closed:frontend:1", "closed:qa:1", "closed:operations:1"]
    assert steps(late)[1] == []
    assert wakes_at(late, judged(late)) == morning
    assert unfinished(late.facts, late.policy, late.acts)

    then, said = steps(later(late, hours=15))
    assert then.facts.taken_at == morning
    assert said == GONE
    assert [one.data.get("pinged", "") for one in then.acts[-3:]] == ["jo", "li", ""]
    assert steps(then)[1] == []
    assert wakes_at(then, judged(then)) is None
    assert not unfinished(then.facts, then.policy, then.acts)


def test_who_was_told_nothing_hears_nothing_of_its_end() -> None:
    closed = later(matter_of(), replace(facts_of(), open=False))
    assert steps(closed)[1] == []
    assert not unfinished(closed.facts, closed.policy, closed.acts)


@pytest.mark.parametrize(
    ("facts", "acts", "why"),
    [
        (TOLD.facts, (), ""),
        (TOLD.facts, (TAKEN_BACK,), ""),
        (CLOSED, (), "closed without being merged"),
        (MERGED, (), ""),
        (MERGED, (TAKEN_BACK,), "taken back, as #119 says"),
        (replace(MERGED, base_ref="next"), (TAKEN_BACK,), ""),
    ],
)
def test_it_will_not_come_when_it_was_closed_or_taken_back(
    facts: Facts, acts: tuple[Act, ...], why: str
) -> None:
    assert ended(facts, acts) == why
    assert unfinished(facts, TOLD.policy, (*BOTH.acts, *acts)) is bool(why)


def test_those_told_hear_that_it_was_taken_back() -> None:
    back = later(replace(BOTH, acts=(*BOTH.acts, TAKEN_BACK)), MERGED)
    assert steps(later(steps(back)[0], minutes=1))[1] == GONE


def test_whoever_closes_it_and_opens_it_again_at_once_writes_to_nobody() -> None:
    closed, seen = steps(later(BOTH, CLOSED))
    assert seen == ["closed:frontend:1", "closed:qa:1", "closed:operations:1"]
    assert steps(later(closed, seconds=59))[1] == []
    assert wakes_at(closed, judged(closed)) == closed.facts.taken_at + timedelta(minutes=1)
    opened = later(closed, TOLD.facts, seconds=59)
    again, seen = steps(later(opened, hours=1))
    assert seen == ["opened:frontend:1", "opened:qa:1", "opened:operations:1"]
    assert steps(again)[1] == []
    assert told_in(opened)["qa"].state is HandoverState.ACCEPTED
    # And does so again.
    shut, seen = steps(later(again, CLOSED, hours=1))
    assert seen == ["closed:frontend:1:2", "closed:qa:1:2", "closed:operations:1:2"]
    assert wakes_at(shut, judged(shut)) == shut.facts.taken_at + timedelta(minutes=1)
    assert steps(later(shut, TOLD.facts, seconds=59))[1][0] == "opened:frontend:1:2"
    assert steps(later(shut, minutes=1))[1] == GONE


@pytest.mark.parametrize("merged", [False, True])
def test_those_who_heard_that_it_will_not_come_are_told_when_it_comes_after_all(
    *, merged: bool
) -> None:
    gone, said = steps(later(steps(later(BOTH, CLOSED))[0], minutes=1))
    assert said == GONE
    opened = later(gone, MERGED if merged else TOLD.facts, minutes=1)
    assert told_in(opened)["qa"].changed == ("it comes after all",)
    assert unfinished(opened.facts, opened.policy, opened.acts) is merged
    again, keys = steps(opened)
    assert [key for key in keys if key.startswith("tell")] == [
        *("tell:frontend:2", "tell:qa:2", "tell:operations:2")
    ]
    assert told_in(again)["qa"].state is HandoverState.TOLD
    assert steps(again)[1] == []
    # Who was told again hears it again, too.
    shut = later(again, CLOSED, hours=1)
    assert unfinished(shut.facts, shut.policy, shut.acts)
    assert "gone:qa:2" in steps(later(steps(shut)[0], minutes=1))[1]


def test_who_answered_since_is_not_told_that_it_comes_after_all() -> None:
    """The release before had them answer it as it was."""
    gone, _ = steps(later(steps(later(BOTH, CLOSED))[0], minutes=1))
    answered = says(ActKind.ACCEPT, "qa", later(gone, MERGED, minutes=1))
    assert told_in(answered)["qa"].state is HandoverState.ACCEPTED
    assert "tell:qa:2" not in steps(answered)[1]
    (qa,) = (one for one in answered.policy.notices if one.name == "qa")
    assert not awaits(replace(answered.policy, notices=(qa,)), answered.acts)


@pytest.mark.parametrize(
    ("known", "numbers"),
    [
        ({"body": "Reverts acme/orders#118"}, [118]),
        ({"body": "It failed.\r\n\r\nReverts ACME/orders#118 and\r\nReverts acme/orders#7\r"},
         [118, 7]),
        ({"body": "Reverts acme/orders#118", "merged": False}, []),
        ({"body": "Reverts acme/other#118"}, []),
        ({"body": "this Reverts acme/orders#118"}, []),
        ({"body": "Reverts acme/orders#0118"}, []),
        ({"body": Unknown("GitHub does not show the body")}, []),
    ],
)  # fmt: skip
def test_who_is_merged_says_what_it_takes_back(known: dict[str, Any], numbers: list[int]) -> None:
    facts = replace(MERGED, **{"number": 119, **known})
    found = reverted(facts)
    assert list(found) == numbers
    assert [(one.key, one.data, one.detail) for one in found.values()] == [
        (TAKEN_BACK.key, TAKEN_BACK.data, "reverted")
    ] * len(numbers)


def test_a_question_waits_until_it_is_decided_or_withdrawn() -> None:
    raised = replace(READY, key="q", kind=ActKind.ESCALATE, subjects=("e1",))
    decided = replace(raised, key="d", kind=ActKind.DECIDE)
    undone = replace(raised, key="u", kind=ActKind.UNDO, subjects=("d",))
    gone = replace(raised, key="w", kind=ActKind.WITHDRAW)
    found = [waits(()), waits((raised,)), waits((raised, decided)), waits((raised, gone))]
    assert found == [False, True, False, False]
    assert waits((raised, decided, undone))
    assert unfinished(CLOSED, TOLD.policy, (raised,))


def marks(after: str, *stages: dict[str, Any]) -> list[tuple[str, str, str]]:
    """What is remarked of QA's notice, one stage of the pull request after the other."""
    text = POLICY.replace("[approved, list handoff]", after).replace("before-merge", "expected")
    matter = matter_of(text=text)
    for known in stages:
        matter, _ = steps(replace(matter, facts=facts_of(**known)))
        _, again = steps(matter)
        assert not any(key.startswith("undeployed:") for key in again)
    return [
        (one.key, one.data["lacks"], one.data["merged"])
        for one in matter.acts
        if one.key.startswith("undeployed:qa:")
    ]


BARE: dict[str, Any] = {"deployments": ()}
LANDED = {**BARE, "merged": True, "open": False}


@pytest.mark.parametrize(
    ("after", "stages", "found"),
    [
        ("[deployed-to preview]", [{"deployments": (PLACE,)}], []),
        ("[deployed-to preview]", [BARE], [("undeployed:qa:0", "deployment to preview", "")]),
        # Something else is lacking too, or what is lacking cannot be known.
        ("[ready, deployed-to preview]", [BARE], []),
        ("[deployed-to preview]", [{"deployments": Unknown("not granted")}], []),
        (
            "[list handoff, deployed-to preview]",
            [BARE, {**BARE, "checks": (check("ci", "failure"),)}, LANDED],
            [
                ("undeployed:qa:0", "deployment to preview", ""),
                ("undeployed:qa:1", "", ""),
                ("undeployed:qa:2", "deployment to preview", "yes"),
            ],
        ),
        (
            "[deployed-to preview]",
            [BARE, LANDED],
            [
                ("undeployed:qa:0", "deployment to preview", ""),
                ("undeployed:qa:1", "deployment to preview", "yes"),
            ],
        ),
    ],
)
def test_that_only_a_deployment_is_lacking_is_remarked_when_it_begins_and_ends(
    after: str, stages: list[dict[str, Any]], found: list[tuple[str, str, str]]
) -> None:
    assert marks(after, *stages) == found
