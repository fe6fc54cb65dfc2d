"""The two applications that listen: one for GitHub and balancers, one for operators."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from aiohttp import web

from bot.metrics import CONTENT_TYPE
from bot.web.webhook import Limits

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from bot.metrics import Metrics
    from bot.web.live import Health
    from bot.web.ops import Ops
    from bot.web.webhook import Webhook

# A refused sender gets that long to finish, so that it hears why; an idle one that long to go on.
_LINGER_SECONDS, _IDLE_SECONDS = 2.0, 75.0


def public_app(
    webhook: Webhook, health: Health, schemas: Mapping[str, Callable[[], object]]
) -> web.Application:
    """What GitHub and the balancer reach: `/webhook`, `/healthz`, `/readyz`, and, for editors,
    `/schema/NAME`: each is made when it is first asked for."""
    made: dict[str, bytes] = {}

    async def show_schema(request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name not in schemas:
            raise web.HTTPNotFound
        if name not in made:
            made[name] = json.dumps(schemas[name](), indent=2, sort_keys=True).encode()
        return web.Response(body=made[name], content_type="application/json")

    app = web.Application(client_max_size=Limits().body)
    app.router.add_post("/webhook", webhook.post)
    app.router.add_get("/schema/{name}", show_schema)
    _add_health(app, health)
    return app


async def _nothing() -> None:
    """Nothing has to be looked up before metrics are shown."""


def admin_app(
    health: Health,
    metrics: Metrics,
    version: Mapping[str, str],
    look: Callable[[], Awaitable[None]] = _nothing,
    ops: Ops | None = None,
) -> web.Application:
    """What only operators reach: `/metrics` (after `look`), `/version` and `/ops` besides the
    health."""

    async def show_metrics(_: web.Request) -> web.Response:
        await look()
        return web.Response(body=metrics.render(), headers={"Content-Type": CONTENT_TYPE})

    async def show_version(_: web.Request) -> web.Response:
        return web.json_response(dict(version))

    app = web.Application(client_max_size=65_536)
    app.router.add_get("/metrics", show_metrics)
    app.router.add_get("/version", show_version)
    if ops is not None:
        ops.add_to(app)
    _add_health(app, health)
    return app


def app_runner(app: web.Application, *, drain_seconds: float = 5.0) -> web.AppRunner:
    """Serves an application: no access log, bodies as they were sent; `drain_seconds` at the end.

    Signatures are made over the raw bytes, and what nobody unpacks is no bomb.
    """
    return web.AppRunner(
        app,
        access_log=None,
        auto_decompress=False,
        lingering_time=_LINGER_SECONDS,
        keepalive_timeout=_IDLE_SECONDS,
        shutdown_timeout=drain_seconds,
    )


def _add_health(app: web.Application, health: Health) -> None:
    app.router.add_get("/healthz", health.alive)
    app.router.add_get("/readyz", health.ready)
