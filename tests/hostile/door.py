"""The front door of a running bot, knocked at by anybody."""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from bot.wiring.demo import Demo
from tests.support.hurried import hurried, quiet


@dataclass(kw_only=True)
class Door:
    """`POST /webhook` of a running bot."""

    demo: Demo
    session: aiohttp.ClientSession
    knocks: int = 0

    async def knock(
        self, body: bytes, headers: Mapping[str, str], event: str = "issue_comment"
    ) -> int:
        """The status of one delivery with these headers beside GitHub's own."""
        self.knocks += 1
        plain = {"Content-Type": "application/json", "X-GitHub-Event": event}
        plain |= {"X-GitHub-Delivery": f"hostile-{self.knocks}", **headers}
        url = f"{self.demo.bot.url}/webhook"
        async with self.session.post(url, data=io.BytesIO(body), headers=plain) as answer:
            await answer.read()
            return answer.status

    async def deliver(self, body: bytes, event: str = "issue_comment", **more: str) -> int:
        """The status of a delivery that GitHub has signed, whatever stands in it."""
        named = {name.replace("_", "-"): value for name, value in more.items()}
        return await self.knock(body, self.signed(body) | named, event)

    async def send(self, payload: Any, event: str) -> int:
        """The status of a delivery of JSON data."""
        return await self.deliver(json.dumps(payload).encode(), event)

    def signed(self, body: bytes, *, secret: str | None = None) -> dict[str, str]:
        """The signature that GitHub sends with a body."""
        key = (secret or self.demo.simulator.webhook_secret).encode()
        return {"X-Hub-Signature-256": f"sha256={hmac.new(key, body, hashlib.sha256).hexdigest()}"}


@asynccontextmanager
async def door(folder: Path) -> AsyncIterator[Door]:
    """A running bot and its simulated GitHub, quiet in the end."""
    async with hurried(folder) as demo, aiohttp.ClientSession() as session:
        await quiet(demo)
        yield Door(demo=demo, session=session)
        await quiet(demo)


def stored(folder: Path) -> list[str]:
    """The deliveries of ours that a bot that has ended left in its store."""
    with closing(sqlite3.connect(folder / "handoff.sqlite")) as store:
        rows = store.execute("select guid from delivery where guid like 'hostile-%'").fetchall()
    return sorted(guid for (guid,) in rows)


def faults(said: str, *, level: str = "error") -> list[dict[str, Any]]:
    """The lines of a log that tell of a bug."""
    lines = [json.loads(line) for line in said.splitlines()]
    return [one for one in lines if one["level"] == level or "Traceback" in json.dumps(one)]
