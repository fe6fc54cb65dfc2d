"""The ground of the world: ids, time, look-ups, and telling the App what happened."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from random import Random
from typing import Any, TypeVar

from bot.clock import Clock
from bot.simulator import shapes
from bot.simulator.quirks import Quirks
from bot.simulator.things import (
    Account,
    App,
    Installation,
    Json,
    Organisation,
    Pull,
    Repository,
    Thing,
    role_at_least,
)

T = TypeVar("T", bound=Thing)

# Which permission an App must hold to be sent an event.
EVENT_PERMISSION = {
    "pull_request": "pull_requests",
    "pull_request_review": "pull_requests",
    "pull_request_review_comment": "pull_requests",
    "issue_comment": "issues",
    "check_run": "checks",
    "check_suite": "checks",
    "status": "statuses",
    "merge_group": "merge_queues",
    "push": "contents",
    "repository": "metadata",
    "deployment_status": "deployments",
    "team": "members",
    "membership": "members",
    "member": "members",
    "organization": "members",
}

PERMISSIONS = {
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

ALWAYS_SENT = ("installation", "installation_repositories", "installation_target", "ping")


class Missing(LookupError):
    """The world has no such thing."""


class Ground:
    """Ids, time and look-ups; every other part of the world builds on it."""

    def __init__(self, clock: Clock, seed: int, quirks: Quirks) -> None:
        self.clock = clock
        self.quirks = quirks
        self.random = Random(seed)  # noqa: S311 - ids must be the same for the same seed
        self.api = "http://127.0.0.1"
        self.web = "http://127.0.0.1"
        self.nodes: dict[str, Thing] = {}
        self.accounts: dict[str, Account] = {}
        self.repositories: dict[int, Repository] = {}
        self.old_names: dict[str, int] = {}
        self.apps: dict[str, App] = {}
        self.installations: dict[int, Installation] = {}
        self.tell: Callable[[str, Installation | None, Json], None] = lambda *_: None
        self._last = self.random.randrange(1_000_000, 2_000_000)
        owner = self.person("handoff-maker")
        self.app = self.other_app("handoff", owner=owner)
        self.app.permissions = dict(PERMISSIONS)
        self.app.events = tuple(sorted(EVENT_PERMISSION.keys() - {"deployment_status"}))

    def now(self) -> datetime:
        """The wall time to the second, as GitHub writes it."""
        return self.clock.now().replace(microsecond=0)

    def make(self, kind: type[T], prefix: str, /, **fields: Any) -> T:
        """A new thing with a fresh id and node id, known under its node id."""
        number = fields.pop("id", None) or self.next_id()
        made = kind(
            id=number,
            node_id=f"{prefix}_kwDO{number:010d}",
            created_at=fields.pop("created_at", None) or self.now(),
            **fields,
        )
        self.nodes[made.node_id] = made
        return made

    def next_id(self) -> int:
        """An id that nothing else has; steps are uneven as on GitHub."""
        self._last += self.random.randrange(1, 30)
        return self._last

    def person(self, login: str, **fields: Any) -> Account:
        """The account of that login, made when it is new."""
        if login not in self.accounts:
            self.accounts[login] = self.make(Account, "U", login=login, **fields)
        return self.accounts[login]

    def other_app(self, slug: str, *, owner: Account | None = None) -> App:
        """An App of somebody else; `github-actions` has its real id."""
        if slug not in self.apps:
            bot = self.person(f"{slug}[bot]", kind="Bot")
            fixed = 15368 if slug == "github-actions" else None
            self.apps[slug] = self.make(
                App,
                "A",
                id=fixed,
                slug=slug,
                name=slug.replace("-", " ").title(),
                owner=owner or self.person("github"),
                bot=bot,
                client_id=f"Iv23li{self.random.randrange(16**14):014x}",
                permissions={"checks": "write", "metadata": "read"},
            )
        return self.apps[slug]

    def account(self, login: str) -> Account:
        """The account of that login, whatever its case. Raises Missing."""
        found = self.accounts.get(login) or next(
            (one for name, one in self.accounts.items() if name.lower() == login.lower()), None
        )
        if found is None:
            raise Missing(login)
        return found

    def repo(self, full_name: str) -> Repository:
        """The repository that has this name now. Raises Missing."""
        for one in self.repositories.values():
            if one.full_name.lower() == full_name.lower() and not one.deleted:
                return one
        raise Missing(full_name)

    def pull(self, repo: Repository, number: int) -> Pull:
        """The pull request of that number. Raises Missing."""
        if number not in repo.pulls:
            raise Missing(f"{repo.full_name}#{number}")
        return repo.pulls[number]

    def installation_of(self, repo: Repository) -> Installation | None:
        """The App's installation that covers the repository."""
        for one in self.installations.values():
            if one.account is repo.owner and (
                one.repositories is None or repo.id in one.repositories
            ):
                return one
        return None

    def covered(self, installation: Installation) -> list[Repository]:
        """The repositories of an installation."""
        return [
            one
            for one in self.repositories.values()
            if not one.deleted and self.installation_of(one) is installation
        ]

    def role(self, repo: Repository, who: Account) -> str:
        """The strongest role a person has in a repository, from whatever source."""
        roles = [repo.roles.get(str(who.id), "none")]
        if isinstance(repo.owner, Organisation):
            org = repo.owner
            roles += ["admin"] if org.members.get(who.id) == "admin" else []
            roles += [
                repo.roles.get(f"team:{team.id}", "none")
                for team in org.teams.values()
                if who.id in team.members
            ]
        elif repo.owner is who:
            roles.append("admin")
        if repo.visibility == "public" and self.quirks.public_read_for_all:
            roles.append("read")
        best = roles[0]
        for one in roles[1:]:
            best = one if role_at_least(one, best) else best
        return best

    def association(self, repo: Repository, who: Account) -> str:
        """GitHub's `author_association`, which hides private members."""
        if repo.owner is who:
            return "OWNER"
        if isinstance(repo.owner, Organisation) and who.id in repo.owner.members:
            hidden = who.private_member and self.quirks.private_members_as_contributors
            return "CONTRIBUTOR" if hidden else "MEMBER"
        if repo.roles.get(str(who.id), "none") not in ("none", "read"):
            return "COLLABORATOR"
        merged = any(one.user is who and one.merged_at for one in repo.pulls.values())
        return "CONTRIBUTOR" if merged else "NONE"

    def listeners(self, event: str, repo: Repository) -> list[Installation]:
        """The installations that GitHub would tell of an event in a repository."""
        found = self.installation_of(repo)
        if found is None or found.suspended_at or event not in self.app.events:
            return []
        needed = EVENT_PERMISSION[event]
        if event == "merge_group" and not self.quirks.merge_group_needs_permission:
            return [found]
        return [found] if needed in found.permissions else []

    def emit(self, event: str, repo: Repository, sender: Account, extra: Json) -> None:
        """Tell the App that something happened in a repository, if GitHub would."""
        for installation in self.listeners(event, repo):
            about: Json = {
                "repository": shapes.repository(self, repo),
                "sender": shapes.user(self, sender),
                "installation": {"id": installation.id, "node_id": installation.node_id},
            }
            if repo.owner.kind == "Organization":
                about["organization"] = shapes.organisation(self, repo.owner)
            self.tell(event, installation, extra | about)
