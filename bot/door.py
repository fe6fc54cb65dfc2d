"""Where servers take connections."""

from __future__ import annotations

import asyncio

from aiohttp import web


class Door(web.TCPSite):
    """One that shuts behind those who are inside: Python 3.11 neither serves nor ends a connection
    that it took in the very moment in which its server is closed."""

    async def stop(self) -> None:
        """Take no more; who was taken is served, or told that it is over."""
        loop = asyncio.get_running_loop()
        for one in getattr(self._server, "sockets", ()):
            loop.remove_reader(one)
        # One turn to take what was let in, one to begin with it.
        for _ in range(2):
            await asyncio.sleep(0)  # noqa: TID251  no time passes
        await super().stop()
