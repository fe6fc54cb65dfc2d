"""`handoff serve` as a process: what it shows, what it never shows, and how it ends."""

from __future__ import annotations

import asyncio
import base64
import re
import socket
import sqlite3
import stat
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from aiohttp import ClientSession

from bot.cli.main import main
from bot.cli.serve import NEWER
from bot.metrics import ALL
from bot.store.schema import HEAD, upgrade
from tests.crash.house import House, house
from tests.support.ports import free_port

HANDOFF = Path(sys.executable).parent / "handoff"
# What a person wrote stands on GitHub and in the report, never in a log or a metric.
TITLE, BODY = "Canary title 7f3a", "Canary body 91bc"


async def got(url: str) -> tuple[int, str]:
    async with ClientSession() as session, session.get(url) as answer:
        return answer.status, await answer.text()


async def said(home: House, *words: str, **more: str) -> tuple[int, str]:
    """(exit code, output) of a command asked on the server's machine."""
    place = {"HANDOFF_DATA_DIR": str(home.folder / "data"), "HANDOFF_PORT": str(home.port)}
    process = await asyncio.create_subprocess_exec(
        HANDOFF,
        *words,
        env=place | more,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await process.communicate()
    return process.returncode or 0, out.decode()


async def worked(home: House) -> str:
    """Start the server, let it judge two pull requests; the address of its metrics."""
    home.more = {"HANDOFF_ADMIN_PORT": str(free_port()), "HANDOFF_LOG_LEVEL": "debug"}
    await home.start()
    home.open(101, good=True)
    home.open(102, good=False)
    world, stage = home.stage.world, home.stage
    world.edit_title(stage.pulls[101], stage.people["ana"], TITLE)
    world.edit_body(stage.pulls[101], stage.people["ana"], BODY)
    world.comment(stage.pulls[102], stage.people["ana"], "/handoff why docs")
    await home.settled()
    return f"http://127.0.0.1:{home.more['HANDOFF_ADMIN_PORT']}"


def forms(secret: str) -> set[bytes]:
    """A secret as it would leak: plain, in an address, in base64, a line of a key."""
    raw = secret.encode()
    lines = {line.encode() for line in secret.splitlines() if len(line) > 40}
    return {raw, quote(secret, safe="").encode(), base64.b64encode(raw)} | lines


async def test_no_secret_and_no_persons_words_are_found_where_operators_look(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as home:
        admin = await worked(home)
        status, metrics = await got(f"{admin}/metrics")
        await got(f"http://127.0.0.1:{home.port}/webhook?token={home.simulator.webhook_secret}")
        queue = await said(home, "queue", "--json")
        page = await got(f"{admin}/ops")
        code = await home.stop()
        secrets = [
            home.simulator.webhook_secret,
            home.simulator.private_key_pem,
            *home.simulator.access.tokens,
        ]

    shown = (tmp_path / "log").read_bytes() + "".join((metrics, page[1], queue[1])).encode()
    kept = b"".join(one.read_bytes() for one in (tmp_path / "data").iterdir() if one.is_file())
    assert (status, code, len(secrets) > 2) == (200, 0, True)
    assert {one for secret in secrets for one in forms(secret) if one in shown + kept} == set()
    assert [text for text in (TITLE, BODY) if text.encode() in shown] == []


async def test_what_is_measured_moved_while_it_worked(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        admin = await worked(home)
        _, text = await got(f"{admin}/metrics")
        _, version = await got(f"{admin}/version")
        hidden, _ = await got(f"http://127.0.0.1:{home.port}/metrics")
        operations = await got(f"{admin}/ops")
        public, _ = await got(f"http://127.0.0.1:{home.port}/ops")

    values: dict[str, float] = {}
    for name, value in re.findall(r"^handoff_(\w+?)(?:\{.*\})? ([\d.e+-]+)$", text, re.MULTILINE):
        values[name] = values.get(name, 0.0) + float(value)
    moved = {one.name for one in ALL if values.get(f"{one.name}_count", values.get(one.name))}
    assert moved >= {
        "deliveries_total",
        "webhook_last_received_timestamp_seconds",
        "ack_seconds",
        "event_age_seconds",
        "evaluations_total",
        "evaluation_seconds",
        "rule_verdicts_total",
        "api_calls_total",
        "store_bytes",
        "disk_free_bytes",
        "process_info",
    }
    assert values["overlap_total"] == 0
    stages = set(re.findall(r'evaluation_seconds_count\{stage="(\w+)"\} [1-9]', text))
    assert stages == {"look", "read", "judge", "hear", "store", "send", "all"}
    assert (hidden, '"version"' in version, public) == (404, True, 404)
    assert operations[0] == 200
    assert [one for one in ("All well: 0", "<td>redelivery</td>") if one not in operations[1]] == []


async def test_a_stop_drains_and_leaves_nothing_behind(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        await worked(home)
        health = await said(home, "health", http_proxy="http://127.0.0.1:9")
        socket = (tmp_path / "data" / "handoff.sock").stat()
        code = await home.stop()
        after = await said(home, "health"), await said(home, "queue")

    assert (code, health[0]) == (0, 0)
    assert stat.S_IMODE(socket.st_mode) == 0o600
    assert [one[0] for one in after] == [1, 3]
    assert not (tmp_path / "data" / "handoff.sock").exists()
    assert "Traceback" not in (tmp_path / "log").read_text()


async def test_a_port_that_something_else_holds_is_not_ready(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-other\r\n")
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as other:
        port = other.sockets[0].getsockname()[1]
        code = await asyncio.to_thread(main, ["health", "--port", str(port)])

    assert (code, "not ready: SSH-2.0" in capsys.readouterr().out) == (1, True)


async def test_health_is_asked_where_the_server_listens(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    async def heed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readuntil(b"\r\n\r\n")).split(b"\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        writer.close()

    monkeypatch.setenv("HANDOFF_HOST", "localhost")
    async with await asyncio.start_server(heed, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        code = await asyncio.to_thread(main, ["health", "--port", str(port)])

    assert (code, capsys.readouterr().out) == (0, "{}\n")
    assert f"Host: localhost:{port}".encode() in asked[0]


async def test_a_stored_judgement_replays_from_the_server_the_store_and_a_file(
    tmp_path: Path,
) -> None:
    file = str(tmp_path / "kept.json")
    async with house(tmp_path) as home:
        await worked(home)
        served = await said(home, "replay", "acme/orders-api#102", "--save", file)
        await home.stop()
        stored = await said(home, "replay", "acme/orders-api#102")
        filed = await said(home, "replay", "--file", file)
        unknown = await said(home, "replay", "acme/orders-api#999")

    assert served == stored == filed
    assert re.fullmatch(r"identical, \d+ bytes\n", served[1])
    assert unknown[0] == 3


async def test_the_doctor_tells_a_sound_app_from_a_wrong_one_and_from_no_answer(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as home:
        await home.start()
        simulator = home.simulator
        settings = {
            "HANDOFF_GITHUB_API_URL": simulator.api_url,
            "HANDOFF_APP_ID": str(simulator.app_id),
            "HANDOFF_PRIVATE_KEY_FILE": str(tmp_path / "key.pem"),
            "HANDOFF_WEBHOOK_SECRET": simulator.webhook_secret,
        }
        words = ("doctor", "--repo", "acme/orders-api")
        sound = await said(home, *words, **settings)
        wrong = await said(home, *words, **{**settings, "HANDOFF_APP_ID": "999"})
        nobody = f"http://127.0.0.1:{free_port()}"
        silent = await said(home, *words, **{**settings, "HANDOFF_GITHUB_API_URL": nobody})
        lacking = await said(home, "doctor")

    assert "answers to the configured key" in sound[1]
    assert "all permissions granted" in sound[1]
    assert "readable" in sound[1]
    assert (wrong[0], "check HANDOFF_APP_ID" in wrong[1]) == (1, True)
    assert (silent[0], "GitHub cannot be reached" in silent[1]) == (3, True)
    assert lacking[0] == 2
    assert simulator.webhook_secret not in sound[1] + wrong[1] + silent[1]


async def test_a_store_of_a_newer_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "data" / "handoff.sqlite"
    upgrade(path)
    with closing(sqlite3.connect(path)) as store:
        store.execute("UPDATE alembic_version SET version_num = '9999'")
        store.commit()
    async with house(tmp_path) as home:
        await home.start(ready=False)
        assert home.process is not None
        code = await home.process.wait()
    said = (tmp_path / "log").read_text()

    assert (code, "9999" in said, HEAD in said) == (NEWER, True, True)


@pytest.mark.parametrize("name", ["HOST", "PORT", "ADMIN_PORT"])
async def test_an_address_that_cannot_be_had_is_a_wrong_setting(name: str, tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        with closing(socket.create_server(("127.0.0.1", 0))) as taken:
            port = str(taken.getsockname()[1])
            home.more = {f"HANDOFF_{name}": "no.invalid" if name == "HOST" else port}
            await home.start(ready=False)
            assert home.process is not None
            code = await home.process.wait()
    (line,) = [one for one in (tmp_path / "log").read_text().splitlines() if "listen on" in one]

    assert (code, name in line, "bug" in line) == (2, True, False)


async def test_a_preset_that_is_none_ends_the_start(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        home.more = {"HANDOFF_DEFAULT_PRESET": "beckend-dev@1"}
        await home.start(ready=False)
        assert home.process is not None
        code = await home.process.wait()
    said = (tmp_path / "log").read_text()

    assert (code, 'did you mean "backend-dev@1"' in said, "bug" in said) == (2, True, False)


async def test_a_server_can_be_told_that_its_store_was_lost(tmp_path: Path) -> None:
    query = "SELECT value FROM meta WHERE key IN ('accept_since', 'restored_at') ORDER BY key"
    async with house(tmp_path) as home:
        home.words = ("--recover",)
        await home.start()
        await home.stop()
    with closing(sqlite3.connect(tmp_path / "data" / "handoff.sqlite")) as store:
        since, restored = (int(value) for (value,) in store.execute(query))

    assert restored - since == timedelta(days=7) // timedelta(milliseconds=1)


async def test_a_server_whose_runner_dies_says_why_and_ends(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        home.more = {"HANDOFF_TESTING": "1", "HANDOFF_FAILPOINT": "taken:raise:1"}
        await home.start()
        home.open(101, good=True)
        await home.until(home.dead, "the server ended by itself")
        assert home.process is not None
        code = home.process.returncode

    assert code == 3
    assert '"event": "runner_died"' in (tmp_path / "log").read_text()
