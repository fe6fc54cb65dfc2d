"""What a Python file registers with FastAPI, Starlette, Flask, aiohttp and what is like them.

A router is known by what makes it or by what is said of it. A class whose methods are named after
methods of HTTP is a router too: it is mounted where it is registered. A router that a function
takes as a parameter has that function's name before its own, `#setup.app`; `setup(app)` mounts it.
"""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

from bot.model.endpoint import Guard, Hole, Mount, Registration, Router, Where
from bot.readers.endpoints.paths import template
from bot.readers.endpoints.python_base import (
    FUNCTIONS,
    argument,
    keyword,
    last_name,
    parameters,
    within,
)
from bot.readers.endpoints.python_handlers import Handlers, Mark, last_part, listed
from bot.readers.python_tree import children
from bot.readers.signals.words import listed as words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.readers.endpoints.python_base import Names, Scope

Guards: TypeAlias = tuple[Guard, ...]
Decorated: TypeAlias = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
VERBS = words("get post put patch delete head options trace")
_DECORATORS = VERBS | words("route api_route websocket websocket_route view")
_BEFORE = words("before_request before_app_request middleware add_middleware")
_ROOTS = words("FastAPI Starlette Flask Application")
_MAKERS = _ROOTS | words("APIRouter Blueprint APIBlueprint Api RouteTableDef")
_FRAMEWORKS = ("fastapi", "starlette", "flask", "aiohttp")
# Calls that register, and members of a list of routes: the places of the path and of the handler,
# and what stands for the method.
_CALLS = {
    "add_api_route": (0, 1, "route"),
    "add_url_rule": (0, 2, "route"),
    "add_route": (0, 1, "route"),
    "add_websocket_route": (0, 1, "websocket"),
    "add_api_websocket_route": (0, 1, "websocket"),
    "add_view": (0, 1, "ANY"),
    **{f"add_{verb}": (0, 1, verb) for verb in VERBS},
}
_LISTED = {
    "Route": (0, 1, "route"),
    "WebSocketRoute": (0, 1, "websocket"),
    "view": (0, 1, "ANY"),
    "route": (1, 2, "route"),
    **{verb: (0, 1, verb) for verb in VERBS},
}
# Calls that mount: the places and names of the child and of the prefix.
_MOUNTS = {
    "include_router": (0, "router", -1, "prefix"),
    "register_blueprint": (0, "blueprint", -1, "url_prefix"),
    "add_subapp": (1, "subapp", 0, "prefix"),
    "mount": (1, "app", 0, "path"),
}
_RESOURCE = re.compile(r"add_\w*resource")
# Functions that are given a router for no other reason than to register routes.
_GIVES_ROUTES = re.compile(
    r"(?:^|_)(?:routes?|routers?|blueprints?|endpoints?|views|resources)(?:_|$)"
)
_VIEWS = re.compile(r"(Resource|View|HTTPEndpoint)\Z")
_SHOWS = words("render_template render_template_string TemplateResponse HTMLResponse")
_PATH = re.compile(r"/|\$|\Z")
# Nodes that register something, or change what is said of those below them.
_TELLING = {
    *(*FUNCTIONS, ast.ClassDef, ast.Assign, ast.AnnAssign, ast.Call),
    *(ast.If, ast.Match, ast.For, ast.While, ast.comprehension),
}


class Routes:
    """Reads what one file registers; `marks` tells the functions that answer requests."""

    def __init__(self, names: Names, stack: str, *, test: bool) -> None:
        self.names, self.stack, self.test = names, stack, test
        self.registrations: list[Registration] = []
        self.mounts: list[Mount] = []
        self.holes: list[Hole] = []
        self.called: dict[str, str] = {}
        self.marks: dict[ast.AST, Mark] = {}
        self._made: dict[str, tuple[ast.Call, Scope]] = {}
        self._guards: dict[str, list[Guard]] = {}
        self._target: dict[ast.Call, str] = {}
        self._resources: set[str] = set()
        self._handlers = Handlers(names, stack, {})
        self._views = {
            one.name: one
            for one, _ in names.classes
            if any(_VIEWS.search(last_name(base)) for base in one.bases)
        }
        self._bases = {last_name(base) for one in self._views.values() for base in one.bases}
        self._functions = {f"#{scope.within(one.name)}": one for one, scope in names.functions}

    def read(self, tree: ast.Module) -> None:
        """Every statement and call of the file, in the order of the file."""
        waiting: list[tuple[Any, Scope, bool, bool]] = [(tree, self.names.top, True, False)]
        while waiting:
            node, scope, certain, loop = waiting.pop()
            if type(node) not in _TELLING:
                waiting += [(one, scope, certain, loop) for one in reversed(children(node))]
                continue
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                for place in range(len(node.decorator_list)):
                    self._decorator(node, place, scope, certain=certain and not loop)
                if isinstance(node, ast.ClassDef):
                    self._class(node, scope)
                scope = self.names.scopes[node]
            elif isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Call):
                self._make(node, node.value, scope)
            elif isinstance(node, ast.Assign) and isinstance(node.value, ast.List):
                self._list(node, node.value, scope)
            elif isinstance(node, ast.Call):
                self._call(node, scope, certain=certain and not loop)
            certain = certain and not isinstance(node, ast.If | ast.Match)
            loop = loop or isinstance(node, ast.For | ast.While | ast.comprehension)
            waiting += [(one, scope, certain, loop) for one in reversed(children(node))]
        pages = {
            symbol
            for symbol, one in self._functions.items()
            if one in self.marks and any(last_name(each) in _SHOWS for each in within(one))
        }
        self.registrations = [
            replace(one, shown=one.shown or one.handler in pages) for one in self.registrations
        ]

    # ── routers ───────────────────────────────────────────────────────────────────────────────

    def routers(self) -> Iterator[Router]:
        """What routes are said of: made here by a framework's name, or used as a router."""
        mounted = {one.child for one in self.mounts}
        said = {one.on for one in self.registrations}
        used = mounted | said | {one.parent for one in self.mounts}
        for name, (call, scope) in self._made.items():
            maker, symbol = last_name(call), self.names.symbol(call, scope)
            known = maker in _MAKERS and symbol.startswith(_FRAMEWORKS)
            if not known and f"#{name}" not in used:
                continue
            # What is made of nothing is given its application later on, by `init_app`.
            alone = maker in _ROOTS or (not call.args and name in self._resources)
            yield Router(
                name=name,
                line=call.lineno,
                prefix=self._prefix(call, keyword(call, "prefix", "url_prefix"), scope),
                guards=(*self._guards.get(f"#{name}", ()), *self._given(call, scope, known=known)),
                root=alone and not self.test and f"#{name}" not in mounted,
            )

    def _make(self, node: ast.Assign | ast.AnnAssign, call: ast.Call, scope: Scope) -> None:
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            name = self.names.symbol(target, scope).removeprefix("#")
            if name:
                self._made[name] = (call, scope)
                self._target[call] = f"#{name}"
            if name and last_name(call) == "Api" and call.args:
                self._join(call, self._router(call.args[0], scope), f"#{name}")

    def _maker(self, symbol: str) -> ast.Call | None:
        """The call that makes a router of this file."""
        return self._made.get(symbol.removeprefix("#"), (None, None))[0]

    def _list(self, node: ast.Assign, value: ast.List, scope: Scope) -> None:
        """A variable that holds routes."""
        made = [one for one in value.elts if isinstance(one, ast.Call)]
        symbols = [self.names.symbol(one, scope) for one in made]
        if any(one.startswith(("aiohttp", "starlette/routing#")) for one in symbols):
            self._listed(value, self.names.symbol(node.targets[0], scope), scope)

    def _given(self, call: ast.Call, scope: Scope, *, known: bool) -> Iterator[Guard]:
        """Guards that a call gives to all routes of a router."""
        yield from self._dependencies(call, scope)
        yield from listed(self.names, keyword(call, "middlewares"), scope, Where.MIDDLEWARE)
        yield from listed(self.names, keyword(call, "decorators"), scope, Where.ROUTER)
        if not known:
            yield Guard(symbol=self.names.symbol(call, scope), where=Where.ROUTER, line=call.lineno)

    def _dependencies(self, call: ast.Call, scope: Scope) -> Iterator[Guard]:
        given = keyword(call, "dependencies")
        for one in self._handlers.depended(given, scope):
            yield replace(one, where=Where.ROUTER)
        yield from listed(self.names, given, scope, Where.ROUTER)

    def _prefix(self, call: ast.Call, node: ast.expr | None, scope: Scope) -> str:
        text = "" if node is None else self.names.text(node, scope)
        if text is not None:
            return template(text)
        # What is done with a router that is given, is done where that is made and said.
        owner, _, name = self._router(call.func, scope).rpartition(".")[0].rpartition(".")
        function = self._functions.get(owner)
        if function is None or name not in {one.arg for one in parameters(function)}:
            self._hole(call, "a prefix is computed")
        return "${?}"

    def _router(self, node: ast.expr, scope: Scope) -> str:
        """The symbol of what routes are said of; `app.router` of aiohttp is the application."""
        if isinstance(node, ast.Attribute) and node.attr == "router" and self.stack == "aiohttp":
            node = node.value
        return self.names.symbol(node, scope)

    def _hole(self, node: ast.expr, reason: str) -> None:
        self.holes.append(Hole(line=node.lineno, reason=reason))

    def _join(
        self, node: ast.expr, parent: str, child: str, prefix: str = "", guards: Guards = ()
    ) -> None:
        self.mounts.append(
            Mount(parent=parent, child=child, prefix=prefix, line=node.lineno, guards=guards)
        )

    def _guard(self, on: str, symbol: str, node: ast.expr) -> None:
        guard = Guard(symbol=symbol, where=Where.MIDDLEWARE, line=node.lineno)
        self._guards.setdefault(on, []).append(guard)

    # ── decorators ────────────────────────────────────────────────────────────────────────────

    def _decorator(self, node: Decorated, place: int, scope: Scope, *, certain: bool) -> None:
        mark = node.decorator_list[place]
        func = mark.func if isinstance(mark, ast.Call) else mark
        if not isinstance(func, ast.Attribute):
            return
        on, handler = self._router(func.value, scope), f"#{scope.within(node.name)}"
        if func.attr in _BEFORE:
            self._guard(on, handler, mark)
        if not isinstance(mark, ast.Call) or func.attr not in _DECORATORS or not on:
            return
        path, sure = self._path(mark, argument(mark, 0, "path", "rule"), on, scope)
        if path is None:
            return
        if func.attr == "view":
            self._join(mark, on, handler, path)
            return
        said = _said(mark, on, path, handler, certain=certain and sure)
        methods = self._say(said, mark, func.attr)
        before = self.marks.get(node, Mark(methods=frozenset()))
        self.marks[node] = Mark(methods=methods | before.methods, lowest=place)
        self.called[self._name(mark, on, node.name)] = handler

    def _name(self, call: ast.Call, on: str, name: str) -> str:
        """What `url_for` calls a route: in a blueprint, after the blueprint's own name."""
        said = self.names.text(keyword(call, "name", "endpoint"), self.names.top) or name
        made = self._maker(on)
        if made is None or not last_name(made).endswith("Blueprint"):
            return said
        return f"{self.names.text(argument(made, 0, 'name'), self.names.top)}.{said}"

    def _path(
        self, call: ast.Call, node: ast.expr | None, on: str, scope: Scope
    ) -> tuple[str | None, bool]:
        """A path, and whether it is said in so many words: a function may change what it is given.
        A path of a known router that cannot be read is a hole."""
        inner = node.args[0] if isinstance(node, ast.Call) and len(node.args) == 1 else None
        text = self.names.text(inner, scope)
        if text is not None and text.startswith("/"):
            return template(text), False
        text = self.names.text(node, scope)
        if text is not None and _PATH.match(text):
            return template(text), True
        if on[1:] in self._made or (text is None and self.stack and node is not None):
            self._hole(call, "a path is computed")
        return None, True

    def _say(self, said: Registration, call: ast.Call, verb: str) -> frozenset[str]:
        """Register for each method that a call names; all of them where they cannot be read."""
        given = keyword(call, "methods")
        methods, told = frozenset({verb.upper() if verb in VERBS | {"ANY"} else "GET"}), True
        if given is not None:
            listed = given.elts if isinstance(given, ast.List | ast.Tuple | ast.Set) else []
            texts = [self.names.text(one, self.names.top) for one in listed]
            told = bool(texts) and None not in texts
            methods = frozenset(one.upper() for one in texts if one) if told else frozenset({"ANY"})
        made = self._maker(said.on) or call
        said = replace(
            said,
            guards=(*said.guards, *self._dependencies(call, self.names.top)),
            hidden=any(_is_false(keyword(one, "include_in_schema")) for one in (call, made)),
            # What `**options` say is not known.
            certain=said.certain and told and all(one.arg for one in call.keywords),
            shown=said.shown
            or "websocket" in verb
            or last_name(keyword(call, "response_class")) in _SHOWS,
        )
        self.registrations += [replace(said, method=method) for method in sorted(methods)]
        return methods

    # ── classes ───────────────────────────────────────────────────────────────────────────────

    def _class(self, node: ast.ClassDef, scope: Scope) -> None:
        """The methods of a view, said of the class itself, which is mounted elsewhere."""
        # What only others are made from is mounted nowhere.
        if node.name not in self._views or node.name in self._bases:
            return
        on = f"#{scope.within(node.name)}"
        bases = [self._views[last_name(one)] for one in node.bases if last_name(one) in self._views]
        found = {
            one.name: (owner, one)
            for owner in [*bases, node]
            for one in owner.body
            if isinstance(one, FUNCTIONS) and one.name in VERBS
        }
        for name, (owner, one) in found.items():
            self.marks[one] = Mark(methods=frozenset({name.upper()}))
            said = _said(one, on, "", f"#{scope.within(owner.name)}.{name}", certain=True)
            guard = Guard(symbol=on, where=Where.ROUTER, line=node.lineno)
            self.registrations.append(replace(said, method=name.upper(), guards=(guard,)))

    # ── calls ─────────────────────────────────────────────────────────────────────────────────

    def _call(self, call: ast.Call, scope: Scope, *, certain: bool) -> None:
        name, func = last_name(call), call.func
        on = self._router(func.value, scope) if isinstance(func, ast.Attribute) else ""
        first = self.names.symbol(argument(call, 0), scope)
        routes = keyword(call, "routes")
        if name in _CALLS and on:
            self._register(call, on, scope, certain=certain)
        elif name in _MOUNTS and on:
            self._mount(call, on, scope)
        elif _RESOURCE.fullmatch(name) and on and call.args:
            self._resource(call, on, scope)
        elif name in _BEFORE and on and first:
            self._guard(on, first, call)
        elif on.endswith(".middlewares") and name == "append":
            self._guard(on.removesuffix(".middlewares"), first, call)
        elif name == "add_routes" and on and call.args:
            self._listed(call.args[0], on, scope)
        elif name in {"Starlette", "Router"} and routes is not None:
            self._listed(routes, self._target.get(call, ""), scope)
        elif _GIVES_ROUTES.search(name) and last_name(self._maker(first)) in _MAKERS:
            self._join(call, first, self.names.symbol(call, scope))

    def _mount(self, call: ast.Call, on: str, scope: Scope) -> None:
        place, name, at, prefix = _MOUNTS[last_name(call)]
        child = argument(call, place, name)
        # Files, and objects of other kinds that have a `mount`.
        if last_name(call) == "mount" and (not self.stack or isinstance(child, ast.Call)):
            return
        children: list[ast.expr | None] = [child]
        owner = scope.binding(child.id) if isinstance(child, ast.Name) else None
        value = owner.value(last_name(child), call.lineno) if owner else None
        if isinstance(value, ast.List | ast.Tuple):
            children = [*value.elts]
        for one in children:
            symbol = self._router(one, scope) if one is not None else ""
            if not symbol:
                self._hole(call, "what is mounted is computed")
                return
            mount = Mount(
                parent=on,
                child=symbol,
                prefix=self._prefix(call, argument(call, at, prefix), scope),
                line=call.lineno,
                guards=tuple(self._dependencies(call, scope)),
                hidden=_is_false(keyword(call, "include_in_schema")),
                # Flask takes the one prefix or the other.
                instead=keyword(call, "url_prefix") is not None,
            )
            self.mounts.append(mount)

    def _resource(self, call: ast.Call, on: str, scope: Scope) -> None:
        """`add_resource(Class, "/path", …)`, and what is named after it."""
        # The function that wraps it.
        if _RESOURCE.fullmatch(scope.name.rpartition(".")[2]):
            return
        self._resources.add(on[1:])
        for one in call.args[1:]:
            path, _ = self._path(call, one, on, scope)
            if path is not None:
                self._join(call, on, self.names.symbol(call.args[0], scope), path)

    def _register(self, call: ast.Call, on: str, scope: Scope, *, certain: bool) -> None:
        """`add_route("/path", handler)` and its like; of aiohttp, after a method."""
        name = last_name(call)
        at, place, verb = _CALLS[name] if name in _CALLS else _LISTED[name]
        first = self.names.text(argument(call, 0, "method"), scope) or "*"
        if name == "route" or (name == "add_route" and not first.startswith("/")):
            at, place, verb = 1, 2, "ANY" if first == "*" else first.lower()
        path, sure = self._path(call, argument(call, at, "path", "rule"), on, scope)
        if path is None:
            return
        given, guards = argument(call, place, "endpoint", "view_func", "handler"), []
        # `login_required(handler)`
        while isinstance(given, ast.Call) and given.args and last_name(given) != "as_view":
            symbol = self.names.symbol(given, scope)
            guards.append(Guard(symbol=symbol, where=Where.DECORATOR, line=given.lineno))
            given = given.args[0]
        if isinstance(given, ast.Call) and isinstance(given.func, ast.Attribute):
            given = given.func.value
        handler = self.names.symbol(given, scope)
        if last_part(handler)[:1].isupper():
            self._join(call, on, handler, path, tuple(guards))
        elif handler:
            said = _said(call, on, path, handler, certain=certain and sure)
            methods = self._say(replace(said, guards=tuple(guards)), call, verb)
            if handler in self._functions:
                self.marks[self._functions[handler]] = Mark(methods=methods)
        else:
            self._hole(call, "a handler is computed")

    def _listed(self, node: ast.expr, on: str, scope: Scope) -> None:
        """A list of routes; a variable is a router of its own."""
        if not isinstance(node, ast.List | ast.Tuple):
            self._join(node, on, self.names.symbol(node, scope))
            return
        for one in node.elts:
            if isinstance(one, ast.Call) and last_name(one) == "Mount":
                child = argument(one, 1, "app", "routes")
                if child is not None and not isinstance(child, ast.Call):
                    prefix = self._prefix(one, argument(one, 0, "path"), scope)
                    self._join(one, on, self.names.symbol(child, scope), prefix)
            elif isinstance(one, ast.Call) and last_name(one) in _LISTED:
                self._register(one, on, scope, certain=True)
            else:
                self._hole(one, "a route is computed")


def _said(
    node: ast.expr | ast.stmt, on: str, path: str, handler: str, *, certain: bool
) -> Registration:
    line, end = node.lineno, node.end_lineno or node.lineno
    return Registration(
        on=on, method="", path=path, handler=handler, line=line, end=end, certain=certain
    )


def _is_false(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is False
