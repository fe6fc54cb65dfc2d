"""Whether this process is alive, and whether it should be sent work."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aiohttp import web

from bot.errors import StoreTrouble
from bot.metrics import LOOP_LAG

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.clock import Clock
    from bot.metrics import Metrics
    from bot.web.ports import Probe

_BEAT_SECONDS = 0.5
_LAG_LIMIT_SECONDS = 5.0
# One commit answers every health check of two seconds; none waits longer than checkers do.
_CACHED_SECONDS = 2.0
_COMMIT_SECONDS = 1.5


class Health:
    """`/healthz` and `/readyz`; set `draining` when the process begins to end, `supervised` to
    False when nobody judges any more. `able`: whether who judges can begin anything."""

    def __init__(self, probe: Probe, clock: Clock, metrics: Metrics) -> None:
        self.draining = False
        self.supervised = True
        self.able: Callable[[], bool] = lambda: True
        self._probe = probe
        self._clock = clock
        self._metrics = metrics
        self._beat: float | None = None
        self._lag = 0.0
        self._lock = asyncio.Lock()
        self._asked_at: float | None = None
        self._commits = False

    async def watch(self) -> None:
        """Measure how late the event loop is, until cancelled."""
        while True:
            self._beat = self._clock.monotonic()
            await self._clock.sleep(_BEAT_SECONDS)
            self._lag = self._late()
            self._metrics.set(LOOP_LAG, self._lag)

    async def alive(self, _: web.Request) -> web.Response:
        """200 while the event loop keeps up; nothing else is asked."""
        lag = max(self._lag, self._late())
        good = lag < _LAG_LIMIT_SECONDS
        data = {"state": "alive" if good else "lagging", "loop_lag_seconds": round(lag, 3)}
        return web.json_response(data, status=200 if good else 503)

    async def ready(self, _: web.Request) -> web.Response:
        """200 while the store commits and the process is not ending; GitHub's health is no part."""
        if self.draining:
            return web.json_response({"state": "draining"}, status=503)
        if not (self.supervised and self.able()):
            return web.json_response({"state": "supervisor"}, status=503)
        if not await self._store_commits():
            return web.json_response({"state": "store"}, status=503)
        return web.json_response({"state": "ready"})

    def _late(self) -> float:
        if self._beat is None:
            return 0.0
        return max(0.0, self._clock.monotonic() - self._beat - _BEAT_SECONDS)

    async def _store_commits(self) -> bool:
        async with self._lock:
            now = self._clock.monotonic()
            if self._asked_at is None or now - self._asked_at >= _CACHED_SECONDS:
                self._commits = await self._try_commit()
                self._asked_at = self._clock.monotonic()
            return self._commits

    async def _try_commit(self) -> bool:
        try:
            async with asyncio.timeout(_COMMIT_SECONDS):
                await self._probe.commit()
        except (StoreTrouble, TimeoutError):
            return False
        return True
