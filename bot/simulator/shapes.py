"""REST's and the webhooks' JSON of accounts, repositories, Apps, teams and commits."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from bot.simulator.git import Commit, Signature
from bot.simulator.things import (
    Account,
    App,
    Installation,
    Json,
    Repository,
    Team,
)

if TYPE_CHECKING:
    from bot.simulator.base import Ground

_REPO_LINKS = """archive_url /{archive_format}{/ref}
assignees_url /assignees{/user}
blobs_url /git/blobs{/sha}
branches_url /branches{/branch}
collaborators_url /collaborators{/collaborator}
comments_url /comments{/number}
commits_url /commits{/sha}
compare_url /compare/{base}...{head}
contents_url /contents/{+path}
contributors_url /contributors
deployments_url /deployments
downloads_url /downloads
events_url /events
forks_url /forks
git_commits_url /git/commits{/sha}
git_refs_url /git/refs{/sha}
git_tags_url /git/tags{/sha}
hooks_url /hooks
issue_comment_url /issues/comments{/number}
issue_events_url /issues/events{/number}
issues_url /issues{/number}
keys_url /keys{/key_id}
labels_url /labels{/name}
languages_url /languages
merges_url /merges
milestones_url /milestones{/number}
notifications_url /notifications{?since,all,participating}
pulls_url /pulls{/number}
releases_url /releases{/id}
stargazers_url /stargazers
statuses_url /statuses/{sha}
subscribers_url /subscribers
subscription_url /subscription
tags_url /tags
teams_url /teams
trees_url /git/trees{/sha}
url """

_USER_LINKS = """events_url /events{/privacy}
followers_url /followers
following_url /following{/other_user}
gists_url /gists{/gist_id}
organizations_url /orgs
received_events_url /received_events
repos_url /repos
starred_url /starred{/owner}{/repo}
subscriptions_url /subscriptions
url """


def stamp(at: datetime | None) -> str | None:
    """GitHub's way to write a time."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ") if at else None


def _links(table: str, base: str) -> Json:
    rows = (line.partition(" ") for line in table.split("\n"))
    return {name: base + path for name, _, path in rows}


def user(world: Ground, who: Account) -> Json:
    """`simple-user`, also of organisations and bots."""
    return {
        "login": who.login,
        "id": who.id,
        "node_id": who.node_id,
        "avatar_url": f"{world.web}/avatars/u/{who.id}",
        "gravatar_id": "",
        "html_url": f"{world.web}/{who.login}",
        "type": who.kind,
        "user_view_type": "public",
        "site_admin": False,
        **_links(_USER_LINKS, f"{world.api}/users/{who.login}"),
    }


def public_user(world: Ground, who: Account) -> Json:
    """`public-user`, the answer of `GET /users/{login}`."""
    since = stamp(who.created_at)
    nothing = ("bio", "blog", "company", "email", "hireable", "location")
    zero = ("followers", "following", "public_gists", "public_repos")
    return (
        user(world, who)
        | {"name": who.name or None, "created_at": since, "updated_at": since}
        | dict.fromkeys(nothing)
        | dict.fromkeys(zero, 0)
    )


def organisation(world: Ground, org: Account) -> Json:
    """`organization-simple-webhooks`."""
    base = f"{world.api}/orgs/{org.login}"
    return {
        "login": org.login,
        "id": org.id,
        "node_id": org.node_id,
        "url": base,
        "repos_url": base + "/repos",
        "events_url": base + "/events",
        "hooks_url": base + "/hooks",
        "issues_url": base + "/issues",
        "members_url": base + "/members{/member}",
        "public_members_url": base + "/public_members{/member}",
        "avatar_url": f"{world.web}/avatars/u/{org.id}",
        "description": None,
    }


def repository(world: Ground, repo: Repository) -> Json:
    """`repository`, complete enough for REST and for webhooks."""
    open_pulls = sum(one.state == "open" for one in repo.pulls.values())
    web = f"{world.web}/{repo.full_name}"
    return {
        "id": repo.id,
        "node_id": repo.node_id,
        "name": repo.name,
        "full_name": repo.full_name,
        "owner": user(world, repo.owner),
        "private": repo.visibility != "public",
        "visibility": repo.visibility,
        "html_url": web,
        "description": None,
        "fork": repo.parent is not None,
        "clone_url": web + ".git",
        "git_url": f"git://github.example/{repo.full_name}.git",
        "ssh_url": f"git@github.example:{repo.full_name}.git",
        "svn_url": web,
        "mirror_url": None,
        "homepage": None,
        "language": "Python",
        "license": None,
        "default_branch": repo.default_branch,
        "archived": repo.archived,
        "disabled": False,
        "topics": [],
        "is_template": False,
        "allow_forking": True,
        "web_commit_signoff_required": False,
        **_flags(),
        **_counts(open_pulls),
        "created_at": stamp(repo.created_at),
        "updated_at": stamp(repo.pushed_at or repo.created_at),
        "pushed_at": stamp(repo.pushed_at or repo.created_at),
        **_links(_REPO_LINKS, f"{world.api}/repos/{repo.full_name}"),
    }


def _flags() -> Json:
    names = ("issues", "projects", "wiki", "pages", "downloads", "discussions")
    return {f"has_{name}": name in ("issues", "downloads") for name in names}


def _counts(open_issues: int) -> Json:
    zero = ("forks", "forks_count", "stargazers_count", "watchers", "watchers_count", "size")
    return dict.fromkeys(zero, 0) | dict.fromkeys(("open_issues", "open_issues_count"), open_issues)


def full_repository(world: Ground, repo: Repository) -> Json:
    """`full-repository`, the answer of `GET /repos/{owner}/{repo}`."""
    more: Json = {"network_count": 0, "subscribers_count": 0}
    if repo.owner.kind == "Organization":
        more["organization"] = user(world, repo.owner)
    return repository(world, repo) | more


def app(world: Ground, one: App) -> Json:
    """`integration`."""
    return {
        "id": one.id,
        "slug": one.slug,
        "node_id": one.node_id,
        "client_id": one.client_id,
        "owner": user(world, one.owner),
        "name": one.name,
        "description": "",
        "external_url": f"{world.web}/apps/{one.slug}",
        "html_url": f"{world.web}/apps/{one.slug}",
        "created_at": stamp(one.created_at),
        "updated_at": stamp(one.created_at),
        "permissions": dict(one.permissions),
        "events": list(one.events),
    }


def installation(world: Ground, one: Installation) -> Json:
    """`installation`."""
    base = f"{world.api}/app/installations/{one.id}"
    return {
        "id": one.id,
        "client_id": world.app.client_id,
        "account": user(world, one.account),
        "repository_selection": "all" if one.repositories is None else "selected",
        "access_tokens_url": base + "/access_tokens",
        "repositories_url": f"{world.api}/installation/repositories",
        "html_url": f"{world.web}/settings/installations/{one.id}",
        "app_id": world.app.id,
        "app_slug": world.app.slug,
        "target_id": one.account.id,
        "target_type": one.account.kind,
        "permissions": dict(one.permissions),
        "events": list(world.app.events),
        "created_at": stamp(one.created_at),
        "updated_at": stamp(one.created_at),
        "single_file_name": None,
        "has_multiple_single_files": False,
        "single_file_paths": [],
        "suspended_by": user(world, one.suspended_by) if one.suspended_by else None,
        "suspended_at": stamp(one.suspended_at),
    }


def team(world: Ground, one: Team) -> Json:
    """`team`."""
    base = f"{world.api}/organizations/{one.org.id}/team/{one.id}"
    return {
        "id": one.id,
        "node_id": one.node_id,
        "url": base,
        "html_url": f"{world.web}/orgs/{one.org.login}/teams/{one.slug}",
        "name": one.name,
        "slug": one.slug,
        "description": None,
        "privacy": "closed",
        "notification_setting": "notifications_enabled",
        "permission": "pull",
        "members_url": base + "/members{/member}",
        "repositories_url": base + "/repos",
        "type": "organization",
        "organization_id": one.org.id,
        "parent": None,
    }


def full_team(world: Ground, one: Team) -> Json:
    """`team-full`."""
    org = one.org
    since = {"created_at": stamp(one.created_at), "updated_at": stamp(one.created_at)}
    counts = {"public_repos": 0, "public_gists": 0, "followers": 0, "following": 0}
    more = {"has_organization_projects": True, "has_repository_projects": True}
    about = {"html_url": f"{world.web}/{org.login}", "type": "Organization", "archived_at": None}
    return (
        team(world, one)
        | since
        | {"members_count": len(one.members), "repos_count": len(_team_repos(world, one))}
        | {
            "organization": {
                **organisation(world, org),
                **about,
                **since,
                **counts,
                **more,
            }
        }
    )


def _team_repos(world: Ground, one: Team) -> list[Repository]:
    return [repo for repo in world.repositories.values() if f"team:{one.id}" in repo.roles]


def signature(by: Signature, *, date: bool = True) -> Json:
    """Who wrote a commit, as git has it."""
    found: Json = {"name": by.name, "email": by.email}
    return found | {"date": stamp(by.at)} if date else found


def simple_commit(one: Commit) -> Json:
    """`simple-commit`."""
    return {
        "id": one.sha,
        "tree_id": one.tree,
        "message": one.message,
        "timestamp": stamp(one.author.at),
        "author": signature(one.author, date=False),
        "committer": signature(one.committer, date=False),
    }


def commit(world: Ground, repo: Repository, one: Commit) -> Json:
    """`commit`."""
    api, web = f"{world.api}/repos/{repo.full_name}", f"{world.web}/{repo.full_name}"
    unsigned = {"verified": False, "reason": "unsigned", "signature": None, "payload": None}
    author, committer = one.author.account, one.committer.account
    return {
        "sha": one.sha,
        "node_id": f"C_kwDO{one.sha}",
        "url": f"{api}/commits/{one.sha}",
        "html_url": f"{web}/commit/{one.sha}",
        "comments_url": f"{api}/commits/{one.sha}/comments",
        "commit": {
            "url": f"{api}/git/commits/{one.sha}",
            "author": signature(one.author),
            "committer": signature(one.committer),
            "message": one.message,
            "tree": {"sha": one.tree, "url": f"{api}/git/trees/{one.tree}"},
            "comment_count": 0,
            "verification": {**unsigned, "verified_at": None},
        },
        "author": user(world, author) if author else None,
        "committer": user(world, committer) if committer else None,
        "parents": [
            {
                "sha": sha,
                "url": f"{api}/commits/{sha}",
                "html_url": f"{web}/commit/{sha}",
            }
            for sha in one.parents
        ],
    }
