"""Routes, handlers and tests of Python's web frameworks, by Python's own parser."""

from __future__ import annotations

import ast
import re
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.model.endpoint import Endpoints
from bot.model.known import Known, Unknown
from bot.readers.endpoints import django
from bot.readers.endpoints.python_base import Names
from bot.readers.endpoints.python_calls import calls, mentions
from bot.readers.endpoints.python_handlers import Handlers
from bot.readers.endpoints.python_routes import VERBS, Routes
from bot.readers.python_tree import parsed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.model.endpoint import Handler

# Files that need not import Django to be of it.
_DJANGO = frozenset({"urls.py", "views.py", "viewsets.py"})
# The first that is imported; aiohttp is a client too, its server is `aiohttp.web`.
_STACKS = {
    "fastapi": ("fastapi",),
    "flask": ("flask", "flask_"),
    "django": ("django", "rest_framework"),
    "aiohttp": ("aiohttp/web", "aiohttp#web"),
    "starlette": ("starlette",),
}
# `except A, B:` is of Python 3.14; older parsers want parentheses around it.
_SEVERAL = re.compile(r"^([ \t]*except +)([\w.]+(?: *, *[\w.]+)+)(?= *:)", re.MULTILINE)


def read(path: str, source: bytes) -> Known[Endpoints]:
    """The endpoints of a Python file; Unknown where this version of Python cannot parse it."""
    text = source.decode("utf-8", errors="replace")
    try:
        return _read(path, _parsed(text))
    except SyntaxError as error:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        reason = f"{path}:{error.lineno} is not valid Python {version}"
    except (ValueError, RecursionError, MemoryError):
        reason = f"{path} could not be parsed as Python"
    return Unknown(reason, by_content=True)


def _read(path: str, tree: ast.Module) -> Endpoints:
    names = Names(path, tree)
    test = is_test(path)
    stack = _stack([*names.imports.values(), *names.stars])
    told = Endpoints(
        module=names.module,
        stack=stack,
        imports=(*names.imports.items(), *(("*", one) for one in names.stars)),
        constants=tuple(names.constants.items()),
        calls=tuple(calls(names)) if test else (),
        mentions=mentions(tree) if test else frozenset(),
    )
    if stack == "django" or (not stack and path.rpartition("/")[2] in _DJANGO):
        return told if test else django.read(names, tree, told)
    routes = Routes(names, stack, test=test)
    routes.read(tree)
    routers = tuple(routes.routers())
    handlers = Handlers(names, stack, routes.marks).all()
    web = bool(stack or routes.registrations)
    return replace(
        told,
        registrations=tuple(routes.registrations),
        handlers=tuple(_told(handlers, whole=web)) if not test else (),
        routers=routers,
        mounts=tuple(routes.mounts),
        routes=tuple(routes.called.items()),
        holes=tuple(routes.holes),
    )


def _parsed(text: str) -> ast.Module:
    try:
        return parsed(text)
    except SyntaxError:
        older = _SEVERAL.sub(r"\1(\2)", text)
        if older == text:
            raise
        return parsed(older)


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


def _told(handlers: Iterable[Handler], *, whole: bool) -> Iterable[Handler]:
    """All of a file of the web; of others what can answer requests registered elsewhere."""
    for one in handlers:
        owner, _, name = one.name.rpartition(".")
        if whole or not owner or name in VERBS:
            yield one
