"""Routes of net/http, gin and chi: routers, what they are given, and what is mounted in them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.model.endpoint import Guard, Hole, Mount, Registration, Router, Where
from bot.readers.endpoints.go_handlers import answers
from bot.readers.endpoints.go_source import (
    METHODS,
    arguments,
    callee,
    left,
    line,
    parameters,
    right,
    said,
    values,
)
from bot.readers.endpoints.paths import template
from bot.readers.signals.trees import text
from bot.readers.signals.words import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from bot.readers.endpoints.go_source import Function, Source

_MADE = listed("gin.New gin.Default chi.NewRouter chi.NewMux http.NewServeMux")
_TYPES = listed(
    "gin.Engine gin.RouterGroup gin.IRouter gin.IRoutes chi.Router chi.Mux http.ServeMux"
)
_VERBS = {verb: verb for verb in METHODS} | {verb.title(): verb for verb in METHODS}
_VERBS |= {"Any": "ANY", "Handle": "ANY", "HandleFunc": "ANY"}
# The method is the first argument: gin's Handle and Match, chi's Method.
_NAMED = listed("Handle Match Method MethodFunc")
_DERIVES = listed("Group Route With Use")
_CERTAINLY_ROUTES = METHODS | {"HandleFunc", "Handle"}
_NOT_MOUNTED = listed("http httptest chi fmt log slog append panic len")
_REGISTERS = re.compile(r"(?i)\b(new|register|setup|add|mount|route|init|bind|attach)\w*$")
_PATTERN = re.compile(r"^(?:([A-Z]+)\s+)?[^/\s]*(/.*)$")
_CONDITIONS = listed("if_statement for_statement expression_case type_case communication_case")
_SAME = listed("http.HandlerFunc gin.WrapF gin.WrapH")
_RETURNED = re.compile(r"\breturn\s+&?(\w+)")
_DEEP = 40


class Routes:
    """What one file registers; `literals`: functions without a name and what they are called."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.routers: dict[str, Router] = {}
        self.registrations: list[Registration] = []
        self.mounts: list[Mount] = []
        self.holes: list[Hole] = []
        self.literals: dict[str, tuple[Node, Function]] = {}
        self._bound: dict[str, list[tuple[int, int, str]]] = {}
        self._returned: set[str] = set()
        self._wraps: set[int] = set()
        self._derived: dict[int, str | None] = {}
        self._named = {one.name.rpartition(".")[2] for one in source.functions if answers(one)}

    def take(self, function: Function) -> None:
        """What a function registers, in the order of its text."""
        self._bound = {}
        self._returned = set(_RETURNED.findall(text(function.node)))
        start, end = function.node.start_byte, function.node.end_byte
        for name, kind in function.parameters:
            if kind in _TYPES:
                self._bind(name, (start, end), self._new(function, name, function.node))
        for literal in self.source.within("literal", function.node):
            for name, kind in parameters(literal):
                if kind not in _TYPES:
                    self._bind(name, (literal.start_byte, literal.end_byte), "")
        nodes = self.source.within("assign", function.node) + self.source.within(
            "call", function.node
        )
        for node in sorted(nodes, key=lambda one: (one.start_byte, -one.end_byte)):
            if node.type == "call_expression":
                self._call(function, node)
            else:
                self._assign(function, node)
        own = self.routers.get(function.name)
        if own is not None and own.guards and not own.root and not self._is_said(own.name):
            why = "middlewares are put on in a function of its own"
            self.holes.append(Hole(line=line(function.node), reason=why))
        for pair in self.source.within("keyed", function.node):
            self._keyed(function, pair)

    # ── routers ───────────────────────────────────────────────────────────────────────────────

    def _is_said(self, router: str) -> bool:
        said_of = {one.on for one in self.registrations} | {one.parent for one in self.mounts}
        return f"#{router}" in said_of

    def _bind(self, name: str, span: tuple[int, int], router: str) -> None:
        self._bound.setdefault(name, []).append((*span, router))

    def _new(self, function: Function, name: str, node: Node, *, root: bool = False) -> str:
        """A router of a function; the first that it takes or returns has the function's name."""
        own = function.name
        if own in self.routers or (root and name not in self._returned):
            own = f"{own}.{name}" if f"{own}.{name}" not in self.routers else ""
        own = own or f"{function.name}.{len(self.routers)}"
        self.routers[own] = Router(name=own, line=line(node), root=root)
        return own

    def _router(self, function: Function, node: Node | None, depth: int = 0) -> str | None:
        """The router that an expression stands for."""
        if node is None or depth > _DEEP:
            return None
        if node.type == "call_expression":
            if node.id not in self._derived:
                self._derived[node.id] = self._derive(function, node, depth)
            return self._derived[node.id]
        name = said(node)
        spans = self._bound.get(name, [])
        inside = [one for one in spans if one[0] <= node.start_byte < one[1]]
        if inside:
            return max(inside)[2] or None
        owner, _, part = name.partition(".")
        kind = f"{function.types.get(owner, '')}.{part}"
        return kind if part and (self.source.fields.get(kind) in _TYPES) else None

    def _derive(self, function: Function, node: Node, depth: int) -> str | None:
        on, name = callee(node)
        above = self._router(function, on, depth + 1) if name in _DERIVES else None
        if above is None or on is None or (name == "Use" and on.type != "call_expression"):
            return above
        given = arguments(node)
        # gin's groups have a path and middlewares; chi's a path, or none, and a function.
        chi = name == "Route" or (name == "Group" and "gin" not in self.source.imports)
        inner = given[-1] if chi and given else None
        path = given[0] if given and (name == "Route" or (name == "Group" and not chi)) else None
        prefix = "" if path is None else self.source.text(path, function)
        if prefix is None:
            self.holes.append(Hole(line=line(node), reason="the path of a group is computed"))
            return None
        own = f"{function.name}.{len(self.routers)}"
        self.routers[own] = Router(name=own, line=line(node))
        middle = [one for one in given if one not in (path, inner)]
        self._mount(above, f"#{own}", prefix, node, self._guards(function, middle))
        if inner is not None and inner.type == "func_literal":
            for parameter, _ in parameters(inner):
                self._bind(parameter, (inner.start_byte, inner.end_byte), own)
        elif inner is not None:
            self._mount(own, self.source.symbol(said(inner), function, "?."), "", node)
        return own

    def _mount(
        self, parent: str, child: str, prefix: str, node: Node, guards: tuple[Guard, ...] = ()
    ) -> None:
        self.mounts.append(
            Mount(
                parent=f"#{parent}" if parent else "",
                child=child,
                prefix=template(prefix),
                line=line(node),
                guards=guards,
            )
        )

    def _assign(self, function: Function, node: Node) -> None:
        for name, value in zip(left(node), right(node), strict=False):
            made = said(value.child_by_field_name("function")) in _MADE
            known = None if made else self._router(function, value)
            span = (node.end_byte, function.node.end_byte)
            if name.type == "selector_expression" and (made or known):
                self._field(function.types.get(said(name).partition(".")[0], ""), name, known)
            elif made or known:
                router = known or self._new(function, said(name), node, root=True)
                self._bind(said(name), span, router)

    def _keyed(self, function: Function, node: Node) -> None:
        """`Server{router: chi.NewRouter()}`."""
        key, value = node.named_children[0], node.named_children[-1]
        inner = value.named_children[0] if value.named_children else None
        whole = node.parent.parent if node.parent is not None else None
        if inner is None or whole is None or whole.type != "composite_literal":
            return
        made = said(inner.child_by_field_name("function")) in _MADE
        known = None if made else self._router(function, inner)
        owner = said(whole.child_by_field_name("type"))
        if (made or known) and "." not in owner:
            self._field(owner, key, known)

    def _field(self, owner: str, node: Node, known: str | None) -> None:
        name = f"{owner}.{said(node).rpartition('.')[2]}"
        self.routers[name] = Router(name=name, line=line(node), root=known is None)
        if known is not None and known != name:
            self._mount(known, f"#{name}", "", node)

    # ── what is said of them ──────────────────────────────────────────────────────────────────

    def _call(self, function: Function, node: Node) -> None:
        on, name = callee(node)
        if said(on) == "http" and name in {"Handle", "HandleFunc"}:
            self._register(function, node, "", name)
            return
        router = self._router(function, on)
        if router is None and node.id not in self._wraps:
            self._give(function, node)
            self._doubt(function, node, name)
        elif router is None:
            return
        elif name == "Use":
            guards = self._guards(function, arguments(node))
            if guards and _is_conditional(node):
                self.holes.append(Hole(line=line(node), reason="a middleware on a condition"))
            else:
                self._use(router, guards)
        elif name == "Mount":
            self._mounted(function, node, router, arguments(node))
        elif name in _VERBS or name in _NAMED:
            self._register(function, node, router, name)
        else:
            self._router(function, node)

    def _use(self, router: str, guards: tuple[Guard, ...]) -> None:
        before = self.routers.get(router) or Router(name=router, line=0)
        self.routers[router] = Router(
            name=router, line=before.line, guards=before.guards + guards, root=before.root
        )

    def _register(self, function: Function, node: Node, router: str, name: str) -> None:
        given = arguments(node)
        methods = [_VERBS.get(name)]
        if name in _NAMED and (len(given) > 2 or name != "Handle"):
            methods, given = self._methods(function, given[:1]), given[1:]
        path = self.source.text(given[0], function) if given else None
        pattern = _PATTERN.match(path) if path and name.startswith("Handle") else None
        if pattern and pattern[1]:
            methods, path = [pattern[1]], pattern[2]
        if path is None or None in methods:
            self.holes.append(Hole(line=line(node), reason="the path of a route is computed"))
            return
        if len(given) < 2:
            return
        child, wraps = self._child(function, given[-1])
        if child is not None:
            self._mount(router, child, path, node, self._guards(function, wraps))
            return
        handler, wraps = self._handler(function, given[-1])
        guards = self._guards(function, given[1:-1]) + self._guards(function, wraps)
        for method in filter(None, methods):
            self.registrations.append(
                Registration(
                    on=f"#{router}" if router else "",
                    method=method,
                    path=template(path.replace("{$}", "")),
                    handler=handler,
                    line=line(node),
                    end=node.end_point.row + 1,
                    guards=guards,
                    certain=not _is_conditional(node),
                )
            )

    def _methods(self, function: Function, given: list[Node]) -> list[str | None]:
        if given and given[0].type == "composite_literal":
            given = [
                part for one in values(given[0].child_by_field_name("body")) for part in values(one)
            ]
        return [self.source.text(one, function) for one in given] or [None]

    def _mounted(self, function: Function, node: Node, router: str, given: list[Node]) -> None:
        path = self.source.text(given[0], function) if given else None
        if path is None:
            self.holes.append(Hole(line=line(node), reason="the path of a mount is computed"))
            return
        child, wraps = self._child(function, given[-1])
        if child is None and given[-1].type == "call_expression":
            called = said(given[-1].child_by_field_name("function"))
            child = self.source.symbol(called, function, "?.")
        self._mount(router, child or said(given[-1]), path, node, self._guards(function, wraps))

    def _child(self, function: Function, node: Node) -> tuple[str | None, list[Node]]:
        """The router that an argument is, and the calls that it is wrapped in."""
        wraps: list[Node] = []
        while node.type == "call_expression" and len(wraps) < _DEEP:
            known = self._router(function, node)
            if known is not None or not arguments(node):
                break
            wraps.append(node)
            node = arguments(node)[-1]
        known = self._router(function, node)
        self._wraps |= {one.id for one in wraps}
        middle = [one for one in wraps if not said(one).startswith("http.StripPrefix(")]
        return (f"#{known}", middle) if known is not None else (None, [])

    def _handler(self, function: Function, node: Node) -> tuple[str, list[Node]]:
        """The symbol of a handler, and the calls that it is wrapped in."""
        wraps: list[Node] = []
        for _ in range(_DEEP):
            given = arguments(node) if node.type == "call_expression" else []
            called = said(node.child_by_field_name("function"))
            if called in _SAME and given:
                node = given[-1]
            elif inner := next((one for one in given[::-1] if self._is_function(one)), None):
                wraps.append(node)
                node = inner
            else:
                break
        if node.type == "func_literal":
            name = f"{function.name}.func{len(self.literals)}"
            self.literals[name] = (node, function)
            return f"#{name}", wraps
        if node.type == "call_expression":
            return self.source.symbol(
                said(node.child_by_field_name("function")), function, "?."
            ), wraps
        if node.type == "unary_expression":
            node = node.child_by_field_name("operand") or node
        if node.type == "composite_literal":
            return self.source.symbol(
                f"{said(node.child_by_field_name('type'))}.ServeHTTP", None
            ), wraps
        kind = function.types.get(said(node))
        name = f"{said(node)}.ServeHTTP" if kind else said(node)
        return self.source.symbol(name, function, "?."), wraps

    def _is_function(self, node: Node) -> bool:
        for _ in range(_DEEP):
            if node.type != "call_expression":
                break
            if said(node.child_by_field_name("function")) in _SAME:
                return True
            node = (arguments(node) or [node])[-1]
        if node.type == "func_literal":
            return True
        return said(node).rpartition(".")[2] in self._named

    def _guards(self, function: Function, nodes: list[Node]) -> tuple[Guard, ...]:
        """What stands in the way: functions, or those that make one; none without a name."""
        found = []
        for node in nodes:
            at: Node | None = node
            while at is not None and at.type == "call_expression":
                at = at.child_by_field_name("function")
            if at is not None and at.type != "func_literal":
                symbol = self.source.symbol(said(at), function)
                found.append(Guard(symbol=symbol, where=Where.MIDDLEWARE, line=line(node)))
        return tuple(found)

    def _give(self, function: Function, node: Node) -> None:
        """A router is handed on: to what registers in it, or to what stands before it."""
        called = said(node.child_by_field_name("function"))
        given = arguments(node)
        routers = [found for one in given if (found := self._router(function, one)) is not None]
        if not routers or called.partition(".")[0] in _NOT_MOUNTED or called in _MADE:
            return
        alone = node.parent is not None and node.parent.type == "expression_statement"
        if alone or _REGISTERS.search(called):
            child = self.source.symbol(called, function, "?.")
            for router in routers:
                self._mount(router, child, "", node)
            return
        if len(given) == 1:
            symbol = self.source.symbol(called, function)
            self._use(routers[0], (Guard(symbol=symbol, where=Where.MIDDLEWARE, line=0),))

    def _doubt(self, function: Function, node: Node, name: str) -> None:
        """What looks like a route of a router that is not known here."""
        given = arguments(node)
        if name not in _CERTAINLY_ROUTES or len(given) < 2:
            return
        path = self.source.text(given[0], function)
        if path is not None and _PATTERN.match(path):
            self.holes.append(Hole(line=line(node), reason="a router that is not known here"))


def _is_conditional(node: Node) -> bool:
    return any(one.type in _CONDITIONS for one in _above(node))


def _above(node: Node) -> Iterator[Node]:
    at = node.parent
    for _ in range(_DEEP):
        if at is None or at.type in {"function_declaration", "method_declaration"}:
            return
        yield at
        at = at.parent
