"""A checkout shows the base branch as it stands there, under the name it was given or its own."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from bot.local.contents import Contents
from bot.local.git import Git
from bot.model.area import Area
from bot.model.known import Unknown
from bot.model.reading import Side
from tests.support.pulls import pull

ALL = Area("all", ("**",))


def git(path: Path, *words: str) -> str:
    identity = ["-c", "user.name=ana", "-c", "user.email=ana@example.org"]
    done = subprocess.run(
        ["git", *identity, *words], cwd=path, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def commit(path: Path, name: str, text: str) -> str:
    (path / name).write_text(text)
    git(path, "add", name)
    git(path, "commit", "-qm", name)
    return git(path, "rev-parse", "HEAD")


@pytest.fixture
def checkout(tmp_path: Path) -> tuple[Path, str]:
    """A branch `work` from main's first commit, and one more commit on main since."""
    git(tmp_path, "init", "-qb", "main")
    commit(tmp_path, "a.sql", "SELECT 1;")
    git(tmp_path, "checkout", "-qb", "work")
    head = commit(tmp_path, "b.sql", "SELECT 2;")
    git(tmp_path, "checkout", "-q", "main")
    commit(tmp_path, "c.sql", "SELECT 3;")
    git(tmp_path, "checkout", "-q", "work")
    return tmp_path, head


@pytest.mark.parametrize("named", ["", "main"])
async def test_the_tip_holds_what_was_merged_since(checkout: tuple[Path, str], named: str) -> None:
    path, head = checkout
    contents = Contents(git=Git(path), base="main", head=head, tip=named)

    listed = await contents.files(None, pull(), ALL, Side.TIP)
    texts = await contents.texts(None, pull(), [(Side.TIP, "c.sql"), (Side.TIP, "b.sql")])

    assert not isinstance(listed, Unknown)
    assert set(listed) == {"a.sql", "c.sql"}
    assert texts[Side.TIP, "c.sql"] == b"SELECT 3;"
    assert isinstance(texts[Side.TIP, "b.sql"], Unknown)


async def test_the_head_is_listed_by_itself(checkout: tuple[Path, str]) -> None:
    path, head = checkout

    listed = await Contents(git=Git(path), base="main", head=head).files(
        None, pull(), ALL, Side.HEAD
    )

    assert not isinstance(listed, Unknown)
    assert set(listed) == {"a.sql", "b.sql"}


async def test_a_base_branch_that_is_not_here_is_unknown(checkout: tuple[Path, str]) -> None:
    path, head = checkout
    facts = replace(pull(), base_ref="release")

    listed = await Contents(git=Git(path), base="main", head=head).files(None, facts, ALL, Side.TIP)

    assert listed == Unknown("release is not in this clone")


async def test_the_base_holds_what_a_file_was_before(checkout: tuple[Path, str]) -> None:
    path, _ = checkout
    base = git(path, "merge-base", "main", "work")
    (path / "a.sql").write_text("SELECT 4;")
    git(path, "mv", "a.sql", "d.sql")
    git(path, "commit", "-qam", "moved")
    contents = Contents(git=Git(path), base=base, head="HEAD")

    texts = await contents.texts(None, pull(), [(Side.BASE, "a.sql"), (Side.HEAD, "d.sql")])

    assert texts == {(Side.BASE, "a.sql"): b"SELECT 1;", (Side.HEAD, "d.sql"): b"SELECT 4;"}
