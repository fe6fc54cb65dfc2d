"""The real executable where things are not as they should be: one line, one code, no traceback."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.executable import HANDOFF, POLICY, git, handoff, repository, write

HEAVY = ("aiohttp", "pydantic", "sqlalchemy", "jinja2", "rich", "yaml", "structlog", "re2")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    return repository(tmp_path / "work")


def complaint(done: subprocess.CompletedProcess[str]) -> str:
    """The one line on standard error."""
    assert "Traceback" not in done.stdout + done.stderr
    (line,) = done.stderr.splitlines()
    return line


def test_what_was_found_is_one_and_nothing_found_is_zero(checkout: Path) -> None:
    found = handoff("check", "--base", "main", cwd=checkout)
    write(checkout, {"docs/a.md": "words\n"})
    nothing = handoff("check", "--base", "main", cwd=checkout)

    assert (found.returncode, nothing.returncode) == (1, 0)
    assert "Traceback" not in found.stderr + nothing.stderr


def test_a_shallow_clone_cannot_be_judged(checkout: Path, tmp_path: Path) -> None:
    source = f"file://{checkout}"
    git(tmp_path, "clone", "-q", "--depth=1", "--no-single-branch", source, "shallow")

    done = handoff("check", "--base", "origin/main", cwd=tmp_path / "shallow")

    assert done.returncode == 3
    assert "share no commit here (fetch-depth: 0" in complaint(done)


def test_an_unborn_branch_cannot_be_judged(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")

    done = handoff("check", cwd=tmp_path)

    assert done.returncode == 3
    assert "no commit yet" in complaint(done)


def test_without_a_policy_nothing_is_judged(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "main")
    write(tmp_path, {"a": "b\n"})

    done = handoff("check", cwd=tmp_path)

    assert done.returncode == 2
    assert "no policy" in complaint(done)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_somebody_else_is_not_trusted_whatever_it_says_of_itself(
    checkout: Path,
) -> None:
    (checkout / ".gitconfig").write_text("[safe]\n  directory = *\n")
    for path in (checkout, *checkout.rglob("*")):
        os.lchown(path, 65534, 65534)

    done = handoff("check", checkout)

    assert done.returncode == 3
    assert "does not trust this checkout's owner (git config --global --add" in complaint(done)


def test_the_owners_own_trust_counts(checkout: Path, tmp_path: Path) -> None:
    (tmp_path / ".gitconfig").write_text(f"[safe]\n  directory = {checkout}\n")

    done = handoff("check", checkout, "--base", "main", HOME=str(tmp_path))

    assert done.returncode == 1


@pytest.mark.parametrize(
    ("path", "says"),
    [("plain", "not a git repository"), ("nowhere", "there is no "), ("file", "is not a folder")],
)
def test_what_is_no_checkout_is_said(path: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    (tmp_path / "file").touch()

    done = handoff("check", tmp_path / path)

    assert done.returncode == 3
    assert says in complaint(done)


def test_all_items_undecided_for_one_reason_could_not_be_evaluated(tmp_path: Path) -> None:
    folder = tmp_path / "one"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    policy = "version: 1\nchecklist:\n  t: { title: T, proof: { check: ci / unit } }\n"
    write(folder, {".github/handoff.yml": policy})
    git(folder, "checkout", "-qb", "feature")
    write(folder, {"a": "b\n"})

    done = handoff("check", "--exit-zero", cwd=folder)

    assert done.returncode == 3
    assert "nothing could be evaluated" in complaint(done)


@pytest.mark.parametrize("words", [["check", "--bas", "main"], ["chekc"], ["check", "--nope"]])
def test_a_wrong_word_is_the_callers_mistake(words: list[str], tmp_path: Path) -> None:
    done = handoff(*words, cwd=tmp_path)

    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_closed_pipe_ends_quietly(checkout: Path) -> None:
    words = f"'{HANDOFF}' generate --check --into /nonexistent"
    script = f"{words} | head -c 1 >/dev/null; echo ${{PIPESTATUS[0]}}"

    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout in {"0\n", "1\n"}
    assert done.stderr in {"", "handoff: stale: "} or done.stderr.startswith("handoff: stale")


def test_a_stopped_command_says_nothing(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [HANDOFF, "demo", "--once"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=20)

    assert (process.returncode, said) == (130, "")


def test_formats_go_to_their_places(checkout: Path, tmp_path: Path) -> None:
    file = tmp_path / "report.json"

    done = handoff(
        "check", "--base", "main", "--format", "markdown", "--format", f"json={file}", cwd=checkout
    )
    twice = handoff("check", "--format", "json", "--format", "markdown", cwd=checkout)
    unknown = handoff("check", "--format", "xml", cwd=checkout)

    assert done.stdout.startswith("## 0 of 2 ")
    assert json.loads(file.read_text())["schema"] == "handoff.report/1"
    assert (twice.returncode, unknown.returncode) == (2, 2)
    assert "no format 'xml'" in complaint(unknown)


def test_the_base_of_a_pull_requests_workflow_is_taken(checkout: Path, tmp_path: Path) -> None:
    git(checkout, "branch", "release", "main")
    git(tmp_path, "clone", "-q", f"file://{checkout}", "clone")

    done = handoff("check", "--format", "json", cwd=tmp_path / "clone", GITHUB_BASE_REF="release")

    assert json.loads(done.stdout)["subject"]["base_ref"] == "release"


HOSTILE = "\x1b[31mred ::error::x %0A \u202ertl"


def hostile(folder: Path) -> Path:
    """A policy that complains of every path, and paths and a title that want to be more."""
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    policy = """\
version: 1
areas: { all: ["**"] }
checklist:
  p: { title: P, proof: { paths: { areas: [all], must: not-touch } } }
"""
    write(folder, {".github/handoff.yml": policy})
    git(folder, "checkout", "-qb", "feature")
    write(folder, {"::error::now": "", "##[error]old": "", f"{HOSTILE}.txt": ""}, HOSTILE)
    return folder


@pytest.mark.parametrize("form", ["terminal", "markdown"])
def test_a_path_or_title_moves_no_terminal_and_commands_no_runner(
    form: str, tmp_path: Path
) -> None:
    folder = hostile(tmp_path / "hostile")

    done = handoff("check", "--format", form, cwd=folder, GITHUB_ACTIONS="true")

    first, *lines, last = done.stdout.splitlines()
    word = re.fullmatch(r"::stop-commands::([0-9a-f]{32})", first)
    assert done.returncode == 1
    assert word is not None
    assert last == f"::{word[1]}::"
    assert not any(word[1] in line for line in lines)
    assert not any(char in done.stdout for char in "\x1b\u202e\r")


def test_the_json_keeps_hostile_text_as_data(tmp_path: Path) -> None:
    folder = hostile(tmp_path / "hostile")

    done = handoff("check", "--format", "json", cwd=folder)

    files = {one["file"] for one in json.loads(done.stdout)["items"][0]["verdict"]["evidence"]}
    assert f"{HOSTILE}.txt" in files
    assert "\x1b" not in done.stdout


def test_printing_the_version_loads_nothing_heavy() -> None:
    script = (
        "import sys; from bot.cli.main import main; main(['--version']); main(['--help']);"
        f"print(sorted(set({HEAVY!r}) & set(sys.modules)))"
    )

    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    "words", [["check", "--base", "main"], ["validate"], ["rules"], ["explain", "check"]]
)
def test_a_developers_command_loads_nothing_of_the_server(words: list[str], checkout: Path) -> None:
    script = (
        f"import sys; from bot.cli.main import main; main({words!r});"
        f"print(sorted({{'aiohttp', 'sqlalchemy', 'gidgethub', 'structlog'}} & set(sys.modules)))"
    )

    done = subprocess.run(
        [sys.executable, "-c", script], cwd=checkout, capture_output=True, text=True, check=True
    )

    assert done.stdout.splitlines()[-1] == "[]"


def test_serve_names_every_bad_setting_at_once(tmp_path: Path) -> None:
    done = handoff(
        "serve",
        cwd=tmp_path,
        HANDOFF_APP_ID="x",
        HANDOFF_PORT="99999",
        HANDOFF_WEBHOOK_SECRET="a",
        HANDOFF_WEBHOOK_SECRET_FILE="/nope",
        HANDOFF_WEBHOK="typo",
        HANDOFF_DATABASE_URL="mysql://ana:canary-password@host/db",
    )

    named = {line.split(" ")[1].rstrip(":") for line in done.stderr.splitlines()}
    assert done.returncode == 2
    assert named >= {
        "HANDOFF_APP_ID",
        "HANDOFF_PORT",
        "HANDOFF_WEBHOOK_SECRET",
        "HANDOFF_WEBHOK",
        "HANDOFF_DATABASE_URL",
        "HANDOFF_PRIVATE_KEY",
    }
    assert "canary-password" not in done.stderr


def test_migrate_keeps_to_the_store_that_the_settings_name(tmp_path: Path) -> None:
    store = tmp_path / "elsewhere.sqlite"

    done = handoff("migrate", cwd=tmp_path, HANDOFF_DATABASE_URL=f"sqlite:///{store}")

    assert done.returncode == 0
    assert store.exists()
    assert not (tmp_path / "data").exists()


def test_help_of_a_command_ends_with_an_example_and_the_codes() -> None:
    by_word, by_option = handoff("help", "check"), handoff("check", "--help")

    assert by_word.stdout == by_option.stdout
    assert by_word.stdout.splitlines()[-2:] == [
        "example: handoff check --base origin/main --format json",
        "exit codes: 0 done · 1 something counts · 2 your mistake · 3 could not evaluate",
    ]


def test_the_policy_of_the_checkout_is_valid_by_the_executable_too(checkout: Path) -> None:
    done = handoff("validate", cwd=checkout)

    assert (done.returncode, done.stdout) == (0, "0 errors, 0 warnings\n")
    assert POLICY.startswith("version: 1")
