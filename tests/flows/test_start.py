"""What a start does before it listens, and that it answers while the rest is loaded."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aiohttp import ClientSession

from bot.clock import SystemClock
from bot.durable.embedded import EmbeddedRunner
from bot.metrics import Metrics
from bot.notify.channels import Channels
from bot.settings import Secret, Settings
from bot.simulator.server import Simulator
from bot.store.schema import Newer, upgrade
from bot.wiring import works
from bot.wiring.server import Bot
from tests.support.clock import PATIENCE, FakeClock
from tests.support.ports import free_port
from tests.support.postgres import Postgres


class Early(Bot):
    """Asks itself at the moment at which it listens and judges nothing yet."""

    answered: tuple[int, ...] = ()
    since: tuple[str, ...] = ()

    async def _work(self, *parts: object) -> None:
        async with ClientSession() as http:
            alive, ready = [await http.get(f"{self.url}/{one}") for one in ("healthz", "readyz")]
            Early.answered = (alive.status, ready.status)
        with sqlite3.connect(self.settings.database) as store:
            query = "SELECT value FROM meta WHERE key = 'accept_since'"
            Early.since = store.execute(query).fetchone()
        await super()._work(*parts)  # type: ignore[arg-type]  # whatever they are


def settings_for(simulator: Simulator, folder: Path, **more: Any) -> Settings:
    return Settings(
        app_id=simulator.app_id,
        private_keys=(Secret(simulator.private_key_pem),),
        webhook_secrets=(Secret(simulator.webhook_secret),),
        github_api_url=simulator.api_url,
        data_dir=folder,
        port=0,
        **more,
    )


async def test_deliveries_are_taken_before_anything_is_judged(tmp_path: Path) -> None:
    clock = FakeClock()
    async with Simulator(clock=clock, seed=1) as simulator:
        settings = settings_for(simulator, tmp_path, database=tmp_path / "handoff.sqlite")
        async with Early(settings, clock) as bot:
            now = str(round(clock.now().timestamp() * 1000))

            assert Early.answered == (200, 503)
            async with ClientSession() as http, http.get(f"{bot.url}/readyz") as answer:
                assert answer.status == 200
            assert Early.since == (now,)


@pytest.mark.parametrize(("name", "shown"), [("data", ["0o140600"]), ("d" * 110, [])])
async def test_the_socket_of_a_server_that_died_is_replaced_for_its_user_alone(
    name: str, shown: list[str], tmp_path: Path
) -> None:
    folder, clock = tmp_path / name, FakeClock()
    folder.mkdir()
    (folder / "handoff.sock").touch()
    async with Simulator(clock=clock, seed=1) as simulator:
        settings = settings_for(simulator, folder, database=folder / "handoff.sqlite")
        # Longer than a socket's path may be, it does without.
        async with Bot(settings, clock) as bot:
            modes = [oct(one.stat().st_mode) for one in folder.glob("*.sock")]

    assert (modes, list(folder.glob("*.sock"))) == (shown, [])
    assert bot.health.draining


async def test_a_store_that_was_moved_is_used_only_where_that_is_meant(tmp_path: Path) -> None:
    path, clock = tmp_path / "handoff.sqlite", FakeClock()
    upgrade(path)
    with closing(sqlite3.connect(path)) as store:
        store.execute("INSERT INTO meta VALUES ('moved_to', 'postgresql://there')")
        store.commit()
    async with Simulator(clock=clock, seed=1) as simulator:
        settings = settings_for(simulator, tmp_path, database=path)
        with pytest.raises(Newer, match="was moved to postgresql://there"):
            await Bot(settings, clock).__aenter__()
        async with Bot(settings, clock, forced=True) as bot:
            assert bot.health.supervised


@pytest.mark.parametrize(("shared", "every"), [(None, 6), (Secret("postgresql://there"), 0)])
async def test_what_was_set_reaches_who_goes_by_it(
    shared: Secret | None, every: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = FakeClock()
    async with Simulator(clock=clock, seed=1) as simulator:
        place = {"database": tmp_path / "handoff.sqlite", "postgres": shared, "backup_every": 6}
        settings = settings_for(simulator, tmp_path, github_limits=False, **place)
    names = ("database", "ballast", "woken", "tell", "together", "on_secret")
    parts = {name: object() for name in names}
    base: Any = SimpleNamespace(
        settings=settings, clock=clock, metrics=Metrics(), channels=Channels(), **parts
    )
    nothing: Any = None
    monkeypatch.setattr(works, "GitHub", lambda *given, **more: (*given, more))
    told, _, more = cast("Any", works._github(base))
    sweeps = works._sweeps(base, nothing, nothing, {})

    assert not told.limits
    assert (more["together"], more["on_secret"]) == (base.together, base.on_secret)
    assert sweeps.backups is not None
    # A server of Postgres has ways of its own.
    assert (sweeps.backups.every, sweeps.ballast) == (every, base.ballast)


async def test_a_server_whose_runner_died_takes_no_more_deliveries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def ends(*_: object) -> None:
        raise ValueError("ours")

    died, clock = asyncio.Event(), FakeClock()
    monkeypatch.setattr(EmbeddedRunner, "run", ends)
    async with Simulator(clock=clock, seed=1) as simulator:
        settings = settings_for(simulator, tmp_path, database=tmp_path / "handoff.sqlite")
        bot = Bot(settings, clock, died=died.set)
        with pytest.raises(ValueError, match="ours"):
            async with bot:
                await asyncio.wait_for(died.wait(), PATIENCE)

    assert (died.is_set(), bot.health.supervised) == (True, False)


@pytest.mark.parametrize(("shared", "free"), [(False, 25.0), (True, 0.0)])
async def test_the_disk_that_is_watched_is_the_stores(
    shared: bool, free: float, postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, port, clock = tmp_path / "apart" / "store.sqlite", free_port(), SystemClock()
    of = {place.parent: SimpleNamespace(total=100, free=25)}
    other = SimpleNamespace(total=100, free=1)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: of.get(Path(folder), other))
    url = Secret(postgres.create("disk")) if shared else None
    async with Simulator(clock=clock, seed=1) as simulator:
        settings = settings_for(
            simulator, tmp_path, database=place, postgres=url, admin_port=port, role="worker"
        )
        address = f"http://127.0.0.1:{port}/metrics"
        async with Bot(settings, clock), ClientSession() as http, http.get(address) as answer:
            shown = (await answer.text()).splitlines()

    assert f"handoff_disk_free_bytes {free}" in shown
