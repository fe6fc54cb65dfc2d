"""A server that listens on this machine, with an inbox and a runner that remember."""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from bot.errors import StoreTrouble
from bot.metrics import Metrics
from bot.model.arrival import Arrival, Stored
from bot.model.wake import Subject
from bot.web.app import admin_app, app_runner, public_app
from bot.web.live import Health
from bot.web.webhook import Hook, Limits, Webhook
from tests.support.clock import FakeClock

SECRET, OLD = "a-webhook-secret-of-ours", "the-secret-before-this-one"


@dataclass
class MemoryInbox:
    """Keeps deliveries in a list; `trouble` and `hangs` as a store in trouble would."""

    arrivals: list[Arrival] = field(default_factory=list)
    outcome: Stored = Stored.WOKE
    subjects: tuple[Subject, ...] = (Subject(7, 118),)
    trouble: bool = False
    hangs: bool = False
    commits: int = 0

    async def receive(self, arrival: Arrival) -> tuple[Stored, tuple[Subject, ...]]:
        await self._store()
        if any(one.guid == arrival.guid for one in self.arrivals):
            return Stored.DUPLICATE, ()
        self.arrivals.append(arrival)
        return self.outcome, self.subjects if self.outcome is Stored.WOKE else ()

    async def commit(self) -> None:
        await self._store()
        self.commits += 1

    async def _store(self) -> None:
        if self.hangs:
            await asyncio.Event().wait()
        if self.trouble:
            raise StoreTrouble("disk full")


@dataclass
class MemoryRunner:
    """Remembers whom it was asked to wake, and how many deliveries wait for their answer."""

    woken: list[Subject] = field(default_factory=list)
    waiting: int = 0

    def wake(self, subject: Subject) -> None:
        self.woken.append(subject)

    @contextmanager
    def answering(self) -> Iterator[None]:
        self.waiting += 1
        try:
            yield
        finally:
            self.waiting -= 1


@dataclass
class Served:
    """What stands behind the two ports."""

    inbox: MemoryInbox
    runner: MemoryRunner
    clock: FakeClock
    metrics: Metrics
    health: Health
    webhook: Webhook
    url: str = ""
    admin_url: str = ""

    def counted(self, line: str) -> bool:
        """Whether the metrics hold that line."""
        return line in self.lines()

    def lines(self) -> list[str]:
        """The metrics as they are shown."""
        return self.metrics.render().decode().splitlines()


@asynccontextmanager
async def serving(limits: Limits | None = None, host: str = "github.com") -> AsyncIterator[Served]:
    """Both applications on free ports."""
    inbox, runner, clock, metrics = MemoryInbox(), MemoryRunner(), FakeClock(), Metrics(build="b1")
    hook = Hook(app_id=77, secrets=(SECRET, OLD), host=host, limits=limits or Limits())
    webhook = Webhook(inbox, runner, hook, clock=clock, metrics=metrics)
    served = Served(inbox, runner, clock, metrics, Health(inbox, clock, metrics), webhook)
    async with (
        site(
            public_app(webhook, served.health, {"a.json": lambda: {"type": "object"}})
        ) as served.url,
        site(admin_app(served.health, metrics, {"name": "handoff"})) as served.admin_url,
    ):
        yield served


@asynccontextmanager
async def site(app: web.Application) -> AsyncIterator[str]:
    runner = app_runner(app, drain_seconds=0.05)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


PAYLOAD: dict[str, Any] = {
    "action": "opened",
    "number": 118,
    "installation": {"id": 5},
    "repository": {"id": 7, "full_name": "acme/shop", "default_branch": "main"},
}


def signed(
    body: bytes, secret: str = SECRET, *, event: str = "pull_request", guid: str = "g-1"
) -> dict[str, str]:
    """The headers that GitHub sends with a body."""
    return {
        "Content-Type": "application/json",
        "X-GitHub-Delivery": guid,
        "X-GitHub-Event": event,
        "X-GitHub-Hook-ID": "1",
        "X-GitHub-Hook-Installation-Target-ID": "77",
        "X-GitHub-Hook-Installation-Target-Type": "integration",
        "X-Hub-Signature": "sha1=" + hmac.new(secret.encode(), body, "sha1").hexdigest(),
        "X-Hub-Signature-256": "sha256=" + hmac.new(secret.encode(), body, "sha256").hexdigest(),
    }


def as_body(payload: object = PAYLOAD) -> bytes:
    """The payload as it is sent."""
    return json.dumps(payload).encode()
