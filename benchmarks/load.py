"""Sends signed deliveries as GitHub does, and stands for GitHub's API, both in this process."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from aiohttp import web

from benchmarks.fake import CI, OPENED, PASSES, PUSHED, Fake, Repo, stamp
from benchmarks.recorded import COMMAND, HELPED, Recording
from bot.clock import Clock, SystemClock

HANGS_UP = 10.0
CHECK, EDIT, SPEAK, PUSH, OPEN = (
    PASSES,
    "pull_request.edited",
    "issue_comment.created",
    PUSHED,
    OPENED,
)
# Of ten events: six of CI, two edits, a word, a push.
BURST = (CHECK, EDIT, CHECK, CHECK, SPEAK, CHECK, PUSH, CHECK, EDIT, CHECK)
MIXED = (PUSH, CHECK, SPEAK, PUSH, OPEN, CHECK, PUSH, SPEAK, CHECK, PUSH)


@dataclass(slots=True, kw_only=True)
class Event:
    """A delivery, when it should leave, and what became of it: `status` 0 refused, -1 unanswered.

    `lag`: seconds from the moment at which it should have left to its answer, so that a slow
    answer also counts for those behind it.
    """

    at: float
    kind: str
    repo: str
    number: int
    rev: int
    head: bytes
    body: bytes
    row: dict[str, Any]
    moment: datetime
    sent: float = 0.0
    answered: float = 0.0
    status: int = 0
    lag: float = 0.0

    @property
    def kept(self) -> bool:
        """Whether the bot said that it has it."""
        return 200 <= self.status < 300


class Maker:
    """Makes deliveries, signed; pushes are counted, so that a head is new with each.

    `helped`: it is somebody else than the author who pushes.
    """

    helped = False

    def __init__(self, fake: Fake, path: str = "/webhook") -> None:
        self._fake = fake
        self._path = path
        self._revs: Counter[tuple[str, int]] = Counter()
        self._key = fake.recording.secret.encode()

    def make(
        self, at: float, kind: str, number: int, repo: Repo | None = None, job: str = ""
    ) -> Event:
        """One delivery that leaves `at` seconds after the start; `job`: the one of CI it is of."""
        repo = repo or self._fake.home
        if kind == PUSH:
            self._revs[repo.name, number] += 1
        rev = self._revs[repo.name, number]
        now = self._fake.now() + timedelta(seconds=at)
        told = HELPED if kind == PUSH and self.helped else kind
        event, body = self._fake.body(told, repo, (number, rev), now, job)
        row = self._row(event, kind, repo, now)
        head = self._head(event, row["guid"], body)
        if job not in {"", CI}:
            kind = f"{event}.other"
        return Event(
            at=at,
            kind=kind,
            repo=repo.name,
            number=number,
            rev=rev,
            head=head,
            body=body,
            row=row,
            moment=now,
        )

    def ping(self) -> Event:
        """The delivery that asks for nothing but an answer."""
        repo = self._fake.home
        now = self._fake.now()
        row = self._row("ping", "ping.", repo, now)
        head = self._head("ping", row["guid"], b'{"zen":"Speak."}')
        body = b'{"zen":"Speak."}'
        return Event(
            at=0,
            kind="ping",
            repo=repo.name,
            number=0,
            rev=0,
            head=head,
            body=body,
            row=row,
            moment=now,
        )

    def _row(self, event: str, kind: str, repo: Repo, now: datetime) -> dict[str, Any]:
        return {
            "id": self._fake.next_id(),
            "guid": str(uuid.uuid4()),
            "event": event,
            "action": kind.partition(".")[2] or None,
            "installation_id": repo.installation,
            "repository_id": repo.id,
            "redelivery": False,
            "duration": 0.1,
            "delivered_at": stamp(now),
        }

    def _head(self, event: str, guid: str, body: bytes) -> bytes:
        signature = hmac.new(self._key, body, hashlib.sha256).hexdigest()
        lines = (
            f"POST {self._path} HTTP/1.1",
            "Host: 127.0.0.1",
            "User-Agent: GitHub-Hookshot/0000000",
            "Accept: */*",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
            f"X-GitHub-Event: {event}",
            f"X-GitHub-Delivery: {guid}",
            f"X-GitHub-Hook-Installation-Target-ID: {self._fake.recording.app_id}",
            "X-GitHub-Hook-Installation-Target-Type: integration",
            f"X-Hub-Signature-256: sha256={signature}",
        )
        return "\r\n".join((*lines, "", "")).encode()


class Sender:
    """Hands deliveries over, over connections that are kept; the fake hears of each before."""

    def __init__(self, fake: Fake, port: int) -> None:
        self._fake = fake
        self._port = port
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self._known: dict[int, Event] = {}
        self._again: asyncio.Queue[int] = asyncio.Queue()
        self.under_way = 0
        fake.again = self._again.put_nowait

    async def send(self, event: Event) -> None:
        """Hand it over; it is in GitHub's log afterwards."""
        if event.number:
            pull = self._fake.pull(event.repo, event.number)
            self._fake.happened(pull, event.kind, event.rev, event.moment)
        event.sent = monotonic()
        self.under_way += 1
        event.status = await self._post(event)
        self.under_way -= 1
        event.answered = monotonic()
        if event.number:
            if not event.kept:
                self._known[event.row["id"]] = event
            else:
                # Nobody asks for it again, and half an hour of them would not fit into memory.
                event.head = event.body = b""
            self._fake.deliveries.appendleft({**event.row, **_outcome(event.status)})

    async def closed(self, events: Iterable[Event], connections: int) -> None:
        """One after the other on so many connections, as fast as they are answered."""
        left = iter(events)

        async def one() -> None:
            for event in left:
                await self.send(event)
                event.lag = event.answered - event.sent

        async with asyncio.TaskGroup() as group:
            for _ in range(connections):
                group.create_task(one())

    async def timed(self, events: Iterable[Event], at: dict[int, Callable[[], None]]) -> None:
        """Each at its moment, whatever became of those before; `at` is called before an event."""
        began = monotonic() + 0.05

        async def one(event: Event) -> None:
            await self.send(event)
            event.lag = event.answered - (began + event.at)

        async with asyncio.TaskGroup() as group:
            for nth, event in enumerate(events):
                await asyncio.sleep(max(began + event.at - monotonic(), 0))
                at.get(nth, lambda: None)()
                group.create_task(one(event))

    async def repeat(self) -> None:
        """Hand over again what is asked for, for ever."""
        while True:
            event = self._known[await self._again.get()]
            status = await self._post(event)
            row = {**event.row, "id": self._fake.next_id(), "redelivery": True}
            row["delivered_at"] = stamp(self._fake.now())
            self._fake.deliveries.appendleft(row | _outcome(status))
            self._known[row["id"]] = event

    async def _post(self, event: Event) -> int:
        writer = None
        try:
            async with asyncio.timeout(HANGS_UP):
                reader, writer = await self._connection()
                writer.write(event.head + event.body)
                head = await reader.readuntil(b"\r\n\r\n")
                length = head.lower().partition(b"content-length:")[2].partition(b"\r")[0]
                await reader.readexactly(int(length or 0))
        except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
            if writer is not None:
                await _hang_up(writer)
            return -1 if isinstance(error, TimeoutError) else 0
        self._idle.append((reader, writer))
        return int(head[9:12])

    async def _connection(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        while self._idle:
            reader, writer = self._idle.pop()
            if not reader.at_eof() and not writer.is_closing():
                return reader, writer
            await _hang_up(writer)
        return await asyncio.open_connection("127.0.0.1", self._port)

    async def close(self) -> None:
        """Hang up."""
        for _, writer in self._idle:
            await _hang_up(writer)


async def _hang_up(writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        writer.close()
        await writer.wait_closed()


def _outcome(status: int) -> dict[str, Any]:
    good = 200 <= status < 300
    return {
        "status": "OK" if good else "failed to connect to host",
        "status_code": status if status > 0 else 502,
    }


def burst(maker: Maker, events: int, pulls: int, seconds: float) -> list[Event]:
    """Events over pull requests, each opened by its first one."""
    kinds = (
        OPEN if nth < pulls else BURST[(nth // pulls + nth % pulls * 3) % 10]
        for nth in range(events)
    )
    return [
        maker.make(nth * seconds / events, kind, nth % pulls + 1) for nth, kind in enumerate(kinds)
    ]


def asked(maker: Maker, pulls: Iterable[int], seconds: float) -> list[Event]:
    """Somebody else types a command on each of the pull requests, spread over that time."""
    some = list(pulls)
    every = seconds / len(some)
    return [maker.make(nth * every, COMMAND, number) for nth, number in enumerate(some)]


def mixed(maker: Maker, events: int) -> list[Event]:
    """Pushes, CI, words and new pull requests, each on a pull request of its own."""
    return [maker.make(0, MIXED[nth % 10], nth + 1) for nth in range(events)]


def opened(maker: Maker, events: int, rate: float, repo: Repo | None = None) -> list[Event]:
    """New pull requests, so many a second."""
    return [maker.make(nth / rate, OPEN, nth + 1, repo) for nth in range(events)]


@asynccontextmanager
async def serving(
    recording: Recording, latency: float, clock: Clock | None = None
) -> AsyncIterator[Fake]:
    """The fake on a port of 127.0.0.1; every answer takes `latency` seconds more."""
    clock = clock or SystemClock()
    fake = Fake(recording, clock)

    async def handle(request: web.BaseRequest) -> web.Response:
        body = await request.read()
        fake.under_way += 1
        try:
            made = fake.answer(request.method, request.path_qs, request.headers, body)
            await clock.sleep(latency)
        finally:
            fake.under_way -= 1
        return web.Response(status=made.status, body=made.body, headers=made.headers)

    runner = web.ServerRunner(web.Server(handle, access_log=None))
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0, backlog=1024).start()
        fake.root = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield fake
    finally:
        await runner.cleanup()
