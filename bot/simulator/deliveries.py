"""Webhook deliveries: signed, logged, cut after ten seconds and never repeated by themselves."""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha1, sha256
from uuid import UUID

from aiohttp import ClientError, ClientSession, ClientTimeout

from bot.simulator.shapes import stamp
from bot.simulator.things import Installation, Json
from bot.simulator.world import World

_FAILED = {"connect": (502, "failed to connect to host"), "timeout": (504, "timed out")}


@dataclass(eq=False, slots=True, kw_only=True)
class Delivery:
    """One attempt to deliver; attempts of one delivery share the guid."""

    id: int
    guid: str
    event: str
    action: str | None
    payload: Json
    installation_id: int | None
    repository_id: int | None
    delivered_at: datetime
    redelivery: bool = False
    status_code: int = 0
    status: str = "pending"
    duration: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)
    answer: str = ""

    def item(self) -> Json:
        """`hook-delivery-item`."""
        return {
            "id": self.id,
            "guid": self.guid,
            "delivered_at": stamp(self.delivered_at),
            "redelivery": self.redelivery,
            "duration": round(self.duration, 2),
            "status": self.status,
            "status_code": self.status_code,
            "event": self.event,
            "action": self.action,
            "installation_id": self.installation_id,
            "repository_id": self.repository_id,
            "throttled_at": None,
        }

    def full(self, url: str) -> Json:
        """`hook-delivery`."""
        return self.item() | {
            "url": url,
            "request": {"headers": dict(self.headers), "payload": self.payload},
            "response": {"headers": {}, "payload": self.answer},
        }


@dataclass(slots=True, kw_only=True)
class Switches:
    """How deliveries misbehave.

    `hold`: they wait for `release()`. `shuffle`: held ones are released in another order.
    `double`: each arrives twice. `drop`: those for which it is true are lost without a trace in
    the log. `delay`: seconds by the clock before each. `cut`: seconds of real time after which an
    unanswered one is given up. `parallel`: how many are on their way at once.
    """

    hold: bool = False
    shuffle: bool = False
    double: bool = False
    drop: Callable[[Delivery], bool] | None = None
    delay: float = 0.0
    cut: float = 10.0
    parallel: int = 1


class Deliveries:
    """The queue, the log and the sender."""

    def __init__(self, world: World, secret: str) -> None:
        self.world = world
        self.secret = secret
        self.hook_url: str | None = None
        self.switches = Switches()
        self.log: list[Delivery] = []
        self.note: Callable[[str, Delivery], None] = lambda *_: None
        self._held: list[Delivery] = []
        self._queue: asyncio.Queue[Delivery] = asyncio.Queue()
        world.tell = self.tell

    def tell(self, event: str, installation: Installation | None, payload: Json) -> None:
        """Take note of something that happened, and deliver it."""
        if len(json.dumps(payload)) > self.world.quirks.payload_cap:
            return
        delivery = Delivery(
            id=self.world.next_id(),
            guid=str(UUID(int=self.world.random.getrandbits(128), version=4)),
            event=event,
            action=payload.get("action"),
            payload=payload,
            installation_id=installation.id if installation else None,
            repository_id=payload.get("repository", {}).get("id"),
            delivered_at=self.world.clock.now(),
        )
        self.note("happened", delivery)
        if self.switches.drop and self.switches.drop(delivery):
            return
        self._take(delivery)
        if self.switches.double:
            self._take(self._again(delivery))

    def _take(self, delivery: Delivery) -> None:
        if self.switches.hold:
            self._held.append(delivery)
            return
        self.log.append(delivery)
        self._queue.put_nowait(delivery)

    def release(self) -> None:
        """Let held deliveries go, shuffled if so switched; later ones are not held."""
        self.switches.hold = False
        held, self._held = self._held, []
        if self.switches.shuffle:
            self.world.random.shuffle(held)
        for one in held:
            self._take(one)

    def redeliver(self, delivery_id: int) -> bool:
        """Send a delivery of the log once more under its guid; False if there is none."""
        found = next((one for one in self.log if one.id == delivery_id), None)
        if found is None:
            return False
        self._take(self._again(found))
        return True

    def _again(self, delivery: Delivery) -> Delivery:
        return Delivery(
            id=self.world.next_id(),
            guid=delivery.guid,
            event=delivery.event,
            action=delivery.action,
            payload=delivery.payload,
            installation_id=delivery.installation_id,
            repository_id=delivery.repository_id,
            delivered_at=self.world.clock.now(),
            redelivery=True,
        )

    async def settle(self) -> None:
        """Return when nothing is queued or on its way; held deliveries do not count."""
        await self._queue.join()

    async def run(self) -> None:
        """Send what is queued, for ever."""
        async with ClientSession() as session, asyncio.TaskGroup() as group:
            for _ in range(self.switches.parallel):
                group.create_task(self._send_all(session))

    async def _send_all(self, session: ClientSession) -> None:
        while True:
            delivery = await self._queue.get()
            try:
                self.note("sending", delivery)
                await self._send(session, delivery)
                self.note("delivered", delivery)
            finally:
                self._queue.task_done()

    async def _send(self, session: ClientSession, delivery: Delivery) -> None:
        if self.switches.delay:
            await self.world.clock.sleep(self.switches.delay)
        body = json.dumps(delivery.payload).encode()
        delivery.headers = self.headers(delivery, body)
        if self.hook_url is None:
            delivery.status_code, delivery.status = _FAILED["connect"]
            return
        began = self.world.clock.monotonic()
        try:
            await self._post(session, delivery, body)
        except TimeoutError:
            delivery.status_code, delivery.status = _FAILED["timeout"]
        except (ClientError, OSError):
            delivery.status_code, delivery.status = _FAILED["connect"]
        delivery.duration = self.world.clock.monotonic() - began

    async def _post(self, session: ClientSession, delivery: Delivery, body: bytes) -> None:
        async with session.post(
            self.hook_url or "",
            data=body,
            headers=delivery.headers,
            timeout=ClientTimeout(total=self.switches.cut),
            allow_redirects=False,
        ) as answer:
            delivery.answer = (await answer.text())[:1000]
            delivery.status_code = answer.status
            delivery.status = "OK" if answer.ok else f"Invalid HTTP Response: {answer.status}"

    def headers(self, delivery: Delivery, body: bytes) -> dict[str, str]:
        """All headers that GitHub sends with a delivery."""
        key = self.secret.encode()
        return {
            "Accept": "*/*",
            "Content-Type": "application/json",
            "User-Agent": "GitHub-Hookshot/" + delivery.guid[:7],
            "X-GitHub-Delivery": delivery.guid,
            "X-GitHub-Event": delivery.event,
            "X-GitHub-Hook-ID": str(self.world.app.id + 1),
            "X-GitHub-Hook-Installation-Target-ID": str(self.world.app.id),
            "X-GitHub-Hook-Installation-Target-Type": "integration",
            "X-Hub-Signature": "sha1=" + hmac.new(key, body, sha1).hexdigest(),
            "X-Hub-Signature-256": "sha256=" + hmac.new(key, body, sha256).hexdigest(),
        }
