"""Merge groups: which pull requests one contains, and what CI says of their union."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bot.errors import Gone
from bot.github.facts import Json, checks_of, part, policy_of, whole
from bot.github.place import moment
from bot.github.pull import CHECKS_AT_MOST, all_nodes
from bot.github.queries import (
    MERGE_GROUP,
    MORE_GROUP_CONTEXTS,
    ORGANISATION_PATH,
    POLICY_PATH,
)
from bot.model.facts import CheckRun, Facts, Person
from bot.model.known import Known, Unknown
from bot.model.look import NO_ORGANISATION_SEEN, GroupMember, GroupOutline, PolicyFile

if TYPE_CHECKING:
    from datetime import datetime

    from bot.github.place import Look, Place
    from bot.model.claim import Claim

CANNOT_TELL = Unknown("cannot tell which pull requests this group contains")
_QUEUE = re.compile(r"(?:refs/heads/)?gh-readonly-queue/(?P<branch>.+)/pr-(?P<number>\d+)-[^/]*")
_NO_DIFF = Unknown("a merge group has no diff of its own")


async def group_outline(place: Place, claim: Claim, own_app: int, now: datetime) -> GroupOutline:
    """The group of the claim as the queue shows it now. Raises Gone when there is none."""
    sha = claim.subject.group
    named = _QUEUE.fullmatch(claim.expect.get("ref", ""))
    branch = claim.expect.get("base", "").removeprefix("refs/heads/")
    if not branch and named is not None:
        branch = named["branch"]
    asked = place.may("actions")
    look = await place.ask_widely(MERGE_GROUP, branch=branch, sha=sha, workflow=asked)
    repository = look.must("repository")
    commit = repository.get("group")
    if not isinstance(commit, dict) or commit.get("oid") != sha:
        raise Gone(f"there is no merge group {sha[:7]} any more")
    last = int(named["number"]) if named is not None else None
    checks = await _checks(place, look, commit, own_app)
    return GroupOutline(
        members=part(
            look,
            CANNOT_TELL.reason,
            ("repository", "mergeQueue"),
            lambda: _members(repository, sha, claim.expect.get("from", ""), last),
        ),
        facts=_facts(place, repository, (commit, branch, checks), now),
        repository=own_policy(look),
        organisation=organisation_policy(look),
    )


def own_policy(look: Look) -> Known[PolicyFile]:
    """The repository's policy file on its default branch."""
    repository = look.must("repository")
    return part(
        look, POLICY_PATH, ("repository", "policy"), lambda: policy_of(repository, POLICY_PATH)
    )


def organisation_policy(look: Look) -> Known[PolicyFile]:
    """The organisation's layer. Only a readable repository without the file has none: one that
    cannot be seen may have left the installation, and its last good copy must stay in force."""
    repository = look.data.get("organisation")
    error = look.error("organisation")
    if repository is None and error is None:
        return Unknown("GitHub does not tell about the organisation's .github repository")
    if repository is None and error is not None and error.type == "NOT_FOUND":
        return NO_ORGANISATION_SEEN
    return part(
        look,
        "the organisation's policy",
        ("organisation",),
        lambda: policy_of(repository or {}, ORGANISATION_PATH),
    )


def _members(
    repository: Json, sha: str, base: str, last: int | None
) -> Known[tuple[GroupMember, ...]]:
    """Entries up to the one whose head commit is the group's, which its branch must name; those
    that stand below the group's base are a group of their own."""
    queue = repository["mergeQueue"]
    if queue is None:
        return CANNOT_TELL
    members: list[GroupMember] = []
    for entry in sorted(queue["entries"]["nodes"], key=_position):
        pull = entry["pullRequest"]
        members.append(GroupMember(number=pull["number"], head_sha=pull["headRefOid"]))
        head = (entry["headCommit"] or {}).get("oid")
        if head is not None and head == base:
            members.clear()
        if head == sha:
            return tuple(members) if pull["number"] == last else CANNOT_TELL
    return CANNOT_TELL


def _position(entry: Mapping[str, Any]) -> int:
    position: int = entry["position"]
    return position


async def checks_at(place: Place, sha: str, own_app: int) -> Known[tuple[CheckRun, ...]]:
    """What CI says of a commit of the repository."""
    asked = place.may("actions")
    look = await place.ask_repository(MORE_GROUP_CONTEXTS, sha=sha, cursor=None, workflow=asked)
    return await _checks(place, look, look.must("repository").get("group") or {}, own_app)


async def _checks(
    place: Place, look: Look, commit: Json, own_app: int
) -> Known[tuple[CheckRun, ...]]:
    asked = place.may("actions")
    path = ("repository", "group")
    if "statusCheckRollup" in commit and commit["statusCheckRollup"] is None:
        return part(look, "the group's checks", path, lambda: ())

    async def more(cursor: str) -> Any:
        page = await place.ask_repository(
            MORE_GROUP_CONTEXTS, sha=commit["oid"], cursor=cursor, workflow=asked
        )
        if page.errors:
            raise KeyError(page.errors[0].message)
        return page.must("repository", "group", "statusCheckRollup", "contexts")

    contexts = (commit.get("statusCheckRollup") or {}).get("contexts")
    nodes = await all_nodes(contexts, "checks", more, CHECKS_AT_MOST)
    if isinstance(nodes, Unknown):
        return nodes
    return part(look, "the group's checks", path, lambda: checks_of(nodes, own_app, workflow=asked))


def _facts(
    place: Place,
    repository: Json,
    group: tuple[Json, str, Known[tuple[CheckRun, ...]]],
    now: datetime,
) -> Facts:
    commit, branch, checks = group
    default = repository.get("defaultBranchRef") or {}
    made = whole("the group", lambda: moment(commit["committedDate"]))
    since = now if isinstance(made, Unknown) else min(made, now)
    return Facts(
        repo_id=place.repo_id,
        repo=repository["nameWithOwner"],
        number=None,
        base_sha=(default.get("target") or {}).get("oid") or "",
        head_sha=commit["oid"],
        base_ref=branch,
        default_branch=default.get("name") or "",
        author=Person(id=0, login="merge queue", bot=True),
        title=f"Merge group of {branch}",
        labels=_NO_DIFF,
        draft=False,
        open=True,
        from_fork=False,
        opened_at=since,
        head_since=since,
        taken_at=now,
        changes=_NO_DIFF,
        checks=checks,
    )
