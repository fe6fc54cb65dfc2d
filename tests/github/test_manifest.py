from __future__ import annotations

from bot.github.manifest import EVENTS, PERMISSIONS, app_manifest, permissions_table


def test_the_manifest_asks_for_what_is_not_optional_and_nothing_else() -> None:
    manifest = app_manifest()

    assert manifest["default_permissions"] == {
        "metadata": "read",
        "contents": "read",
        "checks": "write",
        "pull_requests": "write",
        "issues": "read",
        "statuses": "read",
        "merge_queues": "read",
        "actions": "read",
        "members": "read",
    }
    assert manifest["default_events"] == [
        "pull_request",
        "pull_request_review",
        "pull_request_review_comment",
        "issue_comment",
        "check_run",
        "check_suite",
        "status",
        "merge_group",
        "push",
        "repository",
        "team",
        "membership",
        "member",
        "organization",
    ]
    assert manifest["public"] is False
    assert manifest["hook_attributes"] == {"url": "https://HOST/webhook", "active": True}


def test_every_event_stands_on_a_permission_that_is_asked_for_as_readily() -> None:
    asked = {one.name: one.optional for one in reversed(PERMISSIONS)}

    for event in EVENTS:
        if not event.sent_anyway:
            assert asked[event.needs] is event.optional, event.name


def test_the_table_has_a_row_per_permission_and_names_every_subscribed_event() -> None:
    table = permissions_table()

    assert table.startswith("| Permission | Level | Why | Without it |\n|---|---|---|---|\n")
    assert table.count("\n| ") == len(PERMISSIONS)
    assert "| issues, *optional* | write |" in table
    assert "| members (organisation) | read |" in table
    assert table.endswith("`organization`; *optional*: `deployment_status`.\n")
    assert "`installation`" not in table


def test_each_row_says_why_and_what_happens_without() -> None:
    assert [one.name for one in PERMISSIONS if not (one.why and one.without)] == []
    assert [one.name for one in EVENTS if not one.why] == []
