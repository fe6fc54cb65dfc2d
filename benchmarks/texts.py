"""How long the bot takes to read what people write: a whole run, and texts made to be slow."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from datetime import date
from functools import partial
from io import StringIO
from itertools import count
from pathlib import Path
from statistics import median
from time import perf_counter

from bot.model.look import PolicyFile
from bot.readers.command_lines import read_commands
from bot.readers.openapi.compare import compare
from bot.readers.openapi.side import Contract
from bot.wiring.policy import PolicyLoader
from bot.worker.policies import Texts

STARTS, READINGS = 5, 5
KIB = 1024
_TURNS = count()
COMMENTS = {
    "one word": "/handoff " * (64 * KIB // 9),
    "open quotes": ">" * 64 * KIB,
    "open comments": "<!--" * 16 * KIB,
    "fences": "```\n" * 16 * KIB,
    "blanks": "/handoff why" + " " * 64 * KIB + "x",
}
# Each way of reading a comment, and a command in a paragraph with code, before what fills the rest.
_START = "<!--x-->\n ```\n ```\n<p>\n\n" + "# a\n/handoff status\n`x\n" * 9
for _fill in ("<p>\n\n", "\n\n", "* * * ", "\\a", " ```\n", "/handoff status\n", "a `"):
    _body = _START + _fill * (64 * KIB)
    COMMENTS[f"readings, {_fill!r}"] = _body[: 64 * KIB - 17] + "\n/handoff status"
POLICIES = {
    "deep": "a: " + "[" * 5_000,
    "aliases": "".join(f"a{n}: &a{n} [{f'*a{n - 1}, ' * 9 if n else '1'}]\n" for n in range(9)),
    "many keys": "version: 1\nchecklist:\n" + "".join(f"  k{n}: {{}}\n" for n in range(5_000)),
    "globs": f"version: 1\nareas: {{ a: ['{'*/**/' * 40}x'] }}\n",
}


def texts() -> dict[str, float]:
    """Milliseconds: a whole run of `handoff check`, and texts made to be slow."""
    with tempfile.TemporaryDirectory() as name, redirect_stdout(StringIO()):
        starts = _starts(Path(name))
    return {
        "check_run_ms": _middle(starts),
        "slow_comment_ms": _middle(_worst(COMMENTS, read_commands)),
        "slow_policy_ms": _middle(_worst(POLICIES, _load)),
        "contract_pair_ms": _middle(_pairs()),
    }


def _middle(times: list[float]) -> float:
    return median(times) * 1000


def _starts(folder: Path) -> list[float]:
    """A small change judged by the preset, from the start of the program to its end."""

    def git(*words: str) -> None:
        who = ("-c", "user.name=ana", "-c", "user.email=ana@example.com")
        subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True)

    git("init", "-q", "-b", "main")
    for file, text in {"a.py": "a = 1\n", "b.py": "b = 2\n"}.items():
        (folder / file).write_text(text)
        git("add", ".")
        git("commit", "-qm", file)
    words = ["check", str(folder), "--base", "HEAD~1", "--preset", "backend-dev", "--exit-zero"]
    command = [sys.executable, "-m", "bot", *words]
    return list(_timed(lambda: subprocess.run(command, check=True, capture_output=True), STARTS))


def _worst(cases: dict[str, str], read: Callable[[str], object]) -> list[float]:
    """The times of the slowest case."""
    return max((list(_timed(partial(read, one), READINGS)) for one in cases.values()), key=sum)


def _load(text: str) -> object:
    # A text that was read before is not read again.
    file = PolicyFile(path=".github/handoff.yml", text=f"{text}# {next(_TURNS)}\n")
    texts = Texts(repo="acme/shop", repository=file, organisation=None)
    return PolicyLoader(default_preset=None, default_mode="enforce").assemble(texts)


def _pairs() -> list[float]:
    base, head = (Contract(_api(kind)) for kind in ("string", "integer"))
    return list(_timed(lambda: compare(base, head, today=date(2026, 1, 1)), READINGS))


def _api(kind: str) -> bytes:
    answer = {"description": "", "content": {"application/json": {"schema": {"type": kind}}}}
    operation = {"responses": {"200": answer}}
    paths = {f"/things/{nth}": {"get": operation, "put": operation} for nth in range(100)}
    return json.dumps({"openapi": "3.0.3", "info": {}, "paths": paths}).encode()


def _timed(work: Callable[[], object], times: int) -> Iterator[float]:
    for _ in range(times):
        began = perf_counter()
        work()
        yield perf_counter() - began
