"""Git objects with git's own ids, held in memory and shared by a repository and its forks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha1
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from bot.simulator.things import Account

ZERO = "0" * 40


@dataclass(frozen=True, slots=True)
class Symlink:
    """A symbolic link, as a value of a pushed file."""

    target: str


@dataclass(frozen=True, slots=True)
class Submodule:
    """A submodule at a commit, as a value of a pushed file."""

    sha: str


@dataclass(frozen=True, slots=True)
class Program:
    """A file that may be run, as a value of a pushed file."""

    text: str


Content: TypeAlias = str | bytes | Symlink | Submodule | Program | None
Files: TypeAlias = Mapping[str, Content]


@dataclass(frozen=True, slots=True)
class Entry:
    """What a tree holds at one path."""

    mode: str
    oid: str

    @property
    def kind(self) -> str:
        """Git's word: blob, or commit for a submodule."""
        return "commit" if self.mode == "160000" else "blob"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """Who wrote or committed; `account` None where no account has the address."""

    name: str
    email: str
    at: datetime
    account: Account | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Commit:
    """A commit with its whole tree as a flat mapping."""

    sha: str
    tree: str
    files: Mapping[str, Entry]
    parents: tuple[str, ...]
    message: str
    author: Signature
    committer: Signature


def git_id(kind: str, data: bytes) -> str:
    """The id git gives to an object of that kind and content."""
    return sha1(f"{kind} {len(data)}\0".encode() + data, usedforsecurity=False).hexdigest()


def blob_id(data: bytes) -> str:
    """The git id of a file with this content."""
    return git_id("blob", data)


def is_binary(data: bytes) -> bool:
    """Git's own guess: a zero byte among the first 8,000."""
    return b"\0" in data[:8000]


@dataclass(slots=True)
class Folder:
    """One level of a tree: entries by name, with the ids of folders already known."""

    entries: dict[str, Entry] = field(default_factory=dict)
    folders: dict[str, Folder] = field(default_factory=dict)

    def place(self, path: str, entry: Entry) -> None:
        """Put a file at a path below this folder."""
        name, _, rest = path.partition("/")
        if rest:
            self.folders.setdefault(name, Folder()).place(rest, entry)
        else:
            self.entries[name] = entry

    def listing(self) -> dict[str, Entry]:
        """The entries of this level, folders included."""
        return self.entries | {
            name: Entry("040000", below.oid()) for name, below in self.folders.items()
        }

    def oid(self) -> str:
        """The tree's git id."""

        def order(item: tuple[str, Entry]) -> str:
            return item[0] + ("/" if item[1].mode == "040000" else "")

        data = b"".join(
            f"{entry.mode.removeprefix('0')} {name}".encode() + b"\0" + bytes.fromhex(entry.oid)
            for name, entry in sorted(self.listing().items(), key=order)
        )
        return git_id("tree", data)


def folder_of(files: Mapping[str, Entry]) -> Folder:
    """The nested form of a flat tree."""
    root = Folder()
    for path, entry in files.items():
        root.place(path, entry)
    return root


class Objects:
    """The object store of a repository and its forks."""

    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}
        self.commits: dict[str, Commit] = {}

    def entry(self, content: Content) -> Entry:
        """Store one file's content."""
        if isinstance(content, Submodule):
            return Entry("160000", content.sha)
        if isinstance(content, Symlink):
            return self._kept("120000", content.target)
        if isinstance(content, Program):
            return self._kept("100755", content.text)
        return self._kept("100644", content or b"")

    def _kept(self, mode: str, text: str | bytes) -> Entry:
        data = text.encode() if isinstance(text, str) else text
        oid = blob_id(data)
        self.blobs[oid] = data
        return Entry(mode, oid)

    def changed(self, before: Mapping[str, Entry], files: Files) -> dict[str, Entry]:
        """The tree after the files were written over it; None takes a path away."""
        after = dict(before)
        for path, content in files.items():
            if content is None:
                after.pop(path, None)
            else:
                after[path] = self.entry(content)
        return after

    def commit(
        self, files: Mapping[str, Entry], parents: Iterable[str], message: str, by: Signature
    ) -> Commit:
        """Store a commit; equal content at an equal time has an equal id."""
        tree = folder_of(files).oid()
        stamp = f"{by.name} <{by.email}> {int(by.at.timestamp())} +0000"
        lines = [f"tree {tree}", *(f"parent {sha}" for sha in parents)]
        lines += [f"author {stamp}", f"committer {stamp}", "", message]
        sha = git_id("commit", "\n".join(lines).encode())
        made = Commit(
            sha=sha,
            tree=tree,
            files=files,
            parents=tuple(parents),
            message=message,
            author=by,
            committer=by,
        )
        return self.commits.setdefault(sha, made)

    def ancestors(self, sha: str) -> list[str]:
        """The commit and all before it, newest first."""
        seen: dict[str, None] = {}
        queue = [sha]
        while queue:
            now = queue.pop(0)
            if now not in seen and now in self.commits:
                seen[now] = None
                queue.extend(self.commits[now].parents)
        return list(seen)

    def merge_base(self, base: str, head: str) -> Commit | None:
        """The nearest common ancestor."""
        old = set(self.ancestors(base))
        return next((self.commits[sha] for sha in self.ancestors(head) if sha in old), None)

    def between(self, base: str, head: str) -> list[Commit]:
        """The commits that head has and base lacks, oldest first."""
        old = set(self.ancestors(base))
        return [self.commits[sha] for sha in reversed(self.ancestors(head)) if sha not in old]
