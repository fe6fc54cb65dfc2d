"""Git objects and differences without any server."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.simulator.diff import rows_of
from bot.simulator.git import Objects, Signature, blob_id

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
BY = Signature(name="Ana", email="ana@example.test", at=AT)


def test_ids_are_those_of_git_itself(tmp_path: Path) -> None:
    git = shutil.which("git")
    if git is None:
        pytest.skip("there is no git on this machine")
    files = {"a.txt": "1\n", "b/c.txt": "2\n", "b.txt": "3\n", "b/d/e": "4"}
    objects = Objects()
    made = objects.commit(objects.changed({}, files), (), "first", BY)
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    names = ("AUTHOR", "COMMITTER")
    who = {f"GIT_{name}_NAME": "Ana" for name in names}
    who |= {f"GIT_{name}_EMAIL": "ana@example.test" for name in names}
    who |= {f"GIT_{name}_DATE": f"{int(AT.timestamp())} +0000" for name in names}

    def run(*args: str, said: bytes = b"") -> str:
        command = [git, "-c", "core.autocrlf=false", *args]
        done = subprocess.run(
            command, cwd=tmp_path, env=who, input=said, capture_output=True, check=True
        )
        return done.stdout.decode().strip()

    run("init", "-q")
    run("add", ".")
    tree = run("write-tree")

    assert made.tree == tree
    assert made.sha == run("commit-tree", tree, said=b"first")
    assert made.files["a.txt"].oid == blob_id(b"1\n") == run("hash-object", "a.txt")


def test_merge_base_and_the_commits_between() -> None:
    objects = Objects()
    root = objects.commit(objects.changed({}, {"a": "1"}), (), "root", BY)
    left = objects.commit(objects.changed(root.files, {"b": "1"}), (root.sha,), "left", BY)
    right = objects.commit(objects.changed(root.files, {"c": "1"}), (root.sha,), "right", BY)
    merged = objects.commit(left.files, (left.sha, right.sha), "merge", BY)

    assert objects.merge_base(left.sha, right.sha) is root
    assert objects.merge_base(merged.sha, right.sha) is right
    assert [one.message for one in objects.between(left.sha, merged.sha)] == ["right", "merge"]
    assert objects.merge_base(left.sha, "0" * 40) is None


@pytest.mark.parametrize(
    ("before", "after", "patch"),
    [
        ("a\nb\nc\n", "a\nB\nc\n", "@@ -1,3 +1,3 @@\n a\n-b\n+B\n c"),
        ("a\n", "a", "@@ -1 +1 @@\n-a\n+a\n\\ No newline at end of file"),
        ("", "a\n", "@@ -0,0 +1 @@\n+a"),
        ("a\nb\n", "", "@@ -1,2 +0,0 @@\n-a\n-b"),
        ("a\x0cb\n", "a\x0cc\n", "@@ -1 +1 @@\n-a\x0cb\n+a\x0cc"),
    ],
)
def test_patches_are_unified_diffs(before: str, after: str, patch: str) -> None:
    objects = Objects()
    old = objects.changed({}, {"f": before})
    new = objects.changed({}, {"f": after})

    assert [row.patch for row in rows_of(objects, old, new, renames=True)] == [patch]


def test_without_rename_detection_a_move_is_two_rows() -> None:
    objects = Objects()
    old = objects.changed({}, {"old": "1\n2\n3\n"})
    new = objects.changed({}, {"new": "1\n2\n3\n"})

    def told(*, renames: bool) -> list[tuple[str, str, str | None]]:
        rows = rows_of(objects, old, new, renames=renames)
        return [(row.status, row.path, row.previous) for row in rows]

    assert told(renames=True) == [("renamed", "new", "old")]
    assert told(renames=False) == [("added", "new", None), ("removed", "old", None)]
