"""The demo: what it prints, that two runs print the same, and that a broken promise shows."""

from __future__ import annotations

import re
from argparse import Namespace
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import ClientSession

from bot.cli.demo import shown
from bot.simulator.scenario import quickstart
from bot.simulator.scenario_people import people
from bot.wiring.demo import only_this_machine
from tests.cli.executable import handoff
from tests.support.hurried import hurried

ROWS = [
    "ana | opens #101 with code, docs and green CI | #101 | success · Ready · 3 of 3…",
    "ben | approves #101: nothing else to say | #101 | success · Ready · 3 of 3…",
    "ana | opens #102 without docs, with a print | #102 | failure · 1 of 3",
    "ana | waits a minute: one comment says what is left | #102 | failure · 1 of 3",
    "ana | asks /handoff why docs | #102 | failure · 1 of 3",
    "ana | pushes both: the same comment says ready | #102 | success · Ready · 3 of 3…",
    "ana | opens #107 while CI runs | #107 | in progress · 1 of 2 · waiting for ci / unit…",
    "CI | CI ends green | #107 | success · Ready · 2 of 2…",
    "ana | opens #108; another App posts a green `ci / unit` | #108 | in progress · 1 of 2",
    "ana | proposes a broken policy in #109 | #109 | failure · Policy change has 3 errors",
    "maria | pushes that policy to main; #112 is judged by the last good copy | #112 | success",
    "maria | pushes the mended policy | #112 | success · Ready · 3 of 3…",
    "kim | opens #110 from a fork | #110 | in progress · 2 of 3 · waiting for ci / unit…",
    "CI | CI of the fork ends green | #110 | success · Ready · 3 of 3…",
    "ana | opens #111: docs only | #111 | success · Not needed: docs only…",
    "maria | puts #101 into the merge queue | merge group | in progress · #101 · 2 of 3",
    "CI | CI of the merge group ends green | merge group | success · #101 · Ready · 3 of 3…",
    *(f"{one.who} | {one.what} | #120 | {one.conclusion} · {one.title}" for one in people()),
]


def options(folder: Path, **more: object) -> Namespace:
    return Namespace(**{"once": True, "transcript": str(folder / "transcript.md"), **more})


def timeless(transcript: str) -> list[str]:
    """The rows without their times."""
    return [re.sub(r"\d\d:\d\d", "hh:mm", line) for line in transcript.splitlines()[2:]]


async def test_the_executable_and_a_hurried_run_leave_the_same_transcript(tmp_path: Path) -> None:
    async with hurried(tmp_path) as demo:
        code = await shown(demo, options(tmp_path))
    quick = timeless((tmp_path / "transcript.md").read_text())

    done = handoff("demo", "--once", "--transcript", tmp_path / "real.md", HANDOFF_APP_ID="no")

    assert (code, done.returncode, done.stderr) == (0, 0, "")
    assert done.stdout.endswith("everything came true\n")
    assert timeless((tmp_path / "real.md").read_text()) == quick
    rows = list(zip(ROWS, quick, strict=True))
    assert [row for told, row in rows if told not in row or not row.endswith("| ok |")] == []


async def test_a_broken_promise_is_shown_whole_and_is_exit_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = list(quickstart())[:3]
    script[2] = replace(script[2], title="Ready · 3 of 3", comments=1)

    async with hurried(tmp_path) as demo:
        code = await shown(demo, options(tmp_path), script)

    out = capsys.readouterr().out
    assert code == 1
    assert out.count(" ✓ ") == 2
    assert " ✗ " in out
    assert "expected  failure · Ready · 3 of 3… · 1 comments of ours" in out
    assert "but       the title is '1 of 3 · docs, no-debug-output left · ana'" in out
    assert "/acme/orders-api/pull/102" in out
    assert out.endswith("NOT everything came true\n")
    assert (tmp_path / "transcript.md").read_text().rstrip().endswith("| x |")


async def test_a_visitor_sees_what_stands_on_the_pull_requests(tmp_path: Path) -> None:
    async with hurried(tmp_path) as demo, ClientSession() as session:
        await demo.play(lambda _: None)
        calls = len(demo.simulator.calls)
        pages = {}
        for number in (0, 102, 109):
            async with session.get(demo.page(number)) as answer:
                pages[number] = (answer.content_type, await answer.text())
        seen = [one.path for one in demo.simulator.calls[calls:]]

    assert {kind for kind, _ in pages.values()} == {"text/plain"}
    assert "#111  Words  (ana)\n        success · Not needed: docs only" in pages[0][1]
    assert "merge group of #101\n        success · #101 · Ready · 3 of 3" in pages[0][1]
    assert "CHECK handoff: Ready · 3 of 3" in pages[102][1]
    assert "  ana:\n    /handoff why docs\n  handoff[bot]:\n" in pages[102][1]
    assert 'did you mean "enforce"?' in pages[109][1]
    assert [path for path in seen if path.startswith("/acme/")] == []


async def test_nothing_that_somebody_wrote_moves_a_visitors_cursor(tmp_path: Path) -> None:
    async with hurried(tmp_path) as demo, ClientSession() as session:
        stage = demo.stage
        stage.pulls[1] = stage.world.open_pull_request(
            stage.repo, stage.people["ana"], number=1, title="\x1b[31m\u202eX", files={"a": "b"}
        )
        async with session.get(demo.page(1)) as answer:
            text = await answer.text()

    assert text.splitlines()[0] == "acme/orders-api #1  [31mX"


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ("socket.connect", (None, ("192.0.2.7", 443))),
        ("socket.connect", (None, ("2001:db8::1", 443, 0, 0))),
        ("socket.sendto", (None, ("192.0.2.7", 53))),
    ],
)
def test_the_demo_connects_to_this_machine_only(event: str, words: tuple[object, ...]) -> None:
    with pytest.raises(PermissionError):
        only_this_machine(event, words)


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ("socket.connect", (None, ("127.0.0.1", 8080))),
        ("socket.connect", (None, "/run/some.sock")),
        ("socket.getaddrinfo", ("localhost", 80, 0, 0, 0)),
        ("socket.getaddrinfo", (None, 80, 0, 0, 0)),
        ("open", ("/etc/hosts", "r", 0)),
    ],
)
def test_this_machine_itself_is_reached(event: str, words: tuple[object, ...]) -> None:
    only_this_machine(event, words)


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = handoff("demo", "--once", "--port", str(port))

    assert done.returncode == 3
    assert "could not start" in done.stderr
    assert len(done.stderr.splitlines()) == 1
