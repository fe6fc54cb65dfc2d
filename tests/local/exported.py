"""A repository of the simulator as a real git checkout, with the same ids."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

from bot.simulator.git import Commit, Objects
from bot.simulator.things import Repository


def export(repo: Repository, folder: Path) -> None:
    """Write all commits of the repository and its forks, and its branches."""
    subprocess.run(["git", "init", "-q", "-b", "main", folder], check=True)
    marks = {sha: at for at, sha in enumerate(ordered(repo.objects), start=1)}
    stream = b"".join(commit_lines(repo.objects, repo.objects.commits[sha], marks) for sha in marks)
    stream += b"".join(
        b"reset refs/heads/%s\nfrom :%d\n\n" % (name.encode(), marks[sha])
        for name, sha in repo.branches.items()
    )
    git(folder, "fast-import", "--quiet", given=stream)
    git(folder, "reset", "-q", "--hard")


def git(folder: Path, *words: str, given: bytes = b"") -> str:
    """What git prints."""
    done = subprocess.run(["git", *words], cwd=folder, input=given, capture_output=True, check=True)
    return done.stdout.decode().strip()


def ordered(objects: Objects) -> Iterator[str]:
    """Every commit after its parents."""
    done: set[str] = set()
    todo = list(objects.commits)
    while todo:
        sha = todo.pop(0)
        if set(objects.commits[sha].parents) <= done:
            done.add(sha)
            yield sha
        else:
            todo.append(sha)


def commit_lines(objects: Objects, commit: Commit, marks: dict[str, int]) -> bytes:
    """The commit in the words of `git fast-import`."""
    by = commit.author
    who = f"{by.name} <{by.email}> {int(by.at.timestamp())} +0000"
    message = commit.message.encode()
    lines = [f"commit refs/heads/all-{marks[commit.sha]}", f"mark :{marks[commit.sha]}"]
    lines += [f"author {who}", f"committer {who}", f"data {len(message)}"]
    out = "\n".join(lines).encode() + b"\n" + message + b"\n"
    for word, parent in zip(("from", "merge"), commit.parents, strict=False):
        out += f"{word} :{marks[parent]}\n".encode()
    out += b"deleteall\n"
    for path, entry in commit.files.items():
        data = objects.blobs[entry.oid]
        out += b"M %s inline %s\ndata %d\n" % (entry.mode.encode(), path.encode(), len(data))
        out += data + b"\n"
    return out + b"\n"
