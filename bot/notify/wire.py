"""One request to a channel: https, no redirect, 8 s, and only to where it may go."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import aiohttp

import bot
from bot.egress import Internal, Networks, PublicResolver, read_capped
from bot.errors import Gone, Refused, Transient

ANSWER_AT_MOST = 64 * 1024
INSIDE = "it is inside our own network; HANDOFF_EGRESS_ALLOW can open it"
# A server that asks for a longer wait is asked again the next day.
_LONGEST = 86_400
_ABOUT = {
    "user-agent": f"handoff-bot/{bot.__version__}",
    "content-type": "application/json; charset=utf-8",
}
# Only these fail before a byte of the request has left.
_NOT_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
_BROKEN = (aiohttp.ClientError, TimeoutError, OSError)


@dataclass(frozen=True, slots=True)
class Wire:
    """Sends to the channels' servers. `tls`: whom to trust; `allow`: where inside it may go."""

    allow: Networks = ()
    tls: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    seconds: float = 8.0

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> bytes:
        """The body of an answer of 200 to 299; others become Refused or Transient."""
        session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(resolver=PublicResolver(self.allow), ssl=self.tls),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=self.seconds),
            headers={**_ABOUT, **headers},
        )
        try:
            async with session, session.post(url, data=body, allow_redirects=False) as answer:
                _judge(answer.status, answer.headers.get("Retry-After", ""))
                return await read_capped(answer, ANSWER_AT_MOST)
        except _NOT_SENT as error:
            if isinstance(error.__cause__, Internal):
                raise Refused(INSIDE) from error
            raise Transient(f"it cannot be reached: {type(error).__name__}") from error
        except _BROKEN as error:
            raise Transient(f"no whole answer: {type(error).__name__}", sent=True) from error


def _judge(status: int, asked: str) -> None:
    """Raise what the answer means; `asked`: to wait for so many seconds."""
    what = f"it answered {status}"
    if status in {408, 429} or status >= 500:
        known = asked.isascii() and asked.isdigit()
        wait = timedelta(seconds=min(int(asked[:9]), _LONGEST)) if known else None
        raise Transient(what, again_after=wait)
    if status == 410:
        raise Gone(what)
    if status >= 300:
        raise Refused(f"{what}: redirects are not followed" if status < 400 else what)
