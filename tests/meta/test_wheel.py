"""The wheel works without the checkout: what it needs of `config/` travels inside."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel's content, built from a copy of the sources."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in ("bot", "config"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, folder / "src" / name, ignore=ignored)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder / "src" / name)
    words = ["-q", "--no-deps", "--no-build-isolation", "--no-index", "-w", str(folder)]
    command = [sys.executable, "-m", "pip", "wheel", *words, str(folder / "src")]
    subprocess.run(command, check=True, capture_output=True, cwd=folder)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(folder / "installed")
    return folder / "installed"


def run(unpacked: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """`handoff` of the wheel alone, run from an empty folder."""
    program = f"import sys; sys.path.insert(0, {str(unpacked)!r}); from bot.cli.main import main; "
    code = program + f"sys.exit(main({list(words)!r}))"
    return subprocess.run(
        [sys.executable, "-I", "-c", code],
        capture_output=True,
        text=True,
        cwd=unpacked.parent,
        check=False,
    )


def test_every_package_of_the_program_is_in_the_wheel() -> None:
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]

    there = {".".join(f.parent.relative_to(ROOT).parts) for f in (ROOT / "bot").rglob("*.py")}

    assert set(listed) == there | {"bot._config"}


def test_the_wheel_lists_its_rules(unpacked: Path) -> None:
    done = run(unpacked, "rules")

    assert done.returncode == 0
    assert "required-checks-pass" in done.stdout


@pytest.mark.parametrize("preset", [one.stem for one in (ROOT / "config/presets").glob("*.yml")])
def test_every_preset_validates_from_the_wheel(unpacked: Path, preset: str) -> None:
    policy = unpacked.parent / "handoff.yml"
    policy.write_text(f"version: 1\npreset: {preset}\n")

    done = run(unpacked, "validate", str(policy))

    assert (done.returncode, done.stderr) == (0, "")


def test_a_store_of_one_file_loads_nothing_of_postgres(unpacked: Path) -> None:
    program = (
        f"import sys; sys.path.insert(0, {str(unpacked)!r}); import bot.wiring.server, "
        "bot.wiring.works; print(sorted({'psycopg', 'procrastinate'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True
    )

    assert done.stdout == "[]\n"
