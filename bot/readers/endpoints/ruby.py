"""Routes, controllers and tests of Rails."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.model.endpoint import Endpoints, Hole
from bot.readers.endpoints.ruby_controllers import classes, controls
from bot.readers.endpoints.ruby_nodes import line
from bot.readers.endpoints.ruby_routes import Drawing
from bot.readers.endpoints.ruby_tests import Examples
from bot.readers.languages import captures, tree
from bot.readers.signals.trees import text

if TYPE_CHECKING:
    from tree_sitter import Node

    from bot.model.known import Known

_TESTS = re.compile(r"(?:^|/)(?:spec|tests?)/|_(?:spec|test)\.rb$")
_ROUTES = re.compile(r"(?:^|/)config/routes(?:\.rb$|/)")
_UNREADABLE = "(ERROR) @hole (MISSING) @hole"


def read(path: str, source: bytes) -> Known[Endpoints]:
    """The endpoints of a Ruby file: what it draws, what its controllers do, or what it tests."""
    root = tree("ruby", source).root_node
    module = path.removesuffix(".rb")
    if _TESTS.search(path):
        return _tested(module, root, source)
    holes = [
        Hole(line=line(one), reason="not readable as Ruby")
        for one in captures("ruby", _UNREADABLE, root).get("hole", ())[:1]
    ]
    if _ROUTES.search(path):
        drawing = Drawing()
        drawing.file(root, drawn=not path.endswith("config/routes.rb"))
        return Endpoints(
            module=module,
            stack="rails",
            registrations=tuple(drawing.registrations),
            mounts=tuple(drawing.mounts),
            routes=tuple((name, at) for name, at in drawing.routes.items() if name),
            holes=(*holes, *drawing.holes),
        )
    if "/controllers/" not in f"/{path}":
        return Endpoints(module=module)
    found = [controls(*one) for one in classes(root)]
    return Endpoints(
        module=module,
        stack="rails",
        routers=tuple(router for router, _, _ in found),
        mounts=tuple(one for _, mounts, _ in found for one in mounts),
        handlers=tuple(one for _, _, handlers in found for one in handlers),
        holes=tuple(holes),
    )


def _tested(module: str, root: Node, source: bytes) -> Endpoints:
    examples = Examples(source)
    examples.take(root)
    named = captures("ruby", "(identifier) @name (constant) @name", root).get("name", ())
    calls = tuple(examples.calls)
    return Endpoints(
        module=module,
        stack="rails" if calls else "",
        calls=calls,
        mentions=frozenset(text(one) for one in named),
    )
