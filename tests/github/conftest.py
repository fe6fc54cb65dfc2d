from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.github.client import GitHub, GitHubSettings
from tests.github.little import Bench, Little, QuickClock, pem


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    clock = QuickClock()
    calls: list[tuple[str, int, float]] = []
    secrets: list[str] = []
    async with Little(clock) as server:
        settings = GitHubSettings(api_url=server.url, app_id="1", private_keys=(pem(),))
        door = GitHub(
            settings,
            clock,
            on_call=lambda *one: calls.append(one),
            on_secret=secrets.append,
            jitter=lambda: 0.5,
        )
        async with door as github:
            yield Bench(server=server, clock=clock, github=github, calls=calls, secrets=secrets)
