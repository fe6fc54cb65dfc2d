"""Routes of Django and of its REST framework: patterns, and the views that they name.

A list of patterns is a router, and so is a view: it is mounted where a pattern or a router's
`register` names it.
"""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.model.endpoint import Endpoints, Guard, Hole, Mount, Where
from bot.readers.endpoints.django_views import Views, plain_path
from bot.readers.endpoints.paths import joined
from bot.readers.endpoints.python_base import argument, keyword, last_name, walk
from bot.readers.signals.words import listed as words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.readers.endpoints.python_base import Names

_PATTERNS = words("path re_path url")


def read(names: Names, tree: ast.Module, told: Endpoints) -> Endpoints:
    """What a file of Django's says besides its names."""
    found, views = _Patterns(names), Views(names)
    found.read(tree)
    views.read()
    return replace(
        told,
        stack="django",
        registrations=tuple(views.registrations),
        handlers=tuple(views.told.values()),
        routers=tuple(views.routers),
        mounts=tuple(found.mounts),
        routes=tuple(found.called.items()),
        holes=(*found.holes, *views.holes),
    )


class _Patterns:
    """Reads what the patterns and routers of one file name."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.mounts: list[Mount] = []
        self.holes: list[Hole] = []
        self.called: dict[str, str] = {}
        self._done: set[ast.AST] = set()
        name = names.constants.get("app_name", "")
        self._space = f"{name}:" if name else ""

    def read(self, tree: ast.Module) -> None:
        """All of a file, in its order."""
        for statement, certain in _statements(tree.body):
            self._statement(statement, certain=certain)
        for node in walk(tree):
            if isinstance(node, ast.Call) and node not in self._done and self._is_pattern(node):
                self._hole(node, "a pattern of a list that is not known")

    def _hole(self, node: ast.expr | ast.stmt, reason: str) -> None:
        self.holes.append(Hole(line=node.lineno, reason=reason))

    def _symbol(self, node: ast.AST | None) -> str:
        return self.names.symbol(node, self.names.top)

    def _text(self, node: ast.expr | None) -> str | None:
        return self.names.text(node, self.names.top)

    def _is_pattern(self, node: ast.AST) -> bool:
        said = isinstance(node, ast.Call) and last_name(node) in _PATTERNS
        return said and self._symbol(node).startswith(("django/urls#", "django/conf/urls#"))

    # ── patterns ──────────────────────────────────────────────────────────────────────────────

    def _statement(self, node: ast.stmt, *, certain: bool) -> None:
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign) and node.value is not None:
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            on = self._symbol(target)
            listing = any(self._is_pattern(one) for one in walk(node.value))
            if on and (listing or on == "#urlpatterns"):
                self._listed(node.value, on, "", certain=certain)
        call = node.value if isinstance(node, ast.Expr) else None
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
            return
        on, given = self._symbol(call.func.value), [*call.args]
        if call.func.attr in {"append", "extend", "insert"} and any(map(self._is_pattern, given)):
            self._listed(ast.List(elts=given[-1:]), on, "", certain=certain)
        elif call.func.attr == "extend" and on == "#urlpatterns":
            self._listed(given[0], on, "", certain=certain)
        elif call.func.attr == "register" and len(given) > 1:
            self._register(call, on)

    def _listed(self, node: ast.expr, on: str, prefix: str, *, certain: bool) -> None:
        """A list of patterns, or what stands for one."""
        if isinstance(node, ast.List | ast.Tuple):
            for one in node.elts:
                if isinstance(one, ast.Call) and self._is_pattern(one):
                    self._pattern(one, on, prefix, certain=certain)
                else:
                    self._listed(one, on, prefix, certain=certain)
        elif isinstance(node, ast.BinOp):
            self._listed(node.left, on, prefix, certain=certain)
            self._listed(node.right, on, prefix, certain=certain)
        elif isinstance(node, ast.Starred):
            self._listed(node.value, on, prefix, certain=certain)
        elif last_name(node) == "static" or (isinstance(node, ast.Name) and f"#{node.id}" == on):
            return
        elif isinstance(node, ast.Call) and last_name(node) == "include" and node.args:
            self._include(node.args[0], on, prefix, certain=certain)
        elif self._symbol(node):
            child = self._symbol(node).removesuffix(".urls")
            self._mount(node, on, child, prefix)
        else:
            self._hole(node, "a computed list of patterns")

    def _include(self, node: ast.expr, on: str, prefix: str, *, certain: bool) -> None:
        said = self._text(node) if isinstance(node, ast.Constant) else None
        if said is not None:
            self._mount(node, on, f"{said.replace('.', '/')}#urlpatterns", prefix)
        elif isinstance(node, ast.Tuple) and node.elts:
            self._include(node.elts[0], on, prefix, certain=certain)
        elif self._symbol(node) in self.names.imports.values() and "#" in self._symbol(node):
            # A module of patterns, or a list of them that another module has.
            self._mount(node, on, self._symbol(node), prefix)
        else:
            self._listed(node, on, prefix, certain=certain)

    def _mount(
        self, node: ast.expr, on: str, child: str, prefix: str, guards: tuple[Guard, ...] = ()
    ) -> None:
        self.mounts.append(
            Mount(parent=on, child=child, prefix=prefix, line=node.lineno, guards=guards)
        )

    def _pattern(self, call: ast.Call, on: str, prefix: str, *, certain: bool) -> None:
        """`path("users/<int:pk>", view)` and its like."""
        self._done.add(call)
        said, view = self._text(argument(call, 0, "route", "regex")), argument(call, 1, "view")
        path = plain_path(said) if said is not None and last_name(call) != "path" else said
        if path is None or view is None:
            self._hole(call, "a computed path")
            return
        path = joined(prefix, path)
        if isinstance(view, ast.Call) and last_name(view) == "include" and view.args:
            self._include(view.args[0], on, path, certain=certain)
            return
        name = self._text(keyword(call, "name"))
        if name:
            self._name(name, path)
        guards, inner = self._unwrapped(view)
        symbol = self._symbol(inner).removesuffix(".as_view")
        if not symbol or (isinstance(inner, ast.Call) and inner.args):
            self._hole(call, "a view that is made on the spot")
        else:
            self._mount(call, on, symbol, path, guards)

    def _name(self, name: str, path: str) -> None:
        # What stands before the path is said by whoever includes this file.
        self.called[f"{self._space}{name}"] = f"{{}}{path}"

    def _unwrapped(self, view: ast.expr) -> tuple[tuple[Guard, ...], ast.expr]:
        """A view, and what is wrapped around it: `login_required(View.as_view())`."""
        guards: list[Guard] = []
        while isinstance(view, ast.Call) and last_name(view) != "as_view" and view.args:
            symbol = self._symbol(view.func)
            guards += (
                [Guard(symbol=symbol, where=Where.DECORATOR, line=view.lineno)] if symbol else []
            )
            view = view.args[0]
        return tuple(guards), view

    def _register(self, call: ast.Call, on: str) -> None:
        prefix, view = self._text(call.args[0]), self._symbol(call.args[1])
        plain = plain_path(prefix) if prefix is not None else None
        if plain is None or not view:
            return
        path = joined(plain)
        self._mount(call, on, view, path)
        # Without a word of it, it is the name of the model: mostly of the view, in small letters.
        said = self._text(argument(call, 2, "basename"))
        name = said or last_name(call.args[1]).removesuffix("ViewSet").lower()
        self._name(f"{name}-list", path)
        self._name(f"{name}-detail", f"{path}/{{}}")


def _statements(
    body: list[ast.stmt], *, certain: bool = True, depth: int = 0
) -> Iterator[tuple[ast.stmt, bool]]:
    """Statements of a module, those of branches without certainty."""
    for one in body:
        yield one, certain
        if isinstance(one, ast.If | ast.Try) and depth < 20:
            for inner in (one.body, one.orelse):
                sure = certain and isinstance(one, ast.Try)
                yield from _statements(inner, certain=sure, depth=depth + 1)
