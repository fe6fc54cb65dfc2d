"""What cannot run here is skipped by hand and fails in continuous integration."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import tests.conftest

SAMPLE = """
import pytest

def test_runs(): pass

@pytest.mark.skipif(True, reason="no hammer here")
def test_marked(): raise AssertionError

def test_inside(): pytest.skip("no nail here")

@pytest.mark.xfail(strict=True)
def test_known(): raise AssertionError
"""
FILE = 'import pytest\npytest.skip("no wall here", allow_module_level=True)\n'


@pytest.mark.parametrize(
    ("ci", "code", "counts"),
    [
        ("", 0, "1 passed, 3 skipped, 1 xfailed"),
        ("true", 1, "1 failed, 1 passed, 1 xfailed, 2 errors"),
    ],
)
def test_a_skip_passes_by_hand_only(ci: str, code: int, counts: str, tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_bytes(Path(tests.conftest.__file__).read_bytes())
    (tmp_path / "test_sample.py").write_text(SAMPLE)
    (tmp_path / "test_file.py").write_text(FILE)
    words = ["-q", "-p", "no:randomly", "-p", "no:cacheprovider", "--continue-on-collection-errors"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words, "--rootdir=.", "-c", os.devnull],
        cwd=tmp_path,
        env={**os.environ, "CI": ci},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == code
    assert counts in done.stdout
    for why in ("no hammer here", "no nail here", "no wall here"):
        assert (f"not run, and so not passed: Skipped: {why}" in done.stdout) == bool(ci)
