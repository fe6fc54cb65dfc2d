"""The operators' page, on the port that only they reach."""

from __future__ import annotations

import asyncio
import hmac
import secrets
from contextlib import contextmanager
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from aiohttp import web

from bot.errors import StoreTrouble
from bot.logs import get_logger
from bot.model.wake import Subject
from bot.text.ops import confirm_page, ops_page
from bot.web.control import queue_data

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.clock import Clock
    from bot.web.control import Queue, Survey

_log = get_logger()
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Ops:
    """`/ops`, and the forms behind its links; each action leaves a line in the log.

    Whoever reaches the port is an operator, so what counts is that no page of somebody else's
    makes an operator's browser act or tell: the token, where the form came from, and a host that
    no name server can turn into another's."""

    def __init__(self, queue: Queue, survey: Survey, clock: Clock) -> None:
        self._queue = queue
        self._survey = survey
        self._clock = clock
        self._key = secrets.token_bytes(32)

    def add_to(self, app: web.Application) -> None:
        """Have the application show it."""
        app.router.add_get("/ops", self.show)
        app.router.add_get("/ops/resume/{subject}", self.ask)
        app.router.add_post("/ops/resume/{subject}", self.resume)

    async def show(self, request: web.Request) -> web.Response:
        """All that is not settled or not sent, and what stands around it."""
        _check_host(request)
        with _store():
            data = await queue_data(self._queue, self._survey)
        return _html(await asyncio.to_thread(ops_page, data, self._clock.now()))

    async def ask(self, request: web.Request) -> web.Response:
        """Whether it is meant."""
        _check_host(request)
        key = _subject(request).key
        return _html(confirm_page(key, self._token(key)))

    async def resume(self, request: web.Request) -> web.Response:
        """Try it again, and show what is left."""
        _check_host(request)
        subject = _subject(request)
        # As a page of ours sends it, whatever else a sender says that it is.
        form = parse_qs((await request.read()).decode(errors="replace"))
        token = form.get("token", [""])[0]
        here = request.headers.get("Origin") == f"{request.scheme}://{request.host}"
        site = request.headers.get("Sec-Fetch-Site", "same-origin")
        good = hmac.compare_digest(token.encode(), self._token(subject.key).encode())
        if not (here and good and site == "same-origin"):
            raise web.HTTPForbidden(headers=_HEADERS)
        with _store():
            done = await self._queue.resume(subject)
        _log.info("resumed_on_the_page", pr=subject.key, peer=request.remote, done=done)
        raise web.HTTPSeeOther("/ops", headers=_HEADERS)

    def _token(self, key: str) -> str:
        return hmac.new(self._key, f"resume {key}".encode(), "sha256").hexdigest()


@contextmanager
def _store() -> Iterator[None]:
    try:
        yield
    except StoreTrouble:
        away = "The store does not answer."
        raise web.HTTPServiceUnavailable(text=away, headers=_HEADERS) from None


def _html(text: str) -> web.Response:
    return web.Response(text=text, content_type="text/html", headers=_HEADERS)


def _check_host(request: web.Request) -> None:
    try:
        host = request.url.host or ""
        if host != "localhost":
            ip_address(host)
    except ValueError:
        raise web.HTTPMisdirectedRequest(headers=_HEADERS) from None


def _subject(request: web.Request) -> Subject:
    try:
        return Subject.parse(request.match_info["subject"])
    except ValueError:
        raise web.HTTPNotFound(headers=_HEADERS) from None
