"""What one webhook delivery says: a few fields of its payload, read without ever failing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeAlias

from bot.model.arrival import Arrival, Control, HeadSeen, Said
from bot.model.wake import Lane
from bot.readers.boxes import toggled
from bot.readers.payload import (
    NOTHING,
    Json,
    body_of,
    mapping_of,
    mappings_of,
    moment_of,
    repo_of,
    repos_of,
    sha_of,
    text_of,
    whole_of,
)

_Reader: TypeAlias = Callable[[Arrival, Json, int], Arrival]

# More pull requests at one commit than anybody opens.
_BESIDE_LIMIT = 100

_COMMAND = "/handoff"
# The buttons under our check say what a comment would; each is a person's word.
_BUTTONS = {name: f"/handoff {name}" for name in ("recheck", "ready", "ack")}


def arrive(
    event: str, payload: object, *, guid: str, received_at: datetime, app_id: int
) -> Arrival:
    """The delivery reduced to what routing and judging need; never raises, whatever the JSON.

    A field that is absent, null or of another type than GitHub's counts as missing. An event that
    is not known wakes nothing.
    """
    data = payload if isinstance(payload, dict) else NOTHING
    repo = repo_of(mapping_of(data, "repository"))
    account = text_of(mapping_of(data, "organization"), "login")
    bare = Arrival(
        guid=guid,
        event=event,
        action=text_of(data, "action"),
        received_at=received_at,
        installation_id=whole_of(mapping_of(data, "installation"), "id"),
        account=account or (repo.full_name.partition("/")[0] if repo else None),
        repo=repo,
    )
    reader = _READERS.get(event)
    return bare if reader is None else reader(bare, data, app_id)


# ── pull requests and what is said on them ────────────────────────────────────────────────────

_SAID, _CHANGED = frozenset({"created", "submitted"}), frozenset({"edited", "deleted"})
# Bots too: what a workflow pushes may be written in anybody's name.
_PUSH = frozenset({"User", "Bot"})
_JUDGED_ANEW = frozenset({"opened", "reopened", "synchronize", "ready_for_review"})
_PULL_MATTERS = {
    "labeled": "labels",
    "unlabeled": "labels",
    "review_requested": "reviews",
    "review_request_removed": "reviews",
    "converted_to_draft": "draft",
    "ready_for_review": "draft",
}


def _pull_request(bare: Arrival, data: Json, _app_id: int) -> Arrival:
    pull = mapping_of(data, "pull_request")
    number = whole_of(data, "number") or whole_of(pull, "number")
    if number is None:
        return bare
    matters, lane = _PULL_MATTERS.get(bare.action or "", "always"), Lane.UPDATE
    if bare.action in _JUDGED_ANEW:
        lane = Lane.VERDICT
    if bare.action == "edited":
        matters, lane = _edited(mapping_of(data, "changes"))
    here = replace(bare, number=number, lane=lane, matters=matters, head=_head(number, pull))
    if bare.action == "synchronize":
        head = here.head and replace(here.head, before=sha_of(data, "before"))
        return replace(here, head=head, pushed=_pushed(here, data))
    boxes = _boxes(here, pull, data) if bare.action == "edited" else None
    return here if boxes is None else replace(here, said=boxes, matters="always")


def _pushed(here: Arrival, data: Json) -> dict[str, str]:
    sender, before = mapping_of(data, "sender"), sha_of(data, "before")
    by_id, login = whole_of(sender, "id"), text_of(sender, "login")
    if here.head is None or before is None or by_id is None or sender.get("type") not in _PUSH:
        return {}
    return {f"by:{by_id}": f"{login} {before} {here.head.sha}"}


def _boxes(here: Arrival, pull: Json, data: Json) -> Said | None:
    """Boxes of the description that a person ticked or unticked, a line each."""
    before = body_of(mapping_of(mapping_of(data, "changes"), "body"), "from")
    sender = mapping_of(data, "sender")
    by_id, login = whole_of(sender, "id"), text_of(sender, "login")
    lines = toggled(before, body_of(pull, "body") or "") if before is not None else ()
    if not lines or by_id is None or login is None or sender.get("type") != "User":
        return None
    return Said(
        key=f"box:{here.guid}",
        node_id="",
        body="\n".join(lines),
        by_id=by_id,
        by_login=login,
        by_type="User",
        created_at=moment_of(pull, "updated_at") or here.received_at,
        updated_at=moment_of(pull, "updated_at") or here.received_at,
        sender_id=by_id,
    )


def _edited(changes: Json) -> tuple[str, Lane]:
    if "base" in changes:
        return "always", Lane.VERDICT
    words = changes.keys() & {"title", "body"}
    return ("text" if words else "always"), Lane.UPDATE


def _head(number: int, pull: Json) -> HeadSeen | None:
    head, base = mapping_of(pull, "head"), mapping_of(pull, "base")
    sha, base_sha = sha_of(head, "sha"), sha_of(base, "sha")
    base_ref, updated_at = text_of(base, "ref"), moment_of(pull, "updated_at")
    if sha is None or base_sha is None or base_ref is None or updated_at is None:
        return None
    # A deleted fork has no repository any more; it was another one all the same.
    home = whole_of(mapping_of(head, "repo"), "id")
    return HeadSeen(
        number=number,
        sha=sha,
        base_ref=base_ref,
        base_sha=base_sha,
        fork=home is None or home != whole_of(mapping_of(base, "repo"), "id"),
        open=pull.get("state") == "open",
        updated_at=updated_at,
    )


def _issue_comment(bare: Arrival, data: Json, app_id: int) -> Arrival:
    issue, comment = mapping_of(data, "issue"), mapping_of(data, "comment")
    number = whole_of(issue, "number")
    if number is None or not isinstance(issue.get("pull_request"), dict):
        return bare
    here = replace(bare, number=number, matters="comments")
    via = whole_of(mapping_of(comment, "performed_via_github_app"), "id")
    # Where GitHub leaves out the App, the store still knows our own comments by their id.
    by_us = mapping_of(comment, "user").get("type") != "User" and via in (app_id, None)
    if by_us and bare.action == "deleted":
        return replace(here, control=Control.COMMENT_GONE, comment_id=whole_of(comment, "id"))
    if by_us and via == app_id:
        return replace(here, ours=True, comment_id=whole_of(comment, "id"))
    return _heard(here, _said(here, "comment", comment, data))


def _review(bare: Arrival, data: Json, _app_id: int) -> Arrival:
    here = _on_pull(bare, data, "reviews")
    return _heard(here, _said(here, "review", mapping_of(data, "review"), data))


def _line_comment(bare: Arrival, data: Json, _app_id: int) -> Arrival:
    here = _on_pull(bare, data, "comments")
    return _heard(here, _said(here, "line", mapping_of(data, "comment"), data))


def _on_pull(bare: Arrival, data: Json, matters: str) -> Arrival:
    return replace(
        bare, number=whole_of(mapping_of(data, "pull_request"), "number"), matters=matters
    )


def _heard(here: Arrival, said: Said | None) -> Arrival:
    if said is None or here.number is None:
        return here
    return replace(here, said=said, lane=Lane.COMMAND, matters="always")


def said_by(kind: str, thing: Json) -> Said | None:
    """What a listing of GitHub's shows, as the event of its making told it."""
    bare = Arrival(
        guid="", event="", action="created", received_at=datetime.min.replace(tzinfo=UTC)
    )
    return _said(bare, kind, thing, {})


def _said(here: Arrival, kind: str, thing: Json, data: Json) -> Said | None:
    """What may carry a command or did: new, edited or deleted, by a person. Bots are never
    obeyed."""
    before = body_of(mapping_of(mapping_of(data, "changes"), "body"), "from")
    body, user = body_of(thing, "body"), mapping_of(thing, "user")
    gone = here.action == "deleted"
    before, body = (body, "") if gone else (before, body)
    known = here.action in _CHANGED if before is not None else here.action in _SAID
    if body is None or not known or user.get("type") != "User":
        return None
    # What is deleted may have been edited before, and carried one then.
    if not gone and _COMMAND not in f"{before or ''} {body}".lower():
        return None
    id_, by_id, login = whole_of(thing, "id"), whole_of(user, "id"), text_of(user, "login")
    created_at = moment_of(thing, "created_at") or moment_of(thing, "submitted_at")
    if id_ is None or by_id is None or login is None or created_at is None:
        return None
    unedited_at = created_at if before is None else here.received_at
    sender = mapping_of(data, "sender")
    return Said(
        key=f"{kind}:{id_}",
        node_id=text_of(thing, "node_id") or "",
        body=body,
        by_id=by_id,
        by_login=login,
        by_type="User",
        created_at=created_at,
        updated_at=(None if gone else moment_of(thing, "updated_at")) or unedited_at,
        through_app=text_of(mapping_of(thing, "performed_via_github_app"), "slug"),
        commit_sha=sha_of(thing, "original_commit_id") or sha_of(thing, "commit_id"),
        before=before,
        sender_id=whole_of(sender, "id") or 0,
        in_thread=id_ if kind == "line" else None,
        gone=gone,
        changed_by="" if before is None else text_of(sender, "login") or "",
    )


# ── evidence ──────────────────────────────────────────────────────────────────────────────────


def _check_run(bare: Arrival, data: Json, app_id: int) -> Arrival:
    return _check(bare, data, mapping_of(data, "check_run"), app_id)


def _check_suite(bare: Arrival, data: Json, app_id: int) -> Arrival:
    here = _check(bare, data, mapping_of(data, "check_suite"), app_id)
    # Its runs have told what they proved; what they leave behind is there when all have ended.
    ended = bare.action == "completed" and here.evidence_app == "github-actions"
    return replace(here, matters="artifacts") if ended else here


def _check(bare: Arrival, data: Json, thing: Json, app_id: int) -> Arrival:
    app = mapping_of(thing, "app")
    sha = sha_of(thing, "head_sha")
    here = replace(bare, sha=sha, matters="checks", beside=_beside(bare, thing, sha))
    if whole_of(app, "id") != app_id:
        name, slug = text_of(thing, "name"), text_of(app, "slug")
        # Of a fork's head GitHub names no branch, so a default branch is the repository's own.
        suite = mapping_of(thing, "check_suite") or thing
        merged = _is_default(bare, text_of(suite, "head_branch"))
        return replace(here, evidence_name=name, evidence_app=slug, merged=merged)
    if bare.action == "rerequested":
        return replace(here, lane=Lane.VERDICT, matters="always", forced=True)
    said = _pressed(here, data) if bare.action == "requested_action" else None
    if said is None:
        return replace(here, ours=True)
    return replace(here, said=said, lane=Lane.COMMAND, matters="always")


def _beside(bare: Arrival, thing: Json, sha: str | None) -> tuple[int, ...]:
    """The repository's own pull requests at the commit; of a fork's GitHub names none."""
    return tuple(
        number
        for one in mappings_of(thing, "pull_requests")[:_BESIDE_LIMIT]
        if (number := whole_of(one, "number")) is not None
        and bare.repo is not None
        and whole_of(mapping_of(mapping_of(one, "base"), "repo"), "id") == bare.repo.id
        and sha_of(mapping_of(one, "head"), "sha") == sha
    )


def _pressed(here: Arrival, data: Json) -> Said | None:
    """A button pressed, as the command that the person would have written."""
    sender = mapping_of(data, "sender")
    body = _BUTTONS.get(text_of(mapping_of(data, "requested_action"), "identifier") or "")
    by_id, login = whole_of(sender, "id"), text_of(sender, "login")
    if body is None or by_id is None or login is None:
        return None
    return Said(
        key=f"button:{here.guid}",
        node_id="",
        body=body,
        by_id=by_id,
        by_login=login,
        by_type=text_of(sender, "type") or "",
        created_at=here.received_at,
        updated_at=here.received_at,
        commit_sha=here.sha,
        sender_id=by_id,
    )


def _status(bare: Arrival, data: Json, _app_id: int) -> Arrival:
    name = text_of(data, "context")
    merged = any(_is_default(bare, text_of(one, "name")) for one in mappings_of(data, "branches"))
    sha = sha_of(data, "sha")
    return replace(bare, sha=sha, matters="statuses", evidence_name=name, merged=merged)


def _is_default(bare: Arrival, branch: str | None) -> bool:
    return branch is not None and bare.repo is not None and branch == bare.repo.default_branch


def _deployment_status(bare: Arrival, data: Json, _app_id: int) -> Arrival:
    deployment = mapping_of(data, "deployment")
    name = text_of(deployment, "environment")
    sha = sha_of(deployment, "sha")
    return replace(bare, sha=sha, matters="deployments", evidence_name=name)


def _merge_group(bare: Arrival, data: Json, _app_id: int) -> Arrival:
    controls = {"checks_requested": Control.GROUP, "destroyed": Control.GROUP_GONE}
    group = mapping_of(data, "merge_group")
    sha, control = sha_of(group, "head_sha"), controls.get(bare.action or "")
    if sha is None or control is None:
        return bare
    return replace(
        bare,
        group=sha,
        group_ref=text_of(group, "head_ref"),
        group_base=text_of(group, "base_ref"),
        group_from=sha_of(group, "base_sha"),
        lane=Lane.VERDICT,
        control=control,
    )


# ── what changes our own tables ───────────────────────────────────────────────────────────────

_INSTALLATION = {
    "created": Control.INSTALL,
    # Evaluations may see more or less from now on; a suspension stays as it is.
    "new_permissions_accepted": Control.REPOSITORIES,
    "deleted": Control.UNINSTALL,
    "suspend": Control.SUSPEND,
    "unsuspend": Control.UNSUSPEND,
}
_REPOSITORY = {
    "renamed": Control.RENAME,
    "transferred": Control.RENAME,
    "archived": Control.ARCHIVE,
    "unarchived": Control.UNARCHIVE,
    "deleted": Control.REMOVE_REPOSITORY,
}


def _push(bare: Arrival, data: Json, _app_id: int) -> Arrival:
    """Any push to a branch: what is merged into it may stand otherwise now, and on the default
    branch the policy may be another; the payload's list of commits may be incomplete."""
    ref = text_of(data, "ref") or ""
    branch = ref.removeprefix("refs/heads/")
    if bare.repo is None or branch == ref:
        return bare
    default = bare.repo.default_branch or branch
    control = Control.POLICY_PUSH if branch == default else Control.NONE
    return replace(bare, control=control, base_ref=branch, matters="base", lane=Lane.SWEEP)


def _repository(bare: Arrival, data: Json, _app_id: int) -> Arrival:
    control = _REPOSITORY.get(bare.action or "", Control.NONE)
    if bare.action == "edited" and "default_branch" in mapping_of(data, "changes"):
        # The policy is read from another branch from now on.
        control = Control.POLICY_PUSH
    return replace(bare, control=control) if bare.repo else bare


def _people(bare: Arrival, _data: Json, _app_id: int) -> Arrival:
    return replace(bare, control=Control.FORGET_PEOPLE)


def _installation(bare: Arrival, data: Json, _app_id: int) -> Arrival:
    control = _INSTALLATION.get(bare.action or "", Control.NONE)
    repos = repos_of(data, "repositories")
    return replace(bare, account=_owner(bare, data), control=control, repos=repos)


def _installation_repositories(bare: Arrival, data: Json, _app_id: int) -> Arrival:
    gone = mappings_of(data, "repositories_removed")
    return replace(
        bare,
        account=_owner(bare, data),
        control=Control.REPOSITORIES,
        repos=repos_of(data, "repositories_added"),
        repos_removed=tuple(id_ for one in gone if (id_ := whole_of(one, "id")) is not None),
    )


def _installation_target(bare: Arrival, data: Json, _app_id: int) -> Arrival:
    """An account was renamed: its installation goes by the new login."""
    login = text_of(mapping_of(data, "account"), "login")
    return replace(bare, account=login or bare.account)


def _owner(bare: Arrival, data: Json) -> str | None:
    account = mapping_of(mapping_of(data, "installation"), "account")
    return text_of(account, "login") or bare.account


_READERS: Mapping[str, _Reader] = {
    "pull_request": _pull_request,
    "pull_request_review": _review,
    "pull_request_review_comment": _line_comment,
    "issue_comment": _issue_comment,
    "check_run": _check_run,
    "check_suite": _check_suite,
    "status": _status,
    "deployment_status": _deployment_status,
    "merge_group": _merge_group,
    "push": _push,
    "repository": _repository,
    "team": _people,
    "membership": _people,
    "member": _people,
    "organization": _people,
    "installation": _installation,
    "installation_repositories": _installation_repositories,
    "installation_target": _installation_target,
}

# Every event that GitHub may send us; the others share one label in the metrics.
EVENTS = frozenset({*_READERS, "github_app_authorization", "ping"})
