"""One request to GitHub, from its budget to what its answer means.

gidgethub makes the address and the headers; everything after them happens in `_request`, below
gidgethub's own reading of answers, which therefore meets plain success only.
"""

from __future__ import annotations

import json
from asyncio import Semaphore
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from gidgethub.abc import GitHubAPI

from bot.errors import (
    Denied,
    Gone,
    Invalid,
    Refused,
    Suspended,
    TooLarge,
    Transient,
    Trouble,
    Unauthorized,
)
from bot.github.budget import CORE, GRAPHQL, Budget, Sort, Spending
from bot.github.classify import Kind, Reading, classify, reset_at, retry_after, sent_at
from bot.github.egress import fetch
from bot.github.graph import GraphTrouble, read_answer
from bot.github.wire import BODIES, GRAPHQL_TIMEOUT, REST_TIMEOUT, USER_AGENT, Raw, Sent, size_of

if TYPE_CHECKING:
    from bot.github.auth import Auth
    from bot.github.wire import Wire
    from bot.model.wake import Lane

ACCEPT = "application/vnd.github+json"

_DELAYS = (0.5, 1.0, 2.0)
_RETRY_WITHIN = 30.0
_API = """access_tokens actions annotations app app-manifests artifacts attempts branches
    check-runs check-suites collaborators comments commits compare config contents conversions
    deliveries files git blobs hook installation installations issues members memberships orgs
    permission pulls rate_limit reactions repos repositories requested_reviewers reviews rules runs
    status statuses teams trees users zip"""
_WORDS = frozenset(_API.split())
_REFUSALS: Mapping[Kind, type[Refused]] = {
    Kind.GONE: Gone,
    Kind.INVALID: Invalid,
    Kind.TOO_LARGE: TooLarge,
}
_JSON = "application/json; charset=utf-8"
_AT_ONCE, _WRITES_AT_ONCE = 30, 4


class Moved(Refused):
    """The repository has another name now; `location` is where GitHub points to."""

    def __init__(self, what: str, *, location: str) -> None:
        super().__init__(what)
        self.location = location


class HeavyQuery(Transient):
    """502 or 504 to a query: it may ask for too much at once and is not repeated as it is."""


@dataclass(slots=True, kw_only=True)
class Call:
    """One call and, once it ended well, its answer; `url` may be a path below the API's address.

    `repeatable`: sending it twice has no other effect than sending it once. `follow`: a redirect
    leads to more of the API.
    """

    method: str
    url: str
    sort: Sort
    lane: Lane
    name: str = ""
    repo_id: int | None = None
    body: bytes = b""
    accept: str = ACCEPT
    repeatable: bool = True
    follow: bool = True
    authorization: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int = 0
    data: Any = None

    @property
    def route(self) -> str:
        """The call's kind, for metrics and messages: no name, number or branch is in it."""
        return self.name or f"{self.method} {route_of(self.url)}"


_CALL: ContextVar[Call] = ContextVar("call")


class Transport(GitHubAPI):
    """All calls of one installation, or (`is_app`) those of the App itself."""

    def __init__(
        self, wire: Wire, auth: Auth, *, is_app: bool, together: Spending | None = None
    ) -> None:
        super().__init__(USER_AGENT, base_url=wire.root)
        self._wire = wire
        self._auth = auth
        self._is_app = is_app
        self.budget = Budget(wire.clock, limits=wire.limits, together=together)
        self.skew = timedelta()
        # Not a number that might come again: what one may see is no other's.
        self._own = object()
        self._gates = _gates(wire)

    async def sleep(self, seconds: float) -> None:
        """Wait by the clock; gidgethub wants it and never calls it."""
        await self._wire.clock.sleep(seconds)

    def forget(self) -> None:
        """Drop what was read: another may be allowed to see less."""
        for key in [key for key in self._wire.bodies if key[0] is self._own]:
            self._wire.bodies.pop(key, None)

    def reaches(self, url: str) -> bool:
        """Whether the address is at the configured API."""
        return self._wire.reaches(url)

    async def fetch(self, url: str, at_most: int) -> bytes:
        """What stands at an address that an answer gave; our credentials stay here."""
        return await fetch(self._wire, url, at_most)

    async def call(self, call: Call) -> Call:
        """The same call with its answer; repeated only if that can do no harm. Raises Trouble."""
        clock = self._wire.clock
        began = clock.monotonic()
        for delay in _DELAYS:
            try:
                return await self._authorised(call)
            except HeavyQuery:
                raise
            except Transient:
                wait = delay * (0.7 + 0.6 * self._wire.random())
                if not call.repeatable or clock.monotonic() - began + wait > _RETRY_WITHIN:
                    raise
            await clock.sleep(wait)
        return await self._authorised(call)

    async def _authorised(self, call: Call) -> Call:
        """With credentials; refused ones are replaced once, a redirect of a GET followed once."""
        try:
            return await self._attempt(call)
        except Unauthorized as refused:
            if not self._auth.refused(call.authorization, refused.what):
                raise
            return await self._attempt(call)
        except Moved as moved:
            if call.method != "GET" or not call.follow:
                raise
            call.url = moved.location
            return await self._attempt(call)

    async def _attempt(self, call: Call) -> Call:
        call.authorization = await self._auth.header(call.repo_id)
        token = _CALL.set(call)
        extra = {"authorization": call.authorization, "x-github-api-version": self._wire.version}
        try:
            about = (call.method, call.url, None, call.body, call.accept)
            await self._make_request(*about, content_type=_JSON, extra_headers=extra)
        finally:
            # Every timer set from here on remembers the context, and would keep the answer.
            _CALL.reset(token)
        return call

    async def _request(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes = b""
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Origin, budget, conditional headers, send, limits, meaning, in this order."""
        call = _CALL.get()
        if not self._wire.reaches(url):
            raise Refused(f"{call.route}: an address of another server is not followed")
        gates = self._gates[call.sort]
        if call.sort.creates and self._wire.limits and gates[0].locked():
            raise self.budget.turn_away(call.sort, call.lane)
        passed: list[Semaphore] = []
        try:
            for gate in gates:
                await gate.acquire()
                passed.append(gate)
            # Behind the gates: whoever waited there must see a pause that began meanwhile.
            await self.budget.admit(call.sort, call.lane)
            raw = await self._send(call, Sent(method, url, dict(headers), body))
        finally:
            for gate in passed:
                gate.release()
        call.status, call.headers = raw.status, raw.headers
        call.data = self._decoded(call, raw.body)
        # gidgethub has nothing left to read.
        return 200, {}, b""

    async def _send(self, call: Call, sent: Sent) -> Raw:
        key, bodies = (self._own, sent.url, call.accept), self._wire.bodies
        known = bodies.get(key) if sent.method == "GET" else None
        if known is not None:
            sent.headers["if-none-match"] = known.headers["etag"]
        raw = await self._exchange(call, sent)
        self._note(call, raw)
        if raw.status == 304 and known is not None:
            return known
        self._understand(call, raw)
        if sent.method == "GET" and "etag" in raw.headers and size_of(raw) < BODIES // 4:
            bodies[key] = raw
        return raw

    async def _exchange(self, call: Call, sent: Sent) -> Raw:
        wire = self._wire
        wire.breaker.admit()
        began = wire.clock.monotonic()
        timeout = REST_TIMEOUT if call.sort.resource == CORE else GRAPHQL_TIMEOUT
        status = 0
        try:
            raw = await wire.exchange(sent, timeout)
            status = raw.status
            return raw
        except Transient as broken:
            what = f"{call.route}: {broken.what}"
            raise Transient(what, sent=broken.sent and call.sort.writes) from broken
        finally:
            wire.breaker.count(good=0 < status < 500)
            if wire.on_call is not None:
                wire.on_call(call.route, status, wire.clock.monotonic() - began)

    def _note(self, call: Call, raw: Raw) -> None:
        self.budget.learn(raw.headers)
        sunset = raw.headers.get("sunset") or raw.headers.get("deprecation")
        if sunset is not None and len(self._wire.sunsets) < 100:
            self._wire.sunsets[call.route] = sunset
        if self._is_app:
            here = self._wire.clock.now()
            self.skew = here - sent_at(raw.headers, here)

    def _understand(self, call: Call, raw: Raw) -> None:
        here = self._wire.clock.now()
        there = here if raw.status < 300 else sent_at(raw.headers, here)
        reading = classify(raw.status, raw.headers, raw.body, there)
        if reading.kind is not Kind.OK:
            # Moments of GitHub's clock are moved to ours, by which they are waited for.
            raise self._trouble(call, reading, here - there)

    def _trouble(self, call: Call, reading: Reading, ahead: timedelta) -> Trouble:
        what = f"{call.route}: {reading.what}"
        until = None if reading.until is None else reading.until + ahead
        if (refusal := _REFUSALS.get(reading.kind)) is not None:
            return refusal(what)
        match reading.kind:
            case Kind.SUSPENDED:
                self._auth.forget()
                self.forget()
                return Suspended(what)
            case Kind.SECONDARY:
                return self.budget.secondary(call.sort, until, what)
            case Kind.PRIMARY:
                return self.budget.pause(call.sort.resource, until or self._in_a_minute(), what)
            case Kind.DENIED:
                return Denied(what, accepted=reading.accepted)
            case Kind.UNAUTHORIZED:
                return self._unauthorized(what, ahead)
            case Kind.MOVED:
                return Moved(what, location=reading.location)
            case _ if reading.heavy and call.sort is Sort.QUERY:
                return HeavyQuery(what)
            case _:
                return Transient(what, sent=call.sort.writes)

    def _unauthorized(self, what: str, ahead: timedelta) -> Unauthorized:
        if self._is_app and "claim" in what:
            seconds = round(ahead.total_seconds())
            what = f"{what}; this machine's clock is {seconds:+} s against GitHub's"
            self.budget.pause(CORE, self._in_a_minute(), what)
        return Unauthorized(what)

    def _in_a_minute(self) -> datetime:
        return self._wire.clock.now() + timedelta(minutes=1)

    def _decoded(self, call: Call, body: bytes) -> Any:
        if not body:
            return None
        try:
            data = json.loads(body)
        except (ValueError, RecursionError) as error:
            # It may be kept by its ETag, and GitHub would tell us for ever that it is the same.
            self.forget()
            what = f"{call.route}: an answer that is no JSON"
            raise Transient(what, sent=call.sort.writes) from error
        if call.sort.resource == CORE:
            return data
        answer = read_answer(data)
        if isinstance(answer, GraphTrouble):
            raise self._graph_trouble(call, answer)
        return answer

    def _graph_trouble(self, call: Call, trouble: GraphTrouble) -> Trouble:
        what = f"{call.route}: {trouble.value}"
        if trouble is GraphTrouble.TRANSIENT:
            return Transient(what, sent=call.sort.writes)
        here = self._wire.clock.now()
        there = sent_at(call.headers, here)
        ahead = here - there
        if trouble is GraphTrouble.PRIMARY:
            return self.budget.pause(GRAPHQL, reset_at(call.headers, there) + ahead, what)
        until = retry_after(call.headers, there)
        return self.budget.secondary(call.sort, until and until + ahead, what)


def route_of(url: str) -> str:
    """The address with everything that is not a word of the API replaced by `*`."""
    path = url.partition("?")[0]
    if "://" in path:
        path = "/" + path.partition("://")[2].partition("/")[2].removeprefix("api/v3/")
    parts = [part if part in _WORDS else "*" for part in path.split("/")[1:]]
    if parts[:1] == ["repos"]:
        parts[1:3] = ["*"] * len(parts[1:3])
    return "/" + "/".join(parts[:8])


def _gates(wire: Wire) -> Mapping[Sort, tuple[Semaphore, ...]]:
    """What a call passes, the narrowest first: talk one by one, few writes, not too much at all."""
    reads = (Semaphore(_AT_ONCE), wire.slots)
    if not wire.limits:
        return dict.fromkeys(Sort, reads)
    writes = (Semaphore(_WRITES_AT_ONCE), *reads)
    talk = (Semaphore(1), *writes)
    return {sort: talk if sort.creates else writes if sort.writes else reads for sort in Sort}
