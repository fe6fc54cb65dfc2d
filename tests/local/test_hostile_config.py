"""A checkout whose own settings try to run programs and to reach the network."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from bot.local.git import Git
from bot.local.source import Asked, look_at
from bot.model.known import Unknown
from tests.cli.executable import git, handoff, repository
from tests.support.pulls import NOW

EVERYWHERE = pytest.mark.parametrize("where", ["commit", "staged", "worktree"])
HOOKS = ("post-index-change", "reference-transaction", "post-checkout", "fsmonitor-watchman")


def trap(folder: Path, port: int) -> Path:
    """A repository in which everything that git may run or ask is a trap; the file it leaves."""
    sprung, program = folder / "sprung", folder / "program"
    program.write_text(f'#!/bin/sh\necho "$0 $*" >> {sprung}\ncat\n')
    program.chmod(0o755)
    work = repository(folder / "work")
    (folder / "hooks").mkdir()
    for name in HOOKS:
        (folder / "hooks" / name).symlink_to(program)
    signed = git(work, "cat-file", "commit", "HEAD").replace(
        "\n\n", "\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n -----END PGP SIGNATURE-----\n\n", 1
    )
    head = git(work, "hash-object", "-t", "commit", "-w", "--stdin", given=f"{signed}\n")
    git(work, "update-ref", "HEAD", head)
    (work / "app" / "b.py").write_text("y = 3\n")
    (work / "docs").mkdir()
    (work / "docs" / "b.md").write_text("words\n")
    (work / ".git" / "info" / "attributes").write_text(
        "*.py filter=x diff=x\n*.md filter=y=z diff=x\n"
    )
    lines = (
        f"[core]\nfsmonitor={program}\nhooksPath={folder}/hooks\npager={program}\n"
        f"sshCommand={program}\neditor={program}\nalternateRefsCommand={program}\n"
        f"[diff]\nexternal={program}\nnoprefix=true\n[log]\nshowSignature=true\n"
        f'[diff "x"]\ncommand={program}\ntextconv={program}\n'
        f'[filter "x"]\nclean={program}\nsmudge={program}\nrequired=true\n'
        f'[filter "y=z"]\nprocess={program}\nclean={program}\n'
        f'[extensions]\npartialClone=origin\n[remote "origin"]\npromisor=true\n'
        f"url=http://127.0.0.1:{port}/x.git\npartialclonefilter=blob:none\n"
        f'[remote "other"]\npromisor=true\nurl=ext::{program}\n'
        f"[gpg]\nprogram={program}\n[alias]\ndiff=!{program}\nrev-parse=!{program}\n"
        f"[credential]\nhelper=!{program}\n[uploadpack]\npackObjectsHook={program}\n"
    )
    with (work / ".git" / "config").open("a") as file:
        file.write(lines)
    return sprung


@EVERYWHERE
def test_nothing_of_the_checkout_runs_and_nothing_is_fetched(where: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        sprung = trap(tmp_path, server.getsockname()[1])
        work = tmp_path / "work"
        blob = git(work, "--no-pager", "ls-tree", "HEAD:app").split("\n")[-1].split()[2]
        (work / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
        sprung.unlink(missing_ok=True)
        words = [] if where == "commit" else [f"--{where}"]

        done = handoff("check", "--base", "main", "--format", "json", *words, cwd=work)

        with pytest.raises(BlockingIOError):
            server.accept()
    assert json.loads(done.stdout)["subject"]["head_sha"]
    assert not sprung.exists()


def changes(work: Path, where: str) -> dict[str, tuple[str, object]]:
    with look_at(work, Asked(base="main", where=where), {}) as checkout:
        found = checkout.outline(NOW).facts.changes
    assert not isinstance(found, Unknown)
    return {
        one.path: (
            one.change.value,
            one.added if isinstance(one.added, Unknown) else len(one.added),
        )
        for one in found
    }


def test_the_worktree_is_what_stands_on_the_disk(tmp_path: Path) -> None:
    work = repository(tmp_path / "work")
    (work / ".gitignore").write_text("ignored\n")
    (work / "ignored").write_text("no\n")
    (work / 'new\n"name"').write_text("a\nb\n")
    (work / "app" / "a.py").unlink()
    (work / "outside").symlink_to("/etc/hostname")
    (work / "app" / "b.py").write_text("y = 2\nz = 3\n")

    assert changes(work, "worktree") == {
        ".gitignore": ("added", 1),
        "app/a.py": ("removed", 0),
        "app/b.py": ("added", 2),
        'new\n"name"': ("added", 2),
        "outside": ("added", 1),
    }
    assert changes(work, "staged") == changes(work, "commit") == {"app/b.py": ("added", 1)}


def test_a_folder_that_became_a_link_is_not_entered(tmp_path: Path) -> None:
    work = repository(tmp_path / "work")
    (work / "app").rename(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "secret.py").write_text("x\n")
    (work / "app").symlink_to(tmp_path / "elsewhere")

    assert changes(work, "worktree") == {"app": ("added", 1), "app/a.py": ("removed", 0)}


@EVERYWHERE
def test_what_stands_in_for_an_object_here_alone_does_not_count(where: str, tmp_path: Path) -> None:
    work = repository(tmp_path / "work")
    other = git(work, "hash-object", "-w", "--stdin", given="x = 1\ny = 2\nz = 3\n")
    git(work, "replace", git(work, "rev-parse", "HEAD:app/b.py"), other)

    assert changes(work, where) == {"app/b.py": ("added", 1)}


@EVERYWHERE
def test_looking_leaves_the_repository_as_it_was(where: str, tmp_path: Path) -> None:
    work = repository(tmp_path / "work")
    (work / "app" / "c.py").write_text("z = 3\n")
    git(work, "add", "-N", "app/c.py")
    before = {path: path.read_bytes() for path in (work / ".git").rglob("*") if path.is_file()}

    changes(work, where)

    after = {path: path.read_bytes() for path in (work / ".git").rglob("*") if path.is_file()}
    assert after == before


def test_a_policy_that_is_proposed_as_a_link_is_no_plain_file(tmp_path: Path) -> None:
    work = repository(tmp_path / "work")
    (work / ".github" / "handoff.yml").unlink()
    (work / ".github" / "handoff.yml").symlink_to("/etc/hostname")

    with look_at(work, Asked(base="main", where="worktree"), {}) as checkout:
        proposed = checkout.outline(NOW).proposed

    assert proposed is not None
    assert not proposed.regular


def test_git_is_given_no_more_than_it_needs(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    words = ("config", "--get", "core.hooksPath")

    assert Git(tmp_path).text(*words) == "/dev/null\n"
