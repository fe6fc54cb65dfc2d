"""The same facts from a git checkout: what git does not hold is Unknown, never guessed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bot.local.git import CannotEvaluate, Git
from bot.model.facts import CheckRun, Facts, Owners, Person, Reviews
from bot.model.known import Known, Unknown
from bot.model.look import Outline, PolicyFile
from bot.readers.codeowners import parse
from bot.readers.diff import parse_diff

if TYPE_CHECKING:
    from bot.model.facts import ChangedFile

NOT_GIVEN = Unknown("not given to a checkout")
POLICY_PATH = ".github/handoff.yml"
OWNER_PATHS = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
# GitHub shows no more of a pull request either.
FILES_AT_MOST = 3_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalGiven:
    """What git does not hold; each is Unknown unless somebody gives it."""

    number: int | None = None
    title: str = ""
    body: Known[str] = NOT_GIVEN
    author: Person = field(default_factory=lambda: Person(id=0, login="author"))
    labels: Known[frozenset[str]] = NOT_GIVEN
    draft: bool = False
    checks: Known[tuple[CheckRun, ...]] = NOT_GIVEN
    reviews: Known[Reviews] = NOT_GIVEN
    members: Mapping[str, Known[frozenset[int]]] = field(default_factory=dict)
    default_branch: str | None = None
    repo: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """What is compared: two commits, or a commit and the index (`:`) or the worktree (None)."""

    base: str
    base_ref: str
    head: str
    head_blob: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the caller wants judged; `where`: commit, staged or worktree."""

    base: str | None = None
    head: str = "HEAD"
    where: str = "commit"


def local_outline(path: Path, asked: Asked, given: LocalGiven, now: datetime) -> Outline:
    """One look at a checkout; raises CannotEvaluate with a hint when it cannot be judged."""
    git = Git(path)
    root = Git(Path(git.text("rev-parse", "--show-toplevel").rstrip("\n")))
    default = given.default_branch or _default_branch(root)
    compared = _range(root, asked, default)
    changes = _changes(root, compared)
    policy_at = _policy_revision(root, default, compared)
    facts = Facts(
        repo_id=0,
        repo=given.repo or _repo_name(root),
        number=given.number,
        base_sha=compared.base,
        head_sha=compared.head,
        base_ref=compared.base_ref,
        default_branch=(default or compared.base_ref).removeprefix("origin/"),
        author=given.author,
        title=given.title or root.text("log", "-1", "--format=%s", compared.head).strip(),
        labels=given.labels,
        draft=given.draft,
        open=True,
        from_fork=False,
        opened_at=now,
        head_since=now,
        taken_at=now,
        changes=changes,
        body=given.body,
        checks=given.checks,
        reviews=given.reviews,
        commits=NOT_GIVEN,
        owners=_owners(root, policy_at, changes),
        label_setters=NOT_GIVEN,
        members=given.members,
    )
    return Outline(
        facts=facts,
        repository=_policy(root, policy_at),
        organisation=Unknown("offline"),
        proposed=_proposed(root, compared, changes),
    )


def _range(git: Git, asked: Asked, default: str | None) -> Range:
    head = git.try_text("rev-parse", "--verify", "--quiet", f"{asked.head}^{{commit}}")
    if head is None:
        if git.try_text("rev-parse", "--verify", "--quiet", "HEAD") is None:
            raise CannotEvaluate("this branch has no commit yet", "commit something first")
        raise CannotEvaluate(f"no commit {asked.head} here", "fetch it, or name another --head")
    wanted = asked.base or default
    if wanted is None:
        raise CannotEvaluate("no base branch is known here", "name one: --base REF")
    if git.try_text("rev-parse", "--verify", "--quiet", f"{wanted}^{{commit}}") is None:
        raise CannotEvaluate(f"no commit {wanted} here", "fetch it, or name another --base")
    merge_base = git.try_text("merge-base", wanted, head.strip())
    if merge_base is None:
        raise CannotEvaluate(
            f"{wanted} and {asked.head} share no commit here", "fetch-depth: 0 in a CI checkout"
        )
    blob_at = {"commit": head.strip(), "staged": ":", "worktree": None}[asked.where]
    return Range(
        base=merge_base.strip(),
        base_ref=wanted.removeprefix("origin/"),
        head=head.strip(),
        head_blob=blob_at,
    )


def _changes(git: Git, compared: Range) -> Known[tuple[ChangedFile, ...]]:
    words = ["diff", "--no-ext-diff", "--no-textconv", "--no-color", "-M", "--full-index", "-U0"]
    if compared.head_blob == ":":
        words += ["--cached", compared.base]
    elif compared.head_blob is None:
        words += [compared.base]
    else:
        words += [compared.base, compared.head]
    try:
        files = parse_diff(git.text(*words, "--"))
    except ValueError as error:
        return Unknown(f"the diff cannot be read: {error}")
    if len(files) > FILES_AT_MOST:
        return Unknown(f"{len(files)} changed files, of at most {FILES_AT_MOST}")
    return files


def _default_branch(git: Git) -> str | None:
    named = git.try_text("symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD")
    if named:
        return named.strip()
    for name in ("origin/main", "origin/master", "main", "master"):
        if git.try_text("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}") is not None:
            return name
    return None


def _policy_revision(git: Git, default: str | None, compared: Range) -> str:
    """The default branch as this clone knows it, else the base."""
    if default and git.try_text("rev-parse", "--verify", "--quiet", f"{default}^{{commit}}"):
        return default
    return compared.base


def _policy(git: Git, revision: str) -> Known[PolicyFile]:
    listed = git.try_text("ls-tree", revision, "--", POLICY_PATH)
    if not listed:
        return PolicyFile(path=POLICY_PATH)
    mode, _, blob = listed.split("\t")[0].split(" ")
    content = git.blob(revision, POLICY_PATH)
    if content is None:
        return Unknown(f"{POLICY_PATH} is not in this clone")
    text = content.decode("utf-8", "replace")
    return PolicyFile(path=POLICY_PATH, blob=blob, text=text, regular=mode.startswith("100"))


def _proposed(
    git: Git, compared: Range, changes: Known[tuple[ChangedFile, ...]]
) -> PolicyFile | None:
    if isinstance(changes, Unknown) or all(one.path != POLICY_PATH for one in changes):
        return None
    if compared.head_blob is None:
        file = git.path / POLICY_PATH
        regular = file.is_file() and not file.is_symlink()
        content = file.read_bytes() if regular else None
        return PolicyFile(
            path=POLICY_PATH,
            text=None if content is None else content.decode("utf-8", "replace"),
            regular=regular or not file.is_symlink(),
        )
    content = git.blob(compared.head_blob, POLICY_PATH)
    text = None if content is None else content.decode("utf-8", "replace")
    return PolicyFile(path=POLICY_PATH, text=text)


def _owners(git: Git, revision: str, changes: Known[tuple[ChangedFile, ...]]) -> Known[Owners]:
    if isinstance(changes, Unknown):
        return changes
    for path in OWNER_PATHS:
        content = git.blob(revision, path)
        if content is not None:
            read = parse(content.decode("utf-8", "replace"), path)
            return Owners(by_path={one.path: read.owners_of(one.path) for one in changes})
    return Owners(by_path={})


def _repo_name(git: Git) -> str:
    url = (git.try_text("config", "--get", "remote.origin.url") or "").strip()
    parts = url.removesuffix(".git").replace(":", "/").rstrip("/").split("/")
    if len(parts) >= 2 and parts[-2] and parts[-1]:
        return f"{parts[-2]}/{parts[-1]}"
    return f"local/{git.path.name}"
