"""Routes, handlers and tests of Python's web frameworks, by Python's own parser."""

from __future__ import annotations

import ast
import sys
from typing import TYPE_CHECKING

from bot.model.endpoint import Endpoints, Hole
from bot.model.known import Known, Unknown
from bot.readers.endpoints.python_base import Names
from bot.readers.endpoints.python_calls import calls, mentions
from bot.readers.endpoints.python_handlers import Handlers
from bot.readers.endpoints.python_routes import VERBS, Routes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.model.endpoint import Handler

# The first that is imported; aiohttp is a client too, its server is `aiohttp.web`.
_STACKS = {
    "fastapi": ("fastapi",),
    "flask": ("flask", "flask_"),
    "django": ("django", "rest_framework"),
    "aiohttp": ("aiohttp/web", "aiohttp#web"),
    "starlette": ("starlette",),
}


def read(path: str, source: bytes) -> Known[Endpoints]:
    """The endpoints of a Python file; Unknown where this version of Python cannot parse it."""
    try:
        tree = ast.parse(source.decode("utf-8", errors="replace"))
        return _read(path, tree)
    except SyntaxError as error:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        reason = f"{path}:{error.lineno} is not valid Python {version}"
    except (ValueError, RecursionError, MemoryError):
        reason = f"{path} could not be parsed as Python"
    return Unknown(reason, by_content=True)


def _read(path: str, tree: ast.Module) -> Endpoints:
    names = Names(path, tree)
    test = is_test(path)
    stack = _stack(names.imports.values())
    if stack == "django":
        return _django(names)
    routes = Routes(names, stack, test=test)
    routes.read(tree)
    handlers = () if test else tuple(_told(Handlers(names, stack, routes.marks).all(), stack))
    routers = tuple(routes.routers())
    return Endpoints(
        module=names.module,
        stack=stack,
        registrations=tuple(routes.registrations),
        handlers=handlers,
        routers=routers,
        mounts=tuple(routes.mounts),
        imports=(*names.imports.items(), *(("*", one) for one in names.stars)),
        constants=tuple(names.constants.items()),
        routes=tuple(routes.called.items()),
        calls=tuple(calls(names)) if test else (),
        mentions=mentions(tree) if test else frozenset(),
        holes=tuple(routes.holes),
    )


def is_test(path: str) -> bool:
    """Whether a file is one of tests, by the names that pytest and unittest go by."""
    *folders, name = path.split("/")
    inside = not {"test", "tests"}.isdisjoint(folders)
    return inside or name.startswith("test_") or name.endswith("_test.py") or name == "conftest.py"


def _stack(symbols: Iterable[str]) -> str:
    said = tuple(symbols)
    for stack, starts in _STACKS.items():
        if any(one.startswith(starts) for one in said):
            return stack
    return ""


def _told(handlers: Iterable[Handler], stack: str) -> Iterable[Handler]:
    """All of a file with a framework; of others what can answer requests registered elsewhere."""
    for one in handlers:
        owner, _, name = one.name.rpartition(".")
        if stack or not owner or name in VERBS:
            yield one


def _django(names: Names) -> Endpoints:
    """The place of Django's own reader."""
    hole = Hole(line=1, reason="routes of Django are not read")
    return Endpoints(module=names.module, stack="django", holes=(hole,))
