"""What a start does before it listens, and that it answers while the rest is loaded."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from aiohttp import ClientSession

from bot.settings import Secret, Settings
from bot.simulator.server import Simulator
from bot.wiring.server import Bot
from tests.support.clock import FakeClock


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


async def test_deliveries_are_taken_before_anything_is_judged(tmp_path: Path) -> None:
    clock = FakeClock()
    async with Simulator(clock=clock, seed=1) as simulator:
        settings = Settings(
            app_id=simulator.app_id,
            private_keys=(Secret(simulator.private_key_pem),),
            webhook_secrets=(Secret(simulator.webhook_secret),),
            github_api_url=simulator.api_url,
            data_dir=tmp_path,
            database=tmp_path / "handoff.sqlite",
            port=0,
        )
        async with Early(settings, clock) as bot:
            now = str(round(clock.now().timestamp() * 1000))

            assert Early.answered == (200, 503)
            async with ClientSession() as http, http.get(f"{bot.url}/readyz") as answer:
                assert answer.status == 200
            assert Early.since == (now,)
