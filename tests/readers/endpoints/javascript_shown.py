"""What a reading of JavaScript or TypeScript says, in a few words to a line."""

from __future__ import annotations

from bot.model.endpoint import Endpoints
from bot.readers.endpoints.javascript import read


def reading(text: str, path: str = "src/app.ts") -> Endpoints:
    return read(path, text.encode())


def guards(one: Endpoints) -> dict[str, str]:
    """The guards of each registration, by its method and path."""
    return {
        f"{each.method} {each.path or '/'}": " ".join(guard.symbol for guard in each.guards)
        for each in one.registrations
    }


def shown(one: Endpoints) -> list[str]:
    """Registrations, mounts, routers and holes."""
    lines = [
        f"{each.on} {each.method} {each.path or '/'} {each.handler}" for each in one.registrations
    ]
    lines += [f"{each.parent} + {each.prefix or '/'} {each.child}" for each in one.mounts]
    lines += [f"? {each.line} {each.reason}" for each in one.holes]
    return lines
