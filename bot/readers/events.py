"""What one webhook delivery says: a few fields of its payload, read without ever failing."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeAlias

from bot.model.arrival import Arrival, Control, HeadSeen, RepoSeen, Said
from bot.model.wake import Lane

_Json: TypeAlias = Mapping[str, object]
_Reader: TypeAlias = Callable[[Arrival, _Json, int], Arrival]

# GitHub takes 65,536 characters of comment; the inbox keeps no more.
_BODY_LIMIT = 65_536
# Longer than any name, reference or node id that GitHub makes.
_TEXT_LIMIT = 1024
# More pull requests at one commit than anybody opens.
_BESIDE_LIMIT = 100
# What both stores hold in one column.
_WHOLE_LIMIT = 2**63

_NOTHING: _Json = {}
_SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_FULL_NAME = re.compile(r"[A-Za-z0-9._-]{1,100}/[A-Za-z0-9._-]{1,100}")
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
    data = payload if isinstance(payload, dict) else _NOTHING
    repo = _repo(_object(data, "repository"))
    account = _text(_object(data, "organization"), "login")
    bare = Arrival(
        guid=guid,
        event=event,
        action=_text(data, "action"),
        received_at=received_at,
        installation_id=_whole(_object(data, "installation"), "id"),
        account=account or (repo.full_name.partition("/")[0] if repo else None),
        repo=repo,
    )
    reader = _READERS.get(event)
    return bare if reader is None else reader(bare, data, app_id)


# ── pull requests and what is said on them ────────────────────────────────────────────────────

_JUDGED_ANEW = frozenset({"opened", "reopened", "synchronize", "ready_for_review"})
_PULL_MATTERS = {
    "labeled": "labels",
    "unlabeled": "labels",
    "review_requested": "reviews",
    "review_request_removed": "reviews",
    "converted_to_draft": "draft",
    "ready_for_review": "draft",
}


def _pull_request(bare: Arrival, data: _Json, _app_id: int) -> Arrival:
    pull = _object(data, "pull_request")
    number = _whole(data, "number") or _whole(pull, "number")
    if number is None:
        return bare
    matters, lane = _PULL_MATTERS.get(bare.action or "", "always"), Lane.UPDATE
    if bare.action in _JUDGED_ANEW:
        lane = Lane.VERDICT
    if bare.action == "edited":
        matters, lane = _edited(_object(data, "changes"))
    return replace(bare, number=number, lane=lane, matters=matters, head=_head(number, pull))


def _edited(changes: _Json) -> tuple[str, Lane]:
    if "base" in changes:
        return "always", Lane.VERDICT
    words = changes.keys() & {"title", "body"}
    return ("text" if words else "always"), Lane.UPDATE


def _head(number: int, pull: _Json) -> HeadSeen | None:
    head, base = _object(pull, "head"), _object(pull, "base")
    sha, base_sha = _sha(head, "sha"), _sha(base, "sha")
    base_ref, updated_at = _text(base, "ref"), _moment(pull, "updated_at")
    if sha is None or base_sha is None or base_ref is None or updated_at is None:
        return None
    # A deleted fork has no repository any more; it was another one all the same.
    home = _whole(_object(head, "repo"), "id")
    return HeadSeen(
        number=number,
        sha=sha,
        base_ref=base_ref,
        base_sha=base_sha,
        fork=home is None or home != _whole(_object(base, "repo"), "id"),
        open=pull.get("state") == "open",
        updated_at=updated_at,
    )


def _issue_comment(bare: Arrival, data: _Json, app_id: int) -> Arrival:
    issue, comment = _object(data, "issue"), _object(data, "comment")
    number = _whole(issue, "number")
    if number is None or not isinstance(issue.get("pull_request"), dict):
        return bare
    here = replace(bare, number=number, matters="comments")
    via = _whole(_object(comment, "performed_via_github_app"), "id")
    # Where GitHub leaves out the App, the store still knows our own comments by their id.
    by_us = _object(comment, "user").get("type") != "User" and via in (app_id, None)
    if by_us and bare.action == "deleted":
        return replace(here, control=Control.COMMENT_GONE, comment_id=_whole(comment, "id"))
    if by_us and via == app_id:
        return replace(here, ours=True, comment_id=_whole(comment, "id"))
    return _heard(here, _said(here, "comment", comment, data))


def _review(bare: Arrival, data: _Json, _app_id: int) -> Arrival:
    here = _on_pull(bare, data, "reviews")
    return _heard(here, _said(here, "review", _object(data, "review"), data))


def _line_comment(bare: Arrival, data: _Json, _app_id: int) -> Arrival:
    here = _on_pull(bare, data, "comments")
    return _heard(here, _said(here, "line", _object(data, "comment"), data))


def _on_pull(bare: Arrival, data: _Json, matters: str) -> Arrival:
    return replace(bare, number=_whole(_object(data, "pull_request"), "number"), matters=matters)


def _heard(here: Arrival, said: Said | None) -> Arrival:
    if said is None or here.number is None:
        return here
    return replace(here, said=said, lane=Lane.COMMAND, matters="always")


def _said(here: Arrival, kind: str, thing: _Json, data: _Json) -> Said | None:
    """What may carry a command: new or edited, by a person. Bots are never obeyed."""
    before = _body(_object(_object(data, "changes"), "body"), "from")
    body, user = _body(thing, "body"), _object(thing, "user")
    if body is None or _COMMAND not in body.lower() or user.get("type") != "User":
        return None
    if here.action not in ("created", "submitted") and (here.action != "edited" or before is None):
        return None
    id_, by_id, login = _whole(thing, "id"), _whole(user, "id"), _text(user, "login")
    created_at = _moment(thing, "created_at") or _moment(thing, "submitted_at")
    if id_ is None or by_id is None or login is None or created_at is None:
        return None
    unedited_at = created_at if here.action != "edited" else here.received_at
    return Said(
        key=f"{kind}:{id_}",
        node_id=_text(thing, "node_id") or "",
        body=body,
        by_id=by_id,
        by_login=login,
        by_type="User",
        created_at=created_at,
        updated_at=_moment(thing, "updated_at") or unedited_at,
        through_app=_text(_object(thing, "performed_via_github_app"), "slug"),
        commit_sha=_sha(thing, "original_commit_id") or _sha(thing, "commit_id"),
        before=before,
        sender_id=_whole(_object(data, "sender"), "id") or 0,
        in_thread=id_ if kind == "line" else None,
    )


# ── evidence ──────────────────────────────────────────────────────────────────────────────────


def _check_run(bare: Arrival, data: _Json, app_id: int) -> Arrival:
    return _check(bare, data, _object(data, "check_run"), app_id)


def _check_suite(bare: Arrival, data: _Json, app_id: int) -> Arrival:
    here = _check(bare, data, _object(data, "check_suite"), app_id)
    # Its runs have told what they proved; what they leave behind is there when all have ended.
    ended = bare.action == "completed" and here.evidence_app == "github-actions"
    return replace(here, matters="artifacts") if ended else here


def _check(bare: Arrival, data: _Json, thing: _Json, app_id: int) -> Arrival:
    app = _object(thing, "app")
    sha = _sha(thing, "head_sha")
    here = replace(bare, sha=sha, matters="checks", beside=_beside(bare, thing, sha))
    if _whole(app, "id") != app_id:
        name, slug = _text(thing, "name"), _text(app, "slug")
        # Of a fork's head GitHub names no branch, so a default branch is the repository's own.
        suite = _object(thing, "check_suite") or thing
        merged = _is_default(bare, _text(suite, "head_branch"))
        return replace(here, evidence_name=name, evidence_app=slug, merged=merged)
    if bare.action == "rerequested":
        return replace(here, lane=Lane.VERDICT, matters="always", forced=True)
    said = _pressed(here, data) if bare.action == "requested_action" else None
    if said is None:
        return replace(here, ours=True)
    return replace(here, said=said, lane=Lane.COMMAND, matters="always")


def _beside(bare: Arrival, thing: _Json, sha: str | None) -> tuple[int, ...]:
    """The repository's own pull requests at the commit; of a fork's GitHub names none."""
    return tuple(
        number
        for one in _list(thing, "pull_requests")[:_BESIDE_LIMIT]
        if (number := _whole(one, "number")) is not None
        and bare.repo is not None
        and _whole(_object(_object(one, "base"), "repo"), "id") == bare.repo.id
        and _sha(_object(one, "head"), "sha") == sha
    )


def _pressed(here: Arrival, data: _Json) -> Said | None:
    """A button pressed, as the command that the person would have written."""
    sender = _object(data, "sender")
    body = _BUTTONS.get(_text(_object(data, "requested_action"), "identifier") or "")
    by_id, login = _whole(sender, "id"), _text(sender, "login")
    if body is None or by_id is None or login is None:
        return None
    return Said(
        key=f"button:{here.guid}",
        node_id="",
        body=body,
        by_id=by_id,
        by_login=login,
        by_type=_text(sender, "type") or "",
        created_at=here.received_at,
        updated_at=here.received_at,
        commit_sha=here.sha,
        sender_id=by_id,
    )


def _status(bare: Arrival, data: _Json, _app_id: int) -> Arrival:
    name = _text(data, "context")
    merged = any(_is_default(bare, _text(one, "name")) for one in _list(data, "branches"))
    sha = _sha(data, "sha")
    return replace(bare, sha=sha, matters="statuses", evidence_name=name, merged=merged)


def _is_default(bare: Arrival, branch: str | None) -> bool:
    return branch is not None and bare.repo is not None and branch == bare.repo.default_branch


def _deployment_status(bare: Arrival, data: _Json, _app_id: int) -> Arrival:
    deployment = _object(data, "deployment")
    name = _text(deployment, "environment")
    sha = _sha(deployment, "sha")
    return replace(bare, sha=sha, matters="deployments", evidence_name=name)


def _merge_group(bare: Arrival, data: _Json, _app_id: int) -> Arrival:
    controls = {"checks_requested": Control.GROUP, "destroyed": Control.GROUP_GONE}
    group = _object(data, "merge_group")
    sha, control = _sha(group, "head_sha"), controls.get(bare.action or "")
    if sha is None or control is None:
        return bare
    return replace(
        bare,
        group=sha,
        group_ref=_text(group, "head_ref"),
        group_base=_text(group, "base_ref"),
        group_from=_sha(group, "base_sha"),
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


def _push(bare: Arrival, data: _Json, _app_id: int) -> Arrival:
    """Any push to a branch: what is merged into it may stand otherwise now, and on the default
    branch the policy may be another; the payload's list of commits may be incomplete."""
    ref = _text(data, "ref") or ""
    branch = ref.removeprefix("refs/heads/")
    if bare.repo is None or branch == ref:
        return bare
    default = bare.repo.default_branch or branch
    control = Control.POLICY_PUSH if branch == default else Control.NONE
    return replace(bare, control=control, base_ref=branch, matters="base", lane=Lane.SWEEP)


def _repository(bare: Arrival, data: _Json, _app_id: int) -> Arrival:
    control = _REPOSITORY.get(bare.action or "", Control.NONE)
    if bare.action == "edited" and "default_branch" in _object(data, "changes"):
        # The policy is read from another branch from now on.
        control = Control.POLICY_PUSH
    return replace(bare, control=control) if bare.repo else bare


def _people(bare: Arrival, _data: _Json, _app_id: int) -> Arrival:
    return replace(bare, control=Control.FORGET_PEOPLE)


def _installation(bare: Arrival, data: _Json, _app_id: int) -> Arrival:
    control = _INSTALLATION.get(bare.action or "", Control.NONE)
    repos = _repos(data, "repositories")
    return replace(bare, account=_owner(bare, data), control=control, repos=repos)


def _installation_repositories(bare: Arrival, data: _Json, _app_id: int) -> Arrival:
    gone = _list(data, "repositories_removed")
    return replace(
        bare,
        account=_owner(bare, data),
        control=Control.REPOSITORIES,
        repos=_repos(data, "repositories_added"),
        repos_removed=tuple(id_ for one in gone if (id_ := _whole(one, "id")) is not None),
    )


def _installation_target(bare: Arrival, data: _Json, _app_id: int) -> Arrival:
    """An account was renamed: its installation goes by the new login."""
    login = _text(_object(data, "account"), "login")
    return replace(bare, account=login or bare.account)


def _owner(bare: Arrival, data: _Json) -> str | None:
    account = _object(_object(data, "installation"), "account")
    return _text(account, "login") or bare.account


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


# ── fields: None where there is none, or not one of the right kind ────────────────────────────


def _object(data: _Json, key: str) -> _Json:
    value = data.get(key)
    return value if isinstance(value, dict) else _NOTHING


def _list(data: _Json, key: str) -> list[_Json]:
    value = data.get(key)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _text(data: _Json, key: str) -> str | None:
    value = data.get(key)
    if not isinstance(value, str) or len(value) > _TEXT_LIMIT:
        return None
    return value if _storable(value) else None


def _body(data: _Json, key: str) -> str | None:
    value = data.get(key)
    if not isinstance(value, str):
        return None
    body = value[:_BODY_LIMIT]
    return body if _storable(body) else body.encode(errors="replace").decode()


def _storable(value: str) -> bool:
    """JSON can hold halves of characters, which no database takes."""
    return value.isascii() or not any("\ud800" <= char <= "\udfff" for char in value)


def _whole(data: _Json, key: str) -> int | None:
    value = data.get(key)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value < _WHOLE_LIMIT else None


def _sha(data: _Json, key: str) -> str | None:
    """A commit id; GitHub writes zeros where there is none."""
    value = data.get(key)
    if not isinstance(value, str) or not _SHA.fullmatch(value):
        return None
    return value if value.strip("0") else None


def _moment(data: _Json, key: str) -> datetime | None:
    value = data.get(key)
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _repo(data: _Json) -> RepoSeen | None:
    id_, name = _whole(data, "id"), _text(data, "full_name")
    if id_ is None or name is None or not _FULL_NAME.fullmatch(name):
        return None
    return RepoSeen(id=id_, full_name=name, default_branch=_text(data, "default_branch"))


def _repos(data: _Json, key: str) -> tuple[RepoSeen, ...]:
    found = (_repo(one) for one in _list(data, key))
    return tuple(one for one in found if one is not None)
