"""The same facts from a git checkout: what git does not hold is Unknown, never guessed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bot.local.contents import Contents
from bot.local.git import CannotEvaluate, Git
from bot.local.snapshot import snapshot
from bot.model.facts import Change, Facts, Owners, Person
from bot.model.known import Known, Unknown
from bot.model.look import Outline, PolicyFile
from bot.model.need import Members, Need, Part
from bot.readers.attributes import marked_of
from bot.readers.codeowners import parse
from bot.readers.diff import parse_diff, parse_raw

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from bot.model.facts import ChangedFile, Changes
    from bot.model.policy import Role


def _not_given(what: str, option: str) -> Unknown:
    return Unknown(f"can't tell: {what} - not given to a checkout. Give {option}")


NOT_HELD = {
    "body": _not_given("description", "--body FILE"),
    "checks": _not_given("CI checks", "--checks FILE"),
    "labels": _not_given("labels", "--facts FILE"),
    "reviews": _not_given("reviews", "--facts FILE"),
    "commits": _not_given("who contributed", "--facts FILE"),
}
NO_SETTERS = _not_given("who set a label", "--facts FILE")
NO_THREADS = _not_given("the review's threads", "--facts FILE")
NO_DEPLOYMENTS = _not_given("deployments", "--facts FILE")
NO_MEMBERS = _not_given("who has which role", "--facts FILE")
POLICY_PATH = ".github/handoff.yml"
OWNER_PATHS = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
# GitHub shows no more of a pull request either.
FILES_AT_MOST = 3_000
_SUBJECT = ("log", "-1", "--no-show-signature", "--format=%s")
# Nobody's git settings change the form, and three lines of context give the lines GitHub gives.
_PATCH = ("--patch", "--unified=3")
_FORM = (
    "--raw",
    "--no-abbrev",
    "--full-index",
    "--inter-hunk-context=0",
    "--find-renames",
    "--diff-algorithm=myers",
    "--indent-heuristic",
    "--submodule=short",
    "--ignore-submodules=dirty",
    "--src-prefix=a/",
    "--dst-prefix=b/",
    "-O/dev/null",
    "--no-ext-diff",
    "--no-textconv",
    "--no-color",
)
_MISSING = ("--objects", "--no-object-names", "--no-walk", "--missing=print")
# Each is a word of a command line.
_LEFT_OUT_AT_MOST = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """What is compared: the merge base with a branch's tip, and the tree of `head` or upon it."""

    base: str
    tip: str
    base_ref: str
    head: str
    tree: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the caller wants judged; `where`: commit, staged or worktree."""

    base: str | None = None
    head: str = "HEAD"
    where: str = "commit"


@contextmanager
def look_at(path: Path, asked: Asked, given: Mapping[str, Any]) -> Iterator[Checkout]:
    """A checkout to be judged; raises CannotEvaluate with a hint when it cannot be.

    `given`: fields of facts that git does not hold.
    """
    git = Git(path).root()
    default = _default_branch(git, given.get("default_branch"))
    compared = _range(git, asked, default)
    # The default branch as this clone knows it, else the base.
    policy_at = default if default and _commit(git, default) else compared.base
    branch = (default or compared.base_ref).removeprefix("origin/")
    known = {"default_branch": branch, **given}
    if asked.where == "commit":
        yield Checkout(git, compared, policy_at, known)
        return
    with snapshot(git, worktree=asked.where == "worktree") as (own, tree):
        yield Checkout(own, replace(compared, tree=tree), policy_at, known)


@dataclass(frozen=True, slots=True)
class Checkout:
    """A source of facts; `policy_at`: the revision whose policy judges."""

    git: Git
    compared: Range
    policy_at: str
    given: Mapping[str, Any]

    def outline(self, now: datetime) -> Outline:
        """One look: the facts that cost nothing, and the policy files."""
        compared = self.compared
        changes = _changes(self.git, compared)
        known: dict[str, Any] = {
            "repo_id": 0,
            "number": None,
            "base_ref": compared.base_ref,
            "author": Person(id=0, login="author"),
            "draft": False,
            "open": True,
            "from_fork": False,
            "opened_at": now,
            "head_since": now,
            "taken_at": now,
            **NOT_HELD,
            **self.given,
            "base_sha": compared.tip,
            "head_sha": compared.head,
            "changes": changes,
            "generated": marked_of(_attributes(self.git, compared.tip), changes),
        }
        known.setdefault("repo", _repo_name(self.git))
        if "title" not in known:
            known["title"] = self.git.text(*_SUBJECT, compared.head).strip()
        return Outline(
            facts=Facts(**known),
            repository=_policy(self.git, self.policy_at),
            organisation=Unknown("offline"),
            proposed=self._proposed(changes),
        )

    def load(self, facts: Facts, needs: frozenset[Need], roles: Mapping[str, Role]) -> Facts:
        """The facts with what `needs` asks for: what git holds, and what was given."""
        asked = {need.role for need in needs if isinstance(need, Members)}
        found: dict[str, Any] = {}
        if Part.OWNERS in needs or any(role in roles and roles[role].codeowners for role in asked):
            found["owners"] = _owners(self.git, self.policy_at, facts.changes)
        if Part.TREE in needs:
            found["tree"] = _tree(self.git, self.compared.tree)
        if Part.LABEL_SETTERS in needs and "label_setters" not in self.given:
            found["label_setters"] = NO_SETTERS
        if Part.THREADS in needs and "threads" not in self.given:
            found["threads"] = NO_THREADS
        if Part.DEPLOYMENTS in needs and "deployments" not in self.given:
            found["deployments"] = NO_DEPLOYMENTS
        if asked:
            found["members"] = dict.fromkeys(asked, NO_MEMBERS) | dict(facts.members)
        return replace(facts, **found)

    def contents(self) -> Contents:
        """The contents of its files."""
        compared = self.compared
        return Contents(git=self.git, base=compared.base, head=compared.tree, tip=compared.tip)

    def _proposed(self, changes: Changes) -> PolicyFile | None:
        if isinstance(changes, Unknown) or not any(POLICY_PATH in one.paths for one in changes):
            return None
        found = _policy(self.git, self.compared.tree)
        return PolicyFile(path=POLICY_PATH) if isinstance(found, Unknown) else found


def _commit(git: Git, name: str) -> str:
    """The id of the commit that is called so; empty where there is none."""
    found = git.try_text("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
    return (found or "").strip()


def _range(git: Git, asked: Asked, default: str | None) -> Range:
    head = _commit(git, asked.head)
    if not head:
        if not _commit(git, "HEAD"):
            raise CannotEvaluate("this branch has no commit yet", "commit something first")
        raise CannotEvaluate(f"no commit {asked.head} here", "fetch it, or name another --head")
    wanted = asked.base or default
    if wanted is None:
        raise CannotEvaluate("no base branch is known here", "name one: --base REF")
    tip = _commit(git, wanted)
    if not tip:
        raise CannotEvaluate(f"no commit {wanted} here", "fetch it, or name another --base")
    merge_base = git.try_text("merge-base", tip, head)
    if merge_base is None:
        raise CannotEvaluate(
            f"{wanted} and {asked.head} share no commit here", "fetch-depth: 0 in a CI checkout"
        )
    return Range(
        base=merge_base.strip(),
        tip=tip,
        base_ref=_branch(git, wanted) or (default or wanted).removeprefix("origin/"),
        head=head,
        tree=head,
    )


def _branch(git: Git, name: str) -> str:
    """The branch that is called so, here or at a remote; empty for a commit or a tag."""
    full = (git.try_text("rev-parse", "--symbolic-full-name", name) or "").strip()
    if full.startswith("refs/remotes/"):
        return full.split("/", 3)[-1]
    return full.removeprefix("refs/heads/") if full.startswith("refs/heads/") else ""


def _changes(git: Git, compared: Range) -> Changes:
    sides = [compared.base, compared.tree]
    try:
        files = parse_diff(git.text("diff", *_PATCH, *_FORM, *sides, "--"))
    except CannotEvaluate as refused:
        files = _without_missing(git, compared, sides, refused)
    except ValueError as error:
        return Unknown(f"the diff cannot be read: {error}")
    if len(files) > FILES_AT_MOST:
        return Unknown(f"{len(files):,} files changed; at most {FILES_AT_MOST:,} are judged")
    # GitHub names the old content only of what is no more.
    return tuple(
        one if one.change is Change.REMOVED else replace(one, base_blob=None) for one in files
    )


def _without_missing(
    git: Git, compared: Range, sides: list[str], refused: CannotEvaluate
) -> tuple[ChangedFile, ...]:
    """The changes in a clone that lacks contents: the files that need those are unread, and a
    renamed one of them is one taken away and one added."""
    trees = [f"{commit}^{{tree}}" for commit in (compared.base, compared.tree)]
    objects = git.text("rev-list", *_MISSING, *trees).split("\n")
    missing = {line.removeprefix("?") for line in objects if line.startswith("?")}
    rows = parse_raw(git.text("diff", *_FORM, "--no-renames", *sides, "--"))
    hidden = [one for one in rows if missing & {one.base_blob, one.head_blob}]
    if not hidden:
        raise refused
    if len(hidden) > _LEFT_OUT_AT_MOST:
        return rows
    left_out = [f":(top,exclude,literal){one.path}" for one in hidden]
    read = parse_diff(git.text("diff", *_PATCH, *_FORM, *sides, "--", *left_out))
    return tuple(sorted((*read, *hidden), key=lambda one: one.path))


def _default_branch(git: Git, named: str | None) -> str | None:
    """`named`: as GitHub calls it; else what the remote's HEAD says, else a usual name."""
    head = git.try_text("symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD")
    if head and not named:
        return head.strip()
    names = (named,) if named else ("main", "master")
    places = [f"origin/{name}" for name in names] + list(names)
    return next((name for name in places if _commit(git, name)), None)


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


def _attributes(git: Git, revision: str) -> str:
    return (git.blob(revision, ".gitattributes") or b"").decode("utf-8", "replace")


def _tree(git: Git, revision: str) -> tuple[str, ...]:
    rows = (row.partition("\t") for row in git.text("ls-tree", "-r", "-z", revision).split("\0"))
    return tuple(path for about, _, path in rows if " blob " in about)


def _owners(git: Git, revision: str, changes: Changes) -> Known[Owners]:
    if isinstance(changes, Unknown):
        return changes
    for path in OWNER_PATHS:
        content = git.blob(revision, path)
        if content is not None:
            read = parse(content.decode("utf-8", "replace"), path)
            paths = [path for one in changes for path in one.paths]
            return Owners(by_path={path: read.owners_of(path) for path in paths})
    return Owners(by_path={})


def _repo_name(git: Git) -> str:
    url = (git.try_text("config", "--get", "remote.origin.url") or "").strip()
    parts = url.removesuffix(".git").replace(":", "/").rstrip("/").split("/")
    if len(parts) >= 2 and parts[-2] and parts[-1]:
        return f"{parts[-2]}/{parts[-1]}"
    return "local/" + git.path.name.encode("utf-8", "replace").decode()
