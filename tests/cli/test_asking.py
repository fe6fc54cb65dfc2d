"""What the command line is told by a running server, over its socket."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from functools import partial
from pathlib import Path

import pytest
from aiohttp import web

from bot.cli import control
from bot.cli.main import main
from bot.errors import StoreTrouble
from bot.store.estate import estate
from bot.web.control import control_app
from tests.store.shop import Shop, shop


@asynccontextmanager
async def served(folder: Path) -> AsyncIterator[Shop]:
    """A store with one pull request, behind the socket of a server."""
    async with shop(folder) as here:
        survey = partial(estate, here.database, here.clock.now())
        runner = web.AppRunner(control_app(here.claims, here.ledger, survey))
        await runner.setup()
        await web.UnixSite(runner, str(folder / "handoff.sock")).start()
        await here.deliver()
        try:
            yield here
        finally:
            await runner.cleanup()


async def typed(line: str, folder: Path) -> int:
    return await asyncio.to_thread(main, [*line.split(), "--data-dir", str(folder)])


@pytest.mark.parametrize("line", ["resume ACME/Shop#1", "rebuild Acme/shop#1"])
async def test_a_repository_is_named_in_whichever_case(
    line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with served(tmp_path) as here:
        await here.write("UPDATE dirty SET parked = 'failed'")

        assert await typed(line, tmp_path) == 0
        assert capsys.readouterr().out in {"resumed\n", "asked for\n"}


async def test_each_merge_group_of_a_name_is_tried_again(tmp_path: Path) -> None:
    async with served(tmp_path) as here:
        await here.deliver(2)
        await here.write("UPDATE dirty SET pr = '7@a', number = 0 WHERE number = 1")
        parked = "pr = '7@b', number = 0, parked = 'deadly', due_at = due_at + 1"
        await here.write(f"UPDATE dirty SET {parked} WHERE number = 2")

        assert await typed("resume acme/shop#0", tmp_path) == 0
        assert here.rows("SELECT parked FROM dirty WHERE pr = '7@b'") == [("no",)]


@pytest.mark.parametrize("line", ["queue", "resume acme/shop#1", "rebuild acme/shop#1"])
async def test_a_server_whose_store_is_away_is_not_told_to_start(
    line: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def away(*_: object) -> None:
        raise StoreTrouble("no connection")

    async with served(tmp_path) as here:
        monkeypatch.setattr(here.database, "search", away)
        monkeypatch.setattr(here.database, "tx", away)
        code = await typed(line, tmp_path)
        monkeypatch.undo()

    said = capsys.readouterr().err
    assert (code, "could not answer: no connection" in said, "start it" in said) == (3, True, False)


def test_a_server_that_takes_too_long_is_not_told_to_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "ANSWER_WITHIN", 0.05)
    with closing(socket.socket(socket.AF_UNIX)) as busy:
        busy.bind(str(tmp_path / "handoff.sock"))
        busy.listen()

        assert main(["queue", "--data-dir", str(tmp_path)]) == 3
    said = capsys.readouterr().err
    assert ("has not answered for" in said, "start it" in said) == (True, False)
