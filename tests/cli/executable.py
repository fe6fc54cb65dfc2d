"""`handoff` as a process of its own, in repositories made on the spot."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

HANDOFF = Path(sys.executable).parent / "handoff"
POLICY = """\
version: 1
areas: { code: ["app/**"], docs: ["docs/**"] }
checklist:
  docs:
    title: Docs
    when: { changed: [code] }
    proof: { changed: { areas: [docs], lines-at-least: 1 } }
  tests: { title: Tests, when: { changed: [code] }, proof: { check: ci / unit } }
"""


def handoff(
    *words: str | Path, cwd: Path | None = None, user: int | None = None, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run it to its end, with nothing of this environment but the path."""
    environ = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "PYTHONUTF8": "1", **variables}
    return subprocess.run(
        [HANDOFF, *words],
        cwd=cwd,
        env=environ,
        user=user,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def git(folder: Path, *words: str, given: str | None = None) -> str:
    """What git prints."""
    who = ["-c", "user.name=ana", "-c", "user.email=ana@example.com"]
    done = subprocess.run(
        ["git", *who, *words], cwd=folder, input=given, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def write(folder: Path, files: dict[str, str], message: str = "change") -> None:
    """Commit the files."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", message)


def repository(folder: Path) -> Path:
    """A policy on main, and a branch that adds code without docs."""
    folder.mkdir(exist_ok=True)
    git(folder, "init", "-q", "-b", "main")
    write(folder, {".github/handoff.yml": POLICY, "app/a.py": "x = 1\n"})
    git(folder, "checkout", "-qb", "feature")
    write(folder, {"app/b.py": "y = 2\n"})
    return folder
