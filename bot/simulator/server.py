"""The simulated GitHub as a running server on 127.0.0.1."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import IO, Self

from aiohttp import web

from bot.clock import Clock
from bot.door import Door
from bot.simulator.access import Access
from bot.simulator.answers import Answer
from bot.simulator.deliveries import Deliveries
from bot.simulator.exchange import Exchange
from bot.simulator.faults import Fault, Faults, How
from bot.simulator.gate import Gate, decoded, lower
from bot.simulator.journal import Journal
from bot.simulator.pages import page_of
from bot.simulator.quirks import Limits, Quirks
from bot.simulator.rest_artifacts import bytes_of
from bot.simulator.things import Installation
from bot.simulator.world import World

_PREFIX = "/api/v3"
_SIZE = 32 * 1024 * 1024


class Simulator:
    """A GitHub: `async with Simulator(clock=...) as sim:` listens until the block ends.

    `calls` is the log of all requests; `unknown` lists those for which there is no route.
    """

    def __init__(self, *, clock: Clock, seed: int = 1, port: int = 0) -> None:
        self.quirks = Quirks()
        self.world = World(clock, seed, self.quirks)
        self.access = Access(self.world)
        self.webhook_secret = f"secret-{self.world.random.getrandbits(64):016x}"
        self.deliveries = Deliveries(self.world, self.webhook_secret)
        self.gate = Gate(self.world, self.access, self.deliveries)
        self.calls: list[Exchange] = []
        self._faults = Faults()
        self._watchers: list[Callable[[Exchange], None]] = []
        self._journal: Journal | None = None
        self._port = port
        self._runner: web.AppRunner | None = None
        self._sender: asyncio.Task[None] | None = None

    @property
    def api_url(self) -> str:
        """The REST origin."""
        return self.world.api

    @property
    def app_id(self) -> int:
        """The id of our App."""
        return self.world.app.id

    @property
    def private_key_pem(self) -> str:
        """The private key of our App."""
        return self.access.private_key_pem

    @property
    def hook_url(self) -> str | None:
        """Where webhooks go; None: nowhere, they fail and can be asked for again."""
        return self.deliveries.hook_url

    @hook_url.setter
    def hook_url(self, url: str | None) -> None:
        self.deliveries.hook_url = url

    @property
    def limits(self) -> Limits:
        """The limits and which of them are enforced."""
        return self.gate.limits

    @property
    def unknown(self) -> list[str]:
        """Requests to routes that this GitHub does not have."""
        return self.gate.rest.unknown

    def fault(
        self, match: str, answer: Fault, times: int = 1, *, only: Installation | None = None
    ) -> None:
        """Order trouble for the next calls whose `METHOD /path` matches the expression; `only`:
        by an installation."""
        self._faults.order(match, answer, times, None if only is None else only.id)

    def heal(self) -> None:
        """Cancel all trouble on order."""
        self._faults.clear()

    def observe(self, watcher: Callable[[Exchange], None]) -> None:
        """Show every exchange to a watcher as soon as it is answered."""
        self._watchers.append(watcher)

    def record(self, file: IO[str]) -> Journal:
        """From now on write all that this GitHub sees into a file."""
        self._journal = journal = Journal(file)
        self.deliveries.note = journal.told
        self.observe(journal.answered)
        return journal

    def count(self, match: str = "") -> int:
        """How many calls so far had this text in `METHOD /path`."""
        return sum(match in one.line for one in self.calls)

    async def settle(self) -> None:
        """Return when all deliveries are handed over."""
        await self.deliveries.settle()

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=_SIZE)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.2)
        await self._runner.setup()
        await Door(self._runner, "127.0.0.1", self._port).start()
        port = self._runner.addresses[0][1]
        self.world.api = self.world.web = f"http://127.0.0.1:{port}"
        # A fixture may enter and leave in different tasks, which a task group does not bear.
        self._sender = asyncio.create_task(self.deliveries.run())  # noqa: TID251
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._sender:
            self._sender.cancel()
            await asyncio.wait([self._sender])
        if self._runner:
            await self._runner.cleanup()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        page = page_of(self.world, request.path) if request.method == "GET" else None
        if page is not None:
            return web.Response(text=page)
        other = bytes_of(self.world, request.path, request.headers.get("Authorization", ""))
        if other is not None:
            return web.Response(status=other.status, body=other.body(), headers=other.headers)
        exchange = await self._exchange(request)
        self.calls.append(exchange)
        if self._journal is not None:
            self._journal.asked(exchange)
        self.gate.meter.in_flight += 1
        try:
            return await self._answered(request, exchange)
        finally:
            self.gate.meter.in_flight -= 1
            for watcher in self._watchers:
                watcher(exchange)

    async def _exchange(self, request: web.Request) -> Exchange:
        path = request.path
        path = path.removeprefix(_PREFIX) or "/"
        path = "/graphql" if path == "/api/graphql" else path
        raw = await request.read()
        exchange = Exchange(
            at=self.world.clock.now(),
            method=request.method,
            path=path,
            query=dict(request.query),
            headers=lower(request.headers),
            raw=raw,
        )
        try:
            exchange.body = decoded(raw)
        except ValueError:
            exchange.body = raw
        if path == "/graphql" and isinstance(exchange.body, dict):
            exchange.document = exchange.body.get("query")
            exchange.variables = exchange.body.get("variables") or {}
        return exchange

    async def _answered(self, request: web.Request, exchange: Exchange) -> web.StreamResponse:
        fault = self._faults.take(exchange.call, self.gate.owner(exchange))
        exchange.fault = fault is not None
        if fault is None or fault.partial:
            return self._sent(exchange, self.gate.answer(exchange, fault))
        if fault.done:
            exchange.lost = self.gate.answer(exchange).json
        if fault.how is How.HANG:
            await asyncio.Event().wait()
        if fault.how in {How.HALF, How.SHORT}:
            real = self.gate.answer(exchange)
            exchange.lost = real.json
            return await self._half(request, real, fault.how)
        if fault.how is How.CUT and request.transport is not None:
            request.transport.abort()
            return web.Response()
        made = Answer(status=fault.status, raw=fault.body, headers=dict(fault.headers))
        return self._sent(exchange, made)

    async def _half(self, request: web.Request, answer: Answer, how: How) -> web.StreamResponse:
        body = answer.body()
        part = body[: len(body) // 2]
        if how is How.SHORT:
            return web.Response(status=answer.status, body=part, headers=answer.headers)
        sent = web.StreamResponse(status=answer.status, headers=answer.headers)
        sent.content_length = len(body)
        await sent.prepare(request)
        await sent.write(part)
        if request.transport is not None:
            request.transport.abort()
        return sent

    def _sent(self, exchange: Exchange, answer: Answer) -> web.Response:
        exchange.status = answer.status
        exchange.json = answer.json
        exchange.answer_headers = dict(answer.headers)
        if exchange.document is not None and isinstance(answer.json, dict):
            exchange.data = answer.json.get("data")
        return web.Response(status=answer.status, body=answer.body(), headers=answer.headers)
