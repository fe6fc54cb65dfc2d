"""Routes, handlers and tests of net/http, gin and chi."""

from __future__ import annotations

from bot.model.endpoint import Endpoints, Hole
from bot.readers.endpoints.go_handlers import handlers
from bot.readers.endpoints.go_routes import Routes
from bot.readers.endpoints.go_source import Source, line
from bot.readers.endpoints.go_tests import calls, mentions
from bot.readers.signals.shape import NAMES_AT_MOST

_STACKS = (
    ("github.com/gin-gonic/gin", "gin"),
    ("github.com/go-chi/chi", "chi"),
    ("net/http", "net/http"),
)


def read(path: str, source: bytes) -> Endpoints:
    """The endpoints of a Go file."""
    file = Source(path, source)
    used = [
        name
        for start, name in _STACKS
        if any(one.startswith(start) for one in file.imports.values())
    ]
    stack = used[0] if used else ""
    imports = tuple((name, f"{one}#") for name, one in file.imports.items())
    if path.endswith("_test.go"):
        names = frozenset(sorted(mentions(file))[:NAMES_AT_MOST])
        return Endpoints(
            module=file.module, stack=stack, imports=imports, calls=calls(file), mentions=names
        )
    routes = Routes(file)
    for function in file.functions:
        routes.take(function)
    broken = [
        Hole(line=line(one), reason="the grammar does not read this")
        for one in file.nodes.get("broken", [])
    ]
    return Endpoints(
        module=file.module,
        stack=stack,
        registrations=tuple(routes.registrations),
        handlers=tuple(handlers(file, routes.literals)),
        routers=tuple(routes.routers.values()),
        mounts=tuple(routes.mounts),
        imports=imports,
        constants=tuple(file.constants.items()),
        holes=tuple(routes.holes + (broken if used else [])),
    )
