"""A running simulator with acme in it, a plain client, and a place where webhooks arrive."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import jwt
import pytest
from aiohttp import ClientSession, web

from bot.simulator.acme import Acme, acme
from bot.simulator.server import Simulator
from tests.support.clock import FakeClock

REPO = "/repos/acme/orders-api"


@dataclass(kw_only=True)
class Hub:
    """A client that says what it is told to say and nothing more."""

    sim: Simulator
    http: ClientSession
    clock: FakeClock
    headers: dict[str, str] = field(default_factory=dict)
    token: str = ""
    last: Any = None

    def app_token(self, *, minutes: int = 9, **claims: Any) -> str:
        now = int(self.clock.now().timestamp())
        body = {"iat": now - 60, "exp": now + minutes * 60, "iss": str(self.sim.app_id), **claims}
        return jwt.encode(body, self.sim.private_key_pem, algorithm="RS256")

    async def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Status and JSON of an answer; its headers are in `last`."""
        token = headers.pop("token", self.token)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        every = {"Authorization": f"Bearer {token}", **self.headers, **named}
        url = self.sim.api_url + path
        async with self.http.request(
            method, url, json=body, headers=every, allow_redirects=False
        ) as answer:
            self.last = answer.headers
            data = await answer.read()
            is_json = "json" in answer.headers.get("Content-Type", "") and data
            return answer.status, (await answer.json() if is_json else data.decode())

    async def app(self, method: str, path: str, body: Any = None) -> Any:
        """A call of the App itself."""
        return await self.call(method, path, body, token=self.app_token())

    async def login(self, installation: int, **body: Any) -> Any:
        """Take a token for all that follows."""
        path = f"/app/installations/{installation}/access_tokens"
        status, answer = await self.app("POST", path, body)
        assert status == 201
        self.token = answer["token"]
        return answer

    async def ask(self, query: str, **variables: Any) -> Any:
        """The JSON of a GraphQL answer."""
        body = {"query": query, "variables": variables}
        return (await self.call("POST", "/graphql", body))[1]

    async def check(self, sha: str, **more: Any) -> Any:
        """Post a check run."""
        output = {"title": "t", "summary": "s"}
        body = {"name": "handoff", "head_sha": sha, "output": output, **more}
        return await self.call("POST", f"{REPO}/check-runs", body)


@dataclass
class Inbox:
    """What arrived, and with which status it is answered."""

    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    status: int = 202
    url: str = ""

    def events(self) -> list[str]:
        return [headers["X-GitHub-Event"] for headers, _ in self.got]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def sim(clock: FakeClock) -> AsyncIterator[Simulator]:
    async with Simulator(clock=clock, seed=7) as running:
        yield running


@pytest.fixture
def at(sim: Simulator) -> Acme:
    return acme(sim.world, "version: 1\n")


@pytest.fixture
async def hub(sim: Simulator, at: Acme, clock: FakeClock) -> AsyncIterator[Hub]:
    async with ClientSession() as http:
        hub = Hub(sim=sim, http=http, clock=clock)
        await hub.login(at.installation.id)
        yield hub


@pytest.fixture
async def inbox(sim: Simulator) -> AsyncIterator[Inbox]:
    inbox = Inbox()

    async def take(request: web.Request) -> web.Response:
        inbox.got.append((dict(request.headers), await request.read()))
        return web.Response(status=inbox.status)

    app = web.Application()
    app.router.add_post("/webhook", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    inbox.url = f"http://127.0.0.1:{runner.addresses[0][1]}/webhook"
    sim.hook_url = inbox.url
    yield inbox
    await runner.cleanup()
