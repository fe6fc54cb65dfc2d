"""The HTTP that is shared by all installations: one session, its deadlines and its size cap."""

from __future__ import annotations

from asyncio import Semaphore
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import aiohttp
from cachetools import LRUCache

import bot
from bot.egress import read_capped
from bot.errors import Transient
from bot.github.addresses import graphql_url

if TYPE_CHECKING:
    from bot.clock import Clock
    from bot.github.budget import Breaker

# What is kept of answers that GitHub may say to be the same still, for all installations together.
BODIES = 8 * 1024 * 1024
# What an entry costs beside its body: headers, key, objects.
_ENTRY_BYTES = 2048
BODY_CAP = 32 * 1024 * 1024
USER_AGENT = f"handoff-bot/{bot.__version__}"

# GitHub itself gives up on a query after 10 s.
REST_TIMEOUT = aiohttp.ClientTimeout(total=20, sock_connect=5)
GRAPHQL_TIMEOUT = aiohttp.ClientTimeout(total=15, sock_connect=5)

# Only these fail before a byte of the request has left.
_NOT_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
_BROKEN = (aiohttp.ClientError, TimeoutError, OSError)


class Raw(NamedTuple):
    """An answer as it came over the wire; header names in any case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Sent(NamedTuple):
    """A request as it goes over the wire."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes


def size_of(raw: Raw) -> int:
    """What it takes of the memory, in bytes."""
    return len(raw.body) + _ENTRY_BYTES


@dataclass(slots=True, kw_only=True)
class Wire:
    """What every call needs beside its own installation's state.

    `on_call` is told the route (never an address), the status (0: none came) and the seconds.
    `sunsets`: routes that GitHub has announced to withdraw, with its date. `bodies`: answers that
    GitHub may say to be the same still, by whom they were given to, address and media type.
    """

    root: str
    version: str
    clock: Clock
    breaker: Breaker
    slots: Semaphore
    limits: bool
    random: Callable[[], float]
    on_call: Callable[[str, int, float], None] | None = None
    session: aiohttp.ClientSession | None = None
    sunsets: dict[str, str] = field(default_factory=dict)
    bodies: LRUCache[tuple[object, str, str], Raw] = field(
        default_factory=lambda: LRUCache(BODIES, size_of)
    )

    @property
    def graphql(self) -> str:
        """The address of queries."""
        return graphql_url(self.root)

    def reaches(self, url: str) -> bool:
        """Whether the address is at the configured API: a token goes nowhere else."""
        return url.startswith(self.root + "/") or url == self.graphql

    async def exchange(self, sent: Sent, deadline: aiohttp.ClientTimeout) -> Raw:
        """Send and read, following nothing. Raises Transient (`sent`: it may have) or TooLarge."""
        if self.session is None:
            raise RuntimeError("GitHub is used as an asynchronous context manager")
        try:
            async with self.session.request(
                sent.method,
                sent.url,
                headers=sent.headers,
                data=sent.body or None,
                allow_redirects=False,
                timeout=deadline,
            ) as answer:
                return Raw(answer.status, answer.headers, await read_capped(answer, BODY_CAP))
        except _NOT_SENT as error:
            raise Transient(f"GitHub cannot be reached: {type(error).__name__}") from error
        except _BROKEN as error:
            what = f"no whole answer from GitHub: {type(error).__name__}"
            raise Transient(what, sent=True) from error
