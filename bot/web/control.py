"""What this machine's own commands may ask of a running server, over a socket of its own."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Protocol

from aiohttp import web

from bot.errors import StoreTrouble
from bot.model.wake import Subject
from bot.text.decisions import decision_rows
from bot.text.ops import counted

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from typing import Any, TypeAlias

    from aiohttp.typedefs import Handler

    from bot.model.act import Act
    from bot.model.claim import Unsent, Waiting

    # Limits, processes and sweeps, each a list of rows by its name.
    Survey: TypeAlias = Callable[[], Awaitable[Mapping[str, Sequence[Mapping[str, Any]]]]]


class Queue(Protocol):
    """What is not settled, and the way back for what is parked."""

    async def waiting(self) -> Sequence[Waiting]:
        """Every subject that is due, running, limited, suspended or parked."""
        ...

    async def unsent(self) -> Sequence[Unsent]:
        """What is given up, and what nobody knows of whether it has arrived."""
        ...

    async def resume(self, subject: Subject) -> bool:
        """Try a parked subject, and what could not be sent, again; False if there is neither."""
        ...

    async def rebuild(self, repo: str, number: int) -> bool:
        """Have what people said there read again; False where the repository is not known."""
        ...


class Matters(Protocol):
    """Stored judgements, for replay, and what people did."""

    async def find(self, repo: str, number: int, report_id: str | None) -> tuple[bytes, bytes]:
        """(report JSON, matter JSON) of a stored judgement, empty where there is none."""
        ...

    async def decided(self, repo: str) -> Mapping[int, tuple[Act, ...]]:
        """Every act of each pull request of the repository on which something was decided."""
        ...


def control_app(queue: Queue, matters: Matters, survey: Survey) -> web.Application:
    """The application behind `DATA/handoff.sock` (mode 0600)."""
    control = _Control(queue, matters, survey)
    app = web.Application(middlewares=[_store_away])
    app.router.add_get("/queue", control.queue)
    app.router.add_post("/resume/{subject}", control.resume)
    app.router.add_get("/decisions/{owner}/{repo}", control.decisions)
    app.router.add_post("/rebuild/{owner}/{repo}/{number}", control.rebuild)
    app.router.add_get("/matter/{owner}/{repo}/{number}", control.matter)
    return app


@web.middleware
async def _store_away(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except StoreTrouble as trouble:
        return web.Response(text=trouble.what, status=503)


def waiting_data(one: Waiting) -> dict[str, object]:
    """One row of `handoff queue --json` (schema `handoff.queue/1`)."""
    return {
        "subject": one.subject.key,
        "repo": one.repo,
        "number": one.subject.number,
        "word": one.word,
        "since": one.since.isoformat() if one.since else None,
        "until": one.until.isoformat() if one.until else None,
        "why": one.why,
        "attempts": one.attempts,
    }


def unsent_data(one: Unsent) -> dict[str, object]:
    """One of the effects of `handoff queue --json`."""
    return {
        "subject": one.subject.key,
        "repo": one.repo,
        "number": one.subject.number,
        "key": one.key,
        "state": one.state,
        "since": one.since.isoformat(),
        "why": one.why,
    }


async def queue_data(queue: Queue, survey: Survey) -> dict[str, Any]:
    """What `handoff queue --json` prints and the operators' page shows. Raises StoreTrouble."""
    # Of a hundred thousand rows nothing is made on the loop, which answers deliveries meanwhile.
    known = await asyncio.to_thread(_known, await queue.waiting(), await queue.unsent())
    return {"schema": "handoff.queue/1", **known, **await survey()}


def _known(waiting: Sequence[Waiting], unsent: Sequence[Unsent]) -> dict[str, Any]:
    rows = [waiting_data(one) for one in waiting]
    return {"rows": rows, "effects": [*map(unsent_data, unsent)], "counts": counted(rows)}


class _Control:
    def __init__(self, queue: Queue, matters: Matters, survey: Survey) -> None:
        self._queue = queue
        self._matters = matters
        self._survey = survey

    async def queue(self, _: web.Request) -> web.Response:
        data = await queue_data(self._queue, self._survey)
        text = await asyncio.to_thread(json.dumps, data)
        return web.Response(text=text, content_type="application/json")

    async def resume(self, request: web.Request) -> web.Response:
        try:
            subject = Subject.parse(request.match_info["subject"])
        except ValueError:
            return web.json_response({"error": "no such subject"}, status=400)
        return web.json_response({"resumed": await self._queue.resume(subject)})

    async def decisions(self, request: web.Request) -> web.Response:
        info = request.match_info
        found = await self._matters.decided(f"{info['owner']}/{info['repo']}")
        return web.json_response({"decisions": await asyncio.to_thread(decision_rows, found)})

    async def rebuild(self, request: web.Request) -> web.Response:
        info = request.match_info
        known = await self._queue.rebuild(f"{info['owner']}/{info['repo']}", int(info["number"]))
        return web.json_response({"known": known})

    async def matter(self, request: web.Request) -> web.Response:
        info = request.match_info
        report, matter = await self._matters.find(
            f"{info['owner']}/{info['repo']}", int(info["number"]), request.query.get("report")
        )
        if not matter:
            return web.json_response({"error": "only the verdict is left, or nothing"}, status=404)
        return web.json_response({"report": report.decode(), "matter": matter.decode()})
