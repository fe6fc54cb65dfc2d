"""The one table of what the App may do and hears of, why, and what happens without it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """One permission; an optional one is not in the manifest and used where it is granted."""

    name: str
    level: str
    why: str
    without: str
    optional: bool = False
    organisation: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event with what it is for; `sent_anyway`: GitHub sends it without a subscription."""

    name: str
    why: str
    needs: str
    optional: bool = False
    sent_anyway: bool = False


PERMISSIONS = (
    Permission(
        name="metadata",
        level="read",
        why="every App has it: repository, labels, permission of a person",
        without="the installation is unusable",
    ),
    Permission(
        name="contents",
        level="read",
        why="policy, CODEOWNERS, file contents, commits; the push event",
        without="the installation is unusable",
    ),
    Permission(
        name="checks",
        level="write",
        why="its own check run, check runs of other Apps, the re-run button",
        without="the installation is unusable",
    ),
    Permission(
        name="pull_requests",
        level="write",
        why="facts and files of pull requests, comments and reactions on them, review requests",
        without="the check only: no comment, no request, and the report says so",
    ),
    Permission(
        name="issues",
        level="read",
        why="the issue_comment event, which needs it even for comments on pull requests",
        without="no slash commands",
    ),
    Permission(
        name="statuses",
        level="read",
        why="commit statuses as evidence",
        without="evidence by commit status is unknown; check runs are read all the same",
    ),
    Permission(
        name="merge_queues",
        level="read",
        why="the merge_group event",
        without="a required check is never reported in a merge queue",
    ),
    Permission(
        name="actions",
        level="read",
        why="the workflow file behind a check run, reports of tests and coverage",
        without="a check pinned to its workflow is unknown, and so is every report",
    ),
    Permission(
        name="members",
        level="read",
        why="teams as roles, team events",
        without="roles that name teams cannot be resolved",
        organisation=True,
    ),
    Permission(
        name="issues",
        level="write",
        why="returns and digests as issues",
        without="a return is one comment on the pull request",
        optional=True,
    ),
    Permission(
        name="deployments",
        level="read",
        why="deployments as evidence, the deployment_status event",
        without="evidence by deployment is unknown",
        optional=True,
    ),
)

EVENTS = (
    Event(name="pull_request", why="the main signal: every change wakes", needs="pull_requests"),
    Event(name="pull_request_review", why="approvals and commands", needs="pull_requests"),
    Event(
        name="pull_request_review_comment", why="commands in line comments", needs="pull_requests"
    ),
    Event(name="issue_comment", why="commands", needs="issues"),
    Event(name="check_run", why="CI evidence, the buttons of our check", needs="checks"),
    Event(name="check_suite", why="CI evidence, re-run of all checks", needs="checks"),
    Event(name="status", why="CI evidence by commit status", needs="statuses"),
    Event(name="merge_group", why="merge queue", needs="merge_queues"),
    Event(name="push", why="the policy has changed", needs="contents"),
    Event(name="repository", why="renamed, transferred, archived, deleted", needs="metadata"),
    Event(name="team", why="who is in a role", needs="members"),
    Event(name="membership", why="who is in a role", needs="members"),
    Event(name="member", why="who may do what", needs="metadata"),
    Event(name="organization", why="who belongs to it", needs="members"),
    Event(
        name="deployment_status", why="deployments as evidence", needs="deployments", optional=True
    ),
    Event(name="installation", why="which installations live", needs="", sent_anyway=True),
    Event(
        name="installation_repositories",
        why="which repositories it covers",
        needs="",
        sent_anyway=True,
    ),
    Event(name="installation_target", why="a renamed account", needs="", sent_anyway=True),
    Event(
        name="github_app_authorization",
        why="a person took back what they allowed",
        needs="",
        sent_anyway=True,
    ),
)

_PLACE = "https://HOST"


def default_permissions() -> Mapping[str, str]:
    """What every installation is asked for."""
    return {one.name: one.level for one in PERMISSIONS if not one.optional}


def optional_permissions() -> Mapping[str, str]:
    """What is used where an operator has added it."""
    return {one.name: one.level for one in PERMISSIONS if one.optional}


def default_events() -> tuple[str, ...]:
    """What the App subscribes to."""
    return tuple(one.name for one in EVENTS if not one.optional and not one.sent_anyway)


def app_manifest() -> dict[str, Any]:
    """The App as GitHub is asked to make it; `https://HOST` stands for the server's address."""
    return {
        "name": "Handoff",
        "url": _PLACE,
        "description": "Holds a pull request until what its handoff checklist promises is true.",
        "public": False,
        "hook_attributes": {"url": f"{_PLACE}/webhook", "active": True},
        "redirect_url": f"{_PLACE}/setup/created",
        "setup_url": f"{_PLACE}/setup/installed",
        "setup_on_update": True,
        "request_oauth_on_install": False,
        "default_permissions": dict(default_permissions()),
        "default_events": list(default_events()),
    }


def permissions_table() -> str:
    """The table for the README, as markdown."""
    rows = ["| Permission | Level | Why | Without it |", "|---|---|---|---|"]
    for one in PERMISSIONS:
        name = f"{one.name} (organisation)" if one.organisation else one.name
        name += ", *optional*" if one.optional else ""
        rows.append(f"| {name} | {one.level} | {one.why} | {one.without} |")
    events = ", ".join(f"`{name}`" for name in default_events())
    optional = ", ".join(f"`{one.name}`" for one in EVENTS if one.optional)
    return "\n".join([*rows, "", f"Events: {events}; *optional*: {optional}."]) + "\n"
