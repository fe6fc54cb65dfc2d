"""A post office whose channels lead to servers on loopback."""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Any

from bot.errors import Trouble
from bot.metrics import Metrics
from bot.model.effect import Send
from bot.model.keeping import Receipt
from bot.model.message import Message
from bot.notify.channels import Channels, parse
from bot.notify.letter import Means
from bot.notify.post import Post
from bot.notify.wire import Wire
from bot.settings import Secret
from tests.github.little import QuickClock
from tests.support.channel import trusting
from tests.worker.doubles import MemoryPublisher, claim

HERE = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
MESSAGE = Message(
    kind="raised",
    subject="architect is asked about acme/orders#118",
    lines=("A table is dropped.", "architect on duty · /handoff assign architect @…"),
    link="https://github.com/acme/orders/pull/118",
    thread="acme/orders#118",
    to=("Ana", "ben"),
)
PEOPLE = {"ana": {"slack": "U012ABC", "mail": "ana@acme.example"}}


def channels(**top: Any) -> Channels:
    found = parse(Secret(json.dumps(top)))
    assert isinstance(found, Channels), found
    return found


def send(target: str, cause: str = "raised:e1", message: Message = MESSAGE) -> Send:
    return Send(repo_id=7, number=118, target=target, cause=cause, message=message)


@dataclass
class Office:
    """A Post; `first` is what the first message of a thread has left."""

    channels: Channels
    seconds: float = 8.0
    allow: Any = HERE
    first: str = "{}"
    tls: ssl.SSLContext = field(default_factory=trusting)
    clock: QuickClock = field(default_factory=QuickClock)
    metrics: Metrics = field(default_factory=Metrics)
    github: MemoryPublisher = field(default_factory=MemoryPublisher)

    def __post_init__(self) -> None:
        wire = Wire(self.allow, self.tls, self.seconds)

        async def first(*_: object) -> str:
            return self.first

        self.post = Post(Means(self.channels, wire, self.clock), self.metrics, first, self.github)

    async def publish(self, effect: Send) -> Receipt:
        return await self.post.publish(claim(), effect, None, "h1")

    async def trouble(self, effect: Send) -> Trouble:
        try:
            await self.publish(effect)
        except Trouble as trouble:
            return trouble
        raise AssertionError("it was taken")

    def counted(self, name: str) -> Mapping[str, str]:
        lines = self.metrics.render().decode().splitlines()
        rows = [line.rpartition(" ") for line in lines if line.startswith(f"handoff_{name}{{")]
        return {labels.partition("{")[2].rstrip("}"): value for labels, _, value in rows}
