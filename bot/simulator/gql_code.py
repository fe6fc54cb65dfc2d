"""GraphQL's repositories, refs, commits, trees and blobs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from bot.simulator import gql_people
from bot.simulator.base import Missing
from bot.simulator.git import Commit, Entry, Signature, folder_of, is_binary
from bot.simulator.gql_people import could_not
from bot.simulator.gql_types import Context, Fields, Spec, attr, calc, fixed, from_world, paged
from bot.simulator.things import Account, Pull, QueueEntry, Repository

Args: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CommitAt:
    """A commit as a repository shows it."""

    repo: Repository
    commit: Commit

    @property
    def oid(self) -> str:
        """Its id."""
        return self.commit.sha


def _authors(call: Context, one: CommitAt, _args: Args) -> list[Signature]:
    """Git's own author, then who is named in a trailer."""
    known = {who.email: who for who in call.world.accounts.values()}
    author = one.commit.author
    lines = re.findall(r"^Co-authored-by: (.+) <(.+)>$", one.commit.message, re.MULTILINE)
    return [
        author,
        *(Signature(name=n, email=e, at=author.at, account=known.get(e)) for n, e in lines),
    ]


@dataclass(frozen=True, slots=True)
class BlobAt:
    """A file's content."""

    repo: Repository
    oid: str

    @property
    def data(self) -> bytes:
        """The bytes."""
        return self.repo.objects.blobs[self.oid]


@dataclass(frozen=True, slots=True)
class TreeAt:
    """A folder."""

    repo: Repository
    oid: str
    commit: Commit
    path: str
    entries: Mapping[str, Entry]


@dataclass(frozen=True, slots=True)
class EntryAt:
    """What a commit has at a path."""

    repo: Repository
    commit: Commit
    path: str
    entry: Entry


@dataclass(frozen=True, slots=True)
class RefAt:
    """A branch."""

    repo: Repository
    name: str


GitThing: TypeAlias = CommitAt | BlobAt | TreeAt


def repository(context: Context, _one: Any, args: Args) -> Repository:
    """`repository(owner:, name:, followRenames:)`. Raises GraphError."""
    name = f"{args['owner']}/{args['name']}"
    world = context.world
    try:
        found = world.repo(name)
    except Missing:
        follows = args.get("followRenames", True)
        moved = world.old_names.get(name.lower()) if follows else None
        if moved is None:
            raise could_not("Repository", f"with the name '{name}'") from None
        found = world.repositories[moved]
    if found.visibility != "public" and not context.access.covers(context.token, found):
        raise could_not("Repository", f"with the name '{name}'")
    return found


def _at_path(repo: Repository, commit: Commit, path: str) -> GitThing | None:
    path = path.strip("/")
    if not path:
        return TreeAt(repo, commit.tree, commit, "", folder_of(commit.files).listing())
    if path in commit.files:
        entry = commit.files[path]
        return BlobAt(repo, entry.oid) if entry.kind == "blob" else None
    below = {inner: entry for inner, entry in commit.files.items() if inner.startswith(path + "/")}
    if not below:
        return None
    folder = folder_of({inner[len(path) + 1 :]: entry for inner, entry in below.items()})
    return TreeAt(repo, folder.oid(), commit, path, folder.listing())


def _object(context: Context, repo: Repository, args: Args) -> GitThing | None:
    context.need("contents", repo)
    if args.get("oid"):
        return _by_oid(context, repo, args["oid"])
    name, colon, path = str(args.get("expression", "")).partition(":")
    sha = repo.branches.get(repo.default_branch if name == "HEAD" else name, name)
    commit = repo.objects.commits.get(sha)
    if commit is None or not _visible(context, repo, sha):
        return None if colon else _by_oid(context, repo, name)
    return _at_path(repo, commit, path) if colon else CommitAt(repo, commit)


def _visible(context: Context, repo: Repository, oid: str) -> bool:
    return oid in repo.own or not context.world.quirks.fork_objects_hidden


def _by_oid(context: Context, repo: Repository, oid: str) -> GitThing | None:
    if not _visible(context, repo, oid):
        return None
    if oid in repo.objects.commits:
        return CommitAt(repo, repo.objects.commits[oid])
    return BlobAt(repo, oid) if oid in repo.objects.blobs else None


def _file(context: Context, one: CommitAt, args: Args) -> EntryAt | None:
    context.need("contents", one.repo)
    path = str(args["path"]).strip("/")
    if path in one.commit.files:
        return EntryAt(one.repo, one.commit, path, one.commit.files[path])
    found = _at_path(one.repo, one.commit, path)
    if isinstance(found, TreeAt):
        return EntryAt(one.repo, one.commit, path, Entry("040000", found.oid))
    return None


def _entry_object(_context: Context, one: EntryAt, _args: Args) -> GitThing | None:
    return _at_path(one.repo, one.commit, one.path)


def _binary(context: Context, one: BlobAt, _args: Args) -> bool | None:
    if is_binary(one.data):
        return True
    try:
        one.data.decode()
    except UnicodeDecodeError:
        return None if context.world.quirks.undetermined_encoding else False
    return False


def _text(context: Context, one: BlobAt, args: Args) -> str | None:
    if _binary(context, one, args) is not False:
        return None
    return one.data[: context.world.quirks.blob_text_cap].decode("utf-8", "replace")


def _pulls(context: Context, repo: Repository, args: Args) -> list[Pull]:
    context.need("pull_requests", repo)
    states = args.get("states")
    states = [states] if isinstance(states, str) else states
    rows = [
        one
        for one in repo.pulls.values()
        if (states is None or state_of(one) in states)
        and args.get("baseRefName") in (None, one.base_ref)
        and args.get("headRefName") in (None, one.head_ref)
    ]
    order = args.get("orderBy") or {"field": "CREATED_AT", "direction": "ASC"}

    def key(one: Pull) -> Any:
        updated = order["field"] == "UPDATED_AT"
        return (one.updated_at if updated else one.number, one.number)

    return sorted(rows, key=key, reverse=order["direction"] == "DESC")


def state_of(pull: Pull) -> str:
    """`PullRequestState`."""
    return "MERGED" if pull.merged_at else pull.state.upper()


def _pull(context: Context, repo: Repository, args: Args) -> Pull:
    context.need("pull_requests", repo)
    found = repo.pulls.get(args["number"])
    if found is None:
        raise could_not("PullRequest", f"with the number of {args['number']}")
    return found


def _queue(context: Context, repo: Repository, args: Args) -> list[QueueEntry] | None:
    context.need("merge_queues", repo)
    return repo.queues.get(args.get("branch") or repo.default_branch)


def _ref(context: Context, repo: Repository, args: Args) -> RefAt | None:
    context.need("contents", repo)
    name = str(args["qualifiedName"]).removeprefix("refs/heads/")
    return RefAt(repo, name) if name in repo.branches else None


def _default(_context: Context, repo: Repository, _args: Args) -> RefAt:
    return RefAt(repo, repo.default_branch)


def _target(context: Context, ref: RefAt, _args: Args) -> CommitAt:
    context.need("contents", ref.repo)
    return CommitAt(ref.repo, ref.repo.objects.commits[ref.repo.branches[ref.name]])


def _history(context: Context, one: CommitAt, args: Args) -> list[CommitAt]:
    context.need("contents", one.repo)
    objects, path = one.repo.objects, args.get("path")
    found = [objects.commits[sha] for sha in objects.ancestors(one.oid)]
    if path:
        found = [each for each in found if _changed(one.repo, each, path)]
    return [CommitAt(one.repo, each) for each in found]


def _changed(repo: Repository, commit: Commit, path: str) -> bool:
    before = [repo.objects.commits[sha].files.get(path) for sha in commit.parents]
    return all(entry != commit.files.get(path) for entry in before or [None])


def _parents(_context: Context, one: CommitAt, _args: Args) -> Sequence[CommitAt]:
    return [CommitAt(one.repo, one.repo.objects.commits[sha]) for sha in one.commit.parents]


def mode_of(entry: Entry) -> int:
    """Git's mode as a number, as GraphQL gives it."""
    return int(entry.mode, 8)


def _kind(entry: Entry) -> str:
    return "tree" if entry.mode == "040000" else entry.kind


OBJECT: Fields = {
    "id": calc("ID", lambda one: f"{type(one).__name__[0]}_kwDO{one.oid}"),
    "oid": attr("GitObjectID", "oid"),
    "abbreviatedOid": calc("String", lambda one: one.oid[:7]),
    "repository": attr("Repository", "repo"),
    "commitUrl": from_world("URI", lambda w, one: f"{w.web}/{one.repo.full_name}/commit/{one.oid}"),
}


def owner_of(_context: Context, repo: Repository, _args: Args) -> Account:
    """`Repository.owner`."""
    return repo.owner


TYPES: Mapping[str, Fields] = {
    "Repository": {
        **gql_people.THING,
        "name": attr("String", "name"),
        "nameWithOwner": attr("String", "full_name"),
        "owner": Spec("RepositoryOwner", owner_of),
        "visibility": calc("RepositoryVisibility", lambda one: one.visibility.upper()),
        "isPrivate": calc("Boolean", lambda one: one.visibility != "public"),
        "isArchived": attr("Boolean", "archived"),
        "isDisabled": fixed("Boolean", value=False),
        "isFork": calc("Boolean", lambda one: one.parent is not None),
        "parent": attr("Repository", "parent"),
        "url": from_world("URI", lambda world, one: f"{world.web}/{one.full_name}"),
        "pushedAt": attr("DateTime", "pushed_at"),
        "updatedAt": calc("DateTime", lambda one: one.pushed_at or one.created_at),
        "defaultBranchRef": Spec("Ref", _default),
        "ref": Spec("Ref", _ref, ("qualifiedName",)),
        "object": Spec("GitObject", _object, ("oid", "expression")),
        "pullRequest": Spec("PullRequest", _pull, ("number",)),
        "pullRequests": paged(
            "PullRequest", _pulls, "states", "baseRefName", "headRefName", "orderBy", "labels"
        ),
        "mergeQueue": Spec("MergeQueue", _queue, ("branch",)),
    },
    "Ref": {
        "id": calc("ID", lambda one: f"REF_kwDO{one.repo.id}/{one.name}"),
        "name": attr("String", "name"),
        "prefix": fixed("String", "refs/heads/"),
        "target": Spec("GitObject", _target),
        "repository": attr("Repository", "repo"),
    },
    "GitObject": OBJECT,
    "Commit": {
        **OBJECT,
        "message": calc("String", lambda one: one.commit.message),
        "messageHeadline": calc("String", lambda one: one.commit.message.partition("\n")[0]),
        "messageBody": calc("String", lambda one: one.commit.message.partition("\n")[2].strip()),
        "committedDate": calc("DateTime", lambda one: one.commit.committer.at),
        "authoredDate": calc("DateTime", lambda one: one.commit.author.at),
        "author": calc("GitActor", lambda one: one.commit.author),
        "committer": calc("GitActor", lambda one: one.commit.committer),
        "authors": paged("GitActor", _authors),
        "authoredByCommitter": fixed("Boolean", value=True),
        "committedViaWeb": fixed("Boolean", value=False),
        "parents": paged("Commit", _parents),
        "history": paged("CommitHistory", _history, "path", "since", "until", "author"),
        "file": Spec("TreeEntry", _file, ("path",)),
        "tree": Spec("Tree", lambda _c, one, _a: _at_path(one.repo, one.commit, "")),
        "url": OBJECT["commitUrl"],
    },
    "Blob": {
        **OBJECT,
        "byteSize": calc("Int", lambda one: len(one.data)),
        "isBinary": Spec("Boolean", _binary),
        "isTruncated": Spec(
            "Boolean", lambda c, one, _a: len(one.data) > c.world.quirks.blob_text_cap
        ),
        "text": Spec("String", _text),
    },
    "Tree": {
        **OBJECT,
        "entries": calc(
            "[TreeEntry]",
            lambda one: [
                EntryAt(one.repo, one.commit, f"{one.path}/{name}".strip("/"), entry)
                for name, entry in sorted(one.entries.items())
            ],
        ),
    },
    "TreeEntry": {
        "oid": calc("GitObjectID", lambda one: one.entry.oid),
        "mode": calc("Int", lambda one: mode_of(one.entry)),
        "type": calc("String", lambda one: _kind(one.entry)),
        "name": calc("String", lambda one: one.path.rpartition("/")[2]),
        "path": attr("String", "path"),
        "size": calc("Int", lambda one: len(one.repo.objects.blobs.get(one.entry.oid, b""))),
        "object": Spec("GitObject", _entry_object),
        "isGenerated": fixed("Boolean", value=False),
    },
    "Tag": OBJECT,
}
