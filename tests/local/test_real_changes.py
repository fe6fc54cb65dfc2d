"""What real repositories hold: moves, modes, links, submodules, odd names, lost content."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.local.source import Asked, look_at
from bot.model.facts import ChangedFile, Facts
from bot.model.known import Unknown
from bot.model.need import Part
from tests.cli.executable import git, handoff, repository, write
from tests.support.pulls import NOW


def facts(work: Path, base: str = "HEAD^", **given: Any) -> Facts:
    with look_at(work, Asked(base=base), given) as checkout:
        return checkout.outline(NOW).facts


def changes(work: Path, base: str = "HEAD^") -> dict[str, ChangedFile]:
    found = facts(work, base).changes
    assert not isinstance(found, Unknown)
    return {one.path: one for one in found}


@pytest.fixture
def work(tmp_path: Path) -> Path:
    return repository(tmp_path / "work")


def commit(work: Path) -> None:
    git(work, "add", "-A")
    git(work, "commit", "-qm", "more")


def test_a_move_and_a_mode_keep_the_content_that_they_had(work: Path) -> None:
    blob = git(work, "rev-parse", "HEAD:app/b.py")
    git(work, "mv", "app/b.py", "app/c.py")
    (work / "app" / "a.py").chmod(0o755)
    commit(work)

    found = changes(work)

    assert (found["app/c.py"].previous_path, found["app/c.py"].head_blob) == ("app/b.py", blob)
    assert found["app/a.py"].change == "modified"
    assert found["app/a.py"].head_blob == git(work, "rev-parse", "HEAD:app/a.py")


def test_a_link_in_place_of_a_file_is_one_change_of_it(work: Path) -> None:
    (work / "app" / "b.py").unlink()
    (work / "app" / "b.py").symlink_to("/etc/passwd")
    commit(work)

    (file,) = changes(work).values()

    assert (file.change, file.additions, file.deletions) == ("modified", 1, 1)
    assert isinstance(file.added, tuple)
    assert file.added[0].text == "/etc/passwd"


def test_what_the_base_marks_as_generated_is_known_and_what_the_head_marks_is_not(
    work: Path,
) -> None:
    write(work, {".gitattributes": "app/a.py linguist-generated\n"})
    marks = {".gitattributes": "app/* linguist-generated\n"}
    write(work, {"app/a.py": "m = 7\n", "app/b.py": "m = 7\n"} | marks)

    assert facts(work).generated == ("app/a.py",)
    assert facts(work, "HEAD^^").generated == ()


@pytest.mark.parametrize("ignore", ["all", "none"])
def test_a_submodule_is_a_row_whatever_a_file_of_the_checkout_says(ignore: str, work: Path) -> None:
    for number in ("1", "2"):
        write(work, {".gitmodules": f'[submodule "s"]\npath = s\nurl = x\nignore = {ignore}\n'})
        git(work, "update-index", "--add", "--cacheinfo", f"160000,{number * 40},s")
        git(work, "commit", "-qm", number)
        (work / ".gitmodules").write_text("")

    assert changes(work)["s"].additions == 1


def test_names_and_lines_that_are_no_utf8_are_shown_replaced(work: Path) -> None:
    (work / "app").joinpath("caf\udce9.py").write_bytes(b'x = "\xe9"\n')
    git(work, "add", "-A")
    git(work, "commit", "-qm", "odd")

    done = handoff("check", "--base", "HEAD^", "--format", "json", cwd=work)

    (file,) = changes(work).values()
    assert isinstance(file.added, tuple)
    assert (file.path, file.added[0].text) == ("app/caf\ufffd.py", 'x = "\ufffd"')
    assert (done.returncode, done.stderr) == (1, "")


def test_the_lines_are_those_that_github_counts(work: Path) -> None:
    """Without context git cuts off what both ends share, and then finds other lines."""
    shared = [8, 9, 10, 11, 12, 1, 3, 4, 13, 14, 15, 16, 3, 4, 17, 18, 19, 20, 21, 3, 4]
    shared += [22, 23, 24, 25, 26, 27, 28, 29, 2, 30, 3]
    for head in (list(range(8)), [4] * 4):
        write(work, {"app/c.py": "".join(f"{one:034}\n" for one in head + shared)})

    file = changes(work)["app/c.py"]

    assert git(work, "diff", "--numstat", "HEAD^") == "3\t7\tapp/c.py"
    assert (file.additions, file.deletions) == (3, 7)


@pytest.mark.parametrize(
    "setting",
    [
        ("diff.noprefix", "true"),
        ("diff.mnemonicPrefix", "true"),
        ("diff.submodule", "log"),
        ("diff.ignoreSubmodules", "all"),
        ("diff.context", "0"),
        ("diff.interHunkContext", "50"),
        ("diff.algorithm", "patience"),
        ("diff.renames", "false"),
        ("diff.suppressBlankEmpty", "true"),
        ("color.ui", "always"),
        ("core.quotePath", "false"),
    ],
)
def test_no_setting_of_a_persons_git_changes_what_is_seen(
    setting: tuple[str, str], work: Path
) -> None:
    text = "".join(f"{number}\n\n" for number in range(40))
    write(work, {"a/b é.py": text, "a/moved.py": text + "more\n"})
    git(work, "mv", "a/moved.py", "a/to.py")
    write(work, {"a/b é.py": text.replace("7\n", "seven\n")})
    before = changes(work)

    git(work, "config", *setting)

    assert changes(work) == before
    assert set(before) == {"a/b é.py", "a/to.py"}


def test_content_that_this_clone_lacks_is_unread_and_the_rest_is_read(work: Path) -> None:
    lost = git(work, "rev-parse", "HEAD:app/a.py")
    write(work, {"app/a.py": "x = 2\n", "app/b.py": "y = 3\n"})
    (work / ".git" / "objects" / lost[:2] / lost[2:]).unlink()

    found = changes(work)

    assert found["app/a.py"].added == Unknown(
        "can't tell: app/a.py - its content is not in this clone. Fetch it"
    )
    assert found["app/b.py"].additions == 1


def test_a_file_called_gitconfig_is_a_file(work: Path, tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\ncat\n")
    program.chmod(0o755)
    signed = git(work, "cat-file", "commit", "HEAD").replace("\n\n", "\ngpgsig x\n\n", 1)
    head = git(work, "hash-object", "-t", "commit", "-w", "--stdin", given=f"{signed}\n")
    git(work, "update-ref", "HEAD", head)
    lines = f"[log]\nshowSignature=true\n[gpg]\nprogram={program}\n"
    (work / ".gitconfig").write_text(lines + f'[filter "x"]\nclean={program}\n')
    (work / ".gitattributes").write_text("* filter=x\n")
    (work / "app" / "b.py").write_text("y = 4\n")

    for where in ("--staged", "--worktree"):
        handoff("check", "--base", "main", where, cwd=work)
        handoff("check", "--base", "main", where, cwd=work, HOME=".")

    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize(
    ("base", "ref"),
    [("main", "main"), ("HEAD^", "main"), ("refs/heads/main", "main"), ("v", "main")],
)
def test_a_base_that_is_no_branch_stands_for_the_default_branch(
    base: str, ref: str, work: Path
) -> None:
    git(work, "tag", "v", "main")

    assert facts(work, base).base_ref == ref


def test_a_branch_of_a_remote_is_called_as_it_is_there(work: Path) -> None:
    git(work, "update-ref", "refs/remotes/upstream/release/1", "main")

    assert facts(work, "upstream/release/1").base_ref == "release/1"


def test_a_folder_that_is_not_there_is_said_to_be_missing() -> None:
    done = handoff("check", "/nonexistent/folder")

    assert (done.returncode, done.stderr) == (3, "handoff: there is no /nonexistent/folder\n")


def test_where_nothing_at_all_could_be_told_the_answer_is_not_zero(work: Path) -> None:
    (work / "checks.yml").write_text(
        "version: 1\nchecklist:\n  tests: { title: Tests, proof: { check: ci / unit } }\n"
    )

    done = handoff("check", "--base", "main", "--policy", "checks.yml", "--exit-zero", cwd=work)

    assert done.returncode == 3
    assert "CI checks - not given to a checkout. Give --checks FILE" in done.stderr


@pytest.mark.parametrize(
    ("given", "known"), [({}, False), ({"threads": ()}, True)], ids=["not given", "given"]
)
def test_threads_of_a_review_are_known_where_they_are_given(
    work: Path, given: dict[str, Any], known: bool
) -> None:
    write(work, {"app/b.py": "x = 2\n"})
    with look_at(work, Asked(base="HEAD^"), given) as checkout:
        asked = frozenset({Part.THREADS})
        found = checkout.load(checkout.outline(NOW).facts, asked, {}).threads

    assert isinstance(found, Unknown) is not known
