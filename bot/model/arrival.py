"""What is kept of one webhook delivery: only these few fields are ever read of a payload."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.model.wake import Lane


class Control(StrEnum):
    """What a delivery changes in our own tables, in the transaction that stores it."""

    NONE = "none"
    SUSPEND = "suspend"
    UNSUSPEND = "unsuspend"
    UNINSTALL = "uninstall"
    INSTALL = "install"
    REPOSITORIES = "repositories"
    RENAME = "rename"
    ARCHIVE = "archive"
    UNARCHIVE = "unarchive"
    REMOVE_REPOSITORY = "remove-repository"
    POLICY_PUSH = "policy-push"
    FORGET_PEOPLE = "forget-people"
    COMMENT_GONE = "comment-gone"
    GROUP = "group"
    GROUP_GONE = "group-gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadSeen:
    """The head that a pull request event tells of; `updated_at` orders such events. `before`: which
    one it followed, where a push is told of."""

    number: int
    sha: str
    base_ref: str
    base_sha: str
    fork: bool
    open: bool
    updated_at: datetime
    before: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A comment, review, line comment or button that may carry a command.

    `key`: `comment:9`, `review:7` or `line:5`, GitHub's ids, or `button:` with the delivery's.
    `body` at most 64 KiB; `before`: the body before an edit, None for a new comment. `in_thread`:
    id of the line comment itself. `gone`: it was deleted, which leaves an empty body. `changed_by`:
    login of who edited or deleted it.
    """

    key: str
    node_id: str
    body: str
    by_id: int
    by_login: str
    by_type: str
    created_at: datetime
    updated_at: datetime
    through_app: str | None = None
    commit_sha: str | None = None
    before: str | None = None
    sender_id: int = 0
    in_thread: int | None = None
    gone: bool = False
    changed_by: str = ""

    @property
    def moment(self) -> tuple[datetime, int]:
        """When it was said, and its number, by which GitHub orders what it dates alike."""
        number = self.key.partition(":")[2]
        said_at = self.created_at if self.before is None else self.updated_at
        return said_at, int(number) if number.isdecimal() else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RepoSeen:
    """A repository as a payload or a listing names it."""

    id: int
    full_name: str
    default_branch: str | None = None
    archived: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One verified delivery, reduced to what routing and judging need.

    Exactly one of `number` (a pull request), `sha` (checks, statuses), `group` (merge group head)
    and `base_ref` (a branch that was pushed to) may be set; none of them: no pull request is woken.
    `ours`: made by this App itself.
    `evidence_name`: name of the check or context, `evidence_app`: slug of its App (None for a
    status), matched against what the policy looks at. `matters`: the word under which the policy's
    relevance lists this kind of event (`always`, `checks`, `artifacts`, `statuses`, `labels`,
    `text`, `reviews`, `comments`, `draft`, `base`). `head`: pull request events only. `group_ref`,
    `group_base`, `group_from`: head_ref, base_ref and base_sha of a merge group. `beside`: open
    pull requests that the payload itself names for `sha`. `repos`: repositories added or removed.
    `comment_id`: of a deleted or edited own comment. `pushed`: `by:` and the id of who pushed the
    head, with their login and the head before and after. `merged`: evidence about a commit of the
    default branch.
    """

    guid: str
    event: str
    action: str | None
    received_at: datetime
    installation_id: int | None = None
    account: str | None = None
    repo: RepoSeen | None = None
    number: int | None = None
    sha: str | None = None
    beside: tuple[int, ...] = ()
    group: str | None = None
    group_ref: str | None = None
    group_base: str | None = None
    group_from: str | None = None
    base_ref: str | None = None
    lane: Lane = Lane.UPDATE
    ours: bool = False
    matters: str = "always"
    evidence_name: str | None = None
    evidence_app: str | None = None
    head: HeadSeen | None = None
    said: Said | None = None
    control: Control = Control.NONE
    repos: tuple[RepoSeen, ...] = ()
    repos_removed: tuple[int, ...] = ()
    comment_id: int | None = None
    pushed: Mapping[str, str] = field(default_factory=dict)
    forced: bool = False
    merged: bool = False


class Stored(StrEnum):
    """What became of a delivery; everything but DUPLICATE left a row."""

    WOKE = "woke"
    DUPLICATE = "duplicate"
    IRRELEVANT = "irrelevant"
    OWN = "own"
    NO_POLICY = "no-policy"
    UNROUTED = "unrouted"
    CONTROL = "control"
