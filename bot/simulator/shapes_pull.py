"""REST's and the webhooks' JSON of pull requests and what is said on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.simulator import shapes
from bot.simulator.shapes import stamp
from bot.simulator.things import (
    Account,
    Comment,
    Json,
    Label,
    LineComment,
    Pull,
    Reaction,
    Repository,
    Review,
    Spoken,
)

if TYPE_CHECKING:
    from bot.simulator.base import Ground

WORDS = ("+1", "-1", "laugh", "confused", "heart", "hooray", "eyes", "rocket")


def label(world: Ground, repo: Repository, one: Label) -> Json:
    """`label`."""
    return {
        "id": one.id,
        "node_id": one.node_id,
        "url": f"{world.api}/repos/{repo.full_name}/labels/{one.name.replace(' ', '%20')}",
        "name": one.name,
        "color": one.color,
        "description": one.description,
        "default": False,
    }


def rollup(url: str, reactions: list[Reaction]) -> Json:
    """`reaction-rollup`."""
    counts = {word: sum(one.content == word for one in reactions) for word in WORDS}
    return {"url": url + "/reactions", "total_count": len(reactions), **counts}


def _addresses(world: Ground, pull: Pull) -> dict[str, str]:
    api = f"{world.api}/repos/{pull.repo.full_name}"
    web = f"{world.web}/{pull.repo.full_name}/pull/{pull.number}"
    return {
        "self": f"{api}/pulls/{pull.number}",
        "html": web,
        "issue": f"{api}/issues/{pull.number}",
        "comments": f"{api}/issues/{pull.number}/comments",
        "review_comments": f"{api}/pulls/{pull.number}/comments",
        "review_comment": f"{api}/pulls/comments{{/number}}",
        "commits": f"{api}/pulls/{pull.number}/commits",
        "statuses": f"{api}/statuses/{pull.head_sha}",
    }


def pull_url(world: Ground, pull: Pull) -> str:
    """The API's address of a pull request."""
    return _addresses(world, pull)["self"]


def _side(world: Ground, owner: Account, repo: Repository | None, at: tuple[str, str]) -> Json:
    ref, sha = at
    return {
        "label": f"{owner.login}:{ref}",
        "ref": ref,
        "sha": sha,
        "user": shapes.user(world, owner),
        "repo": shapes.repository(world, repo) if repo else None,
    }


def simple_pull(world: Ground, pull: Pull) -> Json:
    """`pull-request-simple`."""
    at = _addresses(world, pull)
    return {
        "id": pull.id,
        "node_id": pull.node_id,
        "number": pull.number,
        "state": pull.state,
        "locked": pull.locked,
        "active_lock_reason": None,
        "title": pull.title,
        "body": pull.body or None,
        "draft": pull.draft,
        "url": at["self"],
        "html_url": at["html"],
        "diff_url": at["html"] + ".diff",
        "patch_url": at["html"] + ".patch",
        "issue_url": at["issue"],
        "commits_url": at["commits"],
        "comments_url": at["comments"],
        "review_comments_url": at["review_comments"],
        "review_comment_url": at["review_comment"],
        "statuses_url": at["statuses"],
        "_links": {name: {"href": address} for name, address in at.items()},
        "user": shapes.user(world, pull.user),
        "author_association": world.association(pull.repo, pull.user),
        "labels": [label(world, pull.repo, one) for one in pull.labels.values()],
        "milestone": None,
        "assignee": None,
        "assignees": [],
        "auto_merge": None,
        "requested_reviewers": [shapes.user(world, one) for one in pull.reviewers.values()],
        "requested_teams": [shapes.team(world, one) for one in pull.team_reviewers.values()],
        "head": _side(world, pull.head_owner, pull.head_repo, (pull.head_ref, pull.head_sha)),
        "base": _side(world, pull.repo.owner, pull.repo, (pull.base_ref, pull.base_sha)),
        "created_at": stamp(pull.created_at),
        "updated_at": stamp(pull.updated_at),
        "closed_at": stamp(pull.closed_at),
        "merged_at": stamp(pull.merged_at),
        "merge_commit_sha": pull.merge_commit_sha,
    }


def full_pull(world: Ground, pull: Pull, counts: tuple[int, int, int, int]) -> Json:
    """`pull-request`; `counts`: files, additions, deletions, commits."""
    files, additions, deletions, commits = counts
    return simple_pull(world, pull) | {
        "additions": additions,
        "deletions": deletions,
        "changed_files": files,
        "commits": commits,
        "comments": len(pull.comments),
        "review_comments": len(pull.line_comments),
        "maintainer_can_modify": False,
        "mergeable": pull.state == "open" or None,
        "mergeable_state": "clean" if pull.state == "open" else "unknown",
        "rebaseable": True,
        "merged": pull.merged_at is not None,
        "merged_by": shapes.user(world, pull.merged_by) if pull.merged_by else None,
    }


def minimal_pull(world: Ground, pull: Pull) -> Json:
    """`pull-request-minimal`, the rows of `pull_requests` in check events."""

    def side(repo: Repository, ref: str, sha: str) -> Json:
        url = f"{world.api}/repos/{repo.full_name}"
        return {"ref": ref, "sha": sha, "repo": {"id": repo.id, "url": url, "name": repo.name}}

    return {
        "id": pull.id,
        "number": pull.number,
        "url": pull_url(world, pull),
        "head": side(pull.head_repo or pull.repo, pull.head_ref, pull.head_sha),
        "base": side(pull.repo, pull.base_ref, pull.base_sha),
    }


def issue(world: Ground, pull: Pull) -> Json:
    """The issue side of a pull request, as comment events carry it."""
    at = _addresses(world, pull)
    api = at["issue"]
    return {
        "id": pull.id + 1,
        "node_id": pull.node_id,
        "number": pull.number,
        "title": pull.title,
        "body": pull.body or None,
        "state": pull.state,
        "state_reason": None,
        "locked": pull.locked,
        "active_lock_reason": None,
        "draft": pull.draft,
        "user": shapes.user(world, pull.user),
        "author_association": world.association(pull.repo, pull.user),
        "labels": [label(world, pull.repo, one) for one in pull.labels.values()],
        "assignee": None,
        "assignees": [],
        "milestone": None,
        "comments": len(pull.comments),
        "performed_via_github_app": None,
        "url": api,
        "html_url": at["html"],
        "repository_url": f"{world.api}/repos/{pull.repo.full_name}",
        "labels_url": api + "/labels{/name}",
        "comments_url": api + "/comments",
        "events_url": api + "/events",
        "timeline_url": api + "/timeline",
        "reactions": rollup(api, pull.reactions),
        "pull_request": {
            "url": at["self"],
            "html_url": at["html"],
            "diff_url": at["html"] + ".diff",
            "patch_url": at["html"] + ".patch",
            "merged_at": stamp(pull.merged_at),
        },
        "created_at": stamp(pull.created_at),
        "updated_at": stamp(pull.updated_at),
        "closed_at": stamp(pull.closed_at),
    }


def _spoken(world: Ground, one: Spoken, url: str, html: str) -> Json:
    return {
        "id": one.id,
        "node_id": one.node_id,
        "url": url,
        "html_url": html,
        "user": shapes.user(world, one.user),
        "author_association": world.association(one.pull.repo, one.user),
        "body": one.body,
        "created_at": stamp(one.created_at),
        "updated_at": stamp(one.updated_at),
        "reactions": rollup(url, one.reactions),
    }


def comment(world: Ground, one: Comment) -> Json:
    """`issue-comment`."""
    at = _addresses(world, one.pull)
    url = f"{world.api}/repos/{one.pull.repo.full_name}/issues/comments/{one.id}"
    return _spoken(world, one, url, f"{at['html']}#issuecomment-{one.id}") | {
        "issue_url": at["issue"],
        "performed_via_github_app": shapes.app(world, one.app) if one.app else None,
    }


def line_comment(world: Ground, one: LineComment) -> Json:
    """`pull-request-review-comment`."""
    at = _addresses(world, one.pull)
    url = f"{world.api}/repos/{one.pull.repo.full_name}/pulls/comments/{one.id}"
    html = f"{at['html']}#discussion_r{one.id}"
    links = {"self": url, "html": html, "pull_request": at["self"]}
    line = dict.fromkeys(("line", "original_line", "position", "original_position"), one.line)
    none = dict.fromkeys(("start_line", "original_start_line", "start_side"))
    found = _spoken(world, one, url, html) | {
        "pull_request_review_id": one.review.id,
        "diff_hunk": "@@ -1 +1 @@",
        "path": one.path,
        "side": "RIGHT",
        "subject_type": "line",
        "commit_id": one.commit_sha,
        "original_commit_id": one.commit_sha,
        "pull_request_url": at["self"],
        "_links": {name: {"href": address} for name, address in links.items()},
        **line,
        **none,
    }
    return found if one.in_reply_to is None else found | {"in_reply_to_id": one.in_reply_to}


def review(world: Ground, one: Review) -> Json:
    """`webhooks_review`."""
    at = _addresses(world, one.pull)
    html = f"{at['html']}#pullrequestreview-{one.id}"
    return {
        "id": one.id,
        "node_id": one.node_id,
        "user": shapes.user(world, one.user),
        "body": one.body or None,
        "commit_id": one.commit_sha,
        "submitted_at": stamp(one.created_at),
        "updated_at": stamp(one.updated_at),
        "state": one.state.lower(),
        "html_url": html,
        "pull_request_url": at["self"],
        "author_association": world.association(one.pull.repo, one.user),
        "_links": {"html": {"href": html}, "pull_request": {"href": at["self"]}},
    }
