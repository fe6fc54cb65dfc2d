"""What the administrators of the world do: people, teams, repositories, installations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.simulator import shapes
from bot.simulator.base import PERMISSIONS, Ground
from bot.simulator.git import Files, Objects, Signature
from bot.simulator.things import (
    Account,
    Installation,
    Json,
    Organisation,
    Repository,
    Required,
    Team,
)


class PeopleActs(Ground):
    """Acts about who and where."""

    def organisation(self, login: str, *, id: int | None = None) -> Organisation:  # noqa: A002
        """A new organisation, or the one of that login."""
        found = self.accounts.get(login)
        if isinstance(found, Organisation):
            return found
        made = self.make(Organisation, "O", id=id, login=login, kind="Organization")
        self.accounts[login] = made
        return made

    def join(self, org: Organisation, who: Account, role: str = "member") -> None:
        """Make somebody a member (`member` or `admin`)."""
        org.members[who.id] = role

    def team(self, org: Organisation, slug: str, members: Sequence[Account] = ()) -> Team:
        """The team of that slug, with these members added."""
        if slug not in org.teams:
            org.teams[slug] = self.make(Team, "T", org=org, slug=slug, name=slug.title())
        team = org.teams[slug]
        for who in members:
            self.add_to_team(team, who)
        return team

    def add_to_team(self, team: Team, who: Account) -> None:
        """Take somebody into a team; sends `membership.added`."""
        team.org.members.setdefault(who.id, "member")
        team.members[who.id] = "member"
        self._membership("added", team, who)

    def remove_from_team(self, team: Team, who: Account) -> None:
        """Take somebody out of a team; sends `membership.removed`."""
        team.members.pop(who.id, None)
        self._membership("removed", team, who)

    def _membership(self, action: str, team: Team, who: Account) -> None:
        user = shapes.user(self, who)
        self._tell_owner(
            "membership",
            team.org,
            {
                "action": action,
                "scope": "team",
                "member": user,
                "sender": user,
                "team": shapes.team(self, team),
                "organization": shapes.organisation(self, team.org),
            },
        )

    def _tell_owner(self, event: str, owner: Account, payload: Json) -> None:
        for one in self.installations.values():
            if one.account is owner and not one.suspended_at and "members" in one.permissions:
                about = {"installation": {"id": one.id, "node_id": one.node_id}}
                self.tell(event, one, payload | about)

    def repository(
        self,
        owner: Account,
        name: str,
        files: Files,
        *,
        visibility: str = "private",
        id: int | None = None,  # noqa: A002
    ) -> Repository:
        """A new repository with one commit on its default branch."""
        objects = Objects()
        repo = self.make(
            Repository,
            "R",
            id=id,
            owner=owner,
            name=name,
            objects=objects,
            visibility=visibility,
        )
        self.repositories[repo.id] = repo
        by = Signature(name=owner.login, email=owner.email, at=self.now(), account=owner)
        first = objects.commit(objects.changed({}, files), (), "Initial commit", by)
        repo.branches["main"] = first.sha
        self.own(repo, first.sha)
        repo.pushed_at = self.now()
        installed = self.installation_of(repo)
        if installed:
            self._selected(installed, "added", [repo])
        return repo

    def own(self, repo: Repository, sha: str) -> None:
        """Note that a commit and its files were pushed to this very repository."""
        repo.own.add(sha)
        repo.own.update(entry.oid for entry in repo.objects.commits[sha].files.values())

    def grant(self, repo: Repository, who: Account | Team, role: str) -> None:
        """Give a person or a team a role; a role that GitHub does not know counts as `write`."""
        key = f"team:{who.id}" if isinstance(who, Team) else str(who.id)
        base = role if role in ("none", "read", "triage", "write", "maintain", "admin") else "write"
        repo.roles[key] = base
        repo.role_names[key] = role

    def fork(self, repo: Repository, by: Account) -> Repository:
        """The fork of a person, made when there is none."""
        for one in self.repositories.values():
            if one.parent is repo and one.owner is by and not one.deleted:
                return one
        made = self.make(
            Repository,
            "R",
            owner=by,
            name=repo.name,
            objects=repo.objects,
            visibility=repo.visibility,
            parent=repo,
            branches=dict(repo.branches),
            own=set(repo.own),
        )
        self.repositories[made.id] = made
        return made

    def require(self, repo: Repository, context: str, *, app: int | None = None) -> None:
        """Make a check required on the default branch, bound to an App if given."""
        repo.required.append(Required(context=context, app=app))

    def install(
        self,
        account: Account,
        repositories: Sequence[Repository] | None = None,
        permissions: Mapping[str, str] | None = None,
    ) -> Installation:
        """Install the App; sends `installation.created`."""
        made = self.make(
            Installation,
            "I",
            account=account,
            permissions=dict(PERMISSIONS if permissions is None else permissions),
            repositories=None if repositories is None else {one.id for one in repositories},
        )
        self.installations[made.id] = made
        self._installation("created", made, account)
        return made

    def suspend(self, installation: Installation) -> None:
        """Suspend an installation: the App can do nothing there any more."""
        installation.suspended_at = self.now()
        installation.suspended_by = installation.account
        self._installation("suspend", installation, installation.account)

    def unsuspend(self, installation: Installation) -> None:
        """Let the App work again."""
        installation.suspended_at = installation.suspended_by = None
        self._installation("unsuspend", installation, installation.account)

    def uninstall(self, installation: Installation) -> None:
        """Remove the App from the account."""
        self._installation("deleted", installation, installation.account)
        del self.installations[installation.id]

    def accept_permissions(
        self, installation: Installation, permissions: Mapping[str, str]
    ) -> None:
        """Replace what the installation grants; sends `new_permissions_accepted`."""
        installation.permissions = dict(permissions)
        self._installation("new_permissions_accepted", installation, installation.account)

    def _installation(self, action: str, one: Installation, sender: Account) -> None:
        repos = [self._brief(repo) for repo in self.covered(one)]
        requester = {"requester": None} if action == "created" else {}
        self.tell(
            "installation",
            one,
            {
                "action": action,
                "installation": shapes.installation(self, one),
                "repositories": repos,
                "sender": shapes.user(self, sender),
                **requester,
            },
        )

    def select(
        self, installation: Installation, added: Sequence[Repository], removed: Sequence[Repository]
    ) -> None:
        """Change which repositories an installation covers."""
        chosen = installation.repositories
        now = {one.id for one in self.covered(installation)} if chosen is None else chosen
        installation.repositories = (now | {one.id for one in added}) - {one.id for one in removed}
        for action, repos in (("added", added), ("removed", removed)):
            if repos:
                self._selected(installation, action, repos)

    def _selected(self, one: Installation, action: str, repos: Sequence[Repository]) -> None:
        lists: Json = {"repositories_added": [], "repositories_removed": []}
        lists[f"repositories_{action}"] = [self._brief(repo) for repo in repos]
        self.tell(
            "installation_repositories",
            one,
            {
                "action": action,
                "installation": shapes.installation(self, one),
                "repository_selection": "all" if one.repositories is None else "selected",
                "requester": None,
                "sender": shapes.user(self, one.account),
                **lists,
            },
        )

    def _brief(self, repo: Repository) -> Json:
        return {
            "id": repo.id,
            "node_id": repo.node_id,
            "name": repo.name,
            "full_name": repo.full_name,
            "private": repo.visibility != "public",
        }
