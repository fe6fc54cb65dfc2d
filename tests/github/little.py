"""A server that answers as it is told and remembers what it was asked."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import format_datetime
from functools import cache
from typing import Any, Self

from aiohttp import web
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bot.github.client import Client, GitHub, GitHubSettings
from tests.support.clock import FakeClock

INSTALLATION, REPO_ID = 42, 7
REPO = "/repos/acme/api"


@cache
def pem(number: int = 0) -> str:
    """One of the App's private keys; made once, since that takes long."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    ).decode()


class QuickClock(FakeClock):
    """Whoever sleeps on it wakes at once, that much later."""

    def __init__(self) -> None:
        super().__init__()
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(seconds)
        await asyncio.sleep(0)


@dataclass(kw_only=True)
class Seen:
    method: str
    path: str
    query: str
    headers: Any
    body: Any


@dataclass(kw_only=True)
class Reply:
    status: int = 200
    data: Any = None
    raw: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False


Handler = Callable[[Seen], Awaitable[Reply]]


def reply(status: int = 200, data: Any = None, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status=status, data=data, headers=named)


class Little:
    """`script["GET /path"]`: replies in their order, the last one for ever, or a handler."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.seen: list[Seen] = []
        self.script: dict[str, list[Reply] | Handler] = {}
        self.token_length = 40
        self.minted = 0
        self.url = ""

    def on(self, line: str, *replies: Reply) -> None:
        self.script[line] = list(replies)

    def lines(self, *, tokens: bool = False) -> list[str]:
        all_lines = [f"{one.method} {one.path}" for one in self.seen]
        return [one for one in all_lines if tokens or not one.endswith("/access_tokens")]

    def bodies(self, line: str) -> list[Any]:
        return [one.body for one in self.seen if f"{one.method} {one.path}" == line]

    def date(self) -> str:
        return format_datetime(self.clock.now(), usegmt=True)

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def _handle(self, request: web.Request) -> web.Response:
        raw = await request.read()
        seen = Seen(
            method=request.method,
            path=request.path,
            query=request.query_string,
            headers=request.headers,
            body=json.loads(raw) if raw else None,
        )
        self.seen.append(seen)
        made = await self._reply(seen)
        if made.cut and request.transport is not None:
            request.transport.abort()
        body = made.raw if made.raw is not None else b""
        if made.data is not None:
            body = json.dumps(made.data).encode()
        headers = {"Content-Type": "application/json; charset=utf-8", "Date": self.date()}
        return web.Response(status=made.status, body=body, headers=headers | made.headers)

    async def _reply(self, seen: Seen) -> Reply:
        script = self.script.get(f"{seen.method} {seen.path}")
        if callable(script):
            return await script(seen)
        if script:
            return script.pop(0) if len(script) > 1 else script[0]
        if seen.path.endswith("/access_tokens"):
            return self.token()
        return reply(404, {"message": "Not Found"})

    def token(self, **permissions: str) -> Reply:
        self.minted += 1
        text = f"ghs_{self.minted}_".ljust(self.token_length, "x")
        ends = self.clock.now() + timedelta(hours=1)
        granted = permissions or {"metadata": "read", "checks": "write"}
        return reply(
            201,
            {
                "token": text,
                "expires_at": ends.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "permissions": granted,
            },
        )


@dataclass(kw_only=True)
class Bench:
    """A client of the little server; jitter is always in the middle."""

    server: Little
    clock: QuickClock
    github: GitHub
    calls: list[tuple[str, int, float]]
    secrets: list[str]

    @property
    def client(self) -> Client:
        return self.github.installation(INSTALLATION)

    async def get(self, path: str = REPO, **more: Any) -> Any:
        return (await self.client.get(path, repo_id=REPO_ID, **more)).data


def door(server: Little, clock: FakeClock, **settings: Any) -> GitHub:
    """A second GitHub at the same server, with other settings."""
    made = {"api_url": server.url, "app_id": "1", "private_keys": (pem(),)} | settings
    return GitHub(GitHubSettings(**made), clock, jitter=lambda: 0.5)
