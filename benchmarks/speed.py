"""How fast it is here: the bot against the simulated GitHub in one process, and what it reads.

`make bench` prints one table. Nothing depends on the figures: another machine has others, and the
simulator's own work is in them.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from datetime import date
from functools import partial
from io import StringIO
from itertools import count
from pathlib import Path
from time import perf_counter

from aiohttp import ClientSession

from bot.model.look import PolicyFile
from bot.readers.command_lines import read_commands
from bot.readers.openapi.compare import compare
from bot.readers.openapi.side import Contract
from bot.simulator.exchange import Exchange
from bot.wiring.demo import Demo, RunningDemo
from bot.wiring.policy import PolicyLoader
from bot.worker.policies import Texts

PULLS, DELIVERIES, STARTS, READINGS = 60, 300, 5, 5
KIB = 1024
_TURNS = count()
COMMENTS = {
    "one word": "/handoff " * (64 * KIB // 9),
    "open quotes": ">" * 64 * KIB,
    "open comments": "<!--" * 16 * KIB,
    "fences": "```\n" * 16 * KIB,
    "blanks": "/handoff why" + " " * 64 * KIB + "x",
}
POLICIES = {
    "deep": "a: " + "[" * 5_000,
    "aliases": "".join(f"a{n}: &a{n} [{f'*a{n - 1}, ' * 9 if n else '1'}]\n" for n in range(9)),
    "many keys": "version: 1\nchecklist:\n" + "".join(f"  k{n}: {{}}\n" for n in range(5_000)),
    "globs": f"version: 1\nareas: {{ a: ['{'*/**/' * 40}x'] }}\n",
}


def main() -> None:
    """Measure, then print."""
    rows: list[tuple[str, list[float], str]] = []
    with tempfile.TemporaryDirectory() as name, redirect_stdout(StringIO()), _quiet():
        rows += asyncio.run(_online(Path(name)))
        rows.append(("handoff check, whole run", _starts(Path(name) / "work"), "≤ 1,000"))
    rows.append(("comment made to be slow, 64 KiB", _worst(COMMENTS, read_commands), "≤ 100"))
    rows.append(("policy made to be slow", _worst(POLICIES, _load), "≤ 1,000"))
    rows.append(("contract pair, 200 operations", _pairs(), "≤ 500"))
    print(f"{'measure (ms)':<36}{'p50':>9}{'p99':>9}   goal for p50")
    for what, times, goal in rows:
        print(f"{what:<36}{_part(times, 0.5):>9.1f}{_part(times, 0.99):>9.1f}   {goal}")


def _quiet() -> redirect_stderr[StringIO]:
    return redirect_stderr(StringIO())


def _part(times: list[float], part: float) -> float:
    return sorted(times)[min(int(len(times) * part), len(times) - 1)] * 1000


async def _online(folder: Path) -> list[tuple[str, list[float], str]]:
    async with RunningDemo(folder) as demo:
        return [
            ("webhook to completed check run", await _verdicts(demo), "≤ 110"),
            ("acknowledgement", await _answers(demo), "≤ 3"),
        ]


async def _verdicts(demo: Demo) -> list[float]:
    """One pull request after the other, from its webhook to its check."""
    checked = asyncio.Event()

    def watch(one: Exchange) -> None:
        if one.path.endswith("/check-runs") and one.method == "POST" and one.status == 201:
            checked.set()

    demo.simulator.observe(watch)
    stage, times = demo.stage, []
    for number in range(1_000, 1_000 + PULLS):
        checked.clear()
        began = perf_counter()
        files = {f"docs/{number}.md": "words\n"}
        stage.world.open_pull_request(
            stage.repo, stage.people["ana"], number=number, title="Words", files=files
        )
        await asyncio.wait_for(checked.wait(), 30)
        times.append(perf_counter() - began)
        await demo.simulator.settle()
    return times


async def _answers(demo: Demo) -> list[float]:
    """Deliveries about a commit that is nobody's head: stored, and nothing else."""
    repo = {"id": demo.stage.repo.id, "full_name": demo.stage.repo.full_name}
    run = {"head_sha": "f" * 40, "name": "ci / unit", "app": {"id": 7, "slug": "github-actions"}}
    data = {"action": "completed", "repository": repo, "check_run": run}
    body, secret = json.dumps(data).encode(), demo.simulator.webhook_secret.encode()
    headers = {
        "Content-Type": "application/json",
        "X-GitHub-Event": "check_run",
        "X-Hub-Signature-256": f"sha256={hmac.new(secret, body, hashlib.sha256).hexdigest()}",
    }
    times = []
    async with ClientSession() as http:
        for nth in range(DELIVERIES):
            sent = headers | {"X-GitHub-Delivery": f"bench-{nth}"}
            began = perf_counter()
            async with http.post(f"{demo.bot.url}/webhook", data=body, headers=sent) as answer:
                answer.raise_for_status()
            times.append(perf_counter() - began)
    return times


def _starts(folder: Path) -> list[float]:
    """A small change judged by the preset, from the start of the program to its end."""
    folder.mkdir()

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


if __name__ == "__main__":
    main()
