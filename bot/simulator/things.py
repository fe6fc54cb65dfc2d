"""What exists on the simulated GitHub: plain mutable records, related by reference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from bot.simulator.git import Commit, Objects

Json: TypeAlias = dict[str, Any]

ROLES = ("none", "read", "triage", "write", "maintain", "admin")


@dataclass(eq=False, slots=True, kw_only=True)
class Thing:
    """Whatever has an id, a node id and a time of making."""

    id: int
    node_id: str
    created_at: datetime


@dataclass(eq=False, slots=True, kw_only=True)
class Account(Thing):
    """A person, an App's bot or an organisation; `kind`: User, Bot, Organization."""

    login: str
    kind: str = "User"
    name: str = ""
    private_member: bool = False

    @property
    def email(self) -> str:
        """The address under which the account's commits are known."""
        return f"{self.id}+{self.login}@users.noreply.github.com"


@dataclass(eq=False, slots=True, kw_only=True)
class Team(Thing):
    """A team; `members`: account id to `member` or `maintainer`."""

    org: Organisation
    slug: str
    name: str
    members: dict[int, str] = field(default_factory=dict)


@dataclass(eq=False, slots=True, kw_only=True)
class Organisation(Account):
    """An organisation; `members`: account id to `member` or `admin`."""

    members: dict[int, str] = field(default_factory=dict)
    teams: dict[str, Team] = field(default_factory=dict)


@dataclass(eq=False, slots=True, kw_only=True)
class App(Thing):
    """A GitHub App and the account that speaks for it."""

    slug: str
    name: str
    owner: Account
    bot: Account
    client_id: str = ""
    permissions: dict[str, str] = field(default_factory=dict)
    events: tuple[str, ...] = ()


@dataclass(eq=False, slots=True, kw_only=True)
class Installation(Thing):
    """The App on one account; `repositories` None: all of them."""

    account: Account
    permissions: dict[str, str]
    repositories: set[int] | None = None
    suspended_at: datetime | None = None
    suspended_by: Account | None = None


@dataclass(eq=False, slots=True, kw_only=True)
class Label(Thing):
    """A label of a repository."""

    name: str
    color: str = "ededed"
    description: str = ""


@dataclass(eq=False, slots=True, kw_only=True)
class Issue(Thing):
    """An issue; `app`: the App that wrote it."""

    number: int
    title: str
    user: Account
    updated_at: datetime
    body: str = ""
    state: str = "open"
    app: App | None = None
    closed_at: datetime | None = None
    assignees: list[Account] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Required:
    """A required check of a branch; `app` None: whoever reports it."""

    context: str
    app: int | None = None


@dataclass(eq=False, slots=True, kw_only=True)
class Repository(Thing):
    """A repository; `roles`: account id or `team:<id>` to a role."""

    owner: Account
    name: str
    objects: Objects
    visibility: str = "private"
    default_branch: str = "main"
    has_issues: bool = True
    archived: bool = False
    deleted: bool = False
    parent: Repository | None = None
    branches: dict[str, str] = field(default_factory=dict)
    own: set[str] = field(default_factory=set)
    roles: dict[str, str] = field(default_factory=dict)
    role_names: dict[str, str] = field(default_factory=dict)
    labels: dict[str, Label] = field(default_factory=dict)
    issues: dict[int, Issue] = field(default_factory=dict)
    deleted_issues: set[int] = field(default_factory=set)
    pulls: dict[int, Pull] = field(default_factory=dict)
    suites: list[Suite] = field(default_factory=list)
    statuses: list[Status] = field(default_factory=list)
    deployments: list[Deployment] = field(default_factory=list)
    queues: dict[str, list[QueueEntry]] = field(default_factory=dict)
    required: list[Required] = field(default_factory=list)
    pushed_at: datetime | None = None
    last_number: int = 0

    @property
    def full_name(self) -> str:
        """`owner/name`."""
        return f"{self.owner.login}/{self.name}"

    @property
    def tip(self) -> Commit:
        """The newest commit of the default branch."""
        return self.objects.commits[self.branches[self.default_branch]]

    def runs(self, sha: str) -> list[Run]:
        """All check runs on a commit, oldest first."""
        found = [run for suite in self.suites if suite.head_sha == sha for run in suite.runs]
        return sorted(found, key=lambda run: run.id)


@dataclass(eq=False, slots=True, kw_only=True)
class Edit(Thing):
    """One version of a body; the first one is what was written at opening."""

    editor: Account
    body: str


@dataclass(eq=False, slots=True, kw_only=True)
class Happening(Thing):
    """An entry of a pull request's timeline; `type`: GraphQL's name of it."""

    type: str
    actor: Account
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(eq=False, slots=True, kw_only=True)
class Reaction(Thing):
    """Somebody's reaction; `content`: REST's word (`+1`, `eyes`)."""

    user: Account
    content: str


@dataclass(eq=False, slots=True, kw_only=True)
class Spoken(Thing):
    """What somebody wrote on a pull request."""

    pull: Pull
    user: Account
    body: str
    updated_at: datetime
    app: App | None = None
    hidden: str | None = None
    reactions: list[Reaction] = field(default_factory=list)
    edits: list[Edit] = field(default_factory=list)


@dataclass(eq=False, slots=True, kw_only=True)
class Comment(Spoken):
    """A comment in the conversation."""


@dataclass(eq=False, slots=True, kw_only=True)
class Review(Spoken):
    """A review; `state`: GraphQL's word, APPROVED, CHANGES_REQUESTED, COMMENTED, DISMISSED."""

    state: str
    commit_sha: str
    opinion: str


@dataclass(eq=False, slots=True, kw_only=True)
class LineComment(Spoken):
    """A comment on a line of the diff."""

    review: Review
    path: str
    line: int
    commit_sha: str
    in_reply_to: int | None = None
    resolved: bool = False


@dataclass(eq=False, slots=True, kw_only=True)
class Pull(Thing):
    """A pull request; `head_repo` None: the fork was deleted."""

    repo: Repository
    number: int
    user: Account
    title: str
    body: str
    head_repo: Repository | None
    head_owner: Account
    head_ref: str
    head_sha: str
    base_ref: str
    base_sha: str
    updated_at: datetime
    pushed_at: datetime
    fork: bool = False
    draft: bool = False
    locked: bool = False
    state: str = "open"
    previous_head: str = ""
    closed_at: datetime | None = None
    merged_at: datetime | None = None
    merged_by: Account | None = None
    merge_commit_sha: str | None = None
    labels: dict[str, Label] = field(default_factory=dict)
    reviewers: dict[int, Account] = field(default_factory=dict)
    team_reviewers: dict[int, Team] = field(default_factory=dict)
    comments: list[Comment] = field(default_factory=list)
    reviews: list[Review] = field(default_factory=list)
    line_comments: list[LineComment] = field(default_factory=list)
    reactions: list[Reaction] = field(default_factory=list)
    edits: list[Edit] = field(default_factory=list)
    timeline: list[Happening] = field(default_factory=list)

    @property
    def objects(self) -> Objects:
        """Where its commits are."""
        return self.repo.objects


@dataclass(eq=False, slots=True, kw_only=True)
class Suite(Thing):
    """The check runs of one App, for Actions of one workflow and event, on one commit."""

    repo: Repository
    app: App
    head_sha: str
    head_branch: str | None
    before: str
    updated_at: datetime
    workflow: str | None = None
    event: str = "pull_request"
    status: str = "queued"
    conclusion: str | None = None
    runs: list[Run] = field(default_factory=list)
    artifacts: list[Artifact] = field(default_factory=list)


@dataclass(eq=False, slots=True, kw_only=True)
class Artifact(Thing):
    """What a workflow run left behind, packed."""

    name: str
    body: bytes
    expired: bool = False


@dataclass(eq=False, slots=True, kw_only=True)
class Run(Thing):
    """A check run."""

    suite: Suite
    name: str
    status: str = "queued"
    conclusion: str | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    external_id: str = ""
    details_url: str | None = None
    title: str | None = None
    summary: str | None = None
    text: str | None = None
    annotations: list[Json] = field(default_factory=list)
    actions: list[Json] = field(default_factory=list)


@dataclass(eq=False, slots=True, kw_only=True)
class Status(Thing):
    """A commit status; `state`: error, failure, pending, success."""

    sha: str
    context: str
    state: str
    creator: Account
    description: str | None = None
    target_url: str | None = None


@dataclass(eq=False, slots=True, kw_only=True)
class DeploymentStatus(Thing):
    """What became of a deployment; `state`: REST's word (`in_progress`, `success`, ...)."""

    state: str
    url: str


@dataclass(eq=False, slots=True, kw_only=True)
class Deployment(Thing):
    """A deployment of a commit to an environment, with its statuses, oldest first."""

    sha: str
    environment: str
    creator: Account
    statuses: list[DeploymentStatus] = field(default_factory=list)


@dataclass(eq=False, slots=True, kw_only=True)
class QueueEntry(Thing):
    """A pull request in a merge queue, with the commit of its group."""

    pull: Pull
    by: Account
    head_at_entry: str
    base_sha: str
    group_sha: str
    group_ref: str
    state: str = "AWAITING_CHECKS"


def role_at_least(role: str, other: str) -> bool:
    """Whether the role allows all that the other allows."""
    return ROLES.index(role) >= ROLES.index(other)
