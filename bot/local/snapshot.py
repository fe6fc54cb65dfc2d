"""The index, or the files on the disk, as a git tree: nothing of the repository's own runs on them.

Everything is written beside the repository, in a folder that is gone afterwards.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from bot.local.git import Git

# A path, and what an index says of it: mode, id and, where it is unmerged, a stage.
Row: TypeAlias = tuple[bytes, bytes]
_SUBMODULE = b"160000"
_STAT = re.compile(
    rb"([^\0]+)\0  ctime: .*\n  mtime: (\d+):(\d+)\n.*\n.*\n  size: (\d+)\tflags: ([0-9a-f]+)\n"
)


@contextmanager
def snapshot(git: Git, *, worktree: bool) -> Iterator[tuple[Git, str]]:
    """(git that knows the tree, its id) of the index, with `worktree` of the files on the disk:
    tracked and new ones that are not ignored."""
    with TemporaryDirectory(prefix="handoff-") as name:
        folder = Path(name)
        own = _beside(git, folder)
        rows = _staged(git)
        if worktree:
            rows = _with_files(git, own, rows, folder)
        # An index that knows nothing of the files' times: git never compares it with the disk.
        given = b"".join(b"%s\t%s\0" % (about, path) for path, about in rows)
        own.read("update-index", "-z", "--index-info", given=given)
        yield own, own.text("write-tree", "--missing-ok").strip()


def _beside(git: Git, folder: Path) -> Git:
    """The same repository with an empty index; new objects go into the folder."""
    objects = git.path / os.fsdecode(git.read("rev-parse", "--git-path", "objects")).rstrip("\n")
    (folder / "objects").mkdir()
    quoted = str(objects.absolute()).replace("\\", "\\\\").replace('"', '\\"')
    extra = {
        "GIT_INDEX_FILE": str(folder / "index"),
        "GIT_OBJECT_DIRECTORY": str(folder / "objects"),
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": f'"{quoted}"',
    }
    return replace(git, extra=extra)


def _staged(git: Git) -> list[Row]:
    found = filter(None, git.read("ls-files", "-s", "-z").split(b"\0"))
    return [(path, about) for about, path in (row.split(b"\t", 1) for row in found)]


def _with_files(git: Git, own: Git, rows: list[Row], folder: Path) -> list[Row]:
    """Every file as it is on the disk, links not followed; submodules and what a sparse checkout
    leaves out stay as they are staged."""
    tagged = git.read("ls-files", "-t", "-z").split(b"\0")
    left_out = {row[2:] for row in tagged if row.startswith(b"S ")}
    kept = {path: about for path, about in rows if path in left_out or about[:6] == _SUBMODULE}
    new = filter(None, git.read("ls-files", "-o", "-z", "--exclude-standard").split(b"\0"))
    paths = dict.fromkeys([*(path for path, _ in rows if path not in kept), *new])
    found = _on_disk(git.path, paths, folder)
    ids = _hashed(own, [file for _, file in found.values()], {about[7:-2] for _, about in rows})
    files = zip(found.items(), ids, strict=True)
    return [*kept.items(), *((path, b"%s %s" % (mode, oid)) for (path, (mode, _)), oid in files)]


def _on_disk(
    root: Path, paths: dict[bytes, None], folder: Path
) -> dict[bytes, tuple[bytes, bytes]]:
    """(mode, file with the content) of those paths that are files or links."""
    top = root.resolve()

    @cache
    def inside(parent: Path) -> bool:
        return parent.resolve() == top / parent.relative_to(root)

    found: dict[bytes, tuple[bytes, bytes]] = {}
    for path in paths:
        file = root / os.fsdecode(path)
        try:
            mode = file.lstat().st_mode
        except OSError:
            continue
        if stat.S_ISLNK(mode) and inside(file.parent):
            target = folder / f"link-{len(found)}"
            target.write_bytes(os.fsencode(file.readlink()))
            found[path] = (b"120000", os.fsencode(target))
        elif stat.S_ISREG(mode) and inside(file.parent):
            found[path] = (b"100755" if mode & stat.S_IXUSR else b"100644", os.fsencode(file))
    return found


def _hashed(git: Git, files: list[bytes], known: set[bytes]) -> list[bytes]:
    """The ids of the files' contents, as they are: no filter and no line ending is applied. Those
    that are not known are stored."""
    words = ("hash-object", "--no-filters", "--stdin-paths")
    names = [_quoted(one) for one in files]
    ids = git.read(*words, given=b"".join(names)).split()
    changed = [name for name, oid in zip(names, ids, strict=True) if oid not in known]
    git.read(*words, "-w", given=b"".join(changed))
    return ids


def changed(git: Git) -> int:
    """How many files are not as in the last commit: staged, on the disk, or new and not ignored.

    Only where the index is in doubt is a file read, and then as it is.
    """
    staged = ("diff-index", "--cached", "--name-only", "-z", "--no-renames", "HEAD")
    names = set(filter(None, git.read(*staged, "--ignore-submodules=all").split(b"\0")))
    new = git.read("ls-files", "-o", "-z", "--exclude-standard").split(b"\0")
    names.update(filter(None, new))
    ids = {path: about[7:-2] for path, about in _staged(git)}
    doubt: list[bytes] = []
    for path, seconds, nanos, size, flags in _STAT.findall(git.read("ls-files", "--debug", "-z")):
        try:
            there = (git.path / os.fsdecode(path)).lstat()
        except OSError:
            # A sparse checkout leaves files out.
            names.update([path][int(flags, 16) >> 30 & 1 :])
            continue
        known = int(seconds) * 1_000_000_000 + int(nanos), int(size)
        if known == (there.st_mtime_ns, there.st_size) or stat.S_ISDIR(there.st_mode):
            continue
        (doubt.append if stat.S_ISREG(there.st_mode) else names.add)(path)
    if doubt:
        given = b"".join(_quoted(path) for path in doubt)
        found = git.read("hash-object", "--no-filters", "--stdin-paths", given=given).split()
        names.update(path for path, oid in zip(doubt, found, strict=True) if ids[path] != oid)
    return len(names)


def _quoted(path: bytes) -> bytes:
    """A path as git reads it from a list."""
    clear = path.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
    return b'"%s"\n' % clear
