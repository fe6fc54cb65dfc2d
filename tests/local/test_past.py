"""What single commits of a checkout changed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.executable import git, handoff, repository, write

TOKEN = "gh" + "p_x7Kd93kd02kdLs93Kd0skdPlwq83mcnd92Ks"
POLICY = """\
version: 1
checklist:
  secrets: { title: No secret is added, proof: { builtin: secrets } }
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = repository(tmp_path / "work")
    (tmp_path / "policy.yml").write_text(POLICY)
    return folder


def said(folder: Path) -> tuple[int, str]:
    policy = str(folder.parent / "policy.yml")
    done = handoff("check", "--base", "main", "--policy", policy, "--format", "json", cwd=folder)
    verdict = json.loads(done.stdout)["items"][0]["verdict"]
    assert TOKEN not in done.stdout + done.stderr
    return done.returncode, " ".join(one["note"] for one in verdict["evidence"])


def test_a_secret_that_was_taken_out_again_is_found_in_its_commit(checkout: Path) -> None:
    write(checkout, {"app/k.py": f"K = '{TOKEN}'\n"})
    sha = git(checkout, "rev-parse", "HEAD")
    write(checkout, {"app/k.py": "import os\n"})

    code, notes = said(checkout)

    assert code == 1
    assert notes.startswith(f"github-pat in app/k.py of commit {sha[:7]}")


def test_what_a_merge_brings_from_the_base_is_not_of_this_change(checkout: Path) -> None:
    git(checkout, "checkout", "-q", "main")
    write(checkout, {"app/k.py": f"K = '{TOKEN}'\n"})
    git(checkout, "checkout", "-q", "feature")
    git(checkout, "merge", "-q", "--no-edit", "main")

    assert said(checkout)[0] == 0
