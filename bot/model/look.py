"""What one look at GitHub or a checkout brings home."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.model.arrival import HeadSeen, Said
from bot.model.facts import Facts
from bot.model.known import Known, Unknown

# There may be none, or it has left the installation: GitHub answers both alike.
NO_ORGANISATION_SEEN = Unknown("the organisation's .github repository cannot be seen")


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyFile:
    """A policy file as a repository has it: `text` None where the file does not exist.

    `blob`: its git id, "" where there is no file. `regular`: False for a symbolic link or a
    submodule.
    """

    path: str
    blob: str = ""
    text: str | None = None
    regular: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class StickySeen:
    """Our comment as the facts query saw it: gone, hidden or standing."""

    gone: bool
    hidden: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """One look at a pull request: its facts, the policy files of the same moment.

    `repository`, `organisation`: Unknown when they could not be read (keep the last good copy).
    `proposed`: the policy file at the head where the pull request changes it, else None.
    `sticky`: None when no comment of ours was asked about. `head`: as GitHub shows it.
    """

    facts: Facts
    repository: Known[PolicyFile]
    organisation: Known[PolicyFile]
    proposed: PolicyFile | None = None
    sticky: StickySeen | None = None
    head: HeadSeen | None = None


@dataclass(frozen=True, slots=True)
class CommentNow:
    """A comment as it stands by now. `answer`: our reaction to it, "+1" or "confused", "" where it
    has none."""

    body: str
    answer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """What stands as it was written at a pull request, oldest first.

    `refused`: keys of what this App refused. `judged_since`: of its first check at the head.
    """

    said: tuple[Said, ...]
    refused: frozenset[str] = frozenset()
    judged_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupMember:
    """A pull request in a merge group, with the head at which it was queued."""

    number: int
    head_sha: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupOutline:
    """A merge group: its members in order (Unknown: cannot tell which), and the checks on it."""

    members: Known[tuple[GroupMember, ...]]
    facts: Facts
    repository: Known[PolicyFile]
    organisation: Known[PolicyFile]
