"""One request to a channel: https, no redirect, 8 s, and only to where it may go."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from datetime import timedelta
from typing import NamedTuple
from urllib.parse import urlsplit

import aiohttp

import bot
from bot.egress import Internal, Networks, PublicResolver, check, read_capped
from bot.errors import Refused, Transient

SECONDS = 8.0
ANSWER_AT_MOST = 64 * 1024
# A server that asks for a longer wait is asked again the next day.
_LONGEST = 86_400
# Only these fail before a byte of the request has left.
_NOT_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
_BROKEN = (aiohttp.ClientError, TimeoutError, OSError)


class Answer(NamedTuple):
    """What a channel answered."""

    status: int
    body: bytes


class Wire:
    """Sends to the channels' servers. `tls`: whom to trust; `allow`: where inside it may go."""

    def __init__(
        self, allow: Networks = (), tls: ssl.SSLContext | None = None, seconds: float = SECONDS
    ) -> None:
        self.allow = allow
        self.tls = tls or ssl.create_default_context()
        self.seconds = seconds

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """The answer, which is 200 to 299; others become Refused or Transient."""
        self._check(url)
        connector = aiohttp.TCPConnector(resolver=PublicResolver(self.allow), ssl=self.tls)
        about = {
            "user-agent": f"handoff-bot/{bot.__version__}",
            "content-type": "application/json; charset=utf-8",
            **headers,
        }
        timeout = aiohttp.ClientTimeout(total=self.seconds)
        try:
            async with (
                aiohttp.ClientSession(
                    connector=connector, cookie_jar=aiohttp.DummyCookieJar(), timeout=timeout
                ) as session,
                session.post(url, data=body, headers=about, allow_redirects=False) as answer,
            ):
                _judge(answer.status, answer.headers)
                return Answer(answer.status, await read_capped(answer, ANSWER_AT_MOST))
        except _NOT_SENT as error:
            if isinstance(error.__cause__, Internal):
                raise _inside() from error
            raise Transient(f"it cannot be reached: {type(error).__name__}") from error
        except _BROKEN as error:
            raise Transient(f"no whole answer: {type(error).__name__}", sent=True) from error

    def _check(self, url: str) -> None:
        """A name is checked where it is looked up; an address in figures never is looked up."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        if parts.scheme != "https":
            raise Refused("only https is spoken")
        if ":" in host or host.rpartition(".")[2][:1].isdigit():
            try:
                check(host, [host], self.allow)
            except (Internal, ValueError) as error:
                raise _inside() from error


def _inside() -> Refused:
    return Refused("it is inside our own network; HANDOFF_EGRESS_ALLOW can open it")


def _judge(status: int, headers: Mapping[str, str]) -> None:
    if 200 <= status < 300:
        return
    what = f"it answered {status}"
    if status in {408, 429} or status >= 500:
        asked = headers.get("Retry-After", "")
        known = asked.isascii() and asked.isdigit()
        wait = timedelta(seconds=min(int(asked[:9]), _LONGEST)) if known else None
        raise Transient(what, again_after=wait)
    if status == 410:
        raise Ended(what)
    raise Refused(f"{what}: redirects are not followed" if status < 400 else what)


class Ended(Refused):
    """410: the place is no more, and wants to be asked no more."""
