"""Deliveries as GitHub sends them, and what is read of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.model.arrival import Arrival, Control, HeadSeen, RepoSeen, Said
from bot.model.wake import Lane
from bot.readers.events import arrive

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
APP = 77
HEAD, BASE, ZERO = "a" * 40, "b" * 40, "0" * 40
REPO = RepoSeen(id=7, full_name="acme/shop", default_branch="main")


def read(event: str, payload: object) -> Arrival:
    return arrive(event, payload, guid="g-1", received_at=NOW, app_id=APP)


def sent(action: str | None = None, **fields: Any) -> dict[str, Any]:
    about = {
        "installation": {"id": 5},
        "repository": {"id": 7, "full_name": "acme/shop", "default_branch": "main"},
        "sender": {"id": 31, "login": "ana", "type": "User"},
    }
    return about | ({"action": action} if action else {}) | fields


def expected(event: str, action: str | None = None, **fields: Any) -> Arrival:
    return Arrival(
        guid="g-1",
        event=event,
        action=action,
        received_at=NOW,
        installation_id=5,
        account="acme",
        repo=REPO,
        **fields,
    )


def pull(**fields: Any) -> dict[str, Any]:
    return {
        "number": 118,
        "state": "open",
        "updated_at": "2026-03-02T08:59:00Z",
        "head": {"sha": HEAD, "ref": "refunds", "repo": {"id": 7}},
        "base": {"sha": BASE, "ref": "main", "repo": {"id": 7}},
    } | fields


SEEN = HeadSeen(
    number=118,
    sha=HEAD,
    base_ref="main",
    base_sha=BASE,
    fork=False,
    open=True,
    updated_at=datetime(2026, 3, 2, 8, 59, tzinfo=UTC),
)
ANA = {"id": 31, "login": "ana", "type": "User"}
OURS = {"id": 99, "login": "handoff[bot]", "type": "Bot"}


def spoken(body: str | None, **fields: Any) -> dict[str, Any]:
    return {
        "id": 9,
        "node_id": "IC_9",
        "body": body,
        "user": ANA,
        "created_at": "2026-03-02T08:58:00Z",
        "updated_at": "2026-03-02T08:58:30Z",
    } | fields


SAID = Said(
    key="comment:9",
    node_id="IC_9",
    body="/Handoff status",
    by_id=31,
    by_login="ana",
    by_type="User",
    created_at=datetime(2026, 3, 2, 8, 58, tzinfo=UTC),
    updated_at=datetime(2026, 3, 2, 8, 58, 30, tzinfo=UTC),
    sender_id=31,
)


# ── pull requests ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("action", "changes", "matters", "lane"),
    [
        ("opened", {}, "always", Lane.VERDICT),
        ("reopened", {}, "always", Lane.VERDICT),
        ("synchronize", {}, "always", Lane.VERDICT),
        ("ready_for_review", {}, "draft", Lane.VERDICT),
        ("converted_to_draft", {}, "draft", Lane.UPDATE),
        ("labeled", {}, "labels", Lane.UPDATE),
        ("unlabeled", {}, "labels", Lane.UPDATE),
        ("review_requested", {}, "reviews", Lane.UPDATE),
        ("review_request_removed", {}, "reviews", Lane.UPDATE),
        ("edited", {"base": {"ref": {"from": "old"}}, "body": {}}, "always", Lane.VERDICT),
        ("edited", {"title": {"from": "old"}}, "text", Lane.UPDATE),
        ("edited", {"body": {"from": "old"}}, "text", Lane.UPDATE),
        ("edited", {}, "always", Lane.UPDATE),
        ("enqueued", {}, "always", Lane.UPDATE),
        ("never_heard_of", {}, "always", Lane.UPDATE),
    ],
)
def test_pull_request_events_wake_their_pull_request(
    action: str, changes: dict[str, Any], matters: str, lane: Lane
) -> None:
    found = read("pull_request", sent(action, number=118, pull_request=pull(), changes=changes))

    assert found == expected(
        "pull_request", action, number=118, matters=matters, lane=lane, head=SEEN
    )


@pytest.mark.parametrize("home", [None, {"id": 8}])
def test_a_head_in_another_or_a_deleted_repository_is_a_forks(home: object) -> None:
    head = {"sha": HEAD, "ref": "refunds", "repo": home}

    found = read("pull_request", sent("opened", number=118, pull_request=pull(head=head)))

    assert found.head is not None
    assert found.head.fork is True


def test_a_closed_pull_request_is_told_of_as_closed() -> None:
    found = read("pull_request", sent("closed", number=118, pull_request=pull(state="closed")))

    assert found.head is not None
    assert found.head.open is False


@pytest.mark.parametrize(
    "fields",
    [
        {"head": {"sha": ZERO, "ref": "x"}},
        {"head": None},
        {"base": {"sha": "not a sha", "ref": "main"}},
        {"updated_at": "2026-03-02T08:59:00"},
        {"updated_at": "yesterday"},
        {"updated_at": "0001-01-01T00:00:00+23:59"},
        {"updated_at": 7},
    ],
)
def test_an_incomplete_head_still_wakes_the_pull_request(fields: dict[str, Any]) -> None:
    found = read("pull_request", sent("synchronize", number=118, pull_request=pull(**fields)))

    assert found == expected("pull_request", "synchronize", number=118, lane=Lane.VERDICT)


@pytest.mark.parametrize(
    ("sender", "before", "known"),
    [
        ({"id": 4, "login": "maria", "type": "User"}, BASE, True),
        ({"id": 4, "login": "maria", "type": "Bot"}, BASE, True),
        ({"id": 4, "login": "maria", "type": "Organization"}, BASE, False),
        ({"id": None, "login": "maria", "type": "User"}, BASE, False),
        ({"id": 4, "login": "maria", "type": "User"}, "main", False),
    ],
)
def test_who_pushed_is_told(sender: dict[str, Any], before: str, known: bool) -> None:
    data = sent("synchronize", number=118, pull_request=pull(), before=before)

    found = read("pull_request", data | {"sender": sender})

    assert found.pushed == ({"by:4": f"maria {before} {HEAD}"} if known else {})
    assert found.head == replace(SEEN, before=BASE if before == BASE else None)


# ── what people say ───────────────────────────────────────────────────────────────────────────


def on_issue(action: str, comment: dict[str, Any], **fields: Any) -> dict[str, Any]:
    issue = {"number": 118, "pull_request": {"url": "x"}}
    return sent(action, issue=issue, comment=comment, **fields)


def test_a_comment_that_may_carry_a_command_is_kept_whole() -> None:
    found = read("issue_comment", on_issue("created", spoken("/Handoff status")))

    assert found == expected("issue_comment", "created", number=118, lane=Lane.COMMAND, said=SAID)


def test_a_comment_without_a_command_is_only_a_comment() -> None:
    found = read("issue_comment", on_issue("created", spoken("Please hand it off.")))

    assert found == expected("issue_comment", "created", number=118, matters="comments")


def test_a_comment_on_an_issue_wakes_nothing() -> None:
    payload = sent("created", issue={"number": 3}, comment=spoken("/handoff status"))

    assert read("issue_comment", payload) == expected("issue_comment", "created")


def test_an_edited_command_is_told_with_what_stood_there_before() -> None:
    changes = {"body": {"from": "nothing yet"}}

    found = read("issue_comment", on_issue("edited", spoken("/handoff why docs"), changes=changes))

    assert found.said is not None
    assert (found.said.before, found.said.body) == ("nothing yet", "/handoff why docs")


@pytest.mark.parametrize(
    ("action", "body", "changes", "becomes"),
    [
        ("edited", "gone", {"body": {"from": "/handoff status"}}, ("/handoff status", "gone")),
        ("deleted", "/handoff status", {}, ("/handoff status", "")),
        ("deleted", "edited before", {}, ("edited before", "")),
    ],
)
def test_what_becomes_of_a_comment_that_may_have_held_a_command_is_told(
    action: str, body: str, changes: dict[str, Any], becomes: tuple[str, str]
) -> None:
    kim = {"id": 7, "login": "kim", "type": "User"}
    found = read("issue_comment", on_issue(action, spoken(body), changes=changes, sender=kim)).said

    assert found is not None
    assert (found.before, found.body) == becomes
    assert (found.gone, found.changed_by) == (action == "deleted", "kim")
    assert (found.updated_at == NOW) is found.gone


@pytest.mark.parametrize(
    ("action", "comment", "fields"),
    [
        ("edited", spoken("/handoff status"), {}),
        ("edited", spoken("gone"), {"changes": {"body": {"from": "here"}}}),
        ("deleted", spoken(None), {}),
        ("created", spoken("/handoff status", user=OURS | {"login": "other[bot]"}), {}),
        ("created", spoken("/handoff status", user=None), {}),
        ("created", spoken("/handoff status", id="9"), {}),
        ("created", spoken("/handoff status", created_at=None), {}),
        ("created", spoken(None), {}),
    ],
)
def test_nothing_is_heard_where_nobody_says_something_new(
    action: str, comment: dict[str, Any], fields: dict[str, Any]
) -> None:
    found = read("issue_comment", on_issue(action, comment, **fields))

    assert found == expected("issue_comment", action, number=118, matters="comments")


def test_an_app_that_speaks_for_a_person_is_named() -> None:
    comment = spoken("/handoff status", performed_via_github_app={"id": 4, "slug": "robot"})

    found = read("issue_comment", on_issue("created", comment))

    assert found.said is not None
    assert found.said.through_app == "robot"


@pytest.mark.parametrize("action", ["created", "edited"])
def test_our_own_comments_are_known_as_ours(action: str) -> None:
    comment = spoken("> /handoff status", user=OURS, performed_via_github_app={"id": APP})

    assert read("issue_comment", on_issue(action, comment)) == expected(
        "issue_comment", action, number=118, matters="comments", ours=True, comment_id=9
    )


@pytest.mark.parametrize("via", [{"id": APP}, None])
def test_a_deleted_comment_of_ours_is_gone(via: object) -> None:
    comment = spoken("6 of 9", user=OURS, performed_via_github_app=via)

    assert read("issue_comment", on_issue("deleted", comment)) == expected(
        "issue_comment",
        "deleted",
        number=118,
        matters="comments",
        control=Control.COMMENT_GONE,
        comment_id=9,
    )


def test_a_deleted_comment_of_another_app_is_none_of_ours() -> None:
    comment = spoken("x", user=OURS, performed_via_github_app={"id": 4})

    found = read("issue_comment", on_issue("deleted", comment))

    assert found.control is Control.NONE


def test_a_command_in_a_review_is_bound_to_the_commit_that_was_reviewed() -> None:
    review = {
        "id": 12,
        "node_id": "PRR_12",
        "body": "Good.\n/handoff status",
        "user": ANA,
        "commit_id": HEAD,
        "submitted_at": "2026-03-02T08:58:00Z",
    }

    found = read("pull_request_review", sent("submitted", review=review, pull_request=pull()))

    assert found == expected(
        "pull_request_review",
        "submitted",
        number=118,
        lane=Lane.COMMAND,
        said=Said(
            key="review:12",
            node_id="PRR_12",
            body="Good.\n/handoff status",
            by_id=31,
            by_login="ana",
            by_type="User",
            created_at=datetime(2026, 3, 2, 8, 58, tzinfo=UTC),
            updated_at=datetime(2026, 3, 2, 8, 58, tzinfo=UTC),
            commit_sha=HEAD,
            sender_id=31,
        ),
    )


@pytest.mark.parametrize("action", ["submitted", "edited", "dismissed"])
def test_a_review_wakes_whoever_looks_at_reviews(action: str) -> None:
    payload = sent(action, review={"id": 12, "body": None}, pull_request=pull())

    assert read("pull_request_review", payload) == expected(
        "pull_request_review", action, number=118, matters="reviews"
    )


def test_an_edited_review_was_edited_when_we_heard_of_it() -> None:
    review = {
        "id": 12,
        "body": "/handoff help",
        "user": ANA,
        "submitted_at": "2026-03-01T00:00:00Z",
    }
    changes = {"body": {"from": ""}}

    found = read(
        "pull_request_review", sent("edited", review=review, pull_request=pull(), changes=changes)
    )

    assert found.said is not None
    assert (found.said.updated_at, found.said.before) == (NOW, "")


def test_a_line_comment_is_answered_in_its_thread() -> None:
    comment = spoken("/handoff status", original_commit_id=HEAD, commit_id=BASE)

    found = read(
        "pull_request_review_comment", sent("created", comment=comment, pull_request=pull())
    )

    assert found.said is not None
    assert (found.said.key, found.said.in_thread, found.said.commit_sha) == ("line:9", 9, HEAD)


def test_a_body_is_cut_at_the_length_that_github_takes() -> None:
    found = read("issue_comment", on_issue("created", spoken("/handoff " + "x" * 70_000)))

    assert found.said is not None
    assert len(found.said.body) == 65_536


@pytest.mark.parametrize("node_id", ["\udfff", "C\0"])
def test_what_a_database_does_not_take_never_reaches_the_store(node_id: str) -> None:
    comment = spoken("/handoff \ud800", node_id=node_id)

    found = read("issue_comment", on_issue("created", comment))

    assert found.said is not None
    assert (found.said.body, found.said.node_id) == ("/handoff ?", "")


# ── evidence ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("event", "payload", "fields"),
    [
        (
            "check_run",
            sent(
                "completed",
                check_run={"head_sha": HEAD, "name": "ci", "app": {"id": 1, "slug": "s"}},
            ),
            {"sha": HEAD, "matters": "checks", "evidence_name": "ci", "evidence_app": "s"},
        ),
        (
            "check_suite",
            sent("completed", check_suite={"head_sha": HEAD, "app": {"id": 1, "slug": "s"}}),
            {"sha": HEAD, "matters": "checks", "evidence_app": "s"},
        ),
        (
            "check_suite",
            sent("completed", check_suite={"head_sha": HEAD, "app": {"slug": "github-actions"}}),
            {"sha": HEAD, "matters": "artifacts", "evidence_app": "github-actions"},
        ),
        (
            "check_run",
            sent(
                "rerequested", check_run={"head_sha": HEAD, "name": "handoff", "app": {"id": APP}}
            ),
            {"sha": HEAD, "lane": Lane.VERDICT, "forced": True},
        ),
        (
            "check_suite",
            sent("rerequested", check_suite={"head_sha": HEAD, "app": {"id": APP}}),
            {"sha": HEAD, "lane": Lane.VERDICT, "forced": True},
        ),
        (
            "check_run",
            sent(
                "completed",
                check_run={
                    "head_sha": HEAD,
                    "name": "ci",
                    "app": {"id": 1},
                    "check_suite": {"head_branch": "main"},
                },
            ),
            {"sha": HEAD, "matters": "checks", "evidence_name": "ci", "merged": True},
        ),
        (
            "check_suite",
            sent("completed", check_suite={"head_sha": HEAD, "head_branch": "x", "app": {"id": 1}}),
            {"sha": HEAD, "matters": "checks"},
        ),
        (
            "status",
            sent(sha=HEAD, context="ci", branches=[{"name": "x"}, {"name": "main"}]),
            {"sha": HEAD, "matters": "statuses", "evidence_name": "ci", "merged": True},
        ),
        (
            "check_run",
            sent(
                "requested_action",
                check_run={"head_sha": HEAD, "app": {"id": APP}},
                requested_action={"identifier": "other"},
            ),
            {"sha": HEAD, "matters": "checks", "ours": True},
        ),
        (
            "check_run",
            sent("completed", check_run={"head_sha": HEAD, "name": "handoff", "app": {"id": APP}}),
            {"sha": HEAD, "matters": "checks", "ours": True},
        ),
        (
            "status",
            sent(sha=HEAD, context="ci/old", state="failure"),
            {"sha": HEAD, "matters": "statuses", "evidence_name": "ci/old"},
        ),
        (
            "deployment_status",
            sent("created", deployment={"sha": HEAD, "environment": "staging"}),
            {"sha": HEAD, "matters": "deployments", "evidence_name": "staging"},
        ),
    ],
)
def test_evidence_wakes_by_its_commit(
    event: str, payload: dict[str, Any], fields: dict[str, Any]
) -> None:
    assert read(event, payload) == expected(event, payload.get("action"), **fields)


def test_a_button_is_what_the_person_would_have_written() -> None:
    run = {"head_sha": HEAD, "app": {"id": APP}}

    found = read(
        "check_run",
        sent("requested_action", check_run=run, requested_action={"identifier": "recheck"}),
    )

    assert found == expected(
        "check_run",
        "requested_action",
        sha=HEAD,
        lane=Lane.COMMAND,
        said=Said(
            key=f"button:{found.guid}",
            node_id="",
            body="/handoff recheck",
            by_id=31,
            by_login="ana",
            by_type="User",
            created_at=found.received_at,
            updated_at=found.received_at,
            commit_sha=HEAD,
            sender_id=31,
        ),
    )


def at(number: object, repo: int, sha: str = HEAD) -> dict[str, object]:
    return {"number": number, "head": {"sha": sha}, "base": {"repo": {"id": repo}}}


@pytest.mark.parametrize("event", ["check_run", "check_suite"])
def test_the_repositorys_own_pull_requests_at_a_commit_are_kept(event: str) -> None:
    mine = expected(event, "completed").repo
    assert mine is not None
    named = [at(3, mine.id), at(4, mine.id + 1), at(5, mine.id, BASE), at(None, mine.id), 6]
    thing = {"head_sha": HEAD, "app": {"id": 1, "slug": "s"}, "pull_requests": named}

    assert read(event, sent("completed", **{event: thing})).beside == (3,)


@pytest.mark.parametrize(
    ("action", "control"),
    [("checks_requested", Control.GROUP), ("destroyed", Control.GROUP_GONE)],
)
def test_merge_groups_come_and_go(action: str, control: Control) -> None:
    ref = "refs/heads/gh-readonly-queue/main/pr-118-" + BASE
    group = {"head_sha": HEAD, "head_ref": ref, "base_ref": "refs/heads/main", "base_sha": BASE}

    assert read("merge_group", sent(action, merge_group=group)) == expected(
        "merge_group",
        action,
        group=HEAD,
        group_ref=ref,
        group_base="refs/heads/main",
        group_from=BASE,
        lane=Lane.VERDICT,
        control=control,
    )


# ── pushes ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("branch", "control"), [("main", Control.POLICY_PUSH), ("release/1", Control.NONE)]
)
def test_a_push_tells_which_branch_moved(branch: str, control: Control) -> None:
    read_push = read("push", sent(ref=f"refs/heads/{branch}", commits=[]))

    assert read_push == expected(
        "push", None, base_ref=branch, control=control, matters="base", lane=Lane.SWEEP
    )


# ── what changes our own tables ───────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("event", "payload", "control"),
    [
        ("push", sent(ref="refs/tags/main"), Control.NONE),
        ("repository", sent("renamed"), Control.RENAME),
        ("repository", sent("transferred"), Control.RENAME),
        ("repository", sent("archived"), Control.ARCHIVE),
        ("repository", sent("unarchived"), Control.UNARCHIVE),
        ("repository", sent("deleted"), Control.REMOVE_REPOSITORY),
        ("repository", sent("edited", changes={"default_branch": {}}), Control.POLICY_PUSH),
        ("repository", sent("edited", changes={"topics": {}}), Control.NONE),
        ("repository", sent("privatized"), Control.NONE),
        ("team", sent("edited"), Control.FORGET_PEOPLE),
        ("membership", sent("added"), Control.FORGET_PEOPLE),
        ("member", sent("removed"), Control.FORGET_PEOPLE),
        ("organization", sent("member_added"), Control.FORGET_PEOPLE),
        ("installation", sent("created"), Control.INSTALL),
        ("installation", sent("new_permissions_accepted"), Control.REPOSITORIES),
        ("installation", sent("deleted"), Control.UNINSTALL),
        ("installation", sent("suspend"), Control.SUSPEND),
        ("installation", sent("unsuspend"), Control.UNSUSPEND),
        ("installation", sent("never_heard_of"), Control.NONE),
        ("github_app_authorization", sent("revoked"), Control.NONE),
        ("ping", sent(), Control.NONE),
        ("never_heard_of", sent("opened", number=118, sha=HEAD), Control.NONE),
    ],
)
def test_control_events_wake_no_pull_request(
    event: str, payload: dict[str, Any], control: Control
) -> None:
    assert read(event, payload) == expected(event, payload.get("action"), control=control)


def test_an_installation_names_its_account_with_its_repositories() -> None:
    payload = {
        "action": "created",
        "installation": {"id": 5, "account": {"login": "acme"}},
        "repositories": [{"id": 7, "full_name": "acme/shop"}, {"id": 8}, None, 3],
    }

    found = read("installation", payload)

    assert (found.account, found.repos) == ("acme", (RepoSeen(id=7, full_name="acme/shop"),))
