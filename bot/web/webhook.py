"""Takes GitHub's deliveries: who sent it is proved first, and 202 means that it is kept."""

from __future__ import annotations

import asyncio
import hmac
import json
import re
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aiohttp import web

from bot.errors import StoreTrouble
from bot.failpoint import failpoint
from bot.logs import get_logger
from bot.metrics import ACK, DELIVERIES, LAST_RECEIVED, OTHER, REJECTED, SECRET_USED, Metrics
from bot.model.arrival import Arrival, Stored
from bot.readers.events import EVENTS, arrive

if TYPE_CHECKING:
    from bot.clock import Clock
    from bot.web.ports import Inbox, Runner

MIB = 1024 * 1024

_SIGNATURE = re.compile(r"sha256=([0-9a-fA-F]{64})")
_DELIVERY = re.compile(r"[0-9A-Za-z-]{1,64}")
_EVENT = re.compile(r"[a-z_]{1,64}")
_JSON = {"Content-Type": "application/json"}
# GitHub does not send it again by itself; the redelivery sweep does.
_LATER = _JSON | {"Retry-After": "60"}
_KEPT = frozenset({Stored.WOKE, Stored.CONTROL})

_log = get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bytes, seconds and places.

    GitHub sends up to 25 MB and hangs up after 10 s; a commit that takes 8 s leaves it time to
    hear the answer. Bodies above `large` are parsed beside the loop.
    """

    body: int = 26 * MIB
    large: int = MIB
    in_flight: int = 64
    large_in_flight: int = 4
    arrive_seconds: float = 10.0
    commit_seconds: float = 8.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """Whose deliveries are taken; `secrets`: the present one, then the old one while rotating.

    `host`: what an enterprise server calls itself in its deliveries; github.com does not.
    """

    app_id: int
    secrets: tuple[str, ...] = field(repr=False)
    host: str = "github.com"
    limits: Limits = Limits()

    def __post_init__(self) -> None:
        if not self.secrets or not all(self.secrets):
            raise ValueError("an empty webhook secret would take deliveries from anybody")


class Webhook:
    """`POST /webhook`."""

    def __init__(
        self, inbox: Inbox, runner: Runner, hook: Hook, *, clock: Clock, metrics: Metrics
    ) -> None:
        self._inbox = inbox
        self._runner = runner
        self._hook = hook
        self._keys = tuple(secret.encode() for secret in hook.secrets)
        self._clock = clock
        self._metrics = metrics
        self._told = {
            "X-GitHub-Hook-Installation-Target-Type": "integration",
            "X-GitHub-Hook-Installation-Target-ID": str(hook.app_id),
            "X-GitHub-Enterprise-Host": hook.host.lower(),
        }
        self._limits = hook.limits
        self._places = asyncio.Semaphore(hook.limits.in_flight)
        self._large_places = asyncio.Semaphore(hook.limits.large_in_flight)

    async def post(self, request: web.Request) -> web.Response:
        """Prove, read, store, answer: in this order, so that a stranger costs one HMAC."""
        began = self._clock.monotonic()
        try:
            arrival = await self._arrival(request)
        except _Rejected as no:
            return self._rejected(request, no)
        if arrival.event == "ping":
            return _answer(200, arrival.guid, "ignored")
        try:
            with self._runner.answering():
                async with asyncio.timeout(self._limits.commit_seconds):
                    stored, subjects = await self._inbox.receive(arrival)
        except (StoreTrouble, TimeoutError) as trouble:
            _log.error("delivery_not_stored", delivery=arrival.guid, why=repr(trouble))
            return web.Response(status=503, headers=_LATER, body=b'{"error":"not stored"}')
        for subject in subjects:
            self._runner.wake(subject)
        self._count(arrival, stored, began)
        failpoint("answering")
        return _answer(202, arrival.guid, _state(stored))

    def _count(self, arrival: Arrival, stored: Stored, began: float) -> None:
        event = arrival.event if arrival.event in EVENTS else OTHER
        self._metrics.count(DELIVERIES, event, stored.value)
        self._metrics.set(LAST_RECEIVED, arrival.received_at.timestamp())
        self._metrics.observe(ACK, self._clock.monotonic() - began)
        _log.debug("delivery_stored", delivery=arrival.guid, event_name=event, outcome=stored.value)

    def _rejected(self, request: web.Request, no: _Rejected) -> web.Response:
        self._metrics.count(REJECTED, no.reason)
        _log.info(
            "webhook_rejected",
            reason=no.reason,
            size=request.content_length,
            address=request.remote,
        )
        body = json.dumps({"error": no.says}).encode()
        return web.Response(status=no.status, headers=_JSON, body=body)

    async def _arrival(self, request: web.Request) -> Arrival:
        """The proved delivery; its body is gone when this returns. Raises _Rejected."""
        headers = request.headers
        kind = headers.get("Content-Type", "")
        if kind != "application/json" and not kind.lower().startswith("application/json;"):
            raise _Rejected(415, "type", "the webhook's content type must be application/json")
        if request.content.is_eof():
            # All of it came along with the headers: nobody has to wait for anything.
            return self._open(headers, request.content.read_nowait())
        async with AsyncExitStack() as places:
            body = await self._read(request, places)
            if len(body) <= self._limits.large:
                return self._open(headers, body)
            return await asyncio.to_thread(self._open, headers, body)

    async def _read(self, request: web.Request, places: AsyncExitStack) -> bytes:
        """The body as it was sent. Waiting for a place counts as arriving."""
        limits, chunks = self._limits, list[bytes]()
        announced, size, large = request.content_length or 0, 0, False
        try:
            async with asyncio.timeout(limits.arrive_seconds):
                await places.enter_async_context(self._places)
                while True:
                    if max(announced, size) > limits.body:
                        raise _Rejected(413, "size", f"more than {limits.body} bytes")
                    if max(announced, size) > limits.large and not large:
                        await places.enter_async_context(self._large_places)
                        large = True
                    if request.content.at_eof():
                        return b"".join(chunks)
                    chunks.append(await request.content.readany())
                    size += len(chunks[-1])
        except TimeoutError:
            raise _Rejected(408, "slow", "the body did not arrive in time") from None
        except (web.RequestPayloadError, ConnectionError):
            raise _Rejected(400, "malformed", "the body broke off") from None

    def _open(self, headers: Mapping[str, str], body: bytes) -> Arrival:
        """Everything that needs the body: nothing is parsed before the signature is proved."""
        self._prove(headers.get("X-Hub-Signature-256", ""), body)
        self._is_for_us(headers)
        guid, event = headers.get("X-GitHub-Delivery", ""), headers.get("X-GitHub-Event", "")
        if not _DELIVERY.fullmatch(guid) or not _EVENT.fullmatch(event):
            raise _Rejected(400, "malformed", "X-GitHub-Delivery or X-GitHub-Event is missing")
        try:
            payload = json.loads(body)
        except (ValueError, RecursionError):
            payload = None
        if not isinstance(payload, dict):
            raise _Rejected(400, "malformed", "the body is no JSON object")
        return arrive(
            event,
            payload,
            guid=guid,
            received_at=self._clock.now(),
            app_id=self._hook.app_id,
        )

    def _prove(self, signature: str, body: bytes) -> None:
        """By the present secret, else by the old one."""
        found = _SIGNATURE.fullmatch(signature)
        if found is not None:
            claimed = bytes.fromhex(found[1])
            for nth, key in enumerate(self._keys):
                if hmac.compare_digest(claimed, hmac.digest(key, body, "sha256")):
                    if nth:
                        self._metrics.set(SECRET_USED, self._clock.now().timestamp(), "webhook_old")
                    return
        raise _Rejected(401, "signature", "X-Hub-Signature-256 does not fit the webhook's secret")

    def _is_for_us(self, headers: Mapping[str, str]) -> None:
        """Where GitHub says for whom it is: App deliveries do, repository webhooks differ."""
        for name, value in self._told.items():
            if headers.get(name, value).lower() != value:
                raise _Rejected(403, "target", f"{name} names another App or server")


class _Rejected(Exception):
    """No good delivery: the answer's status, the word that is counted, and what to mend."""

    def __init__(self, status: int, reason: str, says: str) -> None:
        super().__init__(says)
        self.status = status
        self.reason = reason
        self.says = says


def _state(stored: Stored) -> str:
    if stored is Stored.DUPLICATE:
        return "duplicate"
    return "stored" if stored in _KEPT else "ignored"


def _answer(status: int, guid: str, state: str) -> web.Response:
    # Both are of characters that JSON takes as they are.
    body = f'{{"delivery":"{guid}","state":"{state}"}}'.encode()
    return web.Response(status=status, headers=_JSON, body=body)
