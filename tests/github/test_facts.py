"""From GraphQL answers to facts: whole parts are read, anything else is Unknown."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.github.facts import checks_of, commits_of, file_of, person_of, rest_checks_of, reviews_of
from bot.model.facts import CheckRun, Commits, Person, Review, Reviews
from bot.model.known import Unknown
from bot.model.look import PolicyFile
from tests.github.double import APP, HEAD, OPENED, blob, commit, run, user

EIGHT = datetime(2026, 3, 2, 8, tzinfo=UTC)
LATER = "2026-03-02T08:30:00Z"
CI = ".github/workflows/ci.yml"


def opinion(who: dict[str, Any] | None, state: str = "APPROVED", **changed: Any) -> dict[str, Any]:
    return {
        "state": state,
        "submittedAt": OPENED,
        "authorCanPushToRepository": True,
        "author": who,
        "commit": {"oid": HEAD},
    } | changed


def test_a_check_run_keeps_its_app_its_workflow_and_its_times() -> None:
    assert checks_of([run()], APP, workflow=True) == (
        CheckRun(
            name="ci",
            status="completed",
            conclusion="success",
            id=1,
            app_id=15368,
            app_slug="github-actions",
            workflow=CI,
            started_at=EIGHT,
            completed_at=EIGHT,
            link="https://github.test/run/1",
        ),
    )


def test_only_the_newest_attempt_of_a_check_counts() -> None:
    runs = [run(databaseId=2, conclusion="FAILURE"), run(databaseId=1)]

    assert [one.conclusion for one in checks_of(runs, APP, workflow=True)] == ["failure"]


def test_a_job_of_another_workflow_does_not_hide_the_failure_of_its_namesake() -> None:
    runs = [run(conclusion="FAILURE"), run(databaseId=9, workflow=".github/workflows/x.yml")]

    found = checks_of(runs, APP, workflow=True)

    assert [one.conclusion for one in found] == ["failure", "success"]


@pytest.mark.parametrize("workflow", [True, False])
def test_a_run_in_another_suite_does_not_hide_the_failure_of_its_namesake(
    workflow: bool,
) -> None:
    pushed, asked = run(conclusion="FAILURE"), run(databaseId=9, suite=6)

    found = checks_of([pushed, asked], APP, workflow=workflow)

    assert [one.conclusion for one in found] == ["failure", "success"]


def test_our_own_check_is_never_evidence() -> None:
    ours = {"databaseId": APP, "slug": "handoff"}

    assert checks_of([run("handoff", app=ours)], APP, workflow=True) == ()
    rest = {"name": "handoff", "status": "completed", "conclusion": "success", "id": 3}
    assert rest_checks_of([rest | {"app": {"id": APP, "slug": "handoff"}}], APP) == ()


def test_the_workflow_is_unknown_without_the_permission_and_none_for_other_apps() -> None:
    other = run(app={"databaseId": 5, "slug": "circleci"})
    bare = run("bare", checkSuite={"app": None, "workflowRun": None})

    found = checks_of([run(), other, bare], APP, workflow=False)

    assert [type(one.workflow) for one in found] == [Unknown, type(None), Unknown]


@pytest.mark.parametrize(
    ("state", "status", "conclusion"),
    [
        ("SUCCESS", "completed", "success"),
        ("ERROR", "completed", "error"),
        ("PENDING", "pending", None),
        ("EXPECTED", "pending", None),
    ],
)
def test_a_commit_status_is_a_check_without_an_app(
    state: str, status: str, conclusion: str | None
) -> None:
    node = {
        "__typename": "StatusContext",
        "context": "deploy",
        "state": state,
        "createdAt": OPENED,
        "targetUrl": None,
        "creator": None,
    }

    (found,) = checks_of([node], APP, workflow=True)

    assert (found.status, found.conclusion, found.status_by) == (status, conclusion, "ghost")
    assert found.app_slug is None
    (by_bot,) = checks_of(
        [node | {"creator": {"__typename": "Bot", "login": "ci"}}], APP, workflow=True
    )
    assert by_bot.status_by == "ci[bot]"


def test_reviews_keep_the_newest_opinion_of_each_person() -> None:
    older, newer = (
        opinion(user(2, "ben")),
        opinion(user(2, "ben"), "DISMISSED", submittedAt=LATER, commit=None),
    )
    asked: list[dict[str, Any]] = [
        {"requestedReviewer": {**user(3, "kim")}},
        {"requestedReviewer": {"__typename": "Team", "combinedSlug": "acme/qa"}},
        {"requestedReviewer": None},
    ]

    latest: list[Any] = [{"author": user(4, "li")}, None, {"author": None}]

    assert reviews_of([newer, older], asked, latest) == Reviews(
        opinions=(
            Review(
                by=Person(id=2, login="ben"),
                state="dismissed",
                commit_sha=None,
                submitted_at=datetime(2026, 3, 2, 8, 30, tzinfo=UTC),
                may_write=True,
            ),
        ),
        requested=(Person(id=3, login="kim"),),
        requested_teams=("acme/qa",),
        spoke=frozenset({4}),
    )


def test_a_push_right_that_github_does_not_tell_is_unknown() -> None:
    (found,) = reviews_of([opinion(None, authorCanPushToRepository=None)], []).opinions

    assert isinstance(found.may_write, Unknown)
    assert found.by == Person(id=10137, login="ghost")


def test_contributors_are_authors_co_authors_and_committers() -> None:
    second = commit("f" * 40, 3, 4)
    second["commit"]["committer"] = {"user": {"databaseId": 5}}

    assert commits_of([commit(), second]) == Commits(
        shas=(HEAD, "f" * 40),
        contributors=frozenset({1, 3, 4, 5}),
        authors=frozenset({1, 3, 5}),
        subjects=("Change a", "Change f"),
        parts=(frozenset({1}), frozenset({3, 4, 5})),
    )


def test_githubs_own_committer_of_a_web_edit_is_nobody() -> None:
    assert commits_of([commit(HEAD, 2, web=True)]).contributors == frozenset({2})


@pytest.mark.parametrize(
    "broken",
    [
        {"authors": {"totalCount": 1, "nodes": [{"user": None}]}},
        {"authors": {"totalCount": 12, "nodes": [{"user": {"databaseId": 1}}]}},
        {"authors": None},
        {"committer": None},
        {"committer": {"user": {"databaseId": None}}},
    ],
)
def test_a_commit_by_somebody_unmapped_makes_the_contributors_unknown(broken: Any) -> None:
    node = commit()
    node["commit"] |= broken

    assert isinstance(commits_of([commit(), node]).contributors, Unknown)


def test_a_co_author_whom_github_does_not_know_is_no_writer_who_is_unknown() -> None:
    node = commit()
    node["commit"]["authors"] = {"totalCount": 2, "nodes": [{"user": {"databaseId": 3}}, None]}

    assert commits_of([node]).authors == frozenset({1, 3})
    assert isinstance(commits_of([node]).contributors, Unknown)


def test_an_account_without_an_id_has_id_zero_and_a_bot_is_one() -> None:
    assert person_of({"login": "acme"}) == Person(id=0, login="acme")
    bot = {"__typename": "Bot", "login": "renovate", "databaseId": 4}
    assert person_of(bot) == Person(id=4, login="renovate[bot]", bot=True)


def test_a_bot_is_known_by_the_address_of_its_commits() -> None:
    node = commit()
    bot = {"user": None, "email": "4+renovate[bot]@users.noreply.github.com"}
    node["commit"] |= {"authors": {"totalCount": 1, "nodes": [bot]}, "committer": bot}
    other = {"user": None, "email": "4+renovate@users.noreply.github.com"}

    assert commits_of([node]).contributors == frozenset({4})
    node["commit"]["committer"] = other
    assert isinstance(commits_of([node]).contributors, Unknown)


@pytest.mark.parametrize(
    ("node", "entry", "expected"),
    [
        (None, None, PolicyFile(path="p")),
        (blob("x"), None, PolicyFile(path="p", blob="d" * 40, text="x")),
        (blob("x"), {"mode": 33188, "type": "blob"}, PolicyFile(path="p", blob="d" * 40, text="x")),
        (blob("x"), {"mode": 40960}, PolicyFile(path="p", blob="d" * 40, regular=False)),
        (None, {"mode": 57344, "type": "commit"}, PolicyFile(path="p", regular=False)),
        ({"__typename": "Tree"}, None, PolicyFile(path="p")),
        (blob("x", isTruncated=True), None, Unknown("GitHub does not show p as text")),
        (blob("x", isBinary=True), None, Unknown("GitHub does not show p as text")),
        (blob("x") | {"text": None}, None, Unknown("GitHub does not show p as text")),
    ],
)
def test_a_policy_file_is_a_regular_whole_text(node: Any, entry: Any, expected: Any) -> None:
    assert file_of("p", node, entry) == expected


def test_rest_checks_keep_the_newest_run_of_an_app() -> None:
    def rest(number: int, conclusion: str | None, suite: int = 5) -> dict[str, Any]:
        return {
            "name": "ci",
            "status": "completed",
            "conclusion": conclusion,
            "id": number,
            "app": {"id": 5, "slug": "x"},
            "started_at": OPENED,
            "completed_at": None,
            "html_url": "https://github.test/2",
            "check_suite": {"id": suite},
        }

    found = rest_checks_of([rest(2, "failure"), rest(1, "success"), rest(3, "success", 6)], APP)

    assert [(one.id, one.conclusion) for one in found] == [(2, "failure"), (3, "success")]
