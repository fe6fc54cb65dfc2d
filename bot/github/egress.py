"""Fetches what GitHub points to on another server: without credentials, from public places only."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import aiohttp

from bot.egress import PublicResolver, read_capped
from bot.errors import Refused, Transient
from bot.github.wire import USER_AGENT

if TYPE_CHECKING:
    from bot.github.wire import Wire

_TIMEOUT = aiohttp.ClientTimeout(total=60, sock_connect=5)


async def fetch(wire: Wire, url: str, at_most: int) -> bytes:
    """The bytes at an address that the API gave, followed no further. Raises Trouble.

    The API's own server is as good as it is configured; any other needs https and a public name.
    """
    own = urlsplit(url)[:2] == urlsplit(wire.root)[:2]
    if own and wire.session is not None:
        return await _read(wire.session, url, at_most)
    _check(url)
    connector = aiohttp.TCPConnector(resolver=PublicResolver())
    jar = aiohttp.DummyCookieJar()
    async with aiohttp.ClientSession(connector=connector, cookie_jar=jar) as session:
        return await _read(session, url, at_most)


def _check(url: str) -> None:
    parts = urlsplit(url)
    host = parts.hostname or ""
    literal = ":" in host or host.rpartition(".")[2].isdigit()
    if parts.scheme != "https" or parts.username or literal or parts.port not in {None, 443}:
        raise Refused("GitHub points to an address that is not followed")


async def _read(session: aiohttp.ClientSession, url: str, at_most: int) -> bytes:
    about = {"user-agent": USER_AGENT}
    try:
        async with session.get(
            url, headers=about, allow_redirects=False, timeout=_TIMEOUT
        ) as answer:
            if answer.status >= 500:
                raise Transient(f"the server of artifacts answered {answer.status}")
            if answer.status != 200:
                raise Refused(f"the server of artifacts answered {answer.status}")
            return await read_capped(answer, at_most)
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        what = f"no whole answer from the server of artifacts: {type(error).__name__}"
        raise Transient(what) from error
