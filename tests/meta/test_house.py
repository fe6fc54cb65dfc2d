"""What every file of the project must keep, named or not."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BOT = sorted((ROOT / "bot").rglob("*.py"))
CLOCK = r"\b(date|datetime)\.(now|utcnow|today)$|^time\."
TESTS = sorted((ROOT / "tests").rglob("*.py"))


def functions(tree: ast.AST) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]


def test_no_file_of_the_program_has_more_than_450_lines() -> None:
    long = {p.name: n for p in BOT if (n := len(p.read_text().splitlines())) > 450}

    assert long == {}


def test_no_test_file_has_more_than_600_lines() -> None:
    long = {p.name: n for p in TESTS if (n := len(p.read_text().splitlines())) > 600}

    assert long == {}


def test_no_function_of_the_program_has_more_than_60_lines() -> None:
    long = {
        f"{path.name}:{function.name}"
        for path in BOT
        for function in functions(ast.parse(path.read_text()))
        if (function.end_lineno or 0) - function.lineno >= 60
    }

    assert long == set()


def test_the_program_does_not_outgrow_its_readers() -> None:
    lines = {path: len(path.read_text().splitlines()) for path in BOT}
    simulator = sum(count for path, count in lines.items() if "simulator" in path.parts)

    assert simulator < 8_800
    assert sum(lines.values()) - simulator < 74_000


def test_catch_alls_are_few_and_numbered() -> None:
    marked = [
        match.group(1)
        for path in BOT
        for match in re.finditer(r"except .*catch-all (\d) of 7", path.read_text())
    ]
    naked = [
        path.name
        for path in BOT
        for line in path.read_text().splitlines()
        if re.search(r"except (Base)?Exception\b|except:", line) and "catch-all" not in line
    ]

    assert naked == []
    assert len(marked) == len(set(marked)) <= 7


LOCKS = [f"requirements{one}.lock" for one in ("", "-postgres", "-dev")]


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_has_hashes_and_no_address(name: str) -> None:
    text = (ROOT / name).read_text()
    entries = re.split(r"\n(?=[a-z0-9])", text.strip(), flags=re.IGNORECASE)

    assert all("--hash=sha256:" in entry for entry in entries)
    assert re.search(r"https?://|--index-url|--find-links|file:", text) is None


def test_every_runtime_dependency_is_locked() -> None:
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    locked = set(
        re.findall(r"^([A-Za-z0-9_.-]+)==", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    )

    names = {re.split(r"[<>=~\[; ]", one)[0] for one in wanted}

    assert names <= locked


def test_the_core_never_asks_the_clock_of_the_machine() -> None:
    core = {"model", "acts", "linking", "readers", "rules", "commands", "judge", "text"}
    hits = [
        f"{path.name}:{node.lineno}"
        for path in BOT
        if not core.isdisjoint(path.relative_to(ROOT).parts)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and re.search(CLOCK, ast.unparse(node))
    ]

    assert hits == []


def test_no_test_measures_the_machine_it_runs_on() -> None:
    """A bound on real time fails on a busy machine: figures come from the benchmarks."""
    clocks = r"(time\.|from time import .*)(process_time|perf_counter|thread_time|time|monotonic)\b"
    measured = [
        path.name
        for path in TESTS
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute | ast.ImportFrom)
        and re.fullmatch(clocks, ast.unparse(node))
    ]

    assert measured == []
